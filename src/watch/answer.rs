//! Answers a question: which snapshots it is about, and what happened between them.
//!
//! `account.rs` answers questions about one account, `status.rs` those about a status.

mod account;
mod status;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use futures::future::try_join_all;
use serde::Serialize;

use super::Watch;
use super::load::{Loaded, Since, without_the_not_enabled};
use super::ports::{State, StoreError};
use crate::domain::gaps::{Among, Gaps};
use crate::domain::hub::{HubFilter, HubId, Unchecked, UncheckedReason};
use crate::domain::query::Query;
use crate::domain::report::{Coverage, HubFacts, HubReport, Nearest, Report};

pub use account::{AccountAnswer, AccountHistory, Candidate, Known};
pub use status::StatusAnswer;

/// What somebody gets who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What happened.
    Report(Reported),
    /// There is nothing to tell about that date.
    NoSnapshot(NoSnapshot),
    /// What is known of the account that was asked for.
    Account(AccountAnswer),
    /// The members in a status, or how many are in each.
    Status(StatusAnswer),
    /// Somebody asked how to ask.
    Help,
}

impl Answer {
    /// Whether every hub of a live check was read and stored. What was asked of
    /// the past is checked by nobody.
    pub fn is_checked(&self) -> bool {
        match self {
            Self::Report(reported) if reported.query == Query::Now => reported.report.is_checked(),
            _ => true,
        }
    }

    /// Whether it answers the question, for others too: a choice of questions
    /// does not, and neither does what a failed check left.
    pub fn is_shareable(&self) -> bool {
        let stands = |hubs: &[HubReport]| hubs.iter().all(|hub| hub.unchecked.is_none());
        match self {
            Self::Report(reported) => stands(&reported.report.hubs),
            Self::Account(answer) => match &answer.known {
                Known::History(history) => stands(&history.hubs),
                Known::Several { .. } | Known::Nobody { .. } => false,
            },
            Self::Status(answer) => {
                let is_answer = answer.suggestion.is_none() || !answer.members.is_empty();
                is_answer && stands(&answer.report.hubs)
            }
            Self::NoSnapshot(_) | Self::Help => false,
        }
    }

    /// The same where a check failed before anything could be looked at: every
    /// hub is as it was stored, and nothing is known since.
    #[must_use]
    pub fn unchecked(mut self, at: DateTime<Utc>) -> Self {
        let reason = UncheckedReason::TableUnreadable;
        if let Self::Report(reported) = &mut self {
            for hub in &mut reported.report.hubs {
                hub.unchecked = Some(Unchecked { at, reason });
            }
        }
        self
    }
}

/// A report, and what it is an answer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// What was asked.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// The last date that was asked for, if it has not come yet: then `query` ends today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_until: Option<NaiveDate>,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// The answer.
    pub report: Report,
}

/// The snapshots that there are, for a date that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoSnapshot {
    /// What was asked.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// The date for which there is nothing: of a period the last, or the first if it has not come yet.
    pub date: NaiveDate,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// The dates with a snapshot around it.
    pub nearest: Nearest,
    /// The first and the last date with a snapshot; `None` before the first poll.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// The hubs whose dates cannot be read: they may have nearer ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<HubId>,
}

fn query_text<S: serde::Serializer>(query: &Query, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(query)
}

/// An answer that many get.
pub(super) type Given = Result<Arc<Answer>, StoreError>;

impl Watch {
    /// Answers [`Query::Now`]: everybody who asks while it is made gets the one
    /// answer.
    pub async fn check(self: &Arc<Self>) -> Given {
        let watch = Arc::clone(self);
        let check = async move { watch.answer(&Query::Now).await.map(Arc::new) };
        self.checking.join(check).await
    }

    /// The same from what is stored; `None` when no hub was ever read. Nobody
    /// is checked for it.
    pub async fn last_known(self: &Arc<Self>) -> Result<Option<Arc<Answer>>, StoreError> {
        let watch = Arc::clone(self);
        let look = async move { watch.answer_from_store(&Query::Now).await.map(Arc::new) };
        let answer = self.looking.join(look).await?;
        let was_read = match &*answer {
            Answer::Report(reported) => {
                let mut hubs = reported.report.hubs.iter();
                hubs.any(|hub| hub.checked_at.is_some())
            }
            _ => false,
        };
        Ok(Some(answer).filter(|_| was_read))
    }

    /// Answers a question. [`Query::Now`] polls every hub first; a hub that
    /// cannot be read is shown as it was last seen.
    pub async fn answer(self: &Arc<Self>, query: &Query) -> Result<Answer, StoreError> {
        if *query == Query::Now {
            self.check_hubs().await;
        }
        self.answer_from_store(query).await
    }

    /// The same from what is stored, without polling.
    pub async fn answer_from_store(&self, query: &Query) -> Result<Answer, StoreError> {
        self.answer_in(query, &HubFilter::ALL).await
    }

