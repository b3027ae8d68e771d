//! Documents as Slack blocks. Pure; knows every limit of Slack's, fetches nothing.

pub mod answer;
pub mod case_answer;
pub mod digest;
pub mod home;
pub mod layout;
pub mod mrkdwn;
pub mod plain;

use serde::Serialize;
use slack_morphism::prelude::SlackBlock;

/// The content of a message.
#[derive(Debug, Clone, Serialize)]
pub struct Content {
    /// The text for notifications and screen readers.
    pub text: String,
    /// The visible blocks.
    pub blocks: Vec<SlackBlock>,
}

/// A message of one line.
pub fn one_line(line: &crate::text::document::Line) -> Content {
    let text = mrkdwn::line(line);
    Content {
        blocks: vec![layout::section(text.clone())],
        text,
    }
}
