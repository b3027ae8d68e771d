//! Alerts: changes that a channel gets at once, each in one alert and in the next digest, and
//! replies when accounts are back.

use std::collections::BTreeSet;
use std::sync::Arc;

use securityhub_members::domain::diff::ChangeKind;
use securityhub_members::domain::directory::Who;
use securityhub_members::domain::scope::{Audience, Scope};

use super::*;
use crate::support::channel::Path;
use crate::support::{alert, notify};

/// The readers of a channel that gets departures at once.
pub(super) fn alerted() -> Audience {
    Audience {
        alert: BTreeSet::from([
            ChangeKind::Left,
            ChangeKind::Removed,
            ChangeKind::Unprotected,
        ]),
        ..everything()
    }
}

/// The first digest is delivered at 09:00, and alerts are on.
async fn watching() -> (World, TestChannel) {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::new().for_audience(alerted());
    begin(&world, &channel).await;
    (world, channel)
}

async fn begin(world: &World, channel: &TestChannel) {
    world.list("1 Enabled, 2 Enabled, 3 Invited");
    delivered(world, channel).await;
    assert_eq!(round(world, channel, "2026-11-19T09:15:00Z").await, none());
}

fn none() -> Vec<Vec<String>> {
    Vec::new()
}

/// A new process polls at `now`, and posts alerts. Returns those.
async fn round(world: &World, channel: &TestChannel, now: &str) -> Vec<Vec<String>> {
    world.set(now);
    let before = channel.alerts().len();
    let watch = world.watch();
    watch.poller.poll_all().await;
    alert(&watch, channel).await.unwrap();
    let alerts = channel.alerts().split_off(before).into_iter();
    let alerts = alerts.map(|alert| alert.iter().map(Path::to_string).collect());
    alerts.collect()
}

/// The accounts of the replies, each with the number of hubs.
fn back(channel: &TestChannel) -> Vec<Vec<(u64, usize)>> {
    let replies = channel.replies().into_iter().map(|reply| {
        let mut accounts: Vec<_> = reply.iter().map(|(account, _)| account.as_u64()).collect();
        accounts.sort_unstable();
        let counts = accounts.chunk_by(|a, b| a == b);
        counts.map(|same| (same[0], same.len())).collect()
    });
    replies.collect()
}

#[tokio::test]
async fn a_departure_is_alerted_once_and_is_in_the_digest() {
    let (world, channel) = watching().await;
    world.list("1 Resigned, 3 Enabled, 4 Invited");
    let alerts = round(&world, &channel, "2026-11-19T10:15:00Z").await;
    assert_eq!(alerts, [["1: Enabled → Resigned"]]);
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:30:00Z").await,
        none()
    );
    world.list("2 Removed");
    let alerts = round(&world, &channel, "2026-11-19T10:45:00Z").await;
    assert_eq!(alerts, [["2: Enabled → Removed"]]);
    world.set("2026-11-20T09:00:00Z");
    let digest = delivered(&world, &channel).await;
    assert_eq!(
        digest.changes(),
        [
            "1: Enabled → Resigned",
            "2: Enabled → Removed",
            "4: - → Invited",
            "3: Invited → Enabled",
        ]
    );
    assert_eq!(
        round(&world, &channel, "2026-11-20T09:15:00Z").await,
        none()
    );
}

#[tokio::test]
async fn what_a_digest_has_reported_first_is_no_alert() {
    let (world, channel) = watching().await;
    world.list("1 Resigned");
    world.set("2026-11-20T09:00:00Z");
    assert_eq!(
        delivered(&world, &channel).await.changes(),
        ["1: Enabled → Resigned"]
    );
    assert_eq!(
        round(&world, &channel, "2026-11-20T09:15:00Z").await,
        none()
    );
    world.list("2 Resigned");
    let alerts = round(&world, &channel, "2026-11-20T09:30:00Z").await;
    assert_eq!(alerts, [["2: Enabled → Resigned"]]);
}

