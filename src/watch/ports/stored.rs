//! The stored state of hubs and of the organization, and what is written together.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::diff::Change;
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{Unread, Version};
use crate::domain::member::{Counts, Snapshot, Window};
use crate::domain::readings::Readings;

/// The state of the organization without its accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationHead {
    /// Counts the writes.
    pub revision: u64,
    /// When the last reading began.
    pub tried_at: Option<DateTime<Utc>>,
    /// When it was last read completely.
    pub read_at: Option<DateTime<Utc>>,
    /// Set if the last reading failed.
    pub unread: Option<Unread>,
    /// The accounts of the last complete reading.
    pub content: Option<Content>,
    /// Set if a reading lost too many accounts at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<DoubtedList>,
}

/// The state of a hub in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The current version; [`Version::NONE`] before the first complete poll.
    pub version: Version,
    /// The snapshot of this version; `None` before the first complete poll.
    pub day: Option<Day>,
    /// When the last complete poll began.
    pub read_from: Option<DateTime<Utc>>,
    /// When the last complete poll ended.
    pub checked_at: Option<DateTime<Utc>>,
    /// Set if the last poll failed.
    pub unread: Option<Unread>,
    /// The first reading of a doubted list. It can remain after the doubt has ended: see
    /// [`DoubtedList::is_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<DoubtedList>,
    /// Identifies the accounts with their statuses. Empty before the first complete poll.
    #[serde(default)]
    pub fingerprint: String,
    /// The number of polls on each of the last dates.
    #[serde(default, skip_serializing_if = "Readings::is_empty")]
    pub readings: Readings,
}

impl Head {
    /// The state of a hub before the first poll.
    pub fn empty() -> Self {
        Self {
            version: Version::NONE,
            day: None,
            read_from: None,
            checked_at: None,
            unread: None,
            doubted: None,
            fingerprint: String::new(),
            readings: Readings::default(),
        }
    }
}

/// The header of a stored snapshot, without its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The date in the configured time zone.
    pub date: NaiveDate,
    /// The hub's version of the snapshot.
    pub version: Version,
    /// When the poll that read it ended.
    pub taken_at: DateTime<Utc>,
    /// When the last poll that found it unchanged ended. Written only when a later date is
    /// published. For the current snapshot it equals `taken_at`; use [`Head::checked_at`].
    pub checked_at: DateTime<Utc>,
    /// The members by status.
    pub counts: Counts,
    /// Its members, with their hash.
    pub content: Content,
    /// When TTL may delete it, in Unix seconds; `None` if 0.2.0 wrote it.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// The date before it; `None` for the first one, and if unknown.
    #[serde(default)]
    pub before: Option<Before<NaiveDate>>,
    /// The last version up to this one with changes; [`Version::NONE`] if there are none since
    /// the first poll; `None` if unknown.
    #[serde(default)]
    pub changed: Option<Before<Version>>,
}

/// A link to the item before another one, so that a missing item is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before<T> {
    /// Its date or version.
    pub at: T,
    /// When TTL may delete it, in Unix seconds. After that it is not missing.
    pub expires_at: i64,
}

impl<T> Before<T> {
    /// Reports whether the item must exist.
    pub fn is_kept(&self, now: DateTime<Utc>) -> bool {
        self.expires_at > now.timestamp()
    }
}

/// The maximum length of [`State::recent`]: a month, and some days more for wrong clocks.
pub const RECENT_DATES: usize = 40;

/// The current state of a hub, with its latest dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The current state.
    pub head: Head,
    /// The headers of the latest [`RECENT_DATES`] dates with a snapshot, by date.
    pub recent: Vec<Day>,
    /// The last version with changes, or a later one.
    pub changed: Version,
}

impl State {
    /// Reports whether there can be older dates.
    pub fn has_older(&self) -> bool {
        self.recent.len() >= RECENT_DATES
    }

    /// The latest recent date up to and including `date`.
    pub fn day_up_to(&self, date: NaiveDate) -> Option<&Day> {
        self.recent.iter().rev().find(|day| day.date <= date)
    }
}

/// The place of a snapshot's members in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The writer ID, so that parts of two writers never mix.
    pub writer: String,
    /// The number of parts.
    pub parts: usize,
    /// The codec of the members.
    pub codec: String,
    /// SHA-256 in hex over all parts.
    pub sha256: String,
}

/// A new version of a hub, written atomically.
#[derive(Debug)]
pub struct Publication<'a> {
    /// The state that the new list was compared with.
    pub base: &'a Head,
    /// The date of the snapshot.
    pub date: NaiveDate,
    /// When the poll began.
    pub read_from: DateTime<Utc>,
    /// The time of the changes; it ends when the poll had read the list.
    pub window: Window,
    /// The members.
    pub snapshot: &'a Snapshot,
    /// See [`Head::fingerprint`].
    pub fingerprint: &'a str,
    /// See [`Head::readings`].
    pub readings: Readings,
    /// The differences between the snapshot and that of `base`.
    pub changes: &'a [Change],
    /// The changes between imported days and the first poll; `None` for later polls, and without
    /// imported days.
    pub boundary: Option<ImportBoundary<'a>>,
}

/// The changes between the last imported day and the first poll.
#[derive(Debug, Clone, Copy)]
pub struct ImportBoundary<'a> {
    /// The last imported day.
    pub from: &'a Day,
    /// When the first poll had read the list.
    pub at: DateTime<Utc>,
    /// The differences between the first snapshot and that day's.
    pub changes: &'a [Change],
}

impl ImportBoundary<'_> {
    /// The time of the changes.
    pub fn window(&self) -> Window {
        Window {
            after: Some(self.from.taken_at),
            at: self.at,
        }
    }
}

/// A day from before the first poll.
#[derive(Debug, Clone, Copy)]
pub struct PastDay<'a> {
    /// Its date.
    pub date: NaiveDate,
    /// The time of the changes; it ends when the list was read.
    pub window: Window,
    /// The members.
    pub snapshot: &'a Snapshot,
    /// The differences to the imported day before.
    pub changes: &'a [Change],
    /// The stored day of an earlier import, which is replaced.
    pub replaces: Option<&'a Day>,
}

/// The result of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It succeeded.
    Done(T),
    /// Another process was first. Read again.
    Lost,
}

impl<T> Written<T> {
    /// The same with another value.
    pub fn map<U>(self, outcome: impl FnOnce(T) -> U) -> Written<U> {
        match self {
            Self::Done(done) => Written::Done(outcome(done)),
            Self::Lost => Written::Lost,
        }
    }
}

/// Identifies an action that must happen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once(String);

impl Once {
    /// A hash of the parts that identify it.
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // Includes the length, so that different parts never hash the same input.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hex::encode(hash.finalize()))
    }

    /// The hash, in hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
