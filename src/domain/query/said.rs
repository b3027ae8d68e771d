//! Words → a moment with its weekday, time and offset.
//!
//! It finds where the date in a run of words begins and ends. `notation` parses the date.

use chrono::Weekday;

use super::lexer::Token;
use super::moment::{Moment, MomentReading, MomentText, Offset, Time};
use super::notation::{readings, words};
use super::vocabulary::Word;

/// All tokens as one moment, alone or with its weekday and a time.
pub(super) fn said<'a>(text: &'a str, tokens: &[Token<'a>]) -> Option<MomentText<'a>> {
    // `05.11.`
    let tokens = match tokens {
        [
            rest @ ..,
            Token {
                word: Word::Separator('.'),
                ..
            },
        ] => rest,
        tokens => tokens,
    };
    let (first, last) = (tokens.first()?, tokens.last()?);
    let (dated, time) = without_time(tokens)?;
    let (readings, weekday) = match readings(dated) {
        Some(readings) => (readings, None),
        None => with_weekday(dated)?,
    };
    let is_day = readings.iter().all(|reading| reading.moment.is_day());
    (time.is_none() || is_day).then(|| MomentText {
        text: &text[first.start..last.end()],
        readings,
        weekday,
        time,
    })
}

/// `Fri 20 Nov`, `Nov 20 (Fri)`, `Fri 20`, 20日(金).
fn with_weekday(tokens: &[Token<'_>]) -> Option<(Vec<MomentReading>, Option<Weekday>)> {
    let (weekday, rest) = match tokens {
        [
            Token {
                word: Word::Weekday(weekday),
                ..
            },
            rest @ ..,
        ]
        | [
            rest @ ..,
            Token {
                word: Word::Weekday(weekday),
                ..
            },
        ] => (*weekday, rest),
        _ => return None,
    };
    let readings =
        readings(rest).or_else(|| lone_number(rest).map(|day| vec![MomentReading::only(day)]))?;
    let is_day = readings.iter().all(|reading| reading.moment.is_day());
    is_day.then_some((readings, Some(weekday)))
}

/// A day without a month, which depends on the other end of the range.
pub(super) fn lone_number(tokens: &[Token<'_>]) -> Option<Moment> {
    match *words(tokens) {
        [Word::Number(day)] => Some(Moment::DayOfMonth(day)),
        _ => None,
    }
}

/// The tokens before a time, and the time; `None` if something other than an offset follows it.
fn without_time<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(&'t [Token<'a>], Option<Time>)> {
    let is_time = |token: &Token<'_>| matches!(token.word, Word::Time(_));
    let Some(place) = tokens.iter().position(is_time) else {
        return Some((tokens, None));
    };
    let (dated, [time, after @ ..]) = tokens.split_at(place) else {
        return None;
    };
    let Word::Time(seconds) = time.word else {
        return None;
    };
    let (dated, is_stamp) = match dated {
        [dated @ .., Token { word: Word::At, .. }] => (dated, true),
        // `09:00:00-05:00` has an offset, but `09:00-10:30` is a range of 90 minutes.
        dated => (dated, time.length > "09:00".len()),
    };
    let offset = match *words(after) {
        [] => None,
        [Word::Zone(zone)] => Some(Offset::Of(zone)),
        [Word::Plus, amount] => Some(Offset::Minutes(minutes(amount, after[1].length)?)),
        [Word::Separator('-'), Word::Time(_)] if !is_stamp => None,
        [Word::Separator('-'), amount] => Some(Offset::Minutes(-minutes(amount, after[1].length)?)),
        // 10:00〜10:45
        [Word::To, Word::Time(_)] => None,
        _ => return None,
    };
    Some((dated, Some(Time { seconds, offset })))
}

/// `09:00`, `0900` and `09`.
fn minutes(amount: Word, length: usize) -> Option<i32> {
    let minutes = match amount {
        Word::Time(seconds) => seconds / 60,
        Word::Number(hours) if length <= 2 => hours * 60,
        Word::Number(time) if length == 4 => time / 100 * 60 + time % 100,
        _ => return None,
    };
    // Offsets on earth are within these limits.
    i32::try_from(minutes)
        .ok()
        .filter(|minutes| *minutes <= 14 * 60)
}
