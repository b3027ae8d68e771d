//! Words → a phrase: which orders of words mean something.
//!
//! Owns syntax alone. It knows neither what day it is nor which dates exist: `2026-02-30` is well-formed here.

use chrono::Weekday;

use super::lexer::Token;
use super::vocabulary::{Unit, Word};

/// What the whole text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phrase<'a> {
    Now,
    Help,
    One(Said<'a>),
    /// No `to`: until today.
    Range {
        from: Said<'a>,
        to: Option<Said<'a>>,
    },
}

/// A moment, and the text that named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) moment: Moment,
}

/// A day or a span of days, as it was said: numbers are unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Date {
        year: u64,
        month: u64,
        day: u64,
    },
    MonthDay {
        month: u64,
        day: u64,
    },
    DayOfMonth(u64),
    /// Days from today.
    Offset(i32),
    Ago {
        count: u64,
        unit: Unit,
    },
    /// The latest such day before today.
    Weekday(Weekday),
    /// That day of the week that lies `back` weeks before this one.
    WeekdayOfWeek {
        back: u32,
        weekday: Weekday,
    },
    /// The whole calendar week, month, … that lies `back` before this one.
    Calendar {
        back: u32,
        unit: Unit,
    },
    /// That many units up to and including today.
    Rolling {
        count: u64,
        unit: Unit,
    },
    Month {
        year: Option<u64>,
        month: u64,
    },
    Year(u64),
}

/// Reads the words of `text` as one phrase, if they make one.
pub(super) fn phrase<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<Phrase<'a>> {
    match *words(tokens) {
        [Word::Now] => Some(Phrase::Now),
        [Word::Help | Word::Question] => Some(Phrase::Help),
        _ => said(text, tokens)
            .map(Phrase::One)
            .or_else(|| range(text, tokens)),
    }
}

fn words(tokens: &[Token<'_>]) -> Vec<Word> {
    tokens.iter().map(|token| token.word).collect()
}

fn said<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<Said<'a>> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let words = words(tokens);
    let moment = numeric(&words)
        .or_else(|| marked(&words))
        .or_else(|| relative(&words))
        .or_else(|| named(&words))?;
    Some(Said {
        text: &text[first.start..last.end()],
        moment,
    })
}

/// `A..B`, `from A to B`, `AからBまで`; `since A`, `A..`, `Aから`.
fn range<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<Phrase<'a>> {
    let (is_opened, tokens) = match tokens {
        [first, rest @ ..] if first.word == Word::From => (true, rest),
        _ => (false, tokens),
    };
    let tokens = match tokens {
        [rest @ .., last] if last.word == Word::Until => rest,
        _ => tokens,
    };
    let (from, to) = match middle(tokens) {
        Some(middle) => (&tokens[..middle], &tokens[middle + 1..]),
        None if is_opened => (tokens, &[][..]),
        None => return None,
    };
    let from = said(text, from)?;
    let to = match to {
        [] => None,
        to => Some(right_end(text, to, from.moment)?),
    };
    Some(Phrase::Range { from, to })
}

