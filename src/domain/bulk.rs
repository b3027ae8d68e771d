//! Bulk changes: many accounts with the same change at once, because AWS renamed a status or a
//! person changed them together. They are reported as one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::diff::{ChangeKind, Movement};
use super::facts::HubFacts;
use super::hub::{HubId, Version};
use super::member::{AccountId, MemberStatus, Snapshot, Window};

/// The minimum number of accounts in a bulk change.
pub const MANY: usize = 100;

/// A status is not renamed if more than one in this many accounts still has it.
const LEFT_OVER: usize = 20;

/// Many accounts with the same change in the same polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BulkChange {
    /// The meaning of the change.
    pub kind: ChangeKind,
    /// The status before, then every status that they went to.
    pub path: Vec<Option<MemberStatus>>,
    /// The accounts, by ID.
    pub accounts: Vec<AccountId>,
    /// The hubs of the change, in order. An account need not be in all of them.
    pub hubs: Vec<HubId>,
    /// The time of the last change.
    pub last: Window,
    /// Whether AWS has probably renamed the status: almost no account has the old one, and one of
    /// the two is unknown.
    pub renamed: bool,
}

impl BulkChange {
    /// Reports whether this account is part of the change.
    pub fn has(&self, account: AccountId, path: &[Option<MemberStatus>]) -> bool {
        self.path == path && self.accounts.binary_search(&account).is_ok()
    }
}

type StatusPath = Vec<Option<MemberStatus>>;

/// The changes of one account in one hub, and the polls that saw them.
struct Course {
    hub: usize,
    polls: Vec<Version>,
    last: Window,
}

/// The accounts with the same change, each with its hubs.
type Courses = BTreeMap<AccountId, Vec<Course>>;

