//! The log in JSON: one object a line, with the event's fields.

use securityhub_members::demo::slack::{CHANNEL, SAM};
use serde_json::Value;

use crate::program::Outside;
use crate::support::PATIENCE;

#[tokio::test]
async fn the_json_log_has_the_same_fields_in_every_line_and_those_of_the_event() {
    let mut outside = Outside::with_table().await;
    outside.set("LOG_FORMAT", "json");
    let serving = outside.serve().await;
    let digest = outside
        .slack
        .wait_for(PATIENCE, |workspace| workspace.messages(CHANNEL).pop());
    digest.await.unwrap();
    let sent = outside.slack.command(SAM, CHANNEL, "yesterday").await;
    assert!(sent.acknowledged(), "{sent:?}");
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");

    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    for line in &lines {
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "no {field}: {line}");
        }
        let time = line["timestamp"].as_str().unwrap();
        assert!(
            time.parse::<chrono::DateTime<chrono::Utc>>().is_ok(),
            "{time}"
        );
    }
    for (message, fields) in [
        ("listening", &["event", "address", "hubs", "version"][..]),
        (
            "polled a member list",
            &["event", "hub", "members", "changes", "first"],
        ),
        (
            "delivered the digest",
            &["event", "date", "channel", "messages"],
        ),
        ("allowed a command", &["event", "user", "channel", "what"]),
        ("stopped", &["event"]),
    ] {
        let line = lines.iter().find(|line| line["message"] == message);
        let line = line.unwrap_or_else(|| panic!("no {message}: {log}"));
        for field in fields {
            assert!(!line[field].is_null(), "no {field}: {line}");
        }
    }
    let audit = lines.iter().find(|line| line["target"] == "audit").unwrap();
    assert_eq!(
        (&audit["user"], &audit["channel"]),
        (&SAM.into(), &CHANNEL.into())
    );
}
