//! A delivery that this process holds: its revisions in the ledger, its
//! messages, their way into the channel.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{DeliverError, Prepared};
use crate::backoff::Backoff;
use crate::domain::digest::Covered;
use crate::watch::Watch;
use crate::watch::ports::{
    Channel, Delivered, Delivery, Found, Ledger, MessageId, OutboxId, PostError, Posting, Stage,
    StoreError, Subject, Written,
};

/// How often one message is tried before the delivery is left for later.
const ATTEMPTS: u32 = 6;
/// The first wait between two tries.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// A delivery that this process holds.
pub(super) struct Hold<'a> {
    watch: &'a Watch,
    channel: &'a dyn Channel,
    ledger: Ledger,
    owner: String,
}

/// What is in the channel now.
pub(super) struct Posted {
    pub(super) subject: Subject,
    /// Its first message.
    pub(super) message: MessageId,
    /// How many messages it took.
    pub(super) messages: usize,
}

impl<'a> Hold<'a> {
    /// `ledger` says that the delivery is `owner`'s.
    pub(super) fn new(
        watch: &'a Watch,
        channel: &'a dyn Channel,
        ledger: Ledger,
        owner: &str,
    ) -> Self {
        Self {
            watch,
            channel,
            ledger,
            owner: owner.to_owned(),
        }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn channel(&self) -> &'a dyn Channel {
        self.channel
    }
}

