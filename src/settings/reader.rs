//! Reads the settings one by one and collects every problem, so that one message reports
//! them all. It never quotes a secret, whichever setting it is in.

use std::fmt;

use super::given::Settings;
use super::invalid::{InvalidSetting, InvalidSettings, SWAPPED, is_secret};
use super::list::Setting;
use super::origin::{FilePlace, Origin};
use crate::proxy::ProxySettings;

/// Reads the given values, and collects the problems.
pub(super) struct SettingsReader<'a> {
    pub(super) given: &'a Settings,
    wrong: Vec<InvalidSetting>,
}

impl<'a> SettingsReader<'a> {
    pub(super) fn new(given: &'a Settings) -> Self {
        Self {
            given,
            wrong: given.file.invalid.clone(),
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
        self.wrong.push(match self.given.origin(name) {
            Some(Origin::File(place)) => InvalidSetting::at(place, Some(setting), problem),
            _ => InvalidSetting::given(setting, name, problem),
        });
    }

    /// Adds the problem of a place in the file.
    pub(super) fn wrong_at(
        &mut self,
        place: &FilePlace,
        setting: &'static Setting,
        problem: impl fmt::Display,
    ) {
        let invalid = InvalidSetting::at(place, Some(setting), problem);
        self.wrong.push(invalid);
    }

    /// Reports whether a problem of the setting is known.
    pub(super) fn is_wrong(&self, setting: &Setting) -> bool {
        let mut wrong = self.wrong.iter().filter_map(|invalid| invalid.setting);
        wrong.any(|wrong| wrong.name == setting.name)
    }

    /// The proxy; `None` if a variable can't be used, which is only a problem if the command
    /// needs the network.
    pub(super) fn proxies(&mut self, is_needed: bool) -> Option<ProxySettings> {
        match &self.given.proxies {
            Ok(proxies) => Some(proxies.clone()),
            Err(invalid) => {
                let invalid = invalid.iter().filter(|_| is_needed);
                self.wrong
                    .extend(invalid.copied().map(InvalidSetting::proxy));
                None
            }
        }
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

    /// Notes that a setting is missing, which the command needs. A file with faults may contain
    /// it.
    pub(super) fn missing(&mut self, setting: &'static Setting) {
        if !self.given.file.is_whole || self.is_wrong(setting) {
            return;
        }
        let advice = setting.missing.unwrap_or_default();
        self.wrong(setting, format_args!("not set; {advice}"));
    }
}
