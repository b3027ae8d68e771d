//! How a poll ended.

use std::sync::Arc;

use super::ports::{Head, ListError, StoreError};
use crate::domain::diff::Change;
use crate::domain::doubt::Doubt;
use crate::domain::hub::HubId;

/// A poll that ended with a complete list in the store.
#[derive(Debug, Clone)]
pub struct Polled {
    /// The hub's state after it.
    pub head: Head,
    /// The changes that it saw.
    pub changes: Vec<Change>,
    /// Set for the first of the hub: there was nothing to compare with.
    pub first: bool,
}

/// A poll that brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The list could not be read. The hub is marked as unread.
    #[error(transparent)]
    List(#[from] ListError),
    /// The list has lost too much at once to be believed before a later poll
    /// says the same. The hub is marked so.
    #[error("the member list of {hub} shrank from {} to {} members: doubted until a later poll confirms it", .doubt.before, .doubt.now)]
    Doubted {
        /// The hub of the list.
        hub: HubId,
        /// The reason.
        doubt: Doubt,
    },
    /// Security Hub was never enabled there, and nobody said that it should be.
    #[error("Security Hub is not enabled in {}: {}", .0.hub, .0.detail)]
    NotEnabled(ListError),
    /// The store failed. Nothing was published.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other processes published faster, every time.
    #[error("other processes changed the state of {0} during every attempt to store it")]
    Contended(HubId),
}

/// The one result for everybody who asked for the same poll.
pub type SharedPoll = Arc<Result<Polled, PollError>>;
