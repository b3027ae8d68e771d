//! The identities of messages: in the store, and in the channel.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::due::Due;

/// The kind and date of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The digest of that date or time.
    Digest(Due),
    /// A polling alert made on that date.
    Notice(NaiveDate),
    /// An alert about changes made on that date, or a reply to one.
    Alert(NaiveDate),
}

impl Subject {
    /// Its date, with the time of a digest that has one.
    pub fn due(self) -> Due {
        match self {
            Self::Digest(due) => due,
            Self::Notice(date) | Self::Alert(date) => date.into(),
        }
    }

    /// Its date.
    pub fn date(self) -> NaiveDate {
        self.due().date
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(due) => write!(f, "the digest of {due}"),
            Self::Notice(date) => write!(f, "the notice of {date}"),
            Self::Alert(date) => write!(f, "the alert of {date}"),
        }
    }
}

/// Identifies the stored messages of one digest or alert, and their copies in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxId {
    /// The channel ID.
    pub channel: String,
    /// Its kind and date.
    pub subject: Subject,
    /// Distinguishes two preparations of the same digest.
    pub nonce: String,
    /// The number of messages.
    pub messages: usize,
}

impl OutboxId {
    /// The mark of message number `index`.
    pub fn mark(&self, index: usize) -> Mark {
        Mark {
            subject: self.subject,
            nonce: self.nonce.clone(),
            index,
        }
    }
}

/// The metadata by which a message is found in the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The delivery that it belongs to.
    pub subject: Subject,
    /// The outbox's nonce.
    pub nonce: String,
    /// Its number in the outbox.
    pub index: usize,
}

/// Slack's `ts` of a message, which identifies it in its channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);
