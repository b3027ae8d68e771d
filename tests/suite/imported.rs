//! Days from before the first poll: queries include them like other days, and digests exclude
//! them.

use chrono::Utc;
use chrono_tz::Asia::Tokyo;
use chrono_tz::UTC;
use securityhub_members::domain::hub::{HubFilter, Version};
use securityhub_members::domain::member::{Listed, MemberList};
use securityhub_members::watch::ports::HeadStore as _;
use securityhub_members::watch::{Imported, KeptList, PollError, SkipReason};

use crate::support::crash::{Fault, Fuse};
use crate::support::hubs::listed;
use crate::support::table::RETENTION_DAYS;
use crate::support::{World, changes, counts, date, everything, standing, time};

/// A list at a time, like `"1 Enabled, 2 Resigned"`.
fn kept(at: &str, members: &str) -> KeptList {
    let member = |member: &str| {
        let (account, status) = member.split_once(' ').unwrap();
        Listed {
            email: None,
            ..listed(account.parse().unwrap(), status)
        }
    };
    KeptList {
        at: time(at),
        list: MemberList::new(members.split(", ").map(member).collect()),
    }
}

async fn import(world: &World, lists: &[KeptList]) -> Imported {
    let now = securityhub_members::clock::Clock::now(&world.clock);
    let keep_from = now - chrono::TimeDelta::days(RETENTION_DAYS as i64);
    let import = |dry_run| {
        let (watch, lists) = (world.watch(), lists.to_vec());
        async move {
            let imported = watch
                .importer
                .import(world.hub(), lists, keep_from, dry_run, |_, _| ());
            imported.await.unwrap()
        }
    };
    let before = world.table.items("").await;
    let dry = import(true).await;
    assert_eq!(
        world.table.items("").await,
        before,
        "a dry run writes nothing"
    );
    let done = import(false).await;
    assert_eq!(dry, done, "a dry run says what is done");
    done
}

fn week() -> Vec<KeptList> {
    vec![
        kept("2026-11-10T00:30:00Z", "1 Enabled, 2 Enabled, 3 Invited"),
        kept("2026-11-11T00:30:00Z", "1 Enabled, 2 Resigned, 3 Enabled"),
        kept("2026-11-13T00:30:00Z", "1 Enabled, 2 Resigned, 4 Created"),
    ]
}

#[tokio::test]
async fn imported_days_are_answered_like_any_other() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let done = import(&world, &week()).await;
    assert_eq!(
        done.new,
        [date("2026-11-10"), date("2026-11-11"), date("2026-11-13")]
    );
    assert_eq!(done.changes, 4);
    let day = world.on("2026-11-11").await;
    assert_eq!(
        changes(&day),
        ["Left 2: Enabled → Resigned", "Joined 3: Invited → Enabled"]
    );
    assert_eq!(counts(&day.counts), "Resigned 1, Enabled 2");
    assert_eq!(standing(&day), ["Resigned 2: 0 days"]);
    let later = world.on("2026-11-13").await;
    assert_eq!(
        standing(&later),
        ["Resigned 2: 2 days", "Created 4: 0 days"]
    );
    assert_eq!(
        changes(&later),
        ["Deleted 3: Enabled → -", "New 4: - → Created"]
    );
    let nothing = world.nothing_on("2026-11-12").await;
    assert_eq!(nothing.nearest.before, Some(date("2026-11-11")));
    assert_eq!(
        nothing.range,
        Some((date("2026-11-10"), date("2026-11-13")))
    );
    let span = world.between("2026-11-10", "2026-11-13").await;
    assert_eq!(
        changes(&span),
        [
            "Left 2: Enabled → Resigned",
            "Deleted 3: Invited → Enabled → -",
            "New 4: - → Created"
        ]
    );
}

#[tokio::test]
async fn a_first_list_that_lacks_what_was_imported_is_doubted_like_any_other() {
    let world = World::at("2026-11-14T09:00:00Z", UTC).await;
    let members: Vec<_> = (1..9).map(|number| format!("{number} Enabled")).collect();
    import(&world, &[kept("2026-11-13T00:30:00Z", &members.join(", "))]).await;
    let (_, polled) = world.watch().poller.poll_all().await.remove(0);
    let is_doubted = matches!(polled.as_ref(), Err(PollError::Doubted { .. }));
    assert!(is_doubted, "{polled:?}");
    world.set("2026-11-14T09:15:00Z");
    assert!(world.poll().await.first);
    let day = world.on("2026-11-14").await;
    assert_eq!(changes(&day).len(), 8);
}

