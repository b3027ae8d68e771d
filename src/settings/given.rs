//! The settings as given on the command line, in the environment or in a file, before they are
//! parsed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::builder::{StringValueParser, TypedValueParser as _};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use secrecy::{ExposeSecret as _, SecretString};

use super::file::{self, FileContent, FileTable, FileValue};
use super::list::{CONFIG, CONFIG_TOML, SETTINGS, SLACK_CHANNEL, Setting, SettingKind};
use super::origin::Origin;
use crate::proxy::{InvalidProxy, ProxySettings};

/// The value of an environment variable.
pub(super) type Variable = fn(&str) -> Option<OsString>;

/// The given settings. Each is a flag, an environment variable and a key of the file.
#[derive(Clone)]
pub struct Settings {
    pub(super) values: BTreeMap<&'static str, Given>,
    /// The configuration file, once it has been read.
    pub(super) file: FileContent,
    /// The proxy, once the environment has been read.
    pub(super) proxies: Result<ProxySettings, Vec<InvalidProxy>>,
    /// The environment, for variables that the file names.
    pub(super) variable: Variable,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            file: FileContent::default(),
            proxies: Ok(ProxySettings::default()),
            variable: |_| None,
        }
    }
}

/// A given value with its origin.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) value: GivenValue,
    pub(super) origin: Origin,
}

/// The given value of a setting.
#[derive(Clone)]
pub(super) enum GivenValue {
    Text(String),
    Path(PathBuf),
    Secret(SecretString),
}

impl GivenValue {
    pub(super) fn new(kind: SettingKind, text: &str) -> Self {
        match kind {
            SettingKind::Text => Self::Text(text.to_owned()),
            SettingKind::Path => Self::Path(text.into()),
            SettingKind::Secret => Self::Secret(text.into()),
        }
    }

    /// An empty value counts as not set.
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Path(path) => path.as_os_str().is_empty(),
            Self::Secret(secret) => secret.expose_secret().trim().is_empty(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings")
    }
}

/// The flag of each setting, and that of its deprecated name, in the order of the list:
/// clap wants names that outlive it.
static FLAGS: LazyLock<Vec<(String, Option<String>)>> = LazyLock::new(|| {
    let flags = |setting: &&Setting| (setting.flag(), setting.deprecated_flag());
    SETTINGS.iter().map(flags).collect()
});

/// The arguments of a setting. The deprecated one is an argument of its own, so that both
/// values are known if both are given.
fn arguments(
    setting: &'static Setting,
    (flag, deprecated_flag): &'static (String, Option<String>),
) -> impl Iterator<Item = Arg> {
    let deprecated = setting.deprecated_name.zip(deprecated_flag.as_deref());
    let deprecated =
        deprecated.map(|(name, flag)| argument(setting, flag).id(name).env(name).hide(true));
    std::iter::once(argument(setting, flag)).chain(deprecated)
}

