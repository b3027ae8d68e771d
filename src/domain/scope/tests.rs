use super::*;
use crate::domain::directory::{AccountRecord, Who};

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn hub(text: &str) -> HubId {
    text.parse().unwrap()
}

fn status(text: &str) -> Option<MemberStatus> {
    (text != "-").then(|| MemberStatus::parse(text))
}

#[test]
fn no_condition_takes_everything() {
    let scope = Scope::default();
    assert!(scope.is_everything());
    assert!(scope.takes_hub(&hub("111122223333/eu-west-1")));
    assert!(scope.takes_account(account(1), None));
    assert!(scope.takes_status(None, None));
    let paths = [status("-"), status("Enabled"), status("Quarantined")];
    for kind in ChangeKind::ALL {
        assert!(scope.takes_change(kind, &paths));
    }
    assert_eq!(scope.to_string(), "");
}

#[test]
fn every_condition_must_be_met() {
    let scope = Scope {
        admins: [account(111_122_223_333)].into(),
        regions: ["eu-west-1".parse().unwrap(), "us-east-1".parse().unwrap()].into(),
        units: vec!["Workloads/Prod/**".parse().unwrap()],
        accounts: [account(1), account(2)].into(),
        ..Scope::default()
    };
    assert!(!scope.is_everything());
    for (wanted, name) in [
        (true, "111122223333/eu-west-1"),
        (true, "111122223333/us-east-1"),
        (false, "111122223333/us-west-2"),
        (false, "444455556666/eu-west-1"),
    ] {
        assert_eq!(scope.takes_hub(&hub(name)), wanted, "{name}");
    }
    for (wanted, number, unit) in [
        (true, 1, Some("Workloads/Prod")),
        (true, 2, Some("Workloads/Prod/EU")),
        (false, 1, Some("Workloads")),
        // Without a known OU, the account may belong to anybody.
        (false, 1, None),
        (false, 3, Some("Workloads/Prod")),
    ] {
        let is_taken = scope.takes_account(account(number), unit);
        assert_eq!(is_taken, wanted, "{number} {unit:?}");
    }
    assert_eq!(
        scope.to_string(),
        "admins=111122223333; regions=eu-west-1,us-east-1; units=Workloads/Prod/**; accounts=000000000001,000000000002"
    );
}

#[test]
fn a_kind_is_that_of_a_change_or_may_have_led_to_the_status() {
    let scope = |kinds: &[ChangeKind], statuses: &[&str]| Scope {
        kinds: kinds.iter().copied().collect(),
        statuses: statuses
            .iter()
            .map(|text| MemberStatus::parse(text))
            .collect(),
        ..Scope::default()
    };
    let left = scope(&[ChangeKind::Left], &[]);
    let path = [status("Enabled"), status("Resigned")];
    assert!(left.takes_change(ChangeKind::Left, &path));
    assert!(!left.takes_change(ChangeKind::Removed, &path));
    assert!(left.takes_status(status("Resigned").as_ref(), None));
    assert!(left.takes_status(status("Resigned").as_ref(), Some(ChangeKind::Left)));
    assert!(!left.takes_status(status("Resigned").as_ref(), Some(ChangeKind::Declined)));
    assert!(!left.takes_status(status("Removed").as_ref(), None));
    let deleted = scope(&[], &["Deleted"]);
    // An account that is no longer listed has no status.
    assert!(deleted.takes_status(None, Some(ChangeKind::Deleted)));
    assert!(deleted.takes_change(ChangeKind::Deleted, &[status("Enabled"), None]));
    assert!(!deleted.takes_change(ChangeKind::Left, &path));
    // The return of an account is news for those who heard that it left.
    let resigned = scope(&[], &["Resigned"]);
    let back = [status("Resigned"), status("Enabled")];
    assert!(resigned.takes_change(ChangeKind::Joined, &back));
    assert!(!resigned.takes_status(status("Enabled").as_ref(), None));
}

/// Otherwise a channel with all kinds would lack an account.
#[test]
fn some_kind_leads_to_every_status() {
    let statuses = MemberStatus::KNOWN.into_iter().map(Some);
    let others = [None, status("Quarantined")];
    for status in statuses.chain(others) {
        assert!(!kinds_to(status.as_ref()).is_empty(), "{status:?}");
        for kind in kinds_to(status.as_ref()) {
            let may_be = |from: &Option<MemberStatus>| {
                ChangeKind::of_step(from.as_ref(), status.as_ref()) == *kind
            };
            let mut before = MemberStatus::KNOWN.into_iter().map(Some).chain([None]);
            assert!(before.any(|from| may_be(&from)), "{status:?} by {kind:?}");
        }
    }
}

#[test]
fn the_name_of_each_kind_is_its_own() {
    let names: BTreeSet<_> = ChangeKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), ChangeKind::ALL.len());
}

#[test]
fn a_condition_on_units_needs_a_known_unit() {
    let scope = Scope {
        units: vec!["**".parse().unwrap()],
        ..Scope::default()
    };
    let mut directory = Directory::default();
    assert!(scope.lacks_units(&directory));
    assert!(!Scope::default().lacks_units(&directory));
    let mut record = AccountRecord::default();
    directory.accounts.insert(account(1), record.clone());
    assert!(scope.lacks_units(&directory));
    record.who = Who {
        name: None,
        unit: Some("Sandbox".to_owned()),
    };
    directory.accounts.insert(account(2), record);
    assert!(!scope.lacks_units(&directory));
    assert!(scope.takes_known(account(2), &directory));
    assert!(!scope.takes_known(account(1), &directory));
}
