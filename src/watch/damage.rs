//! The hubs in whose stored history damage was found, until it is gone.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::ports::{Day, StoreError};
use crate::domain::hub::HubId;

/// How many damaged snapshots of a hub are remembered: one is enough to be told.
const SNAPSHOTS: usize = 20;

/// Each hub with the snapshots whose members could not be read.
#[derive(Default)]
pub(super) struct DamagedHubs(Mutex<BTreeMap<HubId, Vec<Day>>>);

impl DamagedHubs {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<HubId, Vec<Day>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers damage that somebody came upon, for the next audit.
    pub(super) fn found(&self, hub: &HubId, day: Option<&Day>, error: &StoreError) {
        tracing::error!(event = "table_damaged", %hub, %error, "found damage in the stored history");
        self.with(|hubs| {
            let days = hubs.entry(hub.clone()).or_default();
            if let Some(day) = day.filter(|day| !days.contains(day) && days.len() < SNAPSHOTS) {
                days.push(day.clone());
            }
        });
    }

    /// Remembers damage that an audit found.
    pub(super) fn is_damaged(&self, hub: &HubId) {
        self.with(|hubs| hubs.entry(hub.clone()).or_default().len());
    }

    /// Forgets a hub whose history is whole, or that is not watched any more.
    pub(super) fn forget(&self, hub: &HubId) {
        self.with(|hubs| hubs.remove(hub));
    }

    pub(super) fn all(&self) -> BTreeMap<HubId, Vec<Day>> {
        self.with(|hubs| hubs.clone())
    }
}
