use std::collections::BTreeMap;

use chrono::DateTime;
use chrono_tz::UTC;
use proptest::prelude::*;

use super::*;
use crate::check::Verdict;
use crate::domain::directory::{AccountRecord, Who};
use crate::domain::member::{Listed, Member};
use crate::domain::schedule::Schedule;
use crate::domain::scope::Audience;
use crate::settings::ChannelTarget;
use crate::text::Locale;

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn hub(text: &str) -> HubId {
    text.parse().unwrap()
}

fn members(numbers: &[u64]) -> Option<Arc<Snapshot>> {
    let member = |number: &u64| Member {
        listed: Listed {
            account: account(*number),
            status: MemberStatus::parse(if *number == 4 {
                "Quarantined"
            } else {
                "Enabled"
            }),
            email: None,
            invited_at: None,
            updated_at: None,
        },
        since: DateTime::UNIX_EPOCH,
    };
    Some(Arc::new(
        Snapshot::new(numbers.iter().map(member).collect()).unwrap(),
    ))
}

fn known() -> KnownAccounts {
    let units = [
        (1, "Workloads/Payments"),
        (2, "Workloads/Payments/EU"),
        (5, "Core"),
    ];
    let records = units.map(|(number, unit)| {
        let who = Who {
            name: None,
            unit: Some(unit.to_owned()),
        };
        (
            account(number),
            AccountRecord {
                who,
                ..AccountRecord::default()
            },
        )
    });
    KnownAccounts {
        admins: [account(111_122_223_333)].into(),
        hubs: vec![
            (hub("111122223333/eu-west-1"), members(&[1, 2, 3, 4])),
            (hub("111122223333/us-east-1"), members(&[2, 3])),
            (hub("111122223333/us-west-2"), None),
        ],
        has_all_hubs: true,
        directory: Directory {
            accounts: records.into(),
            organization: None,
        },
    }
}

fn channel(id: &str, scope: Scope) -> ChannelConfig {
    let name = (!scope.is_everything()).then(|| id.to_lowercase());
    ChannelConfig {
        id: id.to_owned(),
        target: ChannelTarget::Slack,
        audience: Audience {
            name,
            scope,
            ..Audience::of_everything(UTC)
        },
        locale: Locale::En,
        schedule: Schedule::parse("0 9 * * *", UTC).unwrap(),
    }
}

fn units(patterns: &[&str]) -> Scope {
    Scope {
        units: patterns.iter().map(|text| text.parse().unwrap()).collect(),
        ..Scope::default()
    }
}

