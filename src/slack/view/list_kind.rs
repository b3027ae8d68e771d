//! The long lists that open in a modal, and the buttons that open them.

use serde::{Deserialize, Serialize};
use slack_morphism::prelude::*;

use super::layout;
use crate::text::Words;
use crate::text::document::Line;

/// Opens a list; its value names the list.
pub const OPEN: &str = "list_open";
/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Every case.
    All,
    /// The accounts that were not Enabled from the start.
    Known,
    /// The accepted cases.
    Expected,
    /// The organization accounts that aren't members, and those that are still Enabled.
    NotMembers,
    /// The members of each Region by status.
    Regions,
}

impl ListKind {
    const ALL: [Self; 5] = [
        Self::All,
        Self::Known,
        Self::Expected,
        Self::NotMembers,
        Self::Regions,
    ];

    /// Its name in a value and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Known => "known",
            Self::Expected => "expected",
            Self::NotMembers => "not_members",
            Self::Regions => "regions",
        }
    }

    /// Parses the value of a button.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == value)
    }

    /// The title of its modal.
    pub fn title(self, words: Words) -> &'static str {
        match self {
            Self::All => words.all_cases(),
            Self::Known => words.known_gaps(),
            Self::Expected => words.expected_cases(),
            Self::NotMembers => words.not_members_title(),
            Self::Regions => words.by_region(),
        }
    }
}

/// Lines with a button that opens a list.
pub(super) fn opener(lines: &[Line], list: ListKind, label: &str) -> SlackBlock {
    with_button(lines, button(list, label))
}

/// A button that opens a list.
pub fn button(list: ListKind, label: &str) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(label.into())
        .with_action_id(OPEN.into())
        .with_value(list.as_str().to_owned())
}

pub(super) fn with_button(lines: &[Line], button: SlackBlockButtonElement) -> SlackBlock {
    match layout::section(layout::joined(lines)) {
        SlackBlock::Section(block) => SlackSectionBlock {
            accessory: Some(button.into()),
            ..block
        }
        .into(),
        other => other,
    }
}
