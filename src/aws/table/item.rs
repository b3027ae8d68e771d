//! The attributes that every item has: schema, seal, expiry.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Days, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::{Item, Key};
use super::seal;
use crate::watch::ports::StoreError;

/// Stored in every item. Items with another number are rejected.
pub(super) const SCHEMA: u64 = 1;

pub(super) fn schema() -> AttributeValue {
    AttributeValue::N(SCHEMA.to_string())
}

/// An item with this key, the schema and these attributes, all covered by the seal.
pub(super) fn sealed<T: Serialize>(key: &Key, attributes: &T) -> Result<Item, StoreError> {
    sealed_but(key, attributes, &[])
}

/// The same, but the seal leaves out the attributes in `open`, which are updated in place.
pub(super) fn sealed_but<T: Serialize>(
    key: &Key,
    attributes: &T,
    open: &[&str],
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(attributes)
        .map_err(|error| damaged(&key, &error))?;
    item.extend(key.item());
    item.insert("schema".to_owned(), schema());
    seal::close(&mut item, open);
    Ok(item)
}

/// One part of encoded bytes.
pub(super) fn part(key: &Key, bytes: &[u8], expires_at: i64) -> Item {
    let mut item = key.item();
    item.insert("schema".to_owned(), schema());
    expiring(with_data(item, bytes), expires_at)
}

/// Adds bytes, which the seal doesn't cover.
pub(super) fn with_data(mut item: Item, bytes: impl Into<Vec<u8>>) -> Item {
    let data = AttributeValue::B(Blob::new(bytes));
    item.insert("data".to_owned(), data);
    item
}

/// Adds an expiry, in Unix seconds.
pub(super) fn expiring(mut item: Item, expires_at: i64) -> Item {
    let expires_at = AttributeValue::N(expires_at.to_string());
    item.insert("expires_at".to_owned(), expires_at);
    item
}

/// The expiry of an item that is written at `time`, in Unix seconds.
pub(super) fn expires_after(time: DateTime<Utc>, days: Days) -> i64 {
    let expiry = time.checked_add_days(days);
    expiry.unwrap_or(DateTime::<Utc>::MAX_UTC).timestamp()
}

pub(super) fn expiry(item: &Item) -> Option<i64> {
    number(item, "expires_at")
}

/// TTL deletes items late, up to days after they expire.
pub(super) fn is_expired(item: &Item, now: DateTime<Utc>) -> bool {
    expiry(item).is_some_and(|expiry| expiry <= now.timestamp())
}

pub(super) fn number(item: &Item, name: &str) -> Option<i64> {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|value| value.parse().ok())
}

/// Empty if the attribute is missing or not a string.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map_or("", String::as_str)
}

/// Checks the schema, then deserializes the item.
pub(super) fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let key = check(&item)?;
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|error| damaged(&key, &error))
}

pub(super) fn data(mut item: Item) -> Result<Vec<u8>, StoreError> {
    let data = item.remove("data");
    let key = check(&item)?;
    match data {
        Some(AttributeValue::B(blob)) => Ok(blob.into_inner()),
        _ => Err(damaged(&key, &"it has no data")),
    }
}

/// The item's key, if its schema is ours and its seal matches.
pub(super) fn check(item: &Item) -> Result<Key, StoreError> {
    let key = Key::of(item);
    let schema = item.get("schema").and_then(|value| value.as_n().ok());
    match schema.and_then(|schema| schema.parse().ok()) {
        Some(SCHEMA) if seal::holds(item) => Ok(key),
        Some(SCHEMA) => {
            let problem = "it was altered, or copied from another place or time";
            Err(damaged(&key, &problem))
        }
        Some(found) => Err(StoreError::Schema {
            item: key.to_string(),
            found,
            known: SCHEMA,
        }),
        None => Err(damaged(&key, &"it has no schema number")),
    }
}

/// The stored data is not what this program wrote.
pub(super) fn damaged(item: &dyn std::fmt::Display, problem: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        item: item.to_string(),
        problem: problem.to_string(),
    }
}
