//! The daily digest: a report on all that happened since the last one that was
//! delivered.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::hub::{HubId, Version};
use super::report::Report;

/// For each hub, the version up to which a digest tells its changes.
pub type Covered = BTreeMap<HubId, Version>;

/// One digest, for one channel and one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// The date it is due for. A channel gets one digest per date.
    pub date: NaiveDate,
    /// When the last delivered digest was made: this one begins there. `None`
    /// for the first of a channel.
    pub since: Option<DateTime<Utc>>,
    /// When this one was made.
    pub until: DateTime<Utc>,
    /// What it says.
    pub report: Report,
    /// How far it goes in each hub; the next one begins there.
    #[serde(skip)]
    pub covered: Covered,
}
