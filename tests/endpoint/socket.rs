//! Socket Mode: the same bot over connections that it opens, and that Slack renews and breaks.

use std::time::{Duration, Instant};

use futures::future::join_all;
use securityhub_members::app::service::RequestSource;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{
    APP_TOKEN, BOT_TOKEN, CHANNEL, Delivery, Fault, MockWorkspace, Place, Press, SAM, Upset,
};
use securityhub_members::slack::socket::Timing;
use securityhub_members::slack::view::answer::SHARE;
use serde_json::{Value, json};

use crate::program::Outside;
use crate::support::{IRELAND, PATIENCE, Running, World, id, read};

const OPEN: &str = "apps.connections.open";

/// The production values, shortened.
fn hurried() -> Timing {
    Timing {
        pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(200),
        greeting: Duration::from_secs(5),
        sign_of_life: Duration::from_millis(100),
        silence: Duration::from_secs(2),
        good: Duration::from_millis(500),
        farewell: Duration::from_secs(1),
        unheard: Duration::from_millis(300),
    }
}

async fn world() -> World {
    let mut world = World::new().await;
    world.come_by(RequestSource::Socket(APP_TOKEN.into(), hurried()));
    world
        .poll_at("2026-11-18T10:00:00Z", "1 Enabled, 2 Resigned")
        .await;
    world
}

/// The service, after it has connected and posted its digest.
async fn serve(world: &World) -> Running {
    let running = world.serve().await;
    connected(world, 2).await;
    world.messages(1).await;
    running
}

async fn connected(world: &World, count: usize) {
    let count = |workspace: &MockWorkspace| (workspace.sockets == count).then_some(());
    world.slack.wait_for(PATIENCE, count).await.unwrap();
}

fn assert_acknowledged(delivery: &Delivery) {
    assert!(delivery.acknowledged(), "{delivery:?}");
    assert_eq!(delivery.error, None);
}

/// The messages that Slack rejected.
fn refused(world: &World) -> Vec<Value> {
    let calls = world.slack.calls_of("socket");
    calls.into_iter().map(|call| call.answer).collect()
}

