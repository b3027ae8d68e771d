//! Slack posts a message after its request timed out: the bot waits for it, and deletes
//! duplicates.

use std::time::Instant;

use chrono::TimeDelta;
use securityhub_members::watch::Watch;
use securityhub_members::watch::ports::{Channel as _, MessageId};
use tokio_util::sync::CancellationToken;

use super::*;

/// When Slack posts it: 12.5, 15, 25, 45 and 59 seconds of a minute.
const LATE: [f64; 5] = [
    12.5 / 60.0,
    15.0 / 60.0,
    25.0 / 60.0,
    45.0 / 60.0,
    59.0 / 60.0,
];

/// The number of messages in a digest of [`EVENTS`].
const MESSAGES: usize = 3;

/// The next posts: some succeed, then this happens.
fn after(messages: usize, mishap: Mishap) -> impl Iterator<Item = Mishap> {
    std::iter::repeat_n(Mishap::None, messages).chain([mishap])
}

async fn recorded(world: &World) -> MessageId {
    let ledger = world.store().ledger("C0TEST").await.unwrap();
    ledger.last.unwrap().message
}

/// A search an hour after the delivery finds nothing, and is the last.
async fn finds_nothing_more(world: &World, channel: &TestChannel) {
    let before = channel.ids();
    for minutes in [1, 10, 60] {
        world.clock.advance(TimeDelta::minutes(minutes));
        assert_eq!(
            world
                .watch()
                .deliveries
                .remove_copies(channel)
                .await
                .unwrap(),
            0
        );
    }
    assert_eq!(channel.ids(), before);
    let ledger = world.store().ledger("C0TEST").await.unwrap();
    assert_eq!(ledger.rechecks, []);
}

#[tokio::test]
async fn a_message_that_slack_takes_late_is_waited_for_and_not_posted_again() {
    let cases = (0..MESSAGES).flat_map(|message| LATE.map(|late| (message, late)));
    let cases = cases.map(async |(message, late)| {
        let (mut world, channel) = eventful().await;
        world.lease = Duration::from_secs(60);
        world.taken_within = Duration::from_secs(4);
        let late = Mishap::TakenLate(world.taken_within.mul_f64(late));
        channel.then(after(message, late));
        assert_eq!(delivered(&world, &channel).await.changes(), EVENTS);
        assert_eq!(channel.indices(), [0, 0, 1, 2], "{message}: {late:?}");
        finds_nothing_more(&world, &channel).await;
    });
    futures::future::join_all(cases).await;
}

#[tokio::test]
async fn the_next_process_waits_for_what_another_one_may_have_posted() {
    for message in 0..MESSAGES {
        for late in LATE {
            for crashes in [false, true] {
                let (mut world, channel) = eventful().await;
                world.taken_within = Duration::from_millis(200);
                let late = Mishap::TakenLate(world.taken_within.mul_f64(late));
                channel.then(after(message, late));
                if crashes {
                    // At the post whose answer is lost, or a step before it.
                    let fuse = Fuse::at_post(message + 1, Fault::Crash);
                    let watch = world.watch();
                    let fused = fuse.channel(channel.clone());
                    assert!(
                        fuse.run(watch.deliveries.deliver(&fused, world.today()))
                            .await
                            .is_none()
                    );
                } else {
                    world.deliver(&channel).await.unwrap_err();
                }
                world.deliver(&channel).await.unwrap();
                assert_eq!(channel.indices(), [0, 0, 1, 2], "{message}: {late:?}");
                assert_eq!(channel.digests()[1].changes(), EVENTS);
            }
        }
    }
}

#[tokio::test]
async fn a_stop_ends_the_wait_and_the_next_process_waits_for_the_rest() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_secs(60);
    world.taken_within = Duration::from_secs(60);
    channel.then([Mishap::None, Mishap::TakenOnRelease]);
    let stop = CancellationToken::new();
    let mut parts = world.parts();
    parts.delivery.stop = stop.clone();
    let watch = Watch::new(parts);
    let stopping = async {
        while !channel.is_expecting() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let began = Instant::now();
    let (outcome, ()) = tokio::join!(watch.deliveries.deliver(&channel, world.today()), stopping);
    assert!(matches!(outcome, Err(DeliverError::Stopped)), "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(20));

    channel.let_all_arrive();
    assert!(matches!(
        world.deliver(&channel).await,
        Ok(Outcome::Posted { .. })
    ));
    assert_eq!(channel.indices(), [0, 0, 1, 2]);
    assert_eq!(channel.digests()[1].changes(), EVENTS);
}

#[tokio::test]
async fn a_process_that_waits_for_slack_keeps_its_lease() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_secs(4);
    world.taken_within = Duration::from_secs(6);
    channel.then([
        Mishap::None,
        Mishap::TakenLate(Duration::from_millis(5_500)),
    ]);
    let (one, two) = (world.watch(), world.watch());
    let today = world.today();
    let (one, two) = tokio::join!(
        one.deliveries.deliver(&channel, today),
        two.deliveries.deliver(&channel, today)
    );
    let posted = |outcome: &Outcome| matches!(outcome, Outcome::Posted { .. });
    assert_ne!(posted(&one.unwrap()), posted(&two.unwrap()));
    assert_eq!(channel.indices(), [0, 0, 1, 2]);
}

