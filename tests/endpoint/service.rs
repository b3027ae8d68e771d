//! The service as a whole: its loops, its stop, and its health.

use std::time::Duration;

use chrono::TimeDelta;
use securityhub_members::app::work::WorkThreads;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, Fault, SAM};

use crate::support::{IRELAND, PATIENCE, Setup, VIRGINIA, World, id, read};

#[tokio::test]
async fn a_service_that_starts_after_the_time_posts_the_digest_that_is_due_once() {
    let world = World::new().await;
    world.list("1 Enabled, 2 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    running.stop().await;
    // After a restart on the same day there is nothing to post.
    let running = world.serve().await;
    running
        .get_until("/metrics", |_, text| text.contains(r#"outcome="read""#))
        .await;
    running.stop().await;
    world.messages(1).await;

    // After a long weekend, one digest has all changes.
    world.set("2026-11-23T07:00:00Z");
    world.list("1 Resigned");
    let running = world.serve().await;
    let text = read(&world.messages(2).await.remove(1).blocks);
    assert!(text.contains("Sun 22 Nov · "), "{text}");
    let headline = format!("🔴 {} left Security Hub", id(1));
    assert!(text.contains(&headline), "{text}");
    assert!(text.contains("Since Wed 18 Nov 10:00"), "{text}");
    running.stop().await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_next_digest_comes_when_the_schedule_says() {
    let world = World::with(Setup {
        zone: chrono_tz::Tz::Asia__Tokyo,
        ..Setup::default()
    })
    .await;
    world.list("1 Enabled, 2 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    // 08:59 in Tokyo: a poll finds a change, which the digest reports later.
    let polls = world.aws.requests(IRELAND);
    world.list("2 Resigned");
    world.set("2026-11-18T23:59:00Z");
    running
        .get_until("/metrics", |_, text| {
            text.contains(r#"status="Resigned"} 1"#)
        })
        .await;
    assert!(world.aws.requests(IRELAND) > polls);
    world.messages(1).await;
    world.set("2026-11-19T00:00:00Z");
    let text = read(&world.messages(2).await.remove(1).blocks);
    assert!(
        text.contains("Thu 19 Nov · ") && text.contains(&id(2)),
        "{text}"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_digest_that_failed_is_tried_again_before_the_next_one_is_due() {
    let world = World::new().await;
    world.list("1 Enabled");
    let refused = Fault::Refuse("not_in_channel".to_owned());
    world.slack.fail_next("chat.postMessage", refused);
    let running = world.serve().await;
    running
        .get_until("/metrics", |_, text| {
            text.contains(r#"digests_total{channel="C0SECURITY",outcome="failed"} 1"#)
        })
        .await;
    assert!(world.slack.messages(CHANNEL).is_empty());
    world.clock.advance(TimeDelta::minutes(2));
    world.messages(1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_region_that_keeps_failing_is_reported_once_and_once_more_when_it_recovers() {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    world.list("1 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    world.aws.fail(VIRGINIA, HubFault::AccessDenied);
    world.clock.advance(TimeDelta::minutes(15));
    running
        .get_until("/metrics", |_, text| {
            let unread = |line: &str| line.contains(r#"outcome="unread"} 1"#);
            text.lines().any(unread)
        })
        .await;
    world.clock.advance(TimeDelta::hours(2));
    let notice = read(&world.messages(2).await.remove(1).blocks);
    assert!(notice.contains("polling is failing"), "{notice}");
    assert!(
        notice.contains("us-east-1: polling has failed since Wed 18 Nov 10:15"),
        "{notice}"
    );
    world.clock.advance(TimeDelta::hours(2));
    world.aws.heal(VIRGINIA);
    world.clock.advance(TimeDelta::minutes(15));
    let notice = read(&world.messages(3).await.remove(2).blocks);
    assert!(notice.contains("us-east-1 is readable again"), "{notice}");
    running.stop().await;
    world.messages(3).await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn an_open_problem_is_in_readyz_and_metrics_until_it_is_fixed() {
    let world = World::new().await;
    world.list("1 Enabled");
    world.slack.set_bot_is_member(CHANNEL, false);
    let running = world.serve().await;
    let (status, text) = running
        .get_until("/readyz", |_, text| text.contains("not_in_channel"))
        .await;
    // Commands still work.
    assert_eq!(status, 200);
    assert!(
        text.contains("the digest in C0SECURITY: ") && text.contains("/invite"),
        "{text}"
    );
    let problem = r#"problem{what="the digest in C0SECURITY"}"#;
    let (_, text) = running.get("/metrics").await;
    assert!(text.contains(&format!("{problem} 1")), "{text}");

    world.slack.set_bot_is_member(CHANNEL, true);
    world.clock.advance(TimeDelta::minutes(2));
    world.messages(1).await;
    running
        .get_until("/metrics", |_, text| text.contains(&format!("{problem} 0")))
        .await;
    assert_eq!(running.get("/readyz").await, (200, "ready\n".to_owned()));
    running.stop().await;
}

#[tokio::test]
async fn a_stop_finishes_what_was_acknowledged() {
    let world = World::new().await;
    world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
    let running = world.serve().await;
    world.messages(1).await;
    world.list("1 Resigned");
    world.aws.fail(IRELAND, HubFault::Hang);
    let sent = world.slack.command(SAM, CHANNEL, "").await;
    assert!(sent.acknowledged());
    running.stop.cancel();
    let late = world.slack.command(SAM, CHANNEL, "help").await;
    assert!(!late.acknowledged(), "nothing new is taken on");
    assert!(world.slack.calls_of("response_url").is_empty());
    world.aws.heal(IRELAND);
    running.stopped().await;
    assert_eq!(world.slack.calls_of("response_url").len(), 1);
    let answer = world.slack.ephemerals(SAM).remove(0);
    assert!(read(&answer.blocks).contains(&id(1)), "{}", answer.text);
}

#[tokio::test]
async fn a_service_with_nothing_to_do_stops_at_once() {
    let world = World::new().await;
    world.list("1 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    running.stop.cancel();
    let stopped = tokio::time::timeout(Duration::from_secs(3), running.stopped());
    stopped.await.unwrap();
}

#[tokio::test]
async fn it_is_ready_once_something_was_read_and_the_store_answers() {
    let mut world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    for region in [IRELAND, VIRGINIA] {
        world.aws.fail(region, HubFault::AccessDenied);
    }
    let running = world.serve().await;
    let (status, why) = running.get("/readyz").await;
    assert_eq!(status, 503);
    assert!(
        why.contains("111122223333/eu-west-1 was never read"),
        "{why}"
    );
    assert!(
        why.contains("111122223333/us-east-1 was never read"),
        "{why}"
    );
    assert_eq!(running.get("/healthz").await, (200, "ok\n".to_owned()));

    // After the digest, no failed poll is running.
    world.messages(1).await;
    // One failing Region does not make the service unready.
    world.aws.heal(IRELAND);
    world.clock.advance(TimeDelta::minutes(16));
    let ready = running
        .get_until("/readyz", |status, _| status == 200)
        .await;
    assert_eq!(
        ready.1,
        "ready\n111122223333/us-east-1: not read: access denied: grant securityhub:ListMembers\n"
    );

    world.aws.fail(IRELAND, HubFault::AccessDenied);
    world.clock.advance(TimeDelta::hours(3));
    let old = running
        .get_until("/readyz", |status, _| status == 503)
        .await;
    assert!(
        old.1
            .contains("eu-west-1 was last read at 2026-11-18T10:16:00"),
        "{}",
        old.1
    );

    world.lose_the_store();
    let gone = running
        .get_until("/readyz", |_, why| why.contains("the store"))
        .await;
    assert_eq!(gone.0, 503);
    assert!(!gone.1.contains("127.0.0.1"), "{}", gone.1);
    // AWS's message is not shown for the hubs' problems either.
    world.clock.advance(TimeDelta::minutes(16));
    let gone = running
        .get_until("/readyz", |_, why| why.contains("not polled: DynamoDB"))
        .await;
    assert!(gone.1.contains("see the log"), "{}", gone.1);
    assert!(!gone.1.contains("127.0.0.1"), "{}", gone.1);
    assert_eq!(running.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn readyz_says_what_to_do_about_a_hub_that_is_not_enabled_and_a_table_that_is_gone() {
    let world = World::new().await;
    world.aws.fail(IRELAND, HubFault::NotEnabled);
    let running = world.serve().await;
    let (_, why) = running
        .get_until("/readyz", |status, why| {
            status == 503 && why.contains("not read:")
        })
        .await;
    assert_eq!(
        why,
        "not ready\n111122223333/eu-west-1 was never read\n\
         111122223333/eu-west-1: not read: Security Hub isn't enabled\n"
    );

    world.delete_the_table().await;
    let (status, why) = running
        .get_until("/readyz", |_, why| why.contains("the store cannot be read"))
        .await;
    assert_eq!(status, 503);
    assert!(
        why.contains("the store cannot be read: the table") && why.contains("create-table"),
        "{why}"
    );
    running.stop().await;
}

#[tokio::test]
async fn it_counts_what_it_does() {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    world.list("1 Enabled, 2 Enabled, 3 Resigned");
    world.aws.fail(VIRGINIA, HubFault::NotEnabled);
    let running = world.serve().await;
    world.messages(1).await;
    world.slack.command(SAM, CHANNEL, "help").await;
    let unsigned = reqwest::Client::new().post(format!("{}/slack/events", running.url));
    assert_eq!(unsigned.send().await.unwrap().status(), 401);
    let hub = |region: &str| format!(r#"hub="111122223333/{region}""#);
    let wanted = [
        r#"slack_requests_total{path="commands",status="200"} 1"#.to_owned(),
        r#"slack_requests_total{path="events",status="401"} 1"#.to_owned(),
        r#"digests_total{channel="C0SECURITY",outcome="delivered"} 1"#.to_owned(),
        "digest_delivered_timestamp_seconds{channel=\"C0SECURITY\"} 1794996000".to_owned(),
        format!(r#"members{{{},status="Enabled"}} 2"#, hub(IRELAND)),
        format!(r#"members{{{},status="Resigned"}} 1"#, hub(IRELAND)),
        format!("hub_checked_timestamp_seconds{{{}}} ", hub(IRELAND)),
        format!(r#"polls_total{{{},outcome="read"}} 1"#, hub(IRELAND)),
        format!(r#"polls_total{{{},outcome="unread"}} 1"#, hub(VIRGINIA)),
    ];
    let all = |text: &str| wanted.iter().all(|line| text.contains(line.as_str()));
    let (status, text) = running.get("/metrics").await;
    assert_eq!(status, 200);
    let counted = tokio::time::timeout(
        Duration::from_secs(10),
        running.get_until("/metrics", |_, text| all(text)),
    );
    assert!(counted.await.is_ok(), "{text}");
    running.stop().await;
}

#[tokio::test]
async fn a_process_whose_table_a_newer_release_takes_over_is_no_longer_healthy() {
    let world = World::new().await;
    world.list("1 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    assert_eq!(running.get("/healthz").await, (200, "ok\n".to_owned()));
    world.sign_the_table(2).await;
    world.clock.advance(TimeDelta::minutes(16));
    let problem = "SCHEMA HEAD has schema 2, this version knows schema 1: \
                   run the newer version that wrote it";
    let alive = running
        .get_until("/healthz", |status, _| status == 503)
        .await;
    assert_eq!(alive.1, format!("{problem}\n"));
    let (_, why) = running.get("/readyz").await;
    assert!(why.contains(&format!("the table: {problem}")), "{why}");
    // The upgrade is rolled back, including the table.
    world.sign_the_table(1).await;
    world.clock.advance(TimeDelta::minutes(16));
    running
        .get_until("/healthz", |status, _| status == 200)
        .await;
    running.stop().await;
}

#[tokio::test]
async fn a_command_is_acknowledged_while_every_thread_for_work_is_busy() {
    let mut world = World::new().await;
    world.list("1 Enabled, 2 Enabled");
    let threads = WorkThreads::start().unwrap();
    world.work = Some(threads.handle());
    let running = world.serve().await;
    world.messages(1).await;

    // Each thread is occupied by a task that blocks.
    let number = threads.handle().metrics().num_workers();
    let (began, mut beginnings) = tokio::sync::mpsc::unbounded_channel();
    let busy = (0..number).map(|_| {
        let (done, end) = std::sync::mpsc::channel::<()>();
        let began = began.clone();
        threads.handle().spawn(async move {
            began.send(()).unwrap();
            end.recv().unwrap_err();
        });
        done
    });
    let busy: Vec<_> = busy.collect();
    for _ in 0..number {
        beginnings.recv().await.unwrap();
    }
    for text in ["help", "yesterday"] {
        let delivery = world.slack.command(SAM, CHANNEL, text).await;
        assert!(delivery.acknowledged(), "{text}: {delivery:?}");
    }
    let newest = world.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        newest.text.starts_with('🔎').then_some(newest)
    });
    newest.await.unwrap();
    drop(busy);
    world.answered(SAM).await;
    running.stop().await;
}
