//! Slack posts a message after the bot's request timed out, over HTTP: duplicates are deleted,
//! and nothing else in the channel changes.

use std::time::Duration;

use chrono::TimeDelta;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, Fault, Message, OTHER_CHANNEL};
use serde_json::Value;

use crate::support::{IRELAND, PATIENCE, Setup, World, members};

const POST: &str = "chat.postMessage";
const DELETE: &str = "chat.delete";

async fn world(taken_within: Duration) -> World {
    World::with(Setup {
        taken_within,
        ..Setup::default()
    })
    .await
}

/// The metadata and `ts` of each message.
fn marks(messages: &[Message]) -> Vec<(Option<Value>, String)> {
    let mark = |message: &Message| (message.metadata.clone(), message.ts.clone());
    messages.iter().map(mark).collect()
}

/// A digest whose first message Slack posts only after the bot has posted it again.
async fn posted_twice() -> World {
    let world = world(Duration::from_millis(100)).await;
    world.list("1 Enabled");
    world
        .slack
        .fail_next(POST, Fault::DoneLater(Duration::from_secs(5)));
    world.deliver().await.unwrap();
    world.messages(1).await;
    world.messages(2).await;
    world
}

#[tokio::test]
async fn a_message_that_slack_takes_late_stands_there_once() {
    // 12.5, 15, 25, 45 and 59 seconds of a minute, scaled to four seconds.
    let late = [12.5, 15.0, 25.0, 45.0, 59.0].map(async |seconds| {
        let world = world(Duration::from_secs(4)).await;
        world.list("1 Enabled");
        let late = Duration::from_secs_f64(seconds / 15.0);
        world.slack.fail_next(POST, Fault::DoneLater(late));
        world.deliver().await.unwrap();
        world.messages(1).await;
        assert_eq!(world.slack.calls_of(POST).len(), 1, "{seconds}");
    });
    futures::future::join_all(late).await;
}

#[tokio::test]
async fn a_copy_is_deleted_and_the_recorded_message_and_all_others_stay() {
    let world = posted_twice().await;
    let ledger = world.store.ledger(CHANNEL).await.unwrap();
    let recorded = ledger.last.unwrap().message;
    world.slack.say("U0SAM", CHANNEL, "Good morning");
    // Another app posts a copy with the same metadata.
    world.slack.imitate(CHANNEL, &recorded.0);
    let before = world.messages(4).await;
    assert_eq!(
        world
            .watch
            .deliveries
            .remove_copies(&world.channel())
            .await
            .unwrap(),
        1
    );
    let mut kept = marks(&before);
    kept.retain(|(mark, ts)| {
        *mark != before[0].metadata || *ts == recorded.0 || *ts == before[3].ts
    });
    assert_eq!(marks(&world.messages(3).await), kept);
    assert_eq!(world.slack.calls_of(DELETE).len(), 1);
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!(
        world
            .watch
            .deliveries
            .remove_copies(&world.channel())
            .await
            .unwrap(),
        0
    );
    world.messages(3).await;
}

#[tokio::test]
async fn a_copy_in_a_thread_is_deleted() {
    let world = world(Duration::from_millis(100)).await;
    world.list("1 Enabled");
    world.deliver().await.unwrap();
    world.set("2026-11-19T09:00:00Z");
    world.aws.set_members(IRELAND, members(60, |_| "Invited"));
    let channel = world.channel().with_pace(Duration::from_millis(500));
    let taking_a_reply_late = async {
        world.messages(2).await;
        world
            .slack
            .fail_next(POST, Fault::DoneLater(Duration::from_secs(5)));
    };
    let (delivered, ()) = tokio::join!(
        world
            .watch
            .deliveries
            .deliver(&channel, world.watch.calendar.today()),
        taking_a_reply_late
    );
    delivered.unwrap();
    let digest = world.messages(2).await.remove(1);
    let before = world.slack.thread(CHANNEL, &digest.ts);
    let copied = world.slack.wait_for(PATIENCE, |workspace| {
        (workspace.thread(CHANNEL, &digest.ts).len() > before.len()).then_some(())
    });
    copied.await.unwrap();
    assert_eq!(
        world
            .watch
            .deliveries
            .remove_copies(&world.channel())
            .await
            .unwrap(),
        1
    );
    let thread = world.slack.thread(CHANNEL, &digest.ts);
    assert_eq!(marks(&thread), marks(&before));
}

