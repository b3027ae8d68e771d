//! The last digest of each channel, as far as this process knows, for those who must not wait for
//! the table.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::watch::ports::Delivered;

/// When a channel's last digest was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDigest {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// When the last one with a message was made: the same time, unless this one had no news and the
    /// channel is quiet.
    pub posted_at: DateTime<Utc>,
}

impl LastDigest {
    /// Reports whether the channel didn't get it.
    pub fn is_silent(&self) -> bool {
        self.posted_at < self.at
    }
}

/// The last digest of each channel, by its ID.
#[derive(Default)]
pub struct LastDigests(Mutex<BTreeMap<String, LastDigest>>);

impl LastDigests {
    /// That of a channel; `None` before its ledger was read.
    pub fn of(&self, channel: &str) -> Option<LastDigest> {
        self.lock().get(channel).copied()
    }

    /// Those that had no news and weren't posted.
    pub fn silent(&self) -> Vec<(String, LastDigest)> {
        let last = self.lock().clone().into_iter();
        last.filter(|(_, last)| last.is_silent()).collect()
    }

    pub(super) fn remember(&self, channel: &str, last: Option<&Delivered>) {
        if let Some(last) = last {
            let last = LastDigest {
                at: last.until,
                posted_at: last.posted().at,
            };
            self.lock().insert(channel.to_owned(), last);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, LastDigest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
