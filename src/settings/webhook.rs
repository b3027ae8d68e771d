//! The address of a webhook, and its secret: in a file, or in an environment variable that its table
//! names.
//!
//! Errors quote no path and no value, because people enter the secret itself.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::given::Variable;
use super::list::SETTINGS;
use super::origin::FilePlace;
use super::table_reader::TableReader;
use super::values;
use crate::masking;
use crate::secrets::{self, Secret, SecretFile, SecretUse, WEBHOOK_SECRET, is_slack_token};
use crate::webhook::address::WebhookUrl;
use crate::webhook::request::{self, SHORTEST_SECRET};

/// Variables of every process, whose values can be guessed.
const PUBLIC: [&str; 6] = ["PATH", "HOME", "HOSTNAME", "PWD", "SHELL", "USER"];

/// The URL of a webhook, and the secret that signs its messages.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The URL.
    pub url: WebhookUrl,
    /// The secret.
    pub secret: Secret,
    /// The origin of the secret.
    pub origin: SecretOrigin,
}

/// Secrets are compared by their origin.
impl PartialEq for WebhookConfig {
    fn eq(&self, other: &Self) -> bool {
        (&self.url, &self.origin) == (&other.url, &other.origin)
    }
}

impl Eq for WebhookConfig {}

/// The origin of a webhook's secret.
#[derive(Debug, Clone)]
pub enum SecretOrigin {
    /// A file, which is read again when it changes.
    File(SecretFile),
    /// The environment variable of this name.
    Variable(String),
}

/// Files are compared by their path.
impl PartialEq for SecretOrigin {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => one.path == other.path,
            (Self::Variable(one), Self::Variable(other)) => one == other,
            (Self::File(_), Self::Variable(_)) | (Self::Variable(_), Self::File(_)) => false,
        }
    }
}

/// The ID and the target of a webhook, whose URL is at this place.
pub(super) fn read(
    table: &mut TableReader<'_, '_>,
    at: &FilePlace,
    name: Option<&str>,
) -> Option<(String, WebhookConfig)> {
    let url = table.one("url", str::parse::<WebhookUrl>);
    let line = at.line;
    table.refuse(
        "id",
        format!("set together with url in line {line}: remove one of them"),
    );
    table.refuse(
        "locale",
        "a webhook gets JSON, which has no language: remove the key",
    );
    table.refuse(
        "not_enabled",
        "a webhook gets every list with every digest: remove the key",
    );
    for key in ["mention", "mention_kinds", "mention_failing", "loud"] {
        table.refuse(key, "a webhook notifies no one in Slack: remove the key");
    }
    if table.table.value("name").is_none() {
        table.lacks("name", "it identifies the webhook");
    }
    let id = name.map(values::webhook_id);
    let (secret, origin) = webhook_secret(table, id.as_deref())?;
    Some((
        id?,
        WebhookConfig {
            url: url?,
            secret,
            origin,
        },
    ))
}

/// The secret of the webhook with this ID, from a file or a variable.
fn webhook_secret(
    table: &mut TableReader<'_, '_>,
    id: Option<&str>,
) -> Option<(Secret, SecretOrigin)> {
    let [file, variable] = ["secret_file", "secret_env"].map(|key| table.table.value(key));
    match (file, variable) {
        (None, None) => {
            let because = "set it or secret_env, to sign the requests";
            table.lacks("secret_file", because);
            None
        }
        (Some(file), Some(_)) => {
            let line = file.place.line;
            let problem =
                format!("set together with secret_file in line {line}: remove one of them");
            table.refuse("secret_env", problem);
            None
        }
        (Some(_), None) => {
            let id = id?;
            table.one("secret_file", |path| in_file(path, id))
        }
        (None, Some(named)) => {
            let variable = table.reader.given.variable;
            let read = in_variable(named.text().trim(), variable);
            read.map_err(|problem| table.wrong(&named.place, problem))
                .ok()
        }
    }
}

/// The secret in a file of this webhook.
pub(super) fn in_file(path: &str, webhook: &str) -> Result<(Secret, SecretOrigin), String> {
    let path = Path::new(path);
    let content = secrets::read(path).map_err(|error| format!("{error:#}"))?;
    let secret = content.secret.expose_secret();
    masking::remember(secret);
    if !request::is_secret(secret) {
        return Err(format!("the file {WEBHOOK_SECRET}"));
    }
    let secret = Secret::from(secret);
    let used = SecretUse::Webhook(secret.clone());
    let file = SecretFile::new(format!("secret_file of {webhook}"), path, &content, used);
    Ok((secret, SecretOrigin::File(file)))
}

/// The secret in the variable of this name.
pub(super) fn in_variable(
    name: &str,
    variable: Variable,
) -> Result<(Secret, SecretOrigin), String> {
    if !is_variable(name) {
        masking::remember(name);
        return Err(
            "must be the name of an environment variable, not the secret itself: capitals, digits and at least one underscore"
                .to_owned(),
        );
    }
    let mut settings = SETTINGS.iter().flat_map(|setting| setting.names());
    if settings.any(|(setting, _)| setting == name) {
        return Err(format!(
            "{name} is a setting of the bot: choose another variable"
        ));
    }
    if PUBLIC.contains(&name) || name.starts_with("AWS_") || name.ends_with("_PROXY") {
        return Err(format!(
            "{name} has another purpose, and its value may not be secret: use a separate variable"
        ));
    }
    let value = variable(name).unwrap_or_default();
    let value = value.to_string_lossy();
    let secret = value.trim();
    if secret.is_empty() {
        return Err(format!("the variable {name} is not set, or empty"));
    }
    masking::remember(secret);
    if is_slack_token(secret) {
        return Err(format!(
            "the variable {name} contains a Slack token: use a separate secret"
        ));
    }
    if !request::is_secret(secret) || secret.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!("the variable {name} {WEBHOOK_SECRET}"));
    }
    Ok((
        Secret::from(secret),
        SecretOrigin::Variable(name.to_owned()),
    ))
}

/// Reports whether a text can be the name of a variable. One that is as long as a secret needs an
/// underscore, because the secret itself could be one of capitals and digits.
pub(super) fn is_variable(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(is_part)
        && (text.len() < SHORTEST_SECRET || text.contains('_'))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn a_variable_that_others_know_is_no_secret() {
        let variable: Variable = |_| Some(OsString::from("/usr/local/bin:/usr/bin:/bin"));
        for name in ["PATH", "HOSTNAME", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"] {
            let error = in_variable(name, variable).unwrap_err();
            assert!(error.contains("another purpose"), "{error}");
        }
        assert!(in_variable("PAYMENTS_SECRET", variable).is_ok());
    }
}
