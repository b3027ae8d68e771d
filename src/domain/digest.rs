//! The daily digest: a report of all changes since the last delivered digest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::cases::{Case, CaseKey, CaseList, Concern};
use super::hub::{HubId, Version};
use super::member::MemberStatus;
use super::report::{Damage, Report};

/// For each hub, the version up to which a digest reports its changes.
pub type Covered = BTreeMap<HubId, Version>;

/// One digest, for one channel and one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// The date it is due for. A channel gets one digest per date.
    pub date: NaiveDate,
    /// When the last delivered digest was made, which is where this one begins. `None` for a
    /// channel's first digest.
    pub since: Option<DateTime<Utc>>,
    /// When this one was made.
    pub until: DateTime<Utc>,
    /// The changes and the current state.
    pub report: Report,
    /// The accounts that need someone to act.
    pub cases: DigestCases,
    /// The version of each hub where the next digest begins.
    #[serde(skip)]
    pub covered: Covered,
}

/// The cases of a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DigestCases {
    /// All cases at that time.
    #[serde(flatten)]
    pub list: CaseList,
    /// The open cases that no earlier digest reported.
    #[serde(skip)]
    pub news: BTreeSet<CaseKey>,
    /// The counts of the previous digest.
    #[serde(skip)]
    pub before: Option<KnownCounts>,
}

/// The numbers of accounts that a digest doesn't name individually.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCounts {
    /// Accounts that are known from the start and not Enabled.
    pub not_enabled: usize,
    /// Resigned accounts in all cases.
    #[serde(default)]
    pub resigned: usize,
    /// Organization accounts that aren't members.
    pub outside: usize,
    /// Since when `not_enabled` is unchanged.
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
            // These become cases as time passes, without a change.
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

    /// The counts that the next digest compares with its own.
    pub fn counts(&self, report: &Report, until: DateTime<Utc>) -> KnownCounts {
        let not_enabled = self.list.known_gaps().count();
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

    /// The increase in organization accounts that aren't members.
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
    /// Marks a hub whose poll found damage. The next digest begins there where this one did.
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
