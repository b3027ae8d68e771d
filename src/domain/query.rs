//! The grammar of questions: text + today → [`Query`], in English and Japanese.
//!
//! Owns what a question means. It does no I/O, reads no clock, and words nothing for people: an error is a fact that a
//! view puts into a sentence.
//!
//! A text that begins with what it is about, an account or a status, is read by `subject` and `status`. Any other is
//! about dates and passes through four steps:
//!
//! - `folded` and `lexer`: characters → words of the `vocabulary`;
//! - `notation`, `said` and `grammar`: words → `moment`s → a phrase;
//! - `extent`, `choice` and `resolve`: a phrase and today → dates, by the `calendar`;
//! - `suggest`, where these find nothing: did you mean.
//!
//! `command` reads what is no question, because it changes something: `ack`, `take`.
//!
//! A period is all that changed on its days, the first and the last included, in whatever form it was typed: `A..B`,
//! `last week`, `november`, `past 7 days`. Which snapshots that takes is the business of whoever loads them.

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
    /// The members in some statuses.
    Status {
        /// The statuses, in order, each once: such as are known, or any others by their letters and digits alone, as
        /// [`is_called`] compares them. None of them asks for the number of members in each.
        statuses: Vec<MemberStatus>,
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
    /// The one with this name, as [`folded_name`](super::naming::folded_name) writes it; never empty.
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

/// A question, and what about reading it the answer has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// What was asked.
    pub query: Query,
    /// How the text was read where it could be read in more than one way.
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

/// How a text was read, where that is worth a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Digits that may be more than one date.
    Read {
        /// As they were typed.
        text: String,
        /// The date that was taken.
        date: NaiveDate,
        /// The others that they may be; never empty.
        others: Vec<NaiveDate>,
    },
    /// A period that goes on ends today.
    UntilToday {
        /// The last day that was asked for.
        asked: NaiveDate,
    },
}

/// Why a text that is understood cannot be answered as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// The end of a range is before its start.
    EndsBeforeStart,
    /// This date does not fall on the weekday that stands with it.
    WrongWeekday(NaiveDate),
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
    /// The text contradicts itself: what was meant is asked back.
    #[error("unclear: {text}")]
    Unclear {
        /// As it was typed.
        text: String,
        /// What is wrong with it.
        why: Unclear,
        /// What may have been meant, the likeliest first.
        meant: Vec<Query>,
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
/// Case, width (`２０２６`), letters that nobody sees, and surrounding quotes and punctuation do not matter. A bare
/// weekday lies strictly before `today`; a bare month-day, month or day of the month is the latest that is not after it.
/// A timestamp with an offset is the date on which it falls in `zone`.
///
/// # Errors
///
/// [`QueryError::ImpossibleDate`] for a date that does not exist; [`QueryError::Unclear`] for one that contradicts
/// itself; [`QueryError::WhichAccount`] where an account is asked for and none is named; [`QueryError::Unknown`] for any
/// other text that is not in the grammar.
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

/// The same without a time zone, for text that is no timestamp and needs no remark: canonical text above all.
///
/// # Errors
///
/// As [`understand`].
pub fn parse(text: &str, today: NaiveDate) -> Result<Query, QueryError> {
    understand(text, today, Tz::UTC).map(|understood| understood.query)
}

/// The text without the zone's name at its end: people copy a line with it.
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

/// None if the text is not in the grammar.
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
