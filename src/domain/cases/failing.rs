//! Failing hubs, and who works on them: what has to be fixed so that no account can leave unseen.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Assignment;
use crate::domain::facts::HubFacts;
use crate::domain::hub::{HubId, Unread};

/// A hub that can't be read, or whose list is doubted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailingHub {
    /// The hub.
    pub hub: HubId,
    /// Since when and why.
    pub unread: Unread,
    /// The person who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Assignment>,
}

impl FailingHub {
    /// Those of some hubs.
    pub fn all(hubs: &[HubFacts<'_>], claims: &HubClaims) -> Vec<Self> {
        let failing = hubs.iter().filter_map(|facts| {
            let (hub, unread) = (&facts.hub.hub, facts.hub.unread?);
            Some(Self {
                hub: hub.clone(),
                unread,
                owner: claims.owner(hub, unread).cloned(),
            })
        });
        failing.collect()
    }
}

/// The owners of failing hubs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubClaims {
    /// Counts the writes.
    pub revision: u64,
    /// The claims, also those of failures that are over.
    pub hubs: BTreeMap<HubId, HubClaim>,
}

/// The owner of a failing hub. It ends with the failure: it doesn't apply to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubClaim {
    /// When the failure began.
    pub since: DateTime<Utc>,
    /// The person, and since when they work on it.
    pub owner: Assignment,
}

impl HubClaims {
    fn owner(&self, hub: &HubId, unread: Unread) -> Option<&Assignment> {
        let claim = self.hubs.get(hub);
        let claim = claim.filter(|claim| claim.since == unread.since);
        claim.map(|claim| &claim.owner)
    }

    /// Replaces the owner of a failing hub.
    pub fn set(&mut self, failing: &FailingHub) {
        match &failing.owner {
            Some(owner) => {
                let claim = HubClaim {
                    since: failing.unread.since,
                    owner: owner.clone(),
                };
                self.hubs.insert(failing.hub.clone(), claim);
            }
            None => {
                self.hubs.remove(&failing.hub);
            }
        }
    }

    /// Drops the claims of these hubs whose failure is over.
    pub fn forget_old(&mut self, hubs: &[HubFacts<'_>]) {
        for facts in hubs.iter().filter(|facts| facts.hub.damage.is_none()) {
            let hub = &facts.hub.hub;
            let is_over = |unread| self.owner(hub, unread).is_none();
            if facts.hub.unread.is_none_or(is_over) {
                self.hubs.remove(hub);
            }
        }
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

    /// Reports whether the message is about this failure. All hubs are those that have failed since
    /// then: a message must not decide on failures that it doesn't name. Compares milliseconds,
    /// because messages contain no more.
    pub fn is_about(&self, failing: &FailingHub) -> bool {
        let began_before = failing.unread.since.timestamp_millis() <= self.at.timestamp_millis();
        self.has(&failing.hub) && (self.hub.is_some() || began_before)
    }
}
