//! The settings that are secrets. Each comes from a variable, a flag or a file.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::Needs;
use super::given::Settings;
use super::invalid::{SWAPPED, is_secret};
use super::list::{
    SLACK_APP_TOKEN, SLACK_APP_TOKEN_FILE, SLACK_BOT_TOKEN, SLACK_BOT_TOKEN_FILE,
    SLACK_SIGNING_SECRET, SLACK_SIGNING_SECRET_FILE, Setting,
};
use super::reader::SettingsReader;
use crate::masking;
use crate::secrets::{self, Secret, SecretContent, SecretFile, SecretUse, is_token};
use crate::slack::signature::SigningSecrets;

/// The secrets among the settings.
pub(super) struct Secrets {
    pub(super) signing: Option<SigningSecrets>,
    pub(super) app_token: Option<Secret>,
    pub(super) bot_token: Option<Secret>,
    pub(super) files: Vec<SecretFile>,
}

/// The two settings of a secret: its value, or the file that contains it.
struct SecretSource {
    variable: &'static Setting,
    file: &'static Setting,
}

const SIGNING: SecretSource = SecretSource {
    variable: &SLACK_SIGNING_SECRET,
    file: &SLACK_SIGNING_SECRET_FILE,
};
const APP: SecretSource = SecretSource {
    variable: &SLACK_APP_TOKEN,
    file: &SLACK_APP_TOKEN_FILE,
};
const BOT: SecretSource = SecretSource {
    variable: &SLACK_BOT_TOKEN,
    file: &SLACK_BOT_TOKEN_FILE,
};

/// A given secret, with its file if it came from one.
struct GivenSecret<'a> {
    secret: SecretString,
    file: Option<(&'a Path, SecretContent)>,
}

impl Secrets {
    /// Reads every secret.
    pub(super) fn read(reader: &mut SettingsReader<'_>, needs: Needs) -> Self {
        let mut files = Vec::new();
        let by_socket = APP.is_set(reader.given);
        let signing = SIGNING.given(needs.signing_secret && !by_socket, reader);
        let signing = signing.and_then(|given| signing_secrets(&given, reader, &mut files));
        let app_token = APP.given(false, reader).map(|given| {
            let wrong = "must be an app-level token, which begins with xapp-";
            APP.token(&given, "xapp-", wrong, reader, &mut files)
        });
        let bot_token = BOT.given(needs.bot_token, reader).map(|given| {
            let wrong = "must be a bot token, which begins with xoxb-";
            BOT.token(&given, "xoxb-", wrong, reader, &mut files)
        });
        Self {
            signing,
            app_token,
            bot_token,
            files,
        }
    }
}

impl SecretSource {
    fn is_set(&self, given: &Settings) -> bool {
        given.text(self.variable).is_some() || given.path(self.file).is_some()
    }

    fn given<'a>(
        &self,
        is_needed: bool,
        reader: &mut SettingsReader<'a>,
    ) -> Option<GivenSecret<'a>> {
        let given = match (
            reader.given.text(self.variable),
            reader.given.path(self.file),
        ) {
            (None, None) => {
                if is_needed {
                    reader.missing(self.variable);
                }
                return None;
            }
            (Some(_), Some(_)) => {
                let both = format!("set together with {}: remove one of them", self.file.name);
                reader.wrong(self.variable, both);
                return None;
            }
            (Some(secret), None) => GivenSecret {
                secret: secret.into(),
                file: None,
            },
            (None, Some(path)) => match read(path) {
                Ok(content) => GivenSecret {
                    secret: content.secret.clone(),
                    file: Some((path, content)),
                },
                Err(wrong) => {
                    reader.wrong(self.file, wrong);
                    return None;
                }
            },
        };
        masking::remember(given.secret.expose_secret());
        Some(given)
    }

    /// The setting that the secret came from.
    fn used(&self, given: &GivenSecret<'_>) -> &'static Setting {
        match given.file {
            Some(_) => self.file,
            None => self.variable,
        }
    }

    fn token(
        &self,
        given: &GivenSecret<'_>,
        kind: &'static str,
        wrong: &str,
        reader: &mut SettingsReader<'_>,
        files: &mut Vec<SecretFile>,
    ) -> Secret {
        let secret = given.secret.expose_secret();
        if !is_token(secret, kind) {
            reader.wrong(self.used(given), wrong);
        }
        let token = Secret::from(secret);
        if let Some((path, content)) = &given.file {
            let used = SecretUse::Token(token.clone(), kind);
            files.push(SecretFile::new(self.file.name, path, content, used));
        }
        token
    }
}

fn read(path: &Path) -> Result<SecretContent, String> {
    if path.to_str().is_some_and(is_secret) {
        return Err(SWAPPED.to_owned());
    }
    secrets::read(path).map_err(|error| format!("{:?}: {error:#}", path.display().to_string()))
}

fn signing_secrets(
    given: &GivenSecret<'_>,
    reader: &mut SettingsReader<'_>,
    files: &mut Vec<SecretFile>,
) -> Option<SigningSecrets> {
    let parts = secrets::parts(given.secret.expose_secret());
    let parts = parts.map_err(|wrong| reader.wrong(SIGNING.used(given), wrong));
    let signing = SigningSecrets::new(parts.ok()?)?;
    if let Some((path, content)) = &given.file {
        let used = SecretUse::Signing(signing.clone());
        files.push(SecretFile::new(SIGNING.file.name, path, content, used));
    }
    Some(signing)
}
