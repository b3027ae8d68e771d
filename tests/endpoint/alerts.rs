//! Alerts about changes in Slack: one message soon after the poll, with the menus of a digest, and
//! a reply when the account is back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use securityhub_members::demo::slack::{CHANNEL, Fault, Message, SAM};
use securityhub_members::domain::diff::ChangeKind;
use securityhub_members::text::Locale;

use crate::case_buttons::choice;
use crate::support::{IRELAND, PATIENCE, Setup, VIRGINIA, World, id, read};

fn departures() -> BTreeSet<ChangeKind> {
    BTreeSet::from([ChangeKind::Left, ChangeKind::Removed, ChangeKind::Suspended])
}

/// A channel with a digest, and alerts from then on.
async fn watching(setup: Setup) -> World {
    let world = World::with(Setup {
        alert: departures(),
        ..setup
    })
    .await;
    world
        .poll_at("2026-11-18T09:00:00Z", "1 Enabled, 2 Enabled, 3 Invited")
        .await;
    world.deliver().await.unwrap();
    assert_eq!(world.alert().await, 0);
    world
}

impl World {
    /// Posts alerts about what was polled. Returns the number of messages.
    async fn alert(&self) -> usize {
        let deliveries = &self.watch.deliveries;
        deliveries.alert(&self.channel()).await.unwrap()
    }

    fn last_message(&self) -> Message {
        self.slack.messages(CHANNEL).pop().unwrap()
    }
}