#[tokio::test]
async fn an_account_in_many_regions_is_one_entry_of_one_alert() {
    let mut world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let regions: Vec<_> = (1..17).map(|number| format!("us-east-{number}")).collect();
    world
        .watched
        .extend(regions.iter().map(|region| hub(region)));
    let channel = TestChannel::new().for_audience(alerted());
    for hub in &world.watched {
        world.hubs.set(hub, 1, "Enabled");
    }
    delivered(&world, &channel).await;
    assert_eq!(
        round(&world, &channel, "2026-11-19T09:15:00Z").await,
        none()
    );
    for hub in &world.watched {
        world.hubs.set(hub, 1, "Resigned");
    }
    let alerts = round(&world, &channel, "2026-11-19T09:30:00Z").await;
    assert_eq!(alerts, [vec!["1: Enabled → Resigned"; 17]]);
    // Back in all but one.
    for hub in &world.watched[1..] {
        world.hubs.set(hub, 1, "Enabled");
    }
    assert_eq!(
        round(&world, &channel, "2026-11-19T09:45:00Z").await,
        none()
    );
    assert_eq!(back(&channel), [[]; 0]);
    world.list("1 Enabled");
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:00:00Z").await,
        none()
    );
    assert_eq!(back(&channel), [[(1, 17)]]);
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:15:00Z").await,
        none()
    );
    assert_eq!(back(&channel).len(), 1);
}

#[tokio::test]
async fn who_is_back_before_the_digest_gets_one_reply_and_leaves_again_with_a_new_alert() {
    let (world, channel) = watching().await;
    world.list("1 Resigned, 2 Removed");
    round(&world, &channel, "2026-11-19T10:00:00Z").await;
    world.list("1 Enabled");
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:15:00Z").await,
        none()
    );
    assert_eq!(back(&channel), [[(1, 1)]]);
    world.list("1 Resigned");
    let alerts = round(&world, &channel, "2026-11-19T10:30:00Z").await;
    assert_eq!(alerts, [["1: Enabled → Resigned"]]);
    world.list("1 Enabled");
    round(&world, &channel, "2026-11-19T10:45:00Z").await;
    assert_eq!(back(&channel), [[(1, 1)], [(1, 1)]]);
    world.set("2026-11-20T09:00:00Z");
    delivered(&world, &channel).await;
    // The digest is the last message about the others.
    world.list("2 Enabled");
    round(&world, &channel, "2026-11-20T09:15:00Z").await;
    assert_eq!(back(&channel).len(), 2);
}

#[tokio::test]
async fn the_first_alert_repeats_nothing_of_the_history() {
    let world = World::at("2026-11-18T09:00:00Z", UTC).await;
    let channel = TestChannel::new().for_audience(alerted());
    world.list("1 Enabled, 2 Enabled");
    world.poll().await;
    world.poll_at("2026-11-18T10:00:00Z", "1 Resigned").await;
    // No digest yet: alerts begin with the current lists.
    assert_eq!(
        round(&world, &channel, "2026-11-18T11:00:00Z").await,
        none()
    );
    world.list("2 Resigned");
    let alerts = round(&world, &channel, "2026-11-18T11:15:00Z").await;
    assert_eq!(alerts, [["2: Enabled → Resigned"]]);
}

#[tokio::test]
async fn alerts_that_were_off_report_what_no_digest_has() {
    let (world, channel) = watching().await;
    let off = channel.for_audience(everything());
    world.list("1 Resigned");
    assert_eq!(round(&world, &off, "2026-11-19T10:00:00Z").await, none());
    world.set("2026-11-20T09:00:00Z");
    delivered(&world, &off).await;
    world.list("2 Resigned");
    assert_eq!(round(&world, &off, "2026-11-20T10:00:00Z").await, none());
    let alerts = round(&world, &channel, "2026-11-20T10:15:00Z").await;
    assert_eq!(alerts, [["2: Enabled → Resigned"]]);
}

#[tokio::test]
async fn a_wider_list_of_kinds_reports_nothing_old() {
    let (world, channel) = watching().await;
    world.list("3 Resigned");
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:00:00Z").await,
        none()
    );
    let mut wider = alerted();
    wider.alert.extend(ChangeKind::ALL);
    let wider = channel.for_audience(wider);
    assert_eq!(round(&world, &wider, "2026-11-19T10:15:00Z").await, none());
    world.list("3 Enabled");
    let alerts = round(&world, &wider, "2026-11-19T10:30:00Z").await;
    assert_eq!(alerts, [["3: Resigned → Enabled"]]);
}

#[tokio::test]
async fn a_channel_is_alerted_about_its_part_alone() {
    let (world, channel) = watching().await;
    let mut part = alerted();
    part.scope = Scope {
        accounts: BTreeSet::from(["000000000002".parse().unwrap()]),
        ..Scope::default()
    };
    let channel = channel.for_audience(part);
    world.list("1 Resigned");
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:00:00Z").await,
        none()
    );
    world.list("2 Resigned");
    let alerts = round(&world, &channel, "2026-11-19T10:15:00Z").await;
    assert_eq!(alerts, [["2: Enabled → Resigned"]]);
}

