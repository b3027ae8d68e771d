//! The requests of the last minutes, by signature: one that comes again byte for
//! byte changes nothing.
//!
//! This is this process's memory. What must not happen twice over several
//! replicas is marked in the store.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// A signature is believed for five minutes before and after its time.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);
/// Slack sends a workspace's requests one by one as people act: this is 16 a
/// second for the whole time, in less than a megabyte.
const MOST: usize = 10_000;

type Signature = [u8; 32];

/// The signatures that were believed.
#[derive(Debug, Default)]
pub struct Replays(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    signatures: HashSet<Signature>,
    /// The oldest first.
    order: VecDeque<(DateTime<Utc>, Signature)>,
}

impl Replays {
    /// Whether this verified signature (`v0=` and hex) comes for the first time.
    pub(super) fn is_first(&self, signature: &str, now: DateTime<Utc>) -> bool {
        let mut key = Signature::default();
        let hex = signature.trim_start_matches("v0=");
        if hex::decode_to_slice(hex, &mut key).is_err() {
            // It would not have been believed.
            return false;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(|oldest| now - oldest > REMEMBERED);
        if seen.signatures.contains(&key) {
            return false;
        }
        if seen.order.len() >= MOST {
            let mut one = true;
            seen.forget(|_| std::mem::take(&mut one));
        }
        seen.signatures.insert(key);
        seen.order.push_back((now, key));
        true
    }
}

impl Seen {
    /// Forgets the oldest for as long as `which` says so of their time.
    fn forget(&mut self, mut which: impl FnMut(DateTime<Utc>) -> bool) {
        while let Some((_, oldest)) = self.order.pop_front_if(|(at, _)| which(*at)) {
            self.signatures.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn signature(number: usize) -> String {
        format!("v0={number:064x}")
    }

    #[test]
    fn a_signature_is_known_for_as_long_as_it_is_believed() {
        let replays = Replays::default();
        assert!(replays.is_first(&signature(1), at(0)));
        assert!(replays.is_first(&signature(2), at(0)));
        assert!(!replays.is_first(&signature(1), at(1)));
        assert!(!replays.is_first(&signature(1), at(600)));
        assert!(replays.is_first(&signature(1), at(601)));
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let replays = Replays::default();
        for number in 0..=MOST {
            assert!(replays.is_first(&signature(number), at(0)));
        }
        assert!(!replays.is_first(&signature(MOST), at(1)));
        assert!(!replays.is_first(&signature(1), at(1)));
        assert!(replays.is_first(&signature(0), at(1)), "forgotten");
        let seen = replays.0.lock().unwrap();
        assert_eq!(seen.order.len(), MOST);
        assert_eq!(seen.signatures.len(), MOST);
    }
}