/// The bulk changes of a period, most serious kind first.
pub fn bulk_changes(hubs: &[HubFacts<'_>]) -> Vec<BulkChange> {
    let changes = hubs.iter().flat_map(|facts| facts.observations);
    if changes.map(|seen| seen.changes.len()).sum::<usize>() < MANY {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (path, mut courses) in by_path(hubs) {
        while courses.len() >= MANY {
            let (together, others) = split(courses);
            courses = others;
            if together.len() < MANY {
                break;
            }
            found.extend(bulk_change(path.clone(), &together, hubs));
        }
    }
    found.sort_by_key(|bulk: &BulkChange| bulk.kind);
    found
}

/// The bulk changes of a part of all hubs and accounts, most serious kind first. Whether AWS renamed
/// a status is decided from the whole: in a small part, too few accounts have it.
pub fn bulk_changes_of_part(part: &[HubFacts<'_>], whole: &[HubFacts<'_>]) -> Vec<BulkChange> {
    let renamed = bulk_changes(whole).into_iter();
    let renamed = renamed.filter(|bulk| bulk.renamed).map(|bulk| bulk.path);
    let renamed: BTreeSet<StatusPath> = renamed.collect();
    let mut found = bulk_changes(part);
    found.retain(|bulk| !renamed.contains(&bulk.path));
    for bulk in &mut found {
        bulk.renamed = false;
    }
    if !renamed.is_empty() {
        let paths = by_path(part).into_iter();
        let paths = paths.filter(|(path, _)| renamed.contains(path));
        let bulk = paths.filter_map(|(path, courses)| bulk_change(path, &courses, part));
        found.extend(bulk.map(|bulk| BulkChange {
            renamed: true,
            ..bulk
        }));
    }
    found.sort_by_key(|bulk: &BulkChange| bulk.kind);
    found
}

fn by_path(hubs: &[HubFacts<'_>]) -> BTreeMap<StatusPath, Courses> {
    let mut paths = BTreeMap::<StatusPath, Courses>::new();
    for (hub, facts) in hubs.iter().enumerate() {
        let mut accounts = BTreeMap::<AccountId, (StatusPath, Course)>::new();
        for seen in facts.observations {
            for change in &seen.changes {
                let (path, course) = accounts.entry(change.account).or_insert_with(|| {
                    let course = Course {
                        hub,
                        polls: Vec::new(),
                        last: seen.window,
                    };
                    (vec![change.from.clone()], course)
                });
                path.push(change.to.clone());
                course.polls.push(seen.version);
                course.last = seen.window;
            }
        }
        for (account, (path, course)) in accounts {
            let courses = paths.entry(path).or_default();
            courses.entry(account).or_default().push(course);
        }
    }
    paths
}

/// Splits off the accounts that changed in the polls with the most changes.
fn split(courses: Courses) -> (Courses, Courses) {
    let mut counts = BTreeMap::<usize, BTreeMap<&[Version], usize>>::new();
    for course in courses.values().flatten() {
        *counts
            .entry(course.hub)
            .or_default()
            .entry(&course.polls)
            .or_default() += 1;
    }
    let most = |polls: BTreeMap<&[Version], usize>| {
        let most = polls.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(polls, _)| polls.to_vec()).unwrap_or_default()
    };
    let most: BTreeMap<usize, Vec<Version>> = counts
        .into_iter()
        .map(|(hub, polls)| (hub, most(polls)))
        .collect();
    let is_with_most = |course: &Course| most.get(&course.hub) == Some(&course.polls);
    courses
        .into_iter()
        .partition(|(_, courses)| courses.iter().all(is_with_most))
}

/// `None` without accounts.
fn bulk_change(path: StatusPath, together: &Courses, hubs: &[HubFacts<'_>]) -> Option<BulkChange> {
    let courses = || together.values().flatten();
    let last = courses()
        .map(|course| course.last)
        .max_by_key(|last| last.at)?;
    let account = *together.keys().next()?;
    let movement = Movement {
        account,
        email: None,
        path,
        last,
    };
    let kind = movement.kind();
    let there: BTreeSet<_> = courses().map(|course| course.hub).collect();
    let there: Vec<_> = there.into_iter().filter_map(|hub| hubs.get(hub)).collect();
    let renamed = match &movement.path[..] {
        [Some(old), Some(new)] => {
            let is_unknown = |status| matches!(status, &MemberStatus::Other(_));
            let left = there.iter().filter_map(|facts| facts.members);
            let left: usize = left.map(|members| having(old, members)).sum();
            (is_unknown(old) || is_unknown(new)) && left * LEFT_OVER <= courses().count()
        }
        _ => false,
    };
    Some(BulkChange {
        kind,
        path: movement.path,
        accounts: together.keys().copied().collect(),
        hubs: there.iter().map(|facts| facts.hub.hub.clone()).collect(),
        last,
        renamed,
    })
}

fn having(status: &MemberStatus, members: &Snapshot) -> usize {
    let members = members.members().iter();
    members
        .filter(|member| member.listed.status == *status)
        .count()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::diff::{Change, Observation};
    use crate::domain::facts::{HubReport, Nearest};
    use crate::domain::member::{Listed, Member};

    fn seen(version: i64, accounts: std::ops::Range<u64>, from: &str, to: &str) -> Observation {
        let status = |text: &str| (text != "-").then(|| MemberStatus::parse(text));
        let at = DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::hours(version);
        let change = |number| Change {
            account: AccountId::from_u64(number).unwrap(),
            email: None,
            from: status(from),
            to: status(to),
        };
        Observation {
            version: Version(version),
            window: Window { after: None, at },
            changes: accounts.map(change).collect(),
        }
    }

    fn members(accounts: std::ops::Range<u64>, status: &str) -> Snapshot {
        let member = |number| Member {
            listed: Listed {
                account: AccountId::from_u64(number).unwrap(),
                status: MemberStatus::parse(status),
                email: None,
                invited_at: None,
                updated_at: None,
            },
            since: DateTime::UNIX_EPOCH,
        };
        Snapshot::new(accounts.map(member).collect()).unwrap()
    }

    fn facts<'a>(
        region: &str,
        observations: &'a [Observation],
        members: Option<&'a Snapshot>,
    ) -> HubFacts<'a> {
        HubFacts {
            hub: HubReport::missing(
                format!("111122223333/{region}").parse().unwrap(),
                Nearest::default(),
            ),
            observations,
            members,
        }
    }

    #[test]
    fn a_hundred_that_do_the_same_at_once_are_a_bulk_change_and_one_less_is_none() {
        for (many, wanted) in [(99, 0), (100, 1)] {
            let all = [seen(2, 0..many, "Enabled", "Resigned")];
            assert_eq!(
                bulk_changes(&[facts("eu-west-1", &all, None)]).len(),
                wanted
            );
        }
        let apart = [
            seen(2, 0..60, "Enabled", "Resigned"),
            seen(3, 60..120, "Enabled", "Resigned"),
        ];
        assert!(bulk_changes(&[facts("eu-west-1", &apart, None)]).is_empty());
        let unlike = [
            seen(2, 0..60, "Enabled", "Resigned"),
            seen(2, 60..120, "Enabled", "Removed"),
        ];
        assert!(bulk_changes(&[facts("eu-west-1", &unlike, None)]).is_empty());
    }

    #[test]
    fn two_bulk_changes_that_went_the_same_way_on_two_days_are_two() {
        let both = [
            seen(2, 0..150, "Invited", "Enabled"),
            seen(3, 200..400, "Invited", "Enabled"),
            seen(4, 500..510, "Invited", "Enabled"),
        ];
        let found = bulk_changes(&[facts("eu-west-1", &both, None)]);
        let sizes: Vec<_> = found.iter().map(|bulk| bulk.accounts.len()).collect();
        assert_eq!(sizes, [200, 150]);
    }

    #[test]
    fn accounts_that_some_hubs_only_list_are_of_the_same_bulk_change() {
        let (here, there) = (
            [seen(2, 0..90, "Enabled", "Active")],
            [seen(7, 60..120, "Enabled", "Active")],
        );
        let found = bulk_changes(&[
            facts("eu-west-1", &here, None),
            facts("us-east-1", &there, None),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].accounts.len(), 120);
        assert_eq!(found[0].hubs.len(), 2);
    }

    #[test]
    fn a_status_is_renamed_when_hardly_anybody_is_left_with_it_and_one_name_is_unknown() {
        for (from, to, left, renamed) in [
            ("Enabled", "Active", 0, true),
            ("Enabled", "Active", 10, true),
            ("Enabled", "Active", 11, false),
            ("Active", "Enabled", 0, true),
            ("Enabled", "Resigned", 0, false),
            ("Invited", "Enabled", 0, false),
        ] {
            let all = [seen(2, 0..200, from, to)];
            let left = members(500..500 + left, from);
            let found = bulk_changes(&[facts("eu-west-1", &all, Some(&left))]);
            assert_eq!(found[0].renamed, renamed, "{from} {to} {}", left.len());
        }
    }
}
