//! The errors of the store.

use std::time::Duration;

use crate::backoff::Next;
use crate::domain::hub::HubId;
use crate::remedies;

/// The data of one hub, unless it is damaged. The error is always [`StoreError::Damaged`].
pub type Undamaged<T> = Result<T, StoreError>;

/// The store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The table does not exist.
    #[error("the table {table} does not exist: {}", remedies::WHICH_TABLE)]
    NoTable {
        /// Its name.
        table: String,
    },
    /// An item has a schema that this version doesn't know.
    #[error(
        "{item} has schema {found}, this version knows schema {known}: {}",
        remedies::WRITER
    )]
    Schema {
        /// The item.
        item: String,
        /// The item's schema.
        found: u64,
        /// The known schema.
        known: u64,
    },
    /// An item is not what this program wrote.
    #[error("{item} is damaged: {problem}")]
    Damaged {
        /// The item.
        item: String,
        /// The problem.
        problem: String,
    },
    /// The table's KMS key cannot be used.
    #[error("DynamoDB: {operation} failed: the KMS key of the table cannot be used: {detail}")]
    Key {
        /// The operation.
        operation: &'static str,
        /// The SDK's message.
        detail: String,
    },
    /// DynamoDB failed.
    #[error("DynamoDB: {operation} failed: {detail}")]
    Service {
        /// The operation.
        operation: &'static str,
        /// The SDK's message.
        detail: String,
    },
}

impl StoreError {
    /// An item of a hub's history is missing.
    pub fn missing(item: impl Into<String>) -> Self {
        Self::Damaged {
            item: item.into(),
            problem: "it is missing, and what comes after it says that it was written".to_owned(),
        }
    }

    /// Other processes changed the item during every attempt to write it.
    pub fn contended(what: &str) -> Self {
        Self::Service {
            operation: "PutItem",
            detail: format!("other processes changed {what} at every attempt to write it"),
        }
    }

    /// The deadline for an answer has passed.
    pub fn late(within: Duration) -> Self {
        Self::Service {
            operation: "reading what is stored",
            detail: format!("no answer within {} seconds", within.as_secs()),
        }
    }

    /// A snapshot has no members.
    pub fn vanished(hub: &HubId) -> Self {
        Self::Damaged {
            item: format!("the snapshot of {hub}"),
            problem: "its header is there and its members are not".to_owned(),
        }
    }

    /// Reports whether stored data is not what this program wrote.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// The step after this error. Apparent damage is read again, because a transaction can become
    /// visible item by item.
    pub fn next(&self) -> Next {
        match self {
            Self::Damaged { .. } => Next::Pause,
            _ => Next::Stop,
        }
    }

    /// Separates damage of one hub from errors that affect all hubs.
    ///
    /// # Errors
    ///
    /// All errors except damage.
    pub fn set_apart<T>(read: Result<T, Self>) -> Result<Undamaged<T>, Self> {
        match read {
            Err(error) if error.is_damage() => Ok(Err(error)),
            Err(error) => Err(error),
            Ok(read) => Ok(Ok(read)),
        }
    }

    /// The text for public places. AWS's messages contain addresses and roles.
    pub fn public(&self) -> String {
        match self {
            Self::Service { operation, .. } => {
                format!("DynamoDB: {operation} failed: see the log")
            }
            Self::Key { operation, .. } => {
                format!(
                    "DynamoDB: {operation} failed: the KMS key of the table cannot be used: {}",
                    remedies::KMS_KEY
                )
            }
            error => error.to_string(),
        }
    }
}
