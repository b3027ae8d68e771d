use chrono::{TimeDelta, Utc};

use super::*;
use crate::domain::cases::{
    Acceptance, Assignment, CaseBook, CaseClaim, CaseRecord, Condition, HubClaims, LapseReason,
    OrganizationGap, OrganizationGaps, PersonId, Reason,
};
use crate::domain::diff::ChangeKind;
use crate::domain::directory::{AccountRecord, Directory, Who};
use crate::domain::facts::{HubReport, Nearest};
use crate::domain::hub::HubId;
use crate::domain::member::{AccountId, Listed, Member, MemberStatus, Snapshot};
use crate::domain::unit::UnitPattern;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    time("2026-11-25T00:00:00Z")
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

fn condition(status: Option<MemberStatus>, how: ChangeKind, since: &str) -> Condition {
    Condition {
        status,
        since: time(since),
        how: Some(how),
    }
}

fn left(since: &str) -> CaseRecord {
    let resigned = Some(MemberStatus::Resigned);
    CaseRecord {
        opened: time(since),
        known: false,
        known_before: None,
        hubs: [(
            hub("eu-west-1"),
            condition(resigned, ChangeKind::Left, since),
        )]
        .into(),
    }
}

fn gone(since: &str) -> CaseRecord {
    CaseRecord {
        hubs: [(
            hub("eu-west-1"),
            condition(None, ChangeKind::Deleted, since),
        )]
        .into(),
        ..left(since)
    }
}

#[derive(Default)]
struct World {
    book: CaseBook,
    claims: BTreeMap<CaseKey, CaseClaim>,
    members: Snapshot,
    directory: Directory,
    urgent: Vec<UnitPattern>,
}

impl World {
    fn with(mut self, number: u64, record: CaseRecord) -> Self {
        self.book.records.insert(key(number), record);
        self
    }

    fn named(mut self, number: u64, name: &str, unit: &str) -> Self {
        let who = Who {
            name: Some(name.to_owned()),
            unit: Some(unit.to_owned()),
        };
        let record = AccountRecord {
            who,
            ..AccountRecord::default()
        };
        self.directory.accounts.insert(account(number), record);
        self
    }

    fn claim(&mut self, number: u64) -> &mut CaseClaim {
        let opened = self.book.records[&key(number)].opened;
        self.claims.entry(key(number)).or_insert(CaseClaim {
            key: key(number),
            opened,
            revision: 1,
            assigned: None,
            accepted: None,
        })
    }

    fn take(&mut self, number: u64) {
        self.claim(number).assigned = Some(Assignment {
            by: PersonId("U1".to_owned()),
            at: now(),
        });
    }

    fn accept(&mut self, number: u64, until: &str) {
        let hubs = self.book.records[&key(number)].hubs.clone();
        let status = |(hub, condition): (HubId, Condition)| (hub, condition.status);
        self.claim(number).accepted = Some(Acceptance {
            by: PersonId("U2".to_owned()),
            at: now(),
            until: until.parse().unwrap(),
            why: Reason::parse("sold").unwrap(),
            hubs: hubs.into_iter().map(status).collect(),
        });
    }

    fn list_at(&self, now: DateTime<Utc>) -> CaseList {
        let hubs = [HubFacts {
            hub: HubReport::missing(hub("eu-west-1"), Nearest::default()),
            observations: &[],
            members: Some(&self.members),
        }];
        let sources = CaseSources {
            book: &self.book,
            claims: &self.claims,
            hub_claims: &HubClaims::default(),
            hubs: &hubs,
            directory: &self.directory,
        };
        let rules = CaseRules {
            now,
            zone: chrono_tz::Asia::Tokyo,
            pending_after: TimeDelta::days(7),
            urgent: &self.urgent,
        };
        CaseList::new(sources, rules)
    }

    fn list(&self) -> CaseList {
        self.list_at(now())
    }
}

fn numbers(cases: &[Case]) -> Vec<u64> {
    cases.iter().map(|case| case.key.account.as_u64()).collect()
}

#[test]
fn the_day_of_the_event_is_day_one_on_the_calendar_of_the_time_zone() {
    // 23:30 in Tokyo, half an hour before the 25th, on which it is 9:00 now.
    let world = World::default().with(1, left("2026-11-24T14:30:00Z"));
    assert_eq!(world.list().open[0].day, 2);
    let world = World::default().with(1, left("2026-11-24T15:30:00Z"));
    assert_eq!(world.list().open[0].day, 1);
}

#[test]
fn cases_are_ordered_by_urgency_then_the_newest_day_then_the_worst() {
    let mut world = World::default()
        .with(1, left("2026-11-20T01:00:00Z"))
        .with(2, gone("2026-11-24T02:00:00Z"))
        .with(3, left("2026-11-24T01:00:00Z"))
        .with(4, left("2026-11-10T01:00:00Z"))
        .with(5, left("2026-11-24T05:00:00Z"))
        .named(4, "payments-prod", "Workloads/Prod")
        .named(5, "audit", "Core");
    world.urgent = vec!["Workloads/**".parse().unwrap()];
    assert_eq!(numbers(&world.list().open), [4, 5, 3, 2, 1]);
}

