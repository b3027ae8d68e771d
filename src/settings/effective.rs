//! The settings in effect, as a configuration file with the origin of each value.

use std::fmt::Write as _;

use super::assignment::{assignment, string};
use super::file::{CHANNEL, FileTable};
use super::given::{GivenValue, Settings};
use super::list::{
    ALERT, DIGEST_SCHEDULE, HEARTBEAT, LOCALE, NOT_ENABLED, QUIET, SETTINGS, SLACK_CHANNEL,
    Setting, TIMEZONE, TomlForm,
};
use super::origin::Origin;
use super::webhook::is_variable;
use crate::webhook::address::WebhookUrl;

impl Settings {
    /// The settings in effect as TOML: a line for each, with the origin of its value. Secrets
    /// are hidden, so they and settings without a value are comments.
    pub fn to_toml(&self) -> String {
        let file = match &self.file.name {
            Some(name) => name,
            None if self.file.is_whole => "none",
            None => "not usable, so no value is from it",
        };
        let mut lines = comment(&format!("Configuration file: {file}"));
        for setting in SETTINGS {
            if setting.toml != TomlForm::Absent {
                lines.push('\n');
                lines.push_str(&self.line(setting));
            }
        }
        lines.push('\n');
        for table in self.channels() {
            lines.push_str(&channel(table));
        }
        for table in self.replaced_channels() {
            let Some(origin) = self.origin(SLACK_CHANNEL.name) else {
                continue;
            };
            let place = table.place.position();
            let origin = described(origin, SLACK_CHANNEL.name);
            let line = comment(&format!("{} {place}: replaced by {origin}", CHANNEL.header));
            let _ = writeln!(lines, "\n{line}");
        }
        lines
    }

    fn line(&self, setting: &Setting) -> String {
        let key = setting.key();
        let mut given = setting.names().filter_map(|(name, _)| {
            let value = &self.values.get(name)?.value;
            Some((value, self.origin(name)?, name))
        });
        let Some((value, origin, name)) = given.next() else {
            return match setting.default.and_then(|text| assignment(setting, text)) {
                Some(assignment) => format!("{assignment} # default"),
                None if is_same(setting, &SLACK_CHANNEL) && !self.channels().is_empty() => {
                    format!("# {key}: not set ({} below)", CHANNEL.header)
                }
                None => unset(setting),
            };
        };
        let origin = comment(&described(origin, name));
        let text = match value {
            GivenValue::Secret(_) => return format!("# {key}: [secret] {origin}"),
            GivenValue::Text(text) => text.trim().to_owned(),
            GivenValue::Path(path) => path.display().to_string(),
        };
        match assignment(setting, &text) {
            Some(assignment) => format!("{assignment} {origin}"),
            None => unset(setting),
        }
    }
}

fn is_any(setting: &Setting, others: &[&Setting]) -> bool {
    others.iter().any(|other| is_same(setting, other))
}

fn is_same(setting: &Setting, other: &Setting) -> bool {
    setting.name == other.name
}

/// A table of a channel, with the keys in the order of the documents. The global settings hold
/// for those that are comments.
fn channel(table: &FileTable) -> String {
    let header = CHANNEL.header;
    let mut lines = format!("\n{header} {}\n", comment(&table.place.position()));
    for key in CHANNEL.keys {
        let line = match (table.value(key.name), global(key.name)) {
            // A URL can contain a token.
            (Some(value), _) if key.name == "url" => {
                let host = value.text().trim().parse::<WebhookUrl>();
                let host = host.map_or_else(|_| String::new(), |url| format!("{url} "));
                let origin = comment(&value.place.position());
                format!("# url: {host}[secret] {origin}")
            }
            // People enter the secret itself.
            (Some(value), _) if key.name == "secret_env" && !is_variable(value.text().trim()) => {
                format!(
                    "# secret_env: [secret] {}",
                    comment(&value.place.position())
                )
            }
            (Some(value), _) => {
                let texts = value.items.iter().map(|item| string(&item.text));
                let texts = texts.collect::<Vec<_>>().join(", ");
                let value_text = match key.form {
                    TomlForm::List(_) => format!("[{texts}]"),
                    TomlForm::Flag => value.items.iter().map(|item| item.text.as_str()).collect(),
                    TomlForm::Text | TomlForm::Number | TomlForm::Absent => texts,
                };
                let origin = comment(&value.place.position());
                format!("{} = {value_text} {origin}", key.name)
            }
            // A webhook has neither a language nor a choice of lists.
            (None, Some(setting))
                if table.value("url").is_some() && is_any(setting, &[&LOCALE, &NOT_ENABLED]) =>
            {
                continue;
            }
            (None, Some(setting)) => format!("# {}: not set ({} above)", key.name, setting.key()),
            (None, None) => continue,
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// The setting that holds for a channel without this key.
fn global(key: &str) -> Option<&'static Setting> {
    match key {
        "locale" => Some(&LOCALE),
        "timezone" => Some(&TIMEZONE),
        "schedule" => Some(&DIGEST_SCHEDULE),
        "quiet" => Some(&QUIET),
        "heartbeat" => Some(&HEARTBEAT),
        "not_enabled" => Some(&NOT_ENABLED),
        "alert" => Some(&ALERT),
        _ => None,
    }
}

fn unset(setting: &Setting) -> String {
    let mut line = format!("# {}: not set", setting.key());
    if !setting.unset.is_empty() {
        let _ = write!(line, " ({})", setting.unset);
    }
    line
}

fn described(origin: &Origin, name: &str) -> String {
    match origin {
        Origin::Flag => format!("flag --{}", name.to_lowercase().replace('_', "-")),
        Origin::Variable => format!("variable {name}"),
        Origin::File(place) => place.position(),
    }
}

/// A comment. TOML allows no control characters in it.
fn comment(text: &str) -> String {
    format!("# {}", text.replace(char::is_control, "\u{fffd}"))
}
