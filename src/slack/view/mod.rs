//! Documents as Slack blocks. Pure; knows every limit of Slack's, fetches nothing.

pub mod answer;
pub mod asked;
pub mod case_answer;
pub mod case_form;
pub mod cases;
pub mod choices;
pub mod digest;
pub mod forms;
pub mod home;
pub mod layout;
pub mod list_kind;
pub mod lists;
pub mod modal;
pub mod mrkdwn;
mod paging;
pub mod plain;
pub mod redraw;
pub mod regions;
pub mod renamed;
mod table;

use serde::Serialize;
use slack_morphism::prelude::SlackBlock;

use crate::text::document::Line;

/// The content of a message.
#[derive(Debug, Clone, Serialize)]
pub struct Content {
    /// The text for notifications and screen readers.
    pub text: String,
    /// The visible blocks.
    pub blocks: Vec<SlackBlock>,
}

/// A message of one line.
pub fn one_line(line: &Line) -> Content {
    lines(std::slice::from_ref(line))
}

/// A message of a few lines.
pub fn lines(lines: &[Line]) -> Content {
    let texts = layout::texts(lines.iter().map(mrkdwn::line));
    Content {
        text: texts.join("\n"),
        blocks: texts.into_iter().map(layout::section).collect(),
    }
}
