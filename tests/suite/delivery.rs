//! Delivery: every change in exactly one digest and no duplicate digests, with any failure and
//! any number of killed processes.

mod alert_histories;
mod alerts;
mod faults;
mod histories;
mod late;
mod notices;

use std::time::Duration;

use chrono_tz::UTC;
use securityhub_members::domain::due::Due;
use securityhub_members::domain::hub::{HubId, UnreadReason};
use securityhub_members::watch::ports::{
    ChangeStore as _, HeadStore as _, LedgerStore as _, PostError, SnapshotStore as _,
};
use securityhub_members::watch::{DeliverError, Outcome};

use crate::support::channel::{Mishap, PostedDigest, TestChannel};
use crate::support::crash::{Fault, Fuse};
use crate::support::table::text;
use crate::support::{World, date, everything, hub, time};

/// A new process delivers today's digest without failures; returns it.
async fn delivered(world: &World, channel: &TestChannel) -> PostedDigest {
    let before = channel.digests().len();
    let outcome = world.deliver(channel).await.unwrap();
    assert!(matches!(outcome, Outcome::Posted { due, .. } if due == world.today().into()));
    let mut digests = channel.digests();
    assert_eq!(digests.len(), before + 1);
    digests.pop().unwrap()
}

/// A channel with its first digest on 19 November. Four accounts have changed since, so the next
/// digest has three messages.
async fn eventful() -> (World, TestChannel) {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::new();
    bring_events(&world, &channel).await;
    (world, channel)
}

const EVENTS: [&str; 4] = [
    "1: Enabled → Resigned",
    "2: Enabled → Removed",
    "4: - → Invited",
    "3: Invited → Enabled",
];

async fn bring_events(world: &World, channel: &TestChannel) {
    world.list("1 Enabled, 2 Enabled, 3 Invited");
    delivered(world, channel).await;
    world.set("2026-11-20T09:00:00Z");
    world.list("1 Resigned, 2 Removed, 3 Enabled, 4 Invited");
}

#[tokio::test]
async fn the_first_digest_of_a_channel_covers_the_whole_history() {
    let world = World::at("2026-11-18T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-19T09:00:00Z", "1 Resigned").await;
    world.set("2026-11-20T09:00:00Z");
    let channel = TestChannel::new();
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.since, None);
    assert_eq!(posted.first, [], "it is compared with the first snapshot");
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);
}

#[tokio::test]
async fn every_change_is_in_exactly_one_digest() {
    let world = World::at("2026-11-16T09:00:00Z", UTC).await;
    let channel = TestChannel::new();
    world.list("1 Enabled, 2 Invited");
    assert_eq!(delivered(&world, &channel).await.changes(), [""; 0]);
    // Seen by a poll after the day's digest.
    world.poll_at("2026-11-16T15:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-17T08:00:00Z", "2 Enabled").await;
    world.set("2026-11-17T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(
        posted.changes(),
        ["1: Enabled → Resigned", "2: Invited → Enabled"]
    );
    assert_eq!(posted.since, Some(time("2026-11-16T09:00:00Z")));
    // Seen by the digest's own poll.
    world.set("2026-11-18T09:00:00Z");
    world.list("1 Enabled");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes(), ["1: Resigned → Enabled"]);
    world.set("2026-11-19T09:00:00Z");
    assert_eq!(delivered(&world, &channel).await.changes(), [""; 0]);
}

