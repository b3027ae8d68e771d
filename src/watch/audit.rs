//! Reads all stored history once a day, and damaged history more often, so that operators learn
//! of damage before users do. Answers and digests that find damage report it, and continue with
//! the other hubs.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::Calendar;
use super::damage::DamagedHubs;
use super::hubs::WatchedHubs;
use super::ports::{Day, HistoryStore, StoreError};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::AccountId;
use crate::policies::rounds::AUDIT_EVERY;
use crate::policies::table::DAMAGED;

/// Verifies that stored history is complete.
pub struct Audit {
    calendar: Calendar,
    hubs: Arc<WatchedHubs>,
    store: Arc<dyn HistoryStore>,
    damaged: Arc<DamagedHubs>,
    done_at: Mutex<Option<DateTime<Utc>>>,
}

impl Audit {
    pub(super) fn new(
        calendar: Calendar,
        hubs: Arc<WatchedHubs>,
        store: Arc<dyn HistoryStore>,
        damaged: Arc<DamagedHubs>,
    ) -> Self {
        Self {
            calendar,
            hubs,
            store,
            damaged,
            done_at: Mutex::default(),
        }
    }

    /// Drops the data about a hub that is no longer monitored.
    pub(super) fn forget(&self, hub: &HubId) {
        self.damaged.forget(hub);
    }

    /// Audits every hub if due, otherwise only the damaged ones. Hubs that could not be audited
    /// are left out of the result.
    pub async fn run(&self) -> Vec<(HubId, Result<(), StoreError>)> {
        let (damaged, is_due) = (self.damaged.all(), self.is_due());
        let mut found = Vec::new();
        for hub in self.hubs.list().iter() {
            let days = damaged.get(hub);
            if !is_due && days.is_none() {
                continue;
            }
            let days = days.map(Vec::as_slice).unwrap_or_default();
            let audited = DAMAGED.run(|| self.audit_hub(hub, days), StoreError::next);
            match StoreError::set_apart(audited.await) {
                Ok(Ok(())) => {
                    self.damaged.forget(hub);
                    found.push((hub.clone(), Ok(())));
                }
                Ok(Err(error)) => {
                    self.damaged.is_damaged(hub);
                    found.push((hub.clone(), Err(error)));
                }
                Err(error) => tracing::debug!(%hub, %error, "failed to audit the history"),
            }
        }
        found
    }

    /// Reports whether a complete audit is due, and records it as begun.
    fn is_due(&self) -> bool {
        let now = self.calendar.now();
        let within = |at: DateTime<Utc>| (now - at).abs() < AUDIT_EVERY;
        let mut done_at = self.done_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = !done_at.is_some_and(within);
        if is_due {
            *done_at = Some(now);
        }
        is_due
    }

    async fn audit_hub(&self, hub: &HubId, snapshots: &[Day]) -> Result<(), StoreError> {
        let mut states = self.store.states(&[hub]).await?;
        let state = states.pop().transpose()?;
        let days = self.store.days(hub, NaiveDate::MIN, NaiveDate::MAX).await?;
        self.store.day_up_to(hub, NaiveDate::MAX).await?;
        let imported = days.first().is_some_and(|day| day.version.is_imported());
        let after = match imported {
            true => Version::BEGINNING,
            false => Version::NONE,
        };
        if let Some(end) = state.and_then(|state| state.head.day)
            && let Some(nobody) = AccountId::from_u64(0)
        {
            // Pages keep memory low, because the whole history can be large.
            self.store.history(hub, nobody, after, &end).await?;
        }
        for day in snapshots {
            let is_stored = || days.iter().any(|other| other.version == day.version);
            if self.store.snapshot(hub, day).await?.is_none() && is_stored() {
                return Err(StoreError::vanished(hub));
            }
        }
        Ok(())
    }
}
