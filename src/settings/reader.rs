//! Reads the settings one by one and collects every problem, so that one message reports
//! them all. It never quotes a secret, whichever setting it is in.

use std::fmt;

use super::given::Settings;
use super::list::{Setting, SettingKind};
use crate::secrets::is_slack_token;

/// The invalid settings, with the problem of each.
#[derive(Debug, Clone)]
pub struct InvalidSettings(pub(super) Vec<InvalidSetting>);

#[derive(Debug, Clone)]
pub(super) struct InvalidSetting {
    setting: &'static Setting,
    /// The name that the value was given under.
    name: &'static str,
    problem: String,
}

impl InvalidSettings {
    /// Each fault: the name that the value was given under, the problem, and a valid
    /// assignment.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str, String)> {
        self.0.iter().map(|invalid| {
            let Setting { name, example, .. } = invalid.setting;
            let example = format!("{name}={example}");
            (invalid.name, invalid.problem.as_str(), example)
        })
    }

    /// Reports whether the setting of this name is invalid.
    pub fn names(&self, setting: &str) -> bool {
        self.0.iter().any(|invalid| invalid.setting.name == setting)
    }
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 invalid setting:")?,
            several => write!(f, "{several} invalid settings:")?,
        }
        for (name, problem, example) in self.iter() {
            write!(f, "\n  {name}: {problem}\n    for example: {example}")?;
        }
        f.write_str("\nSet them in the environment")?;
        // Every user of the machine can see a secret that is a flag.
        let mut settings = self.0.iter().map(|invalid| invalid.setting);
        match settings.find(|setting| setting.kind != SettingKind::Secret) {
            Some(setting) => write!(f, ", or as flags: --{} …", setting.flag()),
            None => f.write_str(", or in files: SLACK_BOT_TOKEN_FILE=/run/secrets/…"),
        }
    }
}

impl std::error::Error for InvalidSettings {}

/// Reads the given values, and collects the problems.
pub(super) struct SettingsReader<'a> {
    pub(super) given: &'a Settings,
    wrong: Vec<InvalidSetting>,
}

impl<'a> SettingsReader<'a> {
    pub(super) fn new(given: &'a Settings) -> Self {
        Self {
            given,
            wrong: Vec::new(),
        }
    }

    pub(super) fn wrong(&mut self, setting: &'static Setting, problem: impl fmt::Display) {
        self.wrong_as(setting, setting.name, problem);
    }

    fn wrong_as(
        &mut self,
        setting: &'static Setting,
        name: &'static str,
        problem: impl fmt::Display,
    ) {
        self.wrong.push(InvalidSetting {
            setting,
            name,
            problem: problem.to_string(),
        });
    }

    /// The problems, if there are any.
    pub(super) fn invalid(self) -> Option<InvalidSettings> {
        (!self.wrong.is_empty()).then_some(InvalidSettings(self.wrong))
    }

    /// The value, if one is given under either name of the setting, and valid.
    pub(super) fn optional<T: PartialEq, E: fmt::Display>(
        &mut self,
        setting: &'static Setting,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.given_as(setting, setting.name, &parse);
        let Some(deprecated) = setting.deprecated_name else {
            return value;
        };
        match (value, self.given_as(setting, deprecated, &parse)) {
            (Some(value), Some(other)) if value != other => {
                let problem = format!(
                    "conflicts with {deprecated}, its deprecated name: remove {deprecated}"
                );
                self.wrong(setting, problem);
                None
            }
            (value, other) => value.or(other),
        }
    }

    fn given_as<T, E: fmt::Display>(
        &mut self,
        setting: &'static Setting,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.given.named(name)?;
        if is_secret(text) {
            self.wrong_as(setting, name, SWAPPED);
            return None;
        }
        let parsed = parse(text).map_err(|problem| self.wrong_as(setting, name, problem));
        parsed.ok()
    }

    /// The value, or the default.
    #[expect(
        clippy::expect_used,
        reason = "every default is a constant, and a test reads it in every time zone"
    )]
    pub(super) fn read<T: PartialEq, E: fmt::Display + fmt::Debug>(
        &mut self,
        setting: &'static Setting,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        let given = self.optional(setting, &parse);
        given.unwrap_or_else(|| {
            let default = setting.default.expect("a setting with a default");
            parse(default).expect("a default that can be read")
        })
    }

    /// Notes that a setting is missing, which the command needs.
    pub(super) fn missing(&mut self, setting: &'static Setting) {
        let advice = setting.missing.unwrap_or_default();
        self.wrong(setting, format_args!("not set; {advice}"));
    }
}

/// The problem if a setting contains another setting's secret. The value is not quoted.
pub(super) const SWAPPED: &str = "looks like a secret: move it to the setting it belongs to";

/// Reports whether a text looks like one of Slack's tokens or signing secrets.
pub(super) fn is_secret(text: &str) -> bool {
    let is_hex = |letter: u8| letter.is_ascii_hexdigit();
    is_slack_token(text) || (text.len() == 32 && text.bytes().all(is_hex))
}
