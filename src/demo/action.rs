//! What an account can do in the demo, and from which statuses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An account as the controls show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoAccount {
    /// Twelve digits.
    pub id: String,
    /// A short name, from its address.
    pub name: String,
    /// Its status in every Region that lists it.
    pub regions: BTreeMap<String, String>,
}

/// An action of a member, in every Region where that makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryVerb {
    /// The administrator invites it.
    Invite,
    /// It accepts.
    Accept,
    /// It declines.
    Decline,
    /// It leaves.
    Leave,
    /// The administrator removes it.
    Remove,
    /// The administrator deletes it from the list.
    Delete,
    /// AWS suspends it.
    Suspend,
}

impl StoryVerb {
    /// The statuses from which this can happen; `None` is an account that is not listed.
    pub(super) fn fits(self, status: Option<&str>) -> bool {
        match self {
            Self::Invite => !matches!(status, Some("Enabled" | "Invited" | "AccountSuspended")),
            Self::Accept | Self::Decline => status == Some("Invited"),
            Self::Leave | Self::Remove | Self::Suspend => status == Some("Enabled"),
            Self::Delete => status.is_some(),
        }
    }
}