    /// The same for some of the hubs.
    pub async fn answer_in(&self, query: &Query, filter: &HubFilter) -> Result<Answer, StoreError> {
        let hubs = self.hubs_in(filter);
        let hubs: Vec<_> = hubs.iter().collect();
        let now = self.now();
        let today = self.date_of(now);
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
                let answer = self.account(query, named, &hubs).await?;
                return Ok(Answer::Account(answer));
            }
            Query::Status { statuses, regions } => {
                let answer = self.status(query, statuses, regions, &hubs).await?;
                return Ok(Answer::Status(answer));
            }
            Query::On(date) => (*date, *date),
            Query::Between { first, last } => (*first, *last),
        };
        // What is still to come is left out, and the answer says so.
        let end = last.min(today);
        if first <= today {
            let loaded = self.load_past(&hubs, first, end).await?;
            let covered = |loaded: &Loaded| {
                loaded.hub.damage.is_some() || !matches!(loaded.hub.coverage, Coverage::Missing(_))
            };
            if loaded.iter().any(covered) {
                return Ok(Answer::Report(Reported {
                    query: Query::period(first, end),
                    asked_until: (last > end).then_some(last),
                    at: now,
                    today,
                    report: self.report(loaded, end, filter).await,
                }));
            }
        }
        let none = self.without_snapshot(&hubs, query, end.max(first));
        Ok(Answer::NoSnapshot(none.await?))
    }

    /// What changed today, and how things are.
    async fn report_now(
        &self,
        hubs: &[&HubId],
        today: NaiveDate,
        filter: &HubFilter,
    ) -> Result<Report, StoreError> {
        let yesterday = today.pred_opt().unwrap_or(today);
        let since = |_: &HubId, state: &State| Since::day(state.day_up_to(yesterday));
        let mut loaded = self.load_heads(hubs, since).await?;
        for one in &mut loaded {
            one.hub.coverage = self.today_or_missing(&one.hub, today);
        }
        Ok(self.current_report(loaded, today, filter).await)
    }

    /// A report of what was loaded and is so now: with what the organization
    /// says that the hubs do not.
    pub(super) async fn current_report(
        &self,
        loaded: Vec<Loaded>,
        today: NaiveDate,
        filter: &HubFilter,
    ) -> Report {
        let enabled = loaded.iter().filter(|one| !one.not_enabled);
        let facts: Vec<_> = enabled.map(Loaded::facts).collect();
        let gaps = self.gaps(&facts, filter).await;
        let report = self.report(loaded, today, filter).await;
        report.with_organization(gaps)
    }

    /// What the organization says that these hubs do not. Among the hubs of one
    /// administrator nobody is outside: another one may list them.
    pub(super) async fn gaps(&self, hubs: &[HubFacts<'_>], filter: &HubFilter) -> Option<Gaps> {
        let among = Among::of(filter.region.as_ref());
        let directory = self.directory().await;
        match filter.admin {
            Some(_) => None,
            None => Gaps::between(&directory, hubs, among),
        }
    }

    /// A report of what was loaded.
    pub(super) async fn report(
        &self,
        loaded: Vec<Loaded>,
        as_of: NaiveDate,
        filter: &HubFilter,
    ) -> Report {
        let (loaded, not_enabled) = without_the_not_enabled(loaded);
        let facts = loaded.iter().map(Loaded::facts).collect();
        let report = Report::new(facts, as_of, self.zone());
        let report = report.named(self.directory().await.as_ref());
        self.with_gaps(report, not_enabled, filter)
    }

    /// The report, with what it does not know of.
    pub(super) fn with_gaps(
        &self,
        report: Report,
        not_enabled: Vec<HubId>,
        filter: &HubFilter,
    ) -> Report {
        let mut unlisted = self.unlisted();
        unlisted.retain(|one| filter.admin.is_none_or(|admin| admin == one.admin));
        Report {
            not_enabled,
            unlisted,
            ..report
        }
    }

    /// What today's changes can be told of: a hub that was not read today has
    /// no changes today because nobody looked.
    pub(super) fn today_or_missing(&self, hub: &HubReport, today: NaiveDate) -> Coverage {
        match hub.checked_at.map(|at| self.date_of(at)) {
            Some(date) if date < today => Coverage::Missing(Nearest {
                before: Some(date),
                after: None,
            }),
            _ => hub.coverage,
        }
    }

    /// The answer about a date without a snapshot: the nearest dates that have
    /// one, and the whole range, of every hub whose dates can be read.
    async fn without_snapshot(
        &self,
        hubs: &[&HubId],
        query: &Query,
        date: NaiveDate,
    ) -> Result<NoSnapshot, StoreError> {
        let look = |hub| async move {
            let first = self.store.day_from(hub, NaiveDate::MIN).await?;
            let last = self.store.day_up_to(hub, NaiveDate::MAX).await?;
            let range = first.zip(last).map(|(first, last)| (first.date, last.date));
            Ok::<_, StoreError>((self.nearest(hub, date).await?, range))
        };
        let look = |hub| async move { StoreError::set_apart(look(hub).await) };
        let looked = try_join_all(hubs.iter().copied().map(look)).await?;
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for (hub, looked) in hubs.iter().copied().zip(looked) {
            match looked {
                Ok(dates) => found.push(dates),
                Err(error) => {
                    self.suspect(hub, None, &error);
                    damaged.push(hub.clone());
                }
            }
        }
        let ranges = || found.iter().filter_map(|(_, range)| *range);
        let first = ranges().map(|(first, _)| first).min();
        let last = ranges().map(|(_, last)| last).max();
        Ok(NoSnapshot {
            query: query.clone(),
            date,
            today: self.today(),
            nearest: Nearest {
                before: found.iter().filter_map(|(nearest, _)| nearest.before).max(),
                after: found.iter().filter_map(|(nearest, _)| nearest.after).min(),
            },
            range: first.zip(last),
            damaged,
        })
    }
}
