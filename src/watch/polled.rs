//! The result of a poll.

use std::sync::Arc;

use super::ports::{Head, ListError, StoreError};
use crate::domain::diff::Change;
use crate::domain::doubt::Doubt;
use crate::domain::hub::HubId;

/// A poll that stored a complete list.
#[derive(Debug, Clone)]
pub struct Polled {
    /// The hub's new state.
    pub head: Head,
    /// The changes.
    pub changes: Vec<Change>,
    /// True for the first poll of the hub, which has nothing to compare with.
    pub first: bool,
}

/// A poll without a stored list.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The list could not be read. The hub is marked as failing.
    #[error(transparent)]
    List(#[from] ListError),
    /// The list lost too many members at once. It counts only if a later poll confirms it. The
    /// hub is marked as doubted.
    #[error("the member list of {hub} shrank from {} to {} members: doubted until a later poll confirms it", .doubt.before, .doubt.now)]
    Doubted {
        /// The hub of the list.
        hub: HubId,
        /// The doubt about the list.
        doubt: Doubt,
    },
    /// Security Hub was never enabled in this Region, and the Region wasn't configured by name.
    #[error("Security Hub is not enabled in {}: {}", .0.hub, .0.detail)]
    NotEnabled(ListError),
    /// The store failed. Nothing was published.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other processes published a new state during every attempt.
    #[error("other processes changed the state of {0} during every attempt to store it")]
    Contended(HubId),
}

/// The shared result of one poll.
pub type SharedPoll = Arc<Result<Polled, PollError>>;
