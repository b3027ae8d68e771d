//! Secrets that can change while the program runs. Each comes from a setting, or from a file
//! that is read again when it changes.

use std::borrow::Cow;
use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::masking;
use crate::problems::Problems;
use crate::slack::signature::SigningSecrets;
use crate::webhook::request;

/// The interval between looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The time limit for reading a file, which may be on a network.
const DEADLINE: Duration = Duration::from_secs(5);

/// The requirement for the file or variable of a webhook.
pub const WEBHOOK_SECRET: &str = "must contain a secret of 16 characters or more, on one line";

/// Far more than any secret needs.
const MAX_BYTES: u64 = 64 << 10;

/// The current value of a secret. Clones share it.
#[derive(Clone)]
pub struct Secret(Arc<RwLock<SecretString>>);

impl Secret {
    /// The current value.
    pub fn now(&self) -> SecretString {
        let secret = self.0.read().unwrap_or_else(PoisonError::into_inner);
        secret.clone()
    }

    /// Replaces the value, for every clone.
    pub fn replace(&self, secret: SecretString) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = secret;
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(Arc::new(RwLock::new(secret.into())))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The use of a file.
#[derive(Debug, Clone)]
pub enum SecretUse {
    /// A token with this prefix.
    Token(Secret, &'static str),
    /// The secrets that verify requests.
    Signing(SigningSecrets),
    /// The secret that signs requests to a webhook.
    Webhook(Secret),
}

/// A file with a secret. Clones share its use.
#[derive(Clone)]
pub struct SecretFile {
    /// The setting, like `SLACK_BOT_TOKEN_FILE`, or the key of a table and what it belongs to.
    pub name: Cow<'static, str>,
    /// The path.
    pub path: PathBuf,
    /// True if other users than its owner can read or write it.
    pub is_open: bool,
    used: SecretUse,
    /// Its last content.
    content: SecretString,
}

impl fmt::Debug for SecretFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretFile({})", self.name)
    }
}

/// The content of a file.
pub struct SecretContent {
    /// The secret, without surrounding white space.
    pub secret: SecretString,
    /// True if other users than the file's owner can read or write it.
    pub is_open: bool,
}

impl SecretFile {
    /// A file whose content is in use.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        path: &Path,
        content: &SecretContent,
        used: SecretUse,
    ) -> Self {
        Self {
            name: name.into(),
            path: path.to_owned(),
            is_open: content.is_open,
            used,
            content: content.secret.clone(),
        }
    }

    /// Reads the file, and uses its secret if it has changed. Returns whether it has.
    fn renew(&mut self, now: chrono::DateTime<chrono::Utc>) -> anyhow::Result<bool> {
        let SecretContent { secret, .. } = read(&self.path)?;
        if secret.expose_secret() == self.content.expose_secret() {
            return Ok(false);
        }
        // The one in use stays among the last, however often the file has an unusable one.
        for secret in [&self.content, &secret] {
            masking::remember_renewed(&self.name, secret.expose_secret());
        }
        match &self.used {
            SecretUse::Token(token, kind) => {
                ensure!(
                    is_token(secret.expose_secret(), kind),
                    "the file must contain a token that begins with {kind}"
                );
                token.replace(secret.clone());
            }
            SecretUse::Signing(secrets) => secrets.replace(parts(secret.expose_secret())?, now),
            SecretUse::Webhook(used) => {
                let is_secret = request::is_secret(secret.expose_secret());
                ensure!(is_secret, "the file {WEBHOOK_SECRET}");
                used.replace(secret.clone());
            }
        }
        self.content = secret;
        Ok(true)
    }
}

