//! The buttons of a status that AWS seems to have renamed: does it mean Enabled? A press draws the
//! question again as its answer, with a button that takes the answer back.

use serde_json::Value;
use slack_morphism::prelude::*;

use super::cases;
use super::layout;
use crate::domain::cases::CaseList;
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;
use crate::text::Words;
use crate::text::document::Line;
use crate::text::voice::Voice;

/// It counts as Enabled.
pub const YES: &str = "status_yes";
/// It doesn't.
pub const NO: &str = "status_no";
/// Takes the answer back.
pub const UNDO: &str = "status_undo";
/// Lists its accounts.
pub const ACCOUNTS: &str = "status_accounts";

/// A block with the question or its answer, and a block with the buttons.
const TEXT: &str = "renamed:";
const BUTTONS: &str = "renamed_buttons:";

/// The longest name that fits into a block's ID.
const LONGEST: usize = 200;

/// A question or an answer, and its buttons.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) status: &'a MemberStatus,
    pub(super) lines: &'a [Line],
    /// The number of accounts; `None` if it is answered.
    pub(super) accounts: Option<usize>,
}

impl Question<'_> {
    /// Its two blocks. A name that fits into no ID has no buttons.
    pub(super) fn blocks(self, words: Words) -> Vec<SlackBlock> {
        let name = self.status.as_str();
        let text = layout::section(layout::joined(self.lines));
        if name.chars().count() > LONGEST {
            return vec![text];
        }
        let text = cases::with_id(text, format!("{TEXT}{name}"), None);
        vec![text, self.buttons(words)]
    }

    fn buttons(self, words: Words) -> SlackBlock {
        let name = self.status.as_str();
        let button = |label: &str, action: &str| {
            SlackBlockButtonElement::new(label.into())
                .with_action_id(action.into())
                .with_value(name.to_owned())
        };
        let elements = match self.accounts {
            Some(accounts) => vec![
                button(words.count_as_enabled(), YES)
                    .with_style(SlackBlockButtonStyle::Primary)
                    .into(),
                button(words.do_not_count(), NO).into(),
                button(&words.the_ids(accounts), ACCOUNTS).into(),
            ],
            None => vec![button(words.undo(), UNDO).into()],
        };
        SlackActionsBlock::new(elements)
            .with_block_id(format!("{BUTTONS}{name}").into())
            .into()
    }
}

/// Every question and every answer, as they are now.
pub(super) fn questions(list: &CaseList, watched: &[HubId], voice: Voice) -> Vec<SlackBlock> {
    let asked = list.renamed.iter().map(|renamed| &renamed.status);
    let answered = list.meanings.iter().map(|(status, _)| status);
    let blocks = asked.chain(answered).flat_map(|status| {
        let (lines, accounts) = current(list, status, watched, voice)?;
        let question = Question {
            status,
            lines: &lines,
            accounts,
        };
        Some(question.blocks(voice.words()))
    });
    blocks.flatten().collect()
}

/// The question, or its answer; `None` if there is neither any more.
fn current(
    list: &CaseList,
    status: &MemberStatus,
    watched: &[HubId],
    voice: Voice,
) -> Option<(Vec<Line>, Option<usize>)> {
    if let Some(meaning) = list.meanings.get(status) {
        return Some((vec![voice.status_decision(status, meaning)], None));
    }
    let mut renamed = list.renamed.iter();
    let renamed = renamed.find(|renamed| renamed.status == *status)?;
    let title = Line::strong(voice.renaming(renamed));
    let question = voice.status_question(renamed, watched);
    Some((vec![title, question], Some(renamed.accounts.len())))
}

/// A block of a question as it is now; `None` for a block that stays as it is.
pub(super) fn redraw(list: &CaseList, watched: &[HubId], voice: Voice, id: &str) -> Option<Value> {
    let (index, name) = match (id.strip_prefix(TEXT), id.strip_prefix(BUTTONS)) {
        (Some(name), _) => (0, name),
        (None, name) => (1, name?),
    };
    let status = MemberStatus::parse(name);
    let (lines, accounts) = current(list, &status, watched, voice)?;
    let question = Question {
        status: &status,
        lines: &lines,
        accounts,
    };
    let block = question.blocks(voice.words()).into_iter().nth(index)?;
    // A struct of strings and numbers: this cannot fail.
    serde_json::to_value(block).ok()
}
