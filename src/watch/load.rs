//! Loads hubs from the store, as they are now or as they were, each with what
//! happened since an earlier snapshot. Of one hub, header, members and changes
//! always belong together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use futures::future::try_join_all;

use super::Watch;
use super::ports::{Day, Head, State, StoreError, Undamaged};
use crate::domain::diff::Observation;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{Counts, Snapshot};
use crate::domain::report::{Coverage, Damage, HubFacts, HubReport, Mark, Nearest};

/// How often a snapshot that was replaced while it was looked for is looked for again.
const RELOADS: usize = 5;

/// What was loaded of one hub.
pub(super) struct Loaded {
    pub(super) hub: HubReport,
    pub(super) observations: Vec<Observation>,
    pub(super) members: Option<Arc<Snapshot>>,
    /// The version at the end.
    pub(super) version: Version,
    /// The headers of its latest dates.
    pub(super) recent: Vec<Day>,
    /// Set where Security Hub was never enabled, and nobody said it should be.
    pub(super) not_enabled: bool,
}

/// Where the report on a hub begins.
#[derive(Clone, Copy)]
pub(super) struct Since {
    /// The snapshot that it is compared with.
    pub(super) mark: Option<Mark>,
    /// The version of it.
    pub(super) after: Version,
}

impl Since {
    /// With the end of that date; with the first poll where there is none.
    pub(super) fn day(day: Option<&Day>) -> Self {
        Self {
            mark: day.map(mark),
            after: day.map_or(Version::NONE, |day| day.version),
        }
    }
}

/// Which snapshots of a hub a report on some days of the past takes.
struct Period {
    /// The closing snapshot of the day before the first, or the latest before that. `None` where history begins later.
    base: Option<Day>,
    /// The first date of the period that has a snapshot, where `base` is missing and there is one before `end`.
    beginning: Option<Day>,
    /// The closing snapshot of the last day, or the latest before that in the period. `None` if the period has none.
    end: Option<Day>,
}

impl Loaded {
    pub(super) fn facts(&self) -> HubFacts<'_> {
        HubFacts {
            hub: self.hub.clone(),
            observations: &self.observations,
            members: self.members.as_deref(),
        }
    }

    /// A hub without a snapshot, as it is now.
    fn unknown(hub: &HubId, state: State) -> Self {
        let mut loaded = Self::missing(hub, Nearest::default());
        loaded.hub.checked_at = state.head.checked_at;
        loaded.hub.unread = state.head.unread;
        loaded.recent = state.recent;
        loaded
    }

    fn missing(hub: &HubId, nearest: Nearest) -> Self {
        Self {
            hub: HubReport {
                hub: hub.clone(),
                coverage: Coverage::Missing(nearest),
                counts: Counts::default(),
                checked_at: None,
                unread: None,
                damage: None,
                unchecked: None,
            },
            observations: Vec::new(),
            members: None,
            version: Version::NONE,
            recent: Vec::new(),
            not_enabled: false,
        }
    }

    /// A hub whose stored history does not say what changed, with what is known
    /// of it all the same.
    fn damaged(hub: &HubId, state: Option<State>, members: Option<Arc<Snapshot>>) -> Self {
        let mut loaded = Self::missing(hub, Nearest::default());
        loaded.hub.damage = Some(Damage::History);
        if let Some(state) = state {
            let day = state.head.day.as_ref().filter(|_| members.is_some());
            loaded.hub.counts = day.map(|day| day.counts.clone()).unwrap_or_default();
            loaded.hub.checked_at = state.head.checked_at;
            loaded.hub.unread = state.head.unread;
            loaded.version = state.head.version;
            loaded.recent = state.recent;
            loaded.members = members;
        }
        loaded
    }
}

