//! When digests are due: times of day on each day that matches a cron schedule, in a time zone.
//! Pure.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{
    DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Weekday};

use super::due::Due;

/// The largest jump of a clock: zones that crossed the date line skipped a whole day.
const LONGEST_GAP_MINUTES: i64 = 26 * 60;
/// The longest gap between two days of a schedule: 29 February on a given weekday, across a year
/// that is not a leap year, such as 2100.
const LONGEST_PAUSE_DAYS: usize = 41 * 366;

/// Years with and without a 29 February, from 2024 on.
const TYPICAL_DAYS: usize = 9 * 366;

/// The most digests of a channel on one date: one an hour. For faster news, there are
/// alerts.
const MOST_TIMES: usize = 24;

/// Times of day on the days of five-field cron schedules, in a time zone. Each occurs once per
/// date, even if a clock change repeats the hour.
#[derive(Clone, PartialEq, Eq)]
pub struct Schedule {
    rules: Vec<CronRule>,
    zone: Tz,
}

/// One cron schedule.
#[derive(Clone, PartialEq, Eq)]
struct CronRule {
    days: Cron,
    times: BTreeSet<NaiveTime>,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<_> = self.rules.iter().map(|rule| rule.days.as_str()).collect();
        write!(f, "Schedule({} {})", rules.join("; "), self.zone)
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
    /// A channel would get a digest every few minutes.
    #[error(
        "{text:?} must fire at most {MOST_TIMES} times a day, not {times}: use fewer minutes or hours, or ALERT for immediate alerts"
    )]
    Often {
        /// The schedule.
        text: String,
        /// The number of times that it matches on a day.
        times: usize,
    },
}

impl Schedule {
    /// Parses minute, hour, day of month, month, day of week.
    ///
    /// # Errors
    ///
    /// If the text is invalid, if no day matches, or if a day matches too often.
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
        let at = |hour: &u16, minute: &u16| {
            let time = NaiveTime::from_hms_opt((*hour).into(), (*minute).into(), 0);
            time.ok_or_else(|| invalid("there is no such time".to_owned()))
        };
        let times = hours
            .iter()
            .flat_map(|hour| minutes.iter().map(move |minute| at(hour, minute)));
        let times = times.collect::<Result<BTreeSet<_>, _>>()?;
        if times.len() > MOST_TIMES {
            let (text, times) = (text.to_owned(), times.len());
            return Err(InvalidSchedule::Often { text, times });
        }
        let rules = vec![CronRule { days, times }];
        let schedule = Self { rules, zone };
        // "30 2 31 2 *" is valid but never matches.
        if schedule.next_after(DateTime::UNIX_EPOCH).is_none() {
            return Err(invalid("it never comes".to_owned()));
        }
        Ok(schedule)
    }

    /// The same times of day on the same days in another time zone.
    #[must_use]
    pub fn in_zone(&self, zone: Tz) -> Self {
        Self {
            zone,
            ..self.clone()
        }
    }

    /// The times of both schedules, in the time zone of this one.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.rules.extend(other.rules.iter().cloned());
        self
    }

    /// The first time after `time`.
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // The previous day's time can be in a skipped hour that ends on this day.
        let before = self.date(time).pred_opt()?;
        let days = before.iter_days().take(LONGEST_PAUSE_DAYS);
        let mut times = days.flat_map(|day| self.on(day));
        times.find_map(|(_, next)| (next > time).then_some(next))
    }

    /// The last time up to and including `time`.
    pub fn last_up_to(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.last(time).map(|(_, last)| last)
    }

    /// The digest that is due at `time`. It stands for earlier ones that were never delivered.
    pub fn due_at(&self, time: DateTime<Utc>) -> Option<Due> {
        self.last(time).map(|(due, _)| due)
    }

    /// Today's digest at `time` for someone who doesn't wait for the schedule: the one that is due,
    /// or that of the date if none is.
    pub fn due_today(&self, time: DateTime<Utc>) -> Due {
        let today = self.date(time);
        let due = self.due_at(time).filter(|due| due.date == today);
        due.unwrap_or(today.into())
    }

    fn last(&self, time: DateTime<Utc>) -> Option<(Due, DateTime<Utc>)> {
        // A clock that is set back can show the previous day again.
        let after = self.date(time).succ_opt();
        let days = std::iter::successors(after, NaiveDate::pred_opt);
        let days = days.take(LONGEST_PAUSE_DAYS);
        let mut times = days.flat_map(|day| self.on(day).into_iter().rev());
        times.find(|(_, last)| *last <= time)
    }

    /// The longest time between two dates with a digest, in days.
    pub fn longest_pause(&self) -> i64 {
        let Some(first) = NaiveDate::from_ymd_opt(2024, 1, 1) else {
            return i64::MAX;
        };
        let is_due = |day: &NaiveDate| self.rules.iter().any(|rule| rule.matches(*day));
        let dates = first.iter_days().take(TYPICAL_DAYS);
        let dates: Vec<_> = dates.filter(is_due).collect();
        let pauses = dates.windows(2).map(|pair| (pair[1] - pair[0]).num_days());
        pauses.max().unwrap_or(i64::MAX)
    }

    pub(super) fn date(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }

    /// The digests of a day, and when they are due. None if the day doesn't match, or if the zone
    /// skipped it.
    fn on(&self, day: NaiveDate) -> Vec<(Due, DateTime<Utc>)> {
        let rules = self.rules.iter().filter(|rule| rule.matches(day));
        let times: BTreeSet<_> = rules.flat_map(|rule| &rule.times).collect();
        let is_alone = times.len() == 1;
        let due = |time: &NaiveTime| {
            let at = self.at(day, *time)?;
            let time = (!is_alone).then_some(*time);
            Some((Due { date: day, time }, at))
        };
        times.into_iter().filter_map(due).collect()
    }

    /// When a time of a day comes. `None` if the zone skipped the day.
    fn at(&self, day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        let resolve = |minutes: i64| {
            let local = day.and_time(time) + TimeDelta::minutes(minutes);
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

    /// Reports whether the zone skipped this day.
    fn is_skipped(&self, day: NaiveDate) -> bool {
        (0..24 * 60).all(|minute| {
            let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
            self.zone.from_local_datetime(&local) == MappedLocalTime::None
        })
    }
}

impl CronRule {
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
}

#[cfg(test)]
mod tests;
