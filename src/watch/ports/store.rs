//! Where history and deliveries are kept: one small interface for each use.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::cases::CaseStore;
use super::ledger::{Ledger, OutboxId};
use super::store_error::{StoreError, Undamaged};
use super::stored::{
    Day, Head, ImportBoundary, Once, OrganizationHead, PastDay, Publication, State, Written,
};
use crate::domain::account::Seen;
use crate::domain::diff::Observation;
use crate::domain::directory::Accounts;
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{HubId, Region, Unread, Version};
use crate::domain::member::{AccountId, Snapshot};

/// One table that keeps all of it. A use case takes only the parts that it needs.
///
/// Missing items are noticed as well as altered ones, and are an error:
/// [`StoreError::Damaged`]. Expired items are not missing.
///
/// Every write is conditional on what it was decided on, so that any number of
/// processes can work on one store.
pub trait Store:
    PollStore
    + HistoryStore
    + ImportStore
    + LedgerStore
    + CaseStore
    + OrganizationStore
    + RegionStore
    + OnceStore
    + SchemaStore
{
}

impl<T> Store for T where
    T: PollStore
        + HistoryStore
        + ImportStore
        + LedgerStore
        + CaseStore
        + OrganizationStore
        + RegionStore
        + OnceStore
        + SchemaStore
{
}

/// The history of hubs, for those who only read it.
pub trait HistoryStore: SnapshotStore + ChangeStore {}

impl<T: SnapshotStore + ChangeStore> HistoryStore for T {}

/// The parts that a poll needs: what it compares with, and where it writes.
pub trait PollStore: HeadStore + SnapshotStore + PublishStore {}

impl<T: HeadStore + SnapshotStore + PublishStore> PollStore for T {}

/// How each hub is now, in short.
#[async_trait]
pub trait HeadStore: Send + Sync {
    /// The state of a hub; [`Head::empty`] when nothing is known.
    async fn head(&self, hub: &HubId) -> Result<Head, StoreError>;

    /// The same of many hubs at once. What is damaged of one is no error of the others.
    async fn heads(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<Head>>, StoreError>;
}

/// The stored dates of hubs, and their members.
#[async_trait]
pub trait SnapshotStore: Send + Sync {
    /// The state of many hubs at once, with their latest dates.
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError>;

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
}

/// The stored changes of hubs.
#[async_trait]
pub trait ChangeStore: Send + Sync {
    /// The changes that led to the versions `after` < v ≤ `to`, by version.
    async fn observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError>;

    /// The changes of one account in the versions after `after` up to `to`, by version.
    /// All of that history is read for it, a page at a time.
    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError>;
}

/// Where polls write what they saw.
#[async_trait]
pub trait PublishStore: Send + Sync {
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

    /// Deletes the history of a hub: its next poll is the first. Returns how many
    /// items there were.
    async fn forget(&self, hub: &HubId) -> Result<usize, StoreError>;
}

/// Where days from before the first poll are written.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Imports a day, all of it or nothing; lost when a poll has that date.
    async fn import(&self, hub: &HubId, day: PastDay<'_>) -> Result<Written<()>, StoreError>;

    /// Tells whoever publishes and whoever reads that days were imported. To be
    /// called after the last of them, and before the head is looked at for a boundary.
    async fn imported(&self, hub: &HubId) -> Result<(), StoreError>;

    /// Writes what lies between the imported days and the first poll.
    async fn join(&self, hub: &HubId, boundary: ImportBoundary<'_>) -> Result<(), StoreError>;
}

/// The deliveries to channels, and the messages under way.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// The deliveries to a channel, done and under way.
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError>;

    /// A ledger from the records of the single digests in place of one that is
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
}

/// The accounts of the organization, as they were last read.
#[async_trait]
pub trait OrganizationStore: Send + Sync {
    /// The state of the organization; the default where nothing is kept.
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
}

/// The Regions that were found for administrators.
#[async_trait]
pub trait RegionStore: Send + Sync {
    /// The Regions that were found for an administrator before.
    async fn regions(&self, admin: AccountId) -> Result<BTreeSet<Region>, StoreError>;

    /// Remembers which Regions were found for an administrator.
    async fn keep_regions(
        &self,
        admin: AccountId,
        regions: &BTreeSet<Region>,
    ) -> Result<(), StoreError>;
}

/// Claims of work that must happen once, over all processes.
#[async_trait]
pub trait OnceStore: Send + Sync {
    /// Takes something that must happen once; `true` for the first who does,
    /// over all processes, within a day.
    async fn claim(&self, what: &Once) -> Result<bool, StoreError>;

    /// Gives back what was claimed and certainly did not happen.
    async fn release(&self, what: &Once) -> Result<(), StoreError>;
}

/// The schema of the table.
#[async_trait]
pub trait SchemaStore: Send + Sync {
    /// Succeeds where the table is there, answers, and is of no newer schema.
    async fn probe(&self) -> Result<(), StoreError>;

    /// Records in the table that a program with this schema works on it. A
    /// later start of an older program finds that, even if the newer one has
    /// changed no other item yet.
    async fn sign(&self) -> Result<(), StoreError>;
}
