//! The daily digest: a report of all changes since the last delivered digest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::alert::AlertMark;
use super::cases::{Case, CaseKey, CaseList, Concern};
use super::hub::{HubId, Version};
use super::member::MemberStatus;
use super::report::{Damage, Report};
use super::scope::Audience;

/// For each hub, the version up to which a digest reports its changes.
pub type Covered = BTreeMap<HubId, Version>;

/// One digest, for one channel and one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// The date it is due for. A channel gets one digest per date.
    pub date: NaiveDate,
    /// Its readers.
    pub audience: Audience,
    /// When the last delivered digest was made, which is where this one begins, or when a channel
    /// beside others was first known. `None` for the first digest of all.
    pub since: Option<DateTime<Utc>>,
    /// Whether it is the first digest of a channel beside others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_joining: bool,
    /// Whether the channel had other conditions at its last digest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_rescoped: bool,
    /// Whether the conditions ask for OUs and none is known, so no account meets them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lacks_units: bool,
    /// When this one was made.
    pub until: DateTime<Utc>,
    /// The changes and the current state.
    pub report: Report,
    /// The accounts that need someone to act.
    pub cases: DigestCases,
    /// The week before, in the first digest of a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<PastWeek>,
    /// Whether it is the first digest of a week, even if it doesn't report the week before.
    #[serde(skip)]
    pub is_first_of_week: bool,
    /// The alerts since the last digest.
    #[serde(skip)]
    pub alerts: Vec<AlertMark>,
    /// The version of each hub where the next digest begins.
    #[serde(skip)]
    pub covered: Covered,
}

/// A week that is over, and its changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastWeek {
    /// Its Monday.
    pub first: NaiveDate,
    /// Its Sunday.
    pub last: NaiveDate,
    /// The changes, both days included.
    pub report: Report,
}

impl PastWeek {
    /// The Monday and Sunday of the week before a digest; `None` if the previous digest is of the
    /// same week. Without Mondays in the schedule, or if Monday's digest failed, a later day reports
    /// the week.
    pub fn before(date: NaiveDate, previous: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let monday = date.week(Weekday::Mon).checked_first_day()?;
        let days_ago = |days| monday.checked_sub_days(Days::new(days));
        (previous < monday).then_some(days_ago(7)?).zip(days_ago(1))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digest_of_a_week_reports_the_week_before() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (previous, date, week) in [
            ("2026-11-22", "2026-11-23", Some("2026-11-16..2026-11-22")),
            // Only from Monday to Friday.
            ("2026-11-20", "2026-11-23", Some("2026-11-16..2026-11-22")),
            ("2026-11-23", "2026-11-24", None),
            ("2026-11-24", "2026-11-29", None),
            // Monday's failed, or there is none.
            ("2026-11-22", "2026-11-24", Some("2026-11-16..2026-11-22")),
            ("2026-11-01", "2026-12-01", Some("2026-11-23..2026-11-29")),
            // A week in two years.
            ("2026-12-31", "2027-01-01", None),
            ("2027-01-03", "2027-01-04", Some("2026-12-28..2027-01-03")),
        ] {
            let found = PastWeek::before(day(date), day(previous));
            let found = found.map(|(first, last)| format!("{first}..{last}"));
            assert_eq!(found.as_deref(), week, "{previous}, then {date}");
        }
    }
}
