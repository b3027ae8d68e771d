//! Queries about one account and about a status, from history and from the current lists, over
//! all hubs.

use chrono_tz::UTC;
use securityhub_members::domain::account::{AccountEvent, EventKind};
use securityhub_members::domain::diff::ChangeKind;
use securityhub_members::domain::member::{AccountId, Listed};
use securityhub_members::domain::query::{Query, parse};
use securityhub_members::watch::{AccountHistory, AccountMatch, Answer, StatusAnswer};

use crate::support::hubs::listed;
use crate::support::{World, date, hub, time};

impl World {
    fn query(&self, text: &str) -> Query {
        parse(text, self.today()).unwrap()
    }

    async fn account(&self, number: u64) -> AccountHistory {
        let query = self.query(&AccountId::from_u64(number).unwrap().to_string());
        match self.ask(&query).await {
            Answer::Account(answer) => match answer.known {
                AccountMatch::History(history) => history,
                other => panic!("a history expected, not {other:?}"),
            },
            other => panic!("an account expected, not {other:?}"),
        }
    }

    async fn status(&self, text: &str) -> StatusAnswer {
        match self.ask(&self.query(text)).await {
            Answer::Status(answer) => answer,
            other => panic!("members expected, not {other:?}"),
        }
    }

    /// Lists these accounts in a second hub.
    fn list_in(&self, region: &str, members: &str) {
        for member in members.split(", ") {
            let (account, status) = member.split_once(' ').unwrap();
            let account = account.parse().unwrap();
            self.hubs.set(&hub(region), account, status);
        }
    }
}

/// Like `came back eu-west-1 09:00-10:00`.
fn described(happened: &[AccountEvent]) -> Vec<String> {
    let one = |one: &AccountEvent| {
        let hubs: Vec<_> = one.hubs.iter().map(|hub| hub.region.to_string()).collect();
        let clock = |at: chrono::DateTime<chrono::Utc>| at.format("%d %H:%M").to_string();
        let (after, at) = (one.window.after.map(clock), clock(one.window.at));
        format!("{:?} {} {}-{at}", one.kind, hubs.join(" "), after.unwrap())
    };
    happened.iter().map(one).collect()
}

/// The status in every hub, like `eu-west-1 Resigned 3`.
fn stands(history: &AccountHistory) -> Vec<String> {
    let one = |one: &securityhub_members::domain::account::Presence| {
        let status = one
            .status
            .as_ref()
            .map_or("-".to_owned(), |status| status.to_string());
        let days = one.days.map_or("?".to_owned(), |days| days.to_string());
        format!("{} {status} {days}", one.hub.region)
    };
    history.now.iter().map(one).collect()
}

/// The accounts of an answer with their ages, like `2 Resigned 3`.
fn members(answer: &StatusAnswer) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &answer.members {
        for entry in &group.entries {
            let (account, days) = (entry.account.as_u64(), entry.days);
            lines.push(format!("{account} {} {days}", group.status));
        }
    }
    lines
}

