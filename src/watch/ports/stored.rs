//! The stored state of a hub and of the organization, and the units of writing.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::diff::Change;
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{Unread, Version};
use crate::domain::member::{Counts, Snapshot, Window};

/// The state of the organization: all but its accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationHead {
    /// Counts the writes.
    pub revision: u64,
    /// When somebody last began to read it.
    pub tried_at: Option<DateTime<Utc>>,
    /// When it was last read completely.
    pub read_at: Option<DateTime<Utc>>,
    /// Set while the last reading failed.
    pub unread: Option<Unread>,
    /// Where the store keeps the accounts of the last complete reading.
    pub content: Option<Content>,
    /// Set where a reading lost too many accounts to be believed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<DoubtedList>,
}

/// The state of a hub in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its current version; [`Version::NONE`] before the first complete poll.
    pub version: Version,
    /// The snapshot of this version; `None` before the first complete poll.
    pub day: Option<Day>,
    /// When the last complete poll began to read.
    pub read_from: Option<DateTime<Utc>>,
    /// When the last complete poll had read everything.
    pub checked_at: Option<DateTime<Utc>>,
    /// Set while the last poll failed.
    pub unread: Option<Unread>,
    /// The first reading of a list that is doubted. It can outlive its doubt:
    /// see [`DoubtedList::is_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<DoubtedList>,
    /// Tells whether a list has the same accounts in the same states. A hub
    /// that nobody could read yet has none.
    #[serde(default)]
    pub fingerprint: String,
}

impl Head {
    /// The state of a hub that nobody has read yet.
    pub fn empty() -> Self {
        Self {
            version: Version::NONE,
            day: None,
            read_from: None,
            checked_at: None,
            unread: None,
            doubted: None,
            fingerprint: String::new(),
        }
    }
}

/// The header of a snapshot that is in the store: all but its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The date in the configured time zone.
    pub date: NaiveDate,
    /// The hub's version that the snapshot shows.
    pub version: Version,
    /// When the poll that brought it had read everything.
    pub taken_at: DateTime<Utc>,
    /// When the last poll that found it unchanged had read everything. Written
    /// once a later date is published: of the current snapshot this is still
    /// `taken_at`, and only [`Head::checked_at`] tells.
    pub checked_at: DateTime<Utc>,
    /// Its members by status.
    pub counts: Counts,
    /// Where the store keeps its members, and how it knows them to be whole.
    pub content: Content,
    /// When TTL may delete it, in Unix seconds; `None` where 0.2.0 wrote it.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// The date before it; `None` for the first, and where that is not known.
    #[serde(default)]
    pub before: Option<Before<NaiveDate>>,
    /// The last version up to this one that brought changes, [`Version::NONE`]
    /// where there is none since the first poll; `None` where that is not known.
    #[serde(default)]
    pub changed: Option<Before<Version>>,
}

/// The item before another one in its row. So an item that is missing is noticed
/// by the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before<T> {
    /// Its date or version.
    pub at: T,
    /// When TTL may delete it, in Unix seconds: then it is not missing.
    pub expires_at: i64,
}

impl<T> Before<T> {
    /// Reports whether it has to be there.
    pub fn is_kept(&self, now: DateTime<Utc>) -> bool {
        self.expires_at > now.timestamp()
    }
}

/// How many dates [`State::recent`] holds at most: a month, and some days more
/// for clocks that were wrong.
pub const RECENT_DATES: usize = 40;

/// A hub as it is now, with its latest dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// How it is.
    pub head: Head,
    /// The headers of the latest [`RECENT_DATES`] dates that have a snapshot, by date.
    pub recent: Vec<Day>,
    /// The last version that brought changes, or a later one.
    pub changed: Version,
}

impl State {
    /// Reports whether there can be dates before the recent ones.
    pub fn has_older(&self) -> bool {
        self.recent.len() >= RECENT_DATES
    }

    /// The latest recent date up to `date`, itself included.
    pub fn day_up_to(&self, date: NaiveDate) -> Option<&Day> {
        self.recent.iter().rev().find(|day| day.date <= date)
    }
}

/// Where the members of a snapshot are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The writer: two writers of one version never mix their parts.
    pub writer: String,
    /// In how many parts.
    pub parts: usize,
    /// How the members are encoded.
    pub codec: String,
    /// Hex SHA-256 over all parts.
    pub sha256: String,
}

/// A new version of a hub, all of it or nothing.
#[derive(Debug)]
pub struct Publication<'a> {
    /// The state that the new one was compared with.
    pub base: &'a Head,
    /// The date that the snapshot closes, until a later one does.
    pub date: NaiveDate,
    /// When the poll began to read.
    pub read_from: DateTime<Utc>,
    /// When the changes happened; its end is when the poll had read everything.
    pub window: Window,
    /// The members.
    pub snapshot: &'a Snapshot,
    /// See [`Head::fingerprint`].
    pub fingerprint: &'a str,
    /// How the snapshot differs from the one of `base`.
    pub changes: &'a [Change],
    /// The changes between imported days and the first poll; `None` for any other
    /// poll, and where nothing is imported.
    pub boundary: Option<ImportBoundary<'a>>,
}

/// The changes between the last imported day and the first poll.
#[derive(Debug, Clone, Copy)]
pub struct ImportBoundary<'a> {
    /// The last imported day.
    pub from: &'a Day,
    /// When the first poll had read everything.
    pub at: DateTime<Utc>,
    /// How the first snapshot differs from that day's.
    pub changes: &'a [Change],
}

impl ImportBoundary<'_> {
    /// When the changes happened.
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
    /// When the changes happened; its end is when the list was taken.
    pub window: Window,
    /// The members.
    pub snapshot: &'a Snapshot,
    /// How they differ from those of the day before that is imported.
    pub changes: &'a [Change],
    /// The day that an earlier import stored for the date.
    pub replaces: Option<&'a Day>,
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It did.
    Done(T),
    /// Somebody else was first: read again.
    Lost,
}

impl<T> Written<T> {
    /// The same with another outcome.
    pub fn map<U>(self, outcome: impl FnOnce(T) -> U) -> Written<U> {
        match self {
            Self::Done(done) => Written::Done(outcome(done)),
            Self::Lost => Written::Lost,
        }
    }
}

/// Names something that must happen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once(String);

impl Once {
    /// The hash of what tells it from everything else, part by part.
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // With its length: no two lists of parts run into one another.
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
