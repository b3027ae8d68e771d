//! Polling alerts: hubs that have failed for too long, and hubs that have recovered. They don't
//! wait for the next digest.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::doubt::Doubt;
use super::hub::{HubId, Unread};

/// The news for a channel about hubs, each reported once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The date of the alert.
    pub date: NaiveDate,
    /// The time of the alert.
    pub at: DateTime<Utc>,
    /// All monitored hubs.
    pub hubs: Vec<HubId>,
    /// Hubs that have failed for longer than the threshold, or whose list is doubted.
    pub unread: Vec<UnreadHub>,
    /// Hubs that the channel knows as failing and that have recovered.
    pub back: Vec<ReturnedHub>,
}

/// A failing hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadHub {
    /// The hub.
    pub hub: HubId,
    /// Since when and why.
    pub unread: Unread,
    /// When it was last read completely; `None` if it never was.
    pub checked_at: Option<DateTime<Utc>>,
}

/// A hub that has recovered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnedHub {
    /// The hub.
    pub hub: HubId,
    /// Since when it had failed.
    pub since: DateTime<Utc>,
    /// When it recovered, or was last read after that.
    pub checked_at: DateTime<Utc>,
    /// The doubt, if the channel was alerted about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// The current number of members.
    pub members: u64,
}
