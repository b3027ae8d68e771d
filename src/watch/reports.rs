//! Makes reports from loaded hubs: adds names, the organization, and missing data.

use std::sync::Arc;

use chrono::NaiveDate;

use super::calendar::Calendar;
use super::directory::DirectoryCache;
use super::history::{LoadedHub, without_the_not_enabled};
use super::hubs::WatchedHubs;
use crate::domain::directory::Directory;
use crate::domain::gaps::{Among, Gaps};
use crate::domain::hub::{HubFilter, HubId};
use crate::domain::report::{Coverage, HubFacts, HubReport, Nearest, Report};
use crate::domain::scope::Audience;

pub(super) struct Reports {
    pub(super) calendar: Calendar,
    pub(super) hubs: Arc<WatchedHubs>,
    pub(super) directory: Arc<DirectoryCache>,
}

impl Reports {
    pub(super) fn new(
        calendar: &Calendar,
        hubs: &Arc<WatchedHubs>,
        directory: &Arc<DirectoryCache>,
    ) -> Self {
        Self {
            calendar: calendar.clone(),
            hubs: Arc::clone(hubs),
            directory: Arc::clone(directory),
        }
    }

    /// A report about now, with the differences to the organization.
    pub(super) async fn current_report(
        &self,
        loaded: Vec<LoadedHub>,
        today: NaiveDate,
        filter: &HubFilter,
    ) -> Report {
        let enabled = loaded.iter().filter(|one| !one.not_enabled);
        let facts: Vec<_> = enabled.map(LoadedHub::facts).collect();
        let gaps = self.gaps(&facts, filter).await;
        let report = self.report(loaded, today, filter).await;
        report.with_organization(gaps)
    }

    /// The differences between the organization and these hubs. With hubs of a single
    /// administrator there are no missing members, because another administrator may list them.
    pub(super) async fn gaps(&self, hubs: &[HubFacts<'_>], filter: &HubFilter) -> Option<Gaps> {
        let among = match filter.region {
            Some(_) => Among::SomeRegions,
            None => Among::AllHubs,
        };
        let directory = self.directory.get().await;
        match filter.admin {
            Some(_) => None,
            None => Gaps::between(&directory, hubs, among),
        }
    }

    /// A report about now on the part of all hubs that these readers get, with its differences to
    /// the organization.
    pub(super) fn current_part(
        &self,
        loaded: Vec<LoadedHub>,
        today: NaiveDate,
        audience: &Audience,
        directory: &Directory,
    ) -> Report {
        let scope = &audience.scope;
        let is_there = |one: &&LoadedHub| !one.not_enabled && scope.takes_hub(&one.hub.hub);
        let facts = loaded.iter().filter(is_there).map(LoadedHub::facts);
        let among = match scope.regions.is_empty() {
            true => Among::AllHubs,
            false => Among::SomeRegions,
        };
        // Before accounts are left out, which then would seem to be no members.
        let gaps = Gaps::between(directory, &facts.collect::<Vec<_>>(), among);
        let report = self.part(loaded, today, audience, directory);
        report.with_organization(gaps.and_then(|gaps| gaps.within(scope)))
    }

    /// A report on the part of all hubs that these readers get.
    pub(super) fn part(
        &self,
        loaded: Vec<LoadedHub>,
        as_of: NaiveDate,
        audience: &Audience,
        directory: &Directory,
    ) -> Report {
        let scope = &audience.scope;
        let (whole, not_enabled) = without_the_not_enabled(loaded);
        let part = whole.iter().filter(|one| scope.takes_hub(&one.hub.hub));
        let part: Vec<_> = part.map(|one| one.within(scope, directory)).collect();
        let whole: Vec<_> = whole.iter().map(LoadedHub::facts).collect();
        let part = part.iter().map(LoadedHub::facts).collect();
        let report = Report::of_part(part, &whole, as_of, audience.zone).named(directory);
        let report = self.with_gaps(report, not_enabled, &HubFilter::ALL);
        report.telling(scope)
    }

    /// A report from loaded hubs.
    pub(super) async fn report(
        &self,
        loaded: Vec<LoadedHub>,
        as_of: NaiveDate,
        filter: &HubFilter,
    ) -> Report {
        let (loaded, not_enabled) = without_the_not_enabled(loaded);
        let facts = loaded.iter().map(LoadedHub::facts).collect();
        let report = Report::new(facts, as_of, self.calendar.zone());
        let report = report.named(self.directory.get().await.as_ref());
        self.with_gaps(report, not_enabled, filter)
    }

    /// Adds what the report could not include.
    pub(super) fn with_gaps(
        &self,
        report: Report,
        not_enabled: Vec<HubId>,
        filter: &HubFilter,
    ) -> Report {
        let mut unlisted = self.hubs.unlisted();
        unlisted.retain(|one| filter.admin.is_none_or(|admin| admin == one.admin));
        Report {
            not_enabled,
            unlisted,
            ..report
        }
    }

    /// The coverage of today's changes. A hub that was not read today has none.
    pub(super) fn today_or_missing(&self, hub: &HubReport, today: NaiveDate) -> Coverage {
        match hub.checked_at.map(|at| self.calendar.date_of(at)) {
            Some(date) if date < today => Coverage::Missing(Nearest {
                before: Some(date),
                after: None,
            }),
            _ => hub.coverage,
        }
    }
}
