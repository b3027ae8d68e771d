//! The storage of history and deliveries: one small trait for each use.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::cases::CaseStore;
use super::ledger::Ledger;
use super::message::OutboxId;
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
use crate::domain::readings::Readings;

/// One store for everything. Each use case depends only on the traits that it needs.
///
/// Missing and altered items are detected and are errors: [`StoreError::Damaged`]. Expired items
/// are not missing.
///
/// All writes use optimistic locking, so any number of processes can share a store.
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

/// The history of hubs, read-only.
pub trait HistoryStore: SnapshotStore + ChangeStore {}

impl<T: SnapshotStore + ChangeStore> HistoryStore for T {}

/// The store of a poll: the state to compare with, and the writes.
pub trait PollStore: HeadStore + SnapshotStore + PublishStore {}

impl<T: HeadStore + SnapshotStore + PublishStore> PollStore for T {}

/// The current state of each hub.
#[async_trait]
pub trait HeadStore: Send + Sync {
    /// The state of a hub; [`Head::empty`] before the first poll.
    async fn head(&self, hub: &HubId) -> Result<Head, StoreError>;

    /// The same of many hubs in one request. Damage in one hub doesn't affect the others.
    async fn heads(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<Head>>, StoreError>;
}

/// The stored dates of hubs, and their members.
#[async_trait]
pub trait SnapshotStore: Send + Sync {
    /// The state of many hubs in one request, with their latest dates.
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError>;

    /// The headers of the dates from `from` to `to`, both inclusive, by date.
    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError>;

    /// The header of the latest date up to and including `date`.
    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError>;

    /// The header of the earliest date from `date` on, inclusive.
    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError>;

    /// The members of snapshots; `None` if a snapshot was replaced in between.
    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError>;

    /// The same for one snapshot.
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

    /// The changes of one account in the versions after `after` up to `to`, by version. It reads
    /// the whole range of history, page by page.
    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError>;
}

/// The writes of polls.
#[async_trait]
pub trait PublishStore: Send + Sync {
    /// Publishes a new version atomically; lost if the head is no longer `publication.base`, or
    /// if days were imported in between.
    async fn publish(
        &self,
        hub: &HubId,
        publication: Publication<'_>,
    ) -> Result<Written<Head>, StoreError>;

    /// Records a complete poll without changes since `base`, which ends a failure.
    async fn confirm(
        &self,
        hub: &HubId,
        base: &Head,
        read_from: DateTime<Utc>,
        checked_at: DateTime<Utc>,
        readings: &Readings,
    ) -> Result<Written<Head>, StoreError>;

    /// Records that a poll that began at `base` failed, unless another poll has succeeded in
    /// between. `since` stays the same while polls keep failing.
    async fn mark_unread(&self, hub: &HubId, base: &Head, unread: Unread)
    -> Result<(), StoreError>;

    /// The same for a poll with a doubted list. Stores the reading for comparison with a later
    /// one.
    async fn mark_doubted(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: &DoubtedList,
    ) -> Result<(), StoreError>;

    /// Deletes the history of a hub, so its next poll is the first. Returns the number of deleted
    /// items.
    async fn forget(&self, hub: &HubId) -> Result<usize, StoreError>;
}

/// Writes days from before the first poll.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Imports a day atomically; lost if a poll has that date.
    async fn import(&self, hub: &HubId, day: PastDay<'_>) -> Result<Written<()>, StoreError>;

    /// Announces imported days to publications and readers. Call it after the last day, and
    /// before reading the head for a boundary.
    async fn imported(&self, hub: &HubId) -> Result<(), StoreError>;

    /// Writes the changes between the imported days and the first poll; lost to another process.
    async fn join(
        &self,
        hub: &HubId,
        boundary: ImportBoundary<'_>,
    ) -> Result<Written<()>, StoreError>;
}

/// The deliveries to channels, and the messages in progress.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// The deliveries to a channel.
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError>;

    /// Replaces a damaged ledger by one made from the records of single digests; `None` if that
    /// is impossible.
    async fn salvage_ledger(&self, channel: &str) -> Result<Option<Ledger>, StoreError>;

    /// Replaces the ledger with revision `ledger.revision` by this one with the next revision;
    /// lost if the stored revision differs.
    async fn save_ledger(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Written<Ledger>, StoreError>;

    /// Stores the messages of a digest before it is posted.
    async fn keep_outbox(&self, outbox: &OutboxId, messages: &[String]) -> Result<(), StoreError>;

    /// The stored messages; `None` if they have expired.
    async fn outbox(&self, outbox: &OutboxId) -> Result<Option<Vec<String>>, StoreError>;
}

/// The last reading of the organization's accounts.
#[async_trait]
pub trait OrganizationStore: Send + Sync {
    /// The state of the organization; the default before the first reading.
    async fn organization_head(&self) -> Result<OrganizationHead, StoreError>;

    /// The accounts of this head; `None` if there are none, or if they were replaced.
    async fn organization(&self, head: &OrganizationHead) -> Result<Option<Accounts>, StoreError>;

    /// Replaces the head with revision `head.revision` by this one with the next revision, and
    /// the accounts if given; lost if the stored revision differs.
    async fn save_organization(
        &self,
        head: &OrganizationHead,
        accounts: Option<&Accounts>,
    ) -> Result<Written<OrganizationHead>, StoreError>;
}

/// The Regions that were listed for administrators.
#[async_trait]
pub trait RegionStore: Send + Sync {
    /// The stored Regions of an administrator.
    async fn regions(&self, admin: AccountId) -> Result<BTreeSet<Region>, StoreError>;

    /// Stores the Regions of an administrator.
    async fn keep_regions(
        &self,
        admin: AccountId,
        regions: &BTreeSet<Region>,
    ) -> Result<(), StoreError>;
}

/// Claims of actions that must happen once, across all processes.
#[async_trait]
pub trait OnceStore: Send + Sync {
    /// Claims an action for a day; `true` for the first caller across all processes.
    async fn claim(&self, what: &Once) -> Result<bool, StoreError>;

    /// Releases a claim of an action that certainly did not happen.
    async fn release(&self, what: &Once) -> Result<(), StoreError>;
}

/// The schema of the table.
#[async_trait]
pub trait SchemaStore: Send + Sync {
    /// Succeeds if the table exists, responds, and has no newer schema.
    async fn probe(&self) -> Result<(), StoreError>;

    /// Records in the table that a program with this schema uses it. An older program detects
    /// that at its start, even if no other item has changed yet.
    async fn sign(&self) -> Result<(), StoreError>;
}