#[tokio::test]
async fn a_member_that_left_and_came_back_is_in_the_digest() {
    let (world, channel) = (
        World::at("2026-11-19T09:00:00Z", UTC).await,
        TestChannel::new(),
    );
    world.list("1 Enabled");
    delivered(&world, &channel).await;
    world.poll_at("2026-11-19T23:30:00Z", "1 Resigned").await;
    world.poll_at("2026-11-20T00:30:00Z", "1 Enabled").await;
    world.set("2026-11-20T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes(), ["1: Enabled → Resigned → Enabled"]);
}

#[tokio::test]
async fn the_next_digest_includes_the_changes_of_missed_ones() {
    let (world, channel) = (
        World::at("2026-11-13T09:00:00Z", UTC).await,
        TestChannel::new(),
    );
    world.list("1 Enabled, 2 Enabled");
    delivered(&world, &channel).await;
    for (at, members) in [
        ("2026-11-14T12:00:00Z", "1 Resigned"),
        ("2026-11-15T12:00:00Z", "2 Resigned"),
        ("2026-11-18T12:00:00Z", "1 Enabled"),
    ] {
        world.poll_at(at, members).await;
    }
    world.set("2026-11-20T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.date, date("2026-11-20"));
    assert_eq!(posted.since, Some(time("2026-11-13T09:00:00Z")));
    assert_eq!(
        posted.changes(),
        ["2: Enabled → Resigned", "1: Enabled → Resigned → Enabled"]
    );
}

#[tokio::test]
async fn a_date_that_is_delivered_is_not_delivered_again() {
    let (world, channel) = eventful().await;
    delivered(&world, &channel).await;
    let reads = world.hubs.reads(world.hub());
    let due = date("2026-11-20").into();
    let done = Outcome::AlreadyDelivered { due };
    world.list("1 -");
    assert_eq!(world.deliver(&channel).await.unwrap(), done);
    let earlier = world
        .watch()
        .deliveries
        .deliver(&channel, date("2026-11-18"))
        .await;
    assert_eq!(earlier.unwrap(), done);
    assert_eq!(channel.digests().len(), 2);
    assert_eq!(world.hubs.reads(world.hub()), reads, "nobody had to look");
    world.set("2026-11-21T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes(), ["1: Resigned → -"]);
}

#[tokio::test]
async fn each_scheduled_time_of_a_date_has_its_digest_once() {
    let (world, channel) = eventful().await;
    let deliver = async |due: &str| {
        let due: Due = due.parse().unwrap();
        let deliveries = &world.watch().deliveries;
        let outcome = deliveries.deliver(&channel, due).await.unwrap();
        let digests = channel.digests();
        let newest = digests.last().unwrap().changes();
        match outcome {
            Outcome::Posted { due: posted, .. } => (posted == due, digests.len(), newest),
            _ => (false, digests.len(), newest),
        }
    };
    assert_eq!(
        deliver("2026-11-20T09:00").await,
        (true, 2, EVENTS.map(str::to_owned).to_vec())
    );
    world.set("2026-11-20T17:00:00Z");
    world.list("1 Enabled, 2 Removed, 3 Enabled, 4 Invited");
    let back = vec!["1: Resigned → Enabled".to_owned()];
    // A late replica for the time before, the time itself, and a process that begins again.
    assert!(!deliver("2026-11-20T09:00").await.0);
    assert_eq!(deliver("2026-11-20T17:00").await, (true, 3, back.clone()));
    assert_eq!(deliver("2026-11-20T17:00").await, (false, 3, back.clone()));
    // The setting has one time again: that date has its digest.
    assert_eq!(deliver("2026-11-20").await, (false, 3, back.clone()));
    // A lost ledger is recovered from the record of the last time.
    let ledger = world.table.items("DIGEST#C0TEST").await;
    let ledger = ledger.into_iter().find(|item| text(item, "sk") == "HEAD");
    world.table.delete(ledger.unwrap()).await;
    assert_eq!(deliver("2026-11-20T17:00").await, (false, 3, back));
    world.set("2026-11-21T09:00:00Z");
    assert_eq!(deliver("2026-11-21").await, (true, 4, vec![]));
    // The setting has more times than at the first digest of this date, which stands for 08:00.
    assert_eq!(deliver("2026-11-21T08:00").await, (false, 4, vec![]));
    assert_eq!(deliver("2026-11-21T11:00").await, (true, 5, vec![]));
}

#[tokio::test]
async fn three_replicas_that_deliver_at_once_post_one_digest() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_millis(1500);
    let replicas = [world.watch(), world.watch(), world.watch()];
    let today = world.today();
    let all = replicas
        .iter()
        .map(|watch| watch.deliveries.deliver(&channel, today));
    let outcomes = futures::future::try_join_all(all).await.unwrap();
    let posted = |outcome: &&Outcome| matches!(outcome, Outcome::Posted { .. });
    assert_eq!(outcomes.iter().filter(posted).count(), 1, "{outcomes:?}");
    assert_eq!(channel.digests().len(), 2);
    assert_eq!(channel.digests()[1].changes(), EVENTS);
}

#[tokio::test]
async fn a_delivery_whose_polls_take_long_is_not_taken_over() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_millis(300);
    world.hubs.be_slow(true);
    let reads = world.hubs.reads(world.hub());
    let (one, two) = (world.watch(), world.watch());
    let today = world.today();
    let store = world.store();
    let long_enough = async {
        // The lease is renewed three times per lease.
        let first = store.ledger("C0TEST").await.unwrap().revision;
        while store.ledger("C0TEST").await.unwrap().revision < first + 10 {
            tokio::task::yield_now().await;
        }
        world.hubs.be_slow(false);
    };
    let all = async {
        tokio::join!(
            one.deliveries.deliver(&channel, today),
            two.deliveries.deliver(&channel, today),
            long_enough
        )
    };
    let all = tokio::time::timeout(Duration::from_secs(20), all).await;
    let (first, second, ()) = all.unwrap();
    let mut outcomes = [first.unwrap(), second.unwrap()];
    outcomes.sort_by_key(|outcome| matches!(outcome, Outcome::Posted { .. }));
    assert!(
        matches!(outcomes[0], Outcome::AlreadyDelivered { .. }),
        "{outcomes:?}"
    );
    assert_eq!(world.hubs.reads(world.hub()), reads + 1);
    assert_eq!(channel.digests()[1].changes(), EVENTS);
}

#[tokio::test]
async fn a_rejected_digest_is_delivered_after_the_fix() {
    let (world, channel) = eventful().await;
    channel.then([Mishap::Refused; 2]);
    for _ in 0..2 {
        let error = world.deliver(&channel).await.unwrap_err();
        assert!(error.needs_an_operator());
        assert!(
            matches!(error, DeliverError::Post(PostError::Refused { code }) if code == "channel_not_found")
        );
    }
    assert_eq!(channel.digests().len(), 1);
    world.set("2026-11-21T09:00:00Z");
    world.list("5 Invited");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.date, date("2026-11-21"));
    let changes = posted.changes();
    assert_eq!(changes.len(), 5);
    for event in EVENTS {
        assert!(changes.contains(&event.to_owned()));
    }
}

