//! The form by which a person expects cases for a while, as Slack's views.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::home::HomeFilter;
use super::layout::cut;
use super::lists::ListPage;
use super::modal::{modal, plain};
use super::{cases, mrkdwn};
use crate::domain::cases::{Case, Reason};
use crate::text::voice::Voice;
use crate::watch::CaseId;

/// The form's name.
pub const FORM: &str = "case_expected";
/// The accounts.
pub const WHO: &str = "who";
/// The end.
pub const UNTIL: &str = "until";
/// The reason.
pub const WHY: &str = "why";

/// The only element in each block.
const FIELD: &str = "v";
/// Options in a choice, and the characters of one.
const OPTIONS: usize = 100;
const OPTION_CHARS: usize = 75;

/// The place in which the form was opened. Slack keeps it with the view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormContext {
    /// In a digest.
    Digest {
        /// The channel ID.
        channel: String,
        /// The digest's `ts`.
        digest: String,
    },
    /// In the Home tab with these filters.
    Home(HomeFilter),
    /// In a list.
    List {
        /// Its page.
        page: ListPage,
        /// The ID of its modal.
        view: String,
    },
}

impl FormContext {
    /// Reads it back.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The choices of the form.
#[derive(Debug, Clone, Copy)]
pub struct FormChoices<'a> {
    /// The cases of the digest.
    pub cases: &'a [&'a Case],
    /// The one whose menu it was.
    pub chosen: CaseId,
    /// The end that is proposed.
    pub until: NaiveDate,
}

/// The form.
pub fn form(choices: &FormChoices<'_>, context: &FormContext, name: &str, voice: &Voice) -> Value {
    let words = voice.words();
    let option = |case: &&Case| {
        let text = cut(&mrkdwn::plain(&voice.case_choice(case)), OPTION_CHARS);
        json!({ "text": plain(&text), "value": cases::write_id(&CaseId::from(*case)) })
    };
    let options: Vec<_> = choices.cases.iter().take(OPTIONS).map(option).collect();
    let chosen = cases::write_id(&choices.chosen);
    let chosen: Vec<_> = options
        .iter()
        .filter(|option| option["value"] == chosen)
        .collect();
    let mut who = json!({
        "type": "multi_static_select", "action_id": FIELD, "options": options,
    });
    if !chosen.is_empty() {
        who["initial_options"] = json!(chosen);
    }
    let until = json!({
        "type": "datepicker", "action_id": FIELD, "initial_date": choices.until.to_string(),
    });
    let why = json!({
        "type": "plain_text_input", "action_id": FIELD, "multiline": true,
        "min_length": Reason::SHORTEST, "max_length": Reason::LONGEST,
    });
    let input = |block: &str, label: &str, hint: &str, element: Value| {
        let mut input = json!({
            "type": "input", "block_id": block, "label": plain(label), "element": element,
        });
        if !hint.is_empty() {
            input["hint"] = plain(hint);
        }
        input
    };
    let blocks = json!([
        input(WHO, words.form_accounts(), "", who),
        input(UNTIL, words.form_until(), words.form_until_hint(), until),
        input(WHY, words.form_why(), words.form_why_hint(), why),
    ]);
    let mut view = modal(words.form_title(), words.form_cancel(), blocks);
    view["callback_id"] = FORM.into();
    view["submit"] = plain(words.form_save());
    view["external_id"] = name.into();
    // A struct of strings: this cannot fail.
    view["private_metadata"] = serde_json::to_string(context).unwrap_or_default().into();
    view
}
