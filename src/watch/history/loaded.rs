//! A hub as it was loaded: header, members and changes that belong together.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::diff::Observation;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::Snapshot;
use crate::domain::report::{Coverage, Damage, HubFacts, HubReport, Mark, Nearest};
use crate::watch::ports::{Day, Head, State};

/// A hub as it was loaded.
pub(in crate::watch) struct LoadedHub {
    pub(in crate::watch) hub: HubReport,
    pub(in crate::watch) observations: Vec<Observation>,
    pub(in crate::watch) members: Option<Arc<Snapshot>>,
    /// The version at the end.
    pub(in crate::watch) version: Version,
    /// The headers of its latest dates.
    pub(in crate::watch) recent: Vec<Day>,
    /// Set where Security Hub was never enabled, and nobody said it should be.
    pub(in crate::watch) not_enabled: bool,
}

/// Where the report on a hub begins.
#[derive(Clone, Copy)]
pub(in crate::watch) struct Since {
    /// The snapshot that it is compared with.
    pub(in crate::watch) mark: Option<Mark>,
    /// The version of it.
    pub(in crate::watch) after: Version,
}

impl Since {
    /// With the end of that date; with the first poll where there is none.
    pub(in crate::watch) fn day(day: Option<&Day>) -> Self {
        Self {
            mark: day.map(mark),
            after: day.map_or(Version::NONE, |day| day.version),
        }
    }
}

/// The part of a hub's history that is read.
pub(super) enum Plan {
    /// How it is now, since some time.
    Now(State, Since),
    /// A period, and its last day.
    Past(State, Box<Period>, NaiveDate),
}

impl Plan {
    /// The snapshot at its end.
    pub(super) fn end(&self) -> Option<&Day> {
        match self {
            Self::Now(state, _) => state.head.day.as_ref(),
            Self::Past(_, period, _) => period.end.as_ref(),
        }
    }

    /// The state, where it is about now.
    pub(super) fn now(&self) -> Option<&State> {
        match self {
            Self::Now(state, _) => Some(state),
            Self::Past(..) => None,
        }
    }
}

/// The snapshots of a hub that a report on some days of the past takes.
pub(super) struct Period {
    /// The closing snapshot of the day before the first, or the latest before that. `None` where history begins later.
    pub(super) base: Option<Day>,
    /// The first date of the period that has a snapshot, where `base` is missing and there is one before `end`.
    pub(super) beginning: Option<Day>,
    /// The closing snapshot of the last day, or the latest before that in the period. `None` if the period has none.
    pub(super) end: Option<Day>,
}

impl LoadedHub {
    pub(in crate::watch) fn facts(&self) -> HubFacts<'_> {
        HubFacts {
            hub: self.hub.clone(),
            observations: &self.observations,
            members: self.members.as_deref(),
        }
    }

    /// A hub without a snapshot, as it is now.
    pub(super) fn unknown(hub: &HubId, state: State) -> Self {
        let mut loaded = Self::missing(hub, Nearest::default());
        loaded.hub.checked_at = state.head.checked_at;
        loaded.hub.unread = state.head.unread;
        loaded.recent = state.recent;
        loaded
    }

    pub(super) fn missing(hub: &HubId, nearest: Nearest) -> Self {
        Self {
            hub: HubReport::missing(hub.clone(), nearest),
            observations: Vec::new(),
            members: None,
            version: Version::NONE,
            recent: Vec::new(),
            not_enabled: false,
        }
    }

    /// A hub whose stored history does not say what changed, with what is known
    /// of it all the same.
    pub(super) fn damaged(
        hub: &HubId,
        state: Option<State>,
        members: Option<Arc<Snapshot>>,
    ) -> Self {
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

/// The hubs in which Security Hub is enabled, and the names of those that are
/// not enabled.
pub(in crate::watch) fn without_the_not_enabled(
    all: Vec<LoadedHub>,
) -> (Vec<LoadedHub>, Vec<HubId>) {
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
pub(super) fn beginning(day: &Day, observations: &[Observation]) -> Mark {
    let first = observations.first().and_then(|first| first.window.after);
    Mark {
        date: day.date,
        at: first.map_or(day.taken_at, |first| first.min(day.taken_at)),
    }
}

/// A snapshot that is the current one was found unchanged by the last poll.
pub(super) fn with_age(day: Day, head: &Head) -> Day {
    Day {
        checked_at: head
            .checked_at
            .filter(|_| head.version == day.version)
            .unwrap_or(day.checked_at),
        ..day
    }
}

pub(super) fn coverage(from: Option<Mark>, to: &Day) -> Coverage {
    let to = mark(to);
    from.map_or(Coverage::First { to }, |from| Coverage::Compared {
        from,
        to,
    })
}

pub(super) fn hub_report(hub: &HubId, head: &Head, day: &Day, from: Option<Mark>) -> HubReport {
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
