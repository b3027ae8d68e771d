//! The stored history with the statuses that people counted as Enabled. The table keeps every
//! status as AWS sent it, so a decision can be taken back.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use chrono::NaiveDate;

use crate::domain::account::Seen;
use crate::domain::cases::StatusMeanings;
use crate::domain::diff::Observation;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{AccountId, Snapshot};
use crate::watch::ports::{
    ChangeStore, Day, HistoryStore, SnapshotStore, State, StoreError, Undamaged,
};

/// The decisions that this process knows. Each read of the case book updates them.
#[derive(Default)]
pub(super) struct KnownMeanings(RwLock<Arc<StatusMeanings>>);

impl KnownMeanings {
    pub(super) fn get(&self) -> Arc<StatusMeanings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set(&self, meanings: &StatusMeanings) {
        if *self.get() != *meanings {
            let meanings = Arc::new(meanings.clone());
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = meanings;
        }
    }
}

/// Days keep the counts as stored, because snapshots are verified against them.
pub(super) struct RenamedHistory {
    pub(super) store: Arc<dyn HistoryStore>,
    pub(super) meanings: Arc<KnownMeanings>,
}

#[async_trait]
impl SnapshotStore for RenamedHistory {
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError> {
        self.store.states(hubs).await
    }

    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError> {
        self.store.days(hub, from, to).await
    }

    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.store.day_up_to(hub, date).await
    }

    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.store.day_from(hub, date).await
    }

    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        let meanings = self.meanings.get();
        let found = self.store.snapshots(wanted).await?;
        if meanings.is_empty() {
            return Ok(found);
        }
        let read = |snapshot: Option<Arc<Snapshot>>| snapshot.map(|one| meanings.snapshot(one));
        let found = found.into_iter();
        Ok(found.map(|snapshot| snapshot.map(read)).collect())
    }
}

#[async_trait]
impl ChangeStore for RenamedHistory {
    async fn observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError> {
        let seen = self.store.observations(hub, after, to).await?;
        let meanings = self.meanings.get();
        if meanings.is_empty() {
            return Ok(seen);
        }
        let seen = seen.into_iter();
        Ok(seen.map(|one| meanings.observation(one)).collect())
    }

    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError> {
        let seen = self.store.history(hub, account, after, to).await?;
        Ok(self.meanings.get().history(seen))
    }
}
