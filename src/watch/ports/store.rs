//! Where history and deliveries are kept, and what is kept of a hub.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ledger::{Ledger, OutboxId};
use crate::domain::account::Seen;
use crate::domain::diff::{Change, Observation};
use crate::domain::directory::Accounts;
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{HubId, Region, Unread, Version};
use crate::domain::member::{AccountId, Counts, Snapshot, Window};

/// What is kept of the organization: all but its accounts.
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

/// What comes before an item in its row. So an item that is missing is noticed
/// by the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before<T> {
    /// Which.
    pub at: T,
    /// When TTL may delete it, in Unix seconds: then it is not missing.
    pub expires_at: i64,
}

impl<T> Before<T> {
    /// Whether it has to be there.
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
    /// Whether there can be dates before the recent ones.
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
    /// Who wrote it: two writers of one version never mix their parts.
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
    /// What lies between imported days and the first poll; `None` for any other
    /// poll, and where nothing is imported.
    pub seam: Option<Seam<'a>>,
}

/// What lies between the last imported day and the first poll.
#[derive(Debug, Clone, Copy)]
pub struct Seam<'a> {
    /// The last imported day.
    pub from: &'a Day,
    /// When the first poll had read everything.
    pub at: DateTime<Utc>,
    /// How the first snapshot differs from that day's.
    pub changes: &'a [Change],
}

impl Seam<'_> {
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
    /// What was imported for the date before.
    pub replaces: Option<&'a Day>,
}

/// Whether a conditional write took place.
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

/// Something of one hub, if it is not damaged. The error is always
/// [`StoreError::Damaged`].
pub type Undamaged<T> = Result<T, StoreError>;

/// Where history and deliveries are kept.
///
/// What is missing is noticed as well as what was altered, and is an error:
/// [`StoreError::Damaged`]. What expired is not missing.
///
/// Every write is conditional on what it was decided on, so that any number of
/// processes can work on one store.
#[async_trait]
pub trait Store: Send + Sync {
    /// The state of a hub; [`Head::empty`] when nothing is known.
    async fn head(&self, hub: &HubId) -> Result<Head, StoreError>;

