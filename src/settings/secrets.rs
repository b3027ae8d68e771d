//! The settings that are secrets: each from a variable or a flag, or from a file.

use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;
use secrecy::{ExposeSecret as _, SecretString};

use super::checked::{Checked, SWAPPED, is_secret};
use super::{Needs, Settings};
use crate::masking;
use crate::secrets::{self, Content, Secret, SecretFile, Use, is_token};
use crate::slack::signature::SigningSecrets;

/// The secrets among the settings.
pub(super) struct Secrets {
    pub(super) signing: Option<SigningSecrets>,
    pub(super) app_token: Option<Secret>,
    pub(super) bot_token: Option<Secret>,
    pub(super) files: Vec<SecretFile>,
}

/// One of them: what it is called, and an example.
struct Kind {
    name: &'static str,
    file: &'static str,
    example: &'static str,
    /// Where a newcomer finds it.
    missing: &'static str,
}

const SIGNING: Kind = Kind {
    name: "SLACK_SIGNING_SECRET",
    file: "SLACK_SIGNING_SECRET_FILE",
    example: "8f742231b10e8888abcd99yyyzzz85a5",
    missing: "is not set: take it from Basic Information → App Credentials of the app",
};
const APP: Kind = Kind {
    name: "SLACK_APP_TOKEN",
    file: "SLACK_APP_TOKEN_FILE",
    example: "xapp-…",
    missing: "is not set",
};
const BOT: Kind = Kind {
    name: "SLACK_BOT_TOKEN",
    file: "SLACK_BOT_TOKEN_FILE",
    example: "xoxb-…",
    missing: "is not set: take it from OAuth & Permissions of the app, once it is installed",
};

/// A secret that is set, and the file that it is in.
struct Given<'a> {
    secret: SecretString,
    file: Option<(&'a Path, Content)>,
}

impl Settings {
    /// Remembers which secrets stand on the command line, where every user of the
    /// machine can read them.
    pub fn see_sources(&mut self, matches: &ArgMatches) {
        let settings = [
            ("slack_signing_secret", SIGNING.name),
            ("slack_app_token", APP.name),
            ("slack_bot_token", BOT.name),
        ];
        let on_command_line = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let exposed = settings.into_iter().filter(|(id, _)| on_command_line(id));
        self.exposed = exposed.map(|(_, name)| name).collect();
    }

    /// Reads every secret.
    pub(super) fn secrets(&self, needs: Needs, checked: &mut Checked) -> Secrets {
        let mut files = Vec::new();
        let set = |secret: &SecretString| !secret.expose_secret().trim().is_empty();
        let by_socket =
            self.slack_app_token.as_ref().is_some_and(set) || self.slack_app_token_file.is_some();
        let needs_signing = needs.signing_secret && !by_socket;
        let (secret, file) = (&self.slack_signing_secret, &self.slack_signing_secret_file);
        let signing = SIGNING.given(secret.as_ref(), file.as_deref(), needs_signing, checked);
        let signing = signing.and_then(|given| signing_secrets(&given, checked, &mut files));
        let (secret, file) = (&self.slack_app_token, &self.slack_app_token_file);
        let app = APP.given(secret.as_ref(), file.as_deref(), false, checked);
        let app_token = app.map(|given| {
            let wrong = "is not an app-level token: those begin with xapp-";
            APP.token(&given, "xapp-", wrong, checked, &mut files)
        });
        let (secret, file) = (&self.slack_bot_token, &self.slack_bot_token_file);
        let bot = BOT.given(secret.as_ref(), file.as_deref(), needs.bot_token, checked);
        let bot_token = bot.map(|given| {
            let wrong = "is not a bot token: those begin with xoxb-";
            BOT.token(&given, "xoxb-", wrong, checked, &mut files)
        });
        Secrets {
            signing,
            app_token,
            bot_token,
            files,
        }
    }
}

impl Kind {
    /// The secret, if it is set; an empty variable is one that is not.
    fn given<'a>(
        &self,
        secret: Option<&SecretString>,
        file: Option<&'a Path>,
        is_needed: bool,
        checked: &mut Checked,
    ) -> Option<Given<'a>> {
        let secret = secret.map(|secret| secret.expose_secret().trim());
        let secret = secret.filter(|secret| !secret.is_empty());
        let file = file.filter(|path| !path.as_os_str().is_empty());
        let given = match (secret, file) {
            (None, None) => {
                if is_needed {
                    checked.wrong(self.name, self.missing, self.example);
                }
                return None;
            }
            (Some(_), Some(_)) => {
                let both = format!("is set, and so is {}: set one of them", self.file);
                checked.wrong(self.name, both, self.example);
                return None;
            }
            (Some(secret), None) => Given {
                secret: secret.into(),
                file: None,
            },
            (None, Some(path)) => match self.read(path) {
                Ok(content) => Given {
                    secret: content.secret.clone(),
                    file: Some((path, content)),
                },
                Err(wrong) => {
                    checked.wrong(self.file, wrong, "/run/secrets/slack");
                    return None;
                }
            },
        };
        masking::remember(given.secret.expose_secret());
        Some(given)
    }

    fn read(&self, path: &Path) -> Result<Content, String> {
        if path.to_str().is_some_and(is_secret) {
            return Err(SWAPPED.to_owned());
        }
        secrets::read(path).map_err(|error| format!("{} cannot be used: {error:#}", path.display()))
    }

    /// The setting that the secret came from.
    fn source(&self, given: &Given<'_>) -> &'static str {
        match given.file {
            Some(_) => self.file,
            None => self.name,
        }
    }

    fn token(
        &self,
        given: &Given<'_>,
        kind: &'static str,
        wrong: &str,
        checked: &mut Checked,
        files: &mut Vec<SecretFile>,
    ) -> Secret {
        let secret = given.secret.expose_secret();
        if !is_token(secret, kind) {
            checked.wrong(self.source(given), wrong, self.example);
        }
        let token = Secret::from(secret);
        if let Some((path, content)) = &given.file {
            let used = Use::Token(token.clone(), kind);
            files.push(SecretFile::new(self.file, path, content, used));
        }
        token
    }
}

fn signing_secrets(
    given: &Given<'_>,
    checked: &mut Checked,
    files: &mut Vec<SecretFile>,
) -> Option<SigningSecrets> {
    let parts = secrets::parts(given.secret.expose_secret());
    let parts = parts.map_err(|wrong| {
        checked.wrong(SIGNING.source(given), wrong.to_string(), SIGNING.example);
    });
    let signing = SigningSecrets::new(parts.ok()?)?;
    if let Some((path, content)) = &given.file {
        let used = Use::Signing(signing.clone());
        files.push(SecretFile::new(SIGNING.file, path, content, used));
    }
    Some(signing)
}
