//! DynamoDB's errors: throttling, transaction conflicts, failures.

use std::sync::Arc;

use securityhub_members::watch::{PollError, Polled};

use super::*;
use crate::support::wire::Refusal;

/// One poll of a process whose requests get this error.
async fn poll(world: &World, refusal: &Refusal, attempts: u32) -> Result<Polled, PollError> {
    let store = world.table.refusing_store(&world.clock, refusal, attempts);
    let watch = world.watch_over(Arc::new(store));
    let (_, polled) = watch.poller.poll_all().await.remove(0);
    drop(watch);
    Arc::into_inner(polled).unwrap()
}

const OPERATIONS: [&str; 3] = ["GetItem", "BatchGetItem", "TransactWriteItems"];

#[tokio::test]
async fn a_throttled_request_is_repeated_and_nothing_is_noticed() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    let mut number = 2;
    for code in [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
    ] {
        for operation in OPERATIONS {
            world.list(&format!("{number} Enabled"));
            number += 1;
            let refusal = Refusal::new(operation, code, 2);
            let polled = poll(&world, &refusal, 3).await.unwrap();
            let case = format!("{code} to {operation}");
            assert_eq!((polled.changes.len(), refusal.left()), (1, 0), "{case}");
        }
    }
}

#[tokio::test]
async fn a_table_that_stays_throttled_publishes_nothing_and_the_next_poll_everything() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.list("1 Resigned");
    for operation in OPERATIONS {
        let refusal = Refusal::new(operation, "ThrottlingException", usize::MAX);
        let error = poll(&world, &refusal, 3).await.unwrap_err();
        let store = matches!(error, PollError::Store(StoreError::Service { .. }));
        assert!(store, "{operation}: {error}");
        let head = world.store().head(world.hub()).await.unwrap();
        assert_eq!(head.version, Version(1), "{operation}");
        assert_eq!(head.unread, None, "the list was read");
    }
    assert_eq!(world.poll().await.changes.len(), 1);
}

#[tokio::test]
async fn a_transaction_that_conflicts_with_another_is_repeated() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.list("1 Resigned");
    let refusal = Refusal::new("TransactWriteItems", "TransactionCanceledException", 1);
    let polled = poll(&world, &refusal, 1).await.unwrap();
    assert_eq!((polled.changes.len(), refusal.left()), (1, 0));
    assert_eq!(polled.head.version, Version(2));

    world.list("1 Enabled");
    let always = Refusal::new(
        "TransactWriteItems",
        "TransactionCanceledException",
        usize::MAX,
    );
    let error = poll(&world, &always, 1).await.unwrap_err();
    assert!(matches!(error, PollError::Contended(_)), "{error}");
    assert_eq!(world.poll().await.changes.len(), 1);
}
