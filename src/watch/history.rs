//! Loads hubs from the store, as they are now or as they were, each with what
//! happened since an earlier snapshot. Of one hub, header, members and changes
//! always belong together. Damage of one hub stops no other.

mod loaded;
mod loading;
mod reader;

use std::sync::Arc;

use chrono::NaiveDate;
use futures::future::try_join_all;
use tokio::sync::Semaphore;

use super::damage::DamagedHubs;
use super::ports::{Day, REREAD_PAUSE, State, StoreError, Undamaged};
use crate::domain::account::Seen;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{AccountId, Snapshot};
use crate::domain::report::Nearest;
use loaded::Period;
use loading::{Load, Loading};

pub(super) use loaded::{Loaded, Since, without_the_not_enabled};
pub(super) use reader::HubReader;

/// How often a snapshot that was replaced while it was looked for is looked for again.
const RELOADS: usize = 5;

/// How many hubs' whole histories are read at a time, whoever asks: each is in
/// memory a page at a time.
const HISTORIES: usize = 8;

/// The history of an account in one hub: the first date of the hub, and what
/// the account did there.
pub(super) type AccountInHub = (Option<NaiveDate>, Vec<Seen>);

/// The stored history of all hubs.
pub(super) struct History {
    reader: HubReader,
    damaged: Arc<DamagedHubs>,
    histories: Semaphore,
}

impl History {
    pub(super) fn new(reader: HubReader, damaged: Arc<DamagedHubs>) -> Self {
        Self {
            reader,
            damaged,
            histories: Semaphore::new(HISTORIES),
        }
    }

