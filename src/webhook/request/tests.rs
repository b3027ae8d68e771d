//! The body and the signature, compared with the document for receivers.

use std::collections::BTreeMap;

use super::*;
use crate::domain::alert::ReturnedAccounts;
use crate::domain::cases::CaseList;
use crate::domain::diff::ChangeKind;
use crate::domain::digest::DigestCases;
use crate::domain::directory::Who;
use crate::domain::hub::HubId;
use crate::domain::member::{Counts, MemberStatus, Window};
use crate::domain::report::{ChangeEntry, ChangeGroup, Report};
use crate::domain::scope::Audience;
use crate::watch::ports::Subject;

const DOCUMENT: &str = include_str!("../../../docs/webhook.md");

/// The value of a row `| name | ... |` in the document's test of receivers.
fn documented(name: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("| {name} | `")).unwrap();
    rest.split_once("` |").unwrap().0
}

#[test]
fn the_documented_signature_is_that_of_the_documented_request() {
    let now = documented("timestamp").parse().unwrap();
    let now = DateTime::from_timestamp(now, 0).unwrap();
    let secret = documented("secret").into();
    let signed = Signed::new(&secret, now, documented("body").to_owned());
    assert_eq!(signed.timestamp, documented("timestamp"));
    assert_eq!(signed.signature, documented("signature"));
}

#[test]
fn a_body_begins_with_its_id_and_is_what_was_stored() {
    let outbox = OutboxId {
        channel: "webhook:jira".to_owned(),
        subject: Subject::Notice("2026-11-25".parse().unwrap()),
        nonce: "nonce".to_owned(),
        messages: 1,
    };
    let key = idempotency_key(&outbox, 0);
    assert_eq!(key, "nonce-0");
    let body = body(&key, r#"{"version":1,"type":"notice"}"#).unwrap();
    assert_eq!(body, r#"{"id":"nonce-0","version":1,"type":"notice"}"#);
    for unreadable in ["", "[]", "null"] {
        assert_eq!(super::body(&key, unreadable), None);
    }
}

#[test]
fn email_addresses_are_sent_only_if_messages_may_show_them() {
    let at = "2026-11-25T09:00:00Z".parse().unwrap();
    let entry = ChangeEntry {
        account: "123456789012".parse().unwrap(),
        who: Who::default(),
        email: Some("hush@example.com".into()),
        path: vec![Some(MemberStatus::Enabled), Some(MemberStatus::Resigned)],
        hubs: Vec::new(),
        last: Window { after: None, at },
    };
    let digest = Digest {
        date: "2026-11-25".parse().unwrap(),
        time: "17:00:00".parse().ok(),
        audience: Audience::of_everything(chrono_tz::UTC),
        since: None,
        is_joining: false,
        is_rescoped: false,
        lacks_units: false,
        is_newly_quiet: false,
        new_not_members: None,
        situation: None,
        is_silent: false,
        heartbeat: None,
        until: at,
        report: Report {
            changes: vec![ChangeGroup {
                kind: ChangeKind::Left,
                entries: vec![entry],
            }],
            bulk_changes: Vec::new(),
            standing: Vec::new(),
            accounts: 1,
            counts: Counts::default(),
            hubs: Vec::new(),
            not_enabled: Vec::new(),
            unlisted: Vec::new(),
            organization: None,
        },
        cases: DigestCases {
            list: CaseList::default(),
            ..DigestCases::default()
        },
        week: None,
        is_first_of_week: false,
        alerts: Vec::new(),
        covered: BTreeMap::new(),
    };
    let sent = |emails| super::digest("Jira", &digest, emails);
    assert!(sent(EmailView::Shown).contains("hush@example.com"));
    let hidden = sent(EmailView::Hidden);
    assert!(!hidden.contains("hush"), "{hidden}");
    assert!(!hidden.contains("lacks_units"), "{hidden}");
    let blind = Digest {
        lacks_units: true,
        ..digest.clone()
    };
    let blind = super::digest("Jira", &blind, EmailView::Hidden);
    assert!(blind.contains(r#""lacks_units":true"#), "{blind}");
    assert!(hidden.starts_with(
        r#"{"version":1,"type":"digest","channel":"Jira","date":"2026-11-25","digest":{"date":"2026-11-25","time":"17:00","#
    ));
}

#[test]
fn a_secret_has_16_characters_on_one_line() {
    assert!(is_secret("correct horse ba"));
    assert!(is_secret("十六文字の秘密十六文字の秘密です"));
    for text in ["", "correct horse b", "correct horse\nbattery"] {
        assert!(!is_secret(text), "{text}");
    }
}

#[test]
fn an_alert_and_a_comeback_have_what_the_document_says() {
    let at = "2026-11-25T09:00:00Z".parse().unwrap();
    let date = "2026-11-25".parse().unwrap();
    let hub: HubId = "111122223333/eu-west-1".parse().unwrap();
    let who = Who {
        name: Some("payments-prod".to_owned()),
        unit: None,
    };
    let back = comeback(
        "Jira",
        &Comeback {
            date,
            at,
            watched: vec![hub.clone()],
            back: vec![ReturnedAccounts {
                hubs: [hub].into(),
                accounts: vec![("123456789012".parse().unwrap(), who)],
            }],
        },
    );
    assert_eq!(
        back,
        r#"{"version":1,"type":"comeback","channel":"Jira","date":"2026-11-25","comeback":{"date":"2026-11-25","at":"2026-11-25T09:00:00Z","back":[{"hubs":["111122223333/eu-west-1"],"accounts":[{"account":"123456789012","name":"payments-prod"}]}]}}"#
    );
    let sent = alert(
        "Jira",
        &Alert {
            date,
            at,
            audience: Audience::of_everything(chrono_tz::UTC),
            report: Report::new(Vec::new(), date, chrono_tz::UTC),
            cases: Vec::new(),
        },
        EmailView::Hidden,
    );
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent["type"], "alert");
    let (_, section) = DOCUMENT.split_once("### Alert\n").unwrap();
    let (section, _) = section.split_once("### Comeback\n").unwrap();
    for key in sent["alert"].as_object().unwrap().keys() {
        assert!(section.contains(&format!("| `{key}` |")), "{key}");
    }
}
