//! The menu and buttons of failing Regions in a digest.

use chrono::DateTime;
use slack_morphism::prelude::*;

use crate::domain::cases::FailingHubs;
use crate::domain::hub::HubId;
use crate::text::Words;
use crate::text::regions::FailingText;

/// The menu.
pub const MENU: &str = "region_menu";
/// Shows how all failing Regions become readable again.
pub const FIX: &str = "regions_fix";

/// The requested action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionPress {
    /// Show how the Regions become readable again.
    Fix(FailingHubs),
    /// Show how a Region is left out.
    LeaveOut(HubId),
}

const FIXING: &str = "fix";
const LEAVE_OUT: &str = "leave_out";

impl RegionPress {
    /// Parses the value of a button or menu option, which may be from an older release.
    pub fn parse(value: &str) -> Option<Self> {
        let (verb, about) = value.split_once(' ')?;
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
    let fix = RegionPress::Fix(failing.which.clone());
    let mut options = Vec::new();
    let mut buttons = Vec::new();
    match failing.which.hub {
        Some(_) => options.push(option(words.how_to_fix(), fix)),
        None => buttons.push(button(words.how_to_fix_all(), FIX, &fix)),
    }
    let leaving_out = failing.leave_out.iter();
    options
        .extend(leaving_out.map(|(hub, label)| option(label, RegionPress::LeaveOut(hub.clone()))));
    let mut blocks = vec![with_menu(section, options)];
    if !buttons.is_empty() {
        blocks.push(SlackActionsBlock::new(buttons).into());
    }
    blocks
}

fn button(label: &str, action: &str, press: &RegionPress) -> SlackActionBlockElement {
    SlackBlockButtonElement::new(label.into())
        .with_action_id(action.into())
        .with_value(press.value())
        .into()
}

fn with_menu(
    block: SlackBlock,
    options: Vec<SlackBlockChoiceItem<SlackBlockPlainTextOnly>>,
) -> SlackBlock {
    if options.is_empty() {
        return block;
    }
    let menu = SlackBlockOverflowElement::new(options).with_action_id(MENU.into());
    match block {
        SlackBlock::Section(block) => SlackSectionBlock {
            accessory: Some(menu.into()),
            ..block
        }
        .into(),
        other => other,
    }
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
