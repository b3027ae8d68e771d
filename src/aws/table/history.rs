//! The history of the hubs: heads, dates with their snapshots, and changes.

mod changes;
mod days;
mod heads;
mod import;
mod publish;
mod recent;
mod snapshots;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::DynamoDb;
use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::{Day, SnapshotStore, State, StoreError, Undamaged};

#[async_trait]
impl SnapshotStore for DynamoDb {
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError> {
        self.read_states(hubs).await
    }

    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError> {
        self.read_days(hub, from, to).await
    }

    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.read_day_up_to(hub, date).await
    }

    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.read_day_from(hub, date).await
    }

    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        self.read_snapshots(wanted).await
    }
}
