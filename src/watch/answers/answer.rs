//! The content of answers, without texts.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::domain::account::{AccountEvent, Presence};
use crate::domain::directory::{Directory, Who};
use crate::domain::emails::{EmailAddress, is_hidden};
use crate::domain::hub::{HubId, Region, Unchecked, UncheckedReason};
use crate::domain::member::AccountId;
use crate::domain::query::Query;
use crate::domain::report::{HubReport, Nearest, Report, StandingGroup};

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The changes, and the members.
    Report(Reported),
    /// There is no data for the date.
    NoSnapshot(NoSnapshot),
    /// The history of an account.
    Account(AccountAnswer),
    /// The members with a status, or the number of members by status.
    Status(StatusAnswer),
    /// The help.
    Help,
}

impl Answer {
    /// Reports whether every hub of a live check was read and stored. Always true for queries
    /// about the past, which need no check.
    pub fn is_checked(&self) -> bool {
        match self {
            Self::Report(reported) if reported.query == Query::Now => reported.report.is_checked(),
            _ => true,
        }
    }

    /// Reports whether the answer is useful to others. A list of suggestions isn't, nor is the
    /// result of a failed check.
    pub fn is_shareable(&self) -> bool {
        let stands = |hubs: &[HubReport]| hubs.iter().all(|hub| hub.unchecked.is_none());
        match self {
            Self::Report(reported) => stands(&reported.report.hubs),
            Self::Account(answer) => match &answer.known {
                AccountMatch::History(history) => stands(&history.hubs),
                AccountMatch::Several { .. } | AccountMatch::Nobody { .. } => false,
            },
            Self::Status(answer) => {
                let is_answer = answer.suggestion.is_none() || !answer.members.is_empty();
                is_answer && stands(&answer.report.hubs)
            }
            Self::NoSnapshot(_) | Self::Help => false,
        }
    }

    /// The answer after a check that failed before it read anything: every hub has its stored
    /// data, with the failure noted.
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

/// A report with its query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// The query.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// The last requested date, if it is in the future. Then `query` ends today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_until: Option<NaiveDate>,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date of the answer in the configured time zone.
    pub today: NaiveDate,
    /// The answer.
    pub report: Report,
}

/// The dates with snapshots, for a date without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoSnapshot {
    /// The query.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// The date without data: the last of a period, or the first if the last is in the future.
    pub date: NaiveDate,
    /// The date of the answer in the configured time zone.
    pub today: NaiveDate,
    /// The nearest dates with a snapshot.
    pub nearest: Nearest,
    /// The first and last date with a snapshot; `None` before the first poll.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// The hubs whose dates can't be read. They can have nearer ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<HubId>,
}

fn query_text<S: serde::Serializer>(query: &Query, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(query)
}

/// The answer about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountAnswer {
    /// The query.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date of the answer in the configured time zone.
    pub today: NaiveDate,
    /// The account, or several matches.
    #[serde(flatten)]
    pub known: AccountMatch,
}

/// The account, or several matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMatch {
    /// The history of the account.
    History(AccountHistory),
    /// Several accounts match the name.
    Several {
        /// The name.
        name: String,
        /// The accounts, by name.
        accounts: Vec<Candidate>,
    },
    /// No account matches the name.
    Nobody {
        /// The name.
        name: String,
        /// Accounts with similar names, best first.
        nearest: Vec<Candidate>,
        /// True if any account's name is known.
        has_names: bool,
    },
}

/// A possible account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The account.
    pub account: AccountId,
    /// Its name and OU.
    #[serde(flatten)]
    pub who: Who,
}

impl Candidate {
    /// The account with its name.
    pub(in crate::watch) fn of(account: AccountId, directory: &Directory) -> Self {
        Self {
            account,
            who: directory.who(account),
        }
    }

    /// The accounts with their names, in the same order.
    pub(in crate::watch) fn all(accounts: &[AccountId], directory: &Directory) -> Vec<Self> {
        let candidate = |account: &AccountId| Self::of(*account, directory);
        accounts.iter().map(candidate).collect()
    }
}

/// The history of one account over all hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountHistory {
    /// The account.
    pub account: AccountId,
    /// Its name and OU, if known.
    #[serde(flatten)]
    pub who: Who,
    /// Its email address, for readers who may see it.
    #[serde(skip_serializing_if = "is_hidden")]
    pub email: Option<EmailAddress>,
    /// The account in every hub that was ever read.
    pub now: Vec<Presence>,
    /// Its changes, latest first.
    pub happened: Vec<AccountEvent>,
    /// The first date with a snapshot.
    pub since: Option<NaiveDate>,
    /// Every hub, in order, except those without Security Hub.
    pub hubs: Vec<HubReport>,
    /// Hubs in Regions without Security Hub that weren't configured by name.
    pub not_enabled: Vec<HubId>,
}

/// The members with a status, or the number of members by status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusAnswer {
    /// The query.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date of the answer in the configured time zone.
    pub today: NaiveDate,
    /// The members with the requested statuses: a group for each status, and for each spelling of
    /// an unknown one. Empty if all statuses are requested.
    pub members: Vec<StandingGroup>,
    /// The counts and the state of the selected hubs, without changes and open gaps.
    pub report: Report,
    /// Requested Regions that aren't monitored.
    pub unwatched: Vec<Region>,
    /// A corrected query, if no member has one of the statuses, or if a Region isn't monitored.
    #[serde(serialize_with = "suggestion_text")]
    pub suggestion: Option<Query>,
}

fn suggestion_text<S: serde::Serializer>(
    query: &Option<Query>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match query {
        Some(query) => serializer.collect_str(query),
        None => serializer.serialize_none(),
    }
}
