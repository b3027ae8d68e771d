//! A moment + today → the days that it covers.
//!
//! It decides which days these are and whether they exist. `resolve` combines them to ranges.

use std::ops::RangeInclusive;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::calendar::{
    LEAP_GAP, date, end, iso_week, last_day, lasting_until, latest_day_of_month, latest_iso_week,
    latest_last_day, latest_month_day, latest_quarter, latest_weekday, minus, plus, quarter, start,
    weekday_of,
};
use super::moment::Moment;
use super::vocabulary::Unit;

/// Other years are typing errors.
pub(super) const YEARS: RangeInclusive<i32> = 1900..=2200;

/// The days that a moment covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Day(NaiveDate),
    Span { first: NaiveDate, last: NaiveDate },
}

impl Extent {
    pub(super) fn first(self) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::Span { first, .. } => first,
        }
    }

    pub(super) fn last(self) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::Span { last, .. } => last,
        }
    }

    /// Rejects `last 0 days`, and dates outside [`YEARS`].
    pub(super) fn checked(self) -> Result<Self, Impossible> {
        let is_near = |date: NaiveDate| YEARS.contains(&date.year());
        Some(self)
            .filter(|e| e.first() <= e.last() && is_near(e.first()) && is_near(e.last()))
            .ok_or(NOWHERE)
    }
}

/// There is no such day. It has the last day of the month, if the month exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Impossible {
    pub(super) last_day: Option<NaiveDate>,
}

pub(super) const NOWHERE: Impossible = Impossible { last_day: None };

/// The first such day from `left` on.
pub(super) fn month_day_from(
    left: NaiveDate,
    month: u64,
    day: u64,
) -> Result<NaiveDate, Impossible> {
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
pub(super) fn day_of_month_from(left: NaiveDate, day: u64) -> Option<NaiveDate> {
    (0..=2)
        .filter_map(|ahead| left.checked_add_months(Months::new(ahead)))
        .filter_map(|then| date(then.year(), then.month().into(), day))
        .find(|date| *date >= left)
}

pub(super) fn extent(moment: Moment, today: NaiveDate) -> Result<Extent, Impossible> {
    let day = |date: Option<NaiveDate>| date.map(Extent::Day).ok_or(NOWHERE);
    let span = |first: Option<NaiveDate>, last: Option<NaiveDate>| {
        let (first, last) = first.zip(last).ok_or(NOWHERE)?;
        Ok(Extent::Span { first, last })
    };
    let whole = |unit, first: Option<NaiveDate>| span(first, first.and_then(|f| end(unit, f)));
    let year_of = |year: u64| i32::try_from(year).ok();
    let first = |year: Option<u64>, of: &dyn Fn(i32) -> Option<NaiveDate>, latest| match year {
        Some(year) => year_of(year).and_then(of),
        None => latest,
    };
    match moment {
        Moment::Date {
            year,
            month,
            day: number,
        } => full_date(year, month, number).map(Extent::Day),
        Moment::MonthDay { month, day: number } => month_day(month, number, today).map(Extent::Day),
        Moment::DayOfMonth(number) => day(latest_day_of_month(number, today)),
        Moment::Offset(days) => day(plus(today, days)),
        Moment::Ago { count, unit } => day(minus(today, count, unit)),
        Moment::Weekday { weekday, weeks } => {
            let latest = latest_weekday(weekday, today);
            day(latest.and_then(|latest| minus(latest, weeks, Unit::Week)))
        }
        Moment::WeekdayOfWeek { back, weekday } => {
            let then = minus(today, back, Unit::Week);
            day(then.and_then(|then| weekday_of(weekday, then)))
        }
        Moment::Calendar { back, unit } => {
            let first = start(unit, today).and_then(|first| minus(first, back, unit));
            whole(unit, first)
        }
        Moment::Rolling { count, unit } => span(lasting_until(today, count, unit), Some(today)),
        Moment::Month { year, month } => {
            let latest = latest_month_day(month, 1, today);
            whole(
                Unit::Month,
                first(year, &|year| date(year, month, 1), latest),
            )
        }
        Moment::Quarter {
            year,
            quarter: number,
        } => {
            let latest = latest_quarter(number, today);
            whole(
                Unit::Quarter,
                first(year, &|year| quarter(year, number), latest),
            )
        }
        Moment::Week { year, week } => {
            let latest = latest_iso_week(week, today);
            whole(
                Unit::Week,
                first(year, &|year| iso_week(year, week), latest),
            )
        }
        Moment::DayOfWeek {
            year,
            week,
            day: number,
        } => day(year_of(year).and_then(|year| iso_day(year, week, number))),
        Moment::Year(year) => whole(Unit::Year, year_of(year).and_then(|y| date(y, 1, 1))),
    }
}

fn iso_day(year: i32, week: u64, day: u64) -> Option<NaiveDate> {
    let ahead = (1..=7).contains(&day).then(|| Days::new(day - 1))?;
    iso_week(year, week)?.checked_add_days(ahead)
}

fn month_day(month: u64, day: u64, today: NaiveDate) -> Result<NaiveDate, Impossible> {
    latest_month_day(month, day, today).ok_or_else(|| Impossible {
        last_day: latest_last_day(month, today),
    })
}

fn full_date(year: u64, month: u64, day: u64) -> Result<NaiveDate, Impossible> {
    let year = i32::try_from(year).map_err(|_| NOWHERE)?;
    date(year, month, day).ok_or_else(|| Impossible {
        last_day: last_day(year, month),
    })
}
