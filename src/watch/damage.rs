//! The hubs with damaged history, until it is repaired.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::ports::{Day, StoreError};
use crate::domain::hub::HubId;

/// The number of damaged snapshots to record for a hub. One is enough to report it.
const SNAPSHOTS: usize = 20;

/// The snapshots with unreadable members, by hub.
#[derive(Default)]
pub(super) struct DamagedHubs(Mutex<BTreeMap<HubId, Vec<Day>>>);

impl DamagedHubs {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<HubId, Vec<Day>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records damage that a query or digest found, for the next audit.
    pub(super) fn found(&self, hub: &HubId, day: Option<&Day>, error: &StoreError) {
        tracing::error!(event = "table_damaged", %hub, %error, "found damage in the stored history");
        self.with(|hubs| {
            let days = hubs.entry(hub.clone()).or_default();
            if let Some(day) = day.filter(|day| !days.contains(day) && days.len() < SNAPSHOTS) {
                days.push(day.clone());
            }
        });
    }

    /// Records damage that an audit found.
    pub(super) fn is_damaged(&self, hub: &HubId) {
        self.with(|hubs| hubs.entry(hub.clone()).or_default().len());
    }

    /// Forgets a hub whose history is complete, or that is no longer monitored.
    pub(super) fn forget(&self, hub: &HubId) {
        self.with(|hubs| hubs.remove(hub));
    }

    pub(super) fn all(&self) -> BTreeMap<HubId, Vec<Day>> {
        self.with(|hubs| hubs.clone())
    }
}
