//! The deliveries to a channel: finished ones, and the current one.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::message::{MessageId, OutboxId, Subject};
use super::posted_alert::PostedAlert;
use super::recheck::Recheck;
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

impl Posting {
    /// The searches that follow this delivery, which ended at that time.
    pub(in crate::watch) fn recheck(self, at: DateTime<Utc>) -> Recheck {
        Recheck {
            outbox: self.outbox,
            posted: self.posted,
            thread: self.thread,
            until: self.until,
            at,
            searches: usize::from(!self.doubtful),
        }
    }
}
