use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::diff::Observation;
use crate::domain::hub::Version;
use crate::domain::member::{AccountId, Listed, Snapshot, Window};

const NOW: &str = "2026-11-25T09:00:00Z";

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn hub(region: &str) -> HubId {
    format!("111122223333/{region}").parse().unwrap()
}

fn key(number: u64) -> CaseKey {
    CaseKey::in_hub(&hub("eu-west-1"), account(number))
}

fn status(text: &str) -> Option<MemberStatus> {
    (text != "-").then(|| MemberStatus::parse(text))
}

/// The lists of some hubs, and all changes that their polls saw.
#[derive(Clone, Default)]
struct World {
    lists: BTreeMap<HubId, BTreeMap<AccountId, (MemberStatus, DateTime<Utc>)>>,
    seen: BTreeMap<HubId, Vec<Observation>>,
    polls: i64,
}

impl World {
    fn new(hubs: &[(&str, &[(u64, &str)])]) -> Self {
        let mut world = Self::default();
        for (region, members) in hubs {
            let list = members.iter().map(|(number, text)| {
                let since = time(NOW) - TimeDelta::days(30);
                (account(*number), (status(text).unwrap(), since))
            });
            world.lists.insert(hub(region), list.collect());
            world.seen.insert(hub(region), Vec::new());
        }
        world
    }

    /// A poll that sees one change.
    fn poll(&mut self, region: &str, number: u64, to: &str) -> &mut Self {
        self.polls += 1;
        let at = time(NOW) + TimeDelta::minutes(15 * self.polls);
        let list = self.lists.get_mut(&hub(region)).unwrap();
        let from = list.get(&account(number)).map(|(status, _)| status.clone());
        let to = status(to);
        if from == to {
            return self;
        }
        match &to {
            Some(status) => list.insert(account(number), (status.clone(), at)),
            None => list.remove(&account(number)),
        };
        let seen = self.seen.get_mut(&hub(region)).unwrap();
        seen.push(Observation {
            version: Version(seen.len() as i64 + 2),
            window: Window { after: None, at },
            changes: vec![Change {
                account: account(number),
                email: None,
                from,
                to,
            }],
        });
        self
    }

    fn snapshot(&self, hub: &HubId) -> Snapshot {
        let members = self.lists[hub]
            .iter()
            .map(|(account, (status, since))| Member {
                listed: Listed {
                    account: *account,
                    status: status.clone(),
                    email: None,
                    invited_at: None,
                    updated_at: None,
                },
                since: *since,
            });
        Snapshot::new(members.collect()).unwrap()
    }

    /// Reads the new changes of these hubs into the book; if `lost`, the stored changes are
    /// missing.
    fn read(&self, book: &mut CaseBook, hubs: &[&str], lost: bool) -> bool {
        let hubs: Vec<_> = hubs.iter().map(|region| hub(region)).collect();
        let snapshots: Vec<_> = hubs.iter().map(|hub| self.snapshot(hub)).collect();
        let updates: Vec<_> = hubs
            .iter()
            .zip(&snapshots)
            .map(|(hub, members)| {
                let seen = &self.seen[hub];
                let read = book.covered.get(hub).map_or(0, |version| version.0 - 1);
                let after = if lost {
                    seen.len()
                } else {
                    usize::try_from(read).unwrap()
                };
                HubUpdate {
                    hub,
                    version: Version(seen.len() as i64 + 1),
                    observations: &seen[after..],
                    members,
                }
            })
            .collect();
        let watched = self.lists.keys().cloned().collect();
        book.advance(&updates, &watched, time(NOW))
    }
}

/// The accounts with a case, its Regions, and whether it is known from the start.
fn cases(book: &CaseBook) -> Vec<(u64, Vec<String>, bool)> {
    let record = |(key, record): (&CaseKey, &CaseRecord)| {
        let regions = record.hubs.keys().map(|hub| hub.region.to_string());
        (key.account.as_u64(), regions.collect(), record.known)
    };
    book.records.iter().map(record).collect()
}

#[test]
fn conditions_of_the_first_reading_are_known_and_later_ones_are_not() {
    let mut world = World::new(&[(
        "eu-west-1",
        &[
            (1, "Enabled"),
            (2, "Resigned"),
            (3, "Invited"),
            (4, "Enabled"),
        ],
    )]);
    world.poll("eu-west-1", 1, "Resigned");
    let mut book = CaseBook::default();
    assert!(world.read(&mut book, &["eu-west-1"], false));
    let region = || vec!["eu-west-1".to_owned()];
    assert_eq!(cases(&book), [(1, region(), false), (2, region(), true)]);
    assert_eq!(
        book.records[&key(1)].hubs[&hub("eu-west-1")].how,
        Some(ChangeKind::Left)
    );
    assert!(
        !world.read(&mut book, &["eu-west-1"], false),
        "nothing is new"
    );
}

