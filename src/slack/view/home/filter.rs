//! What somebody has chosen in the tab, on its way to Slack and back.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::hub::{HubFilter, HubId, Region};
use crate::domain::member::{AccountId, MemberStatus};

/// What somebody has chosen in the tab. It travels to Slack and back in the
/// view's `private_metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HomeFilter {
    /// Only this administrator.
    pub admin: Option<AccountId>,
    /// Only this Region.
    pub region: Option<Region>,
    /// The members with this status instead of those that are not protected.
    pub status: Option<MemberStatus>,
    /// The changes of this date.
    pub date: Option<NaiveDate>,
    /// The page of the list of members, from 0.
    pub page: usize,
}

impl HomeFilter {
    /// Which of these hubs are chosen. What no hub has is not chosen any more.
    pub fn filter(&self, hubs: &[HubId]) -> HubFilter {
        let admin = self
            .admin
            .filter(|admin| hubs.iter().any(|hub| hub.admin == *admin));
        let region = self.region.as_ref();
        HubFilter {
            admin,
            region: region
                .filter(|region| hubs.iter().any(|hub| hub.region == **region))
                .cloned(),
        }
    }
}
