//! Polling alerts: one when a hub fails for too long, and one when it recovers, with any failure
//! and any number of processes.

use super::*;
use crate::support::channel::News;
use crate::support::notify;

/// The first digest is delivered at 09:00. Security Hub fails from then on.
async fn blind() -> (World, TestChannel) {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::new();
    go_blind(&world, &channel).await;
    (world, channel)
}

async fn go_blind(world: &World, channel: &TestChannel) {
    world.list("1 Enabled");
    delivered(world, channel).await;
    world.fail(UnreadReason::AccessDenied);
    world.set("2026-11-19T10:00:00Z");
    world.watch().poller.poll_all().await;
}

/// A new process polls at `now`, and posts alerts.
async fn notified(world: &World, channel: &TestChannel, now: &str) -> Vec<News> {
    world.set(now);
    let before = channel.notices().len();
    let watch = world.watch();
    watch.poller.poll_all().await;
    let posted = notify(&watch, channel).await.unwrap();
    let news = channel.notices().split_off(before);
    assert_eq!(posted, !news.is_empty());
    news
}

fn unread(hub: &HubId) -> News {
    News {
        unread: vec![hub.clone()],
        back: vec![],
    }
}

fn back(hub: &HubId) -> News {
    News {
        unread: vec![],
        back: vec![hub.clone()],
    }
}

