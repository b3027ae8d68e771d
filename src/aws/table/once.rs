//! Claims of actions that must happen once across all processes: the first writer of the item
//! performs the action.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::Days;

use super::DynamoDb;
use super::item::{expires_after, expiring, schema};
use super::keys::Key;
use crate::watch::ports::{Once, OnceStore, StoreError};

/// A claim is kept this long: longer than a `response_url` is valid.
const DAYS: Days = Days::new(1);

#[async_trait]
impl OnceStore for DynamoDb {
    async fn claim(&self, what: &Once) -> Result<bool, StoreError> {
        let now = self.table.clock.now();
        let mut claim = Key::once(what).item();
        claim.insert("schema".to_owned(), schema());
        let claim = expiring(claim, expires_after(now, DAYS));
        // TTL deletes late, so an expired claim may still be stored.
        let condition = "attribute_not_exists(pk) OR expires_at <= :base";
        let base = AttributeValue::N(now.timestamp().to_string());
        self.table.put_if(claim, condition, base).await
    }

    async fn release(&self, what: &Once) -> Result<(), StoreError> {
        self.table.delete(&Key::once(what)).await
    }
}
