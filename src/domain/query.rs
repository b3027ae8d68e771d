//! The grammar of queries: text + today → [`Query`], in English and Japanese.
//!
//! It owns the meaning of a query. It does no I/O, reads no clock, and has no texts for people:
//! errors are values that a view puts into a sentence.
//!
//! Text that begins with its subject, an account or a status, is read by `subject` and `status`.
//! Other text is about dates and is read in four steps:
//!
//! - `folded` and `lexer`: characters → words of the `vocabulary`;
//! - `notation`, `said` and `grammar`: words → `moment`s → a phrase;
//! - `extent`, `choice` and `resolve`: a phrase and today → dates, by the `calendar`;
//! - `suggest`, if that fails: "did you mean".
//!
//! `command` reads commands that change something, which are not queries: `ack`, `take`.
//!
//! A period covers all changes on its days, both inclusive, in any notation: `A..B`, `last week`,
//! `november`, `past 7 days`. The caller decides which snapshots that needs.

mod calendar;
mod choice;
mod command;
mod extent;
mod folded;
mod grammar;
mod lexer;
mod moment;
mod notation;
mod resolve;
mod said;
mod status;
mod subject;
mod suggest;
mod vocabulary;

use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::hub::Region;
use super::member::{AccountId, MemberStatus};

pub use super::naming::nearest_name;
pub use command::{
    CaseCommand, CaseCommandError, CaseLimits, CaseRequest, CaseVerb, case_command, case_verb,
};
use folded::Folded;
pub use status::{can_be_asked, is_called, typed as typed_status};

/// Longer text is rejected as a query.
const MAX_CHARS: usize = 200;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A live check, and today's changes.
    Now,
    /// The changes on that date. It can be in the future: the caller answers with the range that
    /// exists.
    On(NaiveDate),
    /// The changes from the first to the last day, both inclusive; `first` < `last`. Both can be
    /// in the future.
    Between {
        /// The first date whose changes are in the answer.
        first: NaiveDate,
        /// The last date whose changes are in the answer.
        last: NaiveDate,
    },
    /// The history of one account, and its status in every hub.
    Account(Named),
    /// The members with some statuses.
    Status {
        /// The statuses, sorted, each once. Unknown ones consist of letters and digits only, as
        /// [`is_called`] compares them. If empty, the query is for the number of members in each
        /// status.
        statuses: Vec<MemberStatus>,
        /// The Regions, sorted, each once. If empty, all Regions.
        regions: Vec<Region>,
    },
    /// The help.
    Help,
}

impl Query {
    /// All changes from `first` to `last`, both inclusive; `first` ≤ `last`.
    pub fn period(first: NaiveDate, last: NaiveDate) -> Self {
        if first == last {
            Self::On(first)
        } else {
            Self::Between { first, last }
        }
    }
}

/// An account in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By its ID.
    Id(AccountId),
    /// By its name, in the form of [`folded_name`](super::naming::folded_name); never empty.
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

/// Canonical text, which [`parse`] reads as the same query on any day.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => Ok(()),
            Self::On(date) => write!(f, "{date}"),
            Self::Between { first, last } => write!(f, "{first}..{last}"),
            Self::Account(who) => write!(f, "account {who}"),
            Self::Status { statuses, regions } => {
                f.write_str("status")?;
                for (index, asked) in statuses.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "," };
                    write!(f, "{separator} {}", status::typed(asked))?;
                }
                regions.iter().try_for_each(|region| write!(f, " {region}"))
            }
            Self::Help => f.write_str("help"),
        }
    }
}

/// A parsed query, with notes for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// The query.
    pub query: Query,
    /// The readings of ambiguous text.
    pub notes: Vec<Note>,
}

impl From<Query> for Understood {
    fn from(query: Query) -> Self {
        Self {
            query,
            notes: Vec::new(),
        }
    }
}

/// A reading of a text that the answer should mention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Digits that can be more than one date.
    Read {
        /// The digits as typed.
        text: String,
        /// The date that was used.
        date: NaiveDate,
        /// The other possible dates; never empty.
        others: Vec<NaiveDate>,
    },
    /// A current period was cut to end today.
    UntilToday {
        /// The last day of the whole period.
        asked: NaiveDate,
    },
}

