//! The fields and buttons of the tab, and their action IDs.

use std::collections::BTreeSet;

use slack_morphism::prelude::*;

use super::filter::HomeFilter;
use crate::domain::hub::{HubId, Region};
use crate::domain::member::MemberStatus;
use crate::slack::view::layout::{chars, cut};
use crate::slack::view::mrkdwn;
use crate::text::Label;
use crate::text::voice::Voice;
use crate::watch::Overview;

/// Runs a live check.
pub const CHECK: &str = "home_check";
/// Chooses an administrator.
pub const ADMIN: &str = "home_admin";
/// Chooses a Region.
pub const REGION: &str = "home_region";
/// Chooses a status.
pub const STATUS: &str = "home_status";
/// Chooses a date.
pub const DATE: &str = "home_date";
/// Clears the date.
pub const CLEAR: &str = "home_clear";
/// Shows the page before.
pub const PREVIOUS: &str = "home_previous";
/// Shows the page after.
pub const NEXT: &str = "home_next";

/// The value of the option that filters nothing.
pub const ALL: &str = "*";

pub(super) fn controls(
    hubs: &[HubId],
    overview: &Overview,
    chosen: &HomeFilter,
    voice: &Voice,
) -> SlackBlock {
    let words = voice.words();
    let mut elements: Vec<SlackActionBlockElement> = vec![
        SlackBlockButtonElement::new(words.label(Label::CheckNow).into())
            .with_action_id(CHECK.into())
            .with_style(SlackBlockButtonStyle::Primary)
            .into(),
    ];
    let admins = hubs.iter().map(|hub| hub.admin.to_string());
    let picked = chosen.admin.map(|admin| admin.to_string());
    elements.extend(choice(ADMIN, words.label(Label::AllAdmins), admins, picked));
    let regions = hubs.iter().map(|hub| hub.region.to_string());
    let picked = chosen.region.as_ref().map(Region::to_string);
    elements.extend(choice(
        REGION,
        words.label(Label::AllRegions),
        regions,
        picked,
    ));
    let statuses = statuses(overview);
    let options = statuses
        .iter()
        .map(|status| (voice.status(status), status.as_str().to_owned()));
    let picked = chosen.status.as_ref().map(MemberStatus::as_str);
    elements.push(select(
        STATUS,
        words.label(Label::AllStatuses),
        options,
        picked,
    ));
    let mut date = SlackBlockDatePickerElement::new()
        .with_action_id(DATE.into())
        .with_placeholder(words.label(Label::PickDate).into());
    if let Some(picked) = chosen.date {
        date = date.with_initial_date(picked.to_string());
    }
    elements.push(date.into());
    if chosen.date.is_some() {
        elements.push(button(words.label(Label::ClearDate), CLEAR, None));
    }
    // Slack keeps a person's choice in a field while the block has the same ID, and ignores the
    // view's value. With a new ID, the view's value is shown.
    let name = format!(
        "{:?} {:?} {:?} {:?}",
        chosen.admin, chosen.region, chosen.status, chosen.date
    );
    SlackActionsBlock::new(elements)
        .with_block_id(cut(&name, 255).into())
        .into()
}

/// The statuses that a member has.
fn statuses(overview: &Overview) -> BTreeSet<MemberStatus> {
    let now = overview.now.counts.iter().map(|(status, _)| status.clone());
    let chosen = overview.chosen.iter().map(|chosen| chosen.status.clone());
    // Slack takes 1 to 150 characters as the value of an option.
    let fits = |status: &MemberStatus| (1..=150).contains(&chars(status.as_str()));
    now.chain(chosen).filter(fits).take(98).collect()
}

/// A field to choose one of some names; nothing if there is only one.
fn choice(
    action: &str,
    all: &str,
    names: impl Iterator<Item = String>,
    picked: Option<String>,
) -> Option<SlackActionBlockElement> {
    let names: BTreeSet<_> = names.collect();
    let options = names.iter().map(|name| (name.clone(), name.clone()));
    (names.len() > 1).then(|| select(action, all, options, picked.as_deref()))
}

fn select(
    action: &str,
    all: &str,
    options: impl Iterator<Item = (String, String)>,
    picked: Option<&str>,
) -> SlackActionBlockElement {
    type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;
    let choice = |(text, value): (String, String)| -> Choice {
        let text = cut(&mrkdwn::plain(&text), 75);
        SlackBlockChoiceItem::new(text.as_str().into(), value)
    };
    let choices: Vec<Choice> = std::iter::once((all.to_owned(), ALL.to_owned()))
        .chain(options)
        .take(100)
        .map(choice)
        .collect();
    let picked = picked.and_then(|picked| choices.iter().find(|choice| choice.value == picked));
    let picked = picked.or(choices.first()).cloned();
    SlackBlockStaticSelectElement::new()
        .with_action_id(action.into())
        .opt_initial_option(picked)
        .with_options(choices)
        .into()
}

pub(super) fn button(label: &str, action: &str, value: Option<String>) -> SlackActionBlockElement {
    SlackBlockButtonElement::new(label.into())
        .with_action_id(action.into())
        .opt_value(value)
        .into()
}
