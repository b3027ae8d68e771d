//! The content of a report: the changes of a period, the members that aren't Enabled at its end,
//! the counts, and the state of each hub's data.
//!
//! Digests, answers and the Home tab are made from it. The texts are elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use super::bulk::{BulkChange, bulk_changes, bulk_changes_of_part};
use super::diff::{ChangeKind, movements};
use super::directory::{Directory, Who};
use super::emails::{EmailAddress, is_hidden};
use super::gaps::Gaps;
use super::hub::{HubId, Unlisted};
use super::member::{AccountId, Counts, MemberStatus, Window};
use super::order;

pub use super::facts::{
    Coverage, Damage, HubFacts, HubReport, Mark, Nearest, PeriodLimits, days_between,
};
pub use super::standing::{StandingEntry, StandingGroup, members_by_status};

/// The changes, the open gaps and the counts, over all hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The changes, most serious kind first. No group is empty.
    pub changes: Vec<ChangeGroup>,
    /// The bulk changes among the changes. They are in `changes` too.
    #[serde(rename = "masses")]
    pub bulk_changes: Vec<BulkChange>,
    /// The members that aren't Enabled, most serious status first. No group is empty.
    pub standing: Vec<StandingGroup>,
    /// The number of accounts that are members of at least one hub.
    pub accounts: u64,
    /// The number of members by status, over all hubs. An account counts once for each hub.
    pub counts: Counts,
    /// Every selected hub, in order.
    pub hubs: Vec<HubReport>,
    /// Hubs without Security Hub in Regions that weren't configured by name. The rest of the
    /// report excludes them.
    pub not_enabled: Vec<HubId>,
    /// The administrators whose Regions could not be listed.
    pub unlisted: Vec<Unlisted>,
    /// Differences between the organization and the member lists; `None` if the organization
    /// isn't read, and for past days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<Box<Gaps>>,
}

/// The changes of one kind, by account ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeGroup {
    /// The kind.
    pub kind: ChangeKind,
    /// The accounts.
    pub entries: Vec<ChangeEntry>,
}

impl ChangeGroup {
    /// The number of accounts. One with several entries counts once.
    pub fn accounts(&self) -> usize {
        let accounts: BTreeSet<_> = self.entries.iter().map(|entry| entry.account).collect();
        accounts.len()
    }
}

/// One account with the same change in one or more hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeEntry {
    /// The account.
    pub account: AccountId,
    /// Its name and OU, if known.
    #[serde(flatten)]
    pub who: Who,
    /// Its email address, for readers who may see it.
    #[serde(skip_serializing_if = "is_hidden")]
    pub email: Option<EmailAddress>,
    /// The status before, then every status that it went to; `None` means not listed.
    pub path: Vec<Option<MemberStatus>>,
    /// The hubs of the change.
    pub hubs: Vec<HubId>,
    /// The time of the last change.
    pub last: Window,
}

impl Report {
    /// The number of accounts in which the organization and the member lists differ, as far as
    /// known.
    pub fn gaps(&self) -> usize {
        let gaps = self.organization.as_deref();
        gaps.map_or(0, |gaps| gaps.outside.len() + gaps.still_enabled.len())
    }

    /// A report as of the date `as_of`.
    pub fn new(hubs: Vec<HubFacts<'_>>, as_of: NaiveDate, zone: Tz) -> Self {
        let mut counts = Counts::default();
        for facts in &hubs {
            counts.merge(&facts.hub.counts);
        }
        Self {
            changes: changes(&hubs),
            bulk_changes: bulk_changes(&hubs),
            standing: members_by_status(&hubs, as_of, zone, |status| !status.is_protected()),
            accounts: accounts(&hubs),
            counts,
            hubs: hubs.into_iter().map(|facts| facts.hub).collect(),
            not_enabled: Vec::new(),
            unlisted: Vec::new(),
            organization: None,
        }
    }

