//! The newest snapshot of each hub that this process has read: what does not
//! change is not read twice.
//!
//! A version of a writer is written once. So what was read whole stays true for
//! as long as the table keeps it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::Day;

/// One snapshot for each hub.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<HubId, Entry>>);

struct Entry {
    day: Day,
    snapshot: Arc<Snapshot>,
    /// In Unix seconds.
    expires_at: i64,
}

impl Cache {
    /// The members of this snapshot, where they are known and not expired.
    pub(super) fn get(&self, hub: &HubId, day: &Day, now: DateTime<Utc>) -> Option<Arc<Snapshot>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(hub)?;
        let is_it = entry.day.version == day.version
            && entry.day.date == day.date
            && entry.day.content == day.content
            && entry.day.counts == day.counts;
        (is_it && entry.expires_at > now.timestamp()).then(|| Arc::clone(&entry.snapshot))
    }

    /// Remembers a snapshot, unless a newer one is known.
    pub(super) fn put(&self, hub: &HubId, day: &Day, snapshot: &Arc<Snapshot>, expires_at: i64) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = |entry: &Entry| entry.day.version > day.version;
        if entries.get(hub).is_some_and(newer) {
            return;
        }
        let entry = Entry {
            day: day.clone(),
            snapshot: Arc::clone(snapshot),
            expires_at,
        };
        entries.insert(hub.clone(), entry);
    }
}
