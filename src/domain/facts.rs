//! What is known of each hub for a period: which snapshots were compared, how
//! old they are, and what is missing. Reports, bulk changes and the gaps of an
//! organization are all made of this, and of nothing else.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::diff::Observation;
use super::hub::{HubId, Unchecked, Unread};
use super::member::{Counts, Snapshot};

/// What is known of one hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubReport {
    /// The hub.
    pub hub: HubId,
    /// What was compared.
    pub coverage: Coverage,
    /// Its members by status at the end.
    pub counts: Counts,
    /// When its list was last read completely; `None` when it never was.
    pub checked_at: Option<DateTime<Utc>>,
    /// Set while its last poll failed. Always `None` in a report on days that are over.
    pub unread: Option<Unread>,
    /// Set if the stored history does not say all that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
    /// Set where its last check failed and the store does not know it. Always
    /// `None` in a report on days that are over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<Unchecked>,
}

impl HubReport {
    /// A hub without a snapshot: nothing else is known of it.
    pub fn missing(hub: HubId, nearest: Nearest) -> Self {
        Self {
            hub,
            coverage: Coverage::Missing(nearest),
            counts: Counts::default(),
            checked_at: None,
            unread: None,
            damage: None,
            unchecked: None,
        }
    }

    /// Whether the last check of the hub succeeded.
    pub fn is_checked(&self) -> bool {
        self.unread.is_none() && self.unchecked.is_none()
    }

    /// Whether its members are among those that are counted: a list that was
    /// never read, or not for the asked date, has none to count.
    pub fn is_counted(&self) -> bool {
        self.checked_at.is_some()
    }

    /// Whether what is said of the hub is known and current.
    pub fn is_read(&self) -> bool {
        self.is_checked() && self.damage.is_none() && !matches!(self.coverage, Coverage::Missing(_))
    }
}

/// Why the stored history of a hub does not say all that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// Items are missing, altered or misplaced.
    History,
    /// The history that was there at the last digest is gone, and a new one began.
    Restarted,
}

/// Which snapshots of a hub a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All that changed between these two.
    Compared {
        /// The older.
        from: Mark,
        /// The newer.
        to: Mark,
    },
    /// The first snapshot that there is: nothing to compare it with.
    First {
        /// That snapshot.
        to: Mark,
    },
    /// There is no snapshot for the asked date.
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

/// The dates around an asked one for which a snapshot exists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// The latest before it.
    pub before: Option<NaiveDate>,
    /// The earliest after it.
    pub after: Option<NaiveDate>,
}

/// For which days of a period there is no data, over some hubs.
#[derive(Debug, Default)]
pub struct PeriodLimits {
    /// The dates of snapshots that stand for an older one before the period.
    pub older: BTreeSet<NaiveDate>,
    /// The dates within the period on which a history begins.
    pub begins: BTreeSet<NaiveDate>,
    /// The dates within the period that are the last with data.
    pub ends: BTreeSet<NaiveDate>,
}

impl PeriodLimits {
    /// What these hubs know of a period; both its days are included.
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

    /// From when on all of the hubs are known, where that is within the period.
    pub fn begins(&self) -> Option<NaiveDate> {
        self.begins.last().copied()
    }

    /// Until when all of the hubs are known, where that is within the period.
    pub fn ends(&self) -> Option<NaiveDate> {
        self.ends.first().copied()
    }
}

/// What is known of one hub, to make a report of.
#[derive(Debug)]
pub struct HubFacts<'a> {
    /// The report's line for the hub, with its counts.
    pub hub: HubReport,
    /// What its polls saw in the period, by version.
    pub observations: &'a [Observation],
    /// Its members at the end; `None` when that is not known.
    pub members: Option<&'a Snapshot>,
}

/// Whole calendar days in `zone` from `since` to the date `until`; 0 when it lies after.
pub fn days_between(since: DateTime<Utc>, until: NaiveDate, zone: Tz) -> u32 {
    let days = (until - since.with_timezone(&zone).date_naive()).num_days();
    u32::try_from(days).unwrap_or(0)
}
