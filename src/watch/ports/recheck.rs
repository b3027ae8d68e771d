//! The searches for duplicates after a delivery.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::message::{MessageId, OutboxId};

/// An ended delivery. The channel is searched for duplicates of its messages a few more times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recheck {
    /// The mark of its messages.
    pub outbox: OutboxId,
    /// Its messages in order, which are kept. Empty if the delivery was given up because its
    /// first message was not found.
    pub posted: Vec<MessageId>,
    /// The message in whose thread they are; `None` for messages in the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<MessageId>,
    /// When its messages were made. Duplicates are not older.
    pub until: DateTime<Utc>,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The number of finished searches.
    pub searches: usize,
}

/// When the channel is searched after a delivery. The first search is only needed after an
/// attempt with an unknown outcome.
const PLAN: [TimeDelta; 4] = [
    TimeDelta::zero(),
    TimeDelta::minutes(1),
    TimeDelta::minutes(10),
    TimeDelta::minutes(60),
];

/// An older delivery is searched once more and then dropped. The same applies if the clock was
/// ahead.
const LAST: TimeDelta = TimeDelta::days(1);

/// The number of deliveries to keep, more than there are in an hour.
const MOST: usize = 16;

impl Recheck {
    /// Adds this delivery, and drops the oldest ones.
    pub(in crate::watch) fn add_to(self, rechecks: &mut Vec<Self>) {
        rechecks.retain(|other| !other.is_old(self.at));
        rechecks.push(self);
        let surplus = rechecks.len().saturating_sub(MOST);
        rechecks.drain(..surplus);
    }

    fn is_old(&self, now: DateTime<Utc>) -> bool {
        (now - self.at).abs() > LAST
    }

    /// Reports whether the next search is due.
    pub(in crate::watch) fn is_due(&self, now: DateTime<Utc>) -> bool {
        let next = PLAN.get(self.searches);
        self.is_old(now) || next.is_none_or(|after| now - self.at >= *after)
    }

    /// This delivery after a search; `None` after the last one.
    pub(in crate::watch) fn searched(mut self, now: DateTime<Utc>) -> Option<Self> {
        let passed = PLAN.partition_point(|after| now - self.at >= *after);
        self.searches = passed.max(self.searches + 1);
        (self.searches < PLAN.len() && !self.is_old(now)).then_some(self)
    }
}
