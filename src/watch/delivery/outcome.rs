//! Outcomes and errors of a delivery.

use crate::domain::due::Due;
use crate::watch::ports::{MessageId, PostError, Posting, StoreError};

/// The outcome of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This process posted the digest.
    Posted {
        /// The digest of this date or time.
        due: Due,
        /// Its first message.
        message: MessageId,
        /// The number of its messages.
        messages: usize,
    },
    /// It had no news, and the channel is quiet. That is recorded like a delivery.
    Silent {
        /// The digest of this date or time.
        due: Due,
    },
    /// The channel already has it, or a later one, or it had no news.
    AlreadyDelivered {
        /// The last digest in the channel.
        due: Due,
    },
}

/// A delivery failed. Nothing is lost: the next one resumes it, or reports everything since the
/// last digest.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Slack did not accept a message.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Another process took the delivery over.
    #[error("another process took over the delivery")]
    TakenOver,
    /// The process was stopped while it waited for another process's lease, or for the outcome of a
    /// post.
    #[error("stopped while the delivery was waiting")]
    Stopped,
    /// The process or the table was so slow that another process could have taken over before the
    /// message was sent.
    #[error("the lease ended before the store confirmed the delivery")]
    Unconfirmed,
}

impl DeliverError {
    /// Reports whether an operator must fix something before another attempt can succeed.
    pub fn needs_an_operator(&self) -> bool {
        match self {
            Self::Post(PostError::Refused { .. }) => true,
            Self::Store(error) => !matches!(error, StoreError::Service { .. }),
            Self::Post(_) | Self::TakenOver | Self::Stopped | Self::Unconfirmed => false,
        }
    }
}

/// A posting and its messages.
pub(super) type Prepared = (Posting, Vec<String>);
