//! History: which dates exist, what an answer compares, and how failed and doubted polls affect
//! it.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::America::New_York;
use chrono_tz::Asia::Tokyo;
use chrono_tz::Europe::London;
use chrono_tz::UTC;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::hub::{HubFilter, UnreadReason, Version};
use securityhub_members::domain::member::MemberStatus;
use securityhub_members::domain::query::Query;
use securityhub_members::domain::report::{Coverage, Nearest, Report};
use securityhub_members::watch::ports::{HeadStore as _, SnapshotStore as _};
use securityhub_members::watch::{Answer, PollError};

use crate::support::hubs::listed;
use crate::support::table::text;
use crate::support::{World, changes, counts, date, hub, standing, time};

/// The dates that the first hub of a report compares; `None` is "nothing to compare with".
fn compared(report: &Report) -> (Option<NaiveDate>, NaiveDate) {
    match report.hubs[0].coverage {
        Coverage::Compared { from, to } => (Some(from.date), to.date),
        Coverage::First { to } => (None, to.date),
        Coverage::Missing(_) => panic!("nothing is known of {}", report.hubs[0].hub),
    }
}

#[tokio::test]
async fn the_first_run_has_nothing_to_compare_with_and_says_so() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Resigned");
    let now = world.now().await;
    assert_eq!(compared(&now), (None, date("2026-11-20")));
    assert_eq!(changes(&now), [""; 0]);
    assert_eq!(counts(&now.counts), "Resigned 1, Enabled 1");
    let stored = world.on("2026-11-20").await;
    assert_eq!(compared(&stored), (None, date("2026-11-20")));
    assert_eq!(changes(&stored), [""; 0]);
}

#[tokio::test]
async fn before_the_first_run_every_question_has_an_answer() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let answer = world.nothing_on("2026-11-19").await;
    assert_eq!(answer.nearest, Nearest::default());
    assert_eq!(answer.range, None);
    let overview = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(
        overview.now.hubs[0].coverage,
        Coverage::Missing(Nearest::default())
    );
    assert!(overview.trend.iter().all(|day| day.counts.is_none()));
}

#[tokio::test]
async fn monday_after_a_weekend_without_runs_compares_with_friday() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Invited");
    world.poll().await;
    world
        .poll_at("2026-11-23T09:00:00Z", "1 Resigned, 2 Enabled")
        .await;
    let monday = world.on("2026-11-23").await;
    assert_eq!(
        compared(&monday),
        (Some(date("2026-11-20")), date("2026-11-23"))
    );
    assert_eq!(
        changes(&monday),
        ["Left 1: Enabled → Resigned", "Joined 2: Invited → Enabled"]
    );
}

#[tokio::test]
async fn a_week_of_outage_loses_nothing_that_the_next_poll_can_see() {
    let world = World::at("2026-11-02T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled");
    world.poll().await;
    world
        .poll_at("2026-11-09T09:00:00Z", "1 Removed, 2 -, 3 Created")
        .await;
    let after = world.on("2026-11-09").await;
    assert_eq!(
        compared(&after),
        (Some(date("2026-11-02")), date("2026-11-09"))
    );
    assert_eq!(
        changes(&after),
        [
            "Removed 1: Enabled → Removed",
            "Deleted 2: Enabled → -",
            "New 3: - → Created"
        ]
    );
}

#[tokio::test]
async fn a_date_without_a_snapshot_is_answered_with_the_nearest_ones_and_the_range() {
    let world = World::at("2026-11-10T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    for day in ["2026-11-12", "2026-11-16", "2026-11-20"] {
        world.poll_at(&format!("{day}T09:00:00Z"), "").await;
    }
    let range = Some((date("2026-11-10"), date("2026-11-20")));
    let nearest = |before: Option<&str>, after: Option<&str>| Nearest {
        before: before.map(date),
        after: after.map(date),
    };
    for (asked, expected) in [
        (
            "2026-11-14",
            nearest(Some("2026-11-12"), Some("2026-11-16")),
        ),
        ("2026-11-09", nearest(None, Some("2026-11-10"))),
        ("2026-11-21", nearest(Some("2026-11-20"), None)),
        ("2200-01-01", nearest(Some("2026-11-20"), None)),
        ("1900-01-01", nearest(None, Some("2026-11-10"))),
    ] {
        let answer = world.nothing_on(asked).await;
        assert_eq!((answer.nearest, answer.range), (expected, range), "{asked}");
        assert_eq!(answer.date, date(asked));
        assert_eq!(answer.today, date("2026-11-20"));
    }
}

