//! Faults of AWS and Slack, over HTTP and through the real SDKs: nothing false is reported, and
//! nothing is lost.

use std::time::Duration;

use chrono::TimeDelta;
use securityhub_members::clock::Clock as _;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, Fault};

use securityhub_members::watch::Outcome;

use crate::support::{IRELAND, Setup, World, accounts, id, members};

const POST: &str = "chat.postMessage";

/// Three pages of members, a short lease, and a first digest.
async fn three_pages() -> World {
    let world = World::with(Setup {
        lease: Duration::from_secs(1),
        ..Setup::default()
    })
    .await;
    list(&world, 0);
    world.deliver().await.unwrap();
    world
}

/// From now on, this many members have left.
fn list(world: &World, left: usize) {
    let status = |number| if number < left { "Resigned" } else { "Enabled" };
    world.aws.set_members(IRELAND, members(120, status));
}

/// The verdict of the first digest after an account's departure.
fn gone(number: usize) -> String {
    format!("🔴 {} left Security Hub", id(number))
}

/// Delivers the next day's digest; returns its text.
async fn next_digest(world: &World) -> String {
    world.clock.advance(TimeDelta::days(1));
    world.deliver().await.unwrap();
    world.channel_text().pop().unwrap()
}

#[tokio::test]
async fn no_fault_of_security_hub_leads_to_a_false_or_lost_report() {
    let world = three_pages().await;
    let faults = [
        (HubFault::AccessDenied, "access denied"),
        (HubFault::NotEnabled, "Security Hub isn't enabled"),
        (HubFault::ExpiredCredentials, "rejected the credentials"),
        (HubFault::LimitExceeded, "throttled every attempt"),
        (HubFault::Throttled, "throttled every attempt"),
        (HubFault::ErrorOnPage(1), "answered with an error"),
        (HubFault::ErrorOnPage(2), "answered with an error"),
        (HubFault::ErrorOnPage(3), "answered with an error"),
        (HubFault::ExpiredPageToken, "answered with an error"),
        (HubFault::RepeatToken, "an incomplete answer"),
        (HubFault::Garbage, "an incomplete answer"),
        (HubFault::Hang, "didn't answer in time"),
    ];
    for (left, (fault, why)) in faults.iter().enumerate() {
        // An account leaves while polls fail.
        list(&world, left + 1);
        world.aws.fail(IRELAND, *fault);
        let blind = next_digest(&world).await;
        assert!(blind.contains("eu-west-1: polling has failed"), "{blind}");
        assert!(blind.contains(why), "{fault:?}: {blind}");
        assert!(!blind.contains("No changes"), "{fault:?}: {blind}");
        assert!(!blind.contains(&id(left)), "{fault:?}: {blind}");
        assert!(
            blind.contains("120 accounts · 0 of 1 Regions read"),
            "shown as it was: {blind}"
        );

        world.aws.heal(IRELAND);
        let seen = next_digest(&world).await;
        assert!(seen.contains(&gone(left)), "after {fault:?}: {seen}");
        assert!(!seen.contains("polling has failed"), "{seen}");
    }
    println!("{} faults of Security Hub", faults.len());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_passing_fault_is_retried_and_not_reported() {
    let world = three_pages().await;
    for (left, fault) in [
        HubFault::Throttled,
        HubFault::ErrorOnPage(2),
        HubFault::Hang,
    ]
    .into_iter()
    .enumerate()
    {
        list(&world, left + 1);
        world.aws.fail_once(IRELAND, fault);
        let text = next_digest(&world).await;
        assert!(text.contains(&gone(left)), "{fault:?}: {text}");
        assert!(!text.contains("polling has failed"), "{fault:?}: {text}");
    }
}

#[tokio::test]
async fn a_truncated_list_is_not_reported_as_departures() {
    let world = three_pages().await;
    // 50, 0 and 119 of 120 accounts, once: the second reading is complete.
    for size in [50, 0, 119] {
        world
            .aws
            .fail_times(IRELAND, HubFault::Shrunk(size), size.div_ceil(50).max(1));
        let text = next_digest(&world).await;
        assert!(text.contains("✅ No changes"), "{size}: {text}");
        assert_eq!(accounts(&text), [""; 0]);
        world.aws.heal(IRELAND);
    }
}

/// `ok: false` means that Slack has not posted the digest.
#[tokio::test]
async fn a_rejected_digest_is_posted_once_after_the_fix() {
    let world = three_pages().await;
    let codes = [
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "missing_scope",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "no_text",
        "as_user_not_supported",
        "a_code_of_tomorrow",
    ];
    for (left, code) in codes.iter().enumerate() {
        list(&world, left + 1);
        world.clock.advance(TimeDelta::days(1));
        world
            .slack
            .fail_always(POST, Fault::Refuse((*code).to_owned()));
        for _ in 0..2 {
            let error = world.deliver().await.unwrap_err();
            assert!(error.needs_an_operator(), "{code}: {error}");
            assert!(error.to_string().contains(code), "{error}");
        }
        world.slack.heal(POST);
        world.deliver().await.unwrap();
        let again = world.deliver().await.unwrap();
        assert!(matches!(again, Outcome::AlreadyDelivered { .. }), "{code}");
        world.messages(left + 2).await;
        let text = world.channel_text().pop().unwrap();
        assert!(text.contains(&gone(left)), "{code}: {text}");
    }
    println!("{} codes of Slack's", codes.len());
}

#[tokio::test]
async fn a_message_whose_blocks_are_rejected_is_posted_as_text() {
    let world = three_pages().await;
    for (left, code) in [
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_too_long",
        "msg_blocks_too_long",
    ]
    .into_iter()
    .enumerate()
    {
        list(&world, left + 1);
        world.clock.advance(TimeDelta::days(1));
        world.slack.fail_next(POST, Fault::Refuse(code.to_owned()));
        world.deliver().await.unwrap();
        let message = world.messages(left + 2).await.pop().unwrap();
        assert!(message.blocks.is_empty(), "{code}");
        assert!(
            message.text.contains(&gone(left)),
            "{code}: {}",
            message.text
        );
    }
}

#[tokio::test]
async fn a_digest_whose_outcome_was_unknown_is_posted_once() {
    let world = three_pages().await;
    let mishaps = [
        Fault::Status(500),
        Fault::Status(503),
        Fault::RateLimited(None),
        Fault::RateLimited(Some(3600)),
        Fault::Refuse("internal_error".to_owned()),
        Fault::Refuse("fatal_error".to_owned()),
        Fault::DoneThenDropped,
        Fault::DoneThenHang,
        Fault::Hang,
    ];
    for (left, fault) in mishaps.iter().enumerate() {
        list(&world, left + 1);
        world.clock.advance(TimeDelta::days(1));
        world.slack.fail_next(POST, fault.clone());
        while let Err(error) = world.deliver().await {
            assert!(!error.needs_an_operator(), "{fault:?}: {error}");
        }
        let text = world.channel_text().pop().unwrap();
        assert_eq!(world.messages(left + 2).await.len(), left + 2);
        assert!(text.contains(&gone(left)), "{fault:?}: {text}");
    }
    println!("{} mishaps of Slack's", mishaps.len());
}

#[tokio::test]
async fn a_response_that_is_not_slacks_does_not_count_as_an_empty_search() {
    let world = three_pages().await;
    list(&world, 1);
    world.clock.advance(TimeDelta::days(1));
    world.slack.fail_next(POST, Fault::DoneThenDropped);
    // A proxy in front of Slack responds with its own page, or without a body.
    for status in [200, 204] {
        let page = Fault::Status(status);
        world.slack.fail_always("conversations.history", page);
        for _ in 0..2 {
            let error = world.deliver().await.unwrap_err();
            assert!(!error.needs_an_operator(), "{error}");
        }
        world.slack.heal("conversations.history");
    }
    world.deliver().await.unwrap();
    assert_eq!(world.messages(2).await.len(), 2);
}

#[tokio::test]
async fn a_bot_that_may_not_read_the_channel_posts_again_after_an_unknown_outcome() {
    let world = three_pages().await;
    world
        .slack
        .set_scopes(&["chat:write", "chat:write.public", "channels:history"]);
    world.slack.set_bot_is_member(CHANNEL, false);
    list(&world, 1);
    world.clock.advance(TimeDelta::days(1));
    world.slack.fail_next(POST, Fault::Status(500));
    world.deliver().await.unwrap_err();
    world.deliver().await.unwrap();
    let text = world.channel_text().pop().unwrap();
    assert!(text.contains(&gone(0)), "{text}");
    assert_eq!(world.messages(2).await.len(), 2);
}

#[tokio::test]
async fn an_outage_of_slack_delays_the_digest_and_nothing_else() {
    let world = three_pages().await;
    let running = world.serve().await;
    list(&world, 1);
    world.slack.fail_always(POST, Fault::Status(503));
    world.set("2026-11-19T09:00:00Z");
    let mut tries = 0;
    let began = world.clock.now();
    while world.clock.now() - began < TimeDelta::hours(1) {
        tries += 1;
        let failed = format!(r#"digests_total{{channel="C0SECURITY",outcome="failed"}} {tries}"#);
        running
            .get_until("/metrics", |_, text| text.contains(&failed))
            .await;
        assert_eq!(running.get("/readyz").await.0, 200);
        world.clock.advance(TimeDelta::minutes(15));
    }
    assert!(tries >= 4, "{tries}");
    world.messages(1).await;
    world.slack.heal(POST);
    world.clock.advance(TimeDelta::minutes(15));
    world.messages(2).await;
    let text = world.channel_text().pop().unwrap();
    assert!(text.contains(&gone(0)), "{text}");
    running.stop().await;
    world.messages(2).await;
}
