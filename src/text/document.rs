//! A document: the content of a message, before it is decorated for Slack or a terminal.
//!
//! Text from AWS and from users goes into [`Span`]s as it is. The code that shows a
//! span escapes it.

use crate::domain::cases::PersonId;
use crate::domain::mention::MentionTarget;
pub use crate::domain::naming::is_invisible;

/// Title, summary, lists, notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// One line that names it.
    pub title: String,
    /// The summary, in a few lines.
    pub lead: Vec<Line>,
    /// Each change, account and status.
    pub lists: Vec<List>,
    /// The accounts that share a line in the lists, one by one: the last pages.
    pub details: Vec<List>,
    /// Small print.
    pub notes: Vec<Line>,
    /// Queries that may be meant, or asked next. In Slack each has a button.
    pub choices: Vec<Choice>,
}

/// A query to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The text of a button.
    pub label: String,
    /// The canonical text of the query.
    pub query: String,
    /// The query as people type it.
    pub typed: String,
}

impl Document {
    /// The lists, and the details after them.
    pub fn all_lists(&self) -> impl Iterator<Item = &List> {
        self.lists.iter().chain(&self.details)
    }
}

/// A heading and the lines below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// The heading, with its count.
    pub heading: Line,
    /// One line for each thing.
    pub items: Vec<Line>,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Plain text.
    Text(String),
    /// Emphasized.
    Strong(String),
    /// Emphasized, and represents this many accounts without a line of their own.
    Many {
        /// The visible text.
        text: String,
        /// The number of accounts.
        accounts: usize,
    },
    /// To be copied as it is: an ID, a command.
    Code(String),
    /// A person, by the name that Slack or the terminal knows.
    Person(PersonId),
    /// Notifies its target. From the settings alone.
    Mention(MentionTarget),
    /// Text that leads to a message.
    Link {
        /// The visible text.
        text: String,
        /// The address, as Slack gave it.
        url: String,
    },
}

impl Line {
    /// A line of plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Span::Text(text.into())])
    }

    /// An emphasized line.
    pub fn strong(text: impl Into<String>) -> Self {
        Self(vec![Span::Strong(text.into())])
    }

    /// The same line with more plain text.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Text(text.into()));
        self
    }

    /// The same line with one more piece.
    #[must_use]
    pub fn with(mut self, span: Span) -> Self {
        self.0.push(span);
        self
    }

    /// This line, and another one after it.
    #[must_use]
    pub fn append(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The number of accounts that share the line; `None` for a line of one.
    pub fn together(&self) -> Option<usize> {
        self.0.iter().find_map(|span| match span {
            Span::Many { accounts, .. } => Some(*accounts),
            _ => None,
        })
    }

    /// The number of accounts, or of other things, in the line.
    pub fn things(&self) -> usize {
        self.together().unwrap_or(1)
    }

    /// The bare text.
    pub fn plain(&self) -> String {
        let text = |span: &Span| match span {
            Span::Text(text)
            | Span::Strong(text)
            | Span::Many { text, .. }
            | Span::Link { text, .. }
            | Span::Code(text) => text.clone(),
            Span::Person(person) => person.to_string(),
            Span::Mention(target) => format!("@{target}"),
        };
        self.0.iter().map(text).collect()
    }
}