#[tokio::test]
async fn one_hub_without_a_snapshot_does_not_hide_the_others() {
    let mut world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.watched.push(hub("us-east-1"));
    world.hubs.set(&hub("us-east-1"), 1, "Enabled");
    world.poll_at("2026-11-21T09:00:00Z", "1 Resigned").await;
    let report = world.on("2026-11-20").await;
    assert_eq!(compared(&report), (None, date("2026-11-20")));
    assert_eq!(
        report.hubs[1].coverage,
        Coverage::Missing(Nearest {
            before: None,
            after: Some(date("2026-11-21"))
        })
    );
    let report = world.on("2026-11-21").await;
    assert_eq!(changes(&report), ["Left 1: Enabled → Resigned"]);
    assert!(matches!(report.hubs[1].coverage, Coverage::First { .. }));
}

#[tokio::test]
async fn the_last_poll_of_a_date_closes_it() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled, 3 Invited");
    world.poll().await;
    world.poll_at("2026-11-20T08:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-20T12:00:00Z", "2 Removed").await;
    let last = world.poll_at("2026-11-20T18:00:00Z", "3 Enabled").await;

    let store = world.store();
    let day = store
        .day_up_to(world.hub(), date("2026-11-20"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.head.day.as_ref(), Some(&day));
    assert_eq!(day.taken_at, time("2026-11-20T18:00:00Z"));
    assert_eq!(counts(&day.counts), "Resigned 1, Removed 1, Enabled 1");
    assert_eq!(
        changes(&world.on("2026-11-20").await),
        [
            "Left 1: Enabled → Resigned",
            "Removed 2: Enabled → Removed",
            "Joined 3: Invited → Enabled"
        ]
    );
    // The replaced parts are deleted. The day before is kept.
    let parts = world.table.keys("SNAPSHOT#").await;
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert!(parts[0].starts_with("SNAPSHOT#2026-11-19 111122223333/eu-west-1#000000000001#"));
    assert!(parts[1].starts_with("SNAPSHOT#2026-11-20 111122223333/eu-west-1#000000000004#"));
}

#[tokio::test]
async fn a_poll_that_finds_nothing_new_only_moves_the_time_of_the_last_look_and_is_counted() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    world.list("1 Enabled");
    let first = world.poll().await;
    let mut before = world.table.items("").await;
    let quiet = world.poll_at("2026-11-20T08:15:00Z", "").await;
    assert!(quiet.changes.is_empty() && !quiet.first);
    assert_eq!(quiet.head.version, first.head.version);
    assert_eq!(quiet.head.day, first.head.day);
    assert_eq!(quiet.head.checked_at, Some(time("2026-11-20T08:15:00Z")));
    let (polls, gap) = quiet.head.readings.since(date("2026-11-20"));
    assert_eq!((polls, gap.num_minutes()), (2, 15));
    assert_eq!(quiet.head, world.store().head(world.hub()).await.unwrap());
    let mut after = world.table.items("").await;
    for items in [&mut before, &mut after] {
        let head = items.iter_mut().find(|item| text(item, "sk") == "HEAD");
        let head = head.unwrap();
        let moves = ["checked_at", "read_from", "readings", "unread"];
        head.retain(|name, _| !moves.contains(&name.as_str()));
    }
    assert_eq!(after, before, "nothing else was written");
}

