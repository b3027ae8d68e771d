//! Collects what a file says, with the line of each value and fault.

use std::fmt;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::content::{FileContent, FileValue};
use crate::settings::invalid::InvalidSetting;
use crate::settings::list::Setting;
use crate::settings::origin::FilePlace;

/// A key of the file.
pub(super) type FileKey<'a> = Spanned<DeString<'a>>;
/// A value of the file.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// The text of a file, and what was found in it so far.
pub(super) struct FileReader<'a> {
    file: Arc<str>,
    pub(super) text: &'a str,
    pub(super) content: FileContent,
}

impl<'a> FileReader<'a> {
    pub(super) fn new(file: &str, text: &'a str) -> Self {
        let file: Arc<str> = file.into();
        let content = FileContent {
            name: Some(Arc::clone(&file)),
            ..FileContent::default()
        };
        Self {
            file,
            text,
            content,
        }
    }

    /// The place of a key. `at` is its distance from the start of the text, in bytes.
    pub(super) fn place(
        &self,
        at: usize,
        key: impl Into<String>,
        example: impl Into<String>,
    ) -> FilePlace {
        let before = self.text.bytes().take(at);
        FilePlace {
            file: Arc::clone(&self.file),
            line: 1 + before.filter(|byte| *byte == b'\n').count(),
            key: key.into(),
            example: example.into(),
        }
    }

    /// Adds a value. A setting that has one already is a fault.
    pub(super) fn give(&mut self, value: FileValue) {
        let mut values = self.content.values.iter();
        let Some(first) = values.find(|other| other.name == value.name) else {
            self.content.values.push(value);
            return;
        };
        let FilePlace { key, line, .. } = &first.place;
        let problem = format!("set together with {key} in line {line}: remove one of them");
        self.wrong(&value.place, Some(value.setting), problem);
    }

    /// Adds a fault.
    pub(super) fn wrong(
        &mut self,
        place: &FilePlace,
        setting: Option<&'static Setting>,
        problem: impl fmt::Display,
    ) {
        let invalid = InvalidSetting::at(place, setting, problem);
        self.content.invalid.push(invalid);
    }
}

/// The entries of a table in the order of the file.
pub(super) fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t FileKey<'a>, &'t Value<'a>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
