//! What is wrong with the settings: collected, and told at once. Secrets are
//! never quoted, whichever setting they are in.

use std::fmt;

use crate::secrets::is_slack_token;

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSettings(pub(super) Vec<Problem>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    name: &'static str,
    what: String,
    example: &'static str,
}

impl InvalidSettings {
    /// What is wrong, with an example of what would be right: `(name, what, example)`.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str, &'static str)> {
        let problems = self.0.iter();
        problems.map(|problem| (problem.name, problem.what.as_str(), problem.example))
    }

    /// Whether something is wrong with the setting of this name.
    pub fn names(&self, setting: &str) -> bool {
        self.0.iter().any(|problem| problem.name == setting)
    }
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the settings cannot be used:", self.0.len())?;
        for Problem {
            name,
            what,
            example,
        } in &self.0
        {
            write!(f, "\n  {name}: {what}\n    for example: {name}={example}")?;
        }
        f.write_str("\nSet them in the environment")?;
        // Everybody on the machine sees a secret that is a flag.
        let is_open = |name: &&str| !SECRETS.contains(name);
        match self.0.iter().map(|problem| problem.name).find(is_open) {
            Some(name) => write!(f, ", or as flags: {}", flag(name)),
            None => f.write_str(", or in files: SLACK_BOT_TOKEN_FILE=/run/secrets/…"),
        }
    }
}

/// The settings that do not belong on the command line.
const SECRETS: [&str; 3] = ["SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"];

fn flag(name: &str) -> String {
    format!("--{} …", name.to_lowercase().replace('_', "-"))
}

impl std::error::Error for InvalidSettings {}

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Checked(pub(super) Vec<Problem>);

impl Checked {
    pub(super) fn wrong(
        &mut self,
        name: &'static str,
        what: impl Into<String>,
        example: &'static str,
    ) {
        self.0.push(Problem {
            name,
            what: what.into(),
            example,
        });
    }

    /// The value, or the default and a note of what is wrong.
    pub(super) fn read<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        given: Option<&str>,
        default: T,
        example: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        // An empty variable is one that is not set.
        let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else {
            return default;
        };
        if is_secret(text) {
            self.wrong(name, SWAPPED, example);
            return default;
        }
        parse(text).unwrap_or_else(|error| {
            self.wrong(name, error.to_string(), example);
            default
        })
    }
}

/// What is said of a secret in the place of another setting: it is not quoted.
pub(super) const SWAPPED: &str = "holds what looks like a secret, which belongs to another setting";

/// Whether a text looks like one of Slack's tokens or signing secrets.
pub(super) fn is_secret(text: &str) -> bool {
    let is_hex = |letter: u8| letter.is_ascii_hexdigit();
    is_slack_token(text) || (text.len() == 32 && text.bytes().all(is_hex))
}
