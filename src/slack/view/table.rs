//! Tables as blocks, page by page, and the same rows as sections.
//!
//! A workspace can reject tables: Slack introduced them in May 2026, step by step. So each page
//! exists in both forms, and each form fits in a message.
//! <https://docs.slack.dev/reference/block-kit/blocks/data-table-block>

use slack_morphism::prelude::*;

use super::layout::{MESSAGE_CHARS, SECTION_CHARS, chars, item};
use super::mrkdwn;
use crate::text::document::{Line, Span};
use crate::text::table::{Cell, Row, Table};

/// A shorter list is easier to read as sections.
const FEW: usize = 5;
/// Both forms of a longer one take too much of the table that stores them.
const MOST: usize = 5_000;
/// Rows of a message: 201, and 101 before August 2026. The heading is one of them.
const ROWS: usize = 99;
/// All text in the table of a message: 20,000, and 10,000 before August 2026.
const TABLE_CHARS: usize = 9_900;
/// So that a row always fits. A table with a longer cell stays sections, which cut nothing.
const CELL_CHARS: usize = 900;
/// Rows that people see at once: at most 100.
const SHOWN: u32 = 20;
/// Slack rejects empty cells.
const EMPTY: &str = "–";

/// Some rows of a table.
pub(super) struct TablePage {
    /// The kind of rows.
    pub(super) caption: String,
    /// The rows as a table.
    pub(super) block: SlackDataTableBlock,
    /// The rows as lines.
    pub(super) lines: Vec<String>,
}

/// A table as pages; `None` if it stays a list.
pub(super) fn pages(table: &Table, room: usize) -> Option<Vec<TablePage>> {
    let is_long = |cell: &Cell| chars(&text(cell)) > CELL_CHARS;
    let is_tabular = (FEW + 1..=MOST).contains(&table.rows().count());
    let mut cells = table.rows().flat_map(|row| &row.cells);
    if !is_tabular || cells.any(is_long) {
        return None;
    }
    let dealt = dealt(table, room.min(MESSAGE_CHARS));
    let count = dealt.len();
    let page = |(index, rows): (usize, Vec<TableEntry<'_>>)| {
        let caption = match count {
            1 => table.caption.clone(),
            count => format!("{} · {}/{count}", table.caption, index + 1),
        };
        TablePage {
            block: block(table, &caption, &rows),
            lines: rows.into_iter().flat_map(|entry| entry.lines).collect(),
            caption,
        }
    };
    Some(dealt.into_iter().enumerate().map(page).collect())
}

/// A row, and its lines: with the heading of its list if it is the first one.
struct TableEntry<'a> {
    row: &'a Row,
    lines: Vec<String>,
}

/// The rows dealt to pages that fit in both forms.
fn dealt(table: &Table, room: usize) -> Vec<Vec<TableEntry<'_>>> {
    let heading = table.columns.iter().map(|column| chars(column));
    // The caption can get the number of its page.
    let heading = heading.sum::<usize>() + chars(&table.caption) + 20;
    let mut pages: Vec<Vec<TableEntry<'_>>> = Vec::new();
    let (mut in_table, mut in_sections) = (0, 0);
    for entry in entries(table) {
        let cells = entry.row.cells.iter().map(|cell| chars(&text(cell)));
        let cells = cells.sum::<usize>();
        let lines = entry.lines.iter();
        let lines = lines.map(|line| chars(line).min(SECTION_CHARS) + 1);
        let lines = lines.sum::<usize>();
        match pages.last_mut() {
            Some(page)
                if page.len() < ROWS
                    && in_table + cells <= TABLE_CHARS
                    && in_sections + lines <= room =>
            {
                page.push(entry);
                in_table += cells;
                in_sections += lines;
            }
            _ => {
                pages.push(vec![entry]);
                (in_table, in_sections) = (heading + cells, lines);
            }
        }
    }
    pages
}

fn entries(table: &Table) -> impl Iterator<Item = TableEntry<'_>> {
    table.groups.iter().flat_map(|group| {
        group.rows.iter().enumerate().map(|(index, row)| {
            let heading = (index == 0).then(|| mrkdwn::line(&group.heading));
            TableEntry {
                row,
                lines: heading.into_iter().chain([item(&row.line)]).collect(),
            }
        })
    })
}

fn block(table: &Table, caption: &str, entries: &[TableEntry<'_>]) -> SlackDataTableBlock {
    let heading = table.columns.iter().map(|column| raw((*column).to_owned()));
    // Slack sorts a column by number only if every cell is one.
    let is_number = |column: usize| {
        let mut cells = entries.iter().map(|entry| entry.row.cells.get(column));
        cells.all(|cell| matches!(cell, Some(Cell::Number(_))))
    };
    let numbers: Vec<_> = (0..table.columns.len()).map(is_number).collect();
    let row = |entry: &TableEntry<'_>| {
        let cells = entry.row.cells.iter().zip(&numbers);
        cells
            .map(|(cell, is_number)| shown(cell, *is_number))
            .collect()
    };
    let rows = std::iter::once(heading.collect()).chain(entries.iter().map(row));
    SlackDataTableBlock {
        caption: mrkdwn::plain(caption),
        rows: rows.collect(),
        block_id: None,
        page_size: Some(SHOWN),
        row_header_column_index: Some(0),
    }
}

/// The text of a cell. No part of it can format, link or mention anything.
fn text(cell: &Cell) -> String {
    let text = match cell {
        Cell::Line(line) => clean(&line.plain()),
        Cell::Number(number) => number.to_string(),
    };
    match text.trim() {
        "" => EMPTY.to_owned(),
        text => text.to_owned(),
    }
}

fn clean(text: &str) -> String {
    mrkdwn::plain(&text.replace(['\n', '\r', '\t'], " "))
}

fn raw(text: String) -> SlackDataTableCell {
    SlackTableRawTextCell::new(text).into()
}

fn shown(cell: &Cell, is_number: bool) -> SlackDataTableCell {
    match cell {
        Cell::Number(number) if is_number => {
            SlackDataTableRawNumberCell::new((*number).into(), number.to_string()).into()
        }
        Cell::Line(line) if names_someone(line) => with_names(line),
        cell => raw(text(cell)),
    }
}

fn names_someone(line: &Line) -> bool {
    let is_user =
        |span: &Span| matches!(span, Span::Person(person) if mrkdwn::user(person).is_some());
    line.0.iter().any(is_user)
}

/// A cell in which Slack shows people by their names.
fn with_names(line: &Line) -> SlackDataTableCell {
    let element = |span: &Span| -> Option<SlackRichTextInlineElement> {
        if let Span::Person(person) = span
            && let Some(user) = mrkdwn::user(person)
        {
            return Some(SlackRichTextUser::new(user.into()).into());
        }
        let text = clean(&Line(vec![span.clone()]).plain());
        (!text.is_empty()).then(|| text.into())
    };
    let elements = line.0.iter().filter_map(element).collect();
    let section = SlackRichTextSection::new(elements);
    SlackTableRichTextCell::new(vec![section.into()]).into()
}

#[cfg(test)]
mod tests;
