//! The configuration file: finds it, and reads what it says about each setting.

mod content;
mod document;
mod keys;
mod reader;
mod tables;
mod value;

use std::io::{ErrorKind, Read as _};
use std::path::Path;

pub(super) use content::{FileContent, FileTable, FileValue, TableItem};
pub(super) use keys::CHANNEL;

use super::invalid::{InvalidSetting, SWAPPED, is_secret};
use super::list::{CONFIG, CONFIG_TOML};

/// Far more than any configuration needs.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the file at `path`, or the text of `CONFIG_TOML`.
pub(super) fn read(path: Option<&Path>, text: Option<&str>) -> FileContent {
    match (path, text) {
        (None, None) => FileContent::default(),
        (None, Some(text)) => document::parse(CONFIG_TOML.name, text),
        (Some(_), Some(_)) => {
            let both = format!("set together with {}: remove one of them", CONFIG_TOML.name);
            unusable(&both)
        }
        (Some(path), None) if path.to_str().is_some_and(is_secret) => unusable(SWAPPED),
        (Some(path), None) => {
            let name = path.display().to_string();
            match load(path) {
                Ok(text) => document::parse(&name, &text),
                Err(problem) => unusable(&format!("{name:?} {problem}")),
            }
        }
    }
}

fn unusable(problem: &str) -> FileContent {
    FileContent {
        invalid: vec![InvalidSetting::given(&CONFIG, CONFIG.name, problem)],
        is_whole: false,
        ..FileContent::default()
    }
}

fn load(path: &Path) -> Result<String, String> {
    // Opening a pipe would block until a writer opens it.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err("is a directory: name the file in it".to_owned());
    }
    if !metadata.is_file() {
        return Err("must be a regular file".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let read = read.map_err(|error| unreadable(&error))?;
    if read as u64 > MAX_BYTES {
        return Err(format!("must be at most {} MiB", MAX_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "must be UTF-8: save it in that encoding".to_owned())
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "does not exist: create it, or correct the path".to_owned(),
        ErrorKind::PermissionDenied => {
            "cannot be read: let the bot's user read it (permission denied)".to_owned()
        }
        _ => format!("cannot be read: {error}"),
    }
}
