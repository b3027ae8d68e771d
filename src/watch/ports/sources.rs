//! The sources in AWS and in files: hubs, member lists, accounts and their names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::directory::{Accounts, Names};
use crate::domain::hub::{HubId, Region, UnreadReason};
use crate::domain::member::{AccountId, Listed};

/// Where it is found out which hubs there are.
#[async_trait]
pub trait HubFinder: Send + Sync {
    /// Every administrator with its Regions. One that cannot be asked does not
    /// keep the others from answering.
    async fn administrators(&self) -> Vec<Administrator>;
}

/// One administrator account, and in which Regions its hubs are.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The account.
    pub account: AccountId,
    /// Its Regions.
    pub regions: Regions,
}

/// The Regions in which an administrator's hubs are watched.
#[derive(Debug, Clone)]
pub enum Regions {
    /// These: somebody named them.
    Named(Vec<Region>),
    /// All that are enabled for the account, but for some.
    Found {
        /// Those that are enabled.
        enabled: Result<BTreeSet<Region>, RegionsError>,
        /// Those that somebody does not want.
        but: BTreeSet<Region>,
    },
}

/// The Regions of an account could not be listed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to list the Regions of {account}: {detail}")]
pub struct RegionsError {
    /// The account.
    pub account: AccountId,
    /// Why, for people.
    pub reason: UnreadReason,
    /// Why, for the operator's log.
    pub detail: String,
}

/// Where member lists come from.
#[async_trait]
pub trait MemberSource: Send + Sync {
    /// Reads the complete list of a hub: every page, every status. There is
    /// nothing between a complete list and an error.
    async fn list(&self, hub: &HubId) -> Result<Vec<Listed>, ListError>;

    /// `hub` is not watched any more: nothing of it has to be kept.
    fn left(&self, _hub: &HubId) {}
}

/// A member list could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to list the members of {hub}: {detail}")]
pub struct ListError {
    /// The hub of the list.
    pub hub: HubId,
    /// Why, for people.
    pub reason: UnreadReason,
    /// Why, for the operator's log.
    pub detail: String,
}

/// Where the accounts of the organization are listed.
#[async_trait]
pub trait OrganizationSource: Send + Sync {
    /// Reads every account, whatever its state. There is nothing between a
    /// complete list and an error.
    async fn read(&self) -> Result<OrganizationListing, OrganizationError>;
}

/// An organization as it was read.
#[derive(Debug, Clone)]
pub struct OrganizationListing {
    /// Every account, without its unit.
    pub accounts: Accounts,
    /// The path of the unit of each account that is in one; that can fail by itself.
    pub units: Result<BTreeMap<AccountId, String>, OrganizationError>,
}

/// The organization could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the organization: {detail}")]
pub struct OrganizationError {
    /// Why, for people.
    pub reason: UnreadReason,
    /// Why, for the operator's log.
    pub detail: String,
}

/// Where people have written down what accounts are called.
#[async_trait]
pub trait NameSource: Send + Sync {
    /// The names as they are now; the same `Arc` while they stay the same.
    async fn names(&self) -> Arc<Names>;

    /// Why the names are older ones than those that are written down now.
    fn problem(&self) -> Option<String> {
        None
    }
}
