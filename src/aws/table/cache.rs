//! The newest snapshot of each hub that this process has read.
//!
//! A writer ID is used for one write only, so the parts below it never change and need no second
//! read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::Day;

/// A snapshot that no query used for this long is dropped, because its hub is probably gone.
const UNUSED: TimeDelta = TimeDelta::days(7);

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<HubId, CacheEntry>>);

struct CacheEntry {
    day: Day,
    snapshot: Arc<Snapshot>,
    /// In Unix seconds.
    expires_at: i64,
    used_at: DateTime<Utc>,
}

impl Cache {
    /// The members of this snapshot, if cached and not expired.
    pub(super) fn get(&self, hub: &HubId, day: &Day, now: DateTime<Utc>) -> Option<Arc<Snapshot>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(hub)?;
        entry.used_at = now;
        let is_it = entry.day.version == day.version
            && entry.day.date == day.date
            && entry.day.content == day.content
            && entry.day.counts == day.counts;
        (is_it && entry.expires_at > now.timestamp()).then(|| Arc::clone(&entry.snapshot))
    }

    /// Caches a snapshot, unless a newer one of the hub is cached.
    pub(super) fn put(
        &self,
        hub: &HubId,
        day: &Day,
        snapshot: &Arc<Snapshot>,
        expires_at: i64,
        now: DateTime<Utc>,
    ) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| now - entry.used_at < UNUSED);
        let newer = |entry: &CacheEntry| entry.day.version > day.version;
        if entries.get(hub).is_some_and(newer) {
            return;
        }
        let entry = CacheEntry {
            day: day.clone(),
            snapshot: Arc::clone(snapshot),
            expires_at,
            used_at: now,
        };
        entries.insert(hub.clone(), entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hub::Version;
    use crate::domain::member::Counts;
    use crate::watch::ports::Content;

    #[test]
    fn a_hub_that_is_gone_is_dropped_with_the_next_snapshot_of_another() {
        let hub = |region| format!("111122223333/{region}").parse::<HubId>().unwrap();
        let (gone, kept) = (hub("eu-west-1"), hub("us-east-1"));
        let now: DateTime<Utc> = "2026-11-25T09:00:00Z".parse().unwrap();
        let day = Day {
            date: now.date_naive(),
            version: Version(1),
            taken_at: now,
            checked_at: now,
            counts: Counts::default(),
            content: Content {
                writer: String::new(),
                parts: 1,
                codec: String::new(),
                sha256: String::new(),
            },
            expires_at: None,
            before: None,
            changed: None,
        };
        let cache = Cache::default();
        let snapshot = Arc::new(Snapshot::new(Vec::new()).unwrap());
        let put = |hub, now| cache.put(hub, &day, &snapshot, i64::MAX, now);
        put(&gone, now);
        put(&kept, now);
        let later = now + UNUSED;
        assert!(cache.get(&kept, &day, later).is_some());
        put(&kept, later);
        assert!(cache.get(&gone, &day, later).is_none());
        assert!(cache.get(&kept, &day, later).is_some());
    }
}