impl Watch {
    /// The hubs as they are now, each with what happened since some time.
    pub(super) async fn load_heads(
        &self,
        hubs: &[&HubId],
        since: impl Fn(&HubId, &State) -> Since,
    ) -> Result<Vec<Loaded>, StoreError> {
        let mut loading = Loading::of(hubs);
        for _ in 0..RELOADS {
            let hubs = loading.missing();
            let states = self.store.states(&hubs).await?;
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
        Ok(loading.done(self))
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
                let loaded = self.load_head(hub, state.clone(), members.clone(), since);
                (members, StoreError::set_apart(loaded.await)?)
            }
            Err(error) => (None, Err(error)),
        };
        Ok(match loaded {
            Ok(loaded) => Load::of(loaded),
            Err(error) => Load::Damaged(error, Loaded::damaged(hub, Some(state), known)),
        })
    }

    /// What the polls saw after a version up to a snapshot, which says itself
    /// how far that goes.
    async fn seen(
        &self,
        hub: &HubId,
        after: Version,
        end: &Day,
    ) -> Result<Vec<Observation>, StoreError> {
        let seen = self.store.observations(hub, after, end.version).await?;
        let last = seen.last().map_or(after, |last| last.version);
        let now = self.now();
        match end.changed {
            Some(changed) if changed.at > last.max(Version::NONE) && changed.is_kept(now) => {
                let item = format!("CHANGES#{:012} of {hub}", changed.at.0);
                Err(StoreError::missing(item))
            }
            _ => Ok(seen),
        }
    }

    /// `None` when its snapshot was replaced meanwhile.
    async fn load_head(
        &self,
        hub: &HubId,
        state: State,
        members: Option<Arc<Snapshot>>,
        since: Since,
    ) -> Result<Option<Loaded>, StoreError> {
        let Some(day) = state.head.day.clone() else {
            let not_enabled = self.is_not_enabled(hub, &state.head);
            let mut unknown = Loaded::unknown(hub, state);
            unknown.hub = self.with_last_check(unknown.hub);
            return Ok(Some(Loaded {
                not_enabled,
                ..unknown
            }));
        };
        let Some(members) = members else {
            // Its last snapshot may be older than what is kept.
            let kept = self.store.day_up_to(hub, day.date).await?;
            let mut unknown = Loaded::unknown(hub, state);
            unknown.hub = self.with_last_check(unknown.hub);
            return Ok(kept.is_none().then_some(unknown));
        };
        let changed = day.changed.map_or(state.changed, |changed| changed.at);
        let observations = if changed > since.after {
            self.seen(hub, since.after, &day).await?
        } else {
            Vec::new()
        };
        // What was seen since the first poll was compared with the first poll.
        let first = observations.first().and_then(|first| first.window.after);
        let from = since.mark.or(first.map(|at| Mark {
            date: self.date_of(at),
            at,
        }));
        let version = day.version;
        Ok(Some(Loaded {
            hub: self.with_last_check(hub_report(
                hub,
                &state.head,
                &with_age(day, &state.head),
                from,
            )),
            version,
            observations,
            members: Some(members),
            recent: state.recent,
            not_enabled: false,
        }))
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
        let mut found = self.store.snapshots(&wanted).await?.into_iter();
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
            let states = self.store.states(&hubs).await?;
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
        Ok(loading.done(self))
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
        let period = StoreError::set_apart(self.period(hub, &state, first, last).await)?;
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
                let loaded = self.load_period(hub, state, period, members, last);
                StoreError::set_apart(loaded.await)?
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        Ok(match loaded {
            Ok(loaded) => Load::of(loaded),
            Err(error) => Load::Damaged(error, Loaded::damaged(hub, None, None)),
        })
    }

    /// Which snapshots of a hub a question about the past is about.
    async fn period(
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

    /// `None` when its snapshot was replaced meanwhile.
    async fn load_period(
        &self,
        hub: &HubId,
        state: State,
        period: Period,
        members: Option<Arc<Snapshot>>,
        last: NaiveDate,
    ) -> Result<Option<Loaded>, StoreError> {
        let Some(end) = period.end else {
            let nearest = self.nearest(hub, last).await?;
            return Ok(Some(Loaded {
                not_enabled: self.is_not_enabled(hub, &state.head),
                ..Loaded::missing(hub, nearest)
            }));
        };
        let Some(members) = members else {
            return Ok(None);
        };
        // A day that is not over is as uncertain as the present.
        let is_now = last >= self.today() && end.version == state.head.version;
        // A date that was closed knows when it was last read; most are.
        let end = if end.checked_at > end.taken_at {
            end
        } else {
            with_age(end, &state.head)
        };
        let since = Since::day(period.base.as_ref());
        // An imported day is one snapshot: nothing was seen on it.
        let after = match &period.beginning {
            Some(day) if day.version.is_imported() => day.version,
            _ => since.after,
        };
        let observations = self.seen(hub, after, &end).await?;
        // Without a base, what happened on the first day is compared with the first poll.
        let begun = period.beginning.map(|day| beginning(&day, &observations));
        let report = HubReport {
            hub: hub.clone(),
            coverage: coverage(since.mark.or(begun), &end),
            counts: end.counts.clone(),
            checked_at: Some(end.checked_at),
            unread: state.head.unread.filter(|_| is_now),
            damage: None,
            unchecked: None,
        };
        Ok(Some(Loaded {
            observations,
            members: Some(members),
            version: end.version,
            hub: if is_now {
                self.with_last_check(report)
            } else {
                report
            },
            recent: state.recent,
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
}

/// What came of looking for a hub.
enum Load {
    Done(Loaded),
    /// Its snapshot was replaced while it was looked for.
    Replaced,
    /// What is known of it all the same.
    Damaged(StoreError, Loaded),
}

impl Load {
    fn of(loaded: Option<Loaded>) -> Self {
        loaded.map_or(Self::Replaced, Self::Done)
    }
}

/// Before what was missing is looked for again: a transaction is not seen at
/// once in all of its items.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// Hubs of which some are loaded. One whose snapshot was replaced while it was
/// looked for is missing, and looked for again. So is a damaged one, once.
struct Loading<'a> {
    hubs: &'a [&'a HubId],
    loaded: BTreeMap<HubId, Loaded>,
    damaged: BTreeMap<HubId, (StoreError, Loaded)>,
    /// The snapshots that were looked for last.
    wanted: BTreeMap<HubId, Day>,
    rounds: usize,
}

impl<'a> Loading<'a> {
    fn of(hubs: &'a [&'a HubId]) -> Self {
        Self {
            hubs,
            loaded: BTreeMap::new(),
            damaged: BTreeMap::new(),
            wanted: BTreeMap::new(),
            rounds: 0,
        }
    }

    fn look_for(&mut self, hubs: &[&HubId], days: &[Option<Day>]) {
        let days = hubs.iter().zip(days);
        let days = days.filter_map(|(hub, day)| Some(((*hub).clone(), day.clone()?)));
        self.wanted.extend(days);
    }

    fn missing(&self) -> Vec<&'a HubId> {
        let hubs = self.hubs.iter().copied();
        let is_missing = |hub: &&HubId| {
            let is_damaged = self.rounds > 1 && self.damaged.contains_key(*hub);
            !self.loaded.contains_key(*hub) && !is_damaged
        };
        hubs.filter(is_missing).collect()
    }

    /// What came of looking for those that were missing, in their order.
    fn add(&mut self, loads: Vec<Load>) {
        let missing = self.missing();
        self.rounds += 1;
        for (hub, load) in missing.into_iter().zip(loads) {
            self.damaged.remove(hub);
            match load {
                Load::Done(loaded) => {
                    self.loaded.insert(hub.clone(), loaded);
                }
                Load::Replaced => {}
                Load::Damaged(error, loaded) => {
                    self.damaged.insert(hub.clone(), (error, loaded));
                }
            }
        }
    }

    /// Whether nothing is missing; waits a moment if something is.
    async fn is_done(&self) -> bool {
        let is_done = self.missing().is_empty();
        if !is_done {
            tokio::time::sleep(PAUSE).await;
        }
        is_done
    }

    fn done(mut self, watch: &Watch) -> Vec<Loaded> {
        let loaded = self.hubs.iter().map(|hub| {
            if let Some(loaded) = self.loaded.remove(*hub) {
                return loaded;
            }
            let damaged = self.damaged.remove(*hub);
            let (error, loaded) =
                damaged.unwrap_or_else(|| (vanished(hub), Loaded::damaged(hub, None, None)));
            watch.suspect(hub, self.wanted.get(*hub), &error);
            loaded
        });
        loaded.collect()
    }
}

