//! Answers queries from stored data: finds the snapshots, and the changes between them.

mod account;
mod answer;
mod status;

use std::sync::Arc;

use chrono::NaiveDate;
use futures::future::try_join_all;

use super::cases::Cases;
use super::directory::DirectoryCache;
use super::history::{History, LoadedHub, Since};
use super::hubs::WatchedHubs;
use super::ports::{State, StoreError};
use super::reports::Reports;
use crate::domain::hub::{HubFilter, HubId};
use crate::domain::query::{Query, QueryError};
use crate::domain::report::{Coverage, Nearest, Report};
use account::AccountAnswers;
use status::StatusAnswers;

pub use answer::{
    AccountAnswer, AccountHistory, AccountMatch, Answer, Candidate, NoSnapshot, Reported,
    StatusAnswer,
};

/// Answers queries from stored data.
pub struct Answers {
    hubs: Arc<WatchedHubs>,
    history: Arc<History>,
    reports: Arc<Reports>,
    cases: Arc<Cases>,
    accounts: AccountAnswers,
    statuses: StatusAnswers,
}

impl Answers {
    pub(super) fn new(
        history: Arc<History>,
        directory: Arc<DirectoryCache>,
        reports: Arc<Reports>,
        cases: Arc<Cases>,
    ) -> Self {
        let calendar = reports.calendar.clone();
        Self {
            accounts: AccountAnswers {
                calendar: calendar.clone(),
                history: Arc::clone(&history),
                directory: Arc::clone(&directory),
            },
            statuses: StatusAnswers {
                calendar,
                history: Arc::clone(&history),
                directory,
            },
            hubs: Arc::clone(&reports.hubs),
            history,
            reports,
            cases,
        }
    }

    /// For text that isn't a query: the query for the account with that name. Otherwise the same
    /// error, with a similar account name if there is no other suggestion.
    ///
    /// # Errors
    ///
    /// If no account has that name.
    pub async fn account_or(&self, error: QueryError) -> Result<Query, QueryError> {
        self.accounts.account_or(error).await
    }

    /// Answers a query.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn answer_from_store(&self, query: &Query) -> Result<Answer, StoreError> {
        self.answer_in(query, &HubFilter::ALL).await
    }

    /// The same for some of the hubs.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn answer_in(&self, query: &Query, filter: &HubFilter) -> Result<Answer, StoreError> {
        if *query != Query::Help
            && let Err(error) = self.cases.learned().await
        {
            tracing::warn!(%error, "answering without knowing which statuses were renamed");
        }
        let hubs = self.hubs.matching(filter);
        let hubs: Vec<_> = hubs.iter().collect();
        let now = self.reports.calendar.now();
        let today = self.reports.calendar.date_of(now);
        let (first, last) = match query {
            Query::Help => return Ok(Answer::Help),
            Query::Now => {
                return Ok(Answer::Report(Reported {
                    query: query.clone(),
                    asked_until: None,
                    at: now,
                    today,
                    report: self.report_now(&hubs, today, filter).await?,
                }));
            }
            Query::Account(named) => {
                let answer = self.accounts.answer(query, named, &hubs).await?;
                return Ok(Answer::Account(answer));
            }
            Query::Status { statuses, regions } => {
                let answer = self
                    .statuses
                    .answer(query, statuses, regions, &hubs)
                    .await?;
                return Ok(Answer::Status(answer));
            }
            Query::On(date) => (*date, *date),
            Query::Between { first, last } => (*first, *last),
        };
        // Future days are left out, and the answer says so.
        let end = last.min(today);
        if first <= today {
            let loaded = self.history.load_past(&hubs, first, end).await?;
            let covered = |loaded: &LoadedHub| {
                loaded.hub.damage.is_some() || !matches!(loaded.hub.coverage, Coverage::Missing(_))
            };
            if loaded.iter().any(covered) {
                return Ok(Answer::Report(Reported {
                    query: Query::period(first, end),
                    asked_until: (last > end).then_some(last),
                    at: now,
                    today,
                    report: self.reports.report(loaded, end, filter).await,
                }));
            }
        }
        let none = self.without_snapshot(&hubs, query, end.max(first));
        Ok(Answer::NoSnapshot(none.await?))
    }

    /// Today's changes, and the current members.
    async fn report_now(
        &self,
        hubs: &[&HubId],
        today: NaiveDate,
        filter: &HubFilter,
    ) -> Result<Report, StoreError> {
        let yesterday = today.pred_opt().unwrap_or(today);
        let since = |_: &HubId, state: &State| Since::day(state.day_up_to(yesterday));
        let mut loaded = self.history.load_heads(hubs, since).await?;
        for one in &mut loaded {
            one.hub.coverage = self.reports.today_or_missing(&one.hub, today);
        }
        Ok(self.reports.current_report(loaded, today, filter).await)
    }

    /// The answer for a date without a snapshot: the nearest dates with one, and the range of all
    /// dates, from the hubs whose dates can be read.
    async fn without_snapshot(
        &self,
        hubs: &[&HubId],
        query: &Query,
        date: NaiveDate,
    ) -> Result<NoSnapshot, StoreError> {
        let looked = try_join_all(hubs.iter().map(|hub| self.history.dates_around(hub, date)));
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for (hub, dates) in hubs.iter().copied().zip(looked.await?) {
            match dates {
                Some(dates) => found.push(dates),
                None => damaged.push(hub.clone()),
            }
        }
        let ranges = || found.iter().filter_map(|(_, range)| *range);
        let first = ranges().map(|(first, _)| first).min();
        let last = ranges().map(|(_, last)| last).max();
        Ok(NoSnapshot {
            query: query.clone(),
            date,
            today: self.reports.calendar.today(),
            nearest: Nearest {
                before: found.iter().filter_map(|(nearest, _)| nearest.before).max(),
                after: found.iter().filter_map(|(nearest, _)| nearest.after).min(),
            },
            range: first.zip(last),
            damaged,
        })
    }
}