#[tokio::test]
async fn a_change_happened_after_the_last_look_that_did_not_see_it() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T08:15:00Z", "").await;
    world.fail(UnreadReason::Throttled);
    world.set("2026-11-20T08:30:00Z");
    world.watch().poller.poll_all().await;
    world.hubs.recover(world.hub());
    let report = world
        .poll_and_report("2026-11-20T08:45:00Z", "1 Resigned")
        .await;
    let last = report.changes[0].entries[0].last;
    assert_eq!(last.after, Some(time("2026-11-20T08:15:00Z")));
    assert_eq!(last.at, time("2026-11-20T08:45:00Z"));
}

#[tokio::test]
async fn the_first_poll_of_a_date_writes_its_snapshot_even_when_nothing_changed() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let next = world.poll_at("2026-11-20T09:00:00Z", "").await;
    assert_eq!(next.head.version, Version(2));
    assert!(next.changes.is_empty());
    let report = world.on("2026-11-20").await;
    assert_eq!(
        compared(&report),
        (Some(date("2026-11-19")), date("2026-11-20"))
    );
    assert_eq!(changes(&report), [""; 0]);
    assert_eq!(world.table.keys("SNAPSHOT#").await.len(), 2);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, day by day")]
async fn a_date_is_a_calendar_day_in_the_time_zone() {
    // The last poll before local midnight and the first one after it.
    for (zone, before, after, days) in [
        (
            Tokyo,
            "2026-11-19T14:59:59Z",
            "2026-11-19T15:00:00Z",
            ["2026-11-19", "2026-11-20"],
        ),
        (
            New_York,
            "2026-07-01T03:59:59Z",
            "2026-07-01T04:00:00Z",
            ["2026-06-30", "2026-07-01"],
        ),
        (
            New_York,
            "2026-01-01T04:59:59Z",
            "2026-01-01T05:00:00Z",
            ["2025-12-31", "2026-01-01"],
        ),
        // 2026-03-08 has 23 hours in New York: 05:00 UTC to 04:00 UTC.
        (
            New_York,
            "2026-03-08T04:59:59Z",
            "2026-03-08T05:00:00Z",
            ["2026-03-07", "2026-03-08"],
        ),
        (
            New_York,
            "2026-03-09T03:59:59Z",
            "2026-03-09T04:00:00Z",
            ["2026-03-08", "2026-03-09"],
        ),
        // 2026-11-01 has 25 hours: 04:00 UTC to 05:00 UTC.
        (
            New_York,
            "2026-11-01T03:59:59Z",
            "2026-11-01T04:00:00Z",
            ["2026-10-31", "2026-11-01"],
        ),
        (
            New_York,
            "2026-11-02T04:59:59Z",
            "2026-11-02T05:00:00Z",
            ["2026-11-01", "2026-11-02"],
        ),
        // London: 2026-03-29 begins at 00:00 UTC and ends at 23:00 UTC, 2026-10-25 the other way round.
        (
            London,
            "2026-03-28T23:59:59Z",
            "2026-03-29T00:00:00Z",
            ["2026-03-28", "2026-03-29"],
        ),
        (
            London,
            "2026-03-29T22:59:59Z",
            "2026-03-29T23:00:00Z",
            ["2026-03-29", "2026-03-30"],
        ),
        (
            London,
            "2026-10-24T22:59:59Z",
            "2026-10-24T23:00:00Z",
            ["2026-10-24", "2026-10-25"],
        ),
        (
            London,
            "2026-10-25T23:59:59Z",
            "2026-10-26T00:00:00Z",
            ["2026-10-25", "2026-10-26"],
        ),
    ] {
        let world = World::at(before, zone).await;
        world.list("1 Enabled");
        assert_eq!(world.today(), date(days[0]));
        world.poll().await;
        world.poll_at(after, "1 Resigned").await;
        let first = world.on(days[0]).await;
        assert_eq!(compared(&first), (None, date(days[0])), "{zone} {before}");
        assert_eq!(counts(&first.counts), "Enabled 1", "{zone} {before}");
        let second = world.on(days[1]).await;
        let dates = (Some(date(days[0])), date(days[1]));
        assert_eq!(compared(&second), dates, "{zone} {after}");
        assert_eq!(
            changes(&second),
            ["Left 1: Enabled → Resigned"],
            "{zone} {after}"
        );
        let pks: Vec<_> = world.table.keys("SNAPSHOT#").await;
        for (pk, day) in pks.iter().zip(days) {
            assert!(pk.starts_with(&format!("SNAPSHOT#{day} ")), "{pk}");
        }
    }
}

