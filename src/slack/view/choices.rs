//! Queries to choose from, below an answer or a refusal: a few buttons, or a menu. The answer
//! replaces the message.

use slack_morphism::prelude::*;

use super::asked::Asked;
use super::layout::{chars, cut};
use super::mrkdwn;
use crate::text::Locale;
use crate::text::document::Choice;

/// The buttons. Slack needs another ID for each element of a block.
pub const BUTTONS: [&str; 5] = [
    "answer_choice_1",
    "answer_choice_2",
    "answer_choice_3",
    "answer_choice_4",
    "answer_choice_5",
];
/// The menu.
pub const SELECT: &str = "answer_choice";

/// Slack's limits of a label, of an option's value, and of the number of options.
const LABEL_CHARS: usize = 75;
const VALUE_CHARS: usize = 150;
const OPTIONS: usize = 100;

/// A block of buttons or a menu; `None` without choices.
pub(super) fn block(choices: &[Choice], locale: Locale) -> Option<SlackBlock> {
    let values: Vec<_> = choices
        .iter()
        .map(|choice| (label(choice), value(choice, locale)))
        .collect();
    let elements = match values.len() {
        0 => return None,
        few if few <= BUTTONS.len() => buttons(values),
        _ if values.iter().all(|(_, value)| chars(value) <= VALUE_CHARS) => {
            vec![menu(values, locale)]
        }
        _ => buttons(values),
    };
    Some(SlackActionsBlock::new(elements).into())
}

fn label(choice: &Choice) -> String {
    cut(&mrkdwn::plain(&choice.label), LABEL_CHARS)
}

fn value(choice: &Choice, locale: Locale) -> String {
    let asked = Asked {
        query: choice.query.clone(),
        locale: locale.to_string(),
        page: 0,
        notes: Vec::new(),
    };
    // Plain strings and a number: this cannot fail.
    serde_json::to_string(&asked).unwrap_or_default()
}

fn buttons(choices: Vec<(String, String)>) -> Vec<SlackActionBlockElement> {
    let ids = BUTTONS.into_iter();
    let button = |(id, (label, value)): (&str, (String, String))| {
        SlackBlockButtonElement::new(label.as_str().into())
            .with_action_id(id.into())
            .with_value(value)
            .into()
    };
    ids.zip(choices).map(button).collect()
}

fn menu(choices: Vec<(String, String)>, locale: Locale) -> SlackActionBlockElement {
    let option =
        |(label, value): (String, String)| SlackBlockChoiceItem::new(label.as_str().into(), value);
    SlackBlockStaticSelectElement::new()
        .with_action_id(SELECT.into())
        .with_placeholder(locale.words().choose().into())
        .with_options(choices.into_iter().take(OPTIONS).map(option).collect())
        .into()
}
