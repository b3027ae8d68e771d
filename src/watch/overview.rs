//! The state of everything, from the store alone: what the Home tab shows.

use chrono::{DateTime, Days, NaiveDate, Utc};
use futures::future::try_join_all;

use super::Watch;
use super::answer::{Loaded, mark};
use super::ports::{Day, StoreError};
use crate::domain::hub::{Region, Version};
use crate::domain::member::{Counts, MemberStatus};
use crate::domain::report::{Coverage, HubFacts, Mark, Report, StandingGroup, members_by_status};

/// How far the trend goes back, today included.
pub(super) const TREND_DAYS: u64 = 30;
const WEEK_DAYS: u64 = 7;

/// The state of all hubs.
#[derive(Debug, Clone)]
pub struct Overview {
    /// When it was put together.
    pub at: DateTime<Utc>,
    /// That date, in the configured time zone.
    pub today: NaiveDate,
    /// What changed today, the standing list, the counts.
    pub now: Report,
    /// What changed in the last seven days, today included.
    pub week: Report,
    /// The members in the status that was asked for.
    pub chosen: Option<StandingGroup>,
    /// The counts of the last 30 days, the oldest first.
    pub trend: Vec<TrendDay>,
}

impl Overview {
    /// The same for eyes that must not see addresses.
    #[must_use]
    pub fn without_emails(mut self) -> Self {
        self.now = self.now.without_emails();
        self.week = self.week.without_emails();
        for entry in self.chosen.iter_mut().flat_map(|group| &mut group.entries) {
            entry.email = None;
        }
        self
    }
}

/// How many members had which status at the end of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendDay {
    /// The date.
    pub date: NaiveDate,
    /// The counts over all hubs; `None` when no hub was read on that date.
    pub counts: Option<Counts>,
}

impl Watch {
    /// Puts the state together: of all hubs or of those in one Region, with
    /// the members in a status where one is chosen.
    pub async fn overview(
        &self,
        region: Option<&Region>,
        status: Option<&MemberStatus>,
    ) -> Result<Overview, StoreError> {
        let at = self.now();
        let today = self.date_of(at);
        let back = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
        let load = |hub| async move {
            // One day more than is shown: what the first of them began with.
            let mut days = self.store.days(hub, back(TREND_DAYS), today).await?;
            if days
                .first()
                .is_none_or(|first| first.date > back(WEEK_DAYS))
            {
                let older = self.store.day_up_to(hub, back(TREND_DAYS + 1)).await?;
                days.splice(0..0, older);
            }
            let before = |date: NaiveDate| days.iter().rev().find(|day| day.date < date);
            let (day, week) = (
                before(today).map(base),
                before(back(WEEK_DAYS - 1)).map(base),
            );
            // A hub whose history is younger began with its first version.
            let version = week.map_or(Version::NONE, |base| base.version);
            let first = days.first().filter(|first| first.date < today);
            let from = week.or(first.map(base)).map(|base| base.mark);
            let loaded = self.load_head(hub, from, version).await?;
            Ok::<_, StoreError>((loaded, day, days))
        };
        let loaded = try_join_all(self.hubs_in(region).map(load)).await?;
        let chosen = status.map(|status| {
            let facts: Vec<_> = loaded.iter().map(|(loaded, ..)| loaded.facts()).collect();
            let groups = members_by_status(&facts, today, self.zone(), |other| other == status);
            groups.into_iter().next().unwrap_or_else(|| StandingGroup {
                status: status.clone(),
                entries: Vec::new(),
            })
        });
        let week = loaded.iter().map(|(loaded, ..)| loaded.facts()).collect();
        let week = Report::new(week, today, self.zone());
        let now = loaded
            .iter()
            .map(|(loaded, day, _)| {
                let mut facts = since(loaded, *day);
                facts.hub.coverage = self.today_or_missing(&facts.hub, today);
                facts
            })
            .collect();
        let now = Report::new(now, today, self.zone());
        let trend = trend(loaded.iter().map(|(.., days)| days.as_slice()), today);
        Ok(Overview {
            at,
            today,
            now,
            week,
            chosen,
            trend,
        })
    }
}

#[derive(Clone, Copy)]
struct Base {
    mark: Mark,
    version: Version,
}

fn base(day: &Day) -> Base {
    Base {
        mark: mark(day),
        version: day.version,
    }
}

/// The later part of what was loaded: what happened after `base`.
fn since(loaded: &Loaded, base: Option<Base>) -> HubFacts<'_> {
    let mut facts = loaded.facts();
    let after = base.map_or(Version::NONE, |base| base.version);
    let first = facts
        .observations
        .partition_point(|observation| observation.version <= after);
    facts.observations = facts.observations.get(first..).unwrap_or_default();
    if let (Some(base), Coverage::Compared { from, .. }) = (base, &mut facts.hub.coverage) {
        *from = base.mark;
    }
    facts
}

/// Adds up the hubs, day by day. A hub that was not read on a date counts as
/// on its last date before.
fn trend<'a>(hubs: impl Iterator<Item = &'a [Day]> + Clone, today: NaiveDate) -> Vec<TrendDay> {
    let dates = (0..TREND_DAYS)
        .rev()
        .filter_map(|ago| today.checked_sub_days(Days::new(ago)));
    dates
        .map(|date| {
            let mut counts = Counts::default();
            let mut read = false;
            for days in hubs.clone() {
                read |= days.iter().any(|day| day.date == date);
                if let Some(day) = days.iter().rev().find(|day| day.date <= date) {
                    counts.merge(&day.counts);
                }
            }
            TrendDay {
                date,
                counts: read.then_some(counts),
            }
        })
        .collect()
}
