//! Sources in AWS and in files: hubs, member lists, accounts and names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::directory::{Accounts, Names};
use crate::domain::hub::{HubId, Region, UnreadReason};
use crate::domain::member::{AccountId, Listed};

/// Lists the hubs.
#[async_trait]
pub trait HubFinder: Send + Sync {
    /// Every administrator with its Regions. The failure of one doesn't affect the others.
    async fn administrators(&self) -> Vec<Administrator>;
}

/// One administrator account, and the Regions of its hubs.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The account.
    pub account: AccountId,
    /// Its Regions.
    pub regions: Regions,
}

/// The monitored Regions of an administrator.
#[derive(Debug, Clone)]
pub enum Regions {
    /// Configured by name.
    Named(Vec<Region>),
    /// All Regions that are enabled for the account, with exceptions.
    Found {
        /// The enabled Regions.
        enabled: Result<BTreeSet<Region>, RegionsError>,
        /// The excluded Regions.
        but: BTreeSet<Region>,
    },
}

/// The Regions of an account could not be listed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to list the Regions of {account}: {detail}")]
pub struct RegionsError {
    /// The account.
    pub account: AccountId,
    /// The reason, for people.
    pub reason: UnreadReason,
    /// The details, for the log.
    pub detail: String,
}

/// The source of member lists.
#[async_trait]
pub trait MemberSource: Send + Sync {
    /// Reads the complete list of a hub: every page, every status. Partial lists are errors.
    async fn list(&self, hub: &HubId) -> Result<Vec<Listed>, ListError>;

    /// Called when `hub` is no longer monitored, so that its data can be dropped.
    fn left(&self, _hub: &HubId) {}
}

/// A member list could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to list the members of {hub}: {detail}")]
pub struct ListError {
    /// The hub of the list.
    pub hub: HubId,
    /// The reason, for people.
    pub reason: UnreadReason,
    /// The details, for the log.
    pub detail: String,
}

/// The source of the organization's accounts.
#[async_trait]
pub trait OrganizationSource: Send + Sync {
    /// Reads every account in any state. Partial lists are errors.
    async fn read(&self) -> Result<OrganizationListing, OrganizationError>;
}

/// The accounts and OUs that were read.
#[derive(Debug, Clone)]
pub struct OrganizationListing {
    /// Every account, without its OU.
    pub accounts: Accounts,
    /// The OU path of each account in an OU. Reading OUs can fail separately.
    pub units: Result<BTreeMap<AccountId, String>, OrganizationError>,
}

/// The organization could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the organization: {detail}")]
pub struct OrganizationError {
    /// The reason, for people.
    pub reason: UnreadReason,
    /// The details, for the log.
    pub detail: String,
}

/// The source of account names from the operator.
#[async_trait]
pub trait NameSource: Send + Sync {
    /// The current names; the same `Arc` while they don't change.
    async fn names(&self) -> Arc<Names>;

    /// The problem if the names are outdated.
    fn problem(&self) -> Option<String> {
        None
    }
}
