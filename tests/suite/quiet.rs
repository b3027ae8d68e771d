//! Quiet channels: no digest without news, a heartbeat each week, and no silence about what can't be
//! read. The random histories of `channels.rs` have quiet channels too.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::UTC;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::cases::{PersonId, Reason};
use securityhub_members::domain::diff::ChangeKind;
use securityhub_members::domain::hub::UnreadReason;
use securityhub_members::domain::quiet::Quiet;
use securityhub_members::domain::schedule::Schedule;
use securityhub_members::domain::scope::{Audience, Scope};
use securityhub_members::watch::ports::{Channel as _, HeadStore as _, LedgerStore as _};
use securityhub_members::watch::{CaseId, Decision, Outcome};

use crate::support::channel::TestChannel;
use crate::support::crash::{Fault, Fuse};
use crate::support::{World, alert, date, everything, hub, time};

/// A Monday.
async fn new_world() -> World {
    World::at("2026-11-02T09:00:00Z", UTC).await
}

/// A channel with a heartbeat by its own schedule, or with the first digest of each week.
fn quiet_channel(heartbeat: Option<&str>) -> TestChannel {
    let schedule = |text: &str| Schedule::parse(text, UTC).unwrap();
    let quiet = Quiet::new(&schedule("0 9 * * *"), heartbeat.map(schedule));
    TestChannel::new().for_audience(Audience {
        quiet: Some(quiet.unwrap()),
        ..everything()
    })
}

/// A quiet channel with its first digest on a Monday.
async fn begun() -> (World, TestChannel) {
    let world = new_world().await;
    let channel = quiet_channel(None);
    world.list("1 Enabled, 2 Enabled");
    assert!(is_posted(&world, &channel).await, "the first one");
    (world, channel)
}

/// A new process delivers today's digest; whether it was posted.
async fn is_posted(world: &World, channel: &TestChannel) -> bool {
    let before = channel.digests().len();
    let outcome = world.deliver(channel).await.unwrap();
    let posted = channel.digests().len() - before;
    match outcome {
        Outcome::Posted { due, .. } => {
            assert_eq!((due, posted), (world.today().into(), 1));
            true
        }
        Outcome::Silent { due } => {
            assert_eq!((due, posted), (world.today().into(), 0));
            false
        }
        Outcome::AlreadyDelivered { .. } => panic!("{outcome:?}"),
    }
}

/// The same at a later time, with a poll every twelve hours until then.
async fn is_posted_at(world: &World, channel: &TestChannel, at: &str) -> bool {
    let at = time(&format!("2026-11-{at}:00Z"));
    while at - world.clock.now() > TimeDelta::hours(12) {
        world.clock.advance(TimeDelta::hours(12));
        world.watch().poller.poll_all().await;
    }
    world.clock.set(at);
    is_posted(world, channel).await
}

#[tokio::test]
async fn a_day_without_news_has_no_digest_and_no_replica_posts_it_later() {
    let (world, channel) = begun().await;
    for day in ["04T09:00", "05T09:00", "06T09:00"] {
        assert!(!is_posted_at(&world, &channel, day).await, "{day}");
        let again = world.deliver(&channel).await.unwrap();
        let due = world.today().into();
        assert_eq!(again, Outcome::AlreadyDelivered { due });
    }
    // Something happens later on the same day: it is in the next digest.
    world.list("1 Resigned");
    world.poll().await;
    let again = world.deliver(&channel).await.unwrap();
    assert!(matches!(again, Outcome::AlreadyDelivered { .. }));
    assert!(is_posted_at(&world, &channel, "07T09:00").await);
    let digest = channel.digests().pop().unwrap();
    assert_eq!(digest.changes(), ["1: Enabled → Resigned"]);
    // It begins where people last read something.
    assert_eq!(digest.since, Some("2026-11-02T09:00:00Z".parse().unwrap()));
    // The case is open, which is not news.
    assert!(!is_posted_at(&world, &channel, "08T09:00").await);
    // The first digest of the next week.
    assert!(is_posted_at(&world, &channel, "09T09:00").await);
    assert_eq!(channel.digests().pop().unwrap().open.len(), 1);
    let ledger = world.store().ledger("C0TEST").await.unwrap();
    let last = ledger.last.unwrap();
    assert_eq!((last.date, last.silent), (date("2026-11-09"), None));
}