fn argument(setting: &'static Setting, flag: &'static str) -> Arg {
    let help = match setting.default.unwrap_or(setting.unset) {
        "" => setting.help.to_owned(),
        default => format!("{} [default: {default}]", setting.help),
    };
    let argument = Arg::new(setting.name)
        .long(flag)
        .env(setting.name)
        .help(help)
        .help_heading("Settings")
        .allow_hyphen_values(setting.hyphens)
        .global(true);
    match setting.kind {
        SettingKind::Text => argument.value_parser(value_parser!(String)),
        SettingKind::Path => argument.value_parser(value_parser!(PathBuf)),
        SettingKind::Secret => argument
            .value_parser(StringValueParser::new().map(SecretString::from))
            .hide_env_values(true),
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let settings = SETTINGS.iter().zip(FLAGS.iter());
        command.args(settings.flat_map(|(setting, flags)| arguments(setting, flags)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut settings = Self::default();
        let names = SETTINGS.iter().flat_map(|setting| setting.names());
        for (name, kind) in names {
            let value = match kind {
                SettingKind::Text => matches.get_one(name).cloned().map(GivenValue::Text),
                SettingKind::Path => matches.get_one(name).cloned().map(GivenValue::Path),
                SettingKind::Secret => matches.get_one(name).cloned().map(GivenValue::Secret),
            };
            let origin = match matches.value_source(name) {
                Some(ValueSource::CommandLine) => Origin::Flag,
                _ => Origin::Variable,
            };
            let given = value.map(|value| (name, Given { value, origin }));
            settings.values.extend(given);
        }
        Ok(settings)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Settings {
    /// The settings in the text of a configuration file, without flags and variables.
    #[must_use]
    pub fn from_toml(text: &str) -> Self {
        let given = Given {
            value: GivenValue::Text(text.to_owned()),
            origin: Origin::Variable,
        };
        let settings = Self {
            values: [(CONFIG_TOML.name, given)].into(),
            ..Self::default()
        };
        settings.with_file()
    }

    /// Reads the configuration file, if one is given. Flags and variables take precedence. The
    /// faults of the file are reported with those of the values.
    #[must_use]
    pub fn with_file(mut self) -> Self {
        let text = match self.values.get(CONFIG_TOML.name).map(|given| &given.value) {
            Some(GivenValue::Text(text)) if !text.trim().is_empty() => Some(text.as_str()),
            _ => None,
        };
        self.file = file::read(self.path(&CONFIG), text);
        let values = self.file.values.iter();
        let values = values.filter(|value| !self.overrides(value.setting));
        let values: Vec<_> = values.map(from_file).collect();
        self.values.extend(values);
        self
    }

    /// Reads the proxy from these environment variables. The proxy isn't a setting, because the
    /// AWS SDK and other programs read the same variables.
    #[must_use]
    pub fn with_proxies(mut self, variable: impl Fn(&'static str) -> Option<OsString>) -> Self {
        self.proxies = ProxySettings::read(variable);
        self
    }

    /// Reads the variables that the configuration file names from this environment.
    #[must_use]
    pub fn with_variables(mut self, variable: fn(&str) -> Option<OsString>) -> Self {
        self.variable = variable;
        self
    }

    /// Reports whether a flag or variable takes the place of a setting in the file, under either
    /// name. That of a secret takes the place of the secret's file too.
    fn overrides(&self, setting: &Setting) -> bool {
        let secret = setting.name.strip_suffix("_FILE");
        let names = std::iter::once(setting.name);
        let mut names = names.chain(setting.deprecated_name).chain(secret);
        names.any(|name| self.origin(name).is_some())
    }

    /// The origin of the value that is given under a name.
    pub(super) fn origin(&self, name: &str) -> Option<&Origin> {
        let given = self.values.get(name)?;
        (!given.value.is_empty()).then_some(&given.origin)
    }

    /// The tables `[[channel]]` in effect.
    pub(super) fn channels(&self) -> &[FileTable] {
        match self.origin(SLACK_CHANNEL.name) {
            Some(_) => &[],
            None => &self.file.channels,
        }
    }

    /// The tables `[[channel]]` that a flag or variable `SLACK_CHANNEL` replaces.
    pub(super) fn replaced_channels(&self) -> &[FileTable] {
        match self.origin(SLACK_CHANNEL.name) {
            Some(Origin::Flag | Origin::Variable) => &self.file.channels,
            Some(Origin::File(_)) | None => &[],
        }
    }

    /// The secrets on the command line, where every user of the machine can read them.
    pub(super) fn exposed(&self) -> Vec<&'static str> {
        let is_exposed = |given: &Given| {
            matches!(given.value, GivenValue::Secret(_)) && matches!(given.origin, Origin::Flag)
        };
        let exposed = SETTINGS.iter().map(|setting| setting.name);
        let given = |name: &&'static str| self.values.get(name).is_some_and(is_exposed);
        exposed.filter(given).collect()
    }

    pub(super) fn text(&self, setting: &Setting) -> Option<&str> {
        self.named(setting.name)
    }

    /// The value that is given under a name, which may be a deprecated one.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        let given = self.values.get(name)?;
        let text = match &given.value {
            GivenValue::Text(text) => text.trim(),
            GivenValue::Secret(secret) => secret.expose_secret().trim(),
            GivenValue::Path(_) => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The settings that are given under a deprecated name.
    pub(super) fn deprecated(&self) -> Vec<&'static Setting> {
        let is_given = |setting: &&&Setting| {
            let name = setting.deprecated_name;
            name.is_some_and(|name| self.named(name).is_some())
        };
        SETTINGS.iter().filter(is_given).copied().collect()
    }

    pub(super) fn path(&self, setting: &Setting) -> Option<&Path> {
        match &self.values.get(setting.name)?.value {
            GivenValue::Path(path) => {
                Some(path.as_path()).filter(|path| !path.as_os_str().is_empty())
            }
            GivenValue::Text(_) | GivenValue::Secret(_) => None,
        }
    }
}

fn from_file(value: &FileValue) -> (&'static str, Given) {
    let given = Given {
        value: GivenValue::new(value.setting.kind, &value.text),
        origin: Origin::File(value.place.clone()),
    };
    (value.name, given)
}
