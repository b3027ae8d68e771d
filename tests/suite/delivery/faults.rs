//! A process is killed, fails or stalls at every step of its I/O.

use chrono::TimeDelta;

use super::*;

/// Runs a first process with a fault at step 1, 2, … until it has fewer steps. `then` finishes
/// each of these worlds.
async fn at_every_step<F: Future<Output = ()>>(
    fault: Fault,
    channel: fn() -> TestChannel,
    then: impl Fn(World, TestChannel, String) -> F,
) -> usize {
    let engine = crate::support::table::Engine::start().await;
    for step in 1.. {
        let mut world = World::in_engine(&engine, "2026-11-19T09:00:00Z", UTC).await;
        let channel = channel();
        bring_events(&world, &channel).await;
        let fuse = Fuse::at(step, fault);
        // No process in this test waits long for its own lease.
        world.lease = Duration::from_millis(1500);
        let watch = world.watch_over(world.fused_store(&fuse));
        let fused = fuse.channel(channel.clone());
        let _ = fuse
            .run(watch.deliveries.deliver(&fused, world.today()))
            .await;
        world.lease = Duration::from_millis(5);
        if !fuse.was_reached() {
            return step - 1;
        }
        then(world, channel, format!("{fault:?} at step {step}")).await;
    }
    unreachable!("a delivery ends")
}

#[tokio::test]
async fn a_process_may_end_or_fail_at_any_step_and_the_next_one_delivers_the_digest_once() {
    for fault in Fault::ALL {
        let steps = at_every_step(fault, TestChannel::new, async |world, channel, case| {
            world.deliver(&channel).await.unwrap();
            let digests = channel.digests();
            assert_eq!(digests.len(), 2, "{case}: {digests:#?}");
            assert_eq!(digests[1].changes(), EVENTS, "{case}");
            assert_eq!(digests[1].date, date("2026-11-20"), "{case}");
        })
        .await;
        println!("{fault:?}: {steps} steps");
        assert!(steps > 15, "{steps}");
    }
}

#[tokio::test]
async fn any_request_that_the_sdk_repeats_changes_nothing() {
    // Throttled, or interrupted before or after DynamoDB's write: the SDK retries. A retried
    // conditional write must recognize its own success.
    let engine = crate::support::table::Engine::start().await;
    for fault in [Fault::Fail, Fault::FailAfter] {
        let mut requests = 0;
        for step in 1.. {
            let mut world = World::in_engine(&engine, "2026-11-19T09:00:00Z", UTC).await;
            let channel = TestChannel::new();
            bring_events(&world, &channel).await;
            let fuse = Fuse::at(step, fault);
            world.lease = Duration::from_secs(60);
            let watch = world.watch_over(world.persistent_store(&fuse));
            let outcome = watch.deliveries.deliver(&channel, world.today()).await;
            let case = format!("{fault:?} at request {step}: {outcome:?}");
            assert!(matches!(outcome, Ok(Outcome::Posted { .. })), "{case}");
            let digests = channel.digests();
            assert_eq!(digests.len(), 2, "{case}");
            assert_eq!(digests[1].changes(), EVENTS, "{case}");
            if !fuse.was_reached() {
                break;
            }
            requests = step;
        }
        println!("{fault:?}: {requests} requests");
        assert!(requests > 15, "{requests}");
    }
}

#[tokio::test]
async fn a_process_may_end_at_any_step_and_the_next_digest_has_the_rest() {
    at_every_step(
        Fault::Crash,
        TestChannel::new,
        async |world, channel, case| {
            world.set("2026-11-21T09:00:00Z");
            world.list("1 Enabled, 5 Invited");
            world.deliver(&channel).await.unwrap();
            let mut digests = channel.digests();
            digests.remove(0);
            assert!(digests.is_sorted_by(|a, b| a.date < b.date), "{case}");
            assert_eq!(digests.last().unwrap().date, date("2026-11-21"), "{case}");
            let mut reported: Vec<_> = digests.iter().flat_map(PostedDigest::changes).collect();
            // In one digest or in two.
            if digests.len() == 2 {
                assert_eq!(digests[0].date, date("2026-11-20"), "{case}");
                assert_eq!(digests[0].changes(), EVENTS, "{case}");
                assert_eq!(reported.len(), 6, "{case}: {reported:#?}");
                reported.retain(|change| !EVENTS.contains(&change.as_str()));
                assert_eq!(
                    reported,
                    ["5: - → Invited", "1: Resigned → Enabled"],
                    "{case}"
                );
            } else {
                // The first poll may or may not have been stored.
                reported.retain(|change| !EVENTS.contains(&change.as_str()));
                reported.sort();
                let seen = ["1: Enabled → Resigned → Enabled", "5: - → Invited"];
                let unseen = ["5: - → Invited"];
                assert!(
                    reported == seen || reported == unseen,
                    "{case}: {reported:#?}"
                );
            }
        },
    )
    .await;
}

