//! A list that is suddenly empty or halved counts only after a later reading. Until then no
//! departure is reported.

mod histories;

use chrono::TimeDelta;
use chrono_tz::UTC;
use securityhub_members::domain::doubt::Doubt;
use securityhub_members::domain::hub::{HubFilter, UnreadReason};
use securityhub_members::domain::member::Listed;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::ports::HeadStore as _;
use securityhub_members::watch::{Outcome, PollError};

use crate::support::channel::{PostedDigest, TestChannel};
use crate::support::hubs::listed;
use crate::support::{World, changes, everything, notify};

const MORNING: &str = "2026-11-20T09:00:00Z";

fn some(accounts: std::ops::Range<u64>) -> Vec<Listed> {
    accounts.map(|account| listed(account, "Enabled")).collect()
}

/// Thirty members, with a digest that covers them.
async fn thirty() -> (World, TestChannel) {
    let world = World::at(MORNING, UTC).await;
    world.hubs.set_all(world.hub(), some(0..30));
    world.poll().await;
    let channel = TestChannel::new();
    delivered(&world, &channel).await;
    (world, channel)
}

async fn delivered(world: &World, channel: &TestChannel) -> PostedDigest {
    let outcome = world.deliver(channel).await;
    assert!(matches!(outcome, Ok(Outcome::Posted { .. })), "{outcome:?}");
    channel.digests().pop().unwrap()
}

/// The doubt after a new process polls the first hub.
async fn doubted(world: &World) -> Option<Doubt> {
    let (_, polled) = world.watch().poller.poll_all().await.remove(0);
    match polled.as_ref() {
        Ok(_) => None,
        Err(PollError::Doubted { doubt, .. }) => Some(*doubt),
        Err(error) => panic!("{error}"),
    }
}

/// The alerts of the channel, after one more check for news.
async fn notices(world: &World, channel: &TestChannel) -> Vec<(usize, usize)> {
    notify(&world.watch(), channel).await.unwrap();
    let notices = channel.notices();
    let sizes = notices
        .iter()
        .map(|news| (news.unread.len(), news.back.len()));
    sizes.collect()
}

#[tokio::test]
async fn a_suddenly_empty_list_is_accepted_if_a_later_poll_confirms_it() {
    let (world, channel) = thirty().await;
    world.hubs.set_all(world.hub(), []);
    let doubt = Doubt { before: 30, now: 0 };
    // A live check soon after reads the same faulty service.
    for seconds in [0, 10, 60, 200] {
        world.clock.advance(TimeDelta::seconds(seconds));
        assert_eq!(doubted(&world).await, Some(doubt), "after {seconds} s");
        let head = world.store().head(world.hub()).await.unwrap();
        assert_eq!(head.unread.unwrap().doubt, Some(doubt));
        assert_eq!(head.day.unwrap().counts.total(), 30);
        assert_eq!(notices(&world, &channel).await, [(1, 0)]);
    }
    let now = world.now().await;
    assert_eq!(changes(&now), [""; 0]);
    assert_eq!(now.counts.total(), 30);
    world.clock.advance(TimeDelta::minutes(15));
    let polled = world.poll().await;
    assert_eq!(polled.changes.len(), 30);
    assert_eq!(polled.head.unread, None);
    assert_eq!(notices(&world, &channel).await, [(1, 0), (0, 1)]);
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(delivered(&world, &channel).await.changes().len(), 30);
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(delivered(&world, &channel).await.changes(), [""; 0]);
}

#[tokio::test]
async fn a_list_that_recovers_ends_the_doubt_without_departures() {
    let (world, channel) = thirty().await;
    for left in [0, 15] {
        world.hubs.set_all(world.hub(), some(0..left));
        world.clock.advance(TimeDelta::minutes(15));
        assert!(doubted(&world).await.is_some());
        notices(&world, &channel).await;
        world.hubs.set_all(world.hub(), some(0..30));
        world.clock.advance(TimeDelta::minutes(15));
        let polled = world.poll().await;
        assert_eq!(polled.changes, []);
        assert_eq!(polled.head.unread, None);
        notices(&world, &channel).await;
    }
    let posted = notices(&world, &channel).await;
    assert_eq!(posted, [(1, 0), (0, 1), (1, 0), (0, 1)]);
    // A doubt that has ended doesn't confirm a later one.
    world.hubs.set_all(world.hub(), []);
    world.clock.advance(TimeDelta::minutes(15));
    assert!(doubted(&world).await.is_some());
    world.hubs.set_all(world.hub(), some(0..30));
    world.poll().await;
    world.hubs.set_all(world.hub(), []);
    world.clock.advance(TimeDelta::minutes(15));
    assert!(doubted(&world).await.is_some());
    world.clock.advance(TimeDelta::days(1));
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.changes().len(), 30, "the digest's poll confirms it");
}