#[tokio::test]
async fn the_heartbeat_proves_the_polls_since_the_last_message() {
    let world = new_world().await;
    let channel = quiet_channel(Some("0 12 * * 4"));
    world.list("1 Enabled");
    assert!(is_posted(&world, &channel).await);
    for hour in 10..20 {
        world.set(&format!("2026-11-03T{hour}:00:00Z"));
        world.poll().await;
    }
    assert!(!is_posted_at(&world, &channel, "04T09:00").await);
    world.set("2026-11-05T11:59:00Z");
    assert!(!is_posted(&world, &channel).await);
    // Thursday at noon is the heartbeat's. It is due at a time of its own.
    world.set("2026-11-05T12:00:00Z");
    let due = "2026-11-05T12:00".parse::<securityhub_members::domain::due::Due>();
    let watch = world.watch();
    let outcome = watch.deliveries.deliver(&channel, due.unwrap()).await;
    assert!(matches!(outcome, Ok(Outcome::Posted { .. })), "{outcome:?}");
    // One poll on the 2nd, eleven on the 3rd, one on the 4th, two on the 5th.
    let digest = channel.digests().pop().unwrap();
    assert_eq!(
        digest.heartbeat.as_deref(),
        Some("from 2026-11-02: 15 polls, 1619 min in 111122223333/eu-west-1")
    );
    let head = world.store().head(world.hub()).await.unwrap();
    assert!(!head.readings.is_empty());
}

#[tokio::test]
async fn there_is_no_silence_about_a_list_that_cannot_be_read_or_can_be_again() {
    let (world, channel) = begun().await;
    assert!(!is_posted_at(&world, &channel, "04T09:00").await);
    world.fail(UnreadReason::AccessDenied);
    for day in ["05T09:00", "06T09:00"] {
        assert!(is_posted_at(&world, &channel, day).await, "{day}");
        let digest = channel.digests().pop().unwrap();
        assert_eq!(digest.unread.len(), 1);
        assert_eq!(digest.heartbeat, None);
    }
    world.hubs.recover(world.hub());
    assert!(is_posted_at(&world, &channel, "07T09:00").await);
    assert!(!is_posted_at(&world, &channel, "08T09:00").await);
}

#[tokio::test]
async fn an_acceptance_that_ends_and_a_case_that_changes_are_news_once() {
    let (world, channel) = begun().await;
    world.list("1 Resigned, 2 Removed");
    assert!(is_posted_at(&world, &channel, "03T09:00").await);
    let ann = PersonId("UANN".to_owned());
    let watch = world.watch();
    for (case, until) in watch.cases.list().await.unwrap().open.iter().zip([5, 30]) {
        let accept = Decision::Accept {
            until: date(&format!("2026-11-{until:02}")),
            why: Reason::parse("sold").unwrap(),
        };
        let case = CaseId::from(case);
        watch.cases.decide(&case, &ann, &accept).await.unwrap();
    }
    assert!(!is_posted_at(&world, &channel, "04T09:00").await);
    // The first one ends today.
    assert!(is_posted_at(&world, &channel, "05T09:00").await);
    let open = channel.digests().pop().unwrap().open;
    assert_eq!(open.len(), 1);
    assert!(!is_posted_at(&world, &channel, "06T09:00").await);
    // Another status ends the second one.
    world.list("2 Deleted");
    assert!(is_posted_at(&world, &channel, "07T09:00").await);
    assert_eq!(channel.digests().pop().unwrap().open.len(), 2);
    assert!(!is_posted_at(&world, &channel, "08T09:00").await);
}

