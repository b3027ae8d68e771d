//! The origin of a setting's value.

use std::fmt;
use std::sync::Arc;

/// The origin of a value. Earlier ones take precedence.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Flag,
    Variable,
    File(FilePlace),
}

/// A place in the configuration file.
#[derive(Debug, Clone)]
pub(super) struct FilePlace {
    /// The file, or the variable that holds its text.
    pub(super) file: Arc<str>,
    /// The line number, from 1.
    pub(super) line: usize,
    /// The key, after its table's header. Empty if the line has none.
    pub(super) key: String,
    /// A valid assignment to the key.
    pub(super) example: String,
}

impl FilePlace {
    /// `config.toml:12`.
    pub(super) fn position(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.position())?;
        match self.key.as_str() {
            "" => Ok(()),
            key => write!(f, ": {key}"),
        }
    }
}
