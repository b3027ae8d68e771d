//! When the digest is due: a time on each day that a cron schedule matches, in a
//! time zone. Pure.

use std::fmt;

use chrono::{
    DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Weekday};

/// The longest that a clock was ever put forward: the zones that changed their
/// side of the date line have skipped a whole day.
const LONGEST_GAP_MINUTES: i64 = 26 * 60;
/// How far apart two days of a schedule can be: 29 February on a given weekday, with
/// a leap year that falls out.
const LONGEST_PAUSE_DAYS: usize = 41 * 366;

/// A time of day on the days of a five-field cron schedule, in a time zone. No date
/// has it twice, also if its hour comes twice.
#[derive(Clone)]
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

/// Not a schedule that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// Not a five-field cron schedule, or one that never comes.
    #[error("{text:?} is not a five-field cron schedule ({problem})")]
    Form {
        /// The schedule.
        text: String,
        /// The fault.
        problem: String,
    },
    /// A channel has one digest a date.
    #[error(
        "{text:?} must fire at most once a day, with one minute and one hour: it fires {times} times"
    )]
    Often {
        /// The schedule.
        text: String,
        /// How often it fires on a day.
        times: usize,
    },
}

impl Schedule {
    /// Reads minute, hour, day of month, month, day of week.
    ///
    /// # Errors
    ///
    /// If that is not what the text is, if no day matches, or if a day has it
    /// more than once.
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
        // "30 2 31 2 *" is well-formed and never comes.
        if schedule.next_after(DateTime::UNIX_EPOCH).is_none() {
            return Err(invalid("it never comes".to_owned()));
        }
        Ok(schedule)
    }

    /// The first time after `time`.
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // The time of the day before may lie in a gap that reaches into this day.
        let before = self.date(time).pred_opt()?;
        let days = before.iter_days().take(LONGEST_PAUSE_DAYS);
        let mut times = days.filter_map(|day| self.on(day));
        times.find(|next| *next > time)
    }

    /// The last time up to `time`, itself included.
    pub fn last_up_to(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.last(time).map(|(_, last)| last)
    }

    /// The date of the digest that is due at `time`.
    pub fn date_due(&self, time: DateTime<Utc>) -> Option<NaiveDate> {
        self.last(time).map(|(date, _)| date)
    }

    fn last(&self, time: DateTime<Utc>) -> Option<(NaiveDate, DateTime<Utc>)> {
        // A clock that is put back can show the day before once more.
        let after = self.date(time).succ_opt();
        let days = std::iter::successors(after, NaiveDate::pred_opt);
        let days = days.take(LONGEST_PAUSE_DAYS);
        let mut times = days.filter_map(|day| Some((day, self.on(day)?)));
        times.find(|(_, last)| *last <= time)
    }

    fn date(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }

    /// When the digest of a day is due. `None` if the day has none, or if the zone
    /// never had the day.
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
        // At an hour that the clock skips: as soon as it goes on.
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
        // Both fail for dates that do not exist, which `NaiveDate` has none of.
        in_month.unwrap_or_default() && on_day.unwrap_or_default()
    }

    /// Reports whether no clock in the zone ever showed a time of this day.
    fn is_skipped(&self, day: NaiveDate) -> bool {
        (0..24 * 60).all(|minute| {
            let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
            self.zone.from_local_datetime(&local) == MappedLocalTime::None
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn a_schedule_that_fires_more_than_once_on_a_day_is_refused() {
        for (text, times) in [
            ("0 9,17 * * *", 2),
            ("0,30 9 * * *", 2),
            ("*/30 * * * *", 48),
            ("* * * * *", 1440),
            ("0 9-17 * * 1-5", 9),
            ("0 */6 * * *", 4),
            ("15 9-10 29 2 *", 2),
            ("@hourly", 24),
        ] {
            // It makes no difference whether the zone has hours twice, or none.
            for zone in [Tz::UTC, Tz::America__New_York, Tz::Pacific__Apia] {
                let error = Schedule::parse(text, zone).unwrap_err();
                let said = format!(
                    "{text:?} must fire at most once a day, with one minute and one hour: it fires {times} times"
                );
                assert_eq!(error.to_string(), said);
            }
        }
    }

    #[test]
    fn a_schedule_that_names_one_time_in_a_roundabout_way_is_taken() {
        for text in [
            "0 9 * * *",
            "0,0 9,9 * * *",
            "0-0 9-9 * * *",
            "*/60 */24 * * *",
            "0 9 L * *",
            "0 9 15W * *",
            "0 9 * * MON#1",
            "0 9 29 2 *",
            "@daily",
            "@weekly",
            "@yearly",
        ] {
            for zone in [Tz::UTC, Tz::America__New_York, Tz::Pacific__Apia] {
                assert!(Schedule::parse(text, zone).is_ok(), "{text} {zone}");
            }
        }
    }

    #[test]
    fn a_day_that_a_zone_skipped_is_no_end_of_the_digests() {
        for (zone, after, next) in [
            // Samoa went from Thursday 29 to Saturday 31 December 2011.
            (
                Tz::Pacific__Apia,
                "2011-12-29T19:00:00Z",
                "2011-12-30T19:00:00Z",
            ),
            (
                Tz::Pacific__Fakaofo,
                "2011-12-29T20:00:00Z",
                "2011-12-30T20:00:00Z",
            ),
            // Kwajalein went from 20 to 22 August 1993.
            (
                Tz::Pacific__Kwajalein,
                "1993-08-20T21:00:00Z",
                "1993-08-21T21:00:00Z",
            ),
            // Manila went from 30 December 1844 to 1 January 1845.
            (
                Tz::Asia__Manila,
                "1844-12-31T01:00:00Z",
                "1845-01-01T00:56:00Z",
            ),
        ] {
            let schedule = Schedule::parse("0 9 * * *", zone).unwrap();
            let found = schedule.next_after(time(after)).unwrap();
            let late = found - time(next);
            assert!(late.abs() < TimeDelta::minutes(5), "{zone} {found}");
            assert_eq!(schedule.last_up_to(found), Some(found), "{zone}");
            assert!(schedule.last_up_to(found - TimeDelta::seconds(1)).unwrap() <= time(after));
        }
    }

    #[test]
    fn at_midnights_that_the_clock_skips_the_digest_of_the_day_comes_later() {
        // Beirut goes from 00:00 to 01:00 on 29 March 2026.
        for text in ["0 0 * * *", "30 0 * * *", "*/60 */24 * * *"] {
            let schedule = Schedule::parse(text, Tz::Asia__Beirut).unwrap();
            let next = schedule.next_after(time("2026-03-28T12:00:00Z"));
            assert_eq!(next, Some(time("2026-03-28T22:00:00Z")), "{text}");
            let date = |at| schedule.date_due(time(at)).unwrap().to_string();
            assert_eq!(date("2026-03-28T21:59:59Z"), "2026-03-28");
            assert_eq!(date("2026-03-28T22:00:00Z"), "2026-03-29");
        }
    }

    #[test]
    fn a_clock_that_goes_back_to_the_day_before_takes_no_digest_back() {
        // Until 2011 St John's went from 00:01 back to 23:01 of the day before.
        let schedule = Schedule::parse("0 0 * * *", Tz::America__St_Johns).unwrap();
        let first = time("2010-11-07T02:30:00Z");
        assert_eq!(
            schedule.next_after(time("2010-11-06T12:00:00Z")),
            Some(first)
        );
        for later in ["02:30", "02:31", "03:00", "03:30", "12:00"] {
            let later = time(&format!("2010-11-07T{later}:00Z"));
            assert_eq!(schedule.last_up_to(later), Some(first));
            assert_eq!(
                schedule.date_due(later),
                Some("2010-11-07".parse().unwrap())
            );
            assert_eq!(
                schedule.next_after(later),
                Some(time("2010-11-08T03:30:00Z"))
            );
        }
    }

    proptest! {
        /// Whatever the zone does: each digest has a date of its own, later than the
        /// one before, and `last_up_to` and `date_due` agree with `next_after`.
        #[test]
        fn every_date_has_one_digest_at_most(
            zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            minute in 0..60_u32,
            hour in 0..24_u32,
            days in proptest::sample::select(vec!["* * *", "* * 1-5", "L * *", "29 2 *", "*/3 6-9 *"]),
            from in -2_500_000_000_i64..4_000_000_000,
        ) {
            let schedule = Schedule::parse(&format!("{minute} {hour} {days}"), zone).unwrap();
            let mut at = DateTime::from_timestamp(from, 0).unwrap();
            let mut date = schedule.date_due(at).unwrap();
            for _ in 0..4 {
                let next = schedule.next_after(at).unwrap();
                prop_assert!(next > at);
                prop_assert_eq!(schedule.last_up_to(next), Some(next));
                prop_assert_eq!(schedule.date_due(next - TimeDelta::seconds(1)), Some(date));
                let due = schedule.date_due(next).unwrap();
                prop_assert!(due > date, "{} after {}", due, date);
                (at, date) = (next, due);
            }
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
            "0 9 * * * 2026",
            "@reboot",
        ] {
            assert!(Schedule::parse(text, Tz::UTC).is_err(), "{text}");
        }
    }
}