#[tokio::test]
async fn a_thread_that_was_refused_halfway_is_completed() {
    let (world, channel) = eventful().await;
    channel.then([Mishap::None, Mishap::None, Mishap::Refused]);
    world.deliver(&channel).await.unwrap_err();
    // The next day, the unfinished digest is completed, then that day's is delivered.
    world.set("2026-11-21T09:00:00Z");
    world.list("1 Enabled");
    let outcome = world.deliver(&channel).await.unwrap();
    assert!(matches!(outcome, Outcome::Posted { due, .. } if due == world.today().into()));
    let digests = channel.digests();
    assert_eq!(digests.len(), 3);
    assert_eq!(digests[1].date, date("2026-11-20"));
    assert_eq!(digests[1].changes(), EVENTS);
    assert_eq!(digests[2].date, date("2026-11-21"));
    assert_eq!(digests[2].changes(), ["1: Resigned → Enabled"]);
}

#[tokio::test]
async fn a_busy_slack_is_asked_again_after_the_time_that_it_names() {
    let (world, channel) = eventful().await;
    channel.then([Mishap::Busy(Duration::from_millis(1)); 3]);
    assert_eq!(delivered(&world, &channel).await.changes(), EVENTS);
    // No process waits for an hour. The next attempt delivers it.
    world.set("2026-11-21T09:00:00Z");
    channel.then([Mishap::Busy(Duration::from_secs(3600))]);
    let error = world.deliver(&channel).await.unwrap_err();
    assert!(!error.needs_an_operator());
    assert!(matches!(error, DeliverError::Post(PostError::Later { .. })));
    delivered(&world, &channel).await;
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_looked_for_and_not_posted_again() {
    for lost in 0..3 {
        let (world, channel) = eventful().await;
        channel.then(std::iter::repeat_n(Mishap::None, lost));
        channel.then([Mishap::AnswerLost]);
        let error = world.deliver(&channel).await.unwrap_err();
        assert!(matches!(
            error,
            DeliverError::Post(PostError::Unknown { .. })
        ));
        world.deliver(&channel).await.unwrap();
        assert_eq!(channel.digests().len(), 2);
        assert_eq!(channel.digests()[1].changes(), EVENTS);
    }
}

#[tokio::test]
async fn a_message_that_never_arrived_is_posted_again() {
    for lost in 0..3 {
        let (world, channel) = eventful().await;
        channel.then(std::iter::repeat_n(Mishap::None, lost));
        channel.then([Mishap::RequestLost]);
        world.deliver(&channel).await.unwrap_err();
        world.deliver(&channel).await.unwrap();
        assert_eq!(channel.digests()[1].changes(), EVENTS);
    }
}

#[tokio::test]
async fn a_process_that_waits_long_enough_looks_for_the_message_itself() {
    let (mut world, channel) = eventful().await;
    world.lease = Duration::from_secs(60);
    channel.then([Mishap::AnswerLost]);
    assert_eq!(delivered(&world, &channel).await.changes(), EVENTS);
}

#[tokio::test]
async fn without_history_access_an_unconfirmed_message_is_posted_again() {
    let (world, channel) = (
        World::at("2026-11-19T09:00:00Z", UTC).await,
        TestChannel::without_history(),
    );
    bring_events(&world, &channel).await;
    channel.then([Mishap::AnswerLost]);
    world.deliver(&channel).await.unwrap_err();
    world.deliver(&channel).await.unwrap();
    assert_eq!(channel.indices(), [0, 0, 0, 1, 2]);
    // Only the message with an unknown outcome is looked for. Confirmed messages are not posted
    // again.
    world.set("2026-11-21T09:00:00Z");
    world.list("1 Enabled");
    channel.then([Mishap::None, Mishap::RequestLost]);
    world.deliver(&channel).await.unwrap_err();
    world.deliver(&channel).await.unwrap();
    assert_eq!(channel.indices(), [0, 0, 0, 1, 2, 0, 1]);
}

#[tokio::test]
async fn a_preview_is_the_next_digest_and_changes_nothing() {
    let (world, channel) = eventful().await;
    world.poll().await;
    let before = world.table.items("").await;
    let today = world.today();
    let preview = world
        .watch()
        .deliveries
        .preview("C0TEST", &everything(), today)
        .await
        .unwrap();
    assert_eq!(world.table.items("").await, before);
    assert_eq!(preview.since, Some(time("2026-11-19T09:00:00Z")));
    assert_eq!(preview.report.changed(), 4);
    assert_eq!(delivered(&world, &channel).await.changes(), EVENTS);
    let preview = world
        .watch()
        .deliveries
        .preview("C0TEST", &everything(), today)
        .await
        .unwrap();
    assert_eq!(preview.report.changed(), 0);
}

#[tokio::test]
async fn a_failing_hub_is_reported_in_the_digest() {
    let (mut world, channel) = eventful().await;
    let (other, never) = (hub("us-east-1"), hub("us-west-2"));
    world.watched.extend([other.clone(), never.clone()]);
    world.hubs.set(&other, 8, "Enabled");
    world.hubs.fail(&never, UnreadReason::NotEnabled);
    let posted = delivered(&world, &channel).await;
    assert_eq!(
        (posted.unread, posted.unknown),
        (vec![never.clone()], vec![never.clone()])
    );
    assert_eq!(posted.first, std::slice::from_ref(&other));

    world.set("2026-11-21T09:00:00Z");
    world.hubs.set(&other, 8, "Resigned");
    world.hubs.fail(&other, UnreadReason::Throttled);
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.unread, [other.clone(), never.clone()]);
    assert_eq!(posted.first, [], "it was reported before");
    assert_eq!(posted.changes(), [""; 0]);

    world.set("2026-11-22T09:00:00Z");
    world.hubs.recover(&other);
    world.hubs.recover(&never);
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.unread, []);
    assert_eq!(posted.first, [never]);
    assert_eq!(posted.changes(), ["8: Enabled → Resigned"]);
}

