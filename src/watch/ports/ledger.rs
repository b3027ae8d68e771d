//! The deliveries to a channel: those that are done, and the one on its way.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Covered;
use crate::domain::doubt::Doubt;
use crate::domain::hub::HubId;

/// Hubs that cannot be read, and since when.
pub type KnownUnread = BTreeMap<HubId, DateTime<Utc>>;

/// Hubs whose list is doubted, and why.
pub type KnownDoubts = BTreeMap<HubId, Doubt>;

/// The deliveries to one channel: what is told, and what is being told.
///
/// One record decides, so that two processes never work from different pasts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Counts the writes. Whoever holds a delivery moves it on while it works;
    /// a revision that stands still belongs to nobody.
    pub revision: u64,
    /// The last delivered digest.
    pub last: Option<Delivered>,
    /// The hubs of which the channel knows that they cannot be read, and since
    /// when that was.
    #[serde(default)]
    pub unread: KnownUnread,
    /// Those of which the channel knows that their list is doubted.
    #[serde(default, skip_serializing_if = "KnownDoubts::is_empty")]
    pub doubted: KnownDoubts,
    /// The delivery under way.
    pub open: Option<Delivery>,
    /// Deliveries that have ended, and of which a second copy may still turn up.
    #[serde(default)]
    pub rechecks: Vec<Recheck>,
}

/// A digest that is in its channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Its date.
    pub date: NaiveDate,
    /// When it was made: the next one begins there.
    pub until: DateTime<Utc>,
    /// How far it went in each hub.
    pub covered: Covered,
    /// Its first message.
    pub message: MessageId,
}

/// A message to a channel, by its kind and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The digest of that date.
    Digest(NaiveDate),
    /// News of hubs that cannot be read, or can be again, made on that date.
    Notice(NaiveDate),
}

impl Subject {
    /// Its date.
    pub fn date(self) -> NaiveDate {
        match self {
            Self::Digest(date) | Self::Notice(date) => date,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(date) => write!(f, "the digest of {date}"),
            Self::Notice(date) => write!(f, "the notice of {date}"),
        }
    }
}

/// A digest or a notice on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its kind and date.
    pub subject: Subject,
    /// The process that works on it.
    pub owner: String,
    /// How far it is.
    pub stage: Stage,
}

/// How far a delivery is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Somebody prepares it; nothing was posted.
    Claimed,
    /// Its messages are in the outbox, and some of them in the channel.
    Posting(Posting),
}

/// The messages of a delivery, and how many of them are in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Where the messages are.
    pub outbox: OutboxId,
    /// When they were made.
    pub until: DateTime<Utc>,
    /// How far a digest goes in each hub; empty for a notice.
    pub covered: Covered,
    /// The unread hubs that the channel knows once they are posted.
    #[serde(default)]
    pub unread: KnownUnread,
    /// The doubted lists that it knows then.
    #[serde(default, skip_serializing_if = "KnownDoubts::is_empty")]
    pub doubted: KnownDoubts,
    /// The messages that are known to be in the channel, in order.
    pub posted: Vec<MessageId>,
    /// Since when the next message may be on its way to Slack. Written before
    /// each attempt, and removed when its outcome is known.
    #[serde(default)]
    pub attempt: Option<DateTime<Utc>>,
    /// Set once the outcome of an attempt has been unknown.
    #[serde(default)]
    pub doubtful: bool,
}

/// A delivery that has ended. Its channel is searched for second copies of its
/// messages a few more times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recheck {
    /// The mark of its messages.
    pub outbox: OutboxId,
    /// Its messages in order, which stay. None of a delivery that was given up
    /// with its first message not found, and replaced by a later one.
    pub posted: Vec<MessageId>,
    /// When its messages were made: none is older.
    pub until: DateTime<Utc>,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How many of the planned searches are over.
    pub searches: usize,
}

/// How long after a delivery the channel is searched. The first search is only
/// for a delivery of which an attempt was in doubt.
const PLAN: [TimeDelta; 4] = [
    TimeDelta::zero(),
    TimeDelta::minutes(1),
    TimeDelta::minutes(10),
    TimeDelta::minutes(60),
];

/// An older delivery is searched once more and then forgotten. So is one of a
/// clock that was ahead.
const LAST: TimeDelta = TimeDelta::days(1);

/// How many deliveries are remembered: more than come in an hour.
const MOST: usize = 8;

impl Recheck {
    /// A delivery that ended at that time.
    pub(in crate::watch) fn of(posting: Posting, at: DateTime<Utc>) -> Self {
        Self {
            outbox: posting.outbox,
            posted: posting.posted,
            until: posting.until,
            at,
            searches: usize::from(!posting.doubtful),
        }
    }

    /// Joins those that are remembered, of which the oldest go.
    pub(in crate::watch) fn add_to(self, rechecks: &mut Vec<Self>) {
        rechecks.retain(|other| !other.is_old(self.at));
        rechecks.push(self);
        let surplus = rechecks.len().saturating_sub(MOST);
        rechecks.drain(..surplus);
    }

    fn is_old(&self, now: DateTime<Utc>) -> bool {
        (now - self.at).abs() > LAST
    }

    /// Reports whether it is time for the next search.
    pub(in crate::watch) fn is_due(&self, now: DateTime<Utc>) -> bool {
        let next = PLAN.get(self.searches);
        self.is_old(now) || next.is_none_or(|after| now - self.at >= *after)
    }

    /// The rest of the plan after a search; `None` if that was the last.
    pub(in crate::watch) fn searched(mut self, now: DateTime<Utc>) -> Option<Self> {
        let passed = PLAN.partition_point(|after| now - self.at >= *after);
        self.searches = passed.max(self.searches + 1);
        (self.searches < PLAN.len() && !self.is_old(now)).then_some(self)
    }
}

/// Names the kept messages of one digest or notice, and marks them in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxId {
    /// The channel.
    pub channel: String,
    /// Its kind and date.
    pub subject: Subject,
    /// Tells two preparations apart.
    pub nonce: String,
    /// How many messages there are.
    pub messages: usize,
}

impl OutboxId {
    /// The mark of message number `index`.
    pub fn mark(&self, index: usize) -> Mark {
        Mark {
            subject: self.subject,
            nonce: self.nonce.clone(),
            index,
        }
    }
}

/// The metadata by which a message in the channel is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The delivery that it belongs to.
    pub subject: Subject,
    /// The outbox's.
    pub nonce: String,
    /// Its number in the outbox.
    pub index: usize,
}

/// Slack's `ts` of a message: its name in its channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);