fn shown(findings: &[Finding]) -> String {
    let lines = findings
        .iter()
        .map(|found| format!("{:?} {}: {}", found.verdict, found.topic, found.detail));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn accounts_that_fit_are_counted_and_conditions_that_nothing_meets_are_named() {
    let scopes = [
        ("C1PAYMENTS", units(&["Workloads/Payments/**"])),
        (
            "C2MISTYPED",
            units(&["Workloads/Paymnts/**", "Sandbox", "Core"]),
        ),
        (
            "C3ELSEWHERE",
            Scope {
                admins: [account(444_455_556_666)].into(),
                regions: ["us-east-1".parse().unwrap(), "eu-north-1".parse().unwrap()].into(),
                ..Scope::default()
            },
        ),
        (
            "C4STATUSES",
            Scope {
                regions: ["eu-west-1".parse().unwrap()].into(),
                accounts: [account(3), account(5), account(6)].into(),
                statuses: [
                    MemberStatus::Resigned,
                    MemberStatus::Other("Quarantined".to_owned()),
                    MemberStatus::Other("Banished".to_owned()),
                ]
                .into(),
                ..Scope::default()
            },
        ),
        ("C0EVERYTHING", Scope::default()),
    ];
    let channels = scopes.map(|(id, scope)| channel(id, scope));
    let findings = conditions(&channels, Ok(&known()));
    insta::assert_snapshot!(shown(&findings), @r"
    Well Conditions C1PAYMENTS: c1payments: 2 accounts fit now; 1 member list is not read yet
    Note Conditions C2MISTYPED: c2mistyped: 0 accounts fit now; 1 member list is not read yet
    units: no known account is in Workloads/Paymnts/**: did you mean Workloads/Payments?
    units: no known account is in Sandbox
    Note Conditions C3ELSEWHERE: c3elsewhere: 0 accounts fit now
    admins: 444455556666 is no administrator in ADMINISTRATORS
    regions: eu-north-1 is not monitored
    Note Conditions C4STATUSES: c4statuses: 1 account fits now
    accounts: 000000000006 is in no member list that was read
    statuses: Banished is unknown, and no member has it
    Well Conditions: accounts in no channel with conditions: 1 of 4; only C0EVERYTHING gets their changes
    ");
}

#[test]
fn without_a_list_of_regions_none_is_called_unmonitored_and_without_ous_one_line_says_so() {
    let scope = Scope {
        regions: ["eu-north-1".parse().unwrap()].into(),
        ..units(&["Workloads/**", "Core"])
    };
    let channels = [
        channel("C0NORTH", scope),
        channel("C0EVERYTHING", Scope::default()),
    ];
    let known = KnownAccounts {
        has_all_hubs: false,
        directory: Directory::default(),
        ..known()
    };
    insta::assert_snapshot!(shown(&conditions(&channels, Ok(&known))), @r"
    Note Conditions C0NORTH: c0north: 0 accounts fit now
    units: no OU is known, so no account fits. AWS Organizations or NAMES_FILE provide OUs
    Well Conditions: accounts in no channel with conditions: 4 of 4; only C0EVERYTHING gets their changes
    ");
    let unread = conditions(&channels, Err("the table was not read"));
    insta::assert_snapshot!(shown(&unread), @"Note Conditions: not checked: the table was not read");
    let findings = conditions(&channels[1..], Err("the table was not read"));
    assert_eq!(findings, [], "no channel has conditions");
}

proptest! {
    /// An account is in the remainder if no channel with conditions counts it.
    #[test]
    fn every_account_fits_a_channel_or_is_in_the_remainder(
        lists in proptest::collection::btree_map(0..3_usize, proptest::collection::btree_set(1..9_u64, 0..6), 1..3),
        chosen in proptest::collection::vec((proptest::option::of(0..3_usize), proptest::collection::btree_set(1..9_u64, 0..4)), 1..4),
    ) {
        let region = |index: usize| ["eu-west-1", "us-east-1", "us-west-2"][index].parse::<Region>().unwrap();
        let admin = account(111_122_223_333);
        let hubs: BTreeMap<_, _> = lists.iter().map(|(index, numbers)| {
            let numbers: Vec<_> = numbers.iter().copied().collect();
            (HubId { admin, region: region(*index) }, members(&numbers))
        }).collect();
        let known = KnownAccounts { hubs: hubs.into_iter().collect(), ..known() };
        let mut channels: Vec<_> = chosen.iter().enumerate().map(|(index, (one, numbers))| {
            let scope = Scope {
                regions: one.iter().map(|one| region(*one)).collect(),
                accounts: numbers.iter().map(|one| account(*one)).collect(),
                ..Scope::default()
            };
            channel(&format!("C{index}"), scope)
        }).collect();
        channels.push(channel("CEVERYTHING", Scope::default()));
        let findings = conditions(&channels, Ok(&known));
        let all: BTreeSet<_> = lists.values().flatten().copied().collect();
        let narrow: Vec<_> = chosen.iter().filter(|(one, numbers)| one.is_some() || !numbers.is_empty()).collect();
        let fits = |number: u64| narrow.iter().any(|(one, numbers)| {
            let mut lists = lists.iter();
            let listed = lists.any(|(index, list)| list.contains(&number) && one.is_none_or(|one| one == *index));
            listed && (numbers.is_empty() || numbers.contains(&number))
        });
        let rest = all.iter().filter(|number| !fits(**number)).count();
        let narrow = narrow.len();
        prop_assert_eq!(findings.len(), if narrow == 0 { 0 } else { narrow + usize::from(!all.is_empty()) });
        if let (Some(last), false, true) = (findings.last(), all.is_empty(), narrow > 0) {
            let wanted = match rest {
                0 => "each account fits a channel with conditions".to_owned(),
                rest => format!("accounts in no channel with conditions: {rest} of {};", all.len()),
            };
            prop_assert!(last.detail.starts_with(&wanted), "{}: {}", wanted, last.detail);
            prop_assert_eq!(last.verdict, Verdict::Well);
        }
    }
}