#[tokio::test]
async fn both_hours_of_the_night_that_has_one_twice_belong_to_its_date() {
    let world = World::at("2026-11-01T04:30:00Z", New_York).await;
    world.list("1 Enabled");
    // 00:30, 01:30 before and 01:30 after the clocks go back, 23:30.
    world.poll().await;
    world.poll_at("2026-11-01T05:30:00Z", "1 Resigned").await;
    world.poll_at("2026-11-01T06:30:00Z", "1 Enabled").await;
    world.poll_at("2026-11-02T04:30:00Z", "2 Invited").await;
    let report = world.on("2026-11-01").await;
    assert_eq!(
        changes(&report),
        [
            "Flapped 1: Enabled → Resigned → Enabled",
            "New 2: - → Invited"
        ]
    );
    assert_eq!(world.table.keys("SNAPSHOT#").await.len(), 1);
}

#[tokio::test]
async fn a_member_that_left_and_came_back_is_in_the_report() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T10:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-20T10:45:00Z", "1 Enabled").await;
    let report = world.on("2026-11-20").await;
    assert_eq!(
        changes(&report),
        ["Flapped 1: Enabled → Resigned → Enabled"]
    );
    // Over midnight, with its two halves on two dates.
    world.poll_at("2026-11-20T23:50:00Z", "1 Resigned").await;
    world.poll_at("2026-11-21T00:10:00Z", "1 Enabled").await;
    let report = world.between("2026-11-19", "2026-11-21").await;
    let path = "Flapped 1: Enabled → Resigned → Enabled → Resigned → Enabled";
    assert_eq!(changes(&report), [path]);
    assert_eq!(
        changes(&world.on("2026-11-21").await),
        ["Joined 1: Resigned → Enabled"]
    );
}

#[tokio::test]
async fn a_period_covers_both_of_its_days() {
    let world = World::at("2026-11-10T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled, 3 Enabled");
    world.poll().await;
    world.poll_at("2026-11-12T09:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-14T09:00:00Z", "2 Resigned").await;
    world.poll_at("2026-11-18T09:00:00Z", "3 Resigned").await;
    for (first, last, from, to, expected) in [
        ("2026-11-11", "2026-11-14", "2026-11-10", "2026-11-14", "12"),
        ("2026-11-12", "2026-11-13", "2026-11-10", "2026-11-12", "1"),
        ("2026-11-13", "2026-11-14", "2026-11-12", "2026-11-14", "2"),
        // For dates without a snapshot, the latest one before is used.
        ("2026-11-14", "2026-11-17", "2026-11-12", "2026-11-14", "2"),
        (
            "2026-11-11",
            "2026-11-18",
            "2026-11-10",
            "2026-11-18",
            "123",
        ),
        // Before the history, its first snapshot is used.
        ("2026-01-01", "2026-11-13", "2026-11-10", "2026-11-12", "1"),
    ] {
        let report = world.between(first, last).await;
        assert_eq!(
            compared(&report),
            (Some(date(from)), date(to)),
            "{first}..{last}"
        );
        let expected = expected.chars();
        let expected: Vec<_> = expected
            .map(|account| format!("Left {account}: Enabled → Resigned"))
            .collect();
        assert_eq!(changes(&report), expected, "{first}..{last}");
    }
    let empty = Query::Between {
        first: date("2026-11-15"),
        last: date("2026-11-17"),
    };
    let answer = format!("{:?}", world.ask(&empty).await);
    assert!(answer.starts_with("NoSnapshot"), "{answer}");
}

