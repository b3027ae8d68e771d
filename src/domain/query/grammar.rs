//! Words → a phrase.
//!
//! It knows how moments form a period: ranges and lengths. `said` parses single moments.

use super::lexer::Token;
use super::moment::{Moment, MomentReading, MomentText};
use super::notation::words;
use super::said::{lone_number, said};
use super::vocabulary::{Unit, Word};

/// The meaning of the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phrase<'a> {
    Now,
    Help,
    One(MomentText<'a>),
    /// Without `to`: until today.
    Range {
        from: MomentText<'a>,
        to: Option<MomentText<'a>>,
    },
    /// A length from a first day on.
    From {
        first: MomentText<'a>,
        length: Length,
    },
    /// A length up to a last day.
    UpTo {
        length: Length,
        last: MomentText<'a>,
    },
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) count: u64,
    pub(super) unit: Unit,
}

/// Parses all words of `text` as one phrase, if possible.
pub(super) fn phrase<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<Phrase<'a>> {
    match *words(tokens) {
        [Word::Now] => return Some(Phrase::Now),
        [Word::Help | Word::Question] => return Some(Phrase::Help),
        _ => {}
    }
    let tokens = match tokens {
        [
            Token {
                word: Word::For, ..
            },
            rest @ ..,
        ] => rest,
        tokens => tokens,
    };
    said(text, tokens)
        .map(Phrase::One)
        .or_else(|| lasting(text, tokens))
        .or_else(|| range(text, tokens))
}

/// `20 Nov for 3 days`, `for 3 days from 20 Nov`, `3 days to 20 Nov`; `11月1日から5日間`, `20日までの3日間`.
fn lasting<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<Phrase<'a>> {
    let tokens = without(tokens, |token| token.word == Word::Until, RangeEnd::Last);
    let opened = without(tokens, |token| token.word == Word::From, RangeEnd::First);
    let parting =
        |token: &Token<'_>| matches!(token.word, Word::From | Word::To | Word::For | Word::Until);
    let place = opened.iter().position(parting)?;
    let (before, after) = (&opened[..place], &opened[place + 1..]);
    let first = |tokens: &[Token<'a>]| said(text, tokens);
    match opened[place].word {
        Word::From => {
            let (length, first) = length(before).zip(first(after))?;
            Some(Phrase::From { first, length })
        }
        Word::For => {
            let (first, length) = first(before).zip(length(after))?;
            Some(Phrase::From { first, length })
        }
        Word::To => match (length(before), length(after)) {
            (None, Some(length)) => Some(Phrase::From {
                first: first(before)?,
                length,
            }),
            (Some(length), None) => Some(Phrase::UpTo {
                length,
                last: first(after)?,
            }),
            _ => None,
        },
        _ => {
            let (last, length) = first(before).zip(length(after))?;
            Some(Phrase::UpTo { length, last })
        }
    }
}

/// A length in words.
pub(super) fn length(tokens: &[Token<'_>]) -> Option<Length> {
    match *words(tokens) {
        [Word::Number(count), Word::Unit(unit)] => Some(Length { count, unit }),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RangeEnd {
    First,
    Last,
}

/// The tokens without the one at an end, if it matches.
fn without<'t, 'a>(
    tokens: &'t [Token<'a>],
    is_such: impl Fn(&Token<'a>) -> bool,
    end: RangeEnd,
) -> &'t [Token<'a>] {
    match (end, tokens) {
        (RangeEnd::First, [first, rest @ ..]) if is_such(first) => rest,
        (RangeEnd::Last, [rest @ .., last]) if is_such(last) => rest,
        _ => tokens,
    }
}

/// `A..B`, `from A to B`, `AからBまで`; `since A`, `A..`, `Aから`; `last week from A to B`.
fn range<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<Phrase<'a>> {
    let opened = without(tokens, |token| token.word == Word::From, RangeEnd::First);
    let is_opened = opened.len() < tokens.len();
    let tokens = without(opened, |token| token.word == Word::Until, RangeEnd::Last);
    let tokens = &without_inner_from(tokens)[..];
    let (left, right) = match middle(tokens) {
        Some(middle) => (&tokens[..middle], &tokens[middle + 1..]),
        None if is_opened => (tokens, &[][..]),
        None => return None,
    };
    if right.is_empty() {
        let from = said(text, left)?;
        return Some(Phrase::Range { from, to: None });
    }
    let (from, to) = two_ends(text, left, right)?;
    let from = in_month_of_right(from, &to);
    let to = in_month_of_left(to, &from);
    Some(Phrase::Range { from, to: Some(to) })
}

/// `last week from monday to friday`.
fn without_inner_from<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let kept = tokens.iter().filter(|token| token.word != Word::From);
    kept.copied().collect()
}

