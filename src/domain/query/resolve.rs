//! A phrase + today → a [`Query`]: which days were meant.
//!
//! Owns the calendar: what exists, which year a bare date belongs to, where a span ends. Knows no spelling.

use std::ops::RangeInclusive;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::grammar::{Moment, Phrase, Said};
use super::vocabulary::Unit;
use super::{Query, QueryError};

/// Outside of these a year is a slip of the keyboard.
const YEARS: RangeInclusive<i32> = 1900..=2200;

/// Leap days are at most eight years apart (1896 to 1904).
const LEAP_GAP: i32 = 8;

/// Finds the days that the phrase means when it is said on `today`.
pub(super) fn resolve(phrase: Phrase<'_>, today: NaiveDate) -> Result<Query, QueryError> {
    match phrase {
        Phrase::Now => Ok(Query::Now),
        Phrase::Help => Ok(Query::Help),
        Phrase::One(said) => match said.extent(today)? {
            Extent::Day(date) => Ok(Query::On(date)),
            span @ Extent::Span { .. } => Ok(between(span, span, today)),
        },
        Phrase::Range { from, to: None } => {
            Ok(between(from.extent(today)?, Extent::Day(today), today))
        }
        Phrase::Range { from, to: Some(to) } => {
            let (left, right) = ends(&from, &to, today)?;
            Ok(between(left, right, today))
        }
    }
}

/// The days that a moment covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Day(NaiveDate),
    Span { first: NaiveDate, last: NaiveDate },
}

impl Extent {
    fn first(self) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::Span { first, .. } => first,
        }
    }

    fn last(self) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::Span { last, .. } => last,
        }
    }

    /// Refuses `last 0 days`, and dates beyond [`YEARS`].
    fn checked(self) -> Result<Self, Impossible> {
        let is_near = |date: NaiveDate| YEARS.contains(&date.year());
        Some(self)
            .filter(|e| e.first() <= e.last() && is_near(e.first()) && is_near(e.last()))
            .ok_or(NOWHERE)
    }
}

/// From the first day of one extent to the last of another. A span that has begun ends today at the latest.
fn between(left: Extent, right: Extent, today: NaiveDate) -> Query {
    let (left, right) = if right.last() < left.first() {
        (right, left)
    } else {
        (left, right)
    };
    let first = left.first();
    let last = match right {
        Extent::Span { first, last } if first <= today => last.min(today),
        right => right.last(),
    };
    Query::period(first.min(last), first.max(last))
}

/// The two ends of a range. What is said without a year or a week is read so that the range runs forward.
fn ends(from: &Said<'_>, to: &Said<'_>, today: NaiveDate) -> Result<(Extent, Extent), QueryError> {
    let left = from.extent(today)?;
    let right = match to.moment {
        Moment::MonthDay { month, day } => month_day_from(left.first(), month, day)
            .map(|next| {
                not_ahead(
                    next,
                    latest_month_day(month, day, left.first()),
                    left,
                    today,
                )
            })
            .and_then(Extent::checked)
            .map_err(|impossible| to.error(impossible))?,
        Moment::DayOfMonth(day) => day_of_month_from(left.first(), day)
            .map(|next| not_ahead(next, latest_day_of_month(day, left.first()), left, today))
            .ok_or(NOWHERE)
            .and_then(Extent::checked)
            .map_err(|impossible| to.error(impossible))?,
        _ => to.extent(today)?,
    };
    // `friday..monday`, `october..november 2025`, `Nov 1 to Nov 20, 2025`: the left end as of the right.
    let depends_on_right = matches!(
        (from.moment, to.moment),
        (Moment::Weekday(_), Moment::Weekday(_))
            | (Moment::Month { year: None, .. }, _)
            | (Moment::MonthDay { .. }, Moment::Date { .. })
    );
    if depends_on_right && right.last() < left.first() {
        return Ok((from.extent(right.last())?, right));
    }
    Ok((left, right))
}

/// The first such day from `left` on.
fn month_day_from(left: NaiveDate, month: u64, day: u64) -> Result<NaiveDate, Impossible> {
    let from_left = |date: &NaiveDate| *date >= left;
    let years = || (0..=LEAP_GAP).map(|ahead| left.year() + ahead);
    years()
        .filter_map(|year| date(year, month, day))
        .find(from_left)
        .ok_or_else(|| Impossible {
            last_day: years()
                .filter_map(|year| last_day(year, month))
                .find(from_left),
        })
}

/// The first day with that number from `left` on.
fn day_of_month_from(left: NaiveDate, day: u64) -> Option<NaiveDate> {
    (0..=2)
        .filter_map(|ahead| left.checked_add_months(Months::new(ahead)))
        .filter_map(|then| date(then.year(), then.month().into(), day))
        .find(|date| *date >= left)
}

/// The right end of a range, without a year: `next` after the left. If that is still to come: today, or `before` the
/// left if that is nearer, for then the ends were given in reverse.
fn not_ahead(next: NaiveDate, before: Option<NaiveDate>, left: Extent, today: NaiveDate) -> Extent {
    let left = left.first();
    let is_nearer = |before: &NaiveDate| left - *before < next - left;
    Extent::Day(if next <= today || left > today {
        next
    } else {
        before.filter(is_nearer).unwrap_or(today)
    })
}

/// No such day; the last day of its month, where the month exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Impossible {
    last_day: Option<NaiveDate>,
}

const NOWHERE: Impossible = Impossible { last_day: None };

