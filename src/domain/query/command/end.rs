//! The end of an acceptance: `until 31 Dec`, `for 30d`, 12月31日まで.
//!
//! Dates and lengths are written as in queries, but are in the future: `31 Dec` is the next one.
//! This module finds where the end stops and the reason begins.

use chrono::{Days, NaiveDate};

use super::meaning::CaseCommandError;
use crate::domain::naming::folded;
use crate::domain::query::calendar::{lasting, next_weekday};
use crate::domain::query::extent::{Extent, day_of_month_from, extent, month_day_from};
use crate::domain::query::folded::Folded;
use crate::domain::query::grammar::{Length, length};
use crate::domain::query::lexer::{Token, lex};
use crate::domain::query::moment::{Moment, MomentText};
use crate::domain::query::said::said;
use crate::domain::query::vocabulary::Word;

/// The date of the command, and the limit for the end of an acceptance.
#[derive(Debug, Clone, Copy)]
pub struct CaseLimits {
    /// Today in the configured time zone.
    pub today: NaiveDate,
    /// The most days from today to the end.
    pub longest: Days,
}

/// An end, and the text after it.
pub(super) type ParsedEnd<'a> = (Result<NaiveDate, CaseCommandError>, &'a str);

/// No date has more words.
const DATE_WORDS: usize = 10;
/// No end has more characters.
const END_CHARS: usize = 120;

impl CaseLimits {
    /// `until 31 Dec …`, `for 30d …`, `12月31日まで …`, `30日間 …`; `None` for anything else.
    pub(super) fn end<'a>(&self, text: &'a str) -> Option<ParsedEnd<'a>> {
        let text = text.trim_start();
        let most = text
            .char_indices()
            .nth(END_CHARS)
            .map_or(text.len(), |(end, _)| end);
        let folded_text = Folded::of(&text[..most]);
        let tokens = lex(&folded_text);
        let (first, rest) = tokens.split_first()?;
        if matches!(&*folded(first.text), "until" | "till") {
            return Some(self.until(text, rest));
        }
        let is_for = first.word == Word::For;
        let lengthy = if is_for { rest } else { &tokens[..] };
        if let Some(length) = lengthy.get(..2).and_then(length) {
            return Some((self.after(length), after_length(&text[lengthy[1].end()..])));
        }
        if is_for {
            return Some((Err(not_a_day(text, rest)), ""));
        }
        let is_until = |token: &Token<'_>| token.word == Word::Until;
        let end = tokens.iter().take(DATE_WORDS).position(is_until)?;
        let until = match said(text, &tokens[..end]) {
            Some(said) => self
                .day(&said)
                .unwrap_or_else(|| Err(not_a_day(text, &tokens))),
            None => Err(not_a_day(text, &tokens)),
        };
        Some((until, parted(&text[tokens[end].end()..])))
    }

    /// The longest run of tokens at the beginning that is a valid day.
    fn until<'a>(&self, text: &'a str, tokens: &[Token<'_>]) -> ParsedEnd<'a> {
        let most = tokens.iter().take(DATE_WORDS);
        // A colon ends a date: `until 31 Dec: 27 services are sold`.
        let is_end = |token: &Token<'_>| text[token.end()..].starts_with([':', ';', '：', '；']);
        let most = most
            .clone()
            .position(is_end)
            .map_or(most.len(), |last| last + 1);
        let days = (1..=most).rev().filter_map(|count| {
            let day = self.day(&said(text, &tokens[..count])?)?;
            Some((day, count))
        });
        let days: Vec<_> = days.collect();
        let possible = days.iter().find(|(day, _)| day.is_ok());
        let Some((day, count)) = possible.or(days.first()) else {
            return (Err(not_a_day(text, tokens)), "");
        };
        let closing = tokens.get(*count).filter(|token| token.word == Word::Until);
        let last = closing.unwrap_or(&tokens[count - 1]);
        (day.clone(), parted(&text[last.end()..]))
    }

    /// `None` if there is no such future day.
    fn day(&self, said: &MomentText<'_>) -> Option<Result<NaiveDate, CaseCommandError>> {
        if said.time.is_some() {
            return None;
        }
        let readings = said.readings.iter();
        let days = readings.filter_map(|reading| ahead(reading.moment, self.today));
        let days: Vec<_> = days
            .filter(|day| said.has(*day))
            .map(|day| self.checked(day))
            .collect();
        let possible = days.iter().find(|day| day.is_ok());
        possible.or(days.first()).cloned()
    }

    fn after(&self, length: Length) -> Result<NaiveDate, CaseCommandError> {
        let last = lasting(self.today, length.count, length.unit);
        match last.and_then(|last| last.succ_opt()) {
            Some(until) => self.checked(until),
            None => Err(self.too_far()),
        }
    }

    fn checked(&self, until: NaiveDate) -> Result<NaiveDate, CaseCommandError> {
        if until <= self.today {
            return Err(CaseCommandError::NotAfterToday { until });
        }
        if until > self.latest() {
            return Err(self.too_far());
        }
        Ok(until)
    }

    fn too_far(&self) -> CaseCommandError {
        CaseCommandError::TooFar {
            latest: self.latest(),
        }
    }

    /// The latest allowed end.
    pub fn latest(&self) -> NaiveDate {
        self.today
            .checked_add_days(self.longest)
            .unwrap_or(NaiveDate::MAX)
    }
}

/// The first such day after `today`; if the year is given, that day.
fn ahead(moment: Moment, today: NaiveDate) -> Option<NaiveDate> {
    let tomorrow = today.succ_opt()?;
    match moment {
        Moment::MonthDay { month, day } => month_day_from(tomorrow, month, day).ok(),
        Moment::DayOfMonth(day) => day_of_month_from(tomorrow, day),
        Moment::Weekday { weekday, weeks: 0 } => next_weekday(weekday, tomorrow),
        moment => match extent(moment, today).and_then(Extent::checked) {
            Ok(Extent::Day(day)) => Some(day),
            _ => None,
        },
    }
}

/// Removes the sign between the end and the reason.
fn parted(text: &str) -> &str {
    text.strip_prefix([':', ';', ',', '：', '；', '，', '、'])
        .unwrap_or(text)
}

/// 3か月間, 30日の間.
fn after_length(text: &str) -> &str {
    parted(
        text.strip_prefix('の')
            .unwrap_or(text)
            .trim_start_matches('間'),
    )
}

/// The error for the first word that should be a date.
fn not_a_day(text: &str, tokens: &[Token<'_>]) -> CaseCommandError {
    let typed = tokens.first().map_or("", |first| &text[first.start..]);
    let word = typed.split_whitespace().next().unwrap_or_default();
    CaseCommandError::NotADay {
        text: word.to_owned(),
    }
}
