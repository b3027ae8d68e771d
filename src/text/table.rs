//! Tables: a row for each account, with a cell for each fact.
//!
//! Each row is also a line, for places without tables.

use super::document::{Line, List};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The caption: the kind of rows, and their number.
    pub caption: String,
    /// The headings of the columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub groups: Vec<RowGroup>,
}

/// Rows that are a list of their own in places without tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowGroup {
    /// The heading of the list, with its count.
    pub heading: Line,
    /// At least one.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// One for each column.
    pub cells: Vec<Cell>,
    /// The same facts in a line.
    pub line: Line,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A text; empty if nothing is known.
    Line(Line),
    /// A number, by which a column can be sorted.
    Number(u32),
}

impl Cell {
    /// A plain text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Line(Line::text(text))
    }
}

impl Table {
    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    /// The same content as lists.
    pub fn lists(&self) -> Vec<List> {
        let list = |group: &RowGroup| List {
            heading: group.heading.clone(),
            items: group.rows.iter().map(|row| row.line.clone()).collect(),
        };
        self.groups.iter().map(list).collect()
    }
}

/// A part of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThreadPart {
    /// Lines below a heading.
    List(List),
    /// A table.
    Table(Table),
}

impl ThreadPart {
    /// The content as lists.
    pub fn lists(&self) -> Vec<List> {
        match self {
            Self::List(list) => vec![list.clone()],
            Self::Table(table) => table.lists(),
        }
    }
}
