//! How the store fails, and what may be said of it.

use std::time::Duration;

use crate::backoff::Next;
use crate::domain::hub::HubId;
use crate::remedies::KMS_KEY;

/// Something of one hub, if it is not damaged. The error is always
/// [`StoreError::Damaged`].
pub type Undamaged<T> = Result<T, StoreError>;

/// The store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The table does not exist.
    #[error(
        "the table {table} does not exist: run `securityhub-members create-table`, or fix TABLE_NAME or AWS_REGION"
    )]
    NoTable {
        /// Its name.
        table: String,
    },
    /// An item is of a schema that this version does not know.
    #[error(
        "{item} has schema {found}, this version knows schema {known}: run the newer version that wrote it"
    )]
    Schema {
        /// The item.
        item: String,
        /// Its schema.
        found: u64,
        /// Ours.
        known: u64,
    },
    /// An item is not what this program wrote.
    #[error("{item} is damaged: {problem}")]
    Damaged {
        /// The item.
        item: String,
        /// The fault.
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
    /// Something of a hub whose history lacks an item.
    pub fn missing(item: impl Into<String>) -> Self {
        Self::Damaged {
            item: item.into(),
            problem: "it is missing, and what comes after it says that it was written".to_owned(),
        }
    }

    /// Other processes changed something at every attempt to write it.
    pub fn contended(what: &str) -> Self {
        Self::Service {
            operation: "PutItem",
            detail: format!("other processes changed {what} at every attempt to write it"),
        }
    }

    /// An answer that took longer than it may.
    pub fn late(within: Duration) -> Self {
        Self::Service {
            operation: "reading what is stored",
            detail: format!("no answer within {} seconds", within.as_secs()),
        }
    }

    /// A snapshot without its members.
    pub fn vanished(hub: &HubId) -> Self {
        Self::Damaged {
            item: format!("the snapshot of {hub}"),
            problem: "its header is there and its members are not".to_owned(),
        }
    }

    /// Reports whether something in the table is not as this program wrote it.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// The step after a try that failed so: what looks damaged is read again, as
    /// a transaction is not seen at once in all of its items.
    pub fn next(&self) -> Next {
        match self {
            Self::Damaged { .. } => Next::Pause,
            _ => Next::Stop,
        }
    }

    /// Sets apart what is damaged: that concerns one hub, and not the others.
    ///
    /// # Errors
    ///
    /// Everything else.
    pub fn set_apart<T>(read: Result<T, Self>) -> Result<Undamaged<T>, Self> {
        match read {
            Err(error) if error.is_damage() => Ok(Err(error)),
            Err(error) => Err(error),
            Ok(read) => Ok(Ok(read)),
        }
    }

    /// The part that anybody may read: AWS's messages name addresses and roles.
    pub fn public(&self) -> String {
        match self {
            Self::Service { operation, .. } => {
                format!("DynamoDB: {operation} failed: see the log")
            }
            Self::Key { operation, .. } => {
                format!(
                    "DynamoDB: {operation} failed: the KMS key of the table cannot be used: {KMS_KEY}"
                )
            }
            error => error.to_string(),
        }
    }
}