#[test]
fn a_case_ends_when_the_account_is_enabled_in_every_hub_again_and_not_before() {
    let all = [(1, "Enabled")];
    let mut world = World::new(&[("eu-west-1", &all), ("us-east-1", &all)]);
    let mut book = CaseBook::default();
    let both = ["eu-west-1", "us-east-1"];
    world.read(&mut book, &both, false);
    world
        .poll("eu-west-1", 1, "Resigned")
        .poll("us-east-1", 1, "Resigned");
    world.read(&mut book, &both, false);
    let opened = book.records[&key(1)].opened;
    world
        .poll("eu-west-1", 1, "Invited")
        .poll("eu-west-1", 1, "Enabled");
    world.read(&mut book, &both, false);
    assert_eq!(cases(&book), [(1, vec!["us-east-1".to_owned()], false)]);
    assert_eq!(book.records[&key(1)].opened, opened, "it is the same case");
    // The poll of one hub failed: nothing ends there.
    world.poll("us-east-1", 1, "Enabled");
    world.read(&mut book, &["eu-west-1"], false);
    assert_eq!(book.records.len(), 1);
    world.read(&mut book, &both, false);
    assert!(book.records.is_empty());
    assert_eq!(book.ended.len(), 1);
    world.poll("us-east-1", 1, "Resigned");
    world.read(&mut book, &both, false);
    assert_ne!(book.records[&key(1)].opened, opened, "it is another case");
}

#[test]
fn each_way_out_of_a_list_opens_a_case_and_a_withdrawn_invitation_does_not() {
    for (from, to, wanted) in [
        ("Enabled", "Resigned", Some(ChangeKind::Left)),
        ("Invited", "Resigned", Some(ChangeKind::Declined)),
        ("Enabled", "Removed", Some(ChangeKind::Removed)),
        ("Enabled", "AccountSuspended", Some(ChangeKind::Suspended)),
        ("Enabled", "Quarantined", Some(ChangeKind::Unprotected)),
        ("Enabled", "Invited", Some(ChangeKind::Unprotected)),
        ("Enabled", "-", Some(ChangeKind::Deleted)),
        ("Invited", "-", None),
        ("Created", "Invited", None),
        ("-", "Created", None),
        ("-", "Enabled", None),
        ("-", "Resigned", Some(ChangeKind::Changed)),
    ] {
        let mut world = World::new(&[("eu-west-1", &[(9, "Enabled")])]);
        if let Some(from) = status(from) {
            let list = world.lists.get_mut(&hub("eu-west-1")).unwrap();
            list.insert(account(1), (from, time(NOW)));
        }
        let mut book = CaseBook::default();
        world.read(&mut book, &["eu-west-1"], false);
        world.poll("eu-west-1", 1, to);
        world.read(&mut book, &["eu-west-1"], false);
        let how = book
            .records
            .get(&key(1))
            .map(|record| record.hubs[&hub("eu-west-1")].how);
        assert_eq!(how.flatten(), wanted, "{from} → {to}");
        assert_eq!(how.is_some(), wanted.is_some(), "{from} → {to}");
    }
}

#[test]
fn a_known_account_gets_a_case_when_it_is_no_longer_listed_or_leaves_another_hub() {
    let mut world = World::new(&[
        (
            "eu-west-1",
            &[(1, "Resigned"), (2, "Resigned"), (3, "Resigned")],
        ),
        ("us-east-1", &[(1, "Enabled")]),
    ]);
    let mut book = CaseBook::default();
    let both = ["eu-west-1", "us-east-1"];
    world.read(&mut book, &both, false);
    world.poll("us-east-1", 1, "Resigned");
    world.poll("eu-west-1", 2, "-");
    world.poll("eu-west-1", 3, "Removed");
    world.read(&mut book, &both, false);
    let known = |number| book.records[&key(number)].known;
    assert_eq!([known(1), known(2), known(3)], [false, false, true]);
}

#[test]
fn the_conditions_of_a_hub_that_is_not_watched_any_more_end_and_say_so() {
    let mut world = World::new(&[
        ("eu-west-1", &[(1, "Enabled"), (2, "Enabled")]),
        ("us-east-1", &[(1, "Enabled")]),
    ]);
    let mut book = CaseBook::default();
    let both = ["eu-west-1", "us-east-1"];
    world.read(&mut book, &both, false);
    world
        .poll("us-east-1", 1, "Resigned")
        .poll("eu-west-1", 1, "Resigned");
    world.poll("eu-west-1", 2, "Resigned");
    world.read(&mut book, &both, false);
    world.lists.remove(&hub("eu-west-1"));
    assert!(world.read(&mut book, &["us-east-1"], false));
    assert_eq!(cases(&book), [(1, vec!["us-east-1".to_owned()], false)]);
    let ended: Vec<_> = book
        .ended
        .iter()
        .map(|ended| (ended.key, ended.unwatched))
        .collect();
    assert_eq!(ended, [(key(2), true)]);
}

