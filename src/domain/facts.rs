//! The data about each hub for a period: which snapshots were compared, how old they are, and
//! what is missing. Reports, bulk changes and gaps in the organization are all computed from it.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::diff::Observation;
use super::hub::{HubId, Unchecked, Unread};
use super::member::{Counts, Snapshot};

/// The data about one hub in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubReport {
    /// The hub.
    pub hub: HubId,
    /// The snapshots that were compared.
    pub coverage: Coverage,
    /// The members by status at the end of the period.
    pub counts: Counts,
    /// When the list was last read completely; `None` if it never was.
    pub checked_at: Option<DateTime<Utc>>,
    /// Set while polling fails. Always `None` in a report on past days.
    pub unread: Option<Unread>,
    /// Set if the stored history is incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
    /// Set if the last live check failed and the store doesn't know it. Always `None` in a report
    /// on past days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<Unchecked>,
    /// Whether these are only some of the accounts, so that none here doesn't mean an empty list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub narrowed: bool,
}

impl HubReport {
    /// A hub without a snapshot, and so without other data.
    pub fn missing(hub: HubId, nearest: Nearest) -> Self {
        Self {
            hub,
            coverage: Coverage::Missing(nearest),
            counts: Counts::default(),
            checked_at: None,
            unread: None,
            damage: None,
            unchecked: None,
            narrowed: false,
        }
    }

    /// Reports whether the last check of the hub succeeded.
    pub fn is_checked(&self) -> bool {
        self.unread.is_none() && self.unchecked.is_none()
    }

    /// Reports whether the hub's members count. A list that was never read, or not for the date,
    /// has none.
    pub fn is_counted(&self) -> bool {
        self.checked_at.is_some()
    }

    /// Reports whether the data about the hub is current.
    pub fn is_read(&self) -> bool {
        self.is_checked() && self.damage.is_none() && !matches!(self.coverage, Coverage::Missing(_))
    }
}

/// The reason that the stored history of a hub is incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// Items are missing, altered or misplaced.
    History,
    /// The history of the last digest is gone, and a new one has begun.
    Restarted,
}

/// The snapshots of a hub that a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Changes between these two.
    Compared {
        /// The older snapshot.
        from: Mark,
        /// The newer snapshot.
        to: Mark,
    },
    /// The first snapshot, which can't be compared.
    First {
        /// That snapshot.
        to: Mark,
    },
    /// There is no snapshot for the date.
    Missing(Nearest),
}

/// A snapshot: its date, and when its poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mark {
    /// The date in the configured time zone.
    pub date: NaiveDate,
    /// The end of the poll.
    pub at: DateTime<Utc>,
}

/// The nearest dates with a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// The latest one before the date.
    pub before: Option<NaiveDate>,
    /// The earliest one after the date.
    pub after: Option<NaiveDate>,
}

/// The days of a period without data, over some hubs.
#[derive(Debug, Default)]
pub struct PeriodLimits {
    /// Dates of snapshots from before the period that are used instead.
    pub older: BTreeSet<NaiveDate>,
    /// Dates within the period on which the history of a hub begins.
    pub begins: BTreeSet<NaiveDate>,
    /// Dates within the period that are the last with data.
    pub ends: BTreeSet<NaiveDate>,
}

impl PeriodLimits {
    /// Collects this from some hubs for a period, both days inclusive.
    pub fn of<'a>(
        hubs: impl Iterator<Item = &'a HubReport>,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Self {
        let mut limits = Self::default();
        let before = first.pred_opt().unwrap_or(first);
        for hub in hubs {
            let (from, to) = match hub.coverage {
                Coverage::Compared { from, to } => (Some(from.date), to.date),
                Coverage::First { to } => (None, to.date),
                Coverage::Missing(_) => continue,
            };
            limits.older.extend(from.filter(|date| *date < before));
            limits.begins.extend(from.filter(|date| *date > before));
            limits.ends.extend(Some(to).filter(|date| *date != last));
        }
        limits
    }

    /// The date from which all hubs have data, if within the period.
    pub fn begins(&self) -> Option<NaiveDate> {
        self.begins.last().copied()
    }

    /// The date up to which all hubs have data, if within the period.
    pub fn ends(&self) -> Option<NaiveDate> {
        self.ends.first().copied()
    }
}

/// The data about one hub, as input for a report.
#[derive(Debug)]
pub struct HubFacts<'a> {
    /// The hub's part of the report.
    pub hub: HubReport,
    /// The observations of the period, by version.
    pub observations: &'a [Observation],
    /// The members at the end; `None` if unknown.
    pub members: Option<&'a Snapshot>,
}

/// Whole calendar days in `zone` from `since` to the date `until`; 0 if `since` is later.
pub fn days_between(since: DateTime<Utc>, until: NaiveDate, zone: Tz) -> u32 {
    let days = (until - since.with_timezone(&zone).date_naive()).num_days();
    u32::try_from(days).unwrap_or(0)
}