#[tokio::test]
async fn a_digest_reports_a_doubted_list_and_the_next_one_its_changes() {
    let (world, channel) = thirty().await;
    world.hubs.set_all(world.hub(), some(0..3));
    world.clock.advance(TimeDelta::days(1));
    let posted = delivered(&world, &channel).await;
    assert_eq!(posted.unread, world.watched);
    assert_eq!(posted.changes(), [""; 0]);
    // The digest has mentioned it already.
    assert_eq!(notices(&world, &channel).await, []);
    world.clock.advance(TimeDelta::days(1));
    let posted = delivered(&world, &channel).await;
    assert_eq!((posted.unread.len(), posted.changes().len()), (0, 27));
}

#[tokio::test]
async fn small_lists_and_lists_that_lose_less_than_half_are_accepted_at_once() {
    for (before, left, gone) in [(5, 0, 5), (30, 16, 14), (1, 0, 1), (6, 4, 2)] {
        let world = World::at(MORNING, UTC).await;
        world.hubs.set_all(world.hub(), some(0..before));
        world.poll().await;
        world.hubs.set_all(world.hub(), some(0..left));
        assert_eq!(world.poll().await.changes.len(), gone, "{left} of {before}");
    }
}

#[tokio::test]
async fn accounts_that_are_missing_in_turns_are_not_gone() {
    let (world, _) = thirty().await;
    for turn in 0..6 {
        let half = if turn % 2 == 0 { 0..15 } else { 15..30 };
        world.hubs.set_all(world.hub(), some(half));
        world.clock.advance(TimeDelta::minutes(15));
        assert!(doubted(&world).await.is_some(), "turn {turn}");
    }
    world.hubs.set_all(world.hub(), some(0..30));
    assert_eq!(world.poll().await.changes, []);
}

#[tokio::test]
async fn a_list_that_keeps_shrinking_is_accepted_in_the_end() {
    let (world, _) = thirty().await;
    let mut polls = 0;
    for left in [14, 6, 3, 2, 1, 0] {
        world.hubs.set_all(world.hub(), some(0..left));
        world.clock.advance(TimeDelta::minutes(15));
        polls += usize::from(doubted(&world).await.is_some());
    }
    assert!((2..=3).contains(&polls), "{polls}");
    let head = world.store().head(world.hub()).await.unwrap();
    assert_eq!(head.day.unwrap().counts.total(), 0);
}

#[tokio::test]
async fn a_doubt_survives_failed_polls() {
    let (world, channel) = thirty().await;
    world.hubs.set_all(world.hub(), []);
    assert!(doubted(&world).await.is_some());
    assert_eq!(notices(&world, &channel).await, [(1, 0)]);
    world.fail(UnreadReason::Throttled);
    world.clock.advance(TimeDelta::minutes(15));
    world.watch().poller.poll_all().await;
    assert_eq!(notices(&world, &channel).await, [(1, 0)]);
    world.hubs.recover(world.hub());
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(world.poll().await.changes.len(), 30);
    assert_eq!(notices(&world, &channel).await, [(1, 0), (0, 1)]);
}

#[tokio::test]
async fn a_failing_hub_that_is_then_doubted_is_reported_again() {
    let (world, channel) = thirty().await;
    world.fail(UnreadReason::Throttled);
    world.watch().poller.poll_all().await;
    world.clock.advance(TimeDelta::hours(3));
    world.watch().poller.poll_all().await;
    assert_eq!(notices(&world, &channel).await, [(1, 0)]);
    world.hubs.recover(world.hub());
    world.hubs.set_all(world.hub(), []);
    assert!(doubted(&world).await.is_some());
    assert_eq!(notices(&world, &channel).await, [(1, 0), (1, 0)]);
    assert_eq!(notices(&world, &channel).await, [(1, 0), (1, 0)]);
}

