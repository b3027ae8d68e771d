//! Failing hubs: what has to be fixed so that no account can leave unseen.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::facts::HubFacts;
use crate::domain::hub::{HubId, Unread};

/// A hub that can't be read, or whose list is doubted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailingHub {
    /// The hub.
    pub hub: HubId,
    /// Since when and why.
    pub unread: Unread,
}

impl FailingHub {
    pub(super) fn all(hubs: &[HubFacts<'_>]) -> Vec<Self> {
        let failing = hubs.iter().filter_map(|facts| {
            Some(Self {
                hub: facts.hub.hub.clone(),
                unread: facts.hub.unread?,
            })
        });
        failing.collect()
    }
}

/// The failing hubs of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingHubs {
    /// The only one; `None` for all.
    pub hub: Option<HubId>,
    /// When the message was made.
    pub at: DateTime<Utc>,
}

impl FailingHubs {
    /// Reports whether it is one of these hubs.
    pub fn has(&self, hub: &HubId) -> bool {
        self.hub.as_ref().is_none_or(|one| one == hub)
    }
}
