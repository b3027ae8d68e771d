//! Responses that are not from DynamoDB, or incomplete: no data is read from them, and no write
//! counts as done.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use futures::future::BoxFuture;
use securityhub_members::aws::table::DynamoDb;
use securityhub_members::watch::ports::{
    Once, OnceStore as _, OrganizationHead, OrganizationStore as _, RegionStore as _,
};

use super::*;
use crate::support::wire::{Foreign, Refusal};

type Work = for<'a> fn(&'a DynamoDb, &'a HubId, &'a Head) -> BoxFuture<'a, Result<(), StoreError>>;

/// All operations of the store, with the one that gets a foreign response.
const WORK: [(&str, Work); 18] = [
    ("GetItem", |store, hub, _| {
        Box::pin(async move { store.head(hub).await.map(drop) })
    }),
    ("BatchGetItem", |store, hub, _| {
        Box::pin(async move { store.heads(&[hub]).await.map(drop) })
    }),
    ("BatchGetItem", |store, hub, _| {
        Box::pin(async move { store.states(&[hub]).await.map(drop) })
    }),
    ("BatchGetItem", |store, hub, head| {
        Box::pin(async move {
            let day = head.day.as_ref().unwrap();
            store.snapshots(&[(hub, day)]).await.map(drop)
        })
    }),
    ("Query", |store, hub, _| {
        Box::pin(async move {
            let days = store.days(hub, NaiveDate::MIN, NaiveDate::MAX);
            days.await.map(drop)
        })
    }),
    ("Query", |store, hub, _| {
        Box::pin(async move { store.day_up_to(hub, NaiveDate::MAX).await.map(drop) })
    }),
    ("Query", |store, hub, _| {
        Box::pin(async move { store.day_from(hub, NaiveDate::MIN).await.map(drop) })
    }),
    ("Query", |store, hub, head| {
        Box::pin(async move {
            let seen = store.observations(hub, Version::NONE, head.version);
            seen.await.map(drop)
        })
    }),
    ("Query", |store, hub, head| {
        Box::pin(async move {
            let account = listed(1, "Enabled").account;
            let (after, to) = (Version::BEGINNING, head.day.as_ref().unwrap());
            store.history(hub, account, after, to).await.map(drop)
        })
    }),
    ("GetItem", |store, hub, _| {
        Box::pin(async move { store.regions(hub.admin).await.map(drop) })
    }),
    ("GetItem", |store, _, _| {
        Box::pin(async move { store.ledger("C0TEST").await.map(drop) })
    }),
    ("GetItem", |store, _, _| {
        Box::pin(async move { store.organization_head().await.map(drop) })
    }),
    ("UpdateItem", |store, hub, head| {
        Box::pin(async move {
            let now = time("2026-11-20T10:00:00Z");
            store
                .confirm(hub, head, now, now, &head.readings)
                .await
                .map(drop)
        })
    }),
    ("UpdateItem", |store, hub, head| {
        Box::pin(async move {
            let unread = Unread::new(time("2026-11-20T10:00:00Z"), UnreadReason::Throttled);
            store.mark_unread(hub, head, unread).await
        })
    }),
    ("PutItem", |store, hub, _| {
        Box::pin(async move { store.keep_regions(hub.admin, &BTreeSet::new()).await })
    }),
    ("PutItem", |store, _, _| {
        Box::pin(async move {
            let ledger = Ledger::default();
            store.save_ledger("C0TEST", &ledger).await.map(drop)
        })
    }),
    ("PutItem", |store, _, _| {
        Box::pin(async move {
            let head = OrganizationHead::default();
            store.save_organization(&head, None).await.map(drop)
        })
    }),
    ("DeleteItem", |store, _, _| {
        Box::pin(async move { store.release(&Once::of(&["it"])).await })
    }),
];

#[tokio::test]
async fn nothing_is_read_from_a_foreign_response_and_no_write_counts_as_done() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Invited");
    world.poll().await;
    let head = world
        .poll_at("2026-11-20T09:30:00Z", "1 Resigned")
        .await
        .head;
    let hub = world.hub();
    for (number, (operation, work)) in WORK.iter().enumerate() {
        for foreign in Foreign::ALL {
            let refusal = Refusal::answered(operation, foreign, usize::MAX);
            let store = world.table.refusing_store(&world.clock, &refusal, 1);
            let error = work(&store, hub, &head).await;
            let case = format!("{operation} ({number}): {foreign:?}");
            assert!(
                matches!(error, Err(StoreError::Service { .. })),
                "{case}: {error:?}"
            );
            assert_eq!(refusal.left(), usize::MAX - 1, "{case}");
        }
    }
    assert_eq!(world.store().head(hub).await.unwrap(), head);
    assert_eq!(
        world.store().ledger("C0TEST").await.unwrap(),
        Ledger::default()
    );
}

#[tokio::test]
async fn a_foreign_answer_that_passes_is_not_noticed() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let mut number = 2;
    for operation in ["GetItem", "BatchGetItem", "TransactWriteItems"] {
        for foreign in Foreign::ALL {
            world.list(&format!("{number} Enabled"));
            number += 1;
            let refusal = Refusal::answered(operation, foreign, 1);
            let store = world.table.refusing_store(&world.clock, &refusal, 2);
            let watch = world.watch_over(std::sync::Arc::new(store));
            let (_, polled) = watch.poller.poll_all().await.remove(0);
            let polled = polled.as_ref().as_ref().unwrap();
            let case = format!("{operation}: {foreign:?}");
            assert_eq!((polled.changes.len(), refusal.left()), (1, 0), "{case}");
        }
    }
}

#[tokio::test]
async fn a_publication_without_a_response_is_not_assumed_to_be_done() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.list("1 Resigned");
    for foreign in Foreign::ALL {
        let refusal = Refusal::answered("TransactWriteItems", foreign, usize::MAX);
        let store = world.table.refusing_store(&world.clock, &refusal, 1);
        let watch = world.watch_over(std::sync::Arc::new(store));
        let (_, polled) = watch.poller.poll_all().await.remove(0);
        let error = polled.as_ref().as_ref().unwrap_err();
        assert!(
            matches!(
                error,
                securityhub_members::watch::PollError::Store(StoreError::Service { .. })
            ),
            "{foreign:?}: {error}"
        );
    }
    assert_eq!(world.poll().await.changes.len(), 1);
}
