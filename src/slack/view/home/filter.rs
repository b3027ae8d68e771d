//! The filters of the tab, which Slack sends back with each action.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::hub::{HubFilter, HubId, Region};
use crate::domain::member::{AccountId, MemberStatus};

/// The filters that a person chose in the tab. The view keeps them in its
/// `private_metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HomeFilter {
    /// Only this administrator.
    pub admin: Option<AccountId>,
    /// Only this Region.
    pub region: Option<Region>,
    /// The members with this status instead of those that aren't Enabled.
    pub status: Option<MemberStatus>,
    /// The changes of this date.
    pub date: Option<NaiveDate>,
    /// The page of the list of members, from 0.
    pub page: usize,
}

impl HomeFilter {
    /// Reports whether only some hubs or members are chosen.
    pub fn narrows(&self) -> bool {
        let Self {
            admin,
            region,
            status,
            date: _,
            page: _,
        } = self;
        admin.is_some() || region.is_some() || status.is_some()
    }

    /// The filter for these hubs, without an administrator or Region that none of them has.
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