/// Where a range divides: at its only `to`, or else at its only dash, or at the third of the five in
/// `2026-11-01-2026-11-20`.
fn middle(tokens: &[Token<'_>]) -> Option<usize> {
    let places = |word: Word| -> Vec<usize> {
        let is_it = |place: &usize| tokens[*place].word == word;
        (0..tokens.len()).filter(is_it).collect()
    };
    match (&places(Word::To)[..], &places(Word::Separator('-'))[..]) {
        ([to], _) => Some(*to),
        ([], [dash] | [_, _, dash, _, _]) => Some(*dash),
        _ => None,
    }
}

/// `Nov 1-20`, `10月1日〜20日`: a day after a date is in the month of that date.
fn right_end<'a>(text: &'a str, tokens: &[Token<'a>], left: Moment) -> Option<Said<'a>> {
    let lone_number = match *tokens {
        [
            Token {
                word: Word::Number(day),
                text,
                ..
            },
        ] => Some(Said {
            text,
            moment: Moment::DayOfMonth(day),
        }),
        _ => None,
    };
    let right = said(text, tokens).or(lone_number)?;
    let moment = match (left, right.moment) {
        (Moment::Date { year, month, .. }, Moment::DayOfMonth(day)) => {
            Moment::Date { year, month, day }
        }
        (Moment::MonthDay { month, .. }, Moment::DayOfMonth(day)) => {
            Moment::MonthDay { month, day }
        }
        (_, moment) => moment,
    };
    Some(Said { moment, ..right })
}

/// `2026-11-20`, `20261120`, `11/20/2026`, `2026-11`, `11/20`, `2026`.
fn numeric(words: &[Word]) -> Option<Moment> {
    use Word::{Number, Separator};
    match *words {
        [Number(n)] if (10_000_000..100_000_000).contains(&n) => Some(Moment::Date {
            year: n / 10_000,
            month: n / 100 % 100,
            day: n % 100,
        }),
        [Number(year)] if is_year(year) && year < 10_000 => Some(Moment::Year(year)),
        [
            Number(year),
            Separator(_),
            Number(month),
            Separator(_),
            Number(day),
        ]
        | [
            Number(month),
            Separator(_),
            Number(day),
            Separator(_),
            Number(year),
        ] if is_year(year) => Some(Moment::Date { year, month, day }),
        [Number(year), Separator(_), Number(month)]
        | [Number(month), Separator(_), Number(year)]
            if is_year(year) =>
        {
            Some(whole_month(Some(year), month))
        }
        [Number(month), Separator(_), Number(day)] => Some(Moment::MonthDay { month, day }),
        _ => None,
    }
}

/// `2026年11月20日`, `11月20日`, `2026年11月`, `11月`, `2026年`, `20日` and `20th`.
fn marked(words: &[Word]) -> Option<Moment> {
    use Word::{Mark, Number};
    const YEAR: Word = Mark(Unit::Year);
    const MONTH: Word = Mark(Unit::Month);
    const DAY: Word = Mark(Unit::Day);
    match *words {
        [Number(year), YEAR, Number(month), MONTH, Number(day), DAY] => {
            Some(Moment::Date { year, month, day })
        }
        [Number(year), YEAR, Number(month), MONTH] => Some(whole_month(Some(year), month)),
        [Number(year), YEAR] => Some(Moment::Year(year)),
        [Number(month), MONTH, Number(day), DAY] => Some(Moment::MonthDay { month, day }),
        [Number(month), MONTH] => Some(whole_month(None, month)),
        [Number(day), DAY] => Some(Moment::DayOfMonth(day)),
        _ => None,
    }
}

/// `yesterday`, `3 days ago`, `monday`, `monday last week`, `last month`, `past 30 days`.
fn relative(words: &[Word]) -> Option<Moment> {
    use Word::{Ago, Back, Before, Mark, Now, Number, Offset, Past};
    const DAY: Word = Word::Unit(Unit::Day);
    const WEEK: Word = Word::Unit(Unit::Week);
    Some(match *words {
        [Now] => Moment::Offset(0),
        [Offset(days)] => Moment::Offset(days),
        [DAY, Before, Offset(days)] => Moment::Offset(days - 1),
        [Number(count), Word::Unit(unit)] | [Number(count), Word::Unit(unit) | Mark(unit), Ago] => {
            Moment::Ago { count, unit }
        }
        [Word::Weekday(weekday)] | [Back(1) | Past, Word::Weekday(weekday)] => {
            Moment::Weekday(weekday)
        }
        [Back(back), Word::Weekday(weekday)]
        | [Back(back), WEEK, Word::Weekday(weekday)]
        | [Word::Weekday(weekday), Back(back), WEEK] => Moment::WeekdayOfWeek { back, weekday },
        [Back(back), Word::Unit(unit)] => Moment::Calendar { back, unit },
        [Back(1) | Past, Number(count), Word::Unit(unit) | Mark(unit)] => {
            Moment::Rolling { count, unit }
        }
        [Past, Word::Unit(unit)] => Moment::Rolling { count: 1, unit },
        _ => return None,
    })
}

/// `Nov 20`, `20th November, 2026`, `20-Nov-2026`, `november 2026`.
fn named(words: &[Word]) -> Option<Moment> {
    use Word::{Month, Number};
    let words: Vec<Word> = words
        .iter()
        .copied()
        .filter(|word| !matches!(word, Word::Mark(Unit::Day) | Word::Separator(_)))
        .collect();
    match *words {
        [Month(month)] => Some(whole_month(None, month.into())),
        [Month(month), Number(year)] | [Number(year), Month(month)] if is_year(year) => {
            Some(whole_month(Some(year), month.into()))
        }
        [Month(month), Number(day)] | [Number(day), Month(month)] => Some(Moment::MonthDay {
            month: month.into(),
            day,
        }),
        [Month(month), Number(day), Number(year)]
        | [Number(day), Month(month), Number(year)]
        | [Number(year), Month(month), Number(day)]
            if is_year(year) =>
        {
            Some(Moment::Date {
                year,
                month: month.into(),
                day,
            })
        }
        _ => None,
    }
}

fn whole_month(year: Option<u64>, month: u64) -> Moment {
    Moment::Month { year, month }
}

/// Four digits tell a year from a month or a day; whether it is a sensible one is not asked here.
fn is_year(number: u64) -> bool {
    number >= 1000
}
