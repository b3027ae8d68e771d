//! Replay protection: the requests of the last minutes by signature, or in Socket Mode by Slack's
//! IDs. A request that comes again has no effect.
//!
//! This is the memory of one process. Actions that must happen once across replicas are claimed
//! in the store.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::signature::Signature;

/// Signatures are valid for five minutes before and after their time. Socket Mode redelivers
/// unacknowledged requests within six minutes.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);
/// This allows 16 requests a second for ten minutes in less than a megabyte. Slack sends one for
/// each action of a person.
const MOST: usize = 10_000;

/// A signature, or the hash of an ID.
type RequestMark = [u8; 32];

/// The marks of earlier requests.
#[derive(Debug, Default)]
pub struct Replays(Mutex<SeenRequests>);

#[derive(Debug, Default)]
struct SeenRequests {
    marks: HashSet<RequestMark>,
    /// Oldest first.
    order: VecDeque<(DateTime<Utc>, RequestMark)>,
}

impl Replays {
    /// Reports whether this verified signature is new.
    pub(super) fn is_first(&self, signature: Signature, now: DateTime<Utc>) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(|oldest| now - oldest > REMEMBERED);
        seen.remember(signature, now)
    }

    /// Reports whether all IDs of a request are new.
    pub(super) fn are_first(&self, ids: &[String], now: DateTime<Utc>) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(|oldest| now - oldest > REMEMBERED);
        // All IDs are remembered, even if one of them is known already.
        let mut first = true;
        for id in ids {
            first &= seen.remember(Sha256::digest(id).into(), now);
        }
        first
    }
}

impl SeenRequests {
    /// Returns whether the mark is new.
    fn remember(&mut self, mark: RequestMark, now: DateTime<Utc>) -> bool {
        if !self.marks.insert(mark) {
            return false;
        }
        if self.order.len() >= MOST {
            let mut one = true;
            self.forget(|_| std::mem::take(&mut one));
        }
        self.order.push_back((now, mark));
        true
    }

    /// Removes the oldest marks while `which` is true for their time.
    fn forget(&mut self, mut which: impl FnMut(DateTime<Utc>) -> bool) {
        while let Some((_, oldest)) = self.order.pop_front_if(|(at, _)| which(*at)) {
            self.marks.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn signature(number: usize) -> Signature {
        Sha256::digest(number.to_be_bytes()).into()
    }

    #[test]
    fn a_signature_is_remembered_while_it_is_valid() {
        let replays = Replays::default();
        assert!(replays.is_first(signature(1), at(0)));
        assert!(replays.is_first(signature(2), at(0)));
        assert!(!replays.is_first(signature(1), at(1)));
        assert!(!replays.is_first(signature(1), at(600)));
        assert!(replays.is_first(signature(1), at(601)));
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let replays = Replays::default();
        for number in 0..=MOST {
            assert!(replays.is_first(signature(number), at(0)));
        }
        assert!(!replays.is_first(signature(MOST), at(1)));
        assert!(!replays.is_first(signature(1), at(1)));
        assert!(replays.is_first(signature(0), at(1)), "forgotten");
        let seen = replays.0.lock().unwrap();
        assert_eq!(seen.order.len(), MOST);
        assert_eq!(seen.marks.len(), MOST);
    }

    #[test]
    fn a_request_is_known_again_by_any_of_its_ids() {
        let replays = Replays::default();
        let are_first = |ids: &[&str], seconds| {
            let ids: Vec<_> = ids.iter().map(|&id| id.to_owned()).collect();
            replays.are_first(&ids, at(seconds))
        };
        assert!(are_first(&["envelope:1", "event_id:1"], 0));
        assert!(!are_first(&["envelope:1"], 1));
        assert!(!are_first(&["envelope:2", "event_id:1"], 300));
        assert!(
            !are_first(&["envelope:2"], 301),
            "remembered with the event"
        );
        assert!(are_first(&["envelope:1", "event_id:1"], 601));
    }
}