#[test]
fn a_taken_case_stays_in_sight_and_an_accepted_one_until_its_date() {
    let since = "2026-11-20T01:00:00Z";
    let mut world = World::default().with(1, left(since)).with(2, left(since));
    world.take(1);
    world.accept(2, "2026-11-26");
    let list = world.list();
    assert_eq!(
        (numbers(&list.open), numbers(&list.accepted)),
        (vec![1], vec![2])
    );
    assert!(matches!(list.open[0].state, CaseState::Taken(_)));
    // 23:59 on the day before in Tokyo, and midnight.
    let list = world.list_at(time("2026-11-25T14:59:00Z"));
    assert_eq!(numbers(&list.accepted), [2]);
    let list = world.list_at(time("2026-11-25T15:00:00Z"));
    assert_eq!(numbers(&list.open), [1, 2]);
    let lapse = list.open[1].lapse.as_ref().unwrap();
    assert_eq!(
        (lapse.why, lapse.acceptance.why.as_str()),
        (LapseReason::Date, "sold")
    );
}

#[test]
fn an_accepted_case_that_changes_is_open_again_and_fewer_regions_are_no_change() {
    let since = "2026-11-20T01:00:00Z";
    let two = || {
        let mut record = left(since);
        let resigned = Some(MemberStatus::Resigned);
        record.hubs.insert(
            hub("us-east-1"),
            condition(resigned, ChangeKind::Left, since),
        );
        record
    };
    let mut world = World::default().with(1, two());
    world.accept(1, "2026-12-31");
    world.book.records.insert(key(1), left(since));
    assert_eq!(numbers(&world.list().accepted), [1]);
    let mut further = two();
    let removed = Some(MemberStatus::Removed);
    further.hubs.insert(
        hub("us-west-2"),
        condition(removed.clone(), ChangeKind::Removed, since),
    );
    let mut other = two();
    other.hubs.insert(
        hub("eu-west-1"),
        condition(removed, ChangeKind::Left, since),
    );
    for changed in [further, other, gone(since)] {
        world.book.records.insert(key(1), changed);
        let list = world.list();
        assert_eq!(
            list.open[0].lapse.as_ref().unwrap().why,
            LapseReason::Changed
        );
    }
}

#[test]
fn a_person_who_accepts_that_an_account_is_gone_closes_the_case() {
    let mut world = World::default().with(1, gone("2026-11-20T01:00:00Z"));
    world.accept(1, "2026-11-21");
    assert_eq!(world.list(), CaseList::default());
}

#[test]
fn decisions_on_an_earlier_case_do_not_apply_to_a_later_one() {
    let mut world = World::default().with(1, left("2026-11-20T01:00:00Z"));
    world.take(1);
    world.accept(1, "2027-01-01");
    world
        .book
        .records
        .insert(key(1), left("2026-11-24T01:00:00Z"));
    let list = world.list();
    assert_eq!(
        (&list.open[0].state, &list.open[0].lapse),
        (&CaseState::Open, &None)
    );
}

#[test]
fn a_case_known_from_the_start_opens_only_by_a_decision() {
    let known = || CaseRecord {
        known: true,
        ..left("2026-01-01T00:00:00Z")
    };
    let mut world = World::default()
        .with(1, known())
        .with(2, known())
        .with(3, known());
    world.take(2);
    world.accept(3, "2026-11-24");
    let list = world.list();
    assert_eq!(numbers(&list.known), [1]);
    assert_eq!(list.known[0].day, 329);
    assert_eq!(numbers(&list.open), [2, 3]);
    assert!(!list.is_quiet());
}

#[test]
fn an_invitation_is_a_case_after_seven_days_from_its_last_sending() {
    let invited = |number, at: &str, since: &str| Member {
        listed: Listed {
            account: account(number),
            status: MemberStatus::Invited,
            email: None,
            invited_at: Some(time(at)),
            updated_at: None,
        },
        since: time(since),
    };
    let members = vec![
        invited(1, "2026-11-18T00:00:00Z", "2026-11-18T00:10:00Z"),
        invited(2, "2026-11-18T00:00:01Z", "2026-11-18T00:10:00Z"),
        // Invited again: its status has not changed since.
        invited(3, "2026-11-24T00:00:00Z", "2026-10-01T00:00:00Z"),
        invited(4, "2026-10-01T00:00:00Z", "2026-10-01T00:10:00Z"),
    ];
    let world = World {
        members: Snapshot::new(members).unwrap(),
        book: CaseBook {
            begun: Some(time("2026-11-20T00:00:00Z")),
            ..CaseBook::default()
        },
        ..World::default()
    };
    let list = world.list();
    assert_eq!(numbers(&list.open), [1]);
    assert_eq!(list.open[0].concern, Concern::Pending);
    assert_eq!(numbers(&list.known), [4]);
}

#[test]
fn an_account_that_left_every_list_of_its_organization_is_one_case() {
    let since = "2026-11-20T01:00:00Z";
    let gap = |known, since: &str| OrganizationGap {
        enabled_in: Vec::new(),
        since: time(since),
        known,
    };
    let outside = |number| CaseKey {
        admin: None,
        account: account(number),
    };
    let mut world = World::default().with(1, gone(since));
    let gaps = [
        (outside(1), gap(false, since)),
        (outside(2), gap(false, since)),
        (outside(3), gap(true, since)),
        // Less than a day has passed, so it may still be added.
        (outside(4), gap(false, "2026-11-24T00:00:01Z")),
    ];
    world.book.organization = Some(OrganizationGaps {
        read_at: now(),
        gaps: gaps.into(),
    });
    let list = world.list();
    assert_eq!(numbers(&list.open), [2, 1]);
    assert_eq!(list.open[0].concern, Concern::NotMember);
    assert_eq!(numbers(&list.known), [3]);
}
