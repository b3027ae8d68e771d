//! Loads hubs from the store, as of now or as of an earlier date, with the changes since another
//! snapshot. Header, members and changes of a hub are always consistent. Damage in one hub
//! doesn't affect the others.

mod loaded;
mod loading;
mod reader;
mod renamed;

use std::sync::Arc;

use chrono::NaiveDate;
use futures::future::try_join_all;
use tokio::sync::Semaphore;

use super::calendar::Calendar;
use super::damage::DamagedHubs;
use super::failed_checks::FailedChecks;
use super::hubs::WatchedHubs;
use super::ports::{Day, HistoryStore, State, StoreError, Undamaged};
use crate::domain::account::Seen;
use crate::domain::cases::StatusMeanings;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{AccountId, Snapshot};
use crate::domain::report::Nearest;
use crate::policies::table::{DAMAGED, REPLACED_TRIES};
use loaded::Plan;
use loading::{LoadOutcome, Loading};
use reader::HubReader;
use renamed::{KnownMeanings, RenamedHistory};

pub(super) use loaded::{LoadedHub, Since, without_the_not_enabled};

/// The number of looks for a snapshot that is being replaced.
const RELOADS: usize = REPLACED_TRIES;

/// The histories that are read at a time, for all queries together, to limit memory.
const HISTORIES: usize = 8;

/// The history of an account in one hub: the first date of the hub, and the account's changes.
pub(super) type AccountInHub = (Option<NaiveDate>, Vec<Seen>);

/// The stored history of all hubs.
pub(super) struct History {
    reader: HubReader,
    damaged: Arc<DamagedHubs>,
    meanings: Arc<KnownMeanings>,
    histories: Semaphore,
}

impl History {
    pub(super) fn new(
        calendar: Calendar,
        hubs: Arc<WatchedHubs>,
        store: Arc<dyn HistoryStore>,
        failed: Arc<FailedChecks>,
        damaged: Arc<DamagedHubs>,
    ) -> Self {
        let meanings = Arc::new(KnownMeanings::default());
        Self {
            reader: HubReader {
                calendar,
                hubs,
                store: Arc::new(RenamedHistory {
                    store,
                    meanings: meanings.clone(),
                }),
                failed,
            },
            damaged,
            meanings,
            histories: Semaphore::new(HISTORIES),
        }
    }

    /// Reads statuses that were renamed in this way from now on.
    pub(super) fn learn(&self, meanings: &StatusMeanings) {
        self.meanings.set(meanings);
    }

