//! Reads snapshots, many in one request. Each one is complete or an error.

use std::sync::Arc;

use crate::aws::table::DynamoDb;
use crate::aws::table::codec::Columns;
use crate::aws::table::item::damaged;
use crate::aws::table::keys::Key;
use crate::aws::table::parts::{self, Whole};
use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::{Day, StoreError, Undamaged};

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
            let snapshot = match known {
                Some(known) => Ok(Some(known)),
                None => {
                    // Each takes milliseconds: other tasks of this thread go in between.
                    tokio::task::yield_now().await;
                    let whole = asked
                        .and_then(|()| parts::whole(&key(hub, day), &day.content, &mut found, now));
                    whole.and_then(|whole| whole.map(|it| self.unpack(hub, day, &it)).transpose())
                }
            };
            snapshots.push(StoreError::set_apart(snapshot)?);
        }
        Ok(snapshots)
    }

    /// On the caller's thread, which is one for work in `serve`. Next to it, a second thread
    /// would use up a container's share of the CPU sooner, and hold a second list in memory.
    fn unpack(&self, hub: &HubId, day: &Day, whole: &Whole) -> Result<Arc<Snapshot>, StoreError> {
        let snapshot = Arc::new(unpacked(&key(hub, day), day, &whole.bytes)?);
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
