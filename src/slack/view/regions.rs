//! The menu and buttons of failing Regions in a digest, who works on them, and updates of a digest
//! whose failing Regions have new owners.

use chrono::DateTime;
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use super::{cases, layout, mrkdwn};
use crate::domain::cases::{CaseList, FailingHubs};
use crate::domain::hub::HubId;
use crate::text::Words;
use crate::text::document::Line;
use crate::text::regions::FailingText;
use crate::text::voice::Voice;
use crate::watch::HubDecision;

/// The menu.
pub const MENU: &str = "region_menu";
/// Shows how all failing Regions become readable again.
pub const FIX: &str = "regions_fix";
/// Takes all failing Regions of a digest.
pub const TAKE: &str = "regions_take";
/// Gives those Regions back.
pub const GIVE_BACK: &str = "regions_give_back";

/// Prefixes of block IDs: the section that names the failing Regions, and their owners.
const FAILING: &str = "failing:";
const OWNERS: &str = "failing_owners:";

/// The requested action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionPress {
    /// Show how the Regions become readable again.
    Fix(FailingHubs),
    /// Work on them, or stop.
    Decide(HubDecision, FailingHubs),
    /// Show how a Region is left out.
    LeaveOut(HubId),
}

const FIXING: &str = "fix";
const LEAVE_OUT: &str = "leave_out";

impl RegionPress {
    /// Parses the value of a button or menu option, which may be from an older release.
    pub fn parse(value: &str) -> Option<Self> {
        let (verb, about) = value.split_once(' ')?;
        for decision in [HubDecision::Take, HubDecision::GiveBack] {
            if verb == decision.as_str() {
                return read(about).map(|failing| Self::Decide(decision, failing));
            }
        }
        match verb {
            FIXING => read(about).map(Self::Fix),
            LEAVE_OUT => about.parse().ok().map(Self::LeaveOut),
            _ => None,
        }
    }

    /// The value, which is in the audit log too.
    pub fn value(&self) -> String {
        match self {
            Self::Fix(failing) => format!("{FIXING} {}", write(failing)),
            Self::Decide(decision, failing) => {
                format!("{} {}", decision.as_str(), write(failing))
            }
            Self::LeaveOut(hub) => format!("{LEAVE_OUT} {hub}"),
        }
    }
}

/// As text: `111122223333/eu-south-1@1764000000000`, or `*@1764000000000` for all.
fn write(failing: &FailingHubs) -> String {
    let at = failing.at.timestamp_millis();
    match &failing.hub {
        Some(hub) => format!("{hub}@{at}"),
        None => format!("*@{at}"),
    }
}

fn read(text: &str) -> Option<FailingHubs> {
    let (hub, at) = text.split_once('@')?;
    Some(FailingHubs {
        hub: match hub {
            "*" => None,
            hub => Some(hub.parse().ok()?),
        },
        at: DateTime::from_timestamp_millis(at.parse().ok()?)?,
    })
}

/// The section that names the failing Regions, with the menu of the only one. For several, the
/// menu leaves one of them out, and buttons below are about all.
pub(super) fn blocks(section: SlackBlock, failing: &FailingText, words: Words) -> Vec<SlackBlock> {
    let option =
        |label: &str, press: RegionPress| SlackBlockChoiceItem::new(label.into(), press.value());
    let which = &failing.which;
    let fix = RegionPress::Fix(which.clone());
    let mut options = Vec::new();
    let mut buttons = Vec::new();
    match which.hub {
        Some(_) => {
            options.push(option(words.how_to_fix(), fix));
            let (label, owner) = owner_option(which, failing.taken, words);
            options.push(option(label, owner));
        }
        None => {
            let take = RegionPress::Decide(HubDecision::Take, which.clone());
            let take = button(words.take_all(), TAKE, &take);
            buttons.push(take.with_style(SlackBlockButtonStyle::Primary).into());
            buttons.push(button(words.how_to_fix_all(), FIX, &fix).into());
        }
    }
    let leaving_out = failing.leave_out.iter();
    options
        .extend(leaving_out.map(|(hub, label)| option(label, RegionPress::LeaveOut(hub.clone()))));
    let menu = (!options.is_empty())
        .then(|| SlackBlockOverflowElement::new(options).with_action_id(MENU.into()));
    let mut blocks = vec![cases::with_id(
        section,
        format!("{FAILING}{}", write(which)),
        menu,
    )];
    blocks.extend(owners(which, &failing.owners));
    if !buttons.is_empty() {
        blocks.push(SlackActionsBlock::new(buttons).into());
    }
    blocks
}

