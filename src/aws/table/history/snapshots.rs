//! Reads snapshots, many in one request. Each one is complete or an error.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::aws::table::DynamoDb;
use crate::aws::table::codec::Columns;
use crate::aws::table::item::damaged;
use crate::aws::table::keys::Key;
use crate::aws::table::parts::{self, Whole};
use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::{Day, StoreError, Undamaged};

/// The number of snapshots decompressed at a time, to limit memory.
const AT_A_TIME: usize = 2;

pub(super) fn parts(hub: &HubId, day: &Day) -> Vec<Key> {
    let key = key(hub, day);
    (0..day.content.parts)
        .map(|index| key.part(index))
        .collect()
}

fn key(hub: &HubId, day: &Day) -> Key {
    Key::snapshot(hub, day.date, day.version, &day.content.writer)
}

impl DynamoDb {
    /// The members of snapshots. Those that are not cached are read in one request.
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
                None => parts::keys(&key(hub, day), &day.content),
            };
            places.push((known, its.map(|its| keys.extend(its))));
        }
        let mut found = self.table.get_all(&keys).await?;
        let mut snapshots = Vec::with_capacity(wanted.len());
        for (&(hub, day), (known, asked)) in wanted.iter().zip(places) {
            let whole = match &known {
                Some(_) => Ok(None),
                None => {
                    asked.and_then(|()| parts::whole(&key(hub, day), &day.content, &mut found, now))
                }
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

    /// Decompression takes milliseconds, so it runs on a blocking thread.
    async fn unpack(
        &self,
        hub: &HubId,
        day: &Day,
        whole: Whole,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let (key, wanted) = (key(hub, day), day.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpacked(&key, &wanted, &whole.bytes));
        let unpacked = unpacked.await.map_err(|error| damaged(&"a task", &error))?;
        let snapshot = Arc::new(unpacked?);
        let now = self.table.clock.now();
        self.cache.put(hub, day, &snapshot, whole.expires_at, now);
        Ok(snapshot)
    }
}

fn unpacked(key: &Key, day: &Day, bytes: &[u8]) -> Result<Snapshot, StoreError> {
    let columns: Columns = parts::decode(key, bytes, &day.content)?;
    let snapshot = Snapshot::try_from(columns).map_err(|error| damaged(key, &error))?;
    if snapshot.counts() != day.counts {
        return Err(damaged(key, &"the members do not add up to the counts"));
    }
    Ok(snapshot)
}
