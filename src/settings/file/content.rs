//! The content of a configuration file: its values and faults, each with its line.

use std::sync::Arc;

use crate::settings::invalid::InvalidSetting;
use crate::settings::list::Setting;
use crate::settings::origin::FilePlace;

/// The content of a configuration file.
#[derive(Clone)]
pub(in crate::settings) struct FileContent {
    /// The path, or the variable that holds the text. `None` if there is no file, or an unusable
    /// one.
    pub(in crate::settings) name: Option<Arc<str>>,
    /// The values, at most one for each name.
    pub(in crate::settings) values: Vec<FileValue>,
    /// The tables `[[channel]]`, without those that have a fault.
    pub(in crate::settings) channels: Vec<FileTable>,
    /// The faults.
    pub(in crate::settings) invalid: Vec<InvalidSetting>,
    /// False if the file could not be read or parsed: it may set anything.
    pub(in crate::settings) is_whole: bool,
}

/// The value of a setting, as the text that a variable would have.
#[derive(Clone)]
pub(in crate::settings) struct FileValue {
    pub(in crate::settings) setting: &'static Setting,
    /// The setting's name, or its deprecated one.
    pub(in crate::settings) name: &'static str,
    pub(in crate::settings) text: String,
    pub(in crate::settings) place: FilePlace,
}

/// A table of the file, with its keys in the order of the file.
#[derive(Clone)]
pub(in crate::settings) struct FileTable {
    /// The place of its header.
    pub(in crate::settings) place: FilePlace,
    pub(in crate::settings) values: Vec<TableValue>,
}

/// The value of a key in a table.
#[derive(Clone)]
pub(in crate::settings) struct TableValue {
    /// The key.
    pub(in crate::settings) name: &'static str,
    pub(in crate::settings) place: FilePlace,
    /// The items of a list, or one text.
    pub(in crate::settings) items: Vec<TableItem>,
}

/// An item of a list, or a text, with its own line.
#[derive(Clone)]
pub(in crate::settings) struct TableItem {
    pub(in crate::settings) text: String,
    pub(in crate::settings) place: FilePlace,
}

impl FileTable {
    pub(in crate::settings) fn value(&self, name: &str) -> Option<&TableValue> {
        self.values.iter().find(|value| value.name == name)
    }
}

impl TableValue {
    /// The value as one text, with commas between items.
    pub(in crate::settings) fn text(&self) -> String {
        let items = self.items.iter();
        let items: Vec<_> = items.map(|item| item.text.as_str()).collect();
        items.join(",")
    }
}

impl Default for FileContent {
    fn default() -> Self {
        Self {
            name: None,
            values: Vec::new(),
            channels: Vec::new(),
            invalid: Vec::new(),
            is_whole: true,
        }
    }
}