#[tokio::test]
async fn a_failed_list_is_alerted_in_one_message_once_it_is_read() {
    let (world, channel) = watching().await;
    world.fail(UnreadReason::AccessDenied);
    world.list("1 Resigned");
    for hour in 10..14 {
        let now = format!("2026-11-19T{hour}:00:00Z");
        assert_eq!(round(&world, &channel, &now).await, none());
    }
    world.hubs.recover(world.hub());
    let alerts = round(&world, &channel, "2026-11-19T14:00:00Z").await;
    assert_eq!(alerts, [["1: Enabled → Resigned"]]);
}

#[tokio::test]
async fn a_doubted_list_is_alerted_only_once_a_later_poll_confirms_it() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let mut readers = alerted();
    readers.alert.insert(ChangeKind::Deleted);
    let channel = TestChannel::new().for_audience(readers);
    let list = |status: &str| {
        for account in 1..=8 {
            world.hubs.set(world.hub(), account, status);
        }
    };
    list("Enabled");
    delivered(&world, &channel).await;
    assert_eq!(
        round(&world, &channel, "2026-11-19T09:15:00Z").await,
        none()
    );
    // An empty list, and the next one has everybody again.
    list("-");
    assert_eq!(
        round(&world, &channel, "2026-11-19T09:30:00Z").await,
        none()
    );
    list("Enabled");
    assert_eq!(
        round(&world, &channel, "2026-11-19T09:45:00Z").await,
        none()
    );
    list("-");
    assert_eq!(
        round(&world, &channel, "2026-11-19T10:00:00Z").await,
        none()
    );
    let alerts = round(&world, &channel, "2026-11-19T10:15:00Z").await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].len(), 8, "{alerts:?}");
}

#[tokio::test]
async fn a_status_that_aws_renames_is_no_alert() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::new().for_audience(alerted());
    let list = |status: &str| {
        (1..=130)
            .map(|account| world.hubs.set(world.hub(), account, status))
            .count()
    };
    list("Enabled");
    delivered(&world, &channel).await;
    round(&world, &channel, "2026-11-19T09:15:00Z").await;
    list("ActiveMember");
    world.list("7 Resigned");
    let alerts = round(&world, &channel, "2026-11-19T09:30:00Z").await;
    assert_eq!(alerts, [["7: Enabled → Resigned"]]);
}

#[tokio::test]
async fn three_replicas_post_one_alert_about_changes() {
    let (mut world, channel) = watching().await;
    world.lease = Duration::from_secs(10);
    world.list("1 Resigned");
    world.set("2026-11-19T10:00:00Z");
    let replicas = [world.watch(), world.watch(), world.watch()];
    let posted = replicas.iter().map(async |watch| {
        watch.poller.poll_all().await;
        watch.deliveries.alert(&channel).await
    });
    for posted in futures::future::join_all(posted).await {
        posted.unwrap();
    }
    assert_eq!(channel.alerts().len(), 1);
}

#[tokio::test]
async fn a_rejected_alert_does_not_hold_up_the_digest() {
    for mishap in [Mishap::Refused, Mishap::AnswerLost] {
        let (world, channel) = watching().await;
        world.list("1 Resigned");
        world.poll_at("2026-11-19T10:00:00Z", "").await;
        channel.then([mishap]);
        alert(&world.watch(), &channel).await.unwrap_err();
        world.set("2026-11-20T09:00:00Z");
        let digest = delivered(&world, &channel).await;
        assert_eq!(digest.changes(), ["1: Enabled → Resigned"]);
        assert_eq!(
            round(&world, &channel, "2026-11-20T09:15:00Z").await,
            none()
        );
        let alerts = usize::from(mishap == Mishap::AnswerLost);
        assert_eq!(channel.alerts().len(), alerts, "{mishap:?}");
    }
}

/// Such a channel can't be searched, so what was once prepared would be posted again and again.
#[tokio::test]
async fn a_message_that_is_rejected_for_good_blocks_no_other() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let channel = TestChannel::without_history().for_audience(alerted());
    begin(&world, &channel).await;
    world.list("1 Resigned");
    world.poll_at("2026-11-19T10:00:00Z", "").await;
    channel.then([Mishap::Refused]);
    alert(&world.watch(), &channel).await.unwrap_err();
    world.set("2026-11-20T09:00:00Z");
    let digest = delivered(&world, &channel).await;
    assert_eq!(digest.changes(), ["1: Enabled → Resigned"]);
    assert_eq!(channel.alerts().len(), 0);
}

