//! The text of a configuration file: its top-level keys, or its syntax errors.

use toml::de::{DeTable, DeValue, Error};

use super::content::{FileContent, FileValue};
use super::keys::{ADMINISTRATOR, CHANNEL, known, unknown};
use super::reader::{FileKey, FileReader, Value, in_order};
use super::tables::{administrators, channels, refuse_both};
use super::value;
use crate::masking;
use crate::settings::assignment::example;
use crate::settings::list::{SETTINGS, Setting, SettingKind, TIMEZONE, TomlForm};

/// The number of syntax errors to report: one mistake can cause several.
const MOST: usize = 5;

/// Reads the text of a configuration file.
pub(super) fn parse(file: &str, text: &str) -> FileContent {
    let mut reader = FileReader::new(file, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        for (key, value) in in_order(table.get_ref()) {
            entry(&mut reader, key, value);
        }
        refuse_both(&mut reader);
    } else {
        reader.content.is_whole = false;
        reader.content.name = None;
        syntax(&mut reader, table.get_ref(), errors);
    }
    reader.content
}

fn entry(reader: &mut FileReader<'_>, key: &FileKey<'_>, value: &Value<'_>) {
    let name = key.get_ref().as_ref();
    if name == ADMINISTRATOR.key {
        administrators(reader, key, value);
    } else if name == CHANNEL.key {
        channels(reader, key, value);
    } else if let Some((setting, name)) = known(name) {
        set(reader, setting, name, key, value);
    } else {
        let (problem, example) = unknown(name);
        let place = reader.place(key.span().start, name, example);
        reader.wrong(&place, None, problem);
    }
}

/// The value of a setting.
fn set(
    reader: &mut FileReader<'_>,
    setting: &'static Setting,
    name: &'static str,
    key: &FileKey<'_>,
    value: &Value<'_>,
) {
    let (at, key) = (key.span().start, name.to_lowercase());
    if setting.toml == TomlForm::Absent {
        let place = reader.place(at, key, example(&TIMEZONE));
        let problem = "a file cannot include another one: move its settings here";
        reader.wrong(&place, Some(setting), problem);
        return;
    }
    if setting.kind == SettingKind::Secret {
        secret(reader, setting, at, value);
        return;
    }
    match value::text(setting.toml, value) {
        Ok(text) => {
            let place = reader.place(at, key, example(setting));
            reader.give(FileValue {
                setting,
                name,
                text,
                place,
            });
        }
        Err(fault) => {
            let place = reader.place(fault.at, key, example(setting));
            reader.wrong(&place, Some(setting), fault.problem);
        }
    }
}

/// Configuration files are copied, committed and shown; secrets must not be. The message names
/// the settings that are meant for them.
fn secret(reader: &mut FileReader<'_>, setting: &'static Setting, at: usize, value: &Value<'_>) {
    if let DeValue::String(secret) = value.get_ref() {
        masking::remember(secret);
    }
    let file = format!("{}_FILE", setting.name);
    let file = SETTINGS.iter().find(|setting| setting.name == file);
    let place = reader.place(
        at,
        setting.key(),
        file.map_or_else(String::new, |file| example(file)),
    );
    let problem = format!(
        "a secret cannot be in a configuration file: name the file that holds it, or set the variable {}",
        setting.name
    );
    reader.wrong(&place, Some(setting), problem);
}

/// Errors never quote the text, which can be a secret without its quotes.
fn syntax(reader: &mut FileReader<'_>, table: &DeTable<'_>, mut errors: Vec<Error>) {
    let start = |error: &Error| error.span().map(|span| span.start);
    errors.sort_by_key(start);
    let mut lines = Vec::new();
    for error in &errors {
        let at = start(error).unwrap_or(reader.text.len());
        // The error about a repeated key has its span.
        let repeated = error.span().and_then(|span| known(reader.text.get(span)?));
        let (key, example) = match repeated.or_else(|| around(table, at)) {
            Some((setting, name)) => (name.to_lowercase(), example(setting)),
            None => (String::new(), example(&TIMEZONE)),
        };
        let place = reader.place(at, key, example);
        if lines.contains(&place.line) || lines.len() == MOST {
            continue;
        }
        lines.push(place.line);
        let problem = match error.message() {
            "duplicate key" => "the key is in an earlier line too: remove one of them".to_owned(),
            message => format!("must be TOML: {message}"),
        };
        reader.wrong(&place, None, problem);
    }
}

/// The setting whose line contains this place.
fn around(table: &DeTable<'_>, at: usize) -> Option<(&'static Setting, &'static str)> {
    let mut entries = table.iter();
    let contains = |(key, value): &(&FileKey<'_>, &Value<'_>)| {
        (key.span().start..=value.span().end).contains(&at)
    };
    let (key, _) = entries.find(contains)?;
    known(key.get_ref())
}