impl Said<'_> {
    fn extent(&self, today: NaiveDate) -> Result<Extent, QueryError> {
        extent(self.moment, today)
            .and_then(Extent::checked)
            .map_err(|impossible| self.error(impossible))
    }

    fn error(&self, Impossible { last_day }: Impossible) -> QueryError {
        QueryError::ImpossibleDate {
            text: self.text.to_owned(),
            last_day_of_month: last_day.filter(|date| YEARS.contains(&date.year())),
        }
    }
}

fn extent(moment: Moment, today: NaiveDate) -> Result<Extent, Impossible> {
    let day = |date: Option<NaiveDate>| date.map(Extent::Day).ok_or(NOWHERE);
    let span = |first: Option<NaiveDate>, last: Option<NaiveDate>| {
        let (first, last) = first.zip(last).ok_or(NOWHERE)?;
        Ok(Extent::Span { first, last })
    };
    match moment {
        Moment::Date {
            year,
            month,
            day: number,
        } => full_date(year, month, number).map(Extent::Day),
        Moment::MonthDay { month, day: number } => latest_month_day(month, number, today)
            .map(Extent::Day)
            .ok_or_else(|| Impossible {
                last_day: latest_last_day(month, today),
            }),
        Moment::DayOfMonth(number) => day(latest_day_of_month(number, today)),
        Moment::Offset(days) => day(plus(today, days)),
        Moment::Ago { count, unit } => day(minus(today, count, unit)),
        Moment::Weekday(weekday) => day(latest_weekday(weekday, today)),
        Moment::WeekdayOfWeek { back, weekday } => {
            let monday = start(Unit::Week, today).and_then(|m| minus(m, back.into(), Unit::Week));
            day(monday.and_then(|m| m.checked_add_days(since_monday(weekday))))
        }
        Moment::Calendar { back, unit } => {
            let first = start(unit, today).and_then(|first| minus(first, back.into(), unit));
            span(first, first.and_then(|first| end(unit, first)))
        }
        Moment::Rolling { count, unit } => {
            let before = minus(today, count, unit);
            span(before.and_then(|date| date.succ_opt()), Some(today))
        }
        Moment::Month { year, month } => {
            let first = match year {
                Some(year) => i32::try_from(year).ok().and_then(|y| date(y, month, 1)),
                None => latest_month_day(month, 1, today),
            };
            span(first, first.and_then(|first| end(Unit::Month, first)))
        }
        Moment::Year(year) => {
            let first = i32::try_from(year).ok().and_then(|y| date(y, 1, 1));
            span(first, first.and_then(|first| end(Unit::Year, first)))
        }
    }
}

fn full_date(year: u64, month: u64, day: u64) -> Result<NaiveDate, Impossible> {
    let year = i32::try_from(year).map_err(|_| NOWHERE)?;
    date(year, month, day).ok_or_else(|| Impossible {
        last_day: last_day(year, month),
    })
}

fn date(year: i32, month: u64, day: u64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month.try_into().ok()?, day.try_into().ok()?)
}

/// The latest such day that is not after `today`.
fn latest_month_day(month: u64, day: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=LEAP_GAP)
        .filter_map(|back| date(today.year() - back, month, day))
        .find(|date| *date <= today)
}

/// The latest last day of such a month that is not after `today`.
fn latest_last_day(month: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=1)
        .filter_map(|back| last_day(today.year() - back, month))
        .find(|last| *last <= today)
}

fn last_day(year: i32, month: u64) -> Option<NaiveDate> {
    end(Unit::Month, date(year, month, 1)?)
}

/// The latest day with that number that is not after `today`; no two months in a row lack one.
fn latest_day_of_month(day: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=2)
        .filter_map(|back| today.checked_sub_months(Months::new(back)))
        .filter_map(|then| date(then.year(), then.month().into(), day))
        .find(|date| *date <= today)
}

/// The latest such day strictly before `today`: on a Monday, `monday` is a week ago.
fn latest_weekday(weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    (1..=7)
        .filter_map(|back| today.checked_sub_days(Days::new(back)))
        .find(|date| date.weekday() == weekday)
}

fn since_monday(weekday: Weekday) -> Days {
    Days::new(weekday.num_days_from_monday().into())
}

/// The first day of the unit that `date` lies in.
fn start(unit: Unit, date: NaiveDate) -> Option<NaiveDate> {
    match unit {
        Unit::Day => Some(date),
        Unit::Week => date.checked_sub_days(since_monday(date.weekday())),
        Unit::Month => date.with_day(1),
        Unit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
    }
}

/// The last day of the unit that begins with `first`.
fn end(unit: Unit, first: NaiveDate) -> Option<NaiveDate> {
    match unit {
        Unit::Day => Some(first),
        Unit::Week => first.checked_add_days(Days::new(6)),
        Unit::Month => first.checked_add_months(Months::new(1))?.pred_opt(),
        Unit::Year => first.checked_add_months(Months::new(12))?.pred_opt(),
    }
}

fn plus(date: NaiveDate, days: i32) -> Option<NaiveDate> {
    date.checked_add_signed(chrono::TimeDelta::days(days.into()))
}

/// Months and years end on the last day of a shorter month: one month before 31 March is 28 February.
fn minus(date: NaiveDate, count: u64, unit: Unit) -> Option<NaiveDate> {
    let months = |count: u64| {
        let count = u32::try_from(count).ok()?;
        date.checked_sub_months(Months::new(count))
    };
    match unit {
        Unit::Day => date.checked_sub_days(Days::new(count)),
        Unit::Week => date.checked_sub_days(Days::new(count.checked_mul(7)?)),
        Unit::Month => months(count),
        Unit::Year => months(count.checked_mul(12)?),
    }
}