#[tokio::test]
async fn a_digest_is_not_made_while_a_poll_cannot_be_stored() {
    // "No changes" covers only hubs that were read.
    let (world, channel) = eventful().await;
    for step in 1.. {
        let fuse = Fuse::at(step, Fault::Fail);
        let watch = world.watch_over(world.fused_store(&fuse));
        let outcome = watch.deliveries.deliver(&channel, world.today()).await;
        if channel.indices().len() > 1 {
            break;
        }
        assert!(
            matches!(outcome, Err(DeliverError::Store(_))),
            "{outcome:?}"
        );
    }
    world.deliver(&channel).await.unwrap();
    assert_eq!(channel.digests()[1].changes(), EVENTS);
}

#[tokio::test]
async fn a_hub_that_is_not_watched_for_a_while_keeps_its_place() {
    let (mut world, channel) = (
        World::at("2026-11-17T09:00:00Z", UTC).await,
        TestChannel::new(),
    );
    let both = vec![hub("eu-west-1"), hub("us-east-1")];
    world.watched.clone_from(&both);
    world.list("1 Enabled");
    world.hubs.set(&both[1], 2, "Enabled");
    delivered(&world, &channel).await;
    world.watched.truncate(1);
    world.set("2026-11-18T09:00:00Z");
    world.list("1 Resigned");
    world.hubs.set(&both[1], 2, "Resigned");
    assert_eq!(
        delivered(&world, &channel).await.changes(),
        ["1: Enabled → Resigned"]
    );
    world.watched = both;
    world.set("2026-11-19T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes(), ["2: Enabled → Resigned"]);
    assert_eq!(posted.first, [], "it was compared");
}

#[tokio::test]
async fn a_hub_that_is_added_later_begins_with_its_first_snapshot() {
    let (mut world, channel) = (
        World::at("2026-11-17T09:00:00Z", UTC).await,
        TestChannel::new(),
    );
    world.list("1 Enabled");
    delivered(&world, &channel).await;
    let added = hub("us-east-1");
    world.watched.push(added.clone());
    world.hubs.set(&added, 2, "Enabled");
    world.poll_at("2026-11-17T12:00:00Z", "").await;
    world.hubs.set(&added, 2, "Resigned");
    world.set("2026-11-18T09:00:00Z");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.first, [], "it is compared with its first snapshot");
    assert_eq!(posted.changes(), ["2: Enabled → Resigned"]);
}

