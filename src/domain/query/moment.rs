//! A moment as typed: a day or a span of days, with all its readings.
//!
//! These are the values between words and calendar. `notation` parses them, and `extent` finds
//! their days.

use chrono::{Datelike as _, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::vocabulary::Unit;

/// A moment with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MomentText<'a> {
    pub(super) text: &'a str,
    /// The possible readings, the most likely first; never empty.
    pub(super) readings: Vec<MomentReading>,
    /// The weekday next to the date.
    pub(super) weekday: Option<Weekday>,
    /// The time next to the date.
    pub(super) time: Option<Time>,
}

impl<'a> MomentText<'a> {
    /// A moment with a single reading.
    pub(super) fn one(text: &'a str, moment: Moment) -> Self {
        Self {
            text,
            readings: vec![MomentReading::only(moment)],
            weekday: None,
            time: None,
        }
    }

    /// Reports whether the weekday next to it, if any, is that of the date.
    pub(super) fn has(&self, date: NaiveDate) -> bool {
        self.weekday.is_none_or(|weekday| weekday == date.weekday())
    }
}

/// One reading of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MomentReading {
    pub(super) order: DigitOrder,
    pub(super) moment: Moment,
}

impl MomentReading {
    /// The only reading.
    pub(super) fn only(moment: Moment) -> Self {
        let order = DigitOrder::Only;
        Self { order, moment }
    }
}

/// The order in which the digits of a date were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DigitOrder {
    /// There is no other order.
    Only,
    /// Day first, as in all dates with dots and a full year.
    Dotted,
    MonthFirst,
    DayFirst,
    YearFirst,
}

/// A time of day, with its offset if given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since midnight.
    pub(super) seconds: u64,
    pub(super) offset: Option<Offset>,
}

/// The distance of a time from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offset {
    /// Minutes east of Greenwich.
    Minutes(i32),
    /// That of a named time zone on the day.
    Of(Tz),
}

/// A day or a span of days as typed. The numbers are not validated.
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
    /// The latest such weekday before today, or some weeks before that.
    Weekday {
        weekday: Weekday,
        weeks: u64,
    },
    /// That weekday, `back` weeks before this week.
    WeekdayOfWeek {
        back: u64,
        weekday: Weekday,
    },
    /// The whole calendar week, month, … `back` units before the current one.
    Calendar {
        back: u64,
        unit: Unit,
    },
    /// This many units up to and including today.
    Rolling {
        count: u64,
        unit: Unit,
    },
    Month {
        year: Option<u64>,
        month: u64,
    },
    Quarter {
        year: Option<u64>,
        quarter: u64,
    },
    /// An ISO week.
    Week {
        year: Option<u64>,
        week: u64,
    },
    /// A day of an ISO week; Monday is 1.
    DayOfWeek {
        year: u64,
        week: u64,
        day: u64,
    },
    Year(u64),
}

impl Moment {
    /// Reports whether it is a single day, which a weekday can accompany.
    pub(super) fn is_day(self) -> bool {
        matches!(
            self,
            Self::Date { .. }
                | Self::MonthDay { .. }
                | Self::DayOfMonth(_)
                | Self::Offset(_)
                | Self::Ago { .. }
                | Self::DayOfWeek { .. }
        )
    }

    /// Reports whether it has a year and doesn't depend on today.
    pub(super) fn has_year(self) -> bool {
        matches!(
            self,
            Self::Date { .. }
                | Self::DayOfWeek { .. }
                | Self::Year(_)
                | Self::Month { year: Some(_), .. }
                | Self::Quarter { year: Some(_), .. }
                | Self::Week { year: Some(_), .. }
        )
    }

    /// Reports whether it is a day with a year, or relative to today. Such a day is never cut or
    /// moved.
    pub(super) fn is_explicit(self) -> bool {
        self.has_year() || matches!(self, Self::Offset(_) | Self::Ago { .. })
    }

    /// Reports whether the other end of a range can complete its year or week.
    pub(super) fn depends_on_year(self) -> bool {
        matches!(
            self,
            Self::MonthDay { .. }
                | Self::DayOfMonth(_)
                | Self::Weekday { .. }
                | Self::Month { year: None, .. }
                | Self::Quarter { year: None, .. }
                | Self::Week { year: None, .. }
        )
    }
}
