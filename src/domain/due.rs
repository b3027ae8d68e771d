//! The digest of a channel that is due.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The format of a time of day.
const TIME: &str = "%H:%M";

/// The date of a digest and, if several are due on that date, the time in the zone of the schedule.
/// Written as `2026-11-20` or `2026-11-20T17:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// The date.
    pub date: NaiveDate,
    /// The time; `None` for the only digest of a date.
    pub time: Option<NaiveTime>,
}

impl From<NaiveDate> for Due {
    fn from(date: NaiveDate) -> Self {
        Self { date, time: None }
    }
}

impl Due {
    /// The first one that is written after this one in the order of the table's keys.
    pub fn next(self) -> Option<Self> {
        let Some(time) = self.time else {
            let time = Some(NaiveTime::MIN);
            return Some(Self { time, ..self });
        };
        let (time, days) = time.overflowing_add_signed(TimeDelta::minutes(1));
        match days {
            0 => Some(Self {
                time: Some(time),
                ..self
            }),
            _ => self.date.succ_opt().map(Self::from),
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date.fmt(f)?;
        match self.time {
            Some(time) => write!(f, "T{}", time.format(TIME)),
            None => Ok(()),
        }
    }
}

impl FromStr for Due {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(NaiveTime::parse_from_str(time, TIME)?)),
            None => (text, None),
        };
        let date = date.parse()?;
        Ok(Self { date, time })
    }
}

impl Serialize for Due {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Due {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Serializes a time as [`Due`] writes it.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize_time<S: Serializer>(
    time: &Option<NaiveTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&time.format(TIME)),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_is_read_back_and_has_the_order_of_the_digests() {
        let texts = [
            "2026-11-20",
            "2026-11-20T00:00",
            "2026-11-20T09:00",
            "2026-11-20T23:59",
            "2026-11-21",
        ];
        let all = texts.map(|text| text.parse::<Due>().unwrap());
        assert_eq!(all.map(|due| due.to_string()), texts);
        assert!(all.is_sorted() && texts.is_sorted());
        let next = all.map(|due| due.next().unwrap().to_string());
        assert_eq!(
            next,
            [
                "2026-11-20T00:00",
                "2026-11-20T00:01",
                "2026-11-20T09:01",
                "2026-11-21",
                "2026-11-21T00:00",
            ]
        );
        for text in [
            "",
            "2026-11-20T",
            "2026-11-20T9",
            "2026-11-20T24:00",
            "T09:00",
        ] {
            assert!(text.parse::<Due>().is_err(), "{text}");
        }
    }
}
