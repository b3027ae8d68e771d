//! Damage in the stored history of hubs: who came upon it, and whether it is
//! still there.
//!
//! An answer or a digest says that it is damaged, and goes on with the others.
//! An audit looks at all of a hub's history once a day, and more often where
//! something was found, so that an operator hears of it before anybody asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Watch;
use super::load::{PAUSE, vanished};
use super::ports::{Day, StoreError};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::AccountId;

/// How often everything is looked at.
const EVERY: TimeDelta = TimeDelta::hours(24);

/// How many damaged snapshots of a hub are remembered: one is enough to be told.
const SNAPSHOTS: usize = 20;

/// Where damage was found.
#[derive(Default)]
pub(super) struct Suspects(Mutex<State>);

#[derive(Default)]
struct State {
    /// Each hub with the snapshots whose members could not be read.
    hubs: BTreeMap<HubId, Vec<Day>>,
    audited_at: Option<DateTime<Utc>>,
}

impl Suspects {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watch {
    /// Remembers that the history of a hub is damaged, for the next audit.
    pub(super) fn suspect(&self, hub: &HubId, day: Option<&Day>, error: &StoreError) {
        tracing::error!(event = "table_damaged", %hub, %error, "the stored history of a hub is damaged");
        self.suspects.with(|state| {
            let days = state.hubs.entry(hub.clone()).or_default();
            if let Some(day) = day.filter(|day| !days.contains(day) && days.len() < SNAPSHOTS) {
                days.push(day.clone());
            }
        });
    }

    /// Looks at the history of every hub if that is due, and else of those in
    /// which damage was found. Hubs that could not be looked at are left out.
    pub async fn audit(&self) -> Vec<(HubId, Result<(), StoreError>)> {
        let now = self.now();
        let (suspects, is_due) = self.suspects.with(|state| {
            let within = |at: DateTime<Utc>| (now - at).abs() < EVERY;
            let is_due = !state.audited_at.is_some_and(within);
            if is_due {
                state.audited_at = Some(now);
            }
            (state.hubs.clone(), is_due)
        });
        let mut found = Vec::new();
        for hub in self.hubs().iter() {
            let days = suspects.get(hub);
            if !is_due && days.is_none() {
                continue;
            }
            let days = days.map(Vec::as_slice).unwrap_or_default();
            let mut audited = self.audit_hub(hub, days).await;
            if audited.as_ref().is_err_and(StoreError::is_damage) {
                tokio::time::sleep(PAUSE).await;
                audited = self.audit_hub(hub, days).await;
            }
            match StoreError::set_apart(audited) {
                Ok(Ok(())) => {
                    self.suspects.with(|state| state.hubs.remove(hub));
                    found.push((hub.clone(), Ok(())));
                }
                Ok(Err(error)) => {
                    self.suspects
                        .with(|state| state.hubs.entry(hub.clone()).or_default().len());
                    found.push((hub.clone(), Err(error)));
                }
                Err(error) => tracing::debug!(%hub, %error, "the history could not be audited"),
            }
        }
        found
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
            // A page at a time, where all changes at once could be many.
            self.store.history(hub, nobody, after, &end).await?;
        }
        for day in snapshots {
            let is_stored = || days.iter().any(|other| other.version == day.version);
            if self.store.snapshot(hub, day).await?.is_none() && is_stored() {
                return Err(vanished(hub));
            }
        }
        Ok(())
    }
}
