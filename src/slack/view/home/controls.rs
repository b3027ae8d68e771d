//! The buttons of the tab, and their action IDs.

use slack_morphism::prelude::*;

use super::filter::HomeFilter;
use crate::text::voice::Voice;

/// Runs a live check.
pub const CHECK: &str = "home_check";
/// Opens the form that finds an account.
pub const FIND: &str = "home_find";
/// Opens the filters.
pub const FILTER: &str = "home_filter";
/// Clears them.
pub const CLEAR_FILTER: &str = "home_clear_filter";
/// Chooses a date.
pub const DATE: &str = "home_date";
/// Clears the date.
pub const CLEAR: &str = "home_clear";
/// Shows the page before.
pub const PREVIOUS: &str = "home_previous";
/// Shows the page after.
pub const NEXT: &str = "home_next";

pub(super) fn controls(chosen: &HomeFilter, voice: &Voice) -> SlackBlock {
    let words = voice.words();
    let check = SlackBlockButtonElement::new(words.check_now().into())
        .with_action_id(CHECK.into())
        .with_style(SlackBlockButtonStyle::Primary);
    let mut date = SlackBlockDatePickerElement::new()
        .with_action_id(DATE.into())
        .with_placeholder(words.pick_date().into());
    if let Some(picked) = chosen.date {
        date = date.with_initial_date(picked.to_string());
    }
    let mut elements = vec![
        check.into(),
        button(words.find_account(), FIND),
        button(words.filter(), FILTER),
        date.into(),
    ];
    if chosen.date.is_some() {
        elements.push(button(words.clear_date(), CLEAR));
    }
    // Slack keeps a person's choice in a field while the block has the same ID, and ignores the
    // view's value. With a new ID, the view's value is shown.
    SlackActionsBlock::new(elements)
        .with_block_id(format!("controls {:?}", chosen.date).into())
        .into()
}

fn button(label: &str, action: &str) -> SlackActionBlockElement {
    SlackBlockButtonElement::new(label.into())
        .with_action_id(action.into())
        .into()
}