#[tokio::test]
async fn the_history_of_an_account_covers_all_hubs_and_has_its_current_status() {
    let mut world = World::at("2026-11-16T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    world.list("1 Invited, 2 Enabled");
    world.list_in("us-east-1", "1 Invited, 2 Enabled");
    world.poll().await;
    world.list_in("us-east-1", "1 Enabled");
    world.poll_at("2026-11-17T09:00:00Z", "1 Enabled").await;
    world
        .poll_at("2026-11-18T09:00:00Z", "1 Resigned, 2 -")
        .await;
    world.list_in("us-east-1", "1 -");
    world.poll_at("2026-11-19T09:00:00Z", "1 Enabled").await;
    world.set("2026-11-22T09:00:00Z");

    let history = world.account(1).await;
    assert_eq!(
        described(&history.happened),
        [
            "CameBack eu-west-1 18 09:00-19 09:00",
            "Other(Deleted) us-east-1 18 09:00-19 09:00",
            "Other(Left) eu-west-1 17 09:00-18 09:00",
            "Other(Joined) eu-west-1 us-east-1 16 09:00-17 09:00",
        ]
    );
    assert_eq!(stands(&history), ["eu-west-1 Enabled 3", "us-east-1 - 3"]);
    assert_eq!(history.since, Some(date("2026-11-16")));

    // The second account has no changes in this hub; the third is unknown.
    let history = world.account(2).await;
    assert_eq!(stands(&history), ["eu-west-1 - 4", "us-east-1 Enabled 6"]);
    let history = world.account(3).await;
    assert!(history.happened.is_empty());
    assert_eq!(stands(&history), ["eu-west-1 - ?", "us-east-1 - ?"]);
}

#[tokio::test]
async fn before_the_first_poll_nothing_is_known_of_an_account_or_a_status() {
    let world = World::at("2026-11-16T09:00:00Z", UTC).await;
    let history = world.account(1).await;
    assert_eq!((history.since, history.now.len()), (None, 0));
    assert!(members(&world.status("status resigned").await).is_empty());
}

#[tokio::test]
async fn an_account_is_found_among_changes_that_are_stored_in_parts() {
    let world = World::at("2026-11-16T09:00:00Z", UTC).await;
    // Incompressible addresses, so that the changes take several items.
    let crowd = |status: &str| -> Vec<Listed> {
        let mut state = 1_u64;
        let mut letter = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'!' + u8::try_from(state >> 33 & 63).unwrap())
        };
        let mut one = |number| Listed {
            email: Some((0..100).map(|_| letter()).collect()),
            ..listed(number, status)
        };
        (1..=8_000).map(&mut one).collect()
    };
    world.hubs.set_all(world.hub(), crowd("Invited"));
    world.poll().await;
    world.hubs.set_all(world.hub(), crowd("Enabled"));
    world.set("2026-11-17T09:00:00Z");
    world.poll().await;
    assert!(!world.table.keys("CHANGES#").await.is_empty(), "in parts");
    world.poll_at("2026-11-18T09:00:00Z", "4000 Resigned").await;
    let history = world.account(4_000).await;
    let deeds: Vec<_> = history.happened.iter().map(|one| one.kind).collect();
    assert_eq!(
        deeds,
        [
            EventKind::Other(ChangeKind::Left),
            EventKind::Other(ChangeKind::Joined)
        ]
    );
}

#[tokio::test]
async fn the_members_with_a_status_have_ages_in_all_or_some_regions() {
    let mut world = World::at("2026-11-16T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    world.list("1 Resigned, 2 Enabled, 3 On_Hold");
    world.list_in("us-east-1", "2 Resigned");
    world.poll().await;
    world.poll_at("2026-11-18T09:00:00Z", "4 Resigned").await;
    world.set("2026-11-20T09:00:00Z");
    for (text, wanted) in [
        (
            "status RESIGNED",
            &["1 Resigned 4", "2 Resigned 4", "4 Resigned 2"][..],
        ),
        ("状態 離脱 eu-west-1", &["1 Resigned 4", "4 Resigned 2"]),
        ("status resigned us-east-1", &["2 Resigned 4"]),
        (
            "status resigned us-east-1 eu-west-1",
            &["1 Resigned 4", "2 Resigned 4", "4 Resigned 2"],
        ),
        ("status on hold", &["3 On_Hold 4"]),
        (
            "status enabled, on hold eu-west-1",
            &["3 On_Hold 4", "2 Enabled 4"],
        ),
        (
            "status resigned and on hold",
            &[
                "1 Resigned 4",
                "2 Resigned 4",
                "4 Resigned 2",
                "3 On_Hold 4",
            ],
        ),
        ("status removed", &[]),
        ("status", &[]),
    ] {
        let answer = world.status(text).await;
        assert_eq!(members(&answer), wanted, "{text}");
        assert_eq!(answer.suggestion, None, "{text}");
        assert!(answer.unwatched.is_empty(), "{text}");
        assert_eq!(answer.at, time("2026-11-20T09:00:00Z"));
    }
    let counts = world.status("status eu-west-1").await.report.counts;
    assert_eq!(counts.total(), 4);
}

#[tokio::test]
async fn an_unused_status_and_an_unmonitored_region_get_the_most_similar_ones() {
    let world = World::at("2026-11-16T09:00:00Z", UTC).await;
    world.list("1 Resigned, 2 Quarantined");
    world.poll().await;
    for (text, suggestion) in [
        ("status resigend", "status Resigned"),
        ("status qarantined", "status quarantined"),
        ("status removed, resigend", "status Resigned, Removed"),
        ("status resigned eu-wset-1", "status Resigned eu-west-1"),
        ("status resigend eu-west-2", "status Resigned eu-west-1"),
    ] {
        let answer = world.status(text).await;
        assert!(answer.members.is_empty(), "{text}");
        let suggested = answer.suggestion.map(|query| query.to_string());
        assert_eq!(suggested.as_deref(), Some(suggestion), "{text}");
    }
    let answer = world.status("status resigned eu-west-2").await;
    assert_eq!(answer.unwatched.len(), 1);
    assert_eq!(world.status("status xyz").await.suggestion, None);
}
