//! `check`: what works, what doesn't, and the remedy.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use securityhub_members::demo::aws::{HubFault, SimulatedAccount};
use securityhub_members::demo::slack::{APP_TOKEN, BOT_TOKEN, CHANNEL, Fault, OTHER_CHANNEL};
use serde_json::Value;

use crate::program::{Outside, Run, id};
use crate::support::IRELAND;

/// The verdict and the text for each topic.
fn findings(run: &Run) -> BTreeMap<String, (String, String)> {
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().unwrap().iter();
    let found = |finding: &Value| {
        let said = text(finding, "detail") + " → " + &text(finding, "remedy");
        (text(finding, "topic"), (text(finding, "verdict"), said))
    };
    findings.map(found).collect()
}

async fn check(outside: &Outside) -> (i32, BTreeMap<String, (String, String)>) {
    let run = outside.run(&["check", "--json"]).await;
    (run.code, findings(&run))
}

fn verdict<'a>(found: &'a BTreeMap<String, (String, String)>, topic: &str) -> &'a str {
    found.get(topic).map_or("absent", |(verdict, _)| verdict)
}

#[tokio::test]
async fn check_finds_everything_in_its_place_and_touches_nothing() {
    let outside = Outside::with_table().await;
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("✓ Slack channel") && run.out.contains("Passed with "),
        "{run:?}"
    );
    assert!(
        !run.out.contains('✗') && !run.out.contains('\u{1b}'),
        "{run:?}"
    );
    let (code, found) = check(&outside).await;
    assert_eq!(code, 0, "{found:?}");
    for topic in [
        "Settings",
        "Slack token",
        "Slack scopes",
        "Slack channel",
        "Signing secret",
        "AWS identity",
        "Security Hub eu-west-1",
        "Table",
        "Table access",
        "Table expiry",
        "Clock",
        "Digests",
    ] {
        assert_eq!(verdict(&found, topic), "well", "{topic}: {found:?}");
    }
    assert!(outside.slack.messages(CHANNEL).is_empty());
    for call in outside.slack.calls() {
        assert!(["auth.test", "conversations.history"].contains(&call.method.as_str()));
    }
    // `check` wrote nothing, so there is no history.
    let run = outside.run(&["show", "today", "--json"]).await;
    assert!(run.out.contains("no_snapshot"), "{run:?}");
}

#[tokio::test]
async fn check_names_create_table_where_the_table_is_missing_and_makes_none() {
    let outside = Outside::new().await;
    for _ in 0..2 {
        let (code, found) = check(&outside).await;
        assert_eq!((code, verdict(&found, "Table")), (1, "wrong"), "{found:?}");
        assert!(found["Table"].1.contains("create-table"), "{found:?}");
    }
}

