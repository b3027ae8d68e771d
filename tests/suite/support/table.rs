//! An embedded DynamoDB behind HTTP on loopback, with tables. `TEST_DYNAMODB_ENDPOINT` selects
//! another implementation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chrono::Days;
use securityhub_members::aws::embedded;
use securityhub_members::aws::table::{DynamoDb, schema};
use securityhub_members::clock::Clock;

use super::crash::Fuse;
use super::wire::{Refusal, Tally, fused, refusing, tallied};

pub(crate) const RETENTION_DAYS: u64 = 400;

/// Clones and tables share the engine.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) client: Client,
    tables: Arc<AtomicUsize>,
    engine: Option<Arc<embedded::Engine>>,
}

impl Engine {
    pub(crate) async fn start() -> Self {
        let (endpoint, engine) = match std::env::var("TEST_DYNAMODB_ENDPOINT") {
            Ok(endpoint) => (endpoint, None),
            Err(_) => {
                let engine = embedded::Engine::in_memory().await.unwrap();
                (engine.url().to_owned(), Some(Arc::new(engine)))
            }
        };
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(endpoint)
            .build();
        Self {
            client: Client::from_conf(config),
            tables: Arc::default(),
            engine,
        }
    }

    /// A new, empty table.
    pub(crate) async fn table(&self) -> Table {
        let number = self.tables.fetch_add(1, Ordering::Relaxed);
        let table = Table {
            client: self.client.clone(),
            name: format!("members-{}-{number}", uuid::Uuid::new_v4()),
            _engine: self.engine.clone(),
        };
        schema::create(&self.client, &table.name).await.unwrap();
        table
    }
}

#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    _engine: Option<Arc<embedded::Engine>>,
}

pub(crate) type Item = std::collections::HashMap<String, AttributeValue>;

impl Table {
    /// The product's store on this table.
    pub(crate) fn store(&self, clock: &(impl Clock + Clone + 'static)) -> DynamoDb {
        self.store_keeping(clock, RETENTION_DAYS)
    }

    /// The same for a process with this fuse below the SDK, with this number of attempts.
    pub(crate) fn fused_store(
        &self,
        clock: &(impl Clock + Clone + 'static),
        fuse: &Fuse,
        attempts: u32,
    ) -> DynamoDb {
        self.over(fused(fuse), attempts).store(clock)
    }

    /// The same with failing requests.
    pub(crate) fn refusing_store(
        &self,
        clock: &(impl Clock + Clone + 'static),
        refusal: &Refusal,
        attempts: u32,
    ) -> DynamoDb {
        self.over(refusing(refusal), attempts).store(clock)
    }

    /// The same with counted requests.
    pub(crate) fn tallied_store(
        &self,
        clock: &(impl Clock + Clone + 'static),
        tally: &Tally,
    ) -> DynamoDb {
        self.over(tallied(tally), 1).store(clock)
    }

    fn over(&self, http: SharedHttpClient, attempts: u32) -> Self {
        let retries = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_attempts(attempts);
        let config = self.client.config().to_builder();
        let config = config.http_client(http).retry_config(retries);
        Self {
            client: Client::from_conf(config.build()),
            ..self.clone()
        }
    }

    pub(crate) fn store_keeping(
        &self,
        clock: &(impl Clock + Clone + 'static),
        days: u64,
    ) -> DynamoDb {
        let clock = Arc::new(clock.clone());
        DynamoDb::new(
            self.client.clone(),
            self.name.clone(),
            Days::new(days),
            clock,
        )
    }

    /// The items whose partition key begins with `prefix`, by key.
    pub(crate) async fn items(&self, prefix: &str) -> Vec<Item> {
        self.scan(prefix, None).await
    }

    /// The keys of these items, as `pk sk`.
    pub(crate) async fn keys(&self, prefix: &str) -> Vec<String> {
        let items = self.scan(prefix, Some("pk, sk")).await;
        let name = |item| format!("{} {}", text(item, "pk"), text(item, "sk"));
        items.iter().map(name).collect()
    }

    async fn scan(&self, prefix: &str, attributes: Option<&str>) -> Vec<Item> {
        let scan = self.client.scan().table_name(&self.name);
        let scan = scan.set_projection_expression(attributes.map(str::to_owned));
        let items = scan.into_paginator().items().send();
        let mut items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
        items.retain(|item| text(item, "pk").starts_with(prefix));
        items.sort_by_key(|item| (text(item, "pk").to_owned(), text(item, "sk").to_owned()));
        items
    }

    /// Writes an item unchanged, bypassing the store.
    pub(crate) async fn put(&self, item: Item) {
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item)).send().await.unwrap();
    }

    /// Deletes an item, bypassing the store.
    pub(crate) async fn delete(&self, mut item: Item) {
        item.retain(|name, _| name == "pk" || name == "sk");
        let delete = self.client.delete_item().table_name(&self.name);
        delete.set_key(Some(item)).send().await.unwrap();
    }
}

pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}
