//! Reads the stored history of one hub.

use std::sync::Arc;

use chrono::NaiveDate;

use super::loaded::{LoadedHub, Period, Plan, Since, beginning, coverage, hub_report, with_age};
use crate::domain::account::Seen;
use crate::domain::diff::Observation;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{AccountId, Snapshot};
use crate::domain::readings::Readings;
use crate::domain::report::{HubReport, Mark, Nearest};
use crate::watch::calendar::Calendar;
use crate::watch::failed_checks::FailedChecks;
use crate::watch::hubs::WatchedHubs;
use crate::watch::ports::{Day, HistoryStore, State, StoreError};

pub(in crate::watch) struct HubReader {
    pub(in crate::watch) calendar: Calendar,
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) store: Arc<dyn HistoryStore>,
    pub(in crate::watch) failed: Arc<FailedChecks>,
}

impl HubReader {
    /// The changes after a version up to a snapshot.
    async fn seen(
        &self,
        hub: &HubId,
        after: Version,
        end: &Day,
    ) -> Result<Vec<Observation>, StoreError> {
        let seen = self.store.observations(hub, after, end.version).await?;
        let last = seen.last().map_or(after, |last| last.version);
        let now = self.calendar.now();
        match end.changed {
            Some(changed) if changed.at > last.max(Version::NONE) && changed.is_kept(now) => {
                let item = format!("CHANGES#{:012} of {hub}", changed.at.0);
                Err(StoreError::missing(item))
            }
            _ => Ok(seen),
        }
    }

    /// `None` if its snapshot was replaced during the read.
    pub(super) async fn load(
        &self,
        hub: &HubId,
        plan: Plan,
        members: Option<Arc<Snapshot>>,
    ) -> Result<Option<LoadedHub>, StoreError> {
        match plan {
            Plan::Now(state, since) => self.load_head(hub, state, members, since).await,
            Plan::Past(state, period, last) => {
                self.load_period(hub, state, *period, members, last).await
            }
        }
    }

    /// `None` if its snapshot was replaced during the read.
    async fn load_head(
        &self,
        hub: &HubId,
        state: State,
        members: Option<Arc<Snapshot>>,
        since: Since,
    ) -> Result<Option<LoadedHub>, StoreError> {
        let Some(day) = state.head.day.clone() else {
            let not_enabled = self.hubs.is_not_enabled(hub, &state.head);
            let mut unknown = LoadedHub::unknown(hub, state);
            unknown.hub = self.failed.with_last_check(unknown.hub);
            return Ok(Some(LoadedHub {
                not_enabled,
                ..unknown
            }));
        };
        let Some(members) = members else {
            // Its last snapshot can have expired.
            let kept = self.store.day_up_to(hub, day.date).await?;
            let mut unknown = LoadedHub::unknown(hub, state);
            unknown.hub = self.failed.with_last_check(unknown.hub);
            return Ok(kept.is_none().then_some(unknown));
        };
        let changed = day.changed.map_or(state.changed, |changed| changed.at);
        let observations = if changed > since.after {
            self.seen(hub, since.after, &day).await?
        } else {
            Vec::new()
        };
        // Changes since the first poll are compared with the first poll.
        let first = observations.first().and_then(|first| first.window.after);
        let from = since.mark.or(first.map(|at| Mark {
            date: self.calendar.date_of(at),
            at,
        }));
        let version = day.version;
        Ok(Some(LoadedHub {
            hub: self.failed.with_last_check(hub_report(
                hub,
                &state.head,
                &with_age(day, &state.head),
                from,
            )),
            version,
            observations,
            members: Some(members),
            recent: state.recent,
            readings: state.head.readings,
            not_enabled: false,
        }))
    }

