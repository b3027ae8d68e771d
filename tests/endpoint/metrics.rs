//! The metrics of a running service. Dashboard, alerts and documentation may only use metrics
//! that exist.

use std::collections::BTreeSet;
use std::path::Path;

use securityhub_members::app::service::RequestSource;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{APP_TOKEN, CHANNEL, SAM};
use securityhub_members::metrics::Metrics;
use securityhub_members::slack::socket::Timing;

use crate::support::{IRELAND, Running, Setup, VIRGINIA, World};

const PREFIX: &str = "securityhub_members_";

/// The metrics of a service with all kinds of events: two hubs, one of them failing, commands,
/// and a digest that Slack first rejected.
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
    // Metrics of Socket Mode only.
    world
        .metrics
        .envelope("commands", "acknowledged", std::time::Duration::ZERO);
    world.metrics.connections(1);
    let text = settled(&running).await;
    running.stop().await;
    text
}

/// The metrics that Socket Mode has in addition.
async fn seen_over_a_socket() -> String {
    let mut world = World::new().await;
    world.come_by(RequestSource::Socket(APP_TOKEN.into(), Timing::default()));
    let running = world.serve().await;
    let open = r#"slack_connections{state="open"} "#;
    let connected = |_, text: &str| text.contains(&format!("{open}1"));
    running.get_until("/metrics", connected).await;
    assert!(
        world
            .slack
            .command(SAM, CHANNEL, "help")
            .await
            .acknowledged()
    );
    let (_, text) = running.get("/metrics").await;
    running.stop().await;
    text
}

