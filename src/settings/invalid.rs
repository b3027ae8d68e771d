//! The invalid settings, with everything that a person needs to correct them.

use std::fmt;

use super::list::{Setting, SettingKind};
use super::origin::FilePlace;
use crate::proxy::InvalidProxy;
use crate::secrets::is_slack_token;

/// The invalid settings, with the problem of each.
#[derive(Debug, Clone)]
pub struct InvalidSettings(pub(super) Vec<InvalidSetting>);

#[derive(Debug, Clone)]
pub(super) struct InvalidSetting {
    /// `None` if a file has an unknown key or cannot be parsed, and for a proxy.
    pub(super) setting: Option<&'static Setting>,
    /// The name that the value was given under, or file, line and key.
    pub(super) place: String,
    pub(super) problem: String,
    /// A valid assignment, in the form of the place.
    pub(super) example: String,
    /// True if a configuration file has to be changed.
    pub(super) is_in_file: bool,
}

impl InvalidSetting {
    /// A variable or flag with this problem.
    pub(super) fn given(
        setting: &'static Setting,
        name: &'static str,
        problem: impl fmt::Display,
    ) -> Self {
        Self {
            setting: Some(setting),
            place: name.to_owned(),
            problem: problem.to_string(),
            example: format!("{}={}", setting.name, setting.example),
            is_in_file: false,
        }
    }

    /// A variable of the proxy.
    pub(super) fn proxy(invalid: InvalidProxy) -> Self {
        Self {
            setting: None,
            place: invalid.variable.to_owned(),
            problem: invalid.problem.to_owned(),
            example: invalid.example(),
            is_in_file: false,
        }
    }

    /// A place in a configuration file with this problem.
    pub(super) fn at(
        place: &FilePlace,
        setting: Option<&'static Setting>,
        problem: impl fmt::Display,
    ) -> Self {
        Self {
            setting,
            place: place.to_string(),
            problem: problem.to_string(),
            example: place.example.clone(),
            is_in_file: true,
        }
    }
}

impl InvalidSettings {
    /// Each fault: the name that the value was given under or its place in a file, the problem,
    /// and a valid assignment.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().map(|invalid| {
            let InvalidSetting {
                place,
                problem,
                example,
                ..
            } = invalid;
            (place.as_str(), problem.as_str(), example.as_str())
        })
    }

    /// Reports whether the setting of this name is invalid.
    pub fn names(&self, setting: &str) -> bool {
        let mut settings = self.0.iter().filter_map(|invalid| invalid.setting);
        settings.any(|invalid| invalid.name == setting)
    }

    /// The advice about settings that are not in a file.
    fn advice(&self) -> Option<String> {
        let given = self.0.iter().filter(|invalid| !invalid.is_in_file);
        let settings: Vec<_> = given.filter_map(|invalid| invalid.setting).collect();
        settings.first()?;
        // Every user of the machine can see a secret that is a flag.
        let flag = settings
            .iter()
            .find(|setting| setting.kind != SettingKind::Secret);
        Some(match flag {
            Some(setting) => format!(
                "Set them in the environment, or as flags: --{} …",
                setting.flag()
            ),
            None => "Set them in the environment, or in files: SLACK_BOT_TOKEN_FILE=/run/secrets/…"
                .to_owned(),
        })
    }
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 invalid setting:")?,
            several => write!(f, "{several} invalid settings:")?,
        }
        for (place, problem, example) in self.iter() {
            write!(f, "\n  {place}: {problem}\n    for example: {example}")?;
        }
        self.advice()
            .map_or(Ok(()), |advice| write!(f, "\n{advice}"))
    }
}

impl std::error::Error for InvalidSettings {}

/// The problem if a setting contains another setting's secret. The value is not quoted.
pub(super) const SWAPPED: &str = "looks like a secret: move it to the setting it belongs to";

/// Reports whether a text looks like one of Slack's tokens or signing secrets.
pub(super) fn is_secret(text: &str) -> bool {
    let is_hex = |letter: u8| letter.is_ascii_hexdigit();
    is_slack_token(text) || (text.len() == 32 && text.bytes().all(is_hex))
}
