//! The channel of digests and alerts.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::message::{Mark, MessageId, OutboxId};
use crate::domain::alert::{Alert, Comeback};
use crate::domain::digest::Digest;
use crate::domain::notice::Notice;
use crate::domain::scope::Audience;

/// The channel of digests.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Identifies the channel in the table, in metrics and in problems.
    fn id(&self) -> &str;

    /// The remedy for the code with which the channel rejects messages.
    fn remedy(&self, code: &str) -> &'static str;

    /// Its readers: what they get, and the time zone of their dates.
    fn audience(&self) -> &Audience;

    /// Renders a digest: the first message for the channel, the others for its thread. Only the
    /// channel interprets the text.
    fn render(&self, digest: &Digest) -> Vec<String>;

    /// Renders a polling alert.
    fn render_notice(&self, notice: &Notice) -> Vec<String>;

    /// Renders an alert about changes: one message, and the rest of a long one for its thread.
    fn render_alert(&self, alert: &Alert) -> Vec<String>;

    /// Renders a reply to an alert.
    fn render_comeback(&self, comeback: &Comeback) -> Vec<String>;

    /// The pause before each message of a thread, because Slack limits their rate.
    fn pace(&self) -> Duration {
        Duration::ZERO
    }

    /// Posts message number `index` of an outbox, in the thread of `parent` if given.
    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        parent: Option<&MessageId>,
    ) -> Result<MessageId, PostError>;

    /// Looks for message number `index` of an outbox. `not_before` is when the digest was made.
    async fn find(
        &self,
        outbox: &OutboxId,
        index: usize,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<MessageLookup, PostError>;

    /// The bot's own messages with a mark, in the channel or in the thread of `parent`. `None` if
    /// the bot may not read them.
    async fn own_messages(
        &self,
        parent: Option<&MessageId>,
        not_before: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError>;

    /// The address of a message in the channel; `None` if Slack doesn't say it. No delivery depends
    /// on it.
    async fn permalink(&self, _message: &MessageId) -> Option<String> {
        None
    }

    /// Deletes a message of the bot. A missing message counts as deleted.
    async fn delete(&self, message: &MessageId) -> Result<(), PostError>;
}

/// A message of the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessage {
    /// The message's `ts`.
    pub id: MessageId,
    /// Its mark.
    pub mark: Mark,
    /// The number of replies in its thread.
    pub replies: usize,
}

/// The result of looking for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageLookup {
    /// The message exists.
    Yes(MessageId),
    /// The message does not exist.
    No,
    /// The bot may not read the channel's history.
    NotPermitted,
}

/// A message was not posted, or the outcome is unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PostError {
    /// It was not posted, and a retry can succeed.
    #[error("the channel could not accept the message: {detail}")]
    Later {
        /// The cause.
        detail: String,
        /// The value of `Retry-After`.
        wait: Option<Duration>,
    },
    /// The outcome is unknown.
    #[error("the channel did not answer: {detail}")]
    Unknown {
        /// The cause.
        detail: String,
    },
    /// The parent message no longer exists.
    #[error("the first message of the digest is gone from the channel")]
    ParentGone,
    /// The channel rejected it, and will until an operator fixes the cause.
    #[error("the channel rejected the message: {code}")]
    Refused {
        /// Slack's error code, or `http_` and the status of a webhook's answer.
        code: String,
    },
}
