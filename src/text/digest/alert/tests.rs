use chrono::{DateTime, Utc};

use super::*;
use crate::domain::cases::CaseList;
use crate::domain::diff::{Change, ChangeKind, Observation};
use crate::domain::directory::{AccountRecord, Directory, Who};
use crate::domain::facts::{Coverage, HubFacts, HubReport, Mark};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{Counts, MemberStatus};
use crate::domain::report::Report;
use crate::domain::scope::Audience;
use crate::text::Locale;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn hub(region: &str) -> HubId {
    format!("111122223333/{region}").parse().unwrap()
}

fn facts<'a>(region: &str, observations: &'a [Observation]) -> HubFacts<'a> {
    let mark = Mark {
        date: "2026-11-24".parse().unwrap(),
        at: time("2026-11-24T10:15:00Z"),
    };
    HubFacts {
        hub: HubReport {
            hub: hub(region),
            coverage: Coverage::First { to: mark },
            counts: Counts::default(),
            checked_at: Some(mark.at),
            unread: None,
            damage: None,
            unchecked: None,
            narrowed: false,
        },
        observations,
        members: None,
    }
}

fn seen(accounts: std::ops::Range<u64>, from: &str, to: &str) -> Vec<Observation> {
    let change = |account| Change {
        account: AccountId::from_u64(account).unwrap(),
        email: None,
        from: Some(MemberStatus::parse(from)),
        to: Some(MemberStatus::parse(to)),
    };
    vec![Observation {
        version: Version(2),
        window: Window {
            after: Some(time("2026-11-24T10:00:00Z")),
            at: time("2026-11-24T10:15:00Z"),
        },
        changes: accounts.map(change).collect(),
    }]
}

fn alert(hubs: Vec<HubFacts<'_>>, name: Option<&str>) -> Option<Alert> {
    let date = "2026-11-24".parse().unwrap();
    let zone = chrono_tz::Asia::Tokyo;
    let record = |name: &str| AccountRecord {
        who: Who {
            name: Some(name.to_owned()),
            unit: Some("Workloads/Prod".to_owned()),
        },
        ..AccountRecord::default()
    };
    let named = |number, name| (AccountId::from_u64(number).unwrap(), record(name));
    let directory = Directory {
        accounts: [named(1, "payments-prod"), named(2, "ledger-prod")].into(),
        organization: None,
    };
    let audience = Audience {
        name: name.map(str::to_owned),
        alert: [
            ChangeKind::Left,
            ChangeKind::Unprotected,
            ChangeKind::Joined,
        ]
        .into(),
        ..Audience::of_everything(zone)
    };
    let report = Report::new(hubs, date, zone).named(&directory);
    let at = time("2026-11-24T10:15:20Z");
    Alert::of(report, CaseList::default(), &audience, (date, at))
}