#[tokio::test]
async fn without_history_access_a_crash_repeats_at_most_one_message() {
    at_every_step(
        Fault::Crash,
        TestChannel::without_history,
        async |world, channel, case| {
            world.deliver(&channel).await.unwrap();
            let mut posted = channel.indices();
            assert!(posted.len() <= 1 + 3 + 1, "{case}: {posted:?}");
            posted.dedup();
            assert_eq!(posted, [0, 1, 2], "{case}: nothing is missing");
        },
    )
    .await;
}

#[tokio::test]
async fn a_process_that_stood_still_for_longer_than_its_lease_posts_nothing_more() {
    freeze_at_every_step(async || {
        let world = World::at("2026-11-19T09:00:00Z", UTC).await;
        let channel = TestChannel::new();
        bring_events(&world, &channel).await;
        (world, channel)
    })
    .await
    .for_each(|channel| assert_eq!(channel.digests()[1].changes(), EVENTS));
}

#[tokio::test]
async fn a_process_that_stood_still_while_it_finished_a_thread_posts_nothing_more() {
    freeze_at_every_step(async || {
        let world = World::at("2026-11-19T09:00:00Z", UTC).await;
        // It could not find out that another process has posted the rest.
        let channel = TestChannel::without_history();
        bring_events(&world, &channel).await;
        channel.then([Mishap::None, Mishap::Refused]);
        world.deliver(&channel).await.unwrap_err();
        (world, channel)
    })
    .await
    .for_each(|channel| {
        // The message with an unknown outcome at the takeover is there twice.
        let mut posted = channel.indices();
        posted.dedup();
        assert_eq!(posted, [0, 1, 2]);
    });
}

#[tokio::test]
async fn a_process_that_stood_still_after_its_last_look_at_the_ledger_looks_again() {
    let channels = freeze(
        async || {
            let world = World::at("2026-11-19T09:00:00Z", UTC).await;
            // It could not find out that another process has posted the rest.
            let channel = TestChannel::without_history();
            bring_events(&world, &channel).await;
            (world, channel)
        },
        Fault::FreezeAfter,
    );
    channels.await.for_each(|channel| {
        // One message had an unknown outcome at the takeover, but none was posted twice.
        assert_eq!(channel.indices(), [0, 0, 1, 2]);
    });
}

#[tokio::test]
async fn a_process_that_stood_still_in_the_pause_before_a_reply_posts_nothing_more() {
    let (world, channel) = eventful().await;
    let mut slow = world.clone();
    slow.lease = Duration::from_secs(60);
    let pausing = channel.with_pace(Duration::from_millis(500));
    let watch = slow.watch();
    let first = async {
        let outcome = watch.deliveries.deliver(&pausing, world.today()).await;
        assert!(
            matches!(outcome, Err(DeliverError::TakenOver)),
            "{outcome:?}"
        );
    };
    let second = async {
        while channel.indices().len() < 2 {
            tokio::task::yield_now().await;
        }
        world.deliver(&channel).await.unwrap();
    };
    tokio::join!(first, second);
    assert_eq!(channel.indices(), [0, 0, 1, 2]);
}

/// A process stalls before request 1, 2, … to the table until it has fewer requests. During the
/// stall, another one takes over and delivers.
async fn freeze_at_every_step(
    begin: impl AsyncFn() -> (World, TestChannel),
) -> impl Iterator<Item = TestChannel> {
    freeze(begin, Fault::Freeze).await
}

async fn freeze(
    begin: impl AsyncFn() -> (World, TestChannel),
    fault: Fault,
) -> impl Iterator<Item = TestChannel> {
    let mut channels = Vec::new();
    for step in 1.. {
        let (world, channel) = begin().await;
        let fuse = Fuse::at(step, fault);
        let mut slow = world.clone();
        slow.lease = Duration::from_millis(1500);
        let watch = slow.watch_over(world.fused_store(&fuse));
        let fused = fuse.channel(channel.clone());
        let mut process = std::pin::pin!(watch.deliveries.deliver(&fused, world.today()));
        tokio::select! {
            biased;
            _ = &mut process => if fuse.was_reached() { continue } else { break },
            () = fuse.frozen() => {}
        }
        let taken_over = world.deliver(&channel).await.unwrap();
        let messages = channel.indices();
        world.clock.advance(TimeDelta::minutes(2));
        fuse.thaw();
        let outcome = process.await;
        // It had recorded its delivery just before the stall.
        let had_delivered = matches!(taken_over, Outcome::AlreadyDelivered { .. });
        assert!(
            matches!(
                outcome,
                Err(DeliverError::TakenOver) | Ok(Outcome::AlreadyDelivered { .. })
            ) || had_delivered,
            "step {step}: {outcome:?}"
        );
        assert_eq!(channel.indices(), messages, "step {step}");
        channels.push(channel);
    }
    assert!(channels.len() > 5, "{}", channels.len());
    channels.into_iter()
}
