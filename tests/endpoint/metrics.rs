//! What can be measured of a running service.

use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, SAM};
use securityhub_members::metrics::Metrics;

use crate::support::{IRELAND, Running, Setup, VIRGINIA, World};

const PREFIX: &str = "securityhub_members_";

/// A service that has seen all that is measured: two hubs, one of them unread,
/// commands, a digest that Slack refused and took later. What it exports then.
async fn seen() -> String {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    world.list("1 Enabled, 2 Enabled, 3 Resigned, 4 Newfangled, 5 Odd");
    world.aws.fail(VIRGINIA, HubFault::LimitExceeded);
    world.slack.set_bot_is_member(CHANNEL, false);
    let running = world.serve().await;
    running
        .get_until("/readyz", |_, text| text.contains("not_in_channel"))
        .await;
    world.slack.set_bot_is_member(CHANNEL, true);
    world.clock.advance(chrono::TimeDelta::minutes(2));
    world.messages(1).await;
    world.ask(SAM, "").await;
    world.ask(SAM, "today").await;
    let text = settled(&running).await;
    running.stop().await;
    text
}

/// The metrics once nothing is under way any more.
async fn settled(running: &Running) -> String {
    let idle = |text: &str| {
        let line = |line: &&str| line.starts_with("securityhub_members_jobs_running");
        let mut lines = text.lines().filter(line);
        lines.all(|line| line.ends_with(" 0"))
            && text.contains(r#"jobs_total{job="answer",outcome="done"} 1"#)
            && text.contains("securityhub_members_digest_owed 0")
    };
    let (_, text) = running.get_until("/metrics", |_, text| idle(text)).await;
    text
}

#[tokio::test]
async fn calls_work_and_rounds_are_counted_by_outcome() {
    let text = seen().await;
    // For promtool, which the gate asks whether it is well-formed.
    if let Ok(file) = std::env::var("METRICS_TEXT") {
        std::fs::write(file, &text).unwrap();
    }
    for line in [
        r#"aws_calls_total{service="SecurityHub",operation="ListMembers",outcome="ok"} "#,
        r#"aws_calls_total{service="SecurityHub",operation="ListMembers",outcome="throttled"} "#,
        r#"aws_calls_total{service="DynamoDB",operation="TransactWriteItems",outcome="ok"} "#,
        r#"slack_calls_total{method="auth.test",outcome="ok"} 1"#,
        r#"slack_calls_total{method="chat.postMessage",outcome="refused"} 1"#,
        r#"slack_calls_total{method="chat.postMessage",outcome="ok"} "#,
        r#"slack_calls_total{method="response_url",outcome="ok"} 2"#,
        r#"slack_acknowledgement_seconds_count{path="commands"} 2"#,
        r#"slack_acknowledgement_seconds_bucket{le="3.0",path="commands"} 2"#,
        r#"jobs_total{job="check",outcome="done"} 1"#,
        r#"jobs_total{job="check",outcome="refused"} 0"#,
        r#"jobs_running{job="check"} 0"#,
        r#"job_duration_seconds_count{job="check"} 1"#,
        r#"poll_duration_seconds_count{hub="111122223333/eu-west-1",outcome="read"} "#,
        r#"poll_duration_seconds_count{hub="111122223333/us-east-1",outcome="unread"} "#,
        r#"hub_unread{hub="111122223333/eu-west-1"} 0"#,
        r#"hub_unread{hub="111122223333/us-east-1"} 1"#,
        // What AWS invents is one series, however much it invents.
        r#"members{hub="111122223333/eu-west-1",status="Other"} 2"#,
        r#"digests_total{outcome="failed"} 1"#,
        r#"digests_total{outcome="delivered"} 1"#,
        r#"round_due_timestamp_seconds{round="poll"} "#,
        r#"round_due_timestamp_seconds{round="digest"} 1795078800"#,
        r#"problem{what="the digest"} 0"#,
        concat!(
            r#"build_info{version=""#,
            env!("CARGO_PKG_VERSION"),
            r#""} 1"#
        ),
    ] {
        let line = format!("\n{PREFIX}{line}");
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_hub_that_cannot_be_read_has_its_age_after_a_restart() {
    let mut world = World::new().await;
    world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
    world.set("2026-11-18T12:00:00Z");
    world.aws.fail(IRELAND, HubFault::AccessDenied);
    // What the polls of this process tell goes elsewhere.
    world.metrics = Metrics::default();
    let running = world.serve().await;
    let hub = r#"{hub="111122223333/eu-west-1""#;
    let age = format!("hub_checked_timestamp_seconds{hub}}} 1794996000\n");
    let members = format!(r#"members{hub},status="Enabled"}} 1"#);
    running
        .get_until("/metrics", |_, text| {
            text.contains(&age) && text.contains(&members)
        })
        .await;
    running.stop().await;
}