fn read(locale: Locale, alert: &Alert) -> String {
    let text = Voice::new(locale, chrono_tz::Asia::Tokyo).alert(alert);
    let lines = text.small.iter().chain(&text.lead).chain(&text.others);
    let lines = lines.map(Line::plain);
    let lines = text.heading.iter().cloned().chain(lines);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_alert_names_who_left_where_and_in_which_time() {
    let left = seen(1..3, "Enabled", "Resigned");
    let invited = seen(7..8, "Created", "Invited");
    let facts = || {
        vec![
            facts("eu-west-1", &left),
            facts("us-east-1", &left),
            facts("us-west-2", &invited),
        ]
    };
    let everything = alert(facts(), None).unwrap();
    insta::assert_snapshot!(read(Locale::En, &everything), @r"
    🔴 payments-prod and ledger-prod left Security Hub
    Seen Tue 24 Nov 19:15, changed after 19:00 (Asia/Tokyo)
    🔴 000000000001 payments-prod (Workloads/Prod)  Enabled → Resigned · eu-west-1, us-east-1 · seen Tue 24 Nov 19:15
    🔴 000000000002 ledger-prod (Workloads/Prod)  Enabled → Resigned · eu-west-1, us-east-1 · seen Tue 24 Nov 19:15
    ");
    let part = alert(facts(), Some("Payments")).unwrap();
    insta::assert_snapshot!(read(Locale::Ja, &part), @r"
    🔴 Payments: payments-prod と ledger-prod が離脱しました
    検知: 11月24日(火) 19:15 · 変更は 19:00 以降(JST)
    🔴 000000000001 payments-prod (Workloads/Prod)  有効 → 離脱・辞退 · eu-west-1、us-east-1 · 11月24日(火) 19:15 検知
    🔴 000000000002 ledger-prod (Workloads/Prod)  有効 → 離脱・辞退 · eu-west-1、us-east-1 · 11月24日(火) 19:15 検知
    ");
}

#[test]
fn many_departures_are_one_line_and_other_kinds_are_named_too() {
    let left = seen(1..1001, "Enabled", "Resigned");
    let joined = seen(2000..2001, "Invited", "Enabled");
    let both = vec![facts("eu-west-1", &left), facts("us-east-1", &joined)];
    let both = alert(both, None).unwrap();
    insta::assert_snapshot!(read(Locale::En, &both), @r"
    🔴 1000 accounts left Security Hub
    Seen Tue 24 Nov 19:15, changed after 19:00 (Asia/Tokyo)
    🟢 Joined: 000000002000
    🔴 Left (1000) · eu-west-1 · the next digest lists them
    🟢 000000002000  Invited → Enabled · us-east-1 · seen Tue 24 Nov 19:15
    ");
    insta::assert_snapshot!(read(Locale::Ja, &both), @r"
    🔴 1000アカウント が離脱しました
    検知: 11月24日(火) 19:15 · 変更は 19:00 以降(JST)
    🟢 参加: 000000002000
    🔴 離脱: 1000件 · eu-west-1 · 一覧は次のダイジェストに記載
    🟢 000000002000  招待中 → 有効 · us-east-1 · 11月24日(火) 19:15 検知
    ");
}

#[test]
fn a_renamed_status_or_a_kind_that_no_one_wants_is_no_alert() {
    let renamed = seen(1..201, "Enabled", "ActiveMember");
    assert_eq!(alert(vec![facts("eu-west-1", &renamed)], None), None);
    let removed = seen(1..2, "Enabled", "Removed");
    assert_eq!(alert(vec![facts("eu-west-1", &removed)], None), None);
}

#[test]
fn a_reply_says_who_is_enabled_again() {
    let who = |name: &str| Who {
        name: Some(name.to_owned()),
        unit: None,
    };
    let account = |number| AccountId::from_u64(number).unwrap();
    let comeback = Comeback {
        date: "2026-11-24".parse().unwrap(),
        at: time("2026-11-24T11:00:00Z"),
        watched: vec![hub("eu-west-1"), hub("us-east-1")],
        back: vec![
            ReturnedAccounts {
                hubs: [hub("eu-west-1"), hub("us-east-1")].into(),
                accounts: vec![(account(1), who("payments-prod"))],
            },
            ReturnedAccounts {
                hubs: [hub("us-east-1")].into(),
                accounts: vec![
                    (account(2), who("ledger-prod")),
                    (account(3), who("web-dev")),
                ],
            },
        ],
    };
    let said = |locale| {
        let lines = Voice::new(locale, chrono_tz::UTC).comeback_reply(&comeback);
        lines.iter().map(Line::plain).collect::<Vec<_>>()
    };
    assert_eq!(
        said(Locale::En),
        [
            "✅ payments-prod is Enabled again in both Regions",
            "✅ ledger-prod and web-dev are Enabled again in us-east-1",
        ]
    );
    assert_eq!(
        said(Locale::Ja),
        [
            "✅ 再び有効: payments-prod(全2リージョン)",
            "✅ 再び有効: ledger-prod と web-dev(us-east-1)",
        ]
    );
}