#[tokio::test]
async fn a_case_that_opens_with_a_date_in_the_past_is_news() {
    let (world, channel) = begun().await;
    world.list("1 Resigned");
    assert!(is_posted_at(&world, &channel, "03T09:00").await);
    let (ann, watch) = (PersonId("UANN".to_owned()), world.watch());
    let case = CaseId::from(&watch.cases.list().await.unwrap().open[0]);
    let accept = Decision::Accept {
        until: date("2026-11-30"),
        why: Reason::parse("sold").unwrap(),
    };
    watch.cases.decide(&case, &ann, &accept).await.unwrap();
    assert!(!is_posted_at(&world, &channel, "04T09:00").await);
    let withdraw = Decision::Withdraw;
    watch.cases.decide(&case, &ann, &withdraw).await.unwrap();
    assert!(is_posted_at(&world, &channel, "05T09:00").await);
    assert!(!is_posted_at(&world, &channel, "06T09:00").await);
}

#[tokio::test]
async fn lists_that_are_new_or_no_longer_monitored_are_news() {
    let (mut world, channel) = begun().await;
    world.watched.push(hub("us-east-1"));
    world.hubs.set(&world.watched[1], 7, "Resigned");
    assert!(is_posted_at(&world, &channel, "04T09:00").await);
    let digest = channel.digests().pop().unwrap();
    assert_eq!(digest.first, [hub("us-east-1")]);
    assert!(!is_posted_at(&world, &channel, "05T09:00").await);
    world.watched.pop();
    assert!(is_posted_at(&world, &channel, "06T09:00").await);
    assert!(!is_posted_at(&world, &channel, "07T09:00").await);
}

#[tokio::test]
async fn a_time_in_which_nobody_polled_is_news_once() {
    let (world, channel) = begun().await;
    assert!(!is_posted_at(&world, &channel, "04T09:00").await);
    // The bot was down for three days.
    world.set("2026-11-07T09:00:00Z");
    assert!(is_posted(&world, &channel).await);
    let heartbeat = channel.digests().pop().unwrap().heartbeat;
    assert_eq!(
        heartbeat.as_deref(),
        Some("from 2026-11-02: 6 polls, 4320 min in 111122223333/eu-west-1")
    );
    assert!(!is_posted_at(&world, &channel, "08T09:00").await);
}

#[tokio::test]
async fn differences_are_those_from_the_last_message() {
    let (world, channel) = begun().await;
    let ledger = async || world.store().ledger("C0TEST").await.unwrap().last.unwrap();
    let posted = ledger().await;
    assert!(!is_posted_at(&world, &channel, "04T09:00").await);
    let silent = ledger().await;
    assert_eq!(silent.known, posted.known);
    assert_eq!(silent.posted(), posted.posted());
    assert_eq!(silent.message, posted.message);
    assert!(silent.until > posted.until);
}

#[tokio::test]
async fn a_channel_that_becomes_quiet_is_told_so_once() {
    let world = new_world().await;
    let loud = TestChannel::new();
    world.list("1 Enabled");
    assert!(is_posted(&world, &loud).await);
    let quiet = loud.for_audience(quiet_channel(None).audience().clone());
    let preview = world.watch();
    let preview = preview
        .deliveries
        .preview("C0TEST", quiet.audience(), date("2026-11-04"));
    assert!(preview.await.unwrap().is_newly_quiet);
    assert!(is_posted_at(&world, &quiet, "04T09:00").await);
    assert!(!is_posted_at(&world, &quiet, "05T09:00").await);
    assert!(is_posted_at(&world, &loud, "06T09:00").await);
}

