//! The deliveries to a channel: finished ones, and the current one.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::alert::AlertedAccounts;
use crate::domain::digest::KnownCounts;
use crate::domain::doubt::Doubt;
use crate::domain::due::Due;
use crate::domain::hub::{Covered, HubId};
use crate::domain::situation::Situation;
use crate::watch::calendar::Calendar;

/// Failing hubs, and since when.
pub type KnownUnread = BTreeMap<HubId, DateTime<Utc>>;

/// Hubs with doubted lists.
pub type KnownDoubts = BTreeMap<HubId, Doubt>;

/// The deliveries to one channel.
///
/// A single record, so that all processes decide on the same state.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Counts the writes. The owner of a delivery increases it regularly; a revision that doesn't
    /// change has lost its owner.
    pub revision: u64,
    /// The last delivered digest.
    pub last: Option<Delivered>,
    /// The beginning of the first digest; `None` after it, and before the channel is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// The failing hubs that the channel knows about, and since when they have failed.
    #[serde(default)]
    pub unread: KnownUnread,
    /// The doubted lists that the channel knows about.
    #[serde(default, skip_serializing_if = "KnownDoubts::is_empty")]
    pub doubted: KnownDoubts,
    /// The last version in each hub whose changes alerts have reported or left to the digest; empty
    /// before the first round with alerts. A release that doesn't know it drops it.
    #[serde(default, skip_serializing_if = "Covered::is_empty")]
    pub told: Covered,
    /// The alerts since the last digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<PostedAlert>,
    /// The current delivery.
    pub open: Option<Delivery>,
    /// Ended deliveries of which duplicates may still arrive.
    #[serde(default)]
    pub rechecks: Vec<Recheck>,
}

/// The beginning of a channel's first digest. That of a channel beside others reports nothing that
/// they have reported before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// When the channel was first known.
    pub at: DateTime<Utc>,
    /// The version in each hub at that time; empty if no channel had a digest.
    pub covered: Covered,
}

/// An alert in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedAlert {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Its message.
    pub message: MessageId,
    /// The accounts that it reported.
    pub accounts: Vec<AlertedAccounts>,
}

/// The number of alerts to keep until the next digest.
const MOST_ALERTS: usize = 20;

/// The number of groups of accounts in them: a ledger is one item of limited size.
const MOST_GROUPS: usize = 60;

/// The number of accounts in them.
const MOST_ACCOUNTS: usize = 400;

impl PostedAlert {
    /// Adds this alert, and drops the oldest ones. One of very many accounts keeps only some.
    pub(in crate::watch) fn add_to(mut self, alerts: &mut Vec<Self>) {
        let mut left = MOST_ACCOUNTS;
        self.accounts.truncate(MOST_GROUPS);
        for group in &mut self.accounts {
            group.accounts.truncate(left);
            left -= group.accounts.len();
        }
        self.accounts.retain(|group| !group.accounts.is_empty());
        alerts.push(self);
        let (mut groups, mut accounts) = (0, 0);
        let mut fits = |alert: &Self| {
            groups += alert.accounts.len();
            accounts += alert
                .accounts
                .iter()
                .map(|one| one.accounts.len())
                .sum::<usize>();
            groups <= MOST_GROUPS && accounts <= MOST_ACCOUNTS
        };
        let kept = alerts
            .iter()
            .rev()
            .take(MOST_ALERTS)
            .take_while(|alert| fits(alert));
        let surplus = alerts.len() - kept.count();
        alerts.drain(..surplus);
    }
}

/// A delivered digest, or one that had no news for a quiet channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Its date.
    pub date: NaiveDate,
    /// Its time, if the schedule has several on that date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<NaiveTime>,
    /// When it was made. The next digest has the changes from there on.
    pub until: DateTime<Utc>,
    /// The last version in each hub that it covers.
    pub covered: Covered,
    /// Its first message, or that of the last digest with one.
    pub message: MessageId,
    /// Set if it had no news and the channel is quiet: the last digest with a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<LastMessage>,
    /// Whether it said that something can't be read, so the next one is news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
    /// The facts that it knew; `None` if the channel was not quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub situation: Option<Situation>,
    /// The accounts that the last digest with a message counted; `None` where 0.2.0 wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownCounts>,
    /// The channel's conditions; empty if it took everything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
}

impl Delivered {
    /// The date or time of the digest.
    pub fn due(&self) -> Due {
        let (date, time) = (self.date, self.time);
        Due { date, time }
    }

    /// The last digest with a message: this one, unless it had no news.
    pub fn posted(&self) -> LastMessage {
        self.silent.unwrap_or(LastMessage {
            date: self.date,
            at: self.until,
        })
    }

    /// Reports whether a digest has been delivered with this one or before it. `calendar` has the
    /// channel's time zone.
    pub(in crate::watch) fn includes(&self, due: Due, calendar: &Calendar) -> bool {
        if self.date != due.date {
            return self.date > due.date;
        }
        match (self.time, due.time) {
            (Some(last), Some(time)) => last >= time,
            (_, None) => true,
            // The schedule had one time on that date, and has several now.
            (None, Some(time)) => calendar.local(self.until) >= due.date.and_time(time),
        }
    }
}