/// A period has the same changes as its days.
#[tokio::test]
async fn a_period_is_the_sum_of_its_days_from_the_first_poll_on() {
    let world = World::at("2026-11-10T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled, 3 Enabled");
    world.poll().await;
    world.poll_at("2026-11-10T15:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-11T09:00:00Z", "2 Resigned").await;
    world.poll_at("2026-11-12T09:00:00Z", "3 Resigned").await;
    for (first, last) in [
        ("2026-11-10", "2026-11-11"),
        ("2026-11-10", "2026-11-12"),
        ("2026-11-11", "2026-11-12"),
        ("2026-11-01", "2026-11-10"),
    ] {
        let mut days = Vec::new();
        for day in date(first).iter_days().take_while(|day| *day <= date(last)) {
            if day >= date("2026-11-10") {
                days.extend(changes(&world.on(&day.to_string()).await));
            }
        }
        let report = world.between(first, last).await;
        assert_eq!(changes(&report), days, "{first}..{last}");
    }
    let report = world.between("2026-11-10", "2026-11-11").await;
    let Coverage::Compared { from, .. } = report.hubs[0].coverage else {
        panic!("{:?}", report.hubs[0].coverage);
    };
    assert_eq!(from.at, time("2026-11-10T09:00:00Z"));
}

#[tokio::test]
async fn a_period_that_goes_on_ends_today_and_says_so() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T09:00:00Z", "1 Resigned").await;
    let asked = Query::Between {
        first: date("2026-11-20"),
        last: date("2026-12-02"),
    };
    let Answer::Report(reported) = world.ask(&asked).await else {
        panic!("a report expected");
    };
    assert_eq!(reported.query, Query::On(date("2026-11-20")));
    assert_eq!(reported.asked_until, Some(date("2026-12-02")));
    assert_eq!(changes(&reported.report).len(), 1);
    let ahead = Query::Between {
        first: date("2026-11-21"),
        last: date("2026-12-02"),
    };
    let Answer::NoSnapshot(none) = world.ask(&ahead).await else {
        panic!("nothing expected");
    };
    assert_eq!(none.date, date("2026-11-21"));
    assert_eq!(none.nearest.before, Some(date("2026-11-20")));
}

#[tokio::test]
async fn the_live_answer_goes_back_to_the_last_closing_snapshot_before_today() {
    let world = World::at("2026-11-17T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T08:00:00Z", "1 Resigned").await;
    world.set("2026-11-20T11:00:00Z");
    world.list("2 Removed");
    let now = world.now().await;
    assert_eq!(
        compared(&now),
        (Some(date("2026-11-17")), date("2026-11-20"))
    );
    assert_eq!(
        changes(&now),
        ["Left 1: Enabled → Resigned", "Removed 2: Enabled → Removed"]
    );
    assert_eq!(now.hubs[0].checked_at, Some(time("2026-11-20T11:00:00Z")));
}

#[tokio::test]
async fn a_standing_member_has_an_age_in_days_that_other_changes_do_not_touch() {
    let world = World::at("2026-11-01T09:00:00Z", Tokyo).await;
    world.list("1 Enabled, 2 Enabled, 3 Invited");
    world.poll().await;
    world.poll_at("2026-11-02T09:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-05T09:00:00Z", "2 Removed").await;
    // 15:10 UTC is the next day in Tokyo.
    world.poll_at("2026-11-09T15:10:00Z", "3 Enabled").await;
    assert_eq!(
        standing(&world.now().await),
        ["Resigned 1: 8 days", "Removed 2: 5 days"]
    );
    assert_eq!(
        standing(&world.on("2026-11-05").await),
        [
            "Resigned 1: 3 days",
            "Removed 2: 0 days",
            "Invited 3: 4 days"
        ]
    );
}