#[tokio::test]
async fn one_thing_that_is_wrong_hides_no_other() {
    let mut outside = Outside::with_table().await;
    outside.set("REGIONS", "eu-west-1,us-east-1,us-west-2");
    outside.set("SLACK_SIGNING_SECRET", "");
    outside.set("TIMEZONE", "Mars/Olympus");
    outside.aws.fail(IRELAND, HubFault::AccessDenied);
    outside.aws.fail("us-east-1", HubFault::NotEnabled);
    outside.slack.set_bot_is_member(CHANNEL, false);
    outside
        .slack
        .set_scopes(&["chat:write", "channels:history"]);
    let run = outside.run(&["check", "--json"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    for said in ["SLACK_SIGNING_SECRET: not set", "Mars/Olympus"] {
        assert!(run.out.contains(said), "{said} is not in {run:?}");
    }
    let found = findings(&run);
    for (topic, verdict, said) in [
        ("Slack token", "well", "belongs to"),
        ("Slack scopes", "wrong", "commands"),
        ("Slack channel", "wrong", "/invite"),
        ("Security Hub eu-west-1", "wrong", "securityhub:ListMembers"),
        ("Security Hub us-east-1", "wrong", "REGIONS"),
        ("Table", "well", "ACTIVE"),
        ("Digests", "note", "TIMEZONE"),
    ] {
        let (is, text) = &found[topic];
        assert_eq!(is, verdict, "{topic}: {text}");
        assert!(text.contains(said), "{topic}: {text}");
    }
}

#[tokio::test]
async fn a_deprecated_name_works_and_check_warns_of_it() {
    let mut outside = Outside::with_table().await;
    let run = outside.run(&["check", "--stale-after", "3h"]).await;
    assert!(
        run.code == 0 && !run.out.contains("deprecated"),
        "the current flag: {run:?}"
    );
    let run = outside.run(&["check", "--unread-after", "3h"]).await;
    let lines = "! Settings                UNREAD_AFTER is deprecated\n                          → use STALE_AFTER instead\n";
    assert!(run.code == 0 && run.out.contains(lines), "{run:?}");
    outside.set("UNREAD_AFTER", "3h");
    let run = outside.run(&["check", "--stale-after", "180m"]).await;
    assert!(run.code == 0 && run.out.contains(lines), "{run:?}");
    let run = outside.run(&["check", "--stale-after", "2h"]).await;
    assert!(
        run.code == 1 && run.out.contains("STALE_AFTER: conflicts with UNREAD_AFTER"),
        "{run:?}"
    );
    let help = outside.run(&["--help"]).await.out;
    assert!(help.contains("--stale-after") && !help.contains("--unread-after"));
}

#[tokio::test]
async fn an_organization_that_is_asked_for_has_to_be_readable() {
    let mut outside = Outside::with_table().await;
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Organization")), (0, "note"));
    outside.set("ORGANIZATION", "on");
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Organization")), (1, "wrong"));
    outside.aws.set_organization(vec![SimulatedAccount {
        id: id(1),
        name: "payments-prod".to_owned(),
        state: "ACTIVE".to_owned(),
        status: "ACTIVE".to_owned(),
        unit: String::new(),
    }]);
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Organization")), (0, "well"));
    outside.set("ORGANIZATION", "off");
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Organization")), (0, "absent"));
}

#[tokio::test]
async fn check_goes_on_while_slack_and_aws_are_away() {
    let mut outside = Outside::with_table().await;
    outside.slack.fail_always("auth.test", Fault::Status(503));
    outside.set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
    outside.set("AWS_ENDPOINT_URL_SECURITYHUB", "http://127.0.0.1:9");
    let (code, found) = check(&outside).await;
    assert_eq!(code, 1);
    for (topic, expected) in [
        ("Slack token", "wrong"),
        ("Slack channel", "well"),
        ("AWS identity", "wrong"),
        ("Security Hub eu-west-1", "wrong"),
        ("Table", "well"),
    ] {
        assert_eq!(verdict(&found, topic), expected, "{topic}: {found:?}");
    }
}

#[tokio::test]
async fn a_wrong_clock_is_reported_before_signatures_fail() {
    let outside = Outside::with_table().await;
    for (off, code, expected) in [(-120, 0, "note"), (400, 1, "wrong")] {
        outside.slack.set_clock_off(TimeDelta::seconds(off));
        let (is, found) = check(&outside).await;
        assert_eq!(
            (is, verdict(&found, "Clock")),
            (code, expected),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn check_looks_at_a_file_too_and_makes_none() {
    let mut outside = Outside::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.db");
    outside.set("EMBEDDED_STORE", path.to_str().unwrap());
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Table")), (0, "note"), "{found:?}");
    assert!(!path.exists());
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Table")), (0, "well"), "{found:?}");
    assert_eq!(verdict(&found, "Table access"), "well", "{found:?}");
    std::fs::write(&path, "no database").unwrap();
    let (code, found) = check(&outside).await;
    assert_eq!((code, verdict(&found, "Table")), (1, "wrong"), "{found:?}");
}

#[tokio::test]
async fn check_asks_whether_the_bot_may_connect_in_socket_mode_and_does_not() {
    let mut outside = Outside::with_table().await;
    outside.slack.set_socket_mode(true);
    let signing_secret = "SLACK_SIGNING_SECRET";
    outside
        .environment
        .retain(|(name, _)| *name != signing_secret);
    for (token, verdict_is, said) in [
        (APP_TOKEN, "well", "lets the bot connect"),
        (
            "xapp-1-A0MEMBERS-1-old",
            "wrong",
            "invalid_auth → SLACK_APP_TOKEN",
        ),
    ] {
        outside.set("SLACK_APP_TOKEN", token);
        let (code, found) = check(&outside).await;
        assert_eq!(code, i32::from(verdict_is == "wrong"), "{found:?}");
        assert_eq!(verdict(&found, "Socket Mode"), verdict_is, "{found:?}");
        assert!(found["Socket Mode"].1.contains(said), "{found:?}");
        assert_eq!(verdict(&found, "Signing secret"), "absent");
    }
    outside.set("SLACK_APP_TOKEN", BOT_TOKEN);
    let (code, found) = check(&outside).await;
    assert_eq!(
        (code, verdict(&found, "Socket Mode")),
        (1, "note"),
        "{found:?}"
    );
    assert!(outside.slack.sockets().is_empty());
}

#[tokio::test]
async fn check_looks_into_each_channel_and_names_conditions_that_nothing_meets() {
    let mut outside = Outside::with_table().await;
    let text = format!(
        r#"
[[channel]]
id = "{CHANNEL}"

[[channel]]
id = "{OTHER_CHANNEL}"
name = "Payments"
accounts = ["{}"]
schedule = "0 10 * * 1"
timezone = "Asia/Tokyo"

[[channel]]
id = "C0NOSUCH"
name = "North"
regions = ["eu-north-1"]
"#,
        id(2)
    );
    outside.set("CONFIG_TOML", text);
    let (code, found) = check(&outside).await;
    assert_eq!(code, 0, "SLACK_CHANNEL takes precedence: {found:?}");
    assert!(
        found["Settings"]
            .1
            .contains("3 tables [[channel]] are ignored"),
        "{found:?}"
    );
    assert_eq!(verdict(&found, "Slack channel"), "well", "{found:?}");
    assert_eq!(verdict(&found, "Conditions"), "absent", "{found:?}");

    outside
        .environment
        .retain(|(name, _)| *name != "SLACK_CHANNEL");
    outside.slack.set_bot_is_member(OTHER_CHANNEL, true);
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    let (code, found) = check(&outside).await;
    assert_eq!(code, 1, "{found:?}");
    for (topic, verdict, said) in [
        ("Slack channel C0SECURITY", "well", "the bot is in"),
        ("Slack channel C0GENERAL", "well", "C0GENERAL (Payments)"),
        ("Slack channel C0NOSUCH", "wrong", "channel_not_found"),
        (
            "Conditions C0GENERAL",
            "well",
            "Payments: 1 account fits now",
        ),
        ("Conditions C0NOSUCH", "note", "eu-north-1 is not monitored"),
        ("Conditions", "well", "1 of 2; only C0SECURITY gets"),
        ("Digests", "well", "C0GENERAL: next at Mon"),
    ] {
        let (is, text) = &found[topic];
        assert_eq!(is, verdict, "{topic}: {text}");
        assert!(text.contains(said), "{topic}: {text}");
    }
    for call in outside.slack.calls() {
        assert!(["auth.test", "conversations.history"].contains(&call.method.as_str()));
    }
}