/// The metrics when no work is in progress.
async fn settled(running: &Running) -> String {
    let idle = |text: &str| {
        let line = |line: &&str| line.starts_with("securityhub_members_jobs_running");
        let mut lines = text.lines().filter(line);
        lines.all(|line| line.ends_with(" 0"))
            && text.contains(r#"jobs_total{kind="answer",outcome="done"} 1"#)
            && text.contains("securityhub_members_digest_owed{channel=\"C0SECURITY\"} 0")
    };
    let (_, text) = running.get_until("/metrics", |_, text| idle(text)).await;
    text
}

#[tokio::test]
async fn calls_work_and_rounds_are_counted_by_outcome() {
    let text = seen().await;
    // The gate validates this file with promtool.
    if let Ok(file) = std::env::var("METRICS_TEXT") {
        std::fs::write(file, &text).unwrap();
    }
    for line in [
        r#"aws_calls_total{aws_service="SecurityHub",operation="ListMembers",outcome="ok"} "#,
        r#"aws_calls_total{aws_service="SecurityHub",operation="ListMembers",outcome="throttled"} "#,
        r#"aws_calls_total{aws_service="DynamoDB",operation="TransactWriteItems",outcome="ok"} "#,
        r#"slack_calls_total{method="auth.test",outcome="ok"} 1"#,
        r#"slack_calls_total{method="chat.postMessage",outcome="refused"} 1"#,
        r#"slack_calls_total{method="chat.postMessage",outcome="ok"} "#,
        r#"slack_calls_total{method="response_url",outcome="ok"} 2"#,
        r#"slack_acknowledgement_seconds_count{path="commands"} "#,
        r#"slack_acknowledgement_seconds_bucket{le="3.0",path="commands"} "#,
        r#"jobs_total{kind="check",outcome="done"} 1"#,
        r#"jobs_total{kind="check",outcome="refused"} 0"#,
        r#"jobs_running{kind="check"} 0"#,
        r#"job_duration_seconds_count{kind="check"} 1"#,
        r#"poll_duration_seconds_count{hub="111122223333/eu-west-1",outcome="read"} "#,
        r#"poll_duration_seconds_count{hub="111122223333/us-east-1",outcome="unread"} "#,
        r#"hub_unread{hub="111122223333/eu-west-1"} 0"#,
        r#"hub_unread{hub="111122223333/us-east-1"} 1"#,
        // All unknown statuses share one series.
        r#"members{hub="111122223333/eu-west-1",status="Other"} 2"#,
        r#"digests_total{channel="C0SECURITY",outcome="failed"} 1"#,
        r#"digests_total{channel="C0SECURITY",outcome="delivered"} 1"#,
        r#"round_due_timestamp_seconds{channel="",round="poll"} "#,
        r#"round_due_timestamp_seconds{channel="C0SECURITY",round="digest"} 1795078800"#,
        r#"problem{what="the digest in C0SECURITY"} 0"#,
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

/// Labels that Prometheus or its operator in Kubernetes adds to every series. A metric's own
/// label with such a name is renamed to `exported_…`, and queries would match the wrong one.
const OF_PROMETHEUS: [&str; 10] = [
    "cluster",
    "container",
    "endpoint",
    "instance",
    "job",
    "namespace",
    "node",
    "pod",
    "prometheus",
    "service",
];

/// The labels of one line, by name.
fn labels(line: &str) -> impl Iterator<Item = &str> {
    let inside = line
        .split_once('{')
        .and_then(|(_, rest)| rest.rsplit_once('}'));
    let labels = inside.map_or("", |(labels, _)| labels);
    // Splitting at quotes yields names and values in turn.
    let mut parts = labels.split('"').step_by(2);
    std::iter::from_fn(move || parts.next())
        .map(|part| part.trim_start_matches(',').trim_end_matches('='))
        .filter(|name| !name.is_empty())
}

#[tokio::test]
async fn no_metric_has_a_label_that_prometheus_sets_itself() {
    let text = seen().await + &seen_over_a_socket().await;
    let mut names = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let bucket = line.split('{').next().unwrap().ends_with("_bucket");
        for name in labels(line) {
            let reserved = OF_PROMETHEUS.contains(&name)
                || name.starts_with("__")
                || name.starts_with("exported_")
                || name == "quantile"
                || (name == "le" && !bucket);
            assert!(!reserved, "{name} in {line}");
            names.insert(name.to_owned());
        }
    }
    let few = [
        "hub",
        "kind",
        "le",
        "operation",
        "outcome",
        "path",
        "status",
    ];
    assert!(few.iter().all(|name| names.contains(*name)), "{names:?}");
}

#[tokio::test]
async fn a_hub_that_cannot_be_read_has_its_age_after_a_restart() {
    let mut world = World::new().await;
    world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
    world.set("2026-11-18T12:00:00Z");
    world.aws.fail(IRELAND, HubFault::AccessDenied);
    // The metrics of the polls above don't count.
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

/// The names of series in a query.
fn names_in(text: &str) -> BTreeSet<&str> {
    let word = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
    let words = text.split(word);
    words.filter(|word| word.starts_with(PREFIX)).collect()
}

/// The names of the exported series.
fn names_of_series(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect()
}

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(path)).unwrap()
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_ask_for_what_the_service_exports() {
    let text = seen().await + &seen_over_a_socket().await;
    let exported = names_of_series(&text);
    for path in [
        "deploy/grafana/securityhub-members.json",
        "deploy/prometheus/alerts.yml",
        "deploy/prometheus/alerts_test.yml",
    ] {
        let content = file(path);
        let asked = names_in(&content);
        assert!(asked.len() > 3, "{path} asks for {asked:?}");
        let missing: Vec<_> = asked.difference(&exported).collect();
        assert!(missing.is_empty(), "{path} asks for {missing:?}");
    }
}

#[tokio::test]
async fn the_operators_page_explains_every_metric_and_every_alert() {
    let text = seen().await + &seen_over_a_socket().await;
    let page = file("docs/operations.md");
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let exported: BTreeSet<_> = kinds.filter_map(|kind| kind.split(' ').next()).collect();
    let mut explained = names_in(&page);
    explained.remove(PREFIX);
    assert_eq!(explained, exported);
    let alerts = file("deploy/prometheus/alerts.yml");
    let names = alerts
        .lines()
        .filter_map(|line| line.split_once("- alert: "));
    let names: Vec<_> = names.map(|(_, name)| name.trim()).collect();
    assert!(names.len() > 5, "{names:?}");
    let tested = file("deploy/prometheus/alerts_test.yml");
    for name in names {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not explained"
        );
        assert!(
            tested.contains(&format!("alertname: {name}\n")),
            "{name} is not tested"
        );
    }
}

#[test]
fn the_dashboard_has_one_variable_for_its_data_and_no_panel_without_it() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&file("deploy/grafana/securityhub-members.json")).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(
        variables
            .iter()
            .any(|variable| variable["type"] == "datasource" && variable["name"] == "datasource")
    );
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_i64().unwrap()), "{panel}");
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{panel}");
        let place = &panel["gridPos"];
        assert!(place["x"].as_i64().unwrap() + place["w"].as_i64().unwrap() <= 24);
    }
    assert!(panels.len() > 10);
}
