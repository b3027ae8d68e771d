//! The number of polls of a member list, so that silence can be proven.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::hub::HubId;

/// The dates that are kept: more than a quiet channel can be silent.
const DATES: usize = 12;

/// A day and a half: a shorter one can be between the polls of two mornings.
const LONG_GAP: TimeDelta = TimeDelta::hours(36);

/// The number of polls of a list on each of the last dates, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Readings(Vec<OnDate>);

/// One date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OnDate {
    date: NaiveDate,
    count: u64,
    /// The longest time between two complete polls, in seconds. It counts for the date on which it
    /// ended.
    gap: i64,
}

impl Readings {
    /// Reports whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With a poll that ended at `at` on that date; the one before ended at `before`.
    #[must_use]
    pub fn and(&self, date: NaiveDate, at: DateTime<Utc>, before: Option<DateTime<Utc>>) -> Self {
        let gap = before.map_or(0, |before| (at - before).num_seconds().max(0));
        let mut dates = self.0.clone();
        // A clock that was ahead has left dates of the future.
        dates.retain(|one| one.date <= date);
        match dates.last_mut() {
            Some(last) if last.date == date => {
                last.count += 1;
                last.gap = last.gap.max(gap);
            }
            _ => dates.push(OnDate {
                date,
                count: 1,
                gap,
            }),
        }
        let surplus = dates.len().saturating_sub(DATES);
        dates.drain(..surplus);
        Self(dates)
    }

    /// The gaps from a date on in which nobody read it for more than a day, each with the date on
    /// which it ended.
    pub fn long_gaps(&self, from: NaiveDate) -> impl Iterator<Item = (NaiveDate, TimeDelta)> {
        let dates = self.0.iter().filter(move |one| one.date >= from);
        let gaps = dates.map(|one| (one.date, TimeDelta::seconds(one.gap)));
        gaps.filter(|(_, gap)| *gap > LONG_GAP)
    }

    /// The number of polls from a date on, and the longest time between two.
    pub fn since(&self, date: NaiveDate) -> (u64, TimeDelta) {
        let dates = self.0.iter().filter(|one| one.date >= date);
        let total = dates.fold((0, 0), |(count, gap), one| {
            (count + one.count, one.gap.max(gap))
        });
        (total.0, TimeDelta::seconds(total.1))
    }
}

/// The polls behind a digest without news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heartbeat {
    /// From which date on the polls are counted.
    pub from: NaiveDate,
    /// The least number of polls of a list.
    pub polls: u64,
    /// The longest time between two complete polls of a list, in seconds.
    #[serde(rename = "longest_gap_seconds", serialize_with = "seconds")]
    pub longest_gap: TimeDelta,
    /// That list.
    pub longest_gap_in: HubId,
}

impl Heartbeat {
    /// The polls of these lists from a date on, or from the first one that is known; `None` without
    /// lists, or if one has no poll.
    pub fn of(readings: &[(HubId, Readings)], from: NaiveDate) -> Option<Self> {
        let kept = readings.iter().filter_map(|(_, one)| one.0.first());
        let from = kept.map(|one| one.date).min()?.max(from);
        let counted = readings.iter();
        let counted: Vec<_> = counted.map(|(hub, one)| (hub, one.since(from))).collect();
        let polls = counted.iter().map(|(_, (polls, _))| *polls).min()?;
        let longest = counted.iter().max_by_key(|(_, (_, gap))| *gap)?;
        let (hub, (_, longest_gap)) = *longest;
        (polls > 0).then(|| Self {
            from,
            polls,
            longest_gap,
            longest_gap_in: hub.clone(),
        })
    }
}

fn seconds<S: serde::Serializer>(time: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.num_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn polled(times: &[&str]) -> Readings {
        let mut before = None;
        let mut readings = Readings::default();
        for text in times {
            let at = time(text);
            readings = readings.and(at.date_naive(), at, before);
            before = Some(at);
        }
        readings
    }

    fn hub(region: &str) -> HubId {
        format!("111122223333/{region}").parse().unwrap()
    }

    #[test]
    fn a_heartbeat_counts_the_list_that_was_read_least_and_the_longest_gap_of_all() {
        let (one, two) = (hub("eu-west-1"), hub("us-east-1"));
        let often = polled(&["23T09:00", "23T09:15", "24T09:15", "24T09:31"]);
        let seldom = polled(&["23T09:00", "24T09:00", "24T17:00"]);
        let heartbeat = |from: &str| {
            let readings = [(one.clone(), often.clone()), (two.clone(), seldom.clone())];
            Heartbeat::of(&readings, from.parse().unwrap()).map(|found| {
                (
                    found.polls,
                    found.longest_gap.num_minutes(),
                    found.longest_gap_in,
                )
            })
        };
        // A gap counts for the date on which it ended.
        assert_eq!(heartbeat("2026-11-23"), Some((3, 24 * 60, two.clone())));
        assert_eq!(heartbeat("2026-11-24"), Some((2, 24 * 60, two.clone())));
        assert_eq!(heartbeat("2026-11-25"), None);
        let none = Readings::default();
        let readings = [(one, often), (two, none)];
        let found = Heartbeat::of(&readings, "2026-11-23".parse().unwrap());
        assert_eq!(found, None, "a list that was never read proves nothing");
        // Earlier polls may have been forgotten.
        let found = Heartbeat::of(&readings[..1], "2026-11-01".parse().unwrap());
        assert_eq!(found.unwrap().from.to_string(), "2026-11-23");
    }

    #[test]
    fn a_day_without_a_poll_is_a_long_gap_on_the_date_on_which_it_ended() {
        let readings = polled(&["20T09:00", "21T20:00", "23T09:00", "24T09:00", "26T09:00"]);
        let gaps = |from: &str| {
            let gaps = readings.long_gaps(from.parse().unwrap());
            let gaps = gaps.map(|(date, gap)| format!("{date} {} h", gap.num_hours()));
            gaps.collect::<Vec<_>>()
        };
        assert_eq!(gaps("2026-11-01"), ["2026-11-23 37 h", "2026-11-26 48 h"]);
        assert_eq!(gaps("2026-11-24"), ["2026-11-26 48 h"]);
    }

    #[test]
    fn old_dates_and_those_of_a_wrong_clock_are_dropped() {
        let times: Vec<_> = (1..=20).map(|day| format!("{day:02}T09:00")).collect();
        let times: Vec<_> = times.iter().map(String::as_str).collect();
        let readings = polled(&times);
        assert_eq!(readings.0.len(), DATES);
        let back = time("10T10:00");
        let readings = readings.and(back.date_naive(), back, Some(time("20T09:00")));
        let last = readings.0.last().unwrap();
        assert_eq!((last.count, last.gap), (2, 86_400));
    }
}
