//! The body of a request, its idempotency key and its signature. docs/webhook.md documents them.

use chrono::{DateTime, NaiveDate, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::Sha256;

use crate::domain::alert::{Alert, Comeback};
use crate::domain::digest::Digest;
use crate::domain::emails::{self, EmailView};
use crate::domain::notice::Notice;
use crate::watch::ports::OutboxId;

/// The version of the schema, which only grows if a receiver can't go on as before.
const VERSION: u32 = 1;

/// The fewest characters of a secret.
pub const SHORTEST_SECRET: usize = 16;

/// The stored form in the outbox: the body without its ID, which isn't known yet.
#[derive(Serialize)]
struct Stored<'a> {
    version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    channel: &'a str,
    date: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'a Notice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<&'a Alert>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comeback: Option<&'a Comeback>,
}

impl<'a> Stored<'a> {
    fn of(kind: &'static str, channel: &'a str, date: NaiveDate) -> Self {
        Self {
            version: VERSION,
            kind,
            channel,
            date,
            digest: None,
            notice: None,
            alert: None,
            comeback: None,
        }
    }

    /// Structs, strings and numbers: this can't fail.
    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A digest for the outbox.
pub(super) fn digest(channel: &str, digest: &Digest, emails: EmailView) -> String {
    let stored = Stored {
        digest: Some(digest),
        ..Stored::of("digest", channel, digest.date)
    };
    emails::serialized(emails, || stored.json())
}

/// A polling alert for the outbox.
pub(super) fn notice(channel: &str, notice: &Notice) -> String {
    let stored = Stored {
        notice: Some(notice),
        ..Stored::of("notice", channel, notice.date)
    };
    stored.json()
}

/// An alert about changes for the outbox.
pub(super) fn alert(channel: &str, alert: &Alert, emails: EmailView) -> String {
    let stored = Stored {
        alert: Some(alert),
        ..Stored::of("alert", channel, alert.date)
    };
    emails::serialized(emails, || stored.json())
}

/// Accounts of an alert that are Enabled again, for the outbox.
pub(super) fn comeback(channel: &str, comeback: &Comeback) -> String {
    let stored = Stored {
        comeback: Some(comeback),
        ..Stored::of("comeback", channel, comeback.date)
    };
    stored.json()
}

/// The same for every attempt to deliver the same message, by any process.
pub(super) fn idempotency_key(outbox: &OutboxId, index: usize) -> String {
    format!("{}-{index}", outbox.nonce)
}

/// The body: the stored message with its ID. `None` if the message is no JSON object.
pub(super) fn body(id: &str, message: &str) -> Option<String> {
    let fields = message.strip_prefix('{')?;
    let id = serde_json::to_string(id).ok()?;
    Some(format!("{{\"id\":{id},{fields}"))
}

/// A body with its signature.
pub(super) struct Signed {
    pub(super) timestamp: String,
    pub(super) signature: String,
    pub(super) body: String,
}

impl Signed {
    /// Signs a body, in the way of Slack: HMAC-SHA-256 over version, time and body.
    pub(super) fn new(secret: &SecretString, now: DateTime<Utc>, body: String) -> Self {
        let timestamp = now.timestamp().to_string();
        // HMAC takes a key of any length.
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
        let signature = mac.map(|mut mac| {
            for part in ["v1:", &timestamp, ":", &body] {
                mac.update(part.as_bytes());
            }
            hex::encode(mac.finalize().into_bytes())
        });
        Self {
            signature: format!("v1={}", signature.unwrap_or_default()),
            timestamp,
            body,
        }
    }
}

/// Reports whether a text can be a webhook's secret.
pub fn is_secret(text: &str) -> bool {
    text.chars().count() >= SHORTEST_SECRET && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests;
