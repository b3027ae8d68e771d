//! The settings in effect, as a configuration file with the origin of each value.

use std::fmt::Write as _;

use super::assignment::assignment;
use super::given::{GivenValue, Settings};
use super::list::{SETTINGS, Setting, TomlForm};
use super::origin::Origin;

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