#[tokio::test]
async fn replicas_that_poll_at_once_share_one_doubt() {
    let (world, _) = thirty().await;
    world.hubs.set_all(world.hub(), []);
    for minutes in [0, 4] {
        world.clock.advance(TimeDelta::minutes(minutes));
        let replicas = (0..3).map(|_| async { doubted(&world).await });
        for doubt in futures::future::join_all(replicas).await {
            assert_eq!(doubt, Some(Doubt { before: 30, now: 0 }));
        }
    }
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.poll().await.changes.len(), 30);
}

#[tokio::test]
async fn a_clock_that_is_set_back_begins_the_doubt_again() {
    let (world, _) = thirty().await;
    world.hubs.set_all(world.hub(), []);
    assert!(doubted(&world).await.is_some());
    world.clock.advance(TimeDelta::hours(-20));
    assert!(doubted(&world).await.is_some());
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(world.poll().await.changes.len(), 30);
}

#[tokio::test]
async fn a_poll_by_release_0_2_0_ends_or_restarts_a_doubt() {
    let (world, _) = thirty().await;
    world.hubs.set_all(world.hub(), []);
    assert!(doubted(&world).await.is_some());
    // An older release knows only the attribute `unread`, which it removes after a good poll.
    let client = &world.table.client;
    client
        .update_item()
        .table_name(&world.table.name)
        .set_key(Some(head_key(&world)))
        .update_expression("SET checked_at = :at REMOVE unread")
        .expression_attribute_values(
            ":at",
            aws_sdk_dynamodb::types::AttributeValue::S("2026-11-20T09:05:00Z".to_owned()),
        )
        .send()
        .await
        .unwrap();
    world.clock.advance(TimeDelta::minutes(15));
    assert!(doubted(&world).await.is_some(), "a new doubt");
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(world.poll().await.changes.len(), 30);
    // It reads a doubt as another reason.
    world.hubs.set_all(world.hub(), some(0..30));
    world.poll().await;
    world.hubs.set_all(world.hub(), []);
    assert!(doubted(&world).await.is_some());
    let items = world.table.items("HUB#").await;
    let head = items
        .iter()
        .find(|item| item["sk"].as_s().unwrap() == "HEAD");
    let unread = head.unwrap()["unread"].as_m().unwrap();
    assert_eq!(unread["reason"].as_s().unwrap(), "bad_answer");
}

fn head_key(world: &World) -> crate::support::table::Item {
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let pk = ("pk".to_owned(), text(format!("HUB#{}", world.hub())));
    [pk, ("sk".to_owned(), text("HEAD".to_owned()))].into()
}

#[tokio::test]
async fn every_answer_says_that_a_list_is_doubted_and_none_that_all_is_well() {
    let (world, _) = thirty().await;
    world.hubs.set_all(world.hub(), []);
    world.clock.advance(TimeDelta::minutes(15));
    doubted(&world).await;
    let voice = Voice::new(Locale::En, UTC);
    let watch = world.watch();
    for text in ["", "status enabled"] {
        let query = securityhub_members::domain::query::parse(text, world.today()).unwrap();
        let answer = watch.answers.answer_from_store(&query).await.unwrap();
        let lead = voice.answer(&answer).lead;
        let lead: Vec<_> = lead.iter().map(|line| line.plain()).collect();
        let lead = lead.join("\n");
        assert!(lead.contains("suddenly empty (30 → 0)"), "{text:?}: {lead}");
        assert!(!lead.contains("No changes"), "{text:?}: {lead}");
        assert!(!lead.contains('✅'), "{text:?}: {lead}");
    }
    let overview = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    let unread = overview.now.hubs[0].unread.unwrap();
    assert_eq!(unread.doubt, Some(Doubt { before: 30, now: 0 }));
    let digest = watch
        .deliveries
        .preview("C0TEST", &everything(), world.today())
        .await
        .unwrap();
    let lead = voice.digest(&digest).lead[0].plain();
    let said = "⚠️ A member list looks wrong, so changes are unknown. · Since";
    assert!(lead.starts_with(said), "{lead}");
}
