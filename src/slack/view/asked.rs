//! The query behind a button, as Slack keeps it and sends it back.

use serde::{Deserialize, Serialize};

use crate::domain::query::{Note, Understood};
use crate::text::Locale;

/// The query behind a button of an answer. It is the button's value, which Slack
/// sends back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The query in its canonical text.
    pub query: String,
    /// The language of the answer, `en` or `ja`.
    pub locale: String,
    /// The page, from 0.
    #[serde(default)]
    pub page: usize,
    /// Remarks on how the query was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Asked {
    /// The first page of the answer to a query.
    pub fn of(question: Understood, locale: Locale) -> Self {
        Self {
            query: question.query.to_string(),
            locale: locale.to_string(),
            page: 0,
            notes: question.notes,
        }
    }
}
