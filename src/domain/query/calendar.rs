//! The calendar: which days exist, where units of time begin and end, and which day a bare date
//! means.
//!
//! Date arithmetic that never overflows. It knows neither words nor queries.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::vocabulary::Unit;

/// Leap days are at most eight years apart (1896 to 1904).
pub(super) const LEAP_GAP: i32 = 8;

pub(super) fn date(year: i32, month: u64, day: u64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month.try_into().ok()?, day.try_into().ok()?)
}

/// The latest such day that is not after `today`.
pub(super) fn latest_month_day(month: u64, day: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=LEAP_GAP)
        .filter_map(|back| date(today.year() - back, month, day))
        .find(|date| *date <= today)
}

/// The latest last day of this month, in any year, that is not after `today`.
pub(super) fn latest_last_day(month: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=1)
        .filter_map(|back| last_day(today.year() - back, month))
        .find(|last| *last <= today)
}

pub(super) fn last_day(year: i32, month: u64) -> Option<NaiveDate> {
    end(Unit::Month, date(year, month, 1)?)
}

/// The latest day with that number that is not after `today`; no two months in a row lack one.
pub(super) fn latest_day_of_month(day: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=2)
        .filter_map(|back| today.checked_sub_months(Months::new(back)))
        .filter_map(|then| date(then.year(), then.month().into(), day))
        .find(|date| *date <= today)
}

/// The latest two days with these numbers in one month. The first one is not after `today`.
pub(super) fn latest_days_of_month(
    first: u64,
    last: u64,
    today: NaiveDate,
) -> Option<(NaiveDate, NaiveDate)> {
    (0..=2)
        .filter_map(|back| today.checked_sub_months(Months::new(back)))
        .filter_map(|then| {
            let day = |day| date(then.year(), then.month().into(), day);
            day(first).zip(day(last))
        })
        .find(|(first, _)| *first <= today)
}

/// The latest such day strictly before `today`: on a Monday, `monday` is a week ago.
pub(super) fn latest_weekday(weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    (1..=7)
        .filter_map(|back| today.checked_sub_days(Days::new(back)))
        .find(|date| date.weekday() == weekday)
}

/// The first such day from `day` on.
pub(super) fn next_weekday(weekday: Weekday, day: NaiveDate) -> Option<NaiveDate> {
    day.iter_days()
        .take(7)
        .find(|date| date.weekday() == weekday)
}

/// That day of the week that contains `day`.
pub(super) fn weekday_of(weekday: Weekday, day: NaiveDate) -> Option<NaiveDate> {
    start(Unit::Week, day)?.checked_add_days(since_monday(weekday))
}

/// The Monday of an ISO week.
pub(super) fn iso_week(year: i32, week: u64) -> Option<NaiveDate> {
    NaiveDate::from_isoywd_opt(year, week.try_into().ok()?, Weekday::Mon)
}

/// The Monday of the latest ISO week of that number that has begun; some years have no week 53.
pub(super) fn latest_iso_week(week: u64, today: NaiveDate) -> Option<NaiveDate> {
    (-1..=LEAP_GAP)
        .filter_map(|back| iso_week(today.year() - back, week))
        .find(|monday| *monday <= today)
}

/// The first day of a quarter.
pub(super) fn quarter(year: i32, quarter: u64) -> Option<NaiveDate> {
    let month = quarter.checked_sub(1)?.checked_mul(3)?.checked_add(1)?;
    date(year, month, 1)
}

/// The first day of the latest quarter of that number that has begun.
pub(super) fn latest_quarter(number: u64, today: NaiveDate) -> Option<NaiveDate> {
    (0..=1)
        .filter_map(|back| quarter(today.year() - back, number))
        .find(|first| *first <= today)
}

fn since_monday(weekday: Weekday) -> Days {
    Days::new(weekday.num_days_from_monday().into())
}

/// The first day of the unit that contains `date`.
pub(super) fn start(unit: Unit, date: NaiveDate) -> Option<NaiveDate> {
    match unit {
        Unit::Day => Some(date),
        Unit::Week => date.checked_sub_days(since_monday(date.weekday())),
        Unit::Month => date.with_day(1),
        Unit::Quarter => date.with_day(1)?.with_month0(date.month0() / 3 * 3),
        Unit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
    }
}

/// The last day of the unit that begins with `first`.
pub(super) fn end(unit: Unit, first: NaiveDate) -> Option<NaiveDate> {
    lasting(first, 1, unit)
}

/// The last of this many units that begin with `first`.
pub(super) fn lasting(first: NaiveDate, count: u64, unit: Unit) -> Option<NaiveDate> {
    let next = match days_or_months(count, unit)? {
        DateSpan::Days(days) => first.checked_add_days(days),
        DateSpan::Months(months) => first.checked_add_months(months),
    };
    next?.pred_opt()
}

/// The first of this many units that end with `last`.
pub(super) fn lasting_until(last: NaiveDate, count: u64, unit: Unit) -> Option<NaiveDate> {
    minus(last, count, unit)?.succ_opt()
}

pub(super) fn plus(date: NaiveDate, days: i32) -> Option<NaiveDate> {
    date.checked_add_signed(chrono::TimeDelta::days(days.into()))
}

/// Months and years end on the last day of a shorter month: one month before 31 March is 28 February.
pub(super) fn minus(date: NaiveDate, count: u64, unit: Unit) -> Option<NaiveDate> {
    match days_or_months(count, unit)? {
        DateSpan::Days(days) => date.checked_sub_days(days),
        DateSpan::Months(months) => date.checked_sub_months(months),
    }
}

enum DateSpan {
    Days(Days),
    Months(Months),
}

fn days_or_months(count: u64, unit: Unit) -> Option<DateSpan> {
    let months = |each: u64| {
        let months = u32::try_from(count.checked_mul(each)?).ok()?;
        Some(DateSpan::Months(Months::new(months)))
    };
    match unit {
        Unit::Day => Some(DateSpan::Days(Days::new(count))),
        Unit::Week => Some(DateSpan::Days(Days::new(count.checked_mul(7)?))),
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
    }
}