/// Reports whether a text has the form of a token with this prefix.
pub fn is_token(text: &str, kind: &str) -> bool {
    text.starts_with(kind) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// One signing secret, or two during a rotation, comma separated.
///
/// # Errors
///
/// A token, more than two secrets, or an empty one, without quoting them.
pub fn parts(text: &str) -> anyhow::Result<Vec<SecretString>> {
    let parts: Vec<_> = text.split(',').map(str::trim).collect();
    ensure!(
        !parts.iter().any(|part| is_slack_token(part)),
        "must be the signing secret, but contains a token"
    );
    ensure!(
        parts.len() <= 2,
        "must be one secret, or two during a rotation"
    );
    ensure!(
        parts.iter().all(|part| !part.is_empty()),
        "has an empty secret next to the comma"
    );
    Ok(parts.into_iter().map(SecretString::from).collect())
}

/// Reports whether a text looks like one of Slack's tokens.
pub fn is_slack_token(text: &str) -> bool {
    text.starts_with("xox") || text.starts_with("xapp-")
}

/// The secret in a file, without surrounding white space.
///
/// # Errors
/// The fault of the file, without its content.
pub fn read(path: &Path) -> anyhow::Result<SecretContent> {
    // Opening a pipe would block until a writer opens it.
    let metadata = std::fs::metadata(path).context("the file cannot be read")?;
    ensure!(metadata.is_file(), "not a regular file");
    let file = std::fs::File::open(path).context("the file cannot be read")?;
    let mut text = String::new();
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
    let read = read.context("the file cannot be read")?;
    ensure!(
        read as u64 <= MAX_BYTES,
        "the file is larger than {} KiB",
        MAX_BYTES >> 10
    );
    let secret = text.trim_start_matches('\u{feff}').trim();
    ensure!(!secret.is_empty(), "the file is empty");
    Ok(SecretContent {
        secret: secret.into(),
        is_open: metadata.mode() & 0o026 != 0,
    })
}

/// Follows the files until `stop`, and uses new secrets. If a file is unusable, its last secret
/// stays in use, and a problem is opened.
pub async fn follow(
    files: Vec<SecretFile>,
    clock: Arc<dyn Clock>,
    problems: Problems,
    stop: CancellationToken,
) {
    let each = files.into_iter().map(|file| {
        let (clock, problems) = (Arc::clone(&clock), problems.clone());
        follow_one(file, clock, problems)
    });
    stop.run_until_cancelled(futures::future::join_all(each))
        .await;
}

async fn follow_one(mut file: SecretFile, clock: Arc<dyn Clock>, problems: Problems) {
    let name = file.name.clone();
    let name = name.as_ref();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let (mut looked, now) = (file.clone(), clock.now());
        let look = move || looked.renew(now).map(|is_new| (is_new, looked));
        let mut look = tokio::task::spawn_blocking(look);
        let in_time = tokio::time::timeout(DEADLINE, &mut look).await;
        let renewed = match in_time {
            Ok(renewed) => renewed,
            Err(_) => {
                not_read(
                    &problems,
                    name,
                    format!("not read within {} s", DEADLINE.as_secs()),
                );
                look.await
            }
        };
        match renewed.context("reading it failed").flatten() {
            Ok((is_new, renewed)) => {
                file = renewed;
                if is_new {
                    tracing::info!(
                        name,
                        event = "secret_renewed",
                        "renewed a secret from its file"
                    );
                }
                if problems.resolve(name) {
                    tracing::info!(name, "secret file recovered");
                }
            }
            Err(error) => not_read(&problems, name, format!("{error:#}")),
        }
    }
}

fn not_read(problems: &Problems, name: &str, problem: String) {
    let problem = format!("{problem}: the last secret stays in use");
    if problems.raise(name, problem.clone()) {
        tracing::error!(
            name,
            problem,
            event = "secret_file_failed",
            "failed to use a secret file; keeping the last secret"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_file_that_changes_is_used_at_once_and_one_that_breaks_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, "\u{feff}xoxb-1\r\n").unwrap();
        let content = read(&path).unwrap();
        assert_eq!(content.secret.expose_secret(), "xoxb-1");
        let token = Secret::from(content.secret.expose_secret());
        let used = SecretUse::Token(token.clone(), "xoxb-");
        let mut file = SecretFile::new("SLACK_BOT_TOKEN_FILE", &path, &content, used);
        assert!(!file.renew(at(0)).unwrap());
        std::fs::write(&path, "xoxb-2\n").unwrap();
        assert!(file.renew(at(0)).unwrap());
        assert_eq!(token.now().expose_secret(), "xoxb-2");
        for broken in ["", "\n", "xoxp-hush", "xoxb-hush hush", &"x".repeat(70_000)] {
            std::fs::write(&path, broken).unwrap();
            let error = format!("{:#}", file.renew(at(0)).unwrap_err());
            assert!(!error.contains("hush"), "{error}");
            assert_eq!(token.now().expose_secret(), "xoxb-2");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(file.renew(at(0)).is_err());
        assert!(!format!("{file:?} {token:?}").contains("xoxb"));
    }

    #[test]
    fn a_new_secret_of_a_webhook_is_used_and_a_short_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("webhook");
        std::fs::write(&path, "correct horse battery staple\n").unwrap();
        let content = read(&path).unwrap();
        let secret = Secret::from(content.secret.expose_secret());
        let used = SecretUse::Webhook(secret.clone());
        let mut file = SecretFile::new("secret_file of webhook:jira", &path, &content, used);
        std::fs::write(&path, "another secret, of 16 letters\n").unwrap();
        assert!(file.renew(at(0)).unwrap());
        assert_eq!(
            secret.now().expose_secret(),
            "another secret, of 16 letters"
        );
        for broken in ["", "hush hush hush!", "hush hush hush\nhush hush"] {
            std::fs::write(&path, broken).unwrap();
            let error = format!("{:#}", file.renew(at(0)).unwrap_err());
            assert!(!error.contains("hush"), "{error}");
            assert_eq!(
                secret.now().expose_secret(),
                "another secret, of 16 letters"
            );
        }
        assert!(!format!("{file:?} {secret:?}").contains("another"));
        // However often the file was unusable, the one in use is masked.
        for turn in 0..20 {
            std::fs::write(&path, format!("too short {turn}")).unwrap();
            assert!(file.renew(at(0)).is_err());
        }
        let logged = "signed with another secret, of 16 letters";
        assert_eq!(masking::mask(logged), "signed with [secret]");
    }

    #[tokio::test]
    async fn a_pipe_is_never_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(read(&pipe).is_err());
    }
}