#[tokio::test]
async fn everything_works_without_a_public_address() {
    let world = world().await;
    let running = serve(&world).await;
    // Immediate answers are in the acknowledgement.
    let help = world.slack.command(SAM, CHANNEL, "help").await;
    assert_acknowledged(&help);
    assert!(
        help.body.contains("ephemeral") && help.body.contains("What you can ask"),
        "{help:?}"
    );
    let answer = world.ask(SAM, "today").await;
    assert!(read(&answer.blocks).contains(&id(2)), "{}", answer.text);

    assert_acknowledged(&world.slack.open_home(SAM).await);
    let shown = world.slack.wait_for(PATIENCE, |workspace| {
        workspace.homes.get(SAM).map(|home| home.view.clone())
    });
    let blocks = shown.await.unwrap()["blocks"].clone();
    assert!(read(blocks.as_array().unwrap()).contains(&id(2)));

    world.press(SAM, &answer, SHARE).await;
    let shared = world.messages(2).await.remove(1);
    assert!(read(&shared.blocks).contains(&id(2)));

    // The HTTP endpoint is off.
    for path in ["/slack/commands", "/slack/events", "/slack/interactions"] {
        let url = format!("{}{path}", running.url);
        let answer = reqwest::Client::new().post(url).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert_eq!(running.get("/healthz").await.0, 200);
    assert_eq!(running.get("/readyz").await, (200, "ready\n".to_owned()));
    let (_, metrics) = running.get("/metrics").await;
    for line in [
        r#"slack_connections{state="open"} 2"#,
        r#"slack_envelopes_total{kind="commands",outcome="acknowledged"} 2"#,
        r#"slack_envelopes_total{kind="events",outcome="acknowledged"} 1"#,
        r#"slack_envelopes_total{kind="interactions",outcome="acknowledged"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    running.stop().await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn admission_is_the_same_as_over_http() {
    let world = world().await;
    let running = serve(&world).await;
    world.slack.set_team("T0FOREIGN", None);
    let delivery = world.slack.command(SAM, CHANNEL, "today").await;
    assert_acknowledged(&delivery);
    assert!(delivery.body.contains("another workspace"), "{delivery:?}");
    world.slack.open_home(SAM).await;
    running.stop().await;
    assert!(world.slack.calls_of("views.publish").is_empty());
    assert!(world.slack.calls_of("response_url").is_empty());
}

#[tokio::test]
async fn a_request_whose_acknowledgement_got_lost_is_acknowledged_again_and_done_once() {
    let world = world().await;
    let running = serve(&world).await;
    let answer = world.ask(SAM, "today").await;
    let polls = world.aws.requests(IRELAND);
    let place = Place::Ephemeral {
        ts: answer.ts.clone(),
    };
    for what in ["command", "event", "press"] {
        world.slack.lose_acknowledgements(1);
        let lost = match what {
            "command" => world.slack.command(SAM, CHANNEL, "").await,
            "event" => world.slack.open_home(SAM).await,
            _ => {
                let pressed = world.slack.act(SAM, &place, &Press::click(SHARE)).await;
                pressed.unwrap()
            }
        };
        assert!(!lost.acknowledged(), "{what}: {lost:?}");
        // Each time over the other connection, in the same envelope and in a new one.
        for again in [
            world.slack.redeliver().await,
            world.slack.redeliver_in_a_new_envelope().await,
            world.slack.redeliver_in_a_new_envelope().await,
        ] {
            assert_acknowledged(&again.unwrap());
        }
    }
    world.messages(2).await;
    running.stop().await;
    assert_eq!(world.aws.requests(IRELAND), polls + 1);
    assert_eq!(world.slack.calls_of("views.publish").len(), 1);
    assert_eq!(world.slack.messages(CHANNEL).len(), 2);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_broken_or_closed_connection_is_replaced_while_the_other_one_serves() {
    let world = world().await;
    let running = serve(&world).await;
    for upset in [Upset::Drop, Upset::Close] {
        let before = world.slack.sockets();
        world.slack.upset(before[0], upset);
        connected(&world, 1).await;
        assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
        connected(&world, 2).await;
        let after = world.slack.sockets();
        assert!(after.contains(&before[1]) && !after.contains(&before[0]));
    }
    // Both connections break at once.
    for number in world.slack.sockets() {
        world.slack.upset(number, Upset::Drop);
    }
    connected(&world, 0).await;
    connected(&world, 2).await;
    assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
    running.stop().await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn no_request_is_lost_while_slack_renews_the_connections() {
    let world = world().await;
    let running = serve(&world).await;
    for reason in ["warning", "refresh_requested", "refresh_requested"] {
        let before = world.slack.sockets();
        for number in &before {
            world.slack.upset(*number, Upset::Notice(reason));
        }
        // There are only the old connections, which are still read.
        for _ in 0..5 {
            assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
        }
        connected(&world, 2).await;
        for number in &before {
            assert!(!world.slack.sockets().contains(number));
            world.slack.upset(*number, Upset::Close);
        }
        assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
    }
    running.stop().await;
    assert_eq!(world.slack.ephemerals(SAM).len(), 18);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_dead_connection_is_detected_and_replaced() {
    let world = world().await;
    let running = serve(&world).await;
    let before = world.slack.sockets();
    for number in &before {
        world.slack.upset(*number, Upset::Hang);
    }
    connected(&world, 0).await;
    connected(&world, 2).await;
    let after = world.slack.sockets();
    assert!(
        after.iter().all(|number| !before.contains(number)),
        "{after:?}"
    );
    assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
    running.stop().await;
}

#[tokio::test]
async fn a_quiet_connection_whose_other_end_lives_is_kept() {
    let world = world().await;
    let running = serve(&world).await;
    let before = world.slack.sockets();
    // Slack pings every 30 s only, so these are the answers to the bot's pings.
    tokio::time::sleep(hurried().silence * 2).await;
    assert_eq!(world.slack.sockets(), before);
    running.stop().await;
}

#[tokio::test]
async fn connections_that_break_at_once_are_not_opened_in_a_storm() {
    let world = world().await;
    let running = serve(&world).await;
    let calls = || world.slack.calls_of(OPEN).len();
    let (before, started) = (calls(), Instant::now());
    while started.elapsed() < Duration::from_secs(1) {
        for number in world.slack.sockets() {
            world.slack.upset(number, Upset::Drop);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // 10, 20, 40, 80 ms, and then at least 100 ms between attempts.
    let opened = calls() - before;
    assert!((3..=16).contains(&opened), "{opened}");
    connected(&world, 2).await;
    running.stop().await;
}

#[tokio::test]
async fn slack_is_not_asked_again_before_the_pause_that_it_wants() {
    let world = world().await;
    world.slack.fail_next(OPEN, Fault::RateLimited(Some(1)));
    let started = Instant::now();
    let running = serve(&world).await;
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(world.slack.calls_of(OPEN).len(), 3);
    running.stop().await;
}

#[tokio::test]
async fn a_problem_of_socket_mode_is_logged_once_until_it_is_fixed() {
    for (what, said) in [
        ("invalid_auth", "SLACK_APP_TOKEN is invalid"),
        ("not_allowed_token_type", "must be an app-level token"),
        ("missing_scope", "connections:write"),
        ("link_disabled", "enable Socket Mode"),
        (
            "unreachable",
            "no connection to Slack: nothing that people ask arrives: let the bot connect to http://127.0.0.1:",
        ),
    ] {
        let world = world().await;
        match what {
            "link_disabled" => world.slack.set_socket_mode(false),
            "unreachable" => world.slack.fail_always(OPEN, Fault::Status(503)),
            code => world
                .slack
                .fail_always(OPEN, Fault::Refuse(code.to_owned())),
        }
        let running = world.serve().await;
        let (status, text) = running
            .get_until("/readyz", |_, text| text.contains("Socket Mode: "))
            .await;
        assert!(status == 200 && text.contains(said), "{text}");
        assert_eq!(text.matches("Socket Mode: ").count(), 1, "{text}");
        let problem = r#"problem{what="Socket Mode"}"#;
        let (_, metrics) = running.get("/metrics").await;
        assert!(metrics.contains(&format!("{problem} 1")), "{metrics}");

        world.slack.set_socket_mode(true);
        world.slack.heal(OPEN);
        connected(&world, 2).await;
        running
            .get_until("/readyz", |_, text| !text.contains("Socket Mode"))
            .await;
        running
            .get_until("/metrics", |_, text| text.contains(&format!("{problem} 0")))
            .await;
        running.stop().await;
    }
}

#[tokio::test]
async fn a_token_of_another_kind_opens_nothing() {
    for (token, code) in [
        (BOT_TOKEN, "not_allowed_token_type"),
        ("xapp-1-A0OTHER-1-wrong", "invalid_auth"),
    ] {
        let mut world = World::new().await;
        world.come_by(RequestSource::Socket(token.into(), hurried()));
        let running = world.serve().await;
        running
            .get_until("/readyz", |_, text| text.contains(code))
            .await;
        running.stop().await;
        assert!(world.slack.sockets().is_empty());
    }
}

#[tokio::test]
async fn more_replicas_than_slack_has_connections_for_say_so() {
    let world = world().await;
    let mut all = Vec::new();
    for replicas in 1..=5 {
        all.push(world.serve().await);
        connected(&world, 2 * replicas).await;
    }
    let one_more = world.serve().await;
    let (_, text) = one_more
        .get_until("/readyz", |_, text| text.contains("too_many_websockets"))
        .await;
    assert!(text.contains("run five replicas at most"), "{text}");
    for _ in 0..20 {
        assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
    }
    // When one stops, another can connect.
    all.remove(0).stop().await;
    connected(&world, 10).await;
    one_more
        .get_until("/readyz", |_, text| !text.contains("Socket Mode"))
        .await;
    all.push(one_more);
    join_all(all.into_iter().map(Running::stop)).await;
    assert!(refused(&world).is_empty());
}

#[tokio::test]
async fn unknown_messages_are_acknowledged_and_malformed_ones_are_not() {
    let world = world().await;
    let running = serve(&world).await;
    let before = world.slack.sockets();
    let deep = "[".repeat(50_000);
    for text in [
        "",
        "{",
        "[]",
        "7",
        r#"{"type":"brand_new"}"#,
        "\u{0}",
        &deep,
    ] {
        for number in &before {
            world.slack.send_over(*number, text);
        }
    }
    for (kind, payload) in [
        ("brand_new", json!({ "anything": [] })),
        (
            "events_api",
            json!({ "type": "event_callback", "event": { "type": "brand_new" } }),
        ),
        (
            "interactive",
            json!({ "type": "view_closed", "team": null }),
        ),
    ] {
        assert_acknowledged(&world.slack.envelope(kind, payload).await);
    }
    for (kind, payload) in [
        (
            "slash_commands",
            json!({ "user_id": SAM, "response_url": "https://evil.example/" }),
        ),
        ("interactive", json!(["swordfish"])),
    ] {
        // Acknowledged, because a redelivery would be as malformed.
        assert_acknowledged(&world.slack.envelope(kind, payload).await);
    }
    assert_eq!(world.slack.sockets(), before, "the connections live on");
    // A message above the limit closes its connection only.
    let large = json!({ "type": "other", "filler": "x".repeat(1 << 20) });
    let delivery = world.slack.envelope("interactive", large).await;
    assert!(!delivery.acknowledged());
    connected(&world, 2).await;
    assert_acknowledged(&world.slack.command(SAM, CHANNEL, "help").await);
    running.stop().await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_stop_closes_the_connections_and_finishes_what_was_acknowledged() {
    let world = world().await;
    let running = serve(&world).await;
    world.list("1 Resigned");
    world.aws.fail(IRELAND, HubFault::Hang);
    assert_acknowledged(&world.slack.command(SAM, CHANNEL, "").await);
    running.stop.cancel();
    connected(&world, 0).await;
    let late = world.slack.command(SAM, CHANNEL, "help").await;
    assert!(!late.acknowledged(), "nothing new is taken on");
    assert!(world.slack.calls_of("response_url").is_empty());
    world.aws.heal(IRELAND);
    running.stopped().await;
    let answer = world.slack.ephemerals(SAM).remove(0);
    assert!(read(&answer.blocks).contains(&id(1)), "{}", answer.text);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_service_with_nothing_to_do_stops_at_once_whatever_its_connections_do() {
    let world = world().await;
    let running = serve(&world).await;
    let sockets = world.slack.sockets();
    world.slack.upset(sockets[0], Upset::Hang);
    running.stop.cancel();
    let stopped = tokio::time::timeout(Duration::from_secs(5), running.stopped());
    stopped.await.unwrap();
    // Also during an attempt to connect.
    world.slack.fail_always(OPEN, Fault::Hang);
    let running = world.serve().await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), running.stop());
    stopped.await.unwrap();
}

#[tokio::test]
async fn the_program_works_in_socket_mode_without_a_signing_secret_and_prints_no_ticket() {
    let mut outside = Outside::with_table().await;
    outside.slack.set_socket_mode(true);
    outside
        .environment
        .retain(|(name, _)| *name != "SLACK_SIGNING_SECRET");
    outside.set("SLACK_APP_TOKEN", APP_TOKEN);
    outside.set("RUST_LOG", "trace");
    let serving = outside.serve().await;
    let open = |workspace: &MockWorkspace| (workspace.sockets == 2).then_some(());
    outside.slack.wait_for(PATIENCE, open).await.unwrap();
    let delivery = outside.slack.command(SAM, CHANNEL, "help").await;
    assert_acknowledged(&delivery);
    let tickets: Vec<_> = outside.slack.calls_of(OPEN).into_iter().collect();
    outside
        .slack
        .fail_always(OPEN, Fault::Refuse("invalid_auth".to_owned()));
    for number in outside.slack.sockets() {
        outside.slack.upset(number, Upset::Drop);
    }
    // It is retried again and again, and logged once.
    let tries = |workspace: &MockWorkspace| {
        let refused = workspace
            .calls
            .iter()
            .filter(|call| call.method == OPEN && !call.ok());
        (refused.count() >= 2).then_some(())
    };
    outside.slack.wait_for(PATIENCE, tries).await.unwrap();
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert_eq!(log.matches("Socket Mode is down").count(), 1, "{log}");
    assert!(
        !log.contains(APP_TOKEN) && !log.contains("ticket="),
        "{log}"
    );
    assert!(tickets.len() >= 2);
    for call in tickets {
        let url = call.answer["url"].as_str().unwrap();
        let ticket = url.split(['=', '&']).nth(1).unwrap();
        assert!(!log.contains(ticket), "{ticket}: {log}");
    }
}
