//! A loaded hub: header, members and changes, which are consistent.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::cases::StatusMeanings;
use crate::domain::diff::Observation;
use crate::domain::directory::Directory;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::Snapshot;
use crate::domain::readings::Readings;
use crate::domain::report::{Coverage, Damage, HubFacts, HubReport, Mark, Nearest};
use crate::domain::scope::Scope;
use crate::watch::ports::{Day, Head, State};

pub(in crate::watch) struct LoadedHub {
    pub(in crate::watch) hub: HubReport,
    pub(in crate::watch) observations: Vec<Observation>,
    pub(in crate::watch) members: Option<Arc<Snapshot>>,
    /// The version at the end.
    pub(in crate::watch) version: Version,
    /// The headers of its latest dates.
    pub(in crate::watch) recent: Vec<Day>,
    /// The number of polls on each of the last dates; empty for a past date.
    pub(in crate::watch) readings: Readings,
    /// True in a Region without Security Hub that wasn't configured by name.
    pub(in crate::watch) not_enabled: bool,
}

impl LoadedHub {
    /// Counts its members with the statuses that theirs count as.
    pub(super) fn count_as(&mut self, meanings: &StatusMeanings) {
        self.hub.counts = meanings.counts(&self.hub.counts);
        for day in &mut self.recent {
            day.counts = meanings.counts(&day.counts);
        }
    }
}

/// The beginning of the report about a hub.
#[derive(Clone, Copy)]
pub(in crate::watch) struct Since {
    /// The snapshot to compare with.
    pub(in crate::watch) mark: Option<Mark>,
    /// The snapshot's version.
    pub(in crate::watch) after: Version,
}

impl Since {
    /// The end of that date, or the first poll if there is no date.
    pub(in crate::watch) fn day(day: Option<&Day>) -> Self {
        Self {
            mark: day.map(mark),
            after: day.map_or(Version::NONE, |day| day.version),
        }
    }
}

/// The part of a hub's history to read.
pub(super) enum Plan {
    /// Now, with the changes since some time.
    Now(State, Since),
    /// A period, with its last day.
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

    /// The state, for a report about now.
    pub(super) fn now(&self) -> Option<&State> {
        match self {
            Self::Now(state, _) => Some(state),
            Self::Past(..) => None,
        }
    }
}

/// The snapshots of a hub for a report about past days.
pub(super) struct Period {
    /// The last snapshot of the day before the period, or the latest before that. `None` if
    /// history begins later.
    pub(super) base: Option<Day>,
    /// The first date in the period with a snapshot, if `base` is missing and the date is before
    /// `end`.
    pub(super) beginning: Option<Day>,
    /// The last snapshot of the last day, or the latest before that in the period. `None` if the
    /// period has none.
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

    /// The part of the hub that a channel takes.
    pub(in crate::watch) fn within(&self, scope: &Scope, directory: &Directory) -> Self {
        let mut part = Self {
            hub: self.hub.clone(),
            observations: Vec::new(),
            members: self.members.clone(),
            version: self.version,
            recent: Vec::new(),
            readings: Readings::default(),
            not_enabled: self.not_enabled,
        };
        if scope.takes_all_accounts() {
            part.observations.clone_from(&self.observations);
            return part;
        }
        part.hub.narrowed = true;
        part.observations = scope.observations(&self.observations, directory);
        let members = self.members.as_deref();
        let members = members.map(|members| scope.members(members, directory));
        part.hub.counts = members.as_ref().map(Snapshot::counts).unwrap_or_default();
        part.members = members.map(Arc::new);
        part
    }

    /// A hub without a snapshot, as of now.
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
            readings: Readings::default(),
            not_enabled: false,
        }
    }

    /// A hub with damaged history, with the data that is still known.
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

/// Separates the hubs with Security Hub from the names of those without it.
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

/// The first poll of a history that begins on `day`.
pub(super) fn beginning(day: &Day, observations: &[Observation]) -> Mark {
    let first = observations.first().and_then(|first| first.window.after);
    Mark {
        date: day.date,
        at: first.map_or(day.taken_at, |first| first.min(day.taken_at)),
    }
}

/// If the snapshot is the current one, its age is that of the last successful poll.
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
        narrowed: false,
    }
}
