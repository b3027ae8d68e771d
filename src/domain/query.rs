//! The grammar of questions: text + today → [`Query`], in English and Japanese.
//!
//! Owns what a question means. It does no I/O, reads no clock, and words nothing for people: an error is a fact that a
//! view puts into a sentence.
//!
//! A text that begins with what it is about, an account or a status, is read by `subject`. Any other is about dates and
//! passes through four steps: `lexer` (characters → words), `grammar` (words → a phrase), `resolve` (a phrase and today →
//! dates) and, where these find nothing, `suggest` (did you mean).
//!
//! A period is all that changed on its days, the first and the last included, in whatever form it was typed: `A..B`,
//! `last week`, `november`, `past 7 days`. Which snapshots that takes is the business of whoever loads them.

mod grammar;
mod lexer;
mod resolve;
mod subject;
mod suggest;
mod vocabulary;

use std::fmt;

use chrono::NaiveDate;

use super::hub::Region;
use super::member::{AccountId, MemberStatus};

pub use subject::{can_be_asked, folded_name, is_called};
pub use suggest::nearest_name;

/// Longer text is no question.
const MAX_CHARS: usize = 200;

/// What somebody asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Poll now; what changed today.
    Now,
    /// What changed on that date. It may lie in the future: the caller says so with the range that exists.
    On(NaiveDate),
    /// What changed from the first day to the last, both included; `first` < `last`. Either may lie in the future.
    Between {
        /// The first date whose changes are in the answer.
        first: NaiveDate,
        /// The last date whose changes are in the answer.
        last: NaiveDate,
    },
    /// What one account did, and its status in every hub.
    Account(Named),
    /// The members in a status.
    Status {
        /// The status: one that is known, or any other by its letters and digits alone, as [`is_called`] compares
        /// them. `None` asks for the number of members in each.
        status: Option<MemberStatus>,
        /// Only in these Regions, in order, each once; in all where there are none.
        regions: Vec<Region>,
    },
    /// How to ask.
    Help,
}

impl Query {
    /// All that changed on the days from `first` to `last`, both included; `first` ≤ `last`.
    pub fn period(first: NaiveDate, last: NaiveDate) -> Self {
        if first == last {
            Self::On(first)
        } else {
            Self::Between { first, last }
        }
    }
}

/// Which account somebody means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The one with this id.
    Id(AccountId),
    /// The one with this name, as [`folded_name`] writes it; never empty.
    Name(String),
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(account) => write!(f, "{account}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Canonical text: [`parse`] reads it back as the same query, whatever day it is.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => Ok(()),
            Self::On(date) => write!(f, "{date}"),
            Self::Between { first, last } => write!(f, "{first}..{last}"),
            Self::Account(who) => write!(f, "account {who}"),
            Self::Status { status, regions } => {
                f.write_str("status")?;
                if let Some(status) = status {
                    write!(f, " {}", subject::typed(status))?;
                }
                regions.iter().try_for_each(|region| write!(f, " {region}"))
            }
            Self::Help => f.write_str("help"),
        }
    }
}

/// Why text is not a question that can be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A date that the calendar does not have (`2026-02-30`, month 13), or one outside the years 1900 to 2200.
    #[error("no such date: {text}")]
    ImpossibleDate {
        /// The date as it was typed, without the rest of a range.
        text: String,
        /// The last day of that month, where the day is wrong and the month is not. Of a month without a year, the
        /// latest that is not after today.
        last_day_of_month: Option<NaiveDate>,
    },
    /// An account is asked for, and not said which.
    #[error("no account is named")]
    WhichAccount,
    /// Nothing that the grammar has.
    #[error("not understood: {text}")]
    Unknown {
        /// As it was typed, trimmed, at most 200 characters.
        text: String,
        /// The nearest text that parses, where there is one that is near.
        suggestion: Option<String>,
    },
}

/// Reads a question that is asked on `today`, a date in the configured time zone.
///
/// Case, width (`２０２６`) and surrounding quotes and punctuation do not matter. A bare weekday lies strictly before
/// `today`; a bare month-day, month or day of the month is the latest that is not after it.
///
/// # Errors
///
/// [`QueryError::ImpossibleDate`] for a date that does not exist; [`QueryError::WhichAccount`] where an account is asked
/// for and none is named; [`QueryError::Unknown`] for any other text that is not in the grammar.
pub fn parse(text: &str, today: NaiveDate) -> Result<Query, QueryError> {
    let text = lexer::trim(text);
    if text.is_empty() {
        return Ok(Query::Now);
    }
    if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
        return Err(QueryError::Unknown {
            text: text[..end].to_owned(),
            suggestion: None,
        });
    }
    read(text, today).unwrap_or_else(|| {
        Err(QueryError::Unknown {
            text: text.to_owned(),
            suggestion: suggest::suggest(text, |corrected| {
                matches!(read(corrected, today), Some(Ok(_)))
            }),
        })
    })
}

/// None if the text is not in the grammar.
fn read(text: &str, today: NaiveDate) -> Option<Result<Query, QueryError>> {
    if let Some(query) = subject::read(text) {
        let fits = |query: &Query| query.to_string().chars().count() <= MAX_CHARS;
        return Some(query).filter(|query| query.as_ref().is_ok_and(fits) || query.is_err());
    }
    let phrase = grammar::phrase(text, &lexer::lex(text))?;
    Some(resolve::resolve(phrase, today))
}

#[cfg(test)]
mod tests;
