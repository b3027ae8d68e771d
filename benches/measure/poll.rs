//! One poll of the hubs in the environment with the real adapters, without the rate limit.

use std::sync::Arc;
use std::time::Instant;

use chrono::Days;
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::sdk_config;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::aws::table::{DynamoDb, schema};
use securityhub_members::clock::SystemClock;
use securityhub_members::domain::hub::HubId;
use securityhub_members::watch::{Parts, Watch};
use serde_json::{Value, json};

use crate::members::ADMIN;

pub(crate) async fn poll() -> Value {
    let regions = std::env::var("REGIONS").unwrap();
    let hub = |region: &str| HubId {
        admin: ADMIN.parse().unwrap(),
        region: region.parse().unwrap(),
    };
    let hubs: Vec<_> = regions.split(',').map(hub).collect();
    let sdk = sdk_config(hubs.first().map(|hub| &hub.region))
        .await
        .unwrap();
    let client = aws_sdk_dynamodb::Client::new(&sdk);
    schema::create(&client, "members").await.unwrap();
    let clock = Arc::new(SystemClock);
    let administrator = (ADMIN.parse().unwrap(), sdk);
    let source = SecurityHub::new([administrator], CountCalls::default(), Pace::UNLIMITED);
    let store = DynamoDb::new(client, "members".to_owned(), Days::new(400), clock.clone());
    let (source, store) = (Arc::new(source), Arc::new(store));
    let watch = Arc::new(Watch::new(Parts::new(
        source,
        store,
        clock,
        chrono_tz::UTC,
        hubs,
    )));
    let began = Instant::now();
    for (hub, polled) in watch.poller.poll_all().await {
        assert!(polled.is_ok(), "{hub}: {polled:?}");
    }
    json!({ "ms": began.elapsed().as_secs_f64() * 1e3 })
}
