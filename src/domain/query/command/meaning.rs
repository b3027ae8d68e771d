//! What a command about cases means, and what can be wrong with one. Knows no words and no texts.

use chrono::NaiveDate;

use crate::domain::cases::{Reason, ReasonError};
use crate::domain::member::AccountId;
use crate::domain::query::Named;

/// What somebody wants to do about the cases of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseCommand {
    /// See which cases are accepted, and which are taken.
    List,
    /// Work on them.
    Take(Named),
    /// Work on them no longer.
    GiveBack(Named),
    /// Expect them for a while.
    Accept {
        /// Whose cases.
        account: Named,
        /// The date on which they are shown again.
        until: NaiveDate,
        /// Why, as it was typed.
        why: Reason,
    },
    /// Expect them no longer.
    Withdraw(Named),
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseVerb {
    /// `acks`
    List,
    /// `take`
    Take,
    /// `untake`
    GiveBack,
    /// `ack`
    Accept,
    /// `unack`
    Withdraw,
}

impl CaseVerb {
    /// The English word for it, which the log has too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "acks",
            Self::Take => "take",
            Self::GiveBack => "untake",
            Self::Accept => "ack",
            Self::Withdraw => "unack",
        }
    }
}

impl CaseCommand {
    /// What it does.
    pub fn verb(&self) -> CaseVerb {
        match self {
            Self::List => CaseVerb::List,
            Self::Take(_) => CaseVerb::Take,
            Self::GiveBack(_) => CaseVerb::GiveBack,
            Self::Accept { .. } => CaseVerb::Accept,
            Self::Withdraw(_) => CaseVerb::Withdraw,
        }
    }

    /// The account that it is about; `None` for the list.
    pub fn account(&self) -> Option<&Named> {
        match self {
            Self::List => None,
            Self::Take(account)
            | Self::GiveBack(account)
            | Self::Withdraw(account)
            | Self::Accept { account, .. } => Some(account),
        }
    }

    /// The date on which an acceptance ends.
    pub fn until(&self) -> Option<NaiveDate> {
        match self {
            Self::Accept { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// The same about another account.
    #[must_use]
    pub fn about(&self, account: AccountId) -> Self {
        let account = Named::Id(account);
        match self {
            Self::List => Self::List,
            Self::Take(_) => Self::Take(account),
            Self::GiveBack(_) => Self::GiveBack(account),
            Self::Withdraw(_) => Self::Withdraw(account),
            Self::Accept { until, why, .. } => Self::Accept {
                account,
                until: *until,
                why: why.clone(),
            },
        }
    }
}

/// A text that is a command about cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRequest {
    /// What it does.
    pub verb: CaseVerb,
    /// The command, or what is wrong with it.
    pub command: Result<CaseCommand, CaseCommandError>,
}

/// What is wrong with a command about cases. What was typed is not in its `Display`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseCommandError {
    /// It names no account.
    #[error("no account is named")]
    WhichAccount,
    /// The quote before the account's name has no end.
    #[error("a quote is not closed")]
    OpenQuote,
    /// It says neither until when nor for how long.
    #[error("no end is named")]
    NoEnd,
    /// The end is no day that there is.
    #[error("the end is not a date")]
    NotADay {
        /// As it was typed.
        text: String,
    },
    /// The end is today or earlier.
    #[error("the end is not after today")]
    NotAfterToday {
        /// The end.
        until: NaiveDate,
    },
    /// The end is too far ahead.
    #[error("the end is too far ahead")]
    TooFar {
        /// The latest that is not.
        latest: NaiveDate,
    },
    /// The reason is too short or too long.
    #[error(transparent)]
    Reason(#[from] ReasonError),
}
