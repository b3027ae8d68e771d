//! Brings the messages of a delivery into the channel, each once.
//!
//! Slack has no way to post at most once. So what it did not answer is looked
//! for as long as it can still take it, and only then posted again.

use std::time::Duration;

use tokio::time::Instant;

use super::held::{HeldDelivery, confirmed_for};
use super::outcome::{DeliverError, Prepared};
use crate::backoff::Backoff;
use crate::policies::slack::{POST_ATTEMPTS, POST_PAUSE};
use crate::watch::ports::{
    Delivered, Ledger, MessageId, MessageLookup, PostError, Posting, Recheck, Stage, StoreError,
    Subject,
};

/// A delivery that is in the channel now.
pub(super) struct Posted {
    pub(super) subject: Subject,
    /// Its first message.
    pub(super) message: MessageId,
    /// How many messages it took.
    pub(super) messages: usize,
}

/// The doubt whether a message is in the channel already, or on its way there.
#[derive(Clone, Copy)]
pub(super) enum InDoubt {
    /// It is not.
    None,
    /// It may be, and may still arrive until then.
    Until(Instant),
}

/// Posts the messages of a held delivery.
pub(super) struct Poster<'p, 'd>(pub(super) &'p mut HeldDelivery<'d>);

impl Poster<'_, '_> {
    /// The delivery that another process left, if its first message is in the
    /// channel or nobody can tell. One that certainly is not there is prepared
    /// again: later it tells more. So is one whose messages are no longer kept:
    /// saying it twice is better than not saying it.
    pub(super) async fn resume(&mut self) -> Result<Option<(Prepared, InDoubt)>, DeliverError> {
        let stage = self.0.ledger.open.as_ref().map(|open| open.stage.clone());
        let Some(Stage::Posting(posting)) = stage else {
            return Ok(None);
        };
        let mut posting = *posting;
        let mut doubt = self.doubt_left(&posting);
        posting.doubtful |= posting.attempt.is_some();
        if posting.posted.is_empty() {
            match self.settle(&posting, 0, doubt).await? {
                MessageLookup::Yes(message) => {
                    posting.posted.push(message);
                    posting.attempt = None;
                    doubt = InDoubt::Until(Instant::now());
                }
                MessageLookup::No => {
                    self.give_up(posting);
                    return Ok(None);
                }
                MessageLookup::NotPermitted => {}
            }
        }
        let messages = self.0.ledgers.store.outbox(&posting.outbox).await;
        // Damaged messages are as good as gone.
        let messages = StoreError::set_apart(messages)?.unwrap_or_else(|error| {
            tracing::error!(event = "table_damaged", %error, "found damage in the messages of a delivery");
            None
        });
        if messages.is_none() {
            tracing::error!(subject = %posting.outbox.subject, "preparing an interrupted delivery again: its messages have expired");
        }
        Ok(messages.map(|messages| ((posting, messages), doubt)))
    }

    /// How long the message that another process was about to post may still
    /// arrive. Between its note and the request some time can have passed.
    fn doubt_left(&self, posting: &Posting) -> InDoubt {
        let possible =
            self.0.ledgers.settings.taken_within + confirmed_for(self.0.ledgers.settings.lease);
        let left = posting.attempt.map_or(Duration::ZERO, |began| {
            let passed = (self.0.ledgers.calendar.now() - began)
                .to_std()
                .unwrap_or_default();
            possible.saturating_sub(passed)
        });
        InDoubt::Until(Instant::now() + left)
    }

    /// Leaves a delivery of which nothing was found. Should its first message
    /// turn up after all, a later delivery stands there in its place.
    fn give_up(&mut self, posting: Posting) {
        if posting.doubtful {
            let at = self.0.ledgers.calendar.now();
            Recheck::of(posting, at).add_to(&mut self.0.ledger.rechecks);
        }
    }

    /// Looks for a message in the channel. That can take long.
    async fn find(
        &mut self,
        posting: &Posting,
        index: usize,
    ) -> Result<MessageLookup, DeliverError> {
        let (channel, parent) = (self.0.channel, posting.posted.first());
        let found = channel.find(&posting.outbox, index, parent, posting.until);
        Ok(self.0.until_stopped(found).await??)
    }