#[tokio::test]
async fn an_alert_is_followed_by_a_digest_even_if_the_account_is_back() {
    let (world, _) = begun().await;
    let kinds: BTreeSet<_> = [ChangeKind::Left].into();
    let quiet = quiet_channel(None);
    let channel = quiet.for_audience(Audience {
        name: Some("Departures".to_owned()),
        scope: Scope {
            kinds: kinds.clone(),
            ..Scope::default()
        },
        alert: kinds,
        ..quiet.audience().clone()
    });
    assert!(
        is_posted_at(&world, &channel, "03T09:00").await,
        "other conditions"
    );
    alert(&world.watch(), &channel).await.unwrap();
    world.set("2026-11-04T08:00:00Z");
    world.list("1 Resigned");
    world.poll().await;
    assert_eq!(alert(&world.watch(), &channel).await.unwrap(), 1);
    world.list("1 Enabled");
    assert!(is_posted_at(&world, &channel, "04T09:00").await);
    assert!(!is_posted_at(&world, &channel, "05T09:00").await);
}

#[tokio::test]
async fn a_person_who_asks_before_the_time_gets_the_digest() {
    let (world, channel) = begun().await;
    assert!(is_posted_at(&world, &channel, "04T08:59").await);
    assert!(!is_posted_at(&world, &channel, "05T09:00").await);
}

#[tokio::test]
async fn the_first_digest_of_a_week_has_the_week_before_if_the_one_before_it_was_late() {
    let (world, channel) = begun().await;
    // Sunday's digest is delivered on Monday.
    world.set("2026-11-09T08:00:00Z");
    let sunday = date("2026-11-08");
    let watch = world.watch();
    let late = watch.deliveries.deliver(&channel, sunday).await.unwrap();
    assert!(
        matches!(late, Outcome::Posted { .. }),
        "five days without a poll: {late:?}"
    );
    world.set("2026-11-09T09:00:00Z");
    let preview = watch
        .deliveries
        .preview("C0TEST", channel.audience(), date("2026-11-09"));
    let preview = preview.await.unwrap();
    assert!(preview.week.is_some() && !preview.is_silent);
    assert!(is_posted(&world, &channel).await);
}

#[tokio::test]
async fn other_conditions_are_said_on_a_quiet_day() {
    let (world, channel) = begun().await;
    let other = channel.for_audience(Audience {
        name: Some("Payments".to_owned()),
        scope: Scope {
            accounts: ["000000000002".parse().unwrap()].into(),
            ..everything().scope
        },
        ..channel.audience().clone()
    });
    assert!(is_posted_at(&world, &other, "04T09:00").await);
    assert!(!is_posted_at(&world, &other, "05T09:00").await);
}

#[tokio::test]
async fn a_process_may_end_or_fail_at_any_step_of_a_silent_digest() {
    for fault in Fault::ALL {
        let mut steps = 0;
        for step in 1.. {
            let (world, channel) = begun().await;
            world.set("2026-11-03T09:00:00Z");
            let fuse = Fuse::at(step, fault);
            let patient = World {
                lease: Duration::from_millis(300),
                ..world.clone()
            };
            let watch = patient.watch_over(world.fused_store(&fuse));
            let fused = fuse.channel(channel.clone());
            let delivery = watch.deliveries.deliver(&fused, world.today());
            let _ = fuse.run(delivery).await;
            let was_reached = fuse.was_reached();
            let again = patient.deliver(&channel).await.unwrap();
            assert!(!matches!(again, Outcome::Posted { .. }), "{fault:?} {step}");
            assert_eq!(channel.digests().len(), 1, "{fault:?} {step}");
            // The next news is told once.
            world.list("1 Resigned");
            assert!(is_posted_at(&world, &channel, "04T09:00").await);
            let changes = channel.digests().pop().unwrap().changes();
            assert_eq!(changes, ["1: Enabled → Resigned"], "{fault:?} {step}");
            if !was_reached {
                break;
            }
            steps = step;
        }
        assert!(steps > 5, "{fault:?}: {steps} steps");
    }
}