#[tokio::test]
async fn a_deletion_that_slack_refuses_is_not_tried_again() {
    for code in ["cant_delete_message", "compliance_exports_prevent_deletion"] {
        let world = posted_twice().await;
        world
            .slack
            .fail_always(DELETE, Fault::Refuse(code.to_owned()));
        for _ in 0..3 {
            assert_eq!(
                world
                    .watch
                    .deliveries
                    .remove_copies(&world.channel())
                    .await
                    .unwrap(),
                0
            );
            world.clock.advance(TimeDelta::minutes(30));
        }
        assert_eq!(world.slack.calls_of(DELETE).len(), 1, "{code}");
        world.messages(2).await;
    }
}

#[tokio::test]
async fn a_deletion_that_slack_answers_badly_is_tried_again() {
    let world = posted_twice().await;
    world.slack.fail_next(DELETE, Fault::DoneThenDropped);
    world
        .watch
        .deliveries
        .remove_copies(&world.channel())
        .await
        .unwrap();
    // On the second attempt it was already deleted.
    assert_eq!(world.slack.calls_of(DELETE).len(), 2);
    world.messages(1).await;
}

#[tokio::test]
async fn the_bot_deletes_nothing_that_is_not_its_own() {
    let world = World::new().await;
    world.list("1 Enabled");
    world.deliver().await.unwrap();
    world.slack.say("U0SAM", CHANNEL, "Good morning");
    let messages = world.messages(2).await;
    let api = world.api();
    for (channel, ts, code) in [
        (CHANNEL, messages[1].ts.as_str(), "cant_delete_message"),
        (CHANNEL, "1.000001", "message_not_found"),
        ("C0NOWHERE", messages[0].ts.as_str(), "channel_not_found"),
        (OTHER_CHANNEL, messages[0].ts.as_str(), "message_not_found"),
    ] {
        let error = api.delete_message(channel, ts).await.unwrap_err();
        assert!(error.to_string().ends_with(code), "{error}");
    }
    world.messages(2).await;
}

#[tokio::test]
async fn the_service_deletes_a_copy_after_its_next_poll() {
    let world = world(Duration::from_millis(100)).await;
    world.list("1 Enabled");
    world
        .slack
        .fail_next(POST, Fault::DoneLater(Duration::from_secs(8)));
    let running = world.serve().await;
    world.messages(1).await;
    let twice = world.slack.wait_for(PATIENCE, |workspace| {
        (workspace.messages(CHANNEL).len() == 2).then_some(())
    });
    twice.await.unwrap();
    world.clock.advance(TimeDelta::minutes(15));
    let once = world.slack.wait_for(PATIENCE, |workspace| {
        (workspace.messages(CHANNEL).len() == 1).then_some(())
    });
    once.await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn polls_go_on_while_a_notice_waits_for_slack() {
    let world = world(Duration::from_secs(3600)).await;
    world.list("1 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    world.aws.fail(IRELAND, HubFault::AccessDenied);
    world.slack.fail_always(POST, Fault::Status(503));
    let unread = async |polls: usize| {
        let wanted = format!(r#"outcome="unread"}} {polls}"#);
        let polled = |_, text: &str| text.contains(&wanted);
        running.get_until("/metrics", polled).await;
    };
    for polls in 1..=10 {
        world.clock.advance(TimeDelta::minutes(15));
        unread(polls).await;
    }
    let tried = world.slack.wait_for(PATIENCE, |workspace| {
        let mut posts = workspace.calls.iter().filter(|call| call.method == POST);
        posts.nth(1).map(drop)
    });
    tried.await.unwrap();
    for polls in 11..=13 {
        world.clock.advance(TimeDelta::minutes(15));
        unread(polls).await;
    }
}
