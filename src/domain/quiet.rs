//! Quiet channels: those that get a digest only if it has news, and at least one a week.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};

use super::due::Due;
use super::schedule::Schedule;

/// The most days between two messages of a quiet channel, so that silence never means that the bot
/// is broken.
pub const MOST_DAYS: i64 = 8;

/// The digests that a channel gets: the setting `QUIET`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QuietDays {
    /// All.
    #[default]
    Never,
    /// Those with news, and the heartbeat.
    Changes,
}

impl FromStr for QuietDays {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self::Never),
            "changes" => Ok(Self::Changes),
            _ => Err(format!("{text:?} must be never or changes")),
        }
    }
}

/// When a quiet channel gets a digest without news: its heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// When its digests are due, the heartbeat included.
    due: Schedule,
    /// The times of the heartbeat; `None` for the first digest of each ISO week.
    heartbeat: Option<Schedule>,
}

/// A quiet channel would be silent for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct SilentTooLong {
    /// The longest time between two messages, in days.
    pub days: i64,
    /// Whether there is a schedule for the heartbeat.
    pub has_heartbeat: bool,
}

impl fmt::Display for SilentTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, most) = (self.days, MOST_DAYS);
        match self.has_heartbeat {
            true => write!(
                f,
                "the heartbeat must come at least every {most} days, but can pause for {days}: use a schedule such as 0 9 * * 1"
            ),
            false => write!(
                f,
                "a quiet channel must get a digest at least every {most} days, but its schedule can pause for {days}: set a heartbeat such as 0 9 * * 1"
            ),
        }
    }
}

impl Quiet {
    /// The digests are due by the schedule `digests`, and at the times of the heartbeat.
    ///
    /// # Errors
    ///
    /// If two messages could be more than [`MOST_DAYS`] apart.
    pub fn new(digests: &Schedule, heartbeat: Option<Schedule>) -> Result<Self, SilentTooLong> {
        let days = heartbeat.as_ref().unwrap_or(digests).longest_pause();
        if days > MOST_DAYS {
            let has_heartbeat = heartbeat.is_some();
            return Err(SilentTooLong {
                days,
                has_heartbeat,
            });
        }
        let due = match &heartbeat {
            Some(heartbeat) => digests.clone().and(heartbeat),
            None => digests.clone(),
        };
        Ok(Self { due, heartbeat })
    }

    /// When a digest is due, with news or without.
    pub fn due(&self) -> &Schedule {
        &self.due
    }