/// The reason that parsed text has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// The end of a range is before its start.
    EndsBeforeStart,
    /// This date does not fall on the given weekday.
    WrongWeekday(NaiveDate),
}

/// The reason that text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A date that does not exist (`2026-02-30`, month 13), or outside the years 1900 to 2200.
    #[error("no such date: {text}")]
    ImpossibleDate {
        /// The date as typed, without the rest of a range.
        text: String,
        /// The last day of that month, if only the day is wrong. Without a year, the latest such
        /// month that is not after today.
        last_day_of_month: Option<NaiveDate>,
    },
    /// The text contradicts itself.
    #[error("unclear: {text}")]
    Unclear {
        /// The text as typed.
        text: String,
        /// The contradiction.
        why: Unclear,
        /// Possible meanings, the most likely first.
        meant: Vec<Query>,
    },
    /// An account query without an account.
    #[error("no account is named")]
    WhichAccount,
    /// Not in the grammar.
    #[error("not understood: {text}")]
    Unknown {
        /// The text as typed, trimmed, at most 200 characters.
        text: String,
        /// The most similar text that parses, if there is one.
        suggestion: Option<String>,
    },
}

/// Parses a query that is asked on `today`, a date in the configured time zone.
///
/// Case, width (`２０２６`), invisible characters, and surrounding quotes and punctuation don't
/// matter. A bare weekday is strictly before `today`. A bare month-day, month or day of the month
/// is the latest one that is not after it. A timestamp with an offset is its date in `zone`.
///
/// # Errors
///
/// [`QueryError::ImpossibleDate`] for a date that does not exist; [`QueryError::Unclear`] for a
/// contradiction; [`QueryError::WhichAccount`] for an account query without an account;
/// [`QueryError::Unknown`] for other text that is not in the grammar.
pub fn understand(text: &str, today: NaiveDate, zone: Tz) -> Result<Understood, QueryError> {
    let text = without_zone(text, zone);
    let whole = Folded::of(text);
    let bare = folded::bare(whole.text());
    let text = cut(whole.typed(bare.clone()));
    if bare.is_empty() {
        return Ok(Query::Now.into());
    }
    let unknown = |suggestion| QueryError::Unknown {
        text: text.to_owned(),
        suggestion,
    };
    if whole.text()[bare.clone()].chars().count() > MAX_CHARS {
        return Err(unknown(None));
    }
    let typed = whole.typed(bare);
    let read = |text: &str| read(text, today, zone);
    read(typed).unwrap_or_else(|| {
        Err(unknown(suggest::suggest(typed, |corrected| {
            matches!(read(corrected), Some(Ok(_)))
        })))
    })
}

/// The same without a time zone, for text without timestamps and notes, such as canonical text.
///
/// # Errors
///
/// As [`understand`].
pub fn parse(text: &str, today: NaiveDate) -> Result<Query, QueryError> {
    understand(text, today, Tz::UTC).map(|understood| understood.query)
}

/// Removes the name of the time zone at the end, because people copy lines that contain it.
fn without_zone(text: &str, zone: Tz) -> &str {
    let suffix = format!("({zone})");
    text.trim_end().strip_suffix(&suffix).unwrap_or(text)
}

fn cut(text: &str) -> &str {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// `None` if the text is not in the grammar.
fn read(text: &str, today: NaiveDate, zone: Tz) -> Option<Result<Understood, QueryError>> {
    let folded = Folded::of(text);
    if let Some(query) = subject::read(folded.text()) {
        let fits = |query: &Query| query.to_string().chars().count() <= MAX_CHARS;
        let query = Some(query).filter(|query| query.as_ref().is_ok_and(fits) || query.is_err());
        return query.map(|query| query.map(Understood::from));
    }
    let phrase = grammar::phrase(text, &lexer::lex(&folded))?;
    let asking = choice::Asking { text, today, zone };
    Some(resolve::resolve(phrase, &asking))
}

#[cfg(test)]
mod tests;