/// A button that gives Regions back.
pub fn give_back(failing: &FailingHubs, words: Words) -> SlackBlock {
    let press = RegionPress::Decide(HubDecision::GiveBack, failing.clone());
    let button = button(words.give_back(), GIVE_BACK, &press);
    SlackActionsBlock::new(vec![button.into()]).into()
}

/// The option of the only Region that changes its owner.
fn owner_option(which: &FailingHubs, taken: bool, words: Words) -> (&'static str, RegionPress) {
    let (label, decision) = match taken {
        true => (words.give_back(), HubDecision::GiveBack),
        false => (words.take(), HubDecision::Take),
    };
    (label, RegionPress::Decide(decision, which.clone()))
}

/// The owners, in a block of their own; none without owners.
fn owners(which: &FailingHubs, lines: &[Line]) -> Option<SlackBlock> {
    if lines.is_empty() {
        return None;
    }
    let text = lines
        .iter()
        .map(mrkdwn::line)
        .collect::<Vec<_>>()
        .join("\n");
    let id = format!("{OWNERS}{}", write(which));
    match layout::context(layout::cut(&text, layout::SECTION_CHARS)) {
        SlackBlock::Context(block) => Some(block.with_block_id(id.into()).into()),
        other => Some(other),
    }
}

/// A block of failing Regions as it is now: the section with its owners below, or nothing in place
/// of earlier owners. `None` for any other block.
pub(super) fn redraw(
    list: &CaseList,
    watched: &[HubId],
    voice: Voice,
    block: &Value,
) -> Option<Vec<Value>> {
    let id = block.get("block_id")?.as_str()?;
    if let Some(which) = id.strip_prefix(OWNERS) {
        return read(which).map(|_| Vec::new());
    }
    let which = read(id.strip_prefix(FAILING)?)?;
    let owned = list
        .failing
        .iter()
        .find(|one| which.hub.as_ref() == Some(&one.hub));
    let taken = owned.is_some_and(|one| one.owner.is_some());
    let mut section = block.clone();
    let options = section.pointer_mut("/accessory/options");
    for option in options.and_then(Value::as_array_mut).into_iter().flatten() {
        let press = option["value"].as_str().and_then(RegionPress::parse);
        if matches!(press, Some(RegionPress::Decide(..))) {
            let (label, press) = owner_option(&which, taken, voice.words());
            option["text"]["text"] = label.into();
            option["value"] = press.value().into();
        }
    }
    let lines = voice.owners_of_failing(&which, &list.failing, watched);
    // Can't fail for strings.
    let owners = owners(&which, &lines).map(|block| json!(block));
    Some(std::iter::once(section).chain(owners).collect())
}

fn button(label: &str, action: &str, press: &RegionPress) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(label.into())
        .with_action_id(action.into())
        .with_value(press.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_back_and_fits_into_an_option() {
        let at = DateTime::from_timestamp_millis(1_764_000_000_123).unwrap();
        let hub: HubId = "111122223333/ap-southeast-1".parse().unwrap();
        let of = |hub: Option<&HubId>| FailingHubs {
            hub: hub.cloned(),
            at,
        };
        for press in [
            RegionPress::Fix(of(Some(&hub))),
            RegionPress::Fix(of(None)),
            RegionPress::Decide(HubDecision::Take, of(None)),
            RegionPress::Decide(HubDecision::GiveBack, of(Some(&hub))),
            RegionPress::LeaveOut(hub.clone()),
        ] {
            let value = press.value();
            assert!(value.len() <= 75, "{value}");
            assert_eq!(RegionPress::parse(&value), Some(press));
        }
        for value in [
            "",
            "fix",
            "fix x",
            "fix *@x",
            "fix x@1",
            "leave_out *",
            "drop *@1",
        ] {
            assert_eq!(RegionPress::parse(value), None, "{value}");
        }
    }
}
