//! Actions that must happen once: of any number of claims, one succeeds.

use chrono::TimeDelta;
use chrono_tz::UTC;
use securityhub_members::watch::ports::{Once, OnceStore as _};

use crate::support::{World, time};

#[tokio::test]
async fn of_many_who_take_it_one_does_until_it_is_given_back() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let stores: Vec<_> = (0..8).map(|_| world.store()).collect();
    let what = Once::of(&["share", "C0TEST", "1"]);
    for round in 0..3 {
        let claims = stores.iter().map(|store| store.claim(&what));
        let claims = futures::future::try_join_all(claims).await.unwrap();
        let won = claims.iter().filter(|won| **won).count();
        assert_eq!(won, 1, "round {round}");
        assert!(!world.store().claim(&what).await.unwrap());
        world.store().release(&what).await.unwrap();
    }
    let other = Once::of(&["share", "C0TEST", "2"]);
    assert!(world.store().claim(&other).await.unwrap());
    assert_eq!(world.table.keys("ONCE#").await.len(), 1);
    assert_ne!(Once::of(&["a", "bc"]), Once::of(&["ab", "c"]));
}

#[tokio::test]
async fn it_is_remembered_for_a_day_and_not_for_as_long_as_dynamodb_keeps_it() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let (store, what) = (world.store(), Once::of(&["share"]));
    assert!(store.claim(&what).await.unwrap());
    let item = world.table.items("ONCE#").await.remove(0);
    let expiry = item["expires_at"].as_n().unwrap();
    let expected = time("2026-11-21T09:00:00Z").timestamp();
    assert_eq!(expiry, &expected.to_string());
    assert_eq!(item["schema"].as_n().unwrap(), "1");
    world
        .clock
        .advance(TimeDelta::days(1) - TimeDelta::seconds(1));
    assert!(!store.claim(&what).await.unwrap());
    world.clock.advance(TimeDelta::seconds(1));
    assert!(store.claim(&what).await.unwrap());
    assert!(!store.claim(&what).await.unwrap());
}