    /// Looks for a message until it is there or cannot arrive any more.
    ///
    /// Where the bot may not look, waiting would tell nothing: the message is
    /// posted again at once, rather late twice than not at all.
    async fn settle(
        &mut self,
        posting: &Posting,
        index: usize,
        doubt: InDoubt,
    ) -> Result<MessageLookup, DeliverError> {
        let InDoubt::Until(until) = doubt else {
            return Ok(MessageLookup::No);
        };
        let mut backoff = Backoff::new(
            POST_PAUSE,
            POST_PAUSE.max(self.0.ledgers.settings.lease / 6),
        );
        loop {
            let last = Instant::now() >= until;
            let found = self.find(posting, index).await?;
            if last || found != MessageLookup::No {
                return Ok(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            self.0.pause(backoff.pause().min(left)).await?;
        }
    }

    /// Posts what is missing, then records the delivery. `doubt` is about the
    /// first missing message.
    pub(super) async fn post(
        &mut self,
        (mut posting, messages): Prepared,
        mut doubt: InDoubt,
    ) -> Result<Posted, DeliverError> {
        for (index, message) in messages.iter().enumerate().skip(posting.posted.len()) {
            let id = self.post_one(&mut posting, index, message, doubt).await?;
            posting.posted.push(id);
            posting.attempt = None;
            self.0.note(&posting).await?;
            doubt = InDoubt::None;
        }
        let Some(message) = posting.posted.first().cloned() else {
            return Err(PostError::Refused {
                code: "no_text".to_owned(),
            }
            .into());
        };
        self.record(posting, message).await
    }

    async fn record(
        &mut self,
        posting: Posting,
        message: MessageId,
    ) -> Result<Posted, DeliverError> {
        let subject = self.0.subject()?;
        let messages = posting.posted.len();
        let last = match subject {
            Subject::Digest(date) => Some(Delivered {
                date,
                until: posting.until,
                covered: posting.covered.clone(),
                message: message.clone(),
                known: posting.known,
            }),
            Subject::Notice(_) => self.0.ledger.last.clone(),
        };
        let unread = posting.unread.clone();
        let doubted = posting.doubted.clone();
        let mut rechecks = self.0.ledger.rechecks.clone();
        Recheck::of(posting, self.0.ledgers.calendar.now()).add_to(&mut rechecks);
        self.0
            .replace(Ledger {
                last,
                unread,
                doubted,
                rechecks,
                open: None,
                ..self.0.ledger.clone()
            })
            .await?;
        Ok(Posted {
            subject,
            message,
            messages,
        })
    }

    async fn post_one(
        &mut self,
        posting: &mut Posting,
        index: usize,
        message: &str,
        mut doubt: InDoubt,
    ) -> Result<MessageId, DeliverError> {
        let mut backoff = Backoff::new(
            POST_PAUSE,
            POST_PAUSE.max(self.0.ledgers.settings.lease / 3),
        );
        for attempt in 1.. {
            let tried = self.try_post(posting, index, message, &mut doubt);
            let error = match tried.await {
                Ok(id) => return Ok(id),
                Err(DeliverError::Post(error)) => error,
                Err(error) => return Err(error),
            };
            let (wait, in_pace) = match &error {
                PostError::Refused { .. } | PostError::ParentGone => return Err(error.into()),
                PostError::Later { wait, .. } => {
                    (wait.unwrap_or_else(|| backoff.pause()), wait.is_some())
                }
                PostError::Unknown { .. } => (backoff.pause(), false),
            };
            if attempt == POST_ATTEMPTS || wait > self.0.ledgers.settings.lease / 2 {
                return Err(error.into());
            }
            tracing::warn!(attempt, ?wait, %error, "failed to post a message; retrying");
            if in_pace {
                // Slack takes it after that: a thread is finished before a stop.
                tokio::time::sleep(wait).await;
            } else {
                self.0.pause(wait).await?;
            }
        }
        Err(DeliverError::TakenOver)
    }

    async fn try_post(
        &mut self,
        posting: &mut Posting,
        index: usize,
        message: &str,
        doubt: &mut InDoubt,
    ) -> Result<MessageId, DeliverError> {
        if let MessageLookup::Yes(id) = self.settle(posting, index, *doubt).await? {
            return Ok(id);
        }
        if index > 0 {
            tokio::time::sleep(self.0.channel.pace()).await;
        }
        // The last look at whose delivery it is comes right before the post.
        self.0.confirm(posting).await?;
        let parent = posting.posted.first();
        let posted = self.0.channel.post(&posting.outbox, index, message, parent);
        let posted = posted.await;
        match &posted {
            Err(PostError::Unknown { .. }) => {
                *doubt = InDoubt::Until(Instant::now() + self.0.ledgers.settings.taken_within);
                posting.doubtful = true;
            }
            Err(_) => {
                *doubt = InDoubt::None;
                posting.attempt = None;
            }
            Ok(_) => {}
        }
        self.0.note_later(posting);
        Ok(posted?)
    }
}
