//! A moment as it was said: a day or a span of days, with all that it may mean.
//!
//! Owns the values between the words and the calendar. How they are written is `notation`'s, which days they are
//! `extent`'s.

use chrono::Weekday;

use super::vocabulary::Unit;

/// A moment, and the text that named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    /// What it may mean, the likeliest first; never empty.
    pub(super) readings: Vec<Reading>,
    /// The weekday that stood with the date.
    pub(super) weekday: Option<Weekday>,
    /// The time that stood with the date.
    pub(super) time: Option<Time>,
}

impl<'a> Said<'a> {
    /// What can be read in one way only.
    pub(super) fn one(text: &'a str, moment: Moment) -> Self {
        Self {
            text,
            readings: vec![Reading::only(moment)],
            weekday: None,
            time: None,
        }
    }
}

/// One way to read a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) order: Order,
    pub(super) moment: Moment,
}

impl Reading {
    /// What has no other reading.
    pub(super) fn only(moment: Moment) -> Self {
        let order = Order::Only;
        Self { order, moment }
    }
}

/// In which order the digits of a date were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// There is no other.
    Only,
    /// Day first, as all dates with dots and a full year are.
    Dotted,
    MonthFirst,
    DayFirst,
    YearFirst,
}

/// A time of day, and its offset where it had one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since midnight.
    pub(super) seconds: u64,
    /// Minutes east of Greenwich.
    pub(super) offset: Option<i32>,
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
    /// The latest such day before today, or so many weeks before that.
    Weekday {
        weekday: Weekday,
        weeks: u64,
    },
    /// That day of the week that lies `back` weeks before this one.
    WeekdayOfWeek {
        back: u64,
        weekday: Weekday,
    },
    /// The whole calendar week, month, … that lies `back` before this one.
    Calendar {
        back: u64,
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
    /// Whether it is a day, so that a weekday may stand with it.
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

    /// Whether it names its year, so that today has no say in it.
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
}
