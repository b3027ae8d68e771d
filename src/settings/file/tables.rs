//! The tables of a configuration file: `[[administrator]]` and `[[channel]]`.

use toml::de::{DeTable, DeValue};

use super::content::{FileTable, FileValue, TableItem, TableValue};
use super::keys::{ADMINISTRATOR, CHANNEL, TableKey, TableKind};
use super::reader::{FileKey, FileReader, Value, in_order};
use super::value::{self, kind_of};
use crate::domain::administrator::{self, OWN, RegionChoice};
use crate::settings::origin::FilePlace;

/// `[[administrator]]`, which means an entry of `ADMINISTRATORS`.
pub(super) fn administrators(reader: &mut FileReader<'_>, key: &FileKey<'_>, value: &Value<'_>) {
    let tables = tables(reader, &ADMINISTRATOR, key, value);
    let entries = tables.iter();
    let entries = entries.map(|table| administrator(reader, table.as_ref()?));
    // Each one, so that every fault is reported.
    let entries: Vec<_> = entries.collect();
    let entries: Option<Vec<_>> = entries.into_iter().collect();
    if let (Some(Some(first)), Some(entries)) = (tables.first(), entries) {
        reader.give(FileValue {
            setting: ADMINISTRATOR.setting,
            name: ADMINISTRATOR.setting.name,
            text: entries.join(";"),
            place: first.place.clone(),
        });
    }
}

/// The entry that a table means, or `None` if a value is invalid.
fn administrator(reader: &mut FileReader<'_>, table: &FileTable) -> Option<String> {
    let (mut entry, mut is_valid) = (String::new(), true);
    for value in ADMINISTRATOR
        .keys
        .iter()
        .filter_map(|key| table.value(key.name))
    {
        match with(&entry, value) {
            Ok(longer) => entry = longer,
            Err(problem) => {
                reader.wrong(&value.place, Some(ADMINISTRATOR.setting), problem);
                is_valid = false;
                // The other values depend on the role.
                if entry.is_empty() {
                    break;
                }
            }
        }
    }
    is_valid.then_some(entry)
}

/// An entry with one more value.
fn with(entry: &str, value: &TableValue) -> Result<String, String> {
    let text = value.text();
    let text = match value.name {
        "regions" => text.replace(char::is_whitespace, ""),
        _ => text.trim().to_owned(),
    };
    if text.contains(|letter: char| letter.is_whitespace() || letter == ';') {
        return Err("must be one word".to_owned());
    }
    if value.name == "external_id" && entry == OWN {
        return Err(format!("{OWN} has no external ID: remove the key"));
    }
    let longer = match value.name {
        "role" => text,
        option => format!("{entry} {}={text}", option.replace('_', "-")),
    };
    administrator::parse_entry(&longer, &RegionChoice::Sdk).map(|_| longer)
}

/// `[[channel]]`, which replaces `SLACK_CHANNEL`.
pub(super) fn channels(reader: &mut FileReader<'_>, key: &FileKey<'_>, value: &Value<'_>) {
    let tables = tables(reader, &CHANNEL, key, value);
    reader.content.channels = tables.into_iter().flatten().collect();
}

/// Adds a fault if the file has both `[[channel]]` and `slack_channel`.
pub(super) fn refuse_both(reader: &mut FileReader<'_>) {
    let (values, setting) = (reader.content.values.iter(), CHANNEL.setting);
    let given = values.into_iter().find(|value| value.name == setting.name);
    let first = reader.content.channels.first();
    let id = first.and_then(|table| table.value("id").or_else(|| table.value("url")));
    if let (Some(given), Some(id)) = (given, id) {
        let FilePlace { key, line, .. } = &given.place;
        let problem = format!("set together with {key} in line {line}: remove one of them");
        let place = id.place.clone();
        reader.wrong(&place, Some(setting), problem);
    }
}

/// The tables, with `None` for each that has a fault. Without tables, there are none.
fn tables(
    reader: &mut FileReader<'_>,
    kind: &'static TableKind,
    key: &FileKey<'_>,
    value: &Value<'_>,
) -> Vec<Option<FileTable>> {
    let items: &[Value<'_>] = match value.get_ref() {
        DeValue::Array(items) if !items.is_empty() => items.as_ref(),
        _ => &[],
    };
    let found: Option<Vec<_>> = items
        .iter()
        .map(|item| match item.get_ref() {
            DeValue::Table(table) => Some((item.span().start, table)),
            _ => None,
        })
        .collect();
    let Some(found) = found.filter(|found| !found.is_empty()) else {
        let place = reader.place(key.span().start, kind.key, kind.header);
        let problem = not_tables(kind, value.get_ref());
        reader.wrong(&place, Some(kind.setting), problem);
        return Vec::new();
    };
    let tables = found.iter();
    let tables = tables.map(|(at, table)| one(reader, kind, *at, table));
    tables.collect()
}

fn not_tables(kind: &TableKind, value: &DeValue<'_>) -> String {
    let header = kind.header;
    match value {
        DeValue::Table(_) => format!("must be {header}, in double brackets"),
        DeValue::Array(_) => format!("must be tables: write {header} above each"),
        other => format!(
            "must be a table, not {}: write {header} above it",
            kind_of(other)
        ),
    }
}

/// A table, or `None` if it has a fault.
fn one(
    reader: &mut FileReader<'_>,
    kind: &'static TableKind,
    at: usize,
    table: &DeTable<'_>,
) -> Option<FileTable> {
    let first = kind.keys.first()?;
    let before = reader.content.invalid.len();
    let place = reader.place(at, kind.header, first.example);
    let entries = in_order(table);
    let values = entries.into_iter();
    let values: Vec<_> = values
        .filter_map(|(key, value)| entry(reader, kind, key, value))
        .collect();
    let is_required = |key: &FileKey<'_>| kind.required.contains(&key.get_ref().as_ref());
    if !table.keys().any(is_required) {
        let problem = format!("{} is missing", kind.required.join(" or "));
        reader.wrong(&place, Some(kind.setting), problem);
    }
    let is_valid = reader.content.invalid.len() == before;
    is_valid.then_some(FileTable { place, values })
}

/// The value of a key, or `None` if it has a fault.
fn entry(
    reader: &mut FileReader<'_>,
    kind: &'static TableKind,
    key: &FileKey<'_>,
    value: &Value<'_>,
) -> Option<TableValue> {
    let name = key.get_ref().as_ref();
    let key_path = format!("{} {name}", kind.header);
    let at = key.span().start;
    let Some(known) = kind.keys.iter().find(|known| known.name == name) else {
        let example = kind.keys.first().map_or("", |first| first.example);
        let place = reader.place(at, key_path, example);
        reader.wrong(&place, Some(kind.setting), kind.unknown(name));
        return None;
    };
    let TableKey {
        name,
        form,
        example,
        can_be_empty,
    } = *known;
    let is_empty = matches!(value.get_ref(), DeValue::Array(items) if items.is_empty());
    let items = match is_empty && can_be_empty {
        true => Ok(Vec::new()),
        false => value::items(form, value),
    };
    match items {
        Ok(items) => {
            let items = items.into_iter().map(|item| TableItem {
                place: reader.place(item.at, key_path.clone(), example),
                text: item.text,
            });
            Some(TableValue {
                name,
                items: items.collect(),
                place: reader.place(at, key_path.clone(), example),
            })
        }
        Err(fault) => {
            let place = reader.place(fault.at, key_path, example);
            reader.wrong(&place, Some(kind.setting), fault.problem);
            None
        }
    }
}
