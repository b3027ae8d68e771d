//! The rules for tables.

use serde_json::Value;

use super::{Check, Fields};

/// Slack has raised some of these limits in August 2026. The older ones hold everywhere.
const DATA_ROWS: usize = 101;
const DATA_CHARACTERS: usize = 10_000;

impl Check {
    /// A message has one table of either type.
    fn count_table(&mut self, pointer: &str) {
        self.tables += 1;
        if self.tables > 1 {
            self.error("only one table is allowed in a message", pointer);
        }
    }

    pub(super) fn table(&mut self, fields: &Fields, pointer: &str) {
        self.count_table(pointer);
        self.only(fields, &["rows", "column_settings", "block_id"], pointer);
        if fields.contains_key("column_settings") {
            self.array(fields, "column_settings", (0, 20), pointer);
        }
        for (index, row) in self
            .array(fields, "rows", (1, 100), pointer)
            .iter()
            .enumerate()
        {
            self.row(row, true, &format!("{pointer}/rows/{index}"));
        }
    }

    pub(super) fn data_table(&mut self, fields: &Fields, pointer: &str) {
        self.count_table(pointer);
        self.only(
            fields,
            &[
                "caption",
                "rows",
                "page_size",
                "row_header_column_index",
                "block_id",
            ],
            pointer,
        );
        self.required(fields, "caption", pointer);
        self.string(fields, "caption", 1, usize::MAX - 1, pointer);
        let before = self.findings.characters;
        let rows = self.array(fields, "rows", (2, DATA_ROWS), pointer);
        let width = rows.first().and_then(Value::as_array).map_or(0, Vec::len);
        for (index, row) in rows.iter().enumerate() {
            let here = format!("{pointer}/rows/{index}");
            if self.row(row, index > 0, &here) != width {
                self.error("rows must have equal lengths", &here);
            }
        }
        if self.findings.characters - before > DATA_CHARACTERS {
            let most = DATA_CHARACTERS + 1;
            self.error(
                &format!("must have less than {most} characters"),
                &format!("{pointer}/rows"),
            );
        }
        self.number(fields, "page_size", (1, 100), pointer);
        let last = u64::try_from(width.saturating_sub(1)).unwrap_or(u64::MAX);
        self.number(fields, "row_header_column_index", (0, last), pointer);
    }

    fn number(&mut self, fields: &Fields, name: &str, limits: (u64, u64), pointer: &str) {
        let (min, max) = limits;
        let is_valid = |value: &Value| {
            let number = value.as_u64();
            number.is_some_and(|number| (min..=max).contains(&number))
        };
        if fields.get(name).is_some_and(|value| !is_valid(value)) {
            self.error(
                &format!("must be between {min} and {max}"),
                &format!("{pointer}/{name}"),
            );
        }
    }

    /// Checks a row; returns its number of cells.
    fn row(&mut self, row: &Value, takes_rich_text: bool, pointer: &str) -> usize {
        let Some(cells) = row.as_array() else {
            self.error("must be an array", pointer);
            return 0;
        };
        if cells.len() > 20 {
            self.error("no more than 20 items allowed", pointer);
        }
        if cells.is_empty() {
            self.error("no fewer than 1 items allowed", pointer);
        }
        for (column, cell) in cells.iter().enumerate() {
            self.cell(cell, takes_rich_text, &format!("{pointer}/{column}"));
        }
        cells.len()
    }

    fn cell(&mut self, cell: &Value, takes_rich_text: bool, pointer: &str) {
        let Some(cell) = self.object(cell, pointer) else {
            return;
        };
        match cell.get("type").and_then(Value::as_str) {
            Some("raw_text") => {
                self.only(cell, &["text"], pointer);
                self.visible_text(cell, 3_000, pointer);
            }
            Some("raw_number") => {
                self.only(cell, &["value", "text"], pointer);
                self.visible_text(cell, 3_000, pointer);
                if !cell.get("value").is_some_and(Value::is_number) {
                    self.error("must be a number", &format!("{pointer}/value"));
                }
            }
            Some("rich_text") if takes_rich_text => self.rich_text(cell, pointer),
            _ => self.error("unsupported type", &format!("{pointer}/type")),
        }
    }
}
