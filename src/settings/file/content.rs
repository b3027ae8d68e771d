//! What a configuration file says: its values and faults, each with its line.

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

impl Default for FileContent {
    fn default() -> Self {
        Self {
            name: None,
            values: Vec::new(),
            invalid: Vec::new(),
            is_whole: true,
        }
    }
}