#[tokio::test]
async fn the_first_poll_goes_on_where_the_imported_days_end() {
    let world = World::at("2026-11-14T09:00:00Z", UTC).await;
    import(&world, &week()).await;
    world.list("1 Removed, 2 Resigned, 4 Created");
    world.poll().await;
    world.poll_at("2026-11-14T12:00:00Z", "4 Enabled").await;
    let seam = [
        "Removed 1: Enabled → Removed",
        "Joined 4: Created → Enabled",
    ];
    assert_eq!(changes(&world.on("2026-11-14").await), seam);
    let overview = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(changes(&overview.now), seam);
    assert_eq!(
        changes(&overview.week),
        [
            "Left 2: Enabled → Resigned",
            "Removed 1: Enabled → Removed",
            "Deleted 3: Invited → Enabled → -",
            "Joined 4: - → Created → Enabled"
        ]
    );
    let known = overview.trend.iter().filter(|day| day.counts.is_some());
    assert_eq!(known.count(), 4, "three imported days and today");
}

#[tokio::test]
async fn an_import_after_the_first_polls_joins_them_to_what_was_there_before() {
    let world = World::at("2026-11-14T09:00:00Z", UTC).await;
    world.list("1 Removed, 2 Resigned, 4 Created");
    world.poll().await;
    // The snapshot of the first poll is replaced on its date.
    world
        .poll_at("2026-11-14T12:00:00Z", "4 Enabled, 1 -")
        .await;
    world.poll_at("2026-11-15T12:00:00Z", "2 -").await;
    let head = world.store().head(world.hub()).await.unwrap();
    let mut lists = week();
    // For later lists of the script, polled data takes precedence.
    lists.push(kept("2026-11-14T00:30:00Z", "1 Enabled"));
    let done = import(&world, &lists).await;
    assert_eq!(
        done.skipped,
        [(date("2026-11-14"), SkipReason::Polled(date("2026-11-14")))]
    );
    assert_eq!(world.store().head(world.hub()).await.unwrap(), head);
    assert_eq!(
        changes(&world.on("2026-11-14").await),
        [
            "Removed 1: Enabled → Removed → -",
            "Joined 4: Created → Enabled"
        ]
    );
    assert_eq!(
        changes(&world.on("2026-11-15").await),
        ["Deleted 2: Resigned → -"]
    );
    let overview = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    let known = overview.trend.iter().filter(|day| day.counts.is_some());
    assert_eq!(known.count(), 5);
}

#[tokio::test]
async fn no_digest_includes_imported_days() {
    let world = World::at("2026-11-14T09:00:00Z", UTC).await;
    import(&world, &week()).await;
    world.list("1 Removed, 2 Resigned");
    world.poll().await;
    let digest = |day: &'static str| {
        let watch = world.watch();
        async move {
            watch
                .deliveries
                .preview("C1", &everything(), date(day))
                .await
                .unwrap()
        }
    };
    assert_eq!(changes(&digest("2026-11-14").await.report), [""; 0]);
    world.poll_at("2026-11-15T09:00:00Z", "1 Enabled").await;
    // Also if they are imported later.
    let more = kept("2026-11-12T00:30:00Z", "1 Resigned, 9 Enabled");
    import(&world, &[more]).await;
    let digest = digest("2026-11-15").await;
    assert_eq!(changes(&digest.report), ["Joined 1: Removed → Enabled"]);
    let covered = digest.covered.values().copied().collect::<Vec<_>>();
    assert_eq!(covered, [Version(2)]);
}

#[tokio::test]
async fn importing_the_same_again_changes_nothing_and_more_fills_the_gaps() {
    let world = World::at("2026-11-14T09:00:00Z", UTC).await;
    let all = week();
    import(&world, &[all[0].clone(), all[2].clone()]).await;
    world.list("1 Enabled, 2 Resigned");
    world.poll().await;
    assert_eq!(
        changes(&world.on("2026-11-13").await),
        [
            "Left 2: Enabled → Resigned",
            "Deleted 3: Invited → -",
            "New 4: - → Created"
        ]
    );
    let done = import(&world, &all).await;
    assert_eq!(done.new, [date("2026-11-11")]);
    assert_eq!(
        done.changed,
        [date("2026-11-13")],
        "it has other changes now"
    );
    assert_eq!(done.same, 1);
    assert_eq!(
        changes(&world.on("2026-11-13").await),
        ["Deleted 3: Enabled → -", "New 4: - → Created"]
    );
    let before = world.table.items("").await;
    let again = import(&world, &all).await;
    assert_eq!(
        (again.same, again.new.len(), again.changed.len()),
        (3, 0, 0)
    );
    assert_eq!(world.table.items("").await, before);
    // The replaced parts are deleted.
    let parts = world.table.keys("SNAPSHOT#").await;
    assert_eq!(parts.len(), 4, "{parts:?}");
}

