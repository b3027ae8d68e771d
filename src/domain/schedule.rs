//! When the digest is due: a time of day on each day that matches a cron schedule, in a time
//! zone. Pure.

use std::fmt;

use chrono::{
    DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Weekday};

/// The largest jump of a clock: zones that crossed the date line skipped a whole day.
const LONGEST_GAP_MINUTES: i64 = 26 * 60;
/// The longest gap between two days of a schedule: 29 February on a given weekday, across a year
/// that is not a leap year, such as 2100.
const LONGEST_PAUSE_DAYS: usize = 41 * 366;

/// A time of day on the days of a five-field cron schedule, in a time zone. It occurs once per
/// date, even if a clock change repeats the hour.
#[derive(Clone, PartialEq, Eq)]
pub struct Schedule {
    days: Cron,
    time: NaiveTime,
    zone: Tz,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({} {})", self.days.as_str(), self.zone)
    }
}

/// Not a valid schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// Not a five-field cron schedule, or one that never matches.
    #[error("{text:?} must be a cron schedule with five fields ({problem})")]
    Form {
        /// The schedule.
        text: String,
        /// The problem.
        problem: String,
    },
    /// A channel gets one digest per date.
    #[error(
        "{text:?} must fire at most once a day, not {times} times: use one minute and one hour"
    )]
    Often {
        /// The schedule.
        text: String,
        /// How often it matches on a day.
        times: usize,
    },
}

impl Schedule {
    /// Parses minute, hour, day of month, month, day of week.
    ///
    /// # Errors
    ///
    /// If the text is invalid, if no day matches, or if a day matches more than once.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, InvalidSchedule> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let invalid = |problem: String| InvalidSchedule::Form {
            text: text.to_owned(),
            problem,
        };
        let days = parser
            .parse(text)
            .map_err(|error| invalid(error.to_string()))?;
        let (minutes, hours) = (days.pattern.minutes.values(), days.pattern.hours.values());
        let (&[minute], &[hour]) = (&minutes[..], &hours[..]) else {
            let (text, times) = (text.to_owned(), minutes.len() * hours.len());
            return Err(InvalidSchedule::Often { text, times });
        };
        let time = NaiveTime::from_hms_opt(hour.into(), minute.into(), 0);
        let time = time.ok_or_else(|| invalid("there is no such time".to_owned()))?;
        let schedule = Self { days, time, zone };
        // "30 2 31 2 *" is valid but never matches.
        if schedule.next_after(DateTime::UNIX_EPOCH).is_none() {
            return Err(invalid("it never comes".to_owned()));
        }
        Ok(schedule)
    }

    /// The same time of day on the same days in another time zone.
    #[must_use]
    pub fn in_zone(&self, zone: Tz) -> Self {
        Self {
            zone,
            ..self.clone()
        }
    }

    /// The first time after `time`.
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // The previous day's time can be in a skipped hour that ends on this day.
        let before = self.date(time).pred_opt()?;
        let days = before.iter_days().take(LONGEST_PAUSE_DAYS);
        let mut times = days.filter_map(|day| self.on(day));
        times.find(|next| *next > time)
    }

    /// The last time up to and including `time`.
    pub fn last_up_to(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.last(time).map(|(_, last)| last)
    }

    /// The date of the digest that is due at `time`.
    pub fn date_due(&self, time: DateTime<Utc>) -> Option<NaiveDate> {
        self.last(time).map(|(date, _)| date)
    }

    fn last(&self, time: DateTime<Utc>) -> Option<(NaiveDate, DateTime<Utc>)> {
        // A clock that is set back can show the previous day again.
        let after = self.date(time).succ_opt();
        let days = std::iter::successors(after, NaiveDate::pred_opt);
        let days = days.take(LONGEST_PAUSE_DAYS);
        let mut times = days.filter_map(|day| Some((day, self.on(day)?)));
        times.find(|(_, last)| *last <= time)
    }

    fn date(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }

    /// When the digest of a day is due. `None` if the day doesn't match, or if the zone skipped
    /// it.
    fn on(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        if !self.matches(day) {
            return None;
        }
        let resolve = |minutes: i64| {
            let local = day.and_time(self.time) + TimeDelta::minutes(minutes);
            match self.zone.from_local_datetime(&local) {
                MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
                    Some(time.with_timezone(&Utc))
                }
                MappedLocalTime::None => None,
            }
        };
        if let Some(time) = resolve(0) {
            return Some(time);
        }
        // In a skipped hour, the digest is due when the clock continues.
        if self.is_skipped(day) {
            return None;
        }
        (1..=LONGEST_GAP_MINUTES).find_map(resolve)
    }

    fn matches(&self, day: NaiveDate) -> bool {
        let weekday = match day.weekday() {
            chrono::Weekday::Mon => Weekday::Monday,
            chrono::Weekday::Tue => Weekday::Tuesday,
            chrono::Weekday::Wed => Weekday::Wednesday,
            chrono::Weekday::Thu => Weekday::Thursday,
            chrono::Weekday::Fri => Weekday::Friday,
            chrono::Weekday::Sat => Weekday::Saturday,
            chrono::Weekday::Sun => Weekday::Sunday,
        };
        let pattern = &self.days.pattern;
        let in_month = pattern.month_match(day.month());
        let on_day = pattern.day_match(day.year(), day.month(), day.day(), weekday);
        // Both fail only for dates that don't exist, which `NaiveDate` excludes.
        in_month.unwrap_or_default() && on_day.unwrap_or_default()
    }

    /// Reports whether the zone skipped this day.
    fn is_skipped(&self, day: NaiveDate) -> bool {
        (0..24 * 60).all(|minute| {
            let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
            self.zone.from_local_datetime(&local) == MappedLocalTime::None
        })
    }
}

#[cfg(test)]
mod tests;