    /// The snapshots of a hub for a query about the past.
    pub(super) async fn period(
        &self,
        hub: &HubId,
        state: &State,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Period, StoreError> {
        let end = self.day_up_to(hub, state, last).await?;
        let end = end.filter(|end| end.date >= first);
        let base = match first.pred_opt() {
            Some(before) => self.day_up_to(hub, state, before).await?,
            None => None,
        };
        let begins_within = base.is_none() && end.as_ref().is_some_and(|end| end.date > first);
        let beginning = if begins_within {
            self.store.day_from(hub, first).await?
        } else {
            None
        };
        let before_end = |day: &Day| end.as_ref().is_some_and(|end| day.date < end.date);
        Ok(Period {
            beginning: beginning.filter(before_end),
            base,
            end,
        })
    }

    /// The header of the latest date up to `date`.
    async fn day_up_to(
        &self,
        hub: &HubId,
        state: &State,
        date: NaiveDate,
    ) -> Result<Option<Day>, StoreError> {
        match state.day_up_to(date) {
            None if state.has_older() => self.store.day_up_to(hub, date).await,
            day => Ok(day.cloned()),
        }
    }

    /// `None` if its snapshot was replaced during the read.
    async fn load_period(
        &self,
        hub: &HubId,
        state: State,
        period: Period,
        members: Option<Arc<Snapshot>>,
        last: NaiveDate,
    ) -> Result<Option<LoadedHub>, StoreError> {
        let Some(end) = period.end else {
            let nearest = self.nearest(hub, last).await?;
            return Ok(Some(LoadedHub {
                not_enabled: self.hubs.is_not_enabled(hub, &state.head),
                ..LoadedHub::missing(hub, nearest)
            }));
        };
        let Some(members) = members else {
            return Ok(None);
        };
        // Today's data can be as incomplete as current data.
        let is_now = last >= self.calendar.today() && end.version == state.head.version;
        // A closed date usually knows when it was last read.
        let end = if end.checked_at > end.taken_at {
            end
        } else {
            with_age(end, &state.head)
        };
        let since = Since::day(period.base.as_ref());
        // An imported day has one snapshot and no polls.
        let after = match &period.beginning {
            Some(day) if day.version.is_imported() => day.version,
            _ => since.after,
        };
        let observations = self.seen(hub, after, &end).await?;
        // Without a base, changes on the first day are compared with the first poll.
        let begun = period.beginning.map(|day| beginning(&day, &observations));
        let report = HubReport {
            hub: hub.clone(),
            coverage: coverage(since.mark.or(begun), &end),
            counts: end.counts.clone(),
            checked_at: Some(end.checked_at),
            unread: state.head.unread.filter(|_| is_now),
            damage: None,
            unchecked: None,
            narrowed: false,
        };
        Ok(Some(LoadedHub {
            observations,
            members: Some(members),
            version: end.version,
            hub: if is_now {
                self.failed.with_last_check(report)
            } else {
                report
            },
            recent: state.recent,
            readings: Readings::default(),
            not_enabled: false,
        }))
    }

    pub(super) async fn nearest(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Nearest, StoreError> {
        let after = match date.succ_opt() {
            Some(next) => self.store.day_from(hub, next).await?,
            None => None,
        };
        let before = self.store.day_up_to(hub, date).await?;
        Ok(Nearest {
            before: before.map(|day| day.date),
            after: after.map(|day| day.date),
        })
    }

    /// The first date of a hub, and the changes of an account there.
    pub(super) async fn account(
        &self,
        loaded: &LoadedHub,
        account: AccountId,
    ) -> Result<(Option<NaiveDate>, Vec<Seen>), StoreError> {
        let hub = &loaded.hub.hub;
        let first = self.store.day_from(hub, NaiveDate::MIN).await?;
        // There can be imported days before the first poll.
        let end = match loaded.recent.iter().max_by_key(|day| day.version) {
            Some(end) => Some(end.clone()),
            None => self.store.day_up_to(hub, NaiveDate::MAX).await?,
        };
        let (Some(first), Some(end)) = (first, end) else {
            return Ok((None, Vec::new()));
        };
        let after = match first.version.is_imported() {
            true => Version::BEGINNING,
            false => Version::NONE,
        };
        let seen = self.store.history(hub, account, after, &end).await?;
        Ok((Some(first.date), seen))
    }
}