#[tokio::test]
async fn lists_older_than_the_retention_are_skipped_and_reported() {
    let world = World::at("2026-11-14T09:00:00Z", UTC).await;
    let mut lists = week();
    lists.push(kept("2025-01-01T00:00:00Z", "1 Enabled"));
    // Of two lists of a date, the later one is used.
    lists.push(kept("2026-11-10T00:00:00Z", "1 Resigned"));
    let done = import(&world, &lists).await;
    assert_eq!(
        done.skipped,
        [
            (date("2025-01-01"), SkipReason::Expired),
            (date("2026-11-10"), SkipReason::NotTheLast)
        ]
    );
    let first = world.on("2026-11-10").await;
    assert_eq!(counts(&first.counts), "Invited 1, Enabled 2");
}

#[tokio::test]
async fn a_list_comes_to_the_date_that_it_was_in_the_time_zone() {
    let world = World::at("2026-11-14T09:00:00Z", Tokyo).await;
    let done = import(&world, &[kept("2026-11-10T22:00:00Z", "1 Enabled")]).await;
    assert_eq!(done.new, [date("2026-11-11")]);
}

#[tokio::test]
async fn an_import_during_polls_disturbs_none_and_misses_nothing() {
    for round in 0..12 {
        let world = World::at("2026-11-14T09:00:00Z", UTC).await;
        world.list("1 Removed, 2 Resigned");
        if round % 2 == 0 {
            world.poll().await;
        }
        let keep_from = chrono::DateTime::<Utc>::UNIX_EPOCH;
        let importing = async {
            let watch = world.watch();
            let imported = watch
                .importer
                .import(world.hub(), week(), keep_from, false, |_, _| ());
            imported.await.unwrap()
        };
        let polling = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            for status in ["Invited", "Enabled", "Resigned"] {
                world.list(&format!("7 {status}"));
                world.poll().await;
            }
        };
        tokio::join!(importing, polling);
        world.poll_at("2026-11-14T10:00:00Z", "8 Enabled").await;
        let today = changes(&world.on("2026-11-14").await);
        for change in [
            "Removed 1: Enabled → Removed",
            "Deleted 4: Created → -",
            "Joined 8: - → Enabled",
        ] {
            assert!(today.contains(&change.to_owned()), "{round}: {today:?}");
        }
        let overview = world
            .watch()
            .overviews
            .overview(&HubFilter::ALL, None)
            .await
            .unwrap();
        let known = overview.trend.iter().filter(|day| day.counts.is_some());
        assert_eq!(known.count(), 4, "{round}");
        assert_eq!(changes(&overview.now), today, "{round}");
    }
}

#[tokio::test]
async fn an_import_may_end_or_fail_at_any_step_and_the_next_one_finishes_it() {
    let mut step = 0;
    let mut reached = true;
    while reached {
        step += 1;
        for fault in Fault::ALL {
            let world = World::at("2026-11-14T09:00:00Z", UTC).await;
            world.list("1 Removed, 2 Resigned, 4 Created");
            world.poll().await;
            let fuse = Fuse::at(step, fault);
            let watch = world.watch_over(world.fused_store(&fuse));
            let keep_from = chrono::DateTime::<Utc>::UNIX_EPOCH;
            let cut = watch
                .importer
                .import(world.hub(), week(), keep_from, false, |_, _| ());
            let _ = fuse.run(cut).await;
            reached = fuse.was_reached();
            // Another process publishes in between.
            world.poll_at("2026-11-14T10:00:00Z", "4 Enabled").await;
            let watch = world.watch();
            let done = watch
                .importer
                .import(world.hub(), week(), keep_from, false, |_, _| ());
            let done = done.await.unwrap();
            assert_eq!(done.changes, 4, "{step} {fault:?}");
            assert_eq!(
                changes(&world.on("2026-11-14").await),
                [
                    "Removed 1: Enabled → Removed",
                    "Joined 4: Created → Enabled"
                ],
                "{step} {fault:?}"
            );
            let overview = world
                .watch()
                .overviews
                .overview(&HubFilter::ALL, None)
                .await
                .unwrap();
            let known = overview.trend.iter().filter(|day| day.counts.is_some());
            assert_eq!(known.count(), 4, "{step} {fault:?}");
        }
    }
    assert!(step > 8, "{step}");
}
