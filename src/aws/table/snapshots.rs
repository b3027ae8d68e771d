//! Reads what is stored in parts: snapshots, many at once, each whole or not at all.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::codec::{Columns, MAX_BYTES, PART_BYTES};
use super::items::{self, Item, Key, damaged};
use super::{DynamoDb, decode};
use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::{Content, Day, StoreError, Undamaged};

/// How many snapshots are unpacked at a time: it takes memory.
const AT_A_TIME: usize = 2;

/// Nothing of ours has more: packed it can be a little larger than unpacked.
const MAX_PARTS: usize = MAX_BYTES.div_ceil(PART_BYTES) + 1;

/// All parts of something, put together.
struct Whole {
    bytes: Vec<u8>,
    /// When the first of them expires, in Unix seconds.
    expires_at: i64,
}

impl DynamoDb {
    /// The members of snapshots: of those that are not known yet, in one request.
    pub(super) async fn read_snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        let now = self.table.clock.now();
        let mut keys = Vec::new();
        let mut places = Vec::with_capacity(wanted.len());
        for &(hub, day) in wanted {
            let known = self.cache.get(hub, day, now);
            let its = match known {
                Some(_) => Ok(Vec::new()),
                None => part_keys(&key(hub, day), &day.content),
            };
            places.push((known, its.map(|its| keys.extend(its))));
        }
        let mut found = self.table.get_all(&keys).await?;
        let mut snapshots = Vec::with_capacity(wanted.len());
        for (&(hub, day), (known, asked)) in wanted.iter().zip(places) {
            let whole = match &known {
                Some(_) => Ok(None),
                None => asked.and_then(|()| whole(&key(hub, day), &day.content, &mut found, now)),
            };
            snapshots.push(async move {
                let snapshot = match whole {
                    Ok(Some(whole)) => self.unpack(hub, day, whole).await.map(Some),
                    Ok(None) => Ok(known),
                    Err(error) => Err(error),
                };
                StoreError::set_apart(snapshot)
            });
        }
        stream::iter(snapshots)
            .buffered(AT_A_TIME)
            .try_collect()
            .await
    }

    /// On a thread that has nothing else to do: it takes milliseconds.
    async fn unpack(
        &self,
        hub: &HubId,
        day: &Day,
        whole: Whole,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let (key, wanted) = (key(hub, day), day.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpacked(&key, &wanted, &whole.bytes));
        let unpacked = unpacked.await.map_err(|error| damaged("a task", &error))?;
        let snapshot = Arc::new(unpacked?);
        self.cache.put(hub, day, &snapshot, whole.expires_at);
        Ok(snapshot)
    }

    /// The bytes of what is stored in parts under `key`; `None` when not all are there.
    pub(super) async fn parts(
        &self,
        key: &Key,
        content: &Content,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let keys = part_keys(key, content)?;
        let mut found = self.table.get_all(&keys).await?;
        let whole = whole(key, content, &mut found, self.table.clock.now())?;
        Ok(whole.map(|whole| whole.bytes))
    }
}

fn key(hub: &HubId, day: &Day) -> Key {
    Key::snapshot(hub, day.date, day.version, &day.content.writer)
}

/// What is read from the table does not decide how much is asked for.
fn part_keys(key: &Key, content: &Content) -> Result<Vec<Key>, StoreError> {
    if content.parts > MAX_PARTS {
        return Err(damaged(
            &key.to_string(),
            &"it claims to have too many parts",
        ));
    }
    Ok((0..content.parts).map(|index| key.part(index)).collect())
}

fn whole(
    key: &Key,
    content: &Content,
    found: &mut HashMap<Key, Item>,
    now: DateTime<Utc>,
) -> Result<Option<Whole>, StoreError> {
    let mut whole = Whole {
        bytes: Vec::new(),
        expires_at: i64::MAX,
    };
    for key in part_keys(key, content)? {
        let Some(item) = found
            .remove(&key)
            .filter(|item| !items::is_expired(item, now))
        else {
            return Ok(None);
        };
        let expires_at = items::expiry(&item).unwrap_or(i64::MAX);
        whole.expires_at = whole.expires_at.min(expires_at);
        whole.bytes.extend(items::data(item)?);
    }
    Ok(Some(whole))
}

fn unpacked(key: &Key, day: &Day, bytes: &[u8]) -> Result<Snapshot, StoreError> {
    let columns: Columns = decode(key, bytes, &day.content)?;
    let name = key.to_string();
    let snapshot = Snapshot::try_from(columns).map_err(|error| damaged(&name, &error))?;
    if snapshot.counts() != day.counts {
        return Err(damaged(&name, &"the members do not add up to the counts"));
    }
    Ok(snapshot)
}
