//! What is wrong with the settings: collected, and told at once. Secrets are
//! never quoted, whichever setting they are in.

use std::fmt;

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
        write!(
            f,
            "\nSet them in the environment, or as flags: {}",
            flag(self.0.first())
        )
    }
}

fn flag(problem: Option<&Problem>) -> String {
    let name = problem.map(|problem| problem.name.to_lowercase().replace('_', "-"));
    format!("--{} …", name.unwrap_or_default())
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

/// Whether a text looks like one of Slack's tokens.
pub(super) fn is_token(text: &str) -> bool {
    text.starts_with("xox") || text.starts_with("xapp-")
}

/// Whether a text looks like one of Slack's tokens or signing secrets.
pub(super) fn is_secret(text: &str) -> bool {
    let is_hex = |letter: u8| letter.is_ascii_hexdigit();
    is_token(text) || (text.len() == 32 && text.bytes().all(is_hex))
}