    /// A report on the part of `whole` that a channel takes, which is `part`. Some decisions need
    /// all hubs and accounts.
    pub fn of_part(
        part: Vec<HubFacts<'_>>,
        whole: &[HubFacts<'_>],
        as_of: NaiveDate,
        zone: Tz,
    ) -> Self {
        let bulk_changes = bulk_changes_of_part(&part, whole);
        Self {
            bulk_changes,
            ..Self::new(part, as_of, zone)
        }
    }

    /// The report for another period with the same end: the same members, and the changes of
    /// `hubs`.
    #[must_use]
    pub fn with_changes_of(&self, hubs: Vec<HubFacts<'_>>) -> Self {
        Self {
            changes: changes(&hubs),
            bulk_changes: bulk_changes(&hubs),
            hubs: hubs.into_iter().map(|facts| facts.hub).collect(),
            standing: self.standing.clone(),
            counts: self.counts.clone(),
            accounts: self.accounts,
            not_enabled: self.not_enabled.clone(),
            unlisted: self.unlisted.clone(),
            organization: self.organization.clone(),
        }
    }

    /// Reports whether every hub has data from a successful last check.
    pub fn is_checked(&self) -> bool {
        self.unlisted.is_empty() && self.hubs.iter().all(HubReport::is_checked)
    }

    /// Reports whether any list was ever read.
    pub fn is_counted(&self) -> bool {
        self.hubs.iter().any(HubReport::is_counted)
    }

    /// The number of administrators with a counted hub.
    pub fn admins_counted(&self) -> usize {
        let counted = self.hubs.iter().filter(|hub| hub.is_counted());
        let admins = counted.map(|hub| hub.hub.admin);
        admins.collect::<BTreeSet<_>>().len()
    }

    /// The number of Regions with a counted hub.
    pub fn regions_counted(&self) -> usize {
        let counted = self.hubs.iter().filter(|hub| hub.is_counted());
        let regions = counted.map(|hub| &hub.hub.region);
        regions.collect::<BTreeSet<_>>().len()
    }

    /// The number of administrators in the report.
    pub fn admins(&self) -> usize {
        let admins = self.hubs.iter().map(|hub| hub.hub.admin);
        admins.collect::<BTreeSet<_>>().len()
    }

    /// The number of accounts with changes, over all kinds.
    pub fn changed(&self) -> usize {
        self.changes.iter().map(|group| group.entries.len()).sum()
    }

    /// The number of accounts that aren't Enabled in some hub. One with different statuses counts
    /// once.
    pub fn unprotected(&self) -> usize {
        let entries = self.standing.iter().flat_map(|group| &group.entries);
        let accounts: BTreeSet<_> = entries.map(|entry| entry.account).collect();
        accounts.len()
    }

    /// The same report with differences to the organization.
    #[must_use]
    pub fn with_organization(mut self, gaps: Option<Gaps>) -> Self {
        self.organization = gaps.map(Box::new);
        self
    }

    /// The same report with account names.
    #[must_use]
    pub fn named(mut self, directory: &Directory) -> Self {
        for entry in self.changes.iter_mut().flat_map(|group| &mut group.entries) {
            entry.who = directory.who(entry.account);
        }
        for group in &mut self.standing {
            group.name(directory);
        }
        self
    }
}

fn accounts(hubs: &[HubFacts<'_>]) -> u64 {
    let members = hubs.iter().filter_map(|facts| facts.members);
    let ids = members.flat_map(|members| members.members().iter().map(|one| one.listed.account));
    let mut ids: Vec<_> = ids.collect();
    // Each part is sorted already, so sorting only merges them.
    ids.sort();
    ids.dedup();
    ids.len() as u64
}

fn changes(hubs: &[HubFacts<'_>]) -> Vec<ChangeGroup> {
    let mut entries = BTreeMap::<_, ChangeEntry>::new();
    for facts in hubs {
        for movement in movements(facts.observations) {
            let place = order::changed(movement.account, &movement.path);
            let key = (movement.kind(), place);
            let entry = entries.entry(key).or_insert_with(|| ChangeEntry {
                account: movement.account,
                who: Who::default(),
                email: None,
                path: movement.path,
                hubs: Vec::new(),
                last: movement.last,
            });
            entry.hubs.push(facts.hub.hub.clone());
            entry.email = entry.email.take().or(movement.email);
            if movement.last.at > entry.last.at {
                entry.last = movement.last;
            }
        }
    }
    let mut groups = Vec::<ChangeGroup>::new();
    for ((kind, _), entry) in entries {
        match groups.last_mut() {
            Some(group) if group.kind == kind => group.entries.push(entry),
            _ => groups.push(ChangeGroup {
                kind,
                entries: vec![entry],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::{Change, Observation};
    use crate::domain::directory::AccountRecord;
    use crate::domain::hub::Version;

    fn time(text: &str) -> chrono::DateTime<chrono::Utc> {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn hub(region: &str) -> HubReport {
        let mark = Mark {
            date: date("2026-11-20"),
            at: time("2026-11-20T09:00:00Z"),
        };
        HubReport {
            hub: format!("123456789012/{region}").parse().unwrap(),
            coverage: Coverage::First { to: mark },
            counts: Counts::default(),
            checked_at: Some(mark.at),
            unread: None,
            damage: None,
            unchecked: None,
            narrowed: false,
        }
    }

    fn seen(account: u64, from: &str, to: &str, at: &str) -> Observation {
        Observation {
            version: Version(2),
            window: Window {
                after: None,
                at: time(at),
            },
            changes: vec![Change {
                account: AccountId::from_u64(account).unwrap(),
                email: Some("a@example.com".into()),
                from: Some(MemberStatus::parse(from)),
                to: Some(MemberStatus::parse(to)),
            }],
        }
    }

    #[test]
    fn the_same_change_of_an_account_in_two_regions_is_one_entry() {
        let first = [seen(1, "Enabled", "Resigned", "2026-11-20T08:00:00Z")];
        let second = [seen(1, "Enabled", "Resigned", "2026-11-20T08:30:00Z")];
        let other = [seen(1, "Invited", "Resigned", "2026-11-20T08:30:00Z")];
        let facts = |region, observations| HubFacts {
            hub: hub(region),
            observations,
            members: None,
        };
        let report = Report::new(
            vec![
                facts("eu-west-1", &first),
                facts("us-east-1", &second),
                facts("us-west-2", &other),
            ],
            date("2026-11-20"),
            chrono_tz::UTC,
        );
        let kinds: Vec<_> = report.changes.iter().map(|group| group.kind).collect();
        assert_eq!(kinds, [ChangeKind::Left, ChangeKind::Declined]);
        let left = &report.changes[0].entries[0];
        assert_eq!(left.hubs.len(), 2);
        assert_eq!(left.last.at, time("2026-11-20T08:30:00Z"));
        assert_eq!(report.changed(), 2);
    }

    #[test]
    fn every_account_that_has_a_name_is_called_by_it() {
        let observations = [
            seen(1, "Enabled", "Resigned", "2026-11-20T08:00:00Z"),
            seen(2, "Enabled", "Resigned", "2026-11-20T08:00:00Z"),
        ];
        let facts = HubFacts {
            hub: hub("eu-west-1"),
            observations: &observations,
            members: None,
        };
        let who = Who {
            name: Some("payments-prod".to_owned()),
            unit: Some("Workloads/Prod".to_owned()),
        };
        let known = AccountRecord {
            who: who.clone(),
            ..AccountRecord::default()
        };
        let directory = Directory {
            accounts: [(AccountId::from_u64(1).unwrap(), known)].into(),
            organization: None,
        };
        let report = Report::new(vec![facts], date("2026-11-20"), chrono_tz::UTC);
        let named = report.named(&directory);
        let entries = &named.changes[0].entries;
        assert_eq!(entries[0].who, who);
        assert_eq!(entries[1].who, Who::default());
    }
}