#[tokio::test]
async fn a_copy_that_arrives_after_all_is_deleted_and_the_recorded_message_stays() {
    for message in 0..MESSAGES {
        let (world, channel) = eventful().await;
        channel.then(after(message, Mishap::TakenOnRelease));
        world.deliver(&channel).await.unwrap_err();
        world.deliver(&channel).await.unwrap();
        let before = channel.ids();
        channel.let_all_arrive();
        assert_eq!(channel.ids().len(), before.len() + 1);
        assert_eq!(
            world
                .watch()
                .deliveries
                .remove_copies(&channel)
                .await
                .unwrap(),
            1
        );
        assert_eq!(channel.ids(), before);
        assert_eq!(channel.digests()[1].changes(), EVENTS);
        finds_nothing_more(&world, &channel).await;
    }
}

#[tokio::test]
async fn copies_of_the_same_digest_are_found_later_too() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_secs(60);
    channel.then([Mishap::TakenOnRelease, Mishap::None, Mishap::TakenOnRelease]);
    delivered(&world, &channel).await;
    let before = channel.ids();
    assert_eq!(
        world
            .watch()
            .deliveries
            .remove_copies(&channel)
            .await
            .unwrap(),
        0
    );
    world.clock.advance(TimeDelta::minutes(59));
    assert_eq!(
        world
            .watch()
            .deliveries
            .remove_copies(&channel)
            .await
            .unwrap(),
        0
    );
    channel.let_all_arrive();
    assert_eq!(channel.ids().len(), before.len() + 2);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(
        world
            .watch()
            .deliveries
            .remove_copies(&channel)
            .await
            .unwrap(),
        2
    );
    assert_eq!(channel.ids(), before);
}

#[tokio::test]
async fn a_process_may_end_or_fail_at_any_step_while_it_deletes_copies() {
    for fault in Fault::ALL {
        for step in 1.. {
            let (world, channel) = eventful().await;
            channel.then([Mishap::None, Mishap::TakenOnRelease]);
            world.deliver(&channel).await.unwrap_err();
            world.deliver(&channel).await.unwrap();
            let before = channel.ids();
            channel.let_all_arrive();
            let fuse = Fuse::at(step, fault);
            let watch = world.watch_over(world.fused_store(&fuse));
            let fused = fuse.channel(channel.clone());
            let _ = fuse.run(watch.deliveries.remove_copies(&fused)).await;
            world
                .watch()
                .deliveries
                .remove_copies(&channel)
                .await
                .unwrap();
            assert_eq!(channel.ids(), before, "{fault:?} at step {step}");
            if !fuse.was_reached() {
                assert!(step > 4, "{step}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_quiet_day_costs_three_searches() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::new();
    world.list("1 Enabled");
    delivered(&world, &channel).await;
    for _ in 0..3 * 60 {
        world
            .watch()
            .deliveries
            .remove_copies(&channel)
            .await
            .unwrap();
        world.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(channel.searches(), 3);
}

#[tokio::test]
async fn a_copy_that_cannot_be_deleted_is_left_and_not_tried_again() {
    let (world, channel) = eventful().await;
    channel.then([Mishap::None, Mishap::TakenOnRelease]);
    world.deliver(&channel).await.unwrap_err();
    world.deliver(&channel).await.unwrap();
    channel.let_all_arrive();
    channel.forbid_deletion();
    let searches = channel.searches();
    for _ in 0..5 {
        assert_eq!(
            world
                .watch()
                .deliveries
                .remove_copies(&channel)
                .await
                .unwrap(),
            0
        );
        world.clock.advance(TimeDelta::minutes(30));
    }
    assert_eq!(
        channel.searches(),
        searches + 2,
        "the channel and the thread, once"
    );
}

#[tokio::test]
async fn a_copy_in_whose_thread_people_talk_stays() {
    for people_talk in [true, false] {
        let (world, channel) = eventful().await;
        channel.then([Mishap::TakenOnRelease]);
        world.deliver(&channel).await.unwrap_err();
        world.deliver(&channel).await.unwrap();
        channel.let_all_arrive();
        if people_talk {
            channel.reply();
        }
        let removed = world
            .watch()
            .deliveries
            .remove_copies(&channel)
            .await
            .unwrap();
        assert_eq!(removed, usize::from(!people_talk));
    }
}

#[tokio::test]
async fn a_duplicate_stays_if_the_recorded_message_was_deleted() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_secs(60);
    channel.then([Mishap::TakenOnRelease]);
    world.deliver(&channel).await.unwrap();
    channel.let_all_arrive();
    channel.delete(&recorded(&world).await).await.unwrap();
    assert_eq!(
        world
            .watch()
            .deliveries
            .remove_copies(&channel)
            .await
            .unwrap(),
        0
    );
    assert_eq!(channel.indices(), [0, 1, 2, 0]);
}

#[tokio::test]
async fn a_digest_that_was_made_again_is_no_copy() {
    let (world, channel) = eventful().await;
    channel.then([Mishap::None, Mishap::Refused]);
    world.deliver(&channel).await.unwrap_err();
    for item in world.table.items("OUTBOX#").await {
        world.table.delete(item).await;
    }
    world.deliver(&channel).await.unwrap();
    let before = channel.ids();
    finds_nothing_more(&world, &channel).await;
    assert_eq!(channel.ids(), before);
}

#[tokio::test]
async fn a_bot_that_may_not_look_searches_once_and_deletes_nothing() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::without_history();
    world.list("1 Enabled");
    delivered(&world, &channel).await;
    finds_nothing_more(&world, &channel).await;
    assert_eq!(channel.searches(), 1);
}