impl Hold<'_> {
    /// Writes the next revision. Losing means that somebody else took over.
    pub(super) async fn save(
        &mut self,
        subject: Subject,
        stage: Stage,
    ) -> Result<(), DeliverError> {
        let open = Delivery {
            subject,
            owner: self.owner.clone(),
            stage,
        };
        let wanted = Ledger {
            open: Some(open),
            ..self.ledger.clone()
        };
        self.replace(wanted).await
    }

    async fn replace(&mut self, wanted: Ledger) -> Result<(), DeliverError> {
        match self
            .watch
            .store
            .save_ledger(self.channel.id(), &wanted)
            .await?
        {
            Written::Done(ledger) => {
                self.ledger = ledger;
                Ok(())
            }
            Written::Lost => Err(DeliverError::TakenOver),
        }
    }

    async fn note(&mut self, posting: &Posting) -> Result<(), DeliverError> {
        let stage = Stage::Posting(posting.clone());
        self.save(self.subject()?, stage).await
    }

    /// What is on its way.
    fn subject(&self) -> Result<Subject, DeliverError> {
        let open = self.ledger.open.as_ref().map(|open| open.subject);
        open.ok_or(DeliverError::TakenOver)
    }

    /// A posting with these properties, of which nothing is posted yet.
    pub(super) fn posting(
        &self,
        subject: Subject,
        until: DateTime<Utc>,
        messages: usize,
    ) -> Posting {
        Posting {
            outbox: OutboxId {
                channel: self.channel.id().to_owned(),
                subject,
                nonce: uuid::Uuid::new_v4().to_string(),
                messages,
            },
            until,
            covered: Covered::new(),
            unread: self.ledger.unread.clone(),
            doubted: self.ledger.doubted.clone(),
            posted: Vec::new(),
        }
    }

    /// Puts the messages into the outbox.
    pub(super) async fn keep(
        &mut self,
        posting: &Posting,
        messages: &[String],
    ) -> Result<(), DeliverError> {
        self.watch
            .store
            .keep_outbox(&posting.outbox, messages)
            .await?;
        self.note(posting).await
    }

    /// Ends a delivery that has nothing to tell.
    pub(super) async fn close(&mut self) -> Result<(), DeliverError> {
        self.replace(Ledger {
            open: None,
            ..self.ledger.clone()
        })
        .await
    }

    /// Shows signs of life while `work` goes on.
    pub(super) async fn while_alive<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, DeliverError> {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(self.watch.lease / 3, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => self.replace(self.ledger.clone()).await?,
            }
        }
    }

    /// What another process left, if its first message is in the channel or
    /// nobody can tell. What certainly is not there is prepared anew: later it
    /// tells more. So is that of which the messages are no longer kept: saying
    /// it twice is better than not saying it.
    pub(super) async fn resume(&mut self) -> Result<Option<Prepared>, DeliverError> {
        let stage = self.ledger.open.as_ref().map(|open| open.stage.clone());
        let Some(Stage::Posting(mut posting)) = stage else {
            return Ok(None);
        };
        if posting.posted.is_empty() {
            match self.find(&posting, 0).await? {
                Found::Yes(message) => posting.posted.push(message),
                Found::No => return Ok(None),
                Found::NotPermitted => {}
            }
        }
        let messages = self.watch.store.outbox(&posting.outbox).await;
        // What is damaged is as good as gone.
        let messages = StoreError::set_apart(messages)?.unwrap_or_else(|error| {
            tracing::error!(event = "table_damaged", %error, "the kept messages of a delivery are damaged");
            None
        });
        if messages.is_none() {
            tracing::error!(subject = %posting.outbox.subject, "the messages of an interrupted delivery are no longer kept: it is prepared anew");
        }
        Ok(messages.map(|messages| (posting, messages)))
    }

    /// Looks for a message in the channel. That can take long.
    async fn find(&mut self, posting: &Posting, index: usize) -> Result<Found, DeliverError> {
        let (channel, parent) = (self.channel, posting.posted.first());
        let found = channel.find(&posting.outbox, index, parent, posting.until);
        Ok(self.while_alive(found).await??)
    }

    /// Posts what is missing, then records the delivery. `certain` tells that
    /// nothing of it is in the channel yet.
    pub(super) async fn post(
        &mut self,
        mut posting: Posting,
        messages: &[String],
        mut certain: bool,
    ) -> Result<Posted, DeliverError> {
        for (index, message) in messages.iter().enumerate().skip(posting.posted.len()) {
            let id = self.post_one(&posting, index, message, certain).await?;
            posting.posted.push(id);
            self.note(&posting).await?;
            certain = true;
        }
        let Some(message) = posting.posted.first().cloned() else {
            return Err(PostError::Refused {
                code: "no_text".to_owned(),
            }
            .into());
        };
        let subject = self.subject()?;
        let last = match subject {
            Subject::Digest(date) => Some(Delivered {
                date,
                until: posting.until,
                covered: posting.covered,
                message: message.clone(),
            }),
            Subject::Notice(_) => self.ledger.last.clone(),
        };
        self.replace(Ledger {
            last,
            unread: posting.unread,
            doubted: posting.doubted,
            open: None,
            ..self.ledger.clone()
        })
        .await?;
        Ok(Posted {
            subject,
            message,
            messages: posting.posted.len(),
        })
    }

    /// Posts one message. `certain` tells that it is not in the channel yet.
    async fn post_one(
        &mut self,
        posting: &Posting,
        index: usize,
        message: &str,
        mut certain: bool,
    ) -> Result<MessageId, DeliverError> {
        let mut backoff = Backoff::new(FIRST_WAIT, FIRST_WAIT.max(self.watch.lease / 3));
        for attempt in 1.. {
            let error = match self.try_post(posting, index, message, certain).await {
                Ok(id) => return Ok(id),
                Err(DeliverError::Post(error)) => error,
                Err(error) => return Err(error),
            };
            let wait = match &error {
                PostError::Refused { .. } | PostError::ParentGone => return Err(error.into()),
                PostError::Later { wait, .. } => wait.unwrap_or_else(|| backoff.pause()),
                PostError::Unknown { .. } => {
                    certain = false;
                    backoff.pause()
                }
            };
            if attempt == ATTEMPTS || wait > self.watch.lease / 2 {
                return Err(error.into());
            }
            tracing::warn!(attempt, ?wait, %error, "posting a message failed: trying again");
            tokio::time::sleep(wait).await;
        }
        Err(DeliverError::TakenOver)
    }

    async fn try_post(
        &mut self,
        posting: &Posting,
        index: usize,
        message: &str,
        certain: bool,
    ) -> Result<MessageId, DeliverError> {
        if !certain && let Found::Yes(id) = self.find(posting, index).await? {
            return Ok(id);
        }
        // The last look at whose delivery it is comes right before the post.
        self.note(posting).await?;
        let parent = posting.posted.first();
        let posted = self.channel.post(&posting.outbox, index, message, parent);
        Ok(posted.await?)
    }

    /// Gives a digest up whose first message somebody deleted: the rest of it
    /// has no place. The next attempt prepares it anew, with all that it told.
    pub(super) fn discard(&mut self) {
        tracing::error!(
            "the digest's first message is gone from the channel: the digest is prepared anew"
        );
        if let Some(open) = &mut self.ledger.open {
            open.stage = Stage::Claimed;
        }
    }

    /// Lets go, so that the next attempt need not wait for the lease. Failing
    /// to is harmless: then it waits.
    pub(super) async fn release(&mut self) {
        if let Some(open) = &self.ledger.open {
            let open = Delivery {
                owner: String::new(),
                ..open.clone()
            };
            let wanted = Ledger {
                open: Some(open),
                ..self.ledger.clone()
            };
            if let Err(error) = self.replace(wanted).await {
                tracing::debug!(%error, "the delivery could not be released");
            }
        }
    }
}