/// A digest without known OUs reports nothing, and must not take back what an alert has reported.
#[tokio::test]
async fn a_digest_that_holds_changes_back_repeats_no_alert() {
    let mut world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let who = |unit: &str| Who {
        name: None,
        unit: Some(unit.to_owned()),
    };
    let account = "000000000001".parse().unwrap();
    world.names = Arc::new([(account, who("Workloads"))].into());
    let audience = Audience {
        name: Some("Workloads".to_owned()),
        scope: Scope {
            units: vec!["Workloads".parse().unwrap()],
            ..Scope::default()
        },
        ..alerted()
    };
    let channel = TestChannel::new().for_audience(audience);
    begin(&world, &channel).await;
    world.list("1 Resigned");
    let first = round(&world, &channel, "2026-11-19T10:00:00Z").await;
    assert_eq!(first, [["1: Enabled → Resigned"]]);
    let names = std::mem::take(&mut world.names);
    world.set("2026-11-20T09:00:00Z");
    assert_eq!(delivered(&world, &channel).await.changes(), none().concat());
    world.names = names;
    let again = round(&world, &channel, "2026-11-20T09:15:00Z").await;
    assert_eq!(again, none(), "it was alerted the day before");
    world.set("2026-11-21T09:00:00Z");
    let digest = delivered(&world, &channel).await;
    assert_eq!(digest.changes(), ["1: Enabled → Resigned"]);
}

#[tokio::test]
async fn an_alert_and_a_polling_alert_are_both_posted() {
    let (mut world, channel) = watching().await;
    world.watched.push(hub("us-east-1"));
    world
        .hubs
        .fail(&hub("us-east-1"), UnreadReason::AccessDenied);
    world.set("2026-11-19T09:30:00Z");
    world.watch().poller.poll_all().await;
    world.list("1 Resigned");
    let alerts = round(&world, &channel, "2026-11-19T12:00:00Z").await;
    assert_eq!(alerts, [["1: Enabled → Resigned"]]);
    assert!(notify(&world.watch(), &channel).await.unwrap());
    assert_eq!(channel.notices().len(), 1);
}

#[tokio::test]
async fn a_reply_to_a_deleted_alert_keeps_no_other_alert() {
    let (world, channel) = watching().await;
    world.list("1 Resigned");
    round(&world, &channel, "2026-11-19T10:00:00Z").await;
    world.list("1 Enabled, 2 Resigned");
    world.poll_at("2026-11-19T10:15:00Z", "").await;
    channel.then([Mishap::ParentGone]);
    alert(&world.watch(), &channel).await.unwrap_err();
    let alerts = round(&world, &channel, "2026-11-19T10:30:00Z").await;
    assert_eq!(alerts, [["2: Enabled → Resigned"]]);
    assert_eq!(back(&channel), [[]; 0]);
}

#[tokio::test]
async fn a_process_may_end_or_fail_at_any_step_of_an_alert_or_a_reply() {
    let engine = crate::support::table::Engine::start().await;
    for fault in Fault::ALL {
        let mut steps = 0;
        for step in 1.. {
            let world = World::in_engine(&engine, "2026-11-19T09:00:00Z", UTC).await;
            let channel = TestChannel::new().for_audience(alerted());
            world.list("1 Enabled, 2 Enabled");
            round(&world, &channel, "2026-11-19T09:00:00Z").await;
            world.list("1 Resigned");
            round(&world, &channel, "2026-11-19T10:00:00Z").await;
            world.list("1 Enabled, 2 Resigned");
            world.poll_at("2026-11-19T10:15:00Z", "").await;
            let fuse = Fuse::at(step, fault);
            let watch = world.watch_over(world.fused_store(&fuse));
            let fused = fuse.channel(channel.clone());
            let _ = fuse.run(watch.deliveries.alert(&fused)).await;
            if !fuse.was_reached() {
                break;
            }
            steps = step;
            let case = format!("{fault:?} at step {step}");
            alert(&world.watch(), &channel).await.unwrap();
            channel.let_all_arrive();
            world
                .watch()
                .deliveries
                .remove_copies(&channel)
                .await
                .unwrap();
            assert_eq!(back(&channel), [[(1, 1)]], "{case}");
            let alerts = channel.alerts();
            assert_eq!(alerts.len(), 2, "{case}: {alerts:?}");
            assert_eq!(alerts[1][0].to_string(), "2: Enabled → Resigned", "{case}");
        }
        println!("{fault:?}: {steps} steps");
        assert!(steps >= 16, "{steps}");
    }
}
