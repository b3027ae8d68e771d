//! A notice: hubs that have not been read for too long, and those that are read
//! again. A watchdog that cannot see must say so before the next digest does.

use chrono::{DateTime, NaiveDate, Utc};

use super::doubt::Doubt;
use super::hub::{HubId, Unread};

/// What a channel has to be told about hubs, once each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The date on which it was made.
    pub date: NaiveDate,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// All watched hubs.
    pub hubs: Vec<HubId>,
    /// Those that have been unread for longer than the threshold, or whose list
    /// is doubted.
    pub unread: Vec<UnreadHub>,
    /// Those that the channel knows as unread, and that are read again.
    pub back: Vec<ReturnedHub>,
}

/// A hub that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadHub {
    /// Which.
    pub hub: HubId,
    /// Since when and why.
    pub unread: Unread,
    /// When it was last read completely; `None` if it never was.
    pub checked_at: Option<DateTime<Utc>>,
}

/// A hub that is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedHub {
    /// Which.
    pub hub: HubId,
    /// Since when it had not been read.
    pub since: DateTime<Utc>,
    /// When it was read again, or last after that.
    pub checked_at: DateTime<Utc>,
    /// What was doubted, if the channel knows that its list was.
    pub doubt: Option<Doubt>,
    /// How many members it has now.
    pub members: u64,
}
