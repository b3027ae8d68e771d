//! Where digests and notices go.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::ledger::{Mark, MessageId, OutboxId};
use crate::domain::digest::Digest;
use crate::domain::notice::Notice;

/// Where digests go.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The channel's id.
    fn id(&self) -> &str;

    /// The messages of a digest: the first stands in the channel, the others
    /// in its thread. Each is text that only the channel understands.
    fn render(&self, digest: &Digest) -> Vec<String>;

    /// The same for a notice.
    fn render_notice(&self, notice: &Notice) -> Vec<String>;

    /// The pause before each message of a thread: Slack limits their rate.
    fn pace(&self) -> Duration {
        Duration::ZERO
    }

    /// Posts message number `index` of an outbox, in the thread of `parent`.
    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        parent: Option<&MessageId>,
    ) -> Result<MessageId, PostError>;

    /// Looks for message number `index` of an outbox. `not_before` is when the
    /// digest was made.
    async fn find(
        &self,
        outbox: &OutboxId,
        index: usize,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<MessageLookup, PostError>;

    /// The bot's own messages that carry a mark: in the channel, or in the
    /// thread of `parent`. `None` if the bot may not read them.
    async fn own_messages(
        &self,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError>;

    /// Deletes a message of the bot. One that is gone already is a success.
    async fn delete(&self, message: &MessageId) -> Result<(), PostError>;
}

/// A message of the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessage {
    /// Its name.
    pub id: MessageId,
    /// Its mark.
    pub mark: Mark,
    /// How many replies are in its thread, by anybody.
    pub replies: usize,
}

/// The outcome of looking for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageLookup {
    /// It is there.
    Yes(MessageId),
    /// It is not there.
    No,
    /// The bot may not read the channel's history.
    NotPermitted,
}

/// A message was not posted, or nobody knows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PostError {
    /// It was not posted; trying again can help.
    #[error("Slack could not accept the message: {detail}")]
    Later {
        /// The cause.
        detail: String,
        /// How long Slack asks to wait.
        wait: Option<Duration>,
    },
    /// Nobody knows whether it was posted.
    #[error("Slack did not answer: {detail}")]
    Unknown {
        /// The cause.
        detail: String,
    },
    /// The message in whose thread it belongs is no longer there.
    #[error("the first message of the digest is gone from the channel")]
    ParentGone,
    /// It was refused, and will be until somebody mends something.
    #[error("Slack rejected the message: {code}")]
    Refused {
        /// Slack's error code.
        code: String,
    },
}
