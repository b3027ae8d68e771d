//! The content of answers, without words.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::domain::account::{AccountEvent, Presence};
use crate::domain::directory::{Directory, Who};
use crate::domain::emails::{EmailAddress, is_hidden};
use crate::domain::hub::{HubId, Region, Unchecked, UncheckedReason};
use crate::domain::member::AccountId;
use crate::domain::query::Query;
use crate::domain::report::{HubReport, Nearest, Report, StandingGroup};

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The changes, and how things are.
    Report(Reported),
    /// There is nothing to tell about that date.
    NoSnapshot(NoSnapshot),
    /// The account that was asked for.
    Account(AccountAnswer),
    /// The members in a status, or how many are in each.
    Status(StatusAnswer),
    /// Somebody asked how to ask.
    Help,
}

impl Answer {
    /// Reports whether every hub of a live check was read and stored. A question
    /// about the past needs no check.
    pub fn is_checked(&self) -> bool {
        match self {
            Self::Report(reported) if reported.query == Query::Now => reported.report.is_checked(),
            _ => true,
        }
    }

    /// Reports whether it answers the question, for others too: a choice of questions
    /// does not, and neither does what a failed check left.
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
    /// The question.
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
    /// The question.
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

/// The account that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountAnswer {
    /// The question.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// The account, or those that may be meant.
    #[serde(flatten)]
    pub known: AccountMatch,
}

/// An account, or those that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMatch {
    /// All that it did.
    History(AccountHistory),
    /// More than one account has that name, or has it in its name.
    Several {
        /// The name.
        name: String,
        /// The accounts, by name.
        accounts: Vec<Candidate>,
    },
    /// No account has that name.
    Nobody {
        /// The name.
        name: String,
        /// Those whose names are near to it, the nearest first.
        nearest: Vec<Candidate>,
        /// Set where any account's name is known at all.
        has_names: bool,
    },
}

/// An account that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The account.
    pub account: AccountId,
    /// Its name and unit.
    #[serde(flatten)]
    pub who: Who,
}

impl Candidate {
    /// This account, by the name that it has.
    pub(in crate::watch) fn of(account: AccountId, directory: &Directory) -> Self {
        Self {
            account,
            who: directory.who(account),
        }
    }

    /// These accounts, in the same order.
    pub(in crate::watch) fn all(accounts: &[AccountId], directory: &Directory) -> Vec<Self> {
        let candidate = |account: &AccountId| Self::of(*account, directory);
        accounts.iter().map(candidate).collect()
    }
}

/// One account over all hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountHistory {
    /// The account.
    pub account: AccountId,
    /// Its name and unit, where they are known.
    #[serde(flatten)]
    pub who: Who,
    /// Its address, for those who may see it.
    #[serde(skip_serializing_if = "is_hidden")]
    pub email: Option<EmailAddress>,
    /// How it stands in every hub that was read once at least.
    pub now: Vec<Presence>,
    /// Its changes, the latest first.
    pub happened: Vec<AccountEvent>,
    /// The first date of which there is a snapshot.
    pub since: Option<NaiveDate>,
    /// Every hub, in order, but for those where Security Hub is not enabled.
    pub hubs: Vec<HubReport>,
    /// Where Security Hub is not enabled and need not be.
    pub not_enabled: Vec<HubId>,
}

/// The members in a status, or how many are in each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusAnswer {
    /// The question.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// The members in the statuses that were asked for, one group for each
    /// and for each way in which AWS spells it. Empty where all statuses are
    /// asked for.
    pub members: Vec<StandingGroup>,
    /// The counts, and what is known of the hubs that were asked for. It tells
    /// neither changes nor who is not protected.
    pub report: Report,
    /// The Regions that were asked for and are not watched.
    pub unwatched: Vec<Region>,
    /// The question that may be meant, where nobody has one of the statuses or such a
    /// Region is not watched.
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