#[tokio::test]
async fn a_hub_that_keeps_failing_is_reported_once_and_once_more_when_it_recovers() {
    let (world, channel) = blind().await;
    let hub = world.hub().clone();
    assert_eq!(notified(&world, &channel, "2026-11-19T11:59:00Z").await, []);
    let news = notified(&world, &channel, "2026-11-19T12:00:00Z").await;
    assert_eq!(news, [unread(&hub)]);
    assert_eq!(notified(&world, &channel, "2026-11-19T23:00:00Z").await, []);
    // The next digest mentions it too, which leads to no new alert.
    world.set("2026-11-20T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.unread, std::slice::from_ref(&hub));
    assert_eq!(notified(&world, &channel, "2026-11-20T10:00:00Z").await, []);

    world.hubs.recover(&hub);
    world.list("1 Resigned");
    let news = notified(&world, &channel, "2026-11-20T10:15:00Z").await;
    assert_eq!(news, [back(&hub)]);
    assert_eq!(notified(&world, &channel, "2026-11-20T10:30:00Z").await, []);
    world.set("2026-11-21T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);

    // The next failure leads to a new alert.
    world.fail(UnreadReason::Throttled);
    assert_eq!(notified(&world, &channel, "2026-11-21T10:00:00Z").await, []);
    let news = notified(&world, &channel, "2026-11-21T12:00:00Z").await;
    assert_eq!(news, [unread(&hub)]);
}

#[tokio::test]
async fn a_hub_that_is_soon_read_again_is_no_news() {
    let (world, channel) = blind().await;
    world.hubs.recover(world.hub());
    assert_eq!(notified(&world, &channel, "2026-11-19T12:30:00Z").await, []);
}

#[tokio::test]
async fn a_failing_hub_in_a_digest_needs_no_alert_until_it_recovers() {
    let (world, channel) = blind().await;
    let hub = world.hub().clone();
    world.set("2026-11-20T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.unread, std::slice::from_ref(&hub));
    assert_eq!(notified(&world, &channel, "2026-11-20T09:15:00Z").await, []);
    world.hubs.recover(&hub);
    let news = notified(&world, &channel, "2026-11-20T09:30:00Z").await;
    assert_eq!(news, [back(&hub)]);
}

#[tokio::test]
async fn a_digest_that_mentions_a_hub_that_has_just_failed_is_not_yet_the_news() {
    let (world, channel) = blind().await;
    world.hubs.recover(world.hub());
    world.set("2026-11-20T08:00:00Z");
    world.poll().await;
    world.fail(UnreadReason::TimedOut);
    world.set("2026-11-20T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.unread, std::slice::from_ref(world.hub()));
    assert_eq!(notified(&world, &channel, "2026-11-20T10:59:00Z").await, []);
    let news = notified(&world, &channel, "2026-11-20T11:00:00Z").await;
    assert_eq!(news, [unread(world.hub())]);
}

#[tokio::test]
async fn a_permission_that_is_taken_away_everywhere_is_one_notice() {
    let (mut world, channel) = blind().await;
    for region in ["us-east-1", "us-west-2"] {
        world.hubs.fail(&hub(region), UnreadReason::AccessDenied);
        world.watched.push(hub(region));
    }
    world.set("2026-11-19T10:00:00Z");
    world.watch().poller.poll_all().await;
    let news = notified(&world, &channel, "2026-11-19T12:00:00Z").await;
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].unread, world.watched);
}

#[tokio::test]
async fn three_replicas_post_one_alert() {
    let (mut world, channel) = blind().await;
    world.lease = Duration::from_secs(10);
    world.set("2026-11-19T12:00:00Z");
    let replicas = [world.watch(), world.watch(), world.watch()];
    let posted = replicas
        .iter()
        .map(|watch| watch.deliveries.notify(&channel));
    for posted in futures::future::join_all(posted).await {
        posted.unwrap();
    }
    assert_eq!(channel.notices(), [unread(world.hub())]);
}

#[tokio::test]
async fn a_rejected_alert_is_posted_after_the_fix_if_it_is_still_true() {
    for still_true in [true, false] {
        let (world, channel) = blind().await;
        world.set("2026-11-19T12:00:00Z");
        channel.then([Mishap::Refused, Mishap::Refused]);
        for _ in 0..2 {
            let error = notify(&world.watch(), &channel).await.unwrap_err();
            assert!(error.needs_an_operator(), "{error}");
        }
        if !still_true {
            world.hubs.recover(world.hub());
        }
        let news = notified(&world, &channel, "2026-11-19T12:15:00Z").await;
        let wanted: &[News] = if still_true {
            &[unread(world.hub())]
        } else {
            &[]
        };
        assert_eq!(news, wanted);
    }
}

#[tokio::test]
async fn a_notice_that_was_left_does_not_hold_up_the_digest() {
    for mishap in [Mishap::Refused, Mishap::AnswerLost] {
        let (world, channel) = blind().await;
        world.set("2026-11-20T09:00:00Z");
        channel.then([mishap]);
        notify(&world.watch(), &channel).await.unwrap_err();
        delivered(&world, &channel).await;
        // Either in the alert or in the digest, not in both.
        assert_eq!(notified(&world, &channel, "2026-11-20T09:15:00Z").await, []);
        let notices = usize::from(mishap == Mishap::AnswerLost);
        assert_eq!(channel.notices().len(), notices, "{mishap:?}");
    }
}

#[tokio::test]
async fn a_process_may_end_or_fail_at_any_step_of_a_notice() {
    let engine = crate::support::table::Engine::start().await;
    for fault in Fault::ALL {
        let mut steps = 0;
        for step in 1.. {
            let world = World::in_engine(&engine, "2026-11-19T09:00:00Z", UTC).await;
            let channel = TestChannel::new();
            go_blind(&world, &channel).await;
            world.set("2026-11-19T12:00:00Z");
            let fuse = Fuse::at(step, fault);
            let watch = world.watch_over(world.fused_store(&fuse));
            let _ = fuse
                .run(watch.deliveries.notify(&fuse.channel(channel.clone())))
                .await;
            if !fuse.was_reached() {
                break;
            }
            steps = step;
            notify(&world.watch(), &channel).await.unwrap();
            let case = format!("{fault:?} at step {step}");
            assert_eq!(channel.notices(), [unread(world.hub())], "{case}");
            world.set("2026-11-20T09:00:00Z");
            delivered(&world, &channel).await;
        }
        println!("{fault:?}: {steps} steps");
        assert!(steps >= 8, "{steps}");
    }
}
