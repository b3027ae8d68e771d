//! The actions of an account in the demo, and the statuses that allow them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An account on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoAccount {
    /// The account ID, twelve digits.
    pub id: String,
    /// The first part of its email address.
    pub name: String,
    /// The status in each Region that lists it.
    pub regions: BTreeMap<String, String>,
}

/// A Region on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoRegion {
    /// Such as `eu-west-1`.
    pub name: String,
    /// False while `ListMembers` is denied.
    pub readable: bool,
}

/// An action on a member, in every Region whose status allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryVerb {
    /// The administrator invites it: `Invited`.
    Invite,
    /// It accepts the invitation: `Enabled`.
    Accept,
    /// It declines the invitation: `Resigned`.
    Decline,
    /// It leaves: `Resigned`.
    Leave,
    /// The administrator disassociates it: `Removed`.
    Remove,
    /// The administrator deletes the entry: no longer listed.
    Delete,
    /// AWS suspends it: `AccountSuspended`.
    Suspend,
}

impl StoryVerb {
    /// Reports whether the action is possible in this status; `None` means not listed.
    pub(super) fn fits(self, status: Option<&str>) -> bool {
        match self {
            Self::Invite => !matches!(status, Some("Enabled" | "Invited" | "AccountSuspended")),
            Self::Accept | Self::Decline => status == Some("Invited"),
            Self::Leave | Self::Remove | Self::Suspend => status == Some("Enabled"),
            Self::Delete => status.is_some(),
        }
    }
}