#[test]
fn ended_cases_are_forgotten_after_the_retention() {
    let mut world = World::new(&[("eu-west-1", &[(1, "Enabled")])]);
    let mut book = CaseBook::default();
    world.read(&mut book, &["eu-west-1"], false);
    let ended = |days| EndedCase {
        key: key(1),
        opened: time(NOW) - TimeDelta::days(days),
        ended: time(NOW) - TimeDelta::days(days),
        unwatched: false,
        known: false,
    };
    book.ended = vec![ended(401), ended(399)];
    world.poll("eu-west-1", 1, "Resigned");
    world.read(&mut book, &["eu-west-1"], false);
    assert_eq!(book.ended, [ended(399)]);
}

const STATUSES: [&str; 6] = [
    "Enabled",
    "Resigned",
    "Removed",
    "Invited",
    "Quarantined",
    "-",
];
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// The same rules, written independently for one account in one hub.
fn has_condition(path: &[Option<MemberStatus>]) -> bool {
    let gap = |status: &MemberStatus| !status.is_protected() && !status.is_pending();
    let mut has = path[0].as_ref().is_some_and(gap);
    for step in path.windows(2) {
        has = match (&step[0], &step[1]) {
            (_, Some(MemberStatus::Enabled)) => false,
            (_, Some(to)) if gap(to) => true,
            (Some(from), None) => has || !from.is_pending(),
            (from, _) => has || *from == Some(MemberStatus::Enabled),
        };
    }
    has
}

proptest! {
    #[test]
    fn in_any_history_a_case_is_there_as_long_as_it_has_to_be_however_it_is_read(
        start in proptest::collection::vec(0..STATUSES.len(), 6),
        steps in proptest::collection::vec((0..2_usize, 1..4_u64, 0..STATUSES.len()), 1..24),
        reads in proptest::collection::vec(0..4_usize, 24),
    ) {
        let mut world = World::new(&[(REGIONS[0], &[]), (REGIONS[1], &[])]);
        let mut paths = BTreeMap::new();
        for (index, chosen) in start.iter().enumerate() {
            let (region, number) = (REGIONS[index % 2], index as u64 / 2 + 1);
            let first = status(STATUSES[*chosen]);
            if let Some(first) = &first {
                let list = world.lists.get_mut(&hub(region)).unwrap();
                list.insert(account(number), (first.clone(), time(NOW)));
            }
            paths.insert((number, region), vec![first]);
        }
        let (mut eager, mut lazy, mut lossy) = <(CaseBook, CaseBook, CaseBook)>::default();
        for book in [&mut eager, &mut lazy, &mut lossy] {
            world.read(book, &REGIONS, false);
        }
        let mut opened = BTreeMap::<CaseKey, DateTime<Utc>>::new();
        for ((region, number, chosen), read) in steps.iter().zip(reads) {
            world.poll(REGIONS[*region], *number, STATUSES[*chosen]);
            let path = paths.get_mut(&(*number, REGIONS[*region])).unwrap();
            if path.last() != Some(&status(STATUSES[*chosen])) {
                path.push(status(STATUSES[*chosen]));
            }
            world.read(&mut eager, &REGIONS, false);
            match read {
                0 => { world.read(&mut lazy, &REGIONS, false); }
                1 => { world.read(&mut lazy, &REGIONS[..1], false); }
                2 => { world.read(&mut lossy, &REGIONS, true); }
                _ => {}
            }
            // The beginning of a case stays as long as the case does.
            for (key, record) in eager.records.iter().filter(|(_, record)| !record.known) {
                let had = opened.insert(*key, record.opened);
                let has_ended = eager.ended.iter().any(|ended| Some(ended.opened) == had);
                prop_assert!(had.is_none_or(|had| had == record.opened || has_ended));
            }
        }
        world.read(&mut lazy, &REGIONS, false);
        world.read(&mut lossy, &REGIONS, true);
        let wanted: BTreeSet<_> = paths
            .iter()
            .filter(|(_, path)| has_condition(path))
            .map(|((number, region), _)| (key(*number), hub(region)))
            .collect();
        let found = |book: &CaseBook| -> BTreeSet<_> {
            let records = book.records.iter();
            records.flat_map(|(key, record)| record.hubs.keys().map(|hub| (*key, hub.clone()))).collect()
        };
        prop_assert_eq!(found(&eager), wanted.clone());
        prop_assert_eq!(found(&lazy), wanted.clone());
        prop_assert_eq!(&eager.covered, &lazy.covered);
        // If changes are lost, each listed account that is not Enabled still has a case.
        let lossy = found(&lossy);
        for (key, hub) in &wanted {
            let listed = world.lists[hub].get(&key.account);
            if listed.is_some_and(|(status, _)| is_gap(status)) {
                prop_assert!(lossy.contains(&(*key, hub.clone())));
            }
        }
        for (key, hub) in &lossy {
            let listed = world.lists[hub].get(&key.account);
            prop_assert!(listed.is_none_or(|(status, _)| !status.is_protected()));
        }
        let text = serde_json::to_string(&eager).unwrap();
        prop_assert_eq!(serde_json::from_str::<CaseBook>(&text).unwrap(), eager);
    }
}
