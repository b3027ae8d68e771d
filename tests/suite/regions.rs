//! Hubs in every Region that is enabled for an administrator.

use std::sync::Arc;

use chrono_tz::UTC;
use securityhub_members::app::rounds;
use securityhub_members::domain::hub::{HubFilter, HubId, UnreadReason};
use securityhub_members::domain::query::{Query, parse};
use securityhub_members::domain::report::Report;
use securityhub_members::problems::Problems;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::{Answer, PollError, Watch};

use crate::support::channel::TestChannel;
use crate::support::hubs::ScriptedRegions;
use crate::support::{World, deliver_today, hub, notify};

const ADMIN: &str = "111122223333";
const OTHER: &str = "444455556666";

/// Ireland has a hub with a member. Stockholm is enabled, but without a hub.
async fn world() -> (World, ScriptedRegions) {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    let regions = ScriptedRegions::default();
    regions.enable(ADMIN, "eu-north-1, eu-west-1");
    world.list("1 Enabled");
    world
        .hubs
        .fail(&hub("eu-north-1"), UnreadReason::NotEnabled);
    (world, regions)
}

fn names(hubs: &[HubId]) -> Vec<String> {
    hubs.iter().map(HubId::to_string).collect()
}

async fn report(watch: &Arc<Watch>) -> Report {
    match watch.live.answer(&Query::Now).await.unwrap() {
        Answer::Report(reported) => reported.report,
        other => panic!("a report expected, not {other:?}"),
    }
}

async fn answer(watch: &Arc<Watch>) -> String {
    spoken(&watch.live.answer(&Query::Now).await.unwrap())
}

