//! The meaning of commands about cases, and their errors. It has no texts.

use chrono::NaiveDate;

use crate::domain::cases::{Reason, ReasonError};
use crate::domain::member::AccountId;
use crate::domain::query::Named;

/// A command about cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseCommand {
    /// List the accepted and taken cases.
    List,
    /// Take the cases of an account.
    Take(Named),
    /// Give them back.
    GiveBack(Named),
    /// Accept them until a date.
    Accept {
        /// The account.
        account: Named,
        /// The date on which the acceptance ends.
        until: NaiveDate,
        /// The reason as typed.
        why: Reason,
    },
    /// Withdraw the acceptance.
    Withdraw(Named),
}

/// The verb of a command.
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
    /// The English word, which the log uses too.
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
    /// The verb of the command.
    pub fn verb(&self) -> CaseVerb {
        match self {
            Self::List => CaseVerb::List,
            Self::Take(_) => CaseVerb::Take,
            Self::GiveBack(_) => CaseVerb::GiveBack,
            Self::Accept { .. } => CaseVerb::Accept,
            Self::Withdraw(_) => CaseVerb::Withdraw,
        }
    }

    /// The account; `None` for the list.
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

    /// The same command for another account.
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

/// A text that begins like a command about cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRequest {
    /// The verb.
    pub verb: CaseVerb,
    /// The command, or its error.
    pub command: Result<CaseCommand, CaseCommandError>,
}

/// The error of a command about cases. `Display` doesn't quote the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseCommandError {
    /// It names no account.
    #[error("no account is named")]
    WhichAccount,
    /// The quote before the account's name is not closed.
    #[error("a quote is not closed")]
    OpenQuote,
    /// Neither an end nor a length is given.
    #[error("no end is named")]
    NoEnd,
    /// The end is not a date.
    #[error("the end is not a date")]
    NotADay {
        /// The text as typed.
        text: String,
    },
    /// The end is today or earlier.
    #[error("the end is not after today")]
    NotAfterToday {
        /// The end.
        until: NaiveDate,
    },
    /// The end is beyond the limit.
    #[error("the end is too far ahead")]
    TooFar {
        /// The latest allowed end.
        latest: NaiveDate,
    },
    /// The reason is too short or too long.
    #[error(transparent)]
    Reason(#[from] ReasonError),
}
