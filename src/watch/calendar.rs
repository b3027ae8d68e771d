//! The current time, and its date in the configured time zone.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::clock::Clock;

/// The clock, and the time zone of every date.
#[derive(Clone)]
pub struct Calendar {
    clock: Arc<dyn Clock>,
    zone: Tz,
}

impl Calendar {
    /// Dates are days in `zone`.
    pub fn new(clock: Arc<dyn Clock>, zone: Tz) -> Self {
        Self { clock, zone }
    }

    /// The time zone of all dates.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The same clock, with the dates of another time zone.
    pub(super) fn in_zone(&self, zone: Tz) -> Self {
        Self::new(Arc::clone(&self.clock), zone)
    }

    /// The current time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The current date.
    pub fn today(&self) -> NaiveDate {
        self.date_of(self.now())
    }

    /// Reports whether a date is so far in the future that a clock must have been wrong.
    pub(super) fn is_ahead(&self, date: NaiveDate) -> bool {
        date > self.today() + TimeDelta::days(1)
    }

    pub(super) fn date_of(&self, time: DateTime<Utc>) -> NaiveDate {
        self.local(time).date()
    }

    /// A time in the time zone of the dates.
    pub(super) fn local(&self, time: DateTime<Utc>) -> NaiveDateTime {
        time.with_timezone(&self.zone).naive_local()
    }
}