    /// The nearest dates with a snapshot, and the first and last one. `None` if they are damaged.
    pub(super) async fn dates_around(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Option<(Nearest, Option<(NaiveDate, NaiveDate)>)>, StoreError> {
        let dates = async {
            let store = &self.reader.store;
            let first = store.day_from(hub, NaiveDate::MIN).await?;
            let last = store.day_up_to(hub, NaiveDate::MAX).await?;
            let range = first.zip(last).map(|(first, last)| (first.date, last.date));
            Ok((self.reader.nearest(hub, date).await?, range))
        };
        Ok(match StoreError::set_apart(dates.await)? {
            Ok(dates) => Some(dates),
            Err(error) => {
                self.damaged.found(hub, None, &error);
                None
            }
        })
    }

    /// All changes of an account in a hub.
    pub(super) async fn account(
        &self,
        loaded: &LoadedHub,
        account: AccountId,
    ) -> Result<Undamaged<AccountInHub>, StoreError> {
        // The semaphore is never closed.
        let _permit = self.histories.acquire().await;
        let known = DAMAGED.run(|| self.reader.account(loaded, account), StoreError::next);
        let known = StoreError::set_apart(known.await)?;
        if let Err(error) = &known {
            self.damaged.found(&loaded.hub.hub, None, error);
        }
        Ok(known)
    }

    /// The hubs as of now, without changes.
    pub(super) async fn load_current(&self, hubs: &[&HubId]) -> Result<Vec<LoadedHub>, StoreError> {
        let nothing = |_: &HubId, _: &State| Since {
            mark: None,
            after: Version(i64::MAX),
        };
        self.load_heads(hubs, nothing).await
    }

    /// The hubs as of now, each with the changes since some time.
    pub(super) async fn load_heads(
        &self,
        hubs: &[&HubId],
        since: impl Fn(&HubId, &State) -> Since + Sync,
    ) -> Result<Vec<LoadedHub>, StoreError> {
        self.load(hubs, WantedPeriod::Now(&since)).await
    }

    /// The hubs at the end of the date `last`, with the changes since the beginning of `first`.
    pub(super) async fn load_past(
        &self,
        hubs: &[&HubId],
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<LoadedHub>, StoreError> {
        self.load(hubs, WantedPeriod::Past { first, last }).await
    }

    async fn load(
        &self,
        hubs: &[&HubId],
        wanted: WantedPeriod<'_>,
    ) -> Result<Vec<LoadedHub>, StoreError> {
        let mut loading = Loading::of(hubs);
        for _ in 0..RELOADS {
            let hubs = loading.missing();
            let states = self.reader.store.states(&hubs).await?;
            let plans = hubs.iter().zip(states);
            let plans = plans.map(|(hub, state)| self.plan(hub, state, wanted));
            let plans = try_join_all(plans).await?;
            let ends = plans.iter().map(|plan| plan.as_ref().ok()?.end().cloned());
            let ends: Vec<_> = ends.collect();
            loading.look_for(&hubs, &ends);
            let members = self.members(&hubs, &ends).await?;
            let loads = hubs.into_iter().zip(plans).zip(members);
            let loads = loads.map(|((hub, plan), members)| self.load_one(hub, plan, members));
            loading.add(try_join_all(loads).await?);
            if loading.is_done().await {
                break;
            }
        }
        let meanings = self.meanings.get();
        let mut loaded = loading.done(&self.damaged);
        if !meanings.is_empty() {
            for one in &mut loaded {
                one.count_as(&meanings);
            }
        }
        Ok(loaded)
    }

    async fn plan(
        &self,
        hub: &HubId,
        state: Undamaged<State>,
        wanted: WantedPeriod<'_>,
    ) -> Result<Undamaged<Plan>, StoreError> {
        let state = match state {
            Ok(state) => state,
            Err(error) => return Ok(Err(error)),
        };
        match wanted {
            WantedPeriod::Now(since) => {
                let since = since(hub, &state);
                Ok(Ok(Plan::Now(state, since)))
            }
            WantedPeriod::Past { first, last } => {
                let period = self.reader.period(hub, &state, first, last).await;
                let period = StoreError::set_apart(period)?;
                Ok(period.map(|period| Plan::Past(state, Box::new(period), last)))
            }
        }
    }

    async fn load_one(
        &self,
        hub: &HubId,
        plan: Undamaged<Plan>,
        members: Undamaged<Option<Arc<Snapshot>>>,
    ) -> Result<LoadOutcome, StoreError> {
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                return Ok(LoadOutcome::Damaged(
                    error,
                    LoadedHub::damaged(hub, None, None),
                ));
            }
        };
        let now = plan.now().cloned();
        let loaded = match members.clone() {
            Ok(members) => StoreError::set_apart(self.reader.load(hub, plan, members).await)?,
            Err(error) => Err(error),
        };
        Ok(match loaded {
            Ok(loaded) => LoadOutcome::of(loaded),
            Err(error) => {
                let known = LoadedHub::damaged(hub, now, members.ok().flatten());
                LoadOutcome::Damaged(error, known)
            }
        })
    }

    /// The members of the snapshots, by hub.
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
}

/// The time for which hubs are loaded.
#[derive(Clone, Copy)]
enum WantedPeriod<'a> {
    /// Now, with the changes since some time.
    Now(&'a (dyn Fn(&HubId, &State) -> Since + Sync)),
    /// A period, both days inclusive.
    Past { first: NaiveDate, last: NaiveDate },
}