#[tokio::test]
async fn an_alert_has_the_menus_of_a_digest_and_a_reply_says_who_is_back() {
    let world = watching(Setup::default()).await;
    let _server = world.listen().await;
    world
        .poll_at("2026-11-18T10:15:00Z", "1 Resigned, 2 Removed, 3 Enabled")
        .await;
    assert_eq!(world.alert().await, 1);
    assert_eq!(world.alert().await, 0, "said once");
    let alert = world.last_message();
    let left = format!("🔴 {} left Security Hub", id(1));
    let removed = format!("🔴 {} removed by administrator", id(2));
    assert_eq!(alert.text, format!("{left} · {removed}"));
    let metadata = alert.metadata.as_ref().unwrap();
    assert_eq!(metadata["event_type"], "securityhub_members_alert");
    let said = read(&alert.blocks);
    for words in [
        &left,
        &removed,
        "Seen Wed 18 Nov 10:15, changed after 09:00 (UTC)",
        "Enabled → *Resigned* · seen Wed 18 Nov 10:15",
        "no owner",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(!said.contains(&id(3)), "{said}");

    let take = choice(&alert, 1, "take");
    world.press_case(SAM, &alert, &take).await;
    let now = world
        .digest_with(&alert, "👀 <@U0SAM> since Wed 10:15")
        .await;
    let one = read(&now.blocks).replacen("👀 <@U0SAM> since Wed 10:15", "no owner", 1);
    assert_eq!(one, said, "only the owner changes");
    let news = format!("👀 <@U0SAM> is on *{}*", id(1));
    assert_eq!(world.news(&alert), std::slice::from_ref(&news));

    world.poll_at("2026-11-18T10:30:00Z", "1 Enabled").await;
    assert_eq!(world.alert().await, 1);
    assert_eq!(world.alert().await, 0);
    let back = format!("✅ {} is Enabled again", id(1));
    assert_eq!(world.news(&alert), [news, back]);
    assert_eq!(world.slack.messages(CHANNEL).len(), 2);

    world.set("2026-11-19T09:00:00Z");
    world.deliver().await.unwrap();
    let digest = read(&world.last_message().blocks);
    let number = alert.ts.replace('.', "");
    let alerted = format!(
        "<https://example.slack.com/archives/{CHANNEL}/p{number}|Alerted Wed 10:15>: {} and {}",
        id(1),
        id(2)
    );
    assert!(digest.contains(&alerted), "{digest}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_digest_without_links_from_slack_says_when_the_channel_was_alerted() {
    for fault in [
        Fault::Status(500),
        Fault::Refuse("message_not_found".to_owned()),
    ] {
        let world = watching(Setup::default()).await;
        world.poll_at("2026-11-18T10:15:00Z", "1 Resigned").await;
        assert_eq!(world.alert().await, 1);
        world.slack.fail_always("chat.getPermalink", fault);
        world.set("2026-11-19T09:00:00Z");
        world.deliver().await.unwrap();
        let digest = read(&world.last_message().blocks);
        let alerted = format!(" · Alerted Wed 10:15: {}", id(1));
        assert!(digest.contains(&alerted), "{digest}");
    }
}

#[tokio::test]
async fn an_alert_in_two_regions_is_in_the_language_of_the_channel() {
    let world = watching(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        locale: Locale::Ja,
        ..Setup::default()
    })
    .await;
    world.poll_at("2026-11-18T10:15:00Z", "1 Resigned").await;
    assert_eq!(world.alert().await, 1);
    let alert = world.last_message();
    assert_eq!(alert.text, format!("🔴 {} が離脱しました", id(1)));
    let said = read(&alert.blocks);
    assert!(
        said.contains("検知: 11月18日(水) 10:15 · 変更は 09:00 以降(UTC)"),
        "{said}"
    );
    assert!(said.contains("有効 → *離脱・辞退* · eu-west-1"), "{said}");
    world.poll_at("2026-11-18T10:30:00Z", "1 Enabled").await;
    assert_eq!(world.alert().await, 1);
    let back = format!("✅ 再び有効: {}(eu-west-1)", id(1));
    assert_eq!(world.news(&alert), [back]);
    world.assert_slack_took_everything();
}

/// A channel that gets departures at once, after a poll in which this many accounts have all left.
async fn all_departed(count: usize) -> World {
    let world = World::with(Setup {
        alert: departures(),
        ..Setup::default()
    })
    .await;
    let members = |status: &'static str| crate::support::members(count, move |_| status);
    world.aws.set_members(IRELAND, members("Enabled"));
    world.deliver().await.unwrap();
    world.alert().await;
    world.set("2026-11-18T10:15:00Z");
    world.aws.set_members(IRELAND, members("Resigned"));
    world.poll().await;
    world
}

#[tokio::test]
async fn many_departures_are_one_short_message() {
    let world = all_departed(1_000).await;
    assert_eq!(world.alert().await, 1);
    let said = read(&world.last_message().blocks);
    assert!(
        said.contains("🔴 1000 accounts left Security Hub"),
        "{said}"
    );
    assert!(said.contains("Left (1000)"), "{said}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn ninety_departures_are_all_named_in_the_alert_and_its_thread() {
    let world = all_departed(90).await;
    world.alert().await;
    let all = world.channel_text().pop().unwrap();
    for account in 0..90 {
        assert!(all.contains(&id(account)), "{account} is not in {all}");
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn an_alert_whose_answer_was_lost_is_found_and_not_posted_again() {
    for fault in [
        Fault::DoneThenDropped,
        Fault::DoneThenHang,
        Fault::Status(500),
    ] {
        let world = watching(Setup::default()).await;
        world.poll_at("2026-11-18T10:15:00Z", "1 Resigned").await;
        world.slack.fail_next("chat.postMessage", fault);
        let _ = world.watch.deliveries.alert(&world.channel()).await;
        let _ = world.watch.deliveries.alert(&world.channel()).await;
        assert_eq!(world.slack.messages(CHANNEL).len(), 2);
    }
}

/// The time from a departure to its alert in the whole service, on the machine's clock.
#[tokio::test]
async fn a_departure_is_alerted_within_one_interval_and_ten_seconds() {
    let interval = Duration::from_secs(2);
    let world = World::with(Setup {
        alert: departures(),
        poll_interval: interval,
        ..Setup::default()
    })
    .await;
    world.list("1 Enabled, 2 Enabled, 3 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    let mut times = Vec::new();
    for account in 1..=3 {
        // The first rounds record where alerts begin.
        tokio::time::sleep(interval + Duration::from_millis(500)).await;
        world.list(&format!("{account} Resigned"));
        let left = Instant::now();
        let wanted = id(account);
        let found = world.slack.wait_for(PATIENCE, |workspace| {
            let last = workspace.messages(CHANNEL).pop()?;
            last.text.contains(&wanted).then_some(())
        });
        found.await.unwrap();
        times.push(left.elapsed());
    }
    println!("from the departure to the alert, with an interval of {interval:?}: {times:?}");
    let limit = interval + Duration::from_secs(10);
    assert!(times.iter().all(|time| *time <= limit), "{times:?}");
    running
        .get_until("/metrics", |_, text| {
            text.contains(r#"alerts_total{channel="C0SECURITY",outcome="delivered"} 3"#)
        })
        .await;
    running.stop().await;
}

#[tokio::test]
async fn a_rejected_alert_is_an_open_problem_until_it_is_posted() {
    let world = World::with(Setup {
        alert: departures(),
        ..Setup::default()
    })
    .await;
    world.list("1 Enabled");
    let running = world.serve().await;
    world.messages(1).await;
    world.clock.advance(TimeDelta::minutes(15));
    running
        .get_until("/metrics", |_, text| text.contains(r#"outcome="read"} 2"#))
        .await;
    world.list("1 Resigned");
    world.slack.set_bot_is_member(CHANNEL, false);
    world.clock.advance(TimeDelta::minutes(15));
    let (_, text) = running
        .get_until("/readyz", |_, text| {
            text.contains("the alert in C0SECURITY: ")
        })
        .await;
    assert!(text.contains("not_in_channel"), "{text}");
    world.slack.set_bot_is_member(CHANNEL, true);
    world.clock.advance(TimeDelta::minutes(15));
    let alert = world.messages(2).await.remove(1);
    assert_eq!(alert.text, format!("🔴 {} left Security Hub", id(1)));
    running
        .get_until("/readyz", |_, text| text == "ready\n")
        .await;
    running.stop().await;
}