    /// The same of many hubs at once. What is damaged of one is no error of the others.
    async fn heads(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<Head>>, StoreError>;

    /// The state of many hubs at once, with their latest dates.
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError>;

    /// Publishes a new version, all of it or nothing; lost when the head is no
    /// longer `publication.base`, or days were imported meanwhile.
    async fn publish(
        &self,
        hub: &HubId,
        publication: Publication<'_>,
    ) -> Result<Written<Head>, StoreError>;

    /// Records that a complete poll found what `base` says; ends its being unread.
    async fn confirm(
        &self,
        hub: &HubId,
        base: &Head,
        read_from: DateTime<Utc>,
        checked_at: DateTime<Utc>,
    ) -> Result<Written<Head>, StoreError>;

    /// Records that a poll that began at `base` failed, unless another poll
    /// succeeded meanwhile; `since` stays what it is while polls keep failing.
    async fn mark_unread(&self, hub: &HubId, base: &Head, unread: Unread)
    -> Result<(), StoreError>;

    /// The same of a poll whose list is doubted; keeps the reading that a later
    /// one is compared with.
    async fn mark_doubted(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: &DoubtedList,
    ) -> Result<(), StoreError>;

    /// The members of snapshots; `None` for one that was replaced meanwhile.
    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError>;

    /// The same of one.
    async fn snapshot(&self, hub: &HubId, day: &Day) -> Result<Option<Arc<Snapshot>>, StoreError> {
        let mut snapshots = self.snapshots(&[(hub, day)]).await?;
        Ok(snapshots.pop().transpose()?.flatten())
    }

    /// The headers of the dates from `from` to `to`, both included, by date.
    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError>;

    /// The header of the latest date up to `date`, itself included.
    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError>;

    /// The header of the earliest date from `date` on, itself included.
    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError>;

    /// What the polls saw that led to the versions `after` < v ≤ `to`, by version.
    async fn observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError>;

    /// Deletes the history of a hub: its next poll is the first. Returns how many
    /// items there were.
    async fn forget(&self, hub: &HubId) -> Result<usize, StoreError>;

    /// The Regions that were found for an administrator before.
    async fn regions(&self, admin: AccountId) -> Result<BTreeSet<Region>, StoreError>;

    /// Remembers which Regions were found for an administrator.
    async fn keep_regions(
        &self,
        admin: AccountId,
        regions: &BTreeSet<Region>,
    ) -> Result<(), StoreError>;

    /// What one account did in the versions after `after` up to `to`, by version.
    /// All of that history is read for it, a page at a time.
    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError>;

    /// Imports a day, all of it or nothing; lost when a poll has that date.
    async fn import(&self, hub: &HubId, day: PastDay<'_>) -> Result<Written<()>, StoreError>;

    /// Tells whoever publishes and whoever reads that days were imported. To be
    /// called after the last of them, and before the head is looked at for a seam.
    async fn imported(&self, hub: &HubId) -> Result<(), StoreError>;

    /// Writes what lies between the imported days and the first poll.
    async fn join(&self, hub: &HubId, seam: Seam<'_>) -> Result<(), StoreError>;

    /// What was delivered to a channel, and what is under way.
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError>;

    /// What the records of the single digests say in place of a ledger that is
    /// damaged; `None` where it could not be replaced.
    async fn salvage_ledger(&self, channel: &str) -> Result<Option<Ledger>, StoreError>;

    /// Replaces the ledger that has `ledger.revision` by this one with the
    /// next revision; lost when it has another by now.
    async fn save_ledger(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Written<Ledger>, StoreError>;

    /// Keeps the messages of a digest that is about to be posted.
    async fn keep_outbox(&self, outbox: &OutboxId, messages: &[String]) -> Result<(), StoreError>;

    /// The messages that were kept; `None` when they are gone.
    async fn outbox(&self, outbox: &OutboxId) -> Result<Option<Vec<String>>, StoreError>;

    /// What is kept of the organization; the default where nothing is.
    async fn organization_head(&self) -> Result<OrganizationHead, StoreError>;

    /// The accounts that were read; `None` where there are none, or others by now.
    async fn organization(&self, head: &OrganizationHead) -> Result<Option<Accounts>, StoreError>;

    /// Replaces the head that has `head.revision` by this one with the next
    /// revision, and the accounts where they are given; lost when it has
    /// another by now.
    async fn save_organization(
        &self,
        head: &OrganizationHead,
        accounts: Option<&Accounts>,
    ) -> Result<Written<OrganizationHead>, StoreError>;

    /// Takes something that must happen once; `true` for the first who does,
    /// over all processes, within a day.
    async fn claim(&self, what: &Once) -> Result<bool, StoreError>;

    /// Gives back what was claimed and certainly did not happen.
    async fn release(&self, what: &Once) -> Result<(), StoreError>;

    /// Whether the table is there, answers, and is of no newer schema.
    async fn probe(&self) -> Result<(), StoreError>;

    /// Records in the table that a program with this schema works on it. A
    /// later start of an older program finds that, even if the newer one has
    /// changed no other item yet.
    async fn sign(&self) -> Result<(), StoreError>;
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

/// The store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The table does not exist.
    #[error(
        "the table {table} does not exist: create it with `securityhub-members create-table`, or correct TABLE_NAME or AWS_REGION"
    )]
    NoTable {
        /// Its name.
        table: String,
    },
    /// An item is of a schema that this version does not know.
    #[error(
        "{item} has schema {found}, this version knows schema {known}: run the newer version that wrote it"
    )]
    Schema {
        /// Which item.
        item: String,
        /// Its schema.
        found: u64,
        /// Ours.
        known: u64,
    },
    /// An item is not what this program wrote.
    #[error("{item} is damaged: {problem}")]
    Damaged {
        /// Which item.
        item: String,
        /// What is wrong.
        problem: String,
    },
    /// The table's KMS key cannot be used.
    #[error("DynamoDB: {operation} failed: the KMS key of the table cannot be used: {detail}")]
    Key {
        /// What was tried.
        operation: &'static str,
        /// What the SDK says.
        detail: String,
    },
    /// DynamoDB failed.
    #[error("DynamoDB: {operation} failed: {detail}")]
    Service {
        /// What was tried.
        operation: &'static str,
        /// What the SDK says.
        detail: String,
    },
}

impl StoreError {
    /// Something of a hub whose history lacks an item.
    pub fn missing(item: impl Into<String>) -> Self {
        Self::Damaged {
            item: item.into(),
            problem: "it is missing, and what comes after it says that it was written".to_owned(),
        }
    }

    /// Whether something in the table is not as this program wrote it.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Sets apart what is damaged: that concerns one hub, and not the others.
    ///
    /// # Errors
    ///
    /// Everything else.
    pub fn set_apart<T>(read: Result<T, Self>) -> Result<Undamaged<T>, Self> {
        match read {
            Err(error) if error.is_damage() => Ok(Err(error)),
            Err(error) => Err(error),
            Ok(read) => Ok(Ok(read)),
        }
    }

    /// What anybody may read of it: what AWS says names addresses and roles.
    pub fn public(&self) -> String {
        match self {
            Self::Service { operation, .. } => {
                format!("DynamoDB: {operation} failed: see the log")
            }
            Self::Key { operation, .. } => {
                format!(
                    "DynamoDB: {operation} failed: the KMS key of the table cannot be used: {KEY_REMEDY}"
                )
            }
            error => error.to_string(),
        }
    }
}

/// What to do about a key that cannot be used.
pub const KEY_REMEDY: &str = "allow the role kms:Decrypt on the table's KMS key, in the key's policy too, and see that the key is enabled";
