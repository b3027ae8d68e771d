//! How a delivery ended.

use chrono::NaiveDate;

use crate::watch::ports::{MessageId, PostError, Posting, StoreError};

/// How a wish to deliver ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This process put the digest into the channel.
    Posted {
        /// Its date.
        date: NaiveDate,
        /// Its first message.
        message: MessageId,
        /// How many messages it took.
        messages: usize,
    },
    /// It is in the channel already.
    AlreadyDelivered {
        /// The date of the last digest in the channel.
        date: NaiveDate,
    },
}

/// A digest could not be delivered now. Nothing is lost: the next delivery
/// goes on from here, or tells everything since the last one.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Slack did not take a message.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Another process took the delivery over.
    #[error("another process took over the delivery")]
    TakenOver,
    /// The program was told to stop while it waited: for another process, or to
    /// find out whether Slack has taken a message.
    #[error("stopped while the delivery was waiting")]
    Stopped,
    /// The process or the table was so slow that another process could have
    /// taken over before the message was sent.
    #[error("the lease ended before the store confirmed the delivery")]
    Unconfirmed,
}

impl DeliverError {
    /// Reports whether somebody has to mend something before another try can succeed.
    pub fn needs_an_operator(&self) -> bool {
        match self {
            Self::Post(PostError::Refused { .. }) => true,
            Self::Store(error) => !matches!(error, StoreError::Service { .. }),
            Self::Post(_) | Self::TakenOver | Self::Stopped | Self::Unconfirmed => false,
        }
    }
}

/// Messages on their way.
pub(super) type Prepared = (Posting, Vec<String>);