/// What was loaded of hubs that are watched, and the names of those that are
/// not enabled.
pub(super) fn without_the_not_enabled(all: Vec<Loaded>) -> (Vec<Loaded>, Vec<HubId>) {
    let (not_enabled, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.not_enabled);
    let names = not_enabled.into_iter().map(|one| one.hub.hub);
    (rest, names.collect())
}

fn mark(day: &Day) -> Mark {
    Mark {
        date: day.date,
        at: day.checked_at,
    }
}

/// The first poll of a history whose first date is `day`.
fn beginning(day: &Day, observations: &[Observation]) -> Mark {
    let first = observations.first().and_then(|first| first.window.after);
    Mark {
        date: day.date,
        at: first.map_or(day.taken_at, |first| first.min(day.taken_at)),
    }
}

/// A snapshot that is the current one was found unchanged by the last poll.
fn with_age(day: Day, head: &Head) -> Day {
    Day {
        checked_at: head
            .checked_at
            .filter(|_| head.version == day.version)
            .unwrap_or(day.checked_at),
        ..day
    }
}

fn coverage(from: Option<Mark>, to: &Day) -> Coverage {
    let to = mark(to);
    from.map_or(Coverage::First { to }, |from| Coverage::Compared {
        from,
        to,
    })
}

fn hub_report(hub: &HubId, head: &Head, day: &Day, from: Option<Mark>) -> HubReport {
    HubReport {
        hub: hub.clone(),
        coverage: coverage(from, day),
        counts: day.counts.clone(),
        checked_at: head.checked_at,
        unread: head.unread,
        damage: None,
        unchecked: None,
    }
}

pub(super) fn vanished(hub: &HubId) -> StoreError {
    StoreError::Damaged {
        item: format!("the snapshot of {hub}"),
        problem: "its header is there and its members are not".to_owned(),
    }
}
