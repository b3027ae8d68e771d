//! When the digest is due: a cron schedule in a time zone. Pure.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A five-field cron schedule in a time zone.
#[derive(Clone)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({} {})", self.cron.as_str(), self.zone)
    }
}

/// Not a five-field cron schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a five-field cron schedule ({problem})")]
pub struct InvalidSchedule {
    text: String,
    problem: String,
}

impl Schedule {
    /// Reads minute, hour, day of month, month, day of week.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, InvalidSchedule> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let invalid = |problem: String| InvalidSchedule {
            text: text.to_owned(),
            problem,
        };
        let cron = parser
            .parse(text)
            .map_err(|error| invalid(error.to_string()))?;
        let schedule = Self { cron, zone };
        // "30 2 31 2 *" is well-formed and never comes.
        if schedule.next_after(DateTime::UNIX_EPOCH).is_none() {
            return Err(invalid("it never comes".to_owned()));
        }
        Ok(schedule)
    }

    /// The first time after `time`.
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self
            .cron
            .find_next_occurrence(&time.with_timezone(&self.zone), false);
        next.ok().map(|next| next.with_timezone(&Utc))
    }

    /// The last time up to `time`, itself included.
    pub fn last_up_to(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let last = self
            .cron
            .find_previous_occurrence(&time.with_timezone(&self.zone), true);
        last.ok().map(|last| last.with_timezone(&Utc))
    }

    /// The date of the digest that is due at `time`.
    pub fn date_due(&self, time: DateTime<Utc>) -> Option<NaiveDate> {
        Some(
            self.last_up_to(time)?
                .with_timezone(&self.zone)
                .date_naive(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_digest_comes_at_nine_whatever_daylight_saving_does() {
        for (zone, after, next) in [
            (Tz::UTC, "2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"),
            (
                Tz::Asia__Tokyo,
                "2026-11-22T23:59:00Z",
                "2026-11-23T00:00:00Z",
            ),
            // New York goes from UTC-5 to UTC-4 on 8 March 2026 and back on 1 November.
            (
                Tz::America__New_York,
                "2026-03-07T15:00:00Z",
                "2026-03-08T13:00:00Z",
            ),
            (
                Tz::America__New_York,
                "2026-10-31T14:00:00Z",
                "2026-11-01T14:00:00Z",
            ),
            // London goes to UTC+1 on 29 March 2026 and back on 25 October.
            (
                Tz::Europe__London,
                "2026-03-28T10:00:00Z",
                "2026-03-29T08:00:00Z",
            ),
            (
                Tz::Europe__London,
                "2026-10-24T10:00:00Z",
                "2026-10-25T09:00:00Z",
            ),
        ] {
            let schedule = Schedule::parse("0 9 * * *", zone).unwrap();
            assert_eq!(
                schedule.next_after(time(after)),
                Some(time(next)),
                "{zone} {after}"
            );
        }
    }

    #[test]
    fn an_hour_that_does_not_exist_still_has_its_digest() {
        let schedule = Schedule::parse("30 2 * * *", Tz::America__New_York).unwrap();
        // 02:30 on 8 March 2026 does not exist in New York: clocks go from 02:00 to 03:00.
        let next = schedule.next_after(time("2026-03-08T05:00:00Z")).unwrap();
        assert_eq!(schedule.date_due(next), Some("2026-03-08".parse().unwrap()));
        assert!(next < time("2026-03-08T08:00:00Z"));
    }

    #[test]
    fn an_hour_that_comes_twice_has_one_date() {
        let schedule = Schedule::parse("30 1 * * *", Tz::America__New_York).unwrap();
        let first = schedule.next_after(time("2026-11-01T04:00:00Z")).unwrap();
        let second = schedule.next_after(first).unwrap();
        let date = |time| schedule.date_due(time).unwrap().to_string();
        assert_eq!(date(first), "2026-11-01");
        assert!(date(second) == "2026-11-01" || date(second) == "2026-11-02");
        assert_eq!(date(time("2026-11-02T05:00:00Z")), "2026-11-01");
    }

    #[test]
    fn the_digest_that_is_due_is_the_last_one_that_came() {
        let schedule = Schedule::parse("0 9 * * 1-5", Tz::Asia__Tokyo).unwrap();
        for (now, due) in [
            // Monday 09:00 in Tokyo is midnight UTC.
            ("2026-11-22T23:59:59Z", "2026-11-20"),
            ("2026-11-23T00:00:00Z", "2026-11-23"),
            ("2026-11-23T14:00:00Z", "2026-11-23"),
            ("2026-11-21T12:00:00Z", "2026-11-20"),
        ] {
            assert_eq!(
                schedule.date_due(time(now)),
                Some(due.parse().unwrap()),
                "{now}"
            );
        }
    }

    #[test]
    fn what_is_not_a_five_field_schedule_is_refused() {
        for text in [
            "",
            "9",
            "0 9 * *",
            "0 0 9 * * *",
            "0 25 * * *",
            "x * * * *",
            "0 9 31 2 *",
        ] {
            assert!(Schedule::parse(text, Tz::UTC).is_err(), "{text}");
        }
    }
}