    /// The nearest dates of a hub that have a snapshot.
    pub(super) async fn nearest(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Nearest, StoreError> {
        self.reader.nearest(hub, date).await
    }

    /// The first and the last date of a hub that have a snapshot.
    pub(super) async fn range(
        &self,
        hub: &HubId,
    ) -> Result<Option<(NaiveDate, NaiveDate)>, StoreError> {
        let store = &self.reader.store;
        let first = store.day_from(hub, NaiveDate::MIN).await?;
        let last = store.day_up_to(hub, NaiveDate::MAX).await?;
        Ok(first.zip(last).map(|(first, last)| (first.date, last.date)))
    }

    /// All that an account did in a hub.
    pub(super) async fn account(
        &self,
        loaded: &Loaded,
        account: AccountId,
    ) -> Result<Undamaged<AccountInHub>, StoreError> {
        // Never closed.
        let _permit = self.histories.acquire().await;
        let mut known = self.reader.account(loaded, account).await;
        if known.as_ref().is_err_and(StoreError::is_damage) {
            tokio::time::sleep(REREAD_PAUSE).await;
            known = self.reader.account(loaded, account).await;
        }
        let known = StoreError::set_apart(known)?;
        if let Err(error) = &known {
            self.damaged.found(&loaded.hub.hub, None, error);
        }
        Ok(known)
    }

    /// Hubs as they are now, without their changes.
    pub(super) async fn load_current(&self, hubs: &[&HubId]) -> Result<Vec<Loaded>, StoreError> {
        let nothing = |_: &HubId, _: &State| Since {
            mark: None,
            after: Version(i64::MAX),
        };
        self.load_heads(hubs, nothing).await
    }

    /// The hubs as they are now, each with what happened since some time.
    pub(super) async fn load_heads(
        &self,
        hubs: &[&HubId],
        since: impl Fn(&HubId, &State) -> Since,
    ) -> Result<Vec<Loaded>, StoreError> {
        let mut loading = Loading::of(hubs);
        for _ in 0..RELOADS {
            let hubs = loading.missing();
            let states = self.reader.store.states(&hubs).await?;
            let days = states
                .iter()
                .map(|state| state.as_ref().ok()?.head.day.clone());
            let days: Vec<_> = days.collect();
            loading.look_for(&hubs, &days);
            let members = self.members(&hubs, &days).await?;
            let mut loads = Vec::with_capacity(hubs.len());
            for ((hub, state), members) in hubs.into_iter().zip(states).zip(members) {
                let since = state.as_ref().map(|state| since(hub, state));
                let since = since.unwrap_or(Since::day(None));
                loads.push(self.load_head_undamaged(hub, state, members, since));
            }
            loading.add(try_join_all(loads).await?);
            if loading.is_done().await {
                break;
            }
        }
        Ok(loading.done(&self.damaged))
    }

    /// The same as [`load_head`](Self::load_head). What is damaged of one hub
    /// stops no other.
    async fn load_head_undamaged(
        &self,
        hub: &HubId,
        state: Undamaged<State>,
        members: Undamaged<Option<Arc<Snapshot>>>,
        since: Since,
    ) -> Result<Load, StoreError> {
        let state = match state {
            Ok(state) => state,
            Err(error) => return Ok(Load::Damaged(error, Loaded::damaged(hub, None, None))),
        };
        let (known, loaded) = match members {
            Ok(members) => {
                let loaded = self
                    .reader
                    .load_head(hub, state.clone(), members.clone(), since);
                (members, StoreError::set_apart(loaded.await)?)
            }
            Err(error) => (None, Err(error)),
        };
        Ok(match loaded {
            Ok(loaded) => Load::of(loaded),
            Err(error) => Load::Damaged(error, Loaded::damaged(hub, Some(state), known)),
        })
    }

    /// The members of the snapshots that there are, hub by hub.
    async fn members(
        &self,
        hubs: &[&HubId],
        days: &[Option<Day>],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        let hubs = hubs.iter().zip(days);
        let wanted: Vec<_> = hubs
            .filter_map(|(hub, day)| Some((*hub, day.as_ref()?)))
            .collect();
        let mut found = self.reader.store.snapshots(&wanted).await?.into_iter();
        let members = days.iter().map(|day| match day {
            Some(_) => found.next().unwrap_or(Ok(None)),
            None => Ok(None),
        });
        Ok(members.collect())
    }

    /// The hubs at the end of the date `last`, with what happened from the date `first` on, both included.
    pub(super) async fn load_past(
        &self,
        hubs: &[&HubId],
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<Loaded>, StoreError> {
        let mut loading = Loading::of(hubs);
        for _ in 0..RELOADS {
            let hubs = loading.missing();
            let states = self.reader.store.states(&hubs).await?;
            let mut periods = Vec::with_capacity(hubs.len());
            for (hub, state) in hubs.iter().zip(states) {
                periods.push(self.period_of(hub, state, first, last));
            }
            let periods = try_join_all(periods).await?;
            let ends = periods
                .iter()
                .map(|period| period.as_ref().ok()?.1.end.clone());
            let ends: Vec<_> = ends.collect();
            loading.look_for(&hubs, &ends);
            let members = self.members(&hubs, &ends).await?;
            let mut loads = Vec::with_capacity(hubs.len());
            for ((hub, period), members) in hubs.into_iter().zip(periods).zip(members) {
                loads.push(self.load_period_undamaged(hub, period, members, last));
            }
            loading.add(try_join_all(loads).await?);
            if loading.is_done().await {
                break;
            }
        }
        Ok(loading.done(&self.damaged))
    }

    async fn period_of(
        &self,
        hub: &HubId,
        state: Undamaged<State>,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Undamaged<(State, Period)>, StoreError> {
        let state = match state {
            Ok(state) => state,
            Err(error) => return Ok(Err(error)),
        };
        let period = StoreError::set_apart(self.reader.period(hub, &state, first, last).await)?;
        Ok(period.map(|period| (state, period)))
    }

    async fn load_period_undamaged(
        &self,
        hub: &HubId,
        period: Undamaged<(State, Period)>,
        members: Undamaged<Option<Arc<Snapshot>>>,
        last: NaiveDate,
    ) -> Result<Load, StoreError> {
        let loaded = match (period, members) {
            (Ok((state, period)), Ok(members)) => {
                let loaded = self.reader.load_period(hub, state, period, members, last);
                StoreError::set_apart(loaded.await)?
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        Ok(match loaded {
            Ok(loaded) => Load::of(loaded),
            Err(error) => Load::Damaged(error, Loaded::damaged(hub, None, None)),
        })
    }
}