#[tokio::test]
async fn a_failed_listing_changes_nothing_but_the_time_since_which_the_hub_fails() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Resigned");
    let before = world.poll().await.head;
    let store = world.store();
    for (at, reason) in [
        ("2026-11-20T09:00:00Z", UnreadReason::Throttled),
        ("2026-11-21T09:00:00Z", UnreadReason::AccessDenied),
    ] {
        world.set(at);
        world.fail(reason);
        let polled = world.watch().poller.poll_all().await;
        assert!(matches!(*polled[0].1, Err(PollError::List(_))));
        let head = store.head(world.hub()).await.unwrap();
        let unread = head.unread.unwrap();
        assert_eq!(unread.since, time("2026-11-20T09:00:00Z"));
        assert_eq!(unread.reason, reason);
        let untouched = securityhub_members::watch::ports::Head {
            unread: None,
            ..head
        };
        assert_eq!(untouched, before);
    }
    let now = world.now().await;
    assert_eq!(counts(&now.counts), "Resigned 1, Enabled 1");
    assert_eq!(changes(&now), [""; 0]);
    assert_eq!(now.hubs[0].checked_at, Some(time("2026-11-20T08:00:00Z")));
    assert!(now.hubs[0].unread.is_some());
    assert_eq!(
        world.nothing_on("2026-11-21").await.nearest.before,
        Some(date("2026-11-20"))
    );

    world.hubs.recover(world.hub());
    let mended = world.poll_at("2026-11-21T09:15:00Z", "2 Enabled").await;
    assert_eq!(mended.head.unread, None);
    assert_eq!(
        changes(&world.now().await),
        ["Joined 2: Resigned → Enabled"]
    );
    // A poll without changes ends the failure, too.
    world.fail(UnreadReason::TimedOut);
    world.watch().poller.poll_all().await;
    world.hubs.recover(world.hub());
    world.poll_at("2026-11-21T09:30:00Z", "").await;
    assert_eq!(store.head(world.hub()).await.unwrap().unread, None);
}

#[tokio::test]
async fn a_hub_that_was_never_read_is_failing_and_not_empty() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    world.fail(UnreadReason::NotEnabled);
    let polled = world.watch().poller.poll_all().await;
    assert!(
        matches!(*polled[0].1, Err(PollError::List(_))),
        "{polled:?}"
    );
    let report = match world.watch().live.answer(&Query::Now).await.unwrap() {
        securityhub_members::watch::Answer::Report(reported) => reported.report,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        report.hubs[0].coverage,
        Coverage::Missing(Nearest::default())
    );
    let unread = report.hubs[0].unread.unwrap();
    assert_eq!(unread.reason, UnreadReason::NotEnabled);
    world.hubs.recover(world.hub());
    let first = world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    assert!(first.first);
    assert_eq!(first.head.version, Version(1));
    assert_eq!(first.head, world.store().head(world.hub()).await.unwrap());
}

#[tokio::test]
async fn an_account_is_gone_when_two_readings_lack_it() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    let hub = world.hub();
    world.list("1 Enabled, 2 Enabled, 3 Enabled, 4 Enabled");
    world.poll().await;
    let reads = world.hubs.reads(hub);
    world.list("4 Resigned, 5 Invited");
    assert_eq!(world.poll().await.changes.len(), 2);
    assert_eq!(world.hubs.reads(hub), reads + 1, "nobody is missing");

    // A list that is cut off, an empty one, and one that changed between pages.
    let one = |account| listed(account, "Enabled");
    for glitch in [vec![one(1)], vec![], vec![one(1), one(2), one(3)]] {
        let reads = world.hubs.reads(hub);
        world.hubs.glitch(hub, glitch);
        let polled = world.poll().await;
        assert_eq!(polled.changes, [], "a glitch is not believed");
        assert_eq!(world.hubs.reads(hub), reads + 2);
    }
    // The two readings lack different accounts, so a third one decides.
    world.hubs.glitch(hub, vec![one(1), one(2)]);
    world.hubs.glitch(
        hub,
        vec![one(3), listed(4, "Resigned"), listed(5, "Invited")],
    );
    let reads = world.hubs.reads(hub);
    assert_eq!(world.poll().await.changes, []);
    assert_eq!(world.hubs.reads(hub), reads + 3);
    // The second reading is the later one.
    world
        .hubs
        .glitch(hub, vec![one(1), one(2), listed(3, "Enabled")]);
    world.list("3 Removed");
    let polled = world.poll().await;
    assert_eq!(polled.changes.len(), 1);

    world.list("2 -, 3 -, 4 -");
    let reads = world.hubs.reads(hub);
    assert_eq!(
        world.poll().await.changes.len(),
        3,
        "what stays is believed"
    );
    assert_eq!(world.hubs.reads(hub), reads + 2);
}

