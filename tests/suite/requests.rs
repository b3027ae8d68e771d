//! The number of requests to the table, which must not grow with the number of Regions or
//! changes.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use chrono_tz::UTC;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::hub::{HubFilter, HubId};
use securityhub_members::domain::query::Query;
use securityhub_members::watch::ports::{HeadStore as _, SnapshotStore as _, StoreError};
use securityhub_members::watch::{Answer, Overview, Watch};

use crate::support::regions::REGIONS;
use crate::support::table::text;
use crate::support::wire::{Refusal, Tally};
use crate::support::{World, date, hub, time};

/// The limit for the Home tab.
const MOST: usize = 20;

/// A month of polls of 17 hubs. Each changes every day, except the first one.
async fn a_month() -> World {
    let mut world = World::at("2026-10-22T09:00:00Z", UTC).await;
    world.watched = REGIONS.map(hub).to_vec();
    for hub in &world.watched {
        world.hubs.set(hub, 1, "Enabled");
        world.hubs.set(hub, 2, "Invited");
    }
    world.poll().await;
    for day in 0..30 {
        world.clock.advance(TimeDelta::days(1));
        let status = ["Resigned", "Enabled"][day % 2];
        for hub in world.watched.iter().skip(1) {
            world.hubs.set(hub, 1, status);
        }
        world.poll().await;
    }
    world
}

impl World {
    fn tallied(&self, tally: &Tally) -> Arc<Watch> {
        self.watch_over(Arc::new(self.table.tallied_store(&self.clock, tally)))
    }

    /// The overview without the copy of the recent dates.
    async fn overview_from_days(&self) -> Overview {
        for item in self.table.items("HUB#").await {
            if text(&item, "sk") == "RECENT" {
                self.table.delete(item).await;
            }
        }
        self.watch()
            .overviews
            .overview(&HubFilter::ALL, None)
            .await
            .unwrap()
    }
}

fn assert_same(one: &Overview, other: &Overview) {
    assert_eq!(one.now, other.now);
    assert_eq!(one.week, other.week);
    assert_eq!(one.trend, other.trend);
}

#[tokio::test]
async fn the_home_tab_and_an_answer_take_few_requests_with_seventeen_regions() {
    let world = a_month().await;
    // `serve` updates the case book after each round of polls.
    world.watch().cases.list().await.unwrap();
    let tally = Tally::default();
    let watch = world.tallied(&tally);
    let first = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    let asked = tally.take();
    // The states, the snapshots, the changes of the hubs with changes, and the cases with
    // their book.
    assert_eq!(asked.len(), 2 + 16 + 2, "{asked:?}");
    assert!(asked.len() <= MOST);
    assert_eq!(first.trend.len(), 30);
    assert!(first.trend.iter().all(|day| day.counts.is_some()));
    // Cached data is not read again.
    let again = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(tally.take().len(), 1 + 16 + 1);
    assert_same(&first, &again);

    let watch = world.tallied(&tally);
    watch.answers.answer_from_store(&Query::Now).await.unwrap();
    assert!(tally.take().len() <= MOST);
    let days_ago = |days| world.today() - TimeDelta::days(days);
    for query in [
        Query::On(days_ago(1)),
        Query::On(days_ago(20)),
        Query::Between {
            first: days_ago(25),
            last: days_ago(2),
        },
    ] {
        let answer = watch.answers.answer_from_store(&query).await.unwrap();
        assert!(matches!(answer, Answer::Report(_)), "{answer:?}");
        let asked = tally.take();
        assert!(asked.len() <= MOST, "{query:?}: {asked:?}");
    }
}

#[tokio::test]
async fn a_quiet_home_tab_takes_two_requests() {
    let mut world = World::at("2026-11-01T09:00:00Z", UTC).await;
    world.watched = REGIONS.map(hub).to_vec();
    world.poll().await;
    for _ in 0..12 {
        world.clock.advance(TimeDelta::days(1));
        world.poll().await;
    }
    let tally = Tally::default();
    let watch = world.tallied(&tally);
    watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    tally.take();
    // A poll without changes doesn't affect that.
    world.clock.advance(TimeDelta::minutes(15));
    world.poll().await;
    let overview = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(tally.take(), ["BatchGetItem", "BatchGetItem"]);
    let checked = overview.now.hubs.iter().map(|hub| hub.checked_at);
    assert!(checked.into_iter().all(|at| at == Some(world.clock.now())));
}

