//! Loads many hubs, and retries those that were replaced in between.

use std::collections::BTreeMap;

use super::loaded::LoadedHub;
use crate::domain::hub::HubId;
use crate::policies::table::TORN_PAUSE;
use crate::watch::damage::DamagedHubs;
use crate::watch::ports::{Day, StoreError};

/// The outcome of loading a hub.
pub(super) enum LoadOutcome {
    Done(LoadedHub),
    /// Its snapshot was replaced during the read.
    Replaced,
    /// Its history is damaged. The other data is known.
    Damaged(StoreError, LoadedHub),
}

impl LoadOutcome {
    pub(super) fn of(loaded: Option<LoadedHub>) -> Self {
        loaded.map_or(Self::Replaced, Self::Done)
    }
}

/// Hubs that are being loaded. A hub whose snapshot was replaced during the read is retried; a
/// damaged one, once.
pub(super) struct Loading<'a> {
    hubs: &'a [&'a HubId],
    loaded: BTreeMap<HubId, LoadedHub>,
    damaged: BTreeMap<HubId, (StoreError, LoadedHub)>,
    /// The snapshots of the last attempt.
    wanted: BTreeMap<HubId, Day>,
    rounds: usize,
}

impl<'a> Loading<'a> {
    pub(super) fn of(hubs: &'a [&'a HubId]) -> Self {
        Self {
            hubs,
            loaded: BTreeMap::new(),
            damaged: BTreeMap::new(),
            wanted: BTreeMap::new(),
            rounds: 0,
        }
    }

    pub(super) fn look_for(&mut self, hubs: &[&HubId], days: &[Option<Day>]) {
        let days = hubs.iter().zip(days);
        let days = days.filter_map(|(hub, day)| Some(((*hub).clone(), day.clone()?)));
        self.wanted.extend(days);
    }

    pub(super) fn missing(&self) -> Vec<&'a HubId> {
        let hubs = self.hubs.iter().copied();
        let is_missing = |hub: &&HubId| {
            let is_damaged = self.rounds > 1 && self.damaged.contains_key(*hub);
            !self.loaded.contains_key(*hub) && !is_damaged
        };
        hubs.filter(is_missing).collect()
    }

    /// Adds the outcomes for the missing hubs, in their order.
    pub(super) fn add(&mut self, loads: Vec<LoadOutcome>) {
        let missing = self.missing();
        self.rounds += 1;
        for (hub, load) in missing.into_iter().zip(loads) {
            self.damaged.remove(hub);
            match load {
                LoadOutcome::Done(loaded) => {
                    self.loaded.insert(hub.clone(), loaded);
                }
                LoadOutcome::Replaced => {}
                LoadOutcome::Damaged(error, loaded) => {
                    self.damaged.insert(hub.clone(), (error, loaded));
                }
            }
        }
    }

    /// Reports whether all hubs are loaded. If not, it waits a moment.
    pub(super) async fn is_done(&self) -> bool {
        let is_done = self.missing().is_empty();
        if !is_done {
            tokio::time::sleep(TORN_PAUSE).await;
        }
        is_done
    }

    pub(super) fn done(mut self, found: &DamagedHubs) -> Vec<LoadedHub> {
        let loaded = self.hubs.iter().map(|hub| {
            if let Some(loaded) = self.loaded.remove(*hub) {
                return loaded;
            }
            let damaged = self.damaged.remove(*hub);
            let (error, loaded) = damaged.unwrap_or_else(|| {
                (
                    StoreError::vanished(hub),
                    LoadedHub::damaged(hub, None, None),
                )
            });
            found.found(hub, self.wanted.get(*hub), &error);
            loaded
        });
        loaded.collect()
    }
}