/// A digest with a message in the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastMessage {
    /// The date that it was due for.
    pub date: NaiveDate,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// The kind and date of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The digest of that date or time.
    Digest(Due),
    /// A polling alert made on that date.
    Notice(NaiveDate),
    /// An alert about changes made on that date, or a reply to one.
    Alert(NaiveDate),
}

impl Subject {
    /// Its date, with the time of a digest that has one.
    pub fn due(self) -> Due {
        match self {
            Self::Digest(due) => due,
            Self::Notice(date) | Self::Alert(date) => date.into(),
        }
    }

    /// Its date.
    pub fn date(self) -> NaiveDate {
        self.due().date
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(due) => write!(f, "the digest of {due}"),
            Self::Notice(date) => write!(f, "the notice of {date}"),
            Self::Alert(date) => write!(f, "the alert of {date}"),
        }
    }
}

/// A digest or an alert in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its kind and date.
    pub subject: Subject,
    /// The process that owns it.
    pub owner: String,
    /// The progress.
    pub stage: Stage,
}

/// The progress of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The owner prepares it. Nothing is posted.
    Claimed,
    /// Its messages are in the outbox, and some of them are posted.
    Posting(Box<Posting>),
}

/// The messages of a delivery, and those that are posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The place of the messages in the table.
    pub outbox: OutboxId,
    /// When they were made.
    pub until: DateTime<Utc>,
    /// The last version in each hub that a digest covers; empty for an alert.
    pub covered: Covered,
    /// The failing hubs that the channel knows about after this delivery.
    #[serde(default)]
    pub unread: KnownUnread,
    /// The doubted lists that the channel knows about after this delivery.
    #[serde(default, skip_serializing_if = "KnownDoubts::is_empty")]
    pub doubted: KnownDoubts,
    /// The accounts that a digest counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownCounts>,
    /// The conditions under which a digest was made; empty if it takes everything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// Whether a digest says that something can't be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
    /// The facts that the digest of a quiet channel knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub situation: Option<Situation>,
    /// The last version in each hub whose changes an alert reports or leaves to the digest.
    #[serde(default, skip_serializing_if = "Covered::is_empty")]
    pub told: Covered,
    /// The accounts that an alert reports, or that a reply to one says are back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AlertedAccounts>,
    /// The message in whose thread a reply belongs; `None` for all other deliveries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<MessageId>,
    /// The posted messages, in order.
    pub posted: Vec<MessageId>,
    /// Since when the next message may be in transit to Slack. Set before each attempt, and
    /// cleared when the outcome is known.
    #[serde(default)]
    pub attempt: Option<DateTime<Utc>>,
    /// True after an attempt with an unknown outcome.
    #[serde(default)]
    pub doubtful: bool,
}

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
    /// A delivery that ended at that time.
    pub(in crate::watch) fn of(posting: Posting, at: DateTime<Utc>) -> Self {
        Self {
            outbox: posting.outbox,
            posted: posting.posted,
            thread: posting.thread,
            until: posting.until,
            at,
            searches: usize::from(!posting.doubtful),
        }
    }

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

/// Identifies the stored messages of one digest or alert, and their copies in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxId {
    /// The channel ID.
    pub channel: String,
    /// Its kind and date.
    pub subject: Subject,
    /// Distinguishes two preparations of the same digest.
    pub nonce: String,
    /// The number of messages.
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

/// The metadata by which a message is found in the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The delivery that it belongs to.
    pub subject: Subject,
    /// The outbox's nonce.
    pub nonce: String,
    /// Its number in the outbox.
    pub index: usize,
}

/// Slack's `ts` of a message, which identifies it in its channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::member::AccountId;

    fn alert(message: &str, groups: u64, accounts: u64) -> PostedAlert {
        let account = |number| AccountId::from_u64(number).unwrap();
        let group = |group| AlertedAccounts {
            hubs: BTreeSet::new(),
            accounts: (0..accounts)
                .map(|one| account(group * 1000 + one))
                .collect(),
            lost: true,
        };
        PostedAlert {
            at: DateTime::UNIX_EPOCH,
            message: MessageId(message.to_owned()),
            accounts: (0..groups).map(group).collect(),
        }
    }

    /// Otherwise the digest would mention a second time.
    #[test]
    fn the_newest_alert_is_kept_however_large_it_is() {
        for (groups, accounts) in [(1, 1), (5, 90), (61, 1), (100, 100)] {
            let mut alerts = Vec::new();
            alert("old", 2, 10).add_to(&mut alerts);
            alert("new", groups, accounts).add_to(&mut alerts);
            let newest = alerts.last().unwrap();
            assert_eq!(newest.message.0, "new", "{groups} × {accounts}");
            assert!(!newest.accounts.is_empty());
            let kept = alerts.iter().flat_map(|alert| &alert.accounts);
            let kept: usize = kept.map(|group| group.accounts.len()).sum();
            assert!(kept <= MOST_ACCOUNTS, "{kept}");
        }
    }
}