#[tokio::test]
async fn a_digest_whose_stored_messages_are_gone_is_made_again_completely() {
    for (mishaps, before) in [
        (vec![Mishap::Refused], vec![0]),
        // The first of three messages was posted, so the others must follow.
        (vec![Mishap::None, Mishap::Refused], vec![0, 0]),
    ] {
        let (world, channel) = eventful().await;
        channel.then(mishaps);
        world.deliver(&channel).await.unwrap_err();
        assert_eq!(channel.indices(), before);
        for item in world.table.items("OUTBOX#").await {
            world.table.delete(item).await;
        }
        world.set("2026-11-21T09:00:00Z");
        world.list("5 Invited");
        world.deliver(&channel).await.unwrap();
        let last = world.store().ledger("C0TEST").await.unwrap();
        assert_eq!(last.last.unwrap().date, world.today());
        assert_eq!(last.open, None);
        let posted = channel.indices().split_off(before.len());
        assert_eq!(posted.len(), 1 + usize::div_ceil(5, 2));
    }
}

#[tokio::test]
async fn a_digest_that_is_deleted_while_half_posted_is_made_again() {
    let (world, channel) = eventful().await;
    channel.then(vec![Mishap::None, Mishap::ParentGone]);
    world.deliver(&channel).await.unwrap_err();
    let posted = delivered(&world, &channel).await;
    let mut changes = posted.changes();
    changes.sort();
    let mut expected = EVENTS.to_vec();
    expected.sort();
    assert_eq!(changes, expected);
}

#[tokio::test]
async fn a_clock_that_once_was_years_ahead_does_not_silence_the_channel() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let channel = TestChannel::new();
    world.list("1 Enabled");
    delivered(&world, &channel).await;
    world.set("2030-01-01T09:00:00Z");
    delivered(&world, &channel).await;
    world.set("2026-11-21T09:00:00Z");
    world.list("1 Resigned");
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);
    assert_eq!(world.on("2026-11-21").await.counts.total(), 1);
}

#[tokio::test]
async fn two_channels_get_a_digest_each() {
    // Each channel has its own ledger.
    let (world, channel) = eventful().await;
    delivered(&world, &channel).await;
    let store = world.store();
    assert!(store.ledger("C0TEST").await.unwrap().last.is_some());
    assert_eq!(store.ledger("C0OTHER").await.unwrap().last, None);
}