#[tokio::test]
async fn a_snapshot_comes_from_one_reading_even_when_accounts_vanish_between_two() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    let hub = world.hub();
    world.list("1 Enabled, 2 Enabled, 3 Enabled");
    world.poll().await;
    // 1 leaves, then 3 changes and 2 leaves: 2 was not listed while 3 was Removed.
    let one = |account| listed(account, "Enabled");
    world.hubs.glitch(hub, vec![one(2), one(3)]);
    world.list("1 -, 2 -, 3 Removed");
    let polled = world.poll().await;
    assert_eq!(polled.changes.len(), 3, "{polled:?}");
    assert_eq!(polled.head.day.unwrap().counts.total(), 1);
}

#[tokio::test]
async fn if_accounts_keep_disappearing_those_missing_in_two_readings_are_gone() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    let hub = world.hub();
    // Fewer than half are missing, so the list is not doubted.
    let all: Vec<_> = (1..=12)
        .map(|account| format!("{account} Enabled"))
        .collect();
    world.list(&all.join(", "));
    world.poll().await;
    for first in 2..=5 {
        let left = (first..=12).map(|account| listed(account, "Enabled"));
        world.hubs.glitch(hub, left.collect());
    }
    world.list("1 -, 2 -, 3 -, 4 -, 5 -");
    let polled = world.poll().await;
    assert_eq!(polled.changes.len(), 4, "{polled:?}");
    assert_eq!(world.poll().await.changes.len(), 1, "the last one follows");
}

#[tokio::test]
async fn a_second_reading_that_fails_is_no_reading() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled");
    world.poll().await;
    world.hubs.glitch(world.hub(), vec![listed(1, "Enabled")]);
    world.fail(UnreadReason::Throttled);
    let polls = world.watch().poller.poll_all().await;
    assert!(polls[0].1.is_err(), "{polls:?}");
    let head = world.store().head(world.hub()).await.unwrap();
    assert_eq!(head.unread.unwrap().reason, UnreadReason::Throttled);
    assert_eq!(head.version, Version(1));
}

#[tokio::test]
async fn a_clock_that_is_set_back_never_opens_a_closed_date() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled");
    world.poll().await;
    world.poll_at("2026-11-21T09:00:00Z", "1 Resigned").await;
    let closed = world.on("2026-11-20").await;
    // The clock is set back by a day, with a change.
    let back = world.poll_at("2026-11-20T10:00:00Z", "2 Resigned").await;
    assert_eq!(back.changes.len(), 1);
    world.set("2026-11-21T10:00:00Z");
    assert_eq!(world.on("2026-11-20").await, closed);
    assert_eq!(
        changes(&world.on("2026-11-21").await),
        ["Left 1: Enabled → Resigned", "Left 2: Enabled → Resigned"]
    );
}

#[tokio::test]
async fn an_unknown_status_is_kept_unchanged() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T09:00:00Z", "1 On_Hold").await;
    let report = world.on("2026-11-20").await;
    assert_eq!(changes(&report), ["Unprotected 1: Enabled → On_Hold"]);
    assert_eq!(standing(&report), ["On_Hold 1: 0 days"]);
    let status = MemberStatus::Other("On_Hold".to_owned());
    assert_eq!(report.counts.of(&status), 1);
    assert_eq!(
        changes(
            &world
                .poll_and_report("2026-11-21T09:00:00Z", "1 Enabled")
                .await
        ),
        ["Joined 1: On_Hold → Enabled"]
    );
}

