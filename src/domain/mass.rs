//! Many accounts that did the same at once: AWS renamed a status, or somebody
//! changed all of them together. It is one piece of news.

use std::collections::BTreeMap;

use serde::Serialize;

use super::diff::{Kind, Movement};
use super::hub::{HubId, Version};
use super::member::{AccountId, MemberStatus, Snapshot, Window};
use super::report::HubFacts;

/// So many accounts that do the same at once are one piece of news.
pub const MANY: usize = 100;

/// A status that one in so many still has is not renamed.
const LEFT_OVER: usize = 20;

/// Many accounts that went the same way in the same polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mass {
    /// What it means.
    pub kind: Kind,
    /// Where they were, then every state that they went to.
    pub path: Vec<Option<MemberStatus>>,
    /// The accounts, by id.
    pub accounts: Vec<AccountId>,
    /// The hubs in which they did that, in order; some of the accounts may be in some of the hubs only.
    pub hubs: Vec<HubId>,
    /// When the last of the changes happened.
    pub last: Window,
    /// Whether AWS has probably given the status another name: hardly anybody
    /// is left with the old one, and the one or the other is unknown.
    pub renamed: bool,
}

impl Mass {
    /// Whether this account is one of them.
    pub fn has(&self, account: AccountId, path: &[Option<MemberStatus>]) -> bool {
        self.path == path && self.accounts.binary_search(&account).is_ok()
    }
}

type Path = Vec<Option<MemberStatus>>;

/// What one account did in one hub, and which polls saw it.
struct Way {
    hub: usize,
    polls: Vec<Version>,
    last: Window,
}

/// Accounts, each with its way in every hub where it went that way.
type Ways = BTreeMap<AccountId, Vec<Way>>;

/// The masses among all changes of a period, the worst kind first.
pub fn masses(hubs: &[HubFacts<'_>]) -> Vec<Mass> {
    let changes = hubs.iter().flat_map(|facts| facts.observations);
    if changes.map(|seen| seen.changes.len()).sum::<usize>() < MANY {
        return Vec::new();
    }
    let mut masses = Vec::new();
    for (path, mut ways) in by_path(hubs) {
        while ways.len() >= MANY {
            let (together, others) = split(ways);
            ways = others;
            if together.len() < MANY {
                break;
            }
            masses.extend(mass(path.clone(), &together, hubs));
        }
    }
    masses.sort_by_key(|mass: &Mass| mass.kind);
    masses
}

fn by_path(hubs: &[HubFacts<'_>]) -> BTreeMap<Path, Ways> {
    let mut paths = BTreeMap::<Path, Ways>::new();
    for (hub, facts) in hubs.iter().enumerate() {
        let mut accounts = BTreeMap::<AccountId, (Path, Way)>::new();
        for seen in facts.observations {
            for change in &seen.changes {
                let (path, way) = accounts.entry(change.account).or_insert_with(|| {
                    let way = Way {
                        hub,
                        polls: Vec::new(),
                        last: seen.window,
                    };
                    (vec![change.from.clone()], way)
                });
                path.push(change.to.clone());
                way.polls.push(seen.version);
                way.last = seen.window;
            }
        }
        for (account, (path, way)) in accounts {
            let ways = paths.entry(path).or_default();
            ways.entry(account).or_default().push(way);
        }
    }
    paths
}

/// Those that went in the polls in which most did, and the others.
fn split(ways: Ways) -> (Ways, Ways) {
    let mut counts = BTreeMap::<usize, BTreeMap<&[Version], usize>>::new();
    for way in ways.values().flatten() {
        *counts
            .entry(way.hub)
            .or_default()
            .entry(&way.polls)
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
    let is_with_most = |way: &Way| most.get(&way.hub) == Some(&way.polls);
    ways.into_iter()
        .partition(|(_, ways)| ways.iter().all(is_with_most))
}

/// `None` for no accounts.
fn mass(path: Path, together: &Ways, hubs: &[HubFacts<'_>]) -> Option<Mass> {
    let ways = || together.values().flatten();
    let last = ways().map(|way| way.last).max_by_key(|last| last.at)?;
    let account = *together.keys().next()?;
    let movement = Movement {
        account,
        email: None,
        path,
        last,
    };
    let kind = movement.kind();
    let there: std::collections::BTreeSet<_> = ways().map(|way| way.hub).collect();
    let there: Vec<_> = there.into_iter().filter_map(|hub| hubs.get(hub)).collect();
    let renamed = match &movement.path[..] {
        [Some(old), Some(new)] => {
            let is_unknown = |status| matches!(status, &MemberStatus::Other(_));
            let left = there.iter().filter_map(|facts| facts.members);
            let left: usize = left.map(|members| having(old, members)).sum();
            (is_unknown(old) || is_unknown(new)) && left * LEFT_OVER <= ways().count()
        }
        _ => false,
    };
    Some(Mass {
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
    use crate::domain::member::{Counts, Listed, Member};
    use crate::domain::report::{Coverage, HubReport, Nearest};

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
            hub: HubReport {
                hub: format!("111122223333/{region}").parse().unwrap(),
                coverage: Coverage::Missing(Nearest::default()),
                counts: Counts::default(),
                checked_at: None,
                unread: None,
                damage: None,
                unchecked: None,
            },
            observations,
            members,
        }
    }

    #[test]
    fn a_hundred_that_do_the_same_at_once_are_a_mass_and_one_less_is_none() {
        for (many, wanted) in [(99, 0), (100, 1)] {
            let all = [seen(2, 0..many, "Enabled", "Resigned")];
            assert_eq!(masses(&[facts("eu-west-1", &all, None)]).len(), wanted);
        }
        let apart = [
            seen(2, 0..60, "Enabled", "Resigned"),
            seen(3, 60..120, "Enabled", "Resigned"),
        ];
        assert!(masses(&[facts("eu-west-1", &apart, None)]).is_empty());
        let unlike = [
            seen(2, 0..60, "Enabled", "Resigned"),
            seen(2, 60..120, "Enabled", "Removed"),
        ];
        assert!(masses(&[facts("eu-west-1", &unlike, None)]).is_empty());
    }

    #[test]
    fn two_masses_that_went_the_same_way_on_two_days_are_two() {
        let both = [
            seen(2, 0..150, "Invited", "Enabled"),
            seen(3, 200..400, "Invited", "Enabled"),
            seen(4, 500..510, "Invited", "Enabled"),
        ];
        let masses = masses(&[facts("eu-west-1", &both, None)]);
        let sizes: Vec<_> = masses.iter().map(|mass| mass.accounts.len()).collect();
        assert_eq!(sizes, [200, 150]);
    }

    #[test]
    fn accounts_that_some_hubs_only_list_are_of_the_same_mass() {
        let (here, there) = (
            [seen(2, 0..90, "Enabled", "Active")],
            [seen(7, 60..120, "Enabled", "Active")],
        );
        let masses = masses(&[
            facts("eu-west-1", &here, None),
            facts("us-east-1", &there, None),
        ]);
        assert_eq!(masses.len(), 1);
        assert_eq!(masses[0].accounts.len(), 120);
        assert_eq!(masses[0].hubs.len(), 2);
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
            let masses = masses(&[facts("eu-west-1", &all, Some(&left))]);
            assert_eq!(masses[0].renamed, renamed, "{from} {to} {}", left.len());
        }
    }
}
