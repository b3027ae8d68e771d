//! The daily digest: a report on all that happened since the last one that was
//! delivered.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::hub::{HubId, Version};
use super::report::{Damage, Report};

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

impl Digest {
    /// The poll of a hub met damage: nothing is told of it as known, and the
    /// next digest begins where this one did.
    pub fn is_damaged_in(&mut self, hub: &HubId, before: Option<&Covered>) {
        let mut hubs = self.report.hubs.iter_mut();
        if let Some(report) = hubs.find(|report| report.hub == *hub) {
            report.damage = Some(Damage::History);
        }
        match before.and_then(|before| before.get(hub)) {
            Some(version) => self.covered.insert(hub.clone(), *version),
            None => self.covered.remove(hub),
        };
    }
}
