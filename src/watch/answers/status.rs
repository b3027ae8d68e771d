//! Answers queries about statuses: the members, or their number.

use std::sync::Arc;

use super::answer::StatusAnswer;
use crate::domain::hub::{HubId, Region};
use crate::domain::member::{Counts, MemberStatus};
use crate::domain::query::{Query, is_called, nearest_name};
use crate::domain::report::{Report, members_by_status};
use crate::watch::calendar::Calendar;
use crate::watch::directory::DirectoryCache;
use crate::watch::history::{History, LoadedHub, without_the_not_enabled};
use crate::watch::ports::StoreError;

pub(super) struct StatusAnswers {
    pub(super) calendar: Calendar,
    pub(super) history: Arc<History>,
    pub(super) directory: Arc<DirectoryCache>,
}

impl StatusAnswers {
    pub(super) async fn answer(
        &self,
        query: &Query,
        statuses: &[MemberStatus],
        regions: &[Region],
        hubs: &[&HubId],
    ) -> Result<StatusAnswer, StoreError> {
        let at = self.calendar.now();
        let today = self.calendar.date_of(at);
        let is_wanted = |hub: &&HubId| regions.is_empty() || regions.contains(&hub.region);
        let wanted: Vec<_> = hubs.iter().copied().filter(is_wanted).collect();
        let loaded = self.history.load_current(&wanted).await?;
        let (loaded, not_enabled) = without_the_not_enabled(loaded);
        let facts = || loaded.iter().map(LoadedHub::facts).collect::<Vec<_>>();
        let is_asked =
            |status: &MemberStatus| statuses.iter().any(|asked| is_called(status, asked));
        let mut members = members_by_status(&facts(), today, self.calendar.zone(), is_asked);
        let directory = self.directory.get().await;
        for group in &mut members {
            group.name(&directory);
        }
        let report = Report {
            standing: Vec::new(),
            changes: Vec::new(),
            bulk_changes: Vec::new(),
            not_enabled,
            ..Report::new(facts(), today, self.calendar.zone())
        };
        let is_watched = |region: &Region| hubs.iter().any(|hub| hub.region == *region);
        let unwatched = regions.iter().filter(|region| !is_watched(region));
        let meant = meant(statuses, regions, &report.counts, hubs);
        Ok(StatusAnswer {
            query: query.clone(),
            at,
            today,
            unwatched: unwatched.cloned().collect(),
            suggestion: (meant != *query).then_some(meant),
            members,
            report,
        })
    }
}

/// Replaces unknown statuses and Regions by the most similar ones that exist.
fn meant(statuses: &[MemberStatus], regions: &[Region], counts: &Counts, hubs: &[&HubId]) -> Query {
    let near_status = |asked: &MemberStatus| {
        let there = || counts.iter().map(|(status, _)| status);
        let all = || MemberStatus::KNOWN.iter().chain(there());
        let is_there = all().any(|status| is_called(status, asked));
        let near = nearest_name(asked.as_str(), all().map(MemberStatus::as_str));
        let near = near.filter(|_| !is_there).map(MemberStatus::parse);
        near.unwrap_or_else(|| asked.clone())
    };
    let near_region = |asked: &Region| {
        let near = nearest_name(asked.as_str(), hubs.iter().map(|hub| hub.region.as_str()));
        near.and_then(|near| near.parse().ok())
    };
    let mut regions: Vec<Region> = regions.iter().filter_map(near_region).collect();
    regions.sort();
    regions.dedup();
    let mut statuses: Vec<_> = statuses.iter().map(near_status).collect();
    statuses.sort();
    statuses.dedup();
    Query::Status { statuses, regions }
}
