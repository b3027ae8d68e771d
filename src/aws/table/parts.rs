//! Values that can be too large for one item: parts under one key, each written once by one
//! writer. A reader gets all parts or none.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::access::{Table, Write};
use super::codec::{self, Encoded, MAX_BYTES, PART_BYTES};
use super::item::{self, damaged};
use super::keys::{Item, Key};
use crate::watch::ports::{Content, StoreError};

/// The highest number of parts. Compressed data can be slightly larger than the original.
const MAX_PARTS: usize = MAX_BYTES.div_ceil(PART_BYTES) + 1;

/// All parts, concatenated.
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
    /// The earliest expiry of the parts, in Unix seconds.
    pub(super) expires_at: i64,
}

/// A unique ID, so that no two writes share a key.
pub(super) fn new_writer() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

pub(super) fn encode<T: Serialize>(key: &Key, value: &T) -> Result<Encoded, StoreError> {
    codec::encode(value).map_err(|error| damaged(key, &error))
}

pub(super) fn decode<T: DeserializeOwned>(
    key: &Key,
    bytes: &[u8],
    content: &Content,
) -> Result<T, StoreError> {
    codec::decode(bytes, &content.codec, &content.sha256).map_err(|error| damaged(key, &error))
}

/// The place of the encoded bytes in the table, with their hash.
pub(super) fn content(writer: &str, encoded: &Encoded) -> Content {
    Content {
        writer: writer.to_owned(),
        parts: encoded.parts().len(),
        codec: codec::CODEC.to_owned(),
        sha256: encoded.sha256.clone(),
    }
}

pub(super) fn items<'a>(
    key: &'a Key,
    encoded: &'a Encoded,
    expires_at: i64,
) -> impl Iterator<Item = Item> + 'a {
    let parts = encoded.parts().enumerate();
    parts.map(move |(index, bytes)| item::part(&key.part(index), bytes, expires_at))
}

/// The keys of the parts under `key`. The number of parts comes from the table, so it is checked
/// before it becomes a request.
pub(super) fn keys(key: &Key, content: &Content) -> Result<Vec<Key>, StoreError> {
    if content.parts > MAX_PARTS {
        return Err(damaged(key, &"it claims to have too many parts"));
    }
    Ok((0..content.parts).map(|index| key.part(index)).collect())
}

/// The parts under `key` from the items found; `None` if one is missing.
pub(super) fn whole(
    key: &Key,
    content: &Content,
    found: &mut HashMap<Key, Item>,
    now: DateTime<Utc>,
) -> Result<Option<Whole>, StoreError> {
    let mut whole = Whole {
        bytes: Vec::new(),
        expires_at: i64::MAX,
    };
    for key in keys(key, content)? {
        let part = found.remove(&key);
        let Some(part) = part.filter(|part| !item::is_expired(part, now)) else {
            return Ok(None);
        };
        let expires_at = item::expiry(&part).unwrap_or(i64::MAX);
        whole.expires_at = whole.expires_at.min(expires_at);
        whole.bytes.extend(item::data(part)?);
    }
    Ok(Some(whole))
}

impl Table {
    /// The bytes of the parts under `key`; `None` if one is missing.
    pub(super) async fn bytes(
        &self,
        key: &Key,
        content: &Content,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut found = self.get_all(&keys(key, content)?).await?;
        let whole = whole(key, content, &mut found, self.clock.now())?;
        Ok(whole.map(|whole| whole.bytes))
    }

    /// The value in the parts under `key`; `None` if one is missing.
    pub(super) async fn value<T: DeserializeOwned>(
        &self,
        key: &Key,
        content: &Content,
    ) -> Result<Option<T>, StoreError> {
        let bytes = self.bytes(key, content).await?;
        let value = bytes.map(|bytes| decode(key, &bytes, content));
        value.transpose()
    }

    /// Writes a value in parts under `key`. It is visible to readers only after the returned
    /// content is stored too.
    pub(super) async fn put_value<T: Serialize>(
        &self,
        key: &Key,
        writer: &str,
        value: &T,
        expires_at: i64,
    ) -> Result<Content, StoreError> {
        let encoded = encode(key, value)?;
        for part in items(key, &encoded, expires_at) {
            self.put(part).await?;
        }
        Ok(content(writer, &encoded))
    }
}

/// DynamoDB's limits are 100 items and 4 MB per transaction. The rest is a margin.
const TRANSACTION_ITEMS: usize = 90;
const TRANSACTION_BYTES: usize = 3_500_000;

/// Writes that become visible together or not at all.
pub(super) struct Transaction {
    /// The conditional writes, and the items that make the parts visible.
    pub(super) writes: Vec<Write>,
    /// Parts under the key of this writer.
    pub(super) parts: Vec<Item>,
    /// Parts that are no longer referenced.
    pub(super) replaced: Vec<Key>,
    /// The approximate size in bytes.
    pub(super) bytes: usize,
}

impl Table {
    /// `false` if a condition failed. If everything does not fit into one transaction, the parts
    /// are written first: they have this writer's ID, so no one reads them before the
    /// transaction. In that case, TTL deletes the replaced parts.
    pub(super) async fn write(&self, mut all: Transaction) -> Result<bool, StoreError> {
        let items = all.writes.len() + all.parts.len() + all.replaced.len();
        if items > TRANSACTION_ITEMS || all.bytes > TRANSACTION_BYTES {
            for part in all.parts.drain(..) {
                self.put(part).await?;
            }
            all.replaced.clear();
        }
        let parts = all.parts.into_iter().map(Write::Put);
        let replaced = all.replaced.into_iter().map(Write::Delete);
        let writes = all.writes.into_iter().chain(parts).chain(replaced);
        self.transact(writes.collect()).await
    }
}
