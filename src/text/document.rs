//! A document: what is said, before it is decorated for Slack or a terminal.
//!
//! Text from AWS and from users goes into [`Span`]s as it is; whoever shows a
//! span makes it harmless there.

pub use crate::domain::naming::is_invisible;

/// Title, first words, lists, last words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// One line that names it.
    pub title: String,
    /// What it comes to, in a few lines.
    pub lead: Vec<Line>,
    /// Everything one by one.
    pub lists: Vec<List>,
    /// What the lists tell in one line for many, one by one: the last pages.
    pub details: Vec<List>,
    /// What else to know.
    pub notes: Vec<Line>,
}

impl Document {
    /// The lists, and the details after them.
    pub fn all_lists(&self) -> impl Iterator<Item = &List> {
        self.lists.iter().chain(&self.details)
    }
}

/// A heading and what stands below it.
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
    /// Plain.
    Text(String),
    /// Emphasised.
    Strong(String),
    /// Emphasised, and stands for this many accounts that have no line of their own.
    Many {
        /// What is shown.
        text: String,
        /// How many.
        accounts: usize,
    },
    /// To be copied as it is: an id, something to type.
    Code(String),
    /// Leads somewhere.
    Link {
        /// What is shown.
        text: String,
        /// Where it leads.
        url: String,
    },
}

impl Line {
    /// A line of plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Span::Text(text.into())])
    }

    /// An emphasised line.
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

    /// How many accounts the line tells of together; `None` for a line of one.
    pub fn together(&self) -> Option<usize> {
        self.0.iter().find_map(|span| match span {
            Span::Many { accounts, .. } => Some(*accounts),
            _ => None,
        })
    }

    /// How many accounts, or other things, the line tells of.
    pub fn things(&self) -> usize {
        self.together().unwrap_or(1)
    }

    /// The bare text.
    pub fn plain(&self) -> String {
        let text = |span: &Span| match span {
            Span::Text(text)
            | Span::Strong(text)
            | Span::Many { text, .. }
            | Span::Code(text)
            | Span::Link { text, .. } => text.clone(),
        };
        self.0.iter().map(text).collect()
    }
}
