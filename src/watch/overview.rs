//! The state of all hubs from stored data, for the Home tab.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::cases::Cases;
use super::history::{History, LoadedHub, Since, without_the_not_enabled};
use super::hubs::WatchedHubs;
use super::ports::{Day, State, StoreError};
use super::reports::Reports;
use crate::domain::cases::CaseList;
use crate::domain::hub::{HubFilter, HubId};
use crate::domain::member::{Counts, MemberStatus};
use crate::domain::report::{Coverage, HubFacts, Report, StandingGroup, members_by_status};

/// The length of the trend in days, including today.
pub(super) const TREND_DAYS: u64 = 30;
const WEEK_DAYS: u64 = 7;

/// The state of all hubs.
#[derive(Debug, Clone)]
pub struct Overview {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// That date in the configured time zone.
    pub today: NaiveDate,
    /// Today's changes, the open gaps, the counts.
    pub now: Report,
    /// The changes of the last seven days, including today.
    pub week: Report,
    /// The members with the chosen status.
    pub chosen: Option<StandingGroup>,
    /// The counts of the last 30 days, oldest first.
    pub trend: Vec<TrendDay>,
    /// The cases, whatever the filter.
    pub cases: CaseList,
}

/// The number of members by status at the end of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendDay {
    /// The date.
    pub date: NaiveDate,
    /// The counts over all hubs; `None` if no hub was read on that date.
    pub counts: Option<Counts>,
}

/// Makes overviews.
pub struct Overviews {
    hubs: Arc<WatchedHubs>,
    history: Arc<History>,
    reports: Arc<Reports>,
    cases: Arc<Cases>,
}

impl Overviews {
    pub(super) fn new(history: Arc<History>, reports: Arc<Reports>, cases: Arc<Cases>) -> Self {
        Self {
            hubs: Arc::clone(&reports.hubs),
            history,
            reports,
            cases,
        }
    }

    /// The state of all or some hubs, with the members in a chosen status.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn overview(
        &self,
        filter: &HubFilter,
        status: Option<&MemberStatus>,
    ) -> Result<Overview, StoreError> {
        let (calendar, reports) = (&self.reports.calendar, &self.reports);
        let at = calendar.now();
        let today = calendar.date_of(at);
        let a_week_ago = today.checked_sub_days(Days::new(WEEK_DAYS));
        let hubs = self.hubs.matching(filter);
        let hubs: Vec<_> = hubs.iter().collect();
        let since = |_: &HubId, state: &State| {
            let base = a_week_ago.and_then(|date| state.day_up_to(date));
            // A younger history began with its first version.
            let first = state.recent.first().filter(|first| first.date < today);
            let imported = first.filter(|first| first.version.is_imported());
            Since {
                mark: Since::day(base.or(first)).mark,
                ..Since::day(base.or(imported))
            }
        };
        let stored = self.cases.learned().await?;
        let loaded = self.history.load_heads(&hubs, since).await?;
        let (loaded, not_enabled) = without_the_not_enabled(loaded);
        // The cases of accounts are in all hubs, not only in the chosen ones.
        let cases = match *filter == HubFilter::ALL {
            true => self.cases.list_of(stored, &loaded).await?,
            false => self.cases.list().await?,
        };
        let directory = reports.directory.get().await;
        let mut chosen = status.map(|status| {
            let facts: Vec<_> = loaded.iter().map(LoadedHub::facts).collect();
            let groups = members_by_status(&facts, today, calendar.zone(), |other| other == status);
            groups.into_iter().next().unwrap_or_else(|| StandingGroup {
                status: status.clone(),
                entries: Vec::new(),
            })
        });
        if let Some(chosen) = &mut chosen {
            chosen.name(&directory);
        }
        let week = loaded.iter().map(LoadedHub::facts).collect();
        let week = Report::new(week, today, calendar.zone()).named(&directory);
        let week = reports.with_gaps(week, not_enabled, filter);
        let since_yesterday = loaded
            .iter()
            .map(|loaded| {
                let mut facts = since_yesterday(loaded, today);
                facts.hub.coverage = reports.today_or_missing(&facts.hub, today);
                facts
            })
            .collect::<Vec<_>>();
        let gaps = reports.gaps(&since_yesterday, filter).await;
        let now = week.with_changes_of(since_yesterday);
        let now = now.named(&directory).with_organization(gaps);
        let trend = trend(loaded.iter().map(|one| one.recent.as_slice()), today);
        Ok(Overview {
            at,
            today,
            now,
            week,
            chosen,
            trend,
            cases,
        })
    }
}

/// The changes after the last date before today.
fn since_yesterday(loaded: &LoadedHub, today: NaiveDate) -> HubFacts<'_> {
    let mut facts = loaded.facts();
    let before = loaded.recent.iter().rev().find(|day| day.date < today);
    let base = Since::day(before);
    let first = facts
        .observations
        .partition_point(|observation| observation.version <= base.after);
    facts.observations = facts.observations.get(first..).unwrap_or_default();
    if let (Some(mark), Coverage::Compared { from, .. }) = (base.mark, &mut facts.hub.coverage) {
        *from = mark;
    }
    facts
}

/// Adds up the hubs for each day. A hub that was not read on a date has the counts of its last
/// date before.
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