/// The position at which a range divides: at its only `to`, or else at its only dash, or at the
/// third of the five in `2026-11-01-2026-11-20`.
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

/// Both ends of a range. One of them can be a bare number: `16 – 22 Nov`, `Nov 1-20`.
fn two_ends<'a>(
    text: &'a str,
    left: &[Token<'a>],
    right: &[Token<'a>],
) -> Option<(MomentText<'a>, MomentText<'a>)> {
    let bare =
        |tokens: &[Token<'a>]| Some(MomentText::one(tokens.first()?.text, lone_number(tokens)?));
    match (said(text, left), said(text, right)) {
        (Some(from), Some(to)) => Some((from, to)),
        (Some(from), None) => match bare(right) {
            Some(to) => Some((from, to)),
            None => one_year(from, right),
        },
        (None, Some(to)) => {
            let has_month = to.readings.iter().all(|reading| {
                use Moment::{Date, DayOfMonth, MonthDay};
                matches!(
                    reading.moment,
                    Date { .. } | MonthDay { .. } | DayOfMonth(_)
                )
            });
            Some((bare(left).filter(|_| has_month)?, to))
        }
        (None, None) => None,
    }
}

/// `Nov 16-22, 2026`: the year is only at the end.
fn one_year<'a>(
    from: MomentText<'a>,
    right: &[Token<'a>],
) -> Option<(MomentText<'a>, MomentText<'a>)> {
    let ([Word::Number(last), Word::Number(year @ 1000..)], [MomentReading { moment, .. }]) =
        (&words(right)[..], &from.readings[..])
    else {
        return None;
    };
    let Moment::MonthDay { month, day } = *moment else {
        return None;
    };
    let date = |day| Moment::Date {
        year: *year,
        month,
        day,
    };
    let to = MomentText::one(right.first()?.text, date(*last));
    let from = MomentText {
        readings: MomentText::one(from.text, date(day)).readings,
        ..from
    };
    Some((from, to))
}

/// `16 – 22 Nov 2026`: a day before a date is in the same month or the previous one.
fn in_month_of_right<'a>(from: MomentText<'a>, to: &MomentText<'_>) -> MomentText<'a> {
    in_month(from, to, |day, other| if day > other { -1 } else { 0 })
}

/// `Nov 1-20`, `10月1日〜20日`: a day after a date is in the same month or the next one.
fn in_month_of_left<'a>(to: MomentText<'a>, from: &MomentText<'_>) -> MomentText<'a> {
    in_month(to, from, |day, other| i64::from(day < other))
}

fn in_month<'a>(
    said: MomentText<'a>,
    other: &MomentText<'_>,
    months: impl Fn(u64, u64) -> i64,
) -> MomentText<'a> {
    let [
        MomentReading {
            moment: Moment::DayOfMonth(day),
            ..
        },
    ] = said.readings[..]
    else {
        return said;
    };
    let in_month = |reading: &MomentReading| {
        let moment = match reading.moment {
            Moment::Date {
                year,
                month,
                day: other,
            } => {
                let (years, month) = shifted(month, months(day, other));
                Moment::Date {
                    year: year.saturating_add_signed(years),
                    month,
                    day,
                }
            }
            Moment::MonthDay { month, day: other } => {
                let (_, month) = shifted(month, months(day, other));
                Moment::MonthDay { month, day }
            }
            _ => Moment::DayOfMonth(day),
        };
        MomentReading { moment, ..*reading }
    };
    let readings = other.readings.iter().map(in_month).collect();
    MomentText { readings, ..said }
}

/// The month this many months later: the difference in years, and the month.
fn shifted(month: u64, months: i64) -> (i64, u64) {
    match (month, months) {
        (12, 1) => (1, 1),
        (1, -1) => (-1, 12),
        (month, months) => (0, month.saturating_add_signed(months)),
    }
}