fn spoken(answer: &Answer) -> String {
    let voice = Voice::new(Locale::En, UTC);
    let document = voice.answer(answer);
    let lines = document.lead.iter().chain(&document.notes);
    let lines: Vec<_> = lines.map(|line| line.plain()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_region_where_security_hub_was_never_enabled_is_named_once_and_is_no_failure() {
    let (world, regions) = world().await;
    let watch = world.finding(&regions).await;
    assert_eq!(watch.hubs.list().len(), 2);
    for (hub, polled) in watch.poller.poll_all().await {
        match (hub.region.as_str(), polled.as_ref()) {
            ("eu-west-1", Ok(_)) | ("eu-north-1", Err(PollError::NotEnabled(_))) => {}
            other => panic!("{other:?}"),
        }
    }
    insta::assert_snapshot!(answer(&watch).await, @r"
    📷 First data: nothing to compare with yet
    1 member: Enabled 1
    Checked just now
    First data: Thu 19 Nov 09:00. There is nothing earlier to compare with.
    Security Hub isn't enabled in: eu-north-1
    Times in UTC
    ");
    let overview = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(
        names(&overview.now.not_enabled),
        ["111122223333/eu-north-1"]
    );
    assert_eq!(overview.now.hubs.len(), 1);

    // However long it fails, only the digest mentions it.
    let channel = TestChannel::new();
    let today = watch.calendar.today();
    deliver_today(&watch, &channel).await.unwrap();
    world.set("2026-11-20T08:00:00Z");
    watch.poller.poll_all().await;
    assert!(!notify(&watch, &channel).await.unwrap());

    // Answers about earlier days don't include the Region.
    let past = watch
        .answers
        .answer_from_store(&Query::On(today))
        .await
        .unwrap();
    let Answer::Report(past) = past else {
        panic!("a report expected, not {past:?}")
    };
    assert_eq!(names(&past.report.not_enabled), ["111122223333/eu-north-1"]);
    assert_eq!(past.report.hubs.len(), 1);

    world.hubs.recover(&hub("eu-north-1"));
    world.hubs.set(&hub("eu-north-1"), 2, "Enabled");
    let report = report(&watch).await;
    assert_eq!((report.hubs.len(), report.not_enabled.len()), (2, 0));
}

#[tokio::test]
async fn a_hub_that_was_read_and_is_not_enabled_any_more_is_a_hole() {
    let (world, regions) = world().await;
    let watch = world.finding(&regions).await;
    watch.poller.poll_all().await;
    let channel = TestChannel::new();
    deliver_today(&watch, &channel).await.unwrap();
    world.fail(UnreadReason::NotEnabled);
    watch.poller.poll_all().await;
    world.set("2026-11-19T12:00:00Z");
    let report = report(&watch).await;
    assert_eq!(names(&report.not_enabled), ["111122223333/eu-north-1"]);
    assert!(report.hubs[0].unread.is_some());
    assert!(notify(&watch, &channel).await.unwrap());
    assert_eq!(channel.notices()[0].unread, [hub("eu-west-1")]);

    // It stays monitored if the Region is disabled, in every process.
    regions.enable(ADMIN, "eu-north-1");
    world.set("2026-11-19T13:00:00Z");
    for watch in [watch, world.finding(&regions).await] {
        watch.find_hubs().await;
        assert_eq!(watch.hubs.list().len(), 2);
    }

    // Until the configuration excludes it.
    regions.enable(ADMIN, "eu-north-1, -eu-west-1");
    let watch = world.finding(&regions).await;
    assert_eq!(names(&watch.hubs.list()), ["111122223333/eu-north-1"]);
}

#[tokio::test]
async fn a_region_configured_by_name_is_expected_to_be_enabled() {
    let (world, _) = world().await;
    world.fail(UnreadReason::NotEnabled);
    let watch = world.watch();
    watch.poller.poll_all().await;
    let report = report(&watch).await;
    assert!(report.not_enabled.is_empty());
    assert!(report.hubs[0].unread.is_some());
}

#[tokio::test]
async fn a_region_that_is_opted_into_is_watched_within_the_hour() {
    let (world, regions) = world().await;
    let watch = world.finding(&regions).await;
    regions.enable(ADMIN, "eu-north-1, eu-west-1, il-central-1");
    world.set("2026-11-19T09:59:00Z");
    watch.find_hubs().await;
    assert_eq!((watch.hubs.list().len(), regions.asked()), (2, 1));
    world.set("2026-11-19T10:00:00Z");
    watch.find_hubs().await;
    assert_eq!((watch.hubs.list().len(), regions.asked()), (3, 2));
    // A disabled Region that was never read is not monitored.
    regions.enable(ADMIN, "eu-north-1, eu-west-1");
    world.set("2026-11-19T11:00:00Z");
    watch.find_hubs().await;
    assert_eq!(watch.hubs.list().len(), 2);
}

#[tokio::test]
async fn questions_about_an_account_or_a_status_do_not_miss_what_is_not_enabled() {
    let (world, regions) = world().await;
    let watch = world.finding(&regions).await;
    watch.poller.poll_all().await;
    for question in ["status", "status enabled", "account 000000000001"] {
        let query = parse(question, watch.calendar.today()).unwrap();
        let text = spoken(&watch.answers.answer_from_store(&query).await.unwrap());
        assert!(
            !text.contains("eu-north-1") && !text.contains('⚠'),
            "{question}: {text}"
        );
    }
    // A query for the Region says so.
    let query = parse("status enabled eu-north-1", watch.calendar.today()).unwrap();
    let text = spoken(&watch.answers.answer_from_store(&query).await.unwrap());
    assert!(
        text.contains("Security Hub isn't enabled in: eu-north-1"),
        "{text}"
    );
}

#[tokio::test]
async fn if_no_region_has_security_hub_every_answer_says_so() {
    let (world, regions) = world().await;
    regions.enable(ADMIN, "eu-north-1");
    let watch = world.finding(&regions).await;
    watch.poller.poll_all().await;
    for question in ["status", "account 000000000001"] {
        let query = parse(question, watch.calendar.today()).unwrap();
        let text = spoken(&watch.answers.answer_from_store(&query).await.unwrap());
        assert!(
            text.contains("Security Hub isn't enabled in: eu-north-1"),
            "{question}: {text}"
        );
    }
}

#[tokio::test]
async fn nothing_is_kept_for_reading_a_region_that_is_disabled_even_if_it_is_being_read() {
    let (world, regions) = world().await;
    regions.enable(ADMIN, "eu-west-1, il-central-1, us-east-1");
    let watch = world.finding(&regions).await;
    let (gone, slow) = (hub("il-central-1"), hub("us-east-1"));
    world.hubs.fail(&gone, UnreadReason::NotEnabled);
    world.hubs.fail(&slow, UnreadReason::NotEnabled);
    watch.poller.poll_all().await;
    assert!(!world.hubs.is_left(&gone));

    world.hubs.be_slow_in(&slow, true);
    let poll = watch.poller.poll(&slow);
    let polled = tokio::spawn(poll.ended());
    while world.hubs.reads(&slow) < 2 {
        tokio::task::yield_now().await;
    }
    regions.enable(ADMIN, "eu-west-1");
    world.set("2026-11-19T11:00:00Z");
    watch.find_hubs().await;
    assert!(world.hubs.is_left(&gone));
    assert!(!world.hubs.is_left(&hub("eu-west-1")));
    // Its poll continues after that, and is then dropped.
    world.hubs.be_slow_in(&slow, false);
    assert!(polled.await.unwrap().is_err());
    assert!(world.hubs.is_left(&slow));
}

#[tokio::test]
async fn the_problem_of_a_region_that_is_disabled_ends_with_it() {
    let (world, regions) = world().await;
    regions.enable(ADMIN, "eu-north-1, eu-west-1, il-central-1");
    world
        .hubs
        .fail(&hub("il-central-1"), UnreadReason::AccessDenied);
    let watch = world.finding(&regions).await;
    let problems = Problems::default();
    rounds::poll_once(&watch, &problems).await;
    let lines = problems.lines();
    assert!(
        lines.len() == 1 && lines[0].contains("il-central-1"),
        "{lines:?}"
    );

    regions.enable(ADMIN, "eu-north-1, eu-west-1");
    world.set("2026-11-19T10:00:00Z");
    rounds::find_once(&watch, &problems).await;
    assert_eq!(problems.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn when_the_regions_cannot_be_listed_those_known_from_before_are_watched() {
    let (world, regions) = world().await;
    regions.enable(OTHER, "us-east-1");
    world.finding(&regions).await.poller.poll_all().await;

    // Another process, which has never listed the Regions.
    regions.fail(ADMIN, UnreadReason::AccessDenied);
    let watch = world.finding(&regions).await;
    assert_eq!(
        names(&watch.hubs.list()),
        [
            "111122223333/eu-north-1",
            "111122223333/eu-west-1",
            "444455556666/us-east-1"
        ]
    );
    insta::assert_snapshot!(answer(&watch).await, @r"
    📷 First data: nothing to compare with yet
    ⚠️ 444455556666/us-east-1: the member list is empty. If it should have members, the account or Region is wrong.
    ⚠️ 111122223333: listing its Regions has failed since Thu 19 Nov 09:00 · access denied: grant account:ListRegions · only the Regions found before are monitored
    1 account of 2 administrators in 2 Regions, 1 membership: Enabled 1
    Checked just now
    First data: Thu 19 Nov 09:00. There is nothing earlier to compare with.
    Security Hub isn't enabled in: 111122223333/eu-north-1
    Times in UTC
    ");
    let other = HubFilter {
        admin: Some(OTHER.parse().unwrap()),
        region: None,
    };
    let overview = watch.overviews.overview(&other, None).await.unwrap();
    assert!(
        overview.now.unlisted.is_empty(),
        "that is another's trouble"
    );

    // Retried in every round until it succeeds.
    let asked = regions.asked();
    watch.find_hubs().await;
    regions.enable(ADMIN, "eu-north-1, eu-west-1, il-central-1");
    watch.find_hubs().await;
    watch.find_hubs().await;
    assert_eq!(regions.asked(), asked + 2);
    assert_eq!(watch.hubs.list().len(), 4);
    assert!(watch.hubs.unlisted().is_empty());
}

#[tokio::test]
async fn an_administrator_without_any_data_is_reported() {
    let (world, regions) = world().await;
    regions.fail(OTHER, UnreadReason::RoleNotAssumed);
    let watch = world.finding(&regions).await;
    watch.poller.poll_all().await;
    insta::assert_snapshot!(answer(&watch).await, @r"
    📷 First data: nothing to compare with yet
    ⚠️ 444455556666: listing its Regions has failed since Thu 19 Nov 09:00 · couldn't assume the role: check its trust policy and external ID · only the Regions found before are monitored
    1 member: Enabled 1
    Checked just now
    First data: Thu 19 Nov 09:00. There is nothing earlier to compare with.
    Security Hub isn't enabled in: eu-north-1
    Times in UTC
    ");
}

#[tokio::test]
async fn two_administrators_in_one_region_are_distinguished_everywhere() {
    let (world, regions) = world().await;
    regions.enable(ADMIN, "eu-west-1, us-east-1");
    regions.enable(OTHER, "eu-west-1, us-east-1, us-west-2");
    let other = |region: &str| -> HubId { format!("{OTHER}/{region}").parse().unwrap() };
    world.hubs.set(&other("eu-west-1"), 7, "Enabled");
    let watch = world.finding(&regions).await;
    watch.poller.poll_all().await;
    world.set("2026-11-20T09:00:00Z");
    watch.poller.poll_all().await;
    for region in ["eu-west-1", "us-east-1", "us-west-2"] {
        world
            .hubs
            .fail(&other(region), UnreadReason::RoleNotAssumed);
    }
    world.list("1 Resigned");
    insta::assert_snapshot!(answer(&watch).await, @r"
    1 left · not compared: 444455556666 (all 3 Regions)
    Compared: Thu 19 Nov 09:00 → Fri 20 Nov 09:00 (UTC)
    ⚠️ 444455556666 (all 3 Regions): polling has failed since Fri 20 Nov 09:00 · couldn't assume the role: check its trust policy and external ID · data from Fri 20 Nov 09:00
    2 accounts of 2 administrators in 3 Regions, 2 memberships: Enabled 1 · Resigned 1
    Checked just now
    ");
    let only = HubFilter {
        admin: Some(OTHER.parse().unwrap()),
        region: Some("eu-west-1".parse().unwrap()),
    };
    let overview = watch.overviews.overview(&only, None).await.unwrap();
    assert_eq!(overview.now.counts.total(), 1);
    assert_eq!(overview.now.hubs.len(), 1);
}