#[tokio::test]
async fn the_recent_dates_say_what_the_days_say() {
    let world = a_month().await;
    let stored = world.table.items("HUB#").await;
    let before = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_same(&before, &world.overview_from_days().await);
    // An older release publishes without updating the copies, so they are outdated.
    world.clock.advance(TimeDelta::hours(1));
    world.hubs.set(world.hub(), 2, "Removed");
    world.poll().await;
    for item in stored {
        if text(&item, "sk") == "RECENT" {
            world.table.put(item).await;
        }
    }
    let behind = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(behind.now.changed(), 1 + before.now.changed());
    // The next publication repairs them.
    world.clock.advance(TimeDelta::hours(1));
    world.hubs.set(world.hub(), 2, "Enabled");
    world.poll().await;
    let mended = world
        .watch()
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_same(&mended, &world.overview_from_days().await);
}

#[tokio::test]
async fn unprocessed_keys_of_a_batch_are_requested_again() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Resigned");
    world.poll().await;
    let refusal = Refusal::leaving_out_all(2);
    let store = world.table.refusing_store(&world.clock, &refusal, 1);
    let watch = world.watch_over(Arc::new(store));
    let overview = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    assert_eq!(overview.now.accounts, 2);
    assert_eq!(refusal.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_never_processed_are_an_error_and_not_missing_items() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let refusal = Refusal::leaving_out_all(1_000);
    let store = world.table.refusing_store(&world.clock, &refusal, 1);
    let error = store.heads(&[world.hub()]).await.unwrap_err();
    assert!(matches!(error, StoreError::Service { .. }), "{error}");
    assert!(error.to_string().contains("left out"), "{error}");
}

#[tokio::test]
async fn a_snapshot_that_is_known_is_gone_when_it_expires() {
    let world = World::at("2026-11-01T09:00:00Z", UTC).await;
    let store = world.table.store_keeping(&world.clock, 10);
    let hub: &HubId = world.hub();
    world.list("1 Enabled");
    let watch = world.watch_over(Arc::new(world.table.store_keeping(&world.clock, 10)));
    watch.poller.poll_all().await;
    let day = store.head(hub).await.unwrap().day.unwrap();
    assert_eq!(day.date, date("2026-11-01"));
    assert!(store.snapshot(hub, &day).await.unwrap().is_some());
    world.set("2026-11-11T08:59:59Z");
    assert!(store.snapshot(hub, &day).await.unwrap().is_some());
    world.set("2026-11-11T09:00:00Z");
    assert!(store.snapshot(hub, &day).await.unwrap().is_none());
    let states = store.states(&[hub]).await.unwrap();
    assert!(states[0].as_ref().unwrap().recent.is_empty(), "{states:?}");
}

#[tokio::test]
async fn a_snapshot_that_was_read_is_not_taken_for_another_one() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let store = world.store();
    world.list("1 Enabled");
    let old = world.poll().await.head.day.unwrap();
    let members = store.snapshot(world.hub(), &old).await.unwrap().unwrap();
    assert_eq!(members.len(), 1);
    let new = world
        .poll_at("2026-11-20T10:00:00Z", "2 Invited")
        .await
        .head;
    let new = new.day.unwrap();
    let members = store.snapshot(world.hub(), &new).await.unwrap().unwrap();
    assert_eq!(members.len(), 2);
    // It was replaced, so it is neither cached nor stored.
    assert_eq!(store.snapshot(world.hub(), &old).await.unwrap(), None);
    let mut other = new.clone();
    other.content.writer = "somebody else".to_owned();
    assert_eq!(store.snapshot(world.hub(), &other).await.unwrap(), None);
    assert_eq!(
        new.taken_at,
        time("2026-11-20T10:00:00Z").with_timezone(&Utc)
    );
}
