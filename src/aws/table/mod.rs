//! Stores history and deliveries in one DynamoDB table.
//!
//! Every new state of a hub is published by one transaction, conditional on the state that it was
//! compared with. Data that is too large for a transaction is written first, under a writer ID
//! that is used once, and becomes visible with the transaction.
//!
//! `keys.rs` lists the items of the table. `item.rs`, `seal.rs`, `codec.rs` and `parts.rs` define
//! their format, and `access.rs` reads and writes them. Each of the other files implements one
//! store trait.

mod access;
mod cache;
mod cases;
pub mod codec;
mod deliveries;
mod history;
pub mod inspect;
mod item;
mod keys;
mod once;
mod organization;
mod parts;
pub mod schema;
mod seal;

use std::sync::Arc;

use access::Table;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use cache::Cache;
use cases::CaseCache;
use chrono::Days;
use keys::Key;

use super::answers::WholeAnswers;
use super::calls::CountCalls;
use crate::clock::Clock;
use crate::watch::ports::{SchemaStore, StoreError};

/// The same client with its calls counted.
pub fn counted(client: &Client, calls: CountCalls) -> Client {
    let config = client.config().to_builder().interceptor(calls).build();
    Client::from_conf(config)
}

/// The same client, which rejects responses that are incomplete or not from DynamoDB.
fn checked(client: &Client) -> Client {
    let config = client.config().to_builder().interceptor(WholeAnswers);
    Client::from_conf(config.retry_classifier(WholeAnswers).build())
}

/// The table, and the retention of its items.
pub struct DynamoDb {
    table: Table,
    retention: Days,
    cache: Cache,
    case_cache: CaseCache,
}

impl DynamoDb {
    /// Uses the table `name`. New items expire after `retention`.
    pub fn new(client: Client, name: String, retention: Days, clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Table {
                client: checked(&client),
                name,
                clock,
            },
            retention,
            cache: Cache::default(),
            case_cache: CaseCache::default(),
        }
    }
}

#[async_trait]
impl SchemaStore for DynamoDb {
    async fn probe(&self) -> Result<(), StoreError> {
        let marker = self.table.get(&Key::schema()).await?;
        marker.as_ref().map(item::check).transpose().map(drop)
    }

    async fn sign(&self) -> Result<(), StoreError> {
        let marker = self.table.get(&Key::schema()).await?;
        match marker {
            Some(marker) => item::check(&marker).map(drop),
            None => self.table.sign(&Key::schema()).await,
        }
    }
}