#[tokio::test]
async fn the_overview_has_today_the_week_and_thirty_days_of_counts() {
    let mut world = World::at("2026-10-01T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    let other = hub("us-east-1");
    world.hubs.set(&other, 9, "Enabled");
    world.list("1 Enabled, 2 Enabled, 3 Enabled");
    world.poll().await;
    world.poll_at("2026-11-13T09:00:00Z", "1 Resigned").await;
    // Seven days with today are 14 to 20 November.
    world.poll_at("2026-11-14T09:00:00Z", "2 Resigned").await;
    world.poll_at("2026-11-19T09:00:00Z", "").await;
    world.hubs.fail(&other, UnreadReason::Unreachable);
    world.set("2026-11-20T09:00:00Z");
    world.list("3 Resigned");
    world.watch().poller.poll_all().await;
    world.clock.advance(TimeDelta::minutes(1));

    let overview = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(overview.today, date("2026-11-20"));
    assert_eq!(overview.at, world.clock.now());
    assert_eq!(changes(&overview.now), ["Left 3: Enabled → Resigned"]);
    assert_eq!(
        changes(&overview.week),
        ["Left 2: Enabled → Resigned", "Left 3: Enabled → Resigned"]
    );
    assert!(overview.now.hubs[1].unread.is_some());
    let trend: Vec<_> = overview
        .trend
        .iter()
        .filter_map(|day| Some(format!("{} {}", day.date, counts(day.counts.as_ref()?))))
        .collect();
    assert_eq!(overview.trend.len(), 30);
    assert_eq!(overview.trend[0].date, date("2026-10-22"));
    assert_eq!(
        trend,
        [
            "2026-11-13 Resigned 1, Enabled 3",
            "2026-11-14 Resigned 2, Enabled 2",
            "2026-11-19 Resigned 2, Enabled 2",
            "2026-11-20 Resigned 3, Enabled 1",
        ]
    );
    let only = HubFilter {
        region: Some(other.region.clone()),
        ..HubFilter::ALL
    };
    let one = world.watch().overviews.overview(&only, None).await.unwrap();
    assert_eq!(counts(&one.now.counts), "Enabled 1");
    assert_eq!(one.now.hubs.len(), 1);
}

#[tokio::test]
async fn the_overview_of_a_young_history_begins_with_its_first_snapshot() {
    let world = World::at("2026-11-18T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-19T09:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    let overview = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(changes(&overview.now), ["Joined 1: Resigned → Enabled"]);
    assert_eq!(
        changes(&overview.week),
        ["Flapped 1: Enabled → Resigned → Enabled"]
    );
    let Coverage::Compared { from, .. } = overview.week.hubs[0].coverage else {
        panic!("the week is compared with the first snapshot");
    };
    assert_eq!(from.date.to_string(), "2026-11-18");
}

#[tokio::test]
async fn a_day_without_a_poll_is_not_reported_as_unchanged() {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T23:50:00Z", "1 Resigned").await;
    world.set("2026-11-21T00:05:00Z");
    let today = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap()
        .now;
    assert_eq!(changes(&today), [""; 0]);
    let before = Some(date("2026-11-20"));
    let missing = Coverage::Missing(Nearest {
        before,
        after: None,
    });
    assert_eq!(today.hubs[0].coverage, missing);
    assert_eq!(
        counts(&today.counts),
        "Resigned 1",
        "how things were is shown"
    );
}

#[tokio::test]
async fn two_questions_at_once_share_one_listing() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    let watch = world.watch();
    let (one, two) = tokio::join!(
        watch.live.answer(&Query::Now),
        watch.live.answer(&Query::Now)
    );
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(world.hubs.reads(world.hub()), 1);
    watch.live.answer(&Query::Now).await.unwrap();
    assert_eq!(
        world.hubs.reads(world.hub()),
        2,
        "and a later one looks again"
    );
}
