//! The daily digest: a report on all that happened since the last one that was
//! delivered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::cases::{Case, CaseKey, CaseList, Concern};
use super::hub::{HubId, Version};
use super::member::MemberStatus;
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
    /// The accounts that need a person.
    pub cases: DigestCases,
    /// How far it goes in each hub; the next one begins there.
    #[serde(skip)]
    pub covered: Covered,
}

/// The cases of a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DigestCases {
    /// All cases when it was made.
    #[serde(flatten)]
    pub list: CaseList,
    /// The open ones of which it is the first to tell.
    #[serde(skip)]
    pub news: BTreeSet<CaseKey>,
    /// How many accounts there were at the digest before.
    #[serde(skip)]
    pub before: Option<KnownCounts>,
}

/// How many accounts a digest counts without naming all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCounts {
    /// Those that are known from the start, and not Enabled.
    pub not_enabled: usize,
    /// Those that have resigned, in all cases.
    #[serde(default)]
    pub resigned: usize,
    /// Those of the organization that are no members.
    pub outside: usize,
    /// Since when `not_enabled` is the same.
    pub since: DateTime<Utc>,
}

impl DigestCases {
    /// The cases at the end of a report that begins at `since`.
    pub fn new(
        list: CaseList,
        report: &Report,
        since: Option<DateTime<Utc>>,
        before: Option<KnownCounts>,
    ) -> Self {
        let departures = report
            .changes
            .iter()
            .filter(|group| group.kind.is_departure());
        let entries = departures.flat_map(|group| &group.entries);
        let left: BTreeSet<_> = entries
            .flat_map(|entry| {
                entry
                    .hubs
                    .iter()
                    .map(|hub| CaseKey::in_hub(hub, entry.account))
            })
            .collect();
        let is_news = |case: &&Case| match case.concern {
            Concern::NotEnabled => left.contains(&case.key),
            // Time makes a case of these, and no change.
            _ => since.is_some_and(|since| case.opened > since),
        };
        let news = list
            .open
            .iter()
            .filter(is_news)
            .map(|case| case.key)
            .collect();
        Self { list, news, before }
    }

    /// What the next digest compares with.
    pub fn counts(&self, report: &Report, until: DateTime<Utc>) -> KnownCounts {
        let known = self.list.known.iter();
        let not_enabled = known
            .filter(|case| case.concern == Concern::NotEnabled)
            .count();
        let same = self
            .before
            .filter(|before| before.not_enabled == not_enabled);
        KnownCounts {
            not_enabled,
            resigned: self
                .list
                .iter()
                .filter(|case| case.has(&MemberStatus::Resigned))
                .count(),
            outside: outside(report),
            since: same.map_or(until, |before| before.since),
        }
    }

    /// How many more accounts of the organization are no members.
    pub fn new_outside(&self, report: &Report) -> usize {
        let before = self.before.map(|before| before.outside);
        before.map_or(0, |before| outside(report).saturating_sub(before))
    }
}

fn outside(report: &Report) -> usize {
    let organization = report.organization.as_ref();
    organization.map_or(0, |gaps| gaps.outside.len())
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