    /// Reports whether this digest must be posted at `now`, even without news. `last` is the time of
    /// the channel's last message, and `on` the date that it was due for.
    ///
    /// One that comes before its time is for the person who asked for it.
    pub fn is_heartbeat(
        &self,
        due: Due,
        now: DateTime<Utc>,
        on: NaiveDate,
        last: DateTime<Utc>,
    ) -> bool {
        let is_early = self.due.due_at(now).is_none_or(|come| come < due);
        let is_wrong = last > now;
        let is_time = match &self.heartbeat {
            Some(heartbeat) => heartbeat.last_up_to(now).is_some_and(|time| time > last),
            None => on.iso_week() != due.date.iso_week(),
        };
        // The next one would be too late.
        let until_next = self.due.next_after(now).map(|next| next - last);
        let is_last = until_next.is_none_or(|pause| pause > TimeDelta::days(MOST_DAYS));
        is_early || is_wrong || is_time || is_last
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;

    fn schedule(text: &str) -> Schedule {
        Schedule::parse(text, Tz::Asia__Tokyo).unwrap()
    }

    fn time(text: &str) -> DateTime<Utc> {
        format!("2026-{text}:00+09:00").parse().unwrap()
    }

    #[test]
    fn a_quiet_channel_has_a_message_at_least_every_eight_days() {
        for (digests, heartbeat, error) in [
            ("0 9 * * *", None, None),
            ("0 9 * * 5", None, None),
            ("0 9 */2 * *", None, None),
            ("0 9 1,15 * *", Some("0 9 * * 1"), None),
            (
                "0 9 1,15 * *",
                None,
                Some(
                    "a quiet channel must get a digest at least every 8 days, but its schedule can pause for 17: set a heartbeat such as 0 9 * * 1",
                ),
            ),
            (
                "0 9 * * *",
                Some("0 9 1 * *"),
                Some(
                    "the heartbeat must come at least every 8 days, but can pause for 31: use a schedule such as 0 9 * * 1",
                ),
            ),
            // A leap year has no gap here, other years have.
            (
                "0 9 29 2 *",
                None,
                Some(
                    "a quiet channel must get a digest at least every 8 days, but its schedule can pause for 1461: set a heartbeat such as 0 9 * * 1",
                ),
            ),
        ] {
            let quiet = Quiet::new(&schedule(digests), heartbeat.map(schedule));
            let said = quiet.err().map(|error| error.to_string());
            assert_eq!(said.as_deref(), error, "{digests} {heartbeat:?}");
        }
    }

    #[test]
    fn the_heartbeat_is_the_first_digest_of_a_week_or_follows_its_own_schedule() {
        let weekly = Quiet::new(&schedule("0 9 * * 2-6"), None).unwrap();
        let own = Quiet::new(&schedule("0 9 * * *"), Some(schedule("30 12 * * 3"))).unwrap();
        for (quiet, last, now, is_due) in [
            // Tuesday is the first day of this schedule.
            (&weekly, "11-21T09:00", "11-24T09:00", true),
            (&weekly, "11-24T09:00", "11-25T09:00", false),
            (&weekly, "11-24T09:00", "11-28T09:00", false),
            // Nothing was posted on Tuesday.
            (&weekly, "11-21T09:00", "11-25T09:00", true),
            (&own, "11-24T09:00", "11-25T09:00", false),
            (&own, "11-24T09:00", "11-25T12:30", true),
            (&own, "11-25T12:30", "11-26T09:00", false),
            // The bot was down at its time.
            (&own, "11-24T09:00", "11-26T09:00", true),
            // A clock was wrong.
            (&own, "12-24T09:00", "11-26T09:00", true),
        ] {
            let (last_at, now_at) = (time(last), time(now));
            let due = quiet.due().due_at(now_at).unwrap();
            let found = quiet.is_heartbeat(due, now_at, quiet.due().date(last_at), last_at);
            assert_eq!(found, is_due, "{last} {now}");
        }
        // A person doesn't wait for its time, or it is delivered late.
        let friday = "2026-11-27".parse().unwrap();
        let last = time("11-26T09:00");
        for (now, is_due) in [
            ("11-27T08:59", true),
            ("11-27T09:00", false),
            ("11-28T08:00", false),
        ] {
            let found = weekly.is_heartbeat(friday, time(now), weekly.due().date(last), last);
            assert_eq!(found, is_due, "{now}");
        }
        // The digest of Saturday is late, and that of the next week follows it.
        let (late, last) = (time("12-01T08:00"), time("11-26T09:00"));
        let on = |text: &str| text.parse().unwrap();
        let saturday = weekly.due().due_at(late).unwrap();
        assert!(!weekly.is_heartbeat(saturday, late, on("2026-11-26"), last));
        let next = weekly.due().due_at(time("12-01T09:00")).unwrap();
        assert!(weekly.is_heartbeat(next, time("12-01T09:00"), on("2026-11-28"), late));
        let next = own.due().next_after(time("11-25T09:00"));
        assert_eq!(next, Some(time("11-25T12:30")));
    }

    proptest! {
        /// Whatever the schedules are, no two messages are more than eight days apart, but for the
        /// hours of the day.
        #[test]
        fn no_silence_is_longer_than_promised(
            zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            digests in proptest::sample::select(vec![
                "0 9 * * *", "0 9,17 * * 1-5", "30 23 * * 5", "0 9 */2 * *", "0 0 */7 * *",
                "15 6 1,8,15,22,29 * *", "0 12 1 * *",
            ]),
            heartbeat in proptest::option::of(proptest::sample::select(vec![
                "0 9 * * 1", "0 0 */3 * *", "45 23 * * 0", "0 9 1 * *",
            ])),
            from in 0_i64..3_000_000_000,
        ) {
            let parse = |text: &str| Schedule::parse(text, zone).unwrap();
            let Ok(quiet) = Quiet::new(&parse(digests), heartbeat.map(parse)) else {
                return Ok(());
            };
            let mut last = DateTime::from_timestamp(from, 0).unwrap();
            let mut now = last;
            for _ in 0..60 {
                now = quiet.due().next_after(now).unwrap();
                let (due, on) = (quiet.due().due_at(now).unwrap(), quiet.due().date(last));
                if quiet.is_heartbeat(due, now, on, last) {
                    last = now;
                }
                let silence = now - last;
                prop_assert!(silence <= TimeDelta::days(MOST_DAYS + 1), "{} {}", last, now);
            }
        }
    }
}
