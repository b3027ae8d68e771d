//! Delivers the digest of a date to a channel: every change in exactly one
//! digest, no digest twice, whatever fails in between.
//!
//! One record for each channel, the [`Ledger`], decides. Whoever wants to
//! deliver claims it, writes the messages to an outbox, posts them one by one,
//! and notes each. Every step is a conditional write of the next revision, so
//! of two processes one loses. A process that died leaves a revision that
//! stands still; after a lease, measured on the finder's own monotonic clock,
//! it is taken over. Where it is unknown whether a message reached the channel,
//! the channel is searched for the message's metadata before it is posted again.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use futures::future::try_join_all;

use super::Watch;
use super::answer::Loaded;
use super::poll::PollError;
use super::ports::{
    Channel, Delivered, Delivery, Found, Ledger, MessageId, OutboxId, PostError, Posting, Stage,
    StoreError, Written,
};
use crate::domain::digest::Digest;
use crate::domain::hub::Version;
use crate::domain::report::{Coverage, Mark, Report};

/// How often one message is tried before the delivery is left for later.
const ATTEMPTS: u32 = 6;

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
}

impl DeliverError {
    /// Whether somebody has to mend something before another try can succeed.
    pub fn needs_an_operator(&self) -> bool {
        match self {
            Self::Post(PostError::Refused { .. }) => true,
            Self::Store(error) => !matches!(error, StoreError::Service { .. }),
            Self::Post(_) | Self::TakenOver => false,
        }
    }
}

/// A delivery that this process holds.
struct Hold<'a> {
    watch: &'a Watch,
    channel: &'a dyn Channel,
    ledger: Ledger,
    owner: String,
}

impl Watch {
    /// Polls every hub and delivers the digest of `date`, unless the channel
    /// has it, or one of a later date.
    ///
    /// Waits for a delivery that another process has under way, and finishes
    /// one that another process left.
    pub async fn deliver(
        self: &Arc<Self>,
        channel: &dyn Channel,
        date: NaiveDate,
    ) -> Result<Outcome, DeliverError> {
        let owner = uuid::Uuid::new_v4().to_string();
        loop {
            let ledger = self.store.ledger(channel.id()).await?;
            if let Some(last) = ledger.last.as_ref().filter(|last| last.date >= date) {
                if !self.is_ahead(last.date) {
                    return Ok(Outcome::AlreadyDelivered { date: last.date });
                }
                tracing::error!(last = %last.date, "the last digest is of a date that has not come: a clock was wrong");
            }
            let Some(mut hold) = self.claim(channel, ledger, &owner, date).await? else {
                continue;
            };
            let outcome = self.carry_out(&mut hold, date).await;
            match outcome {
                // An older digest was still open; the asked one comes next.
                Ok(Outcome::Posted { date: done, .. }) if done < date => {}
                Err(error) => {
                    if matches!(error, DeliverError::Post(PostError::ParentGone)) {
                        hold.discard();
                    }
                    hold.release().await;
                    return Err(error);
                }
                done => return done,
            }
        }
    }

    /// The digest that `deliver` would post now, from what is stored.
    pub async fn preview(&self, channel: &str, date: NaiveDate) -> Result<Digest, StoreError> {
        let ledger = self.store.ledger(channel).await?;
        self.compose(date, ledger.last.as_ref()).await
    }

    /// Takes the ledger, or waits until it can be worth another look (`None`).
    async fn claim<'a>(
        &'a self,
        channel: &'a dyn Channel,
        ledger: Ledger,
        owner: &str,
        date: NaiveDate,
    ) -> Result<Option<Hold<'a>>, StoreError> {
        let open = match &ledger.open {
            None => Delivery {
                date,
                owner: owner.to_owned(),
                stage: Stage::Claimed,
            },
            Some(open) => {
                if !open.owner.is_empty() && open.owner != owner {
                    tracing::info!(date = %open.date, lease = ?self.lease, "another process is delivering a digest: waiting for a sign of life");
                    tokio::time::sleep(self.lease).await;
                    if self.store.ledger(channel.id()).await?.revision != ledger.revision {
                        return Ok(None);
                    }
                    tracing::warn!(date = %open.date, "taking over a digest that another process left");
                }
                Delivery {
                    owner: owner.to_owned(),
                    ..open.clone()
                }
            }
        };
        let wanted = Ledger {
            open: Some(open),
            ..ledger
        };
        Ok(match self.store.save_ledger(channel.id(), &wanted).await? {
            Written::Done(ledger) => Some(Hold {
                watch: self,
                channel,
                ledger,
                owner: owner.to_owned(),
            }),
            Written::Lost => None,
        })
    }

    async fn carry_out(
        self: &Arc<Self>,
        hold: &mut Hold<'_>,
        date: NaiveDate,
    ) -> Result<Outcome, DeliverError> {
        let (posting, messages, certain) = match hold.resume().await? {
            Some((posting, messages)) => (posting, messages, false),
            None => {
                let (posting, messages) = self.prepare(hold, date).await?;
                (posting, messages, true)
            }
        };
        hold.post(posting, &messages, certain).await
    }

    /// Polls, composes, and puts the messages into the outbox.
    async fn prepare(
        self: &Arc<Self>,
        hold: &mut Hold<'_>,
        date: NaiveDate,
    ) -> Result<(Posting, Vec<String>), DeliverError> {
        hold.save(date, Stage::Claimed).await?;
        let polls = self.poll_all();
        for (_, polled) in hold.while_alive(polls).await? {
            // Neither read nor marked as unread: such a hub would look unchanged.
            if let Err(PollError::Store(error)) = polled.as_ref() {
                return Err(error.clone().into());
            }
        }
        let digest = self.compose(date, hold.ledger.last.as_ref()).await?;
        let messages = hold.channel.render(&digest);
        let posting = Posting {
            outbox: OutboxId {
                channel: hold.channel.id().to_owned(),
                date,
                nonce: uuid::Uuid::new_v4().to_string(),
                messages: messages.len(),
            },
            until: digest.until,
            covered: digest.covered,
            posted: Vec::new(),
        };
        self.store.keep_outbox(&posting.outbox, &messages).await?;
        hold.note(&posting).await?;
        Ok((posting, messages))
    }

    async fn compose(
        &self,
        date: NaiveDate,
        last: Option<&Delivered>,
    ) -> Result<Digest, StoreError> {
        let until = self.now();
        let load = |hub| async move {
            let told = last.and_then(|last| Some((last, *last.covered.get(hub)?)));
            let (from, after) = match told {
                Some((last, version)) => {
                    let date = self.date_of(last.until);
                    let at = last.until;
                    (Some(Mark { date, at }), version)
                }
                // Nothing was told of this hub: everything since its first poll.
                None => (None, Version::NONE),
            };
            self.load_head(hub, from, after).await
        };
        let loaded: Vec<Loaded> = try_join_all(self.hubs().iter().map(load)).await?;
        // A hub that is no longer watched keeps its place, should it come back.
        let mut covered = last.map(|last| last.covered.clone()).unwrap_or_default();
        for one in &loaded {
            if !matches!(one.hub.coverage, Coverage::Missing(_)) {
                covered.insert(one.hub.hub.clone(), one.version);
            }
        }
        let facts = loaded.iter().map(Loaded::facts).collect();
        Ok(Digest {
            date,
            since: last.map(|last| last.until),
            until,
            report: Report::new(facts, self.date_of(until), self.zone()),
            covered,
        })
    }
}

impl Hold<'_> {
    /// Writes the next revision. Losing means that somebody else took over.
    async fn save(&mut self, date: NaiveDate, stage: Stage) -> Result<(), DeliverError> {
        let open = Delivery {
            date,
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
        self.save(posting.outbox.date, stage).await
    }

    /// Shows signs of life while `work` goes on.
    async fn while_alive<T>(&mut self, work: impl Future<Output = T>) -> Result<T, DeliverError> {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(self.watch.lease / 3, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => self.replace(self.ledger.clone()).await?,
            }
        }
    }

    /// What another process left, if its first message is in the channel or
    /// nobody can tell. A digest that certainly is not there is prepared anew:
    /// a later one tells more. So is one whose messages are no longer kept:
    /// saying it twice is better than not saying it.
    async fn resume(&mut self) -> Result<Option<(Posting, Vec<String>)>, DeliverError> {
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
        let messages = self.watch.store.outbox(&posting.outbox).await?;
        if messages.is_none() {
            tracing::error!(date = %posting.outbox.date, "the messages of an interrupted digest are no longer kept: it is prepared anew");
        }
        Ok(messages.map(|messages| (posting, messages)))
    }

    /// Looks for a message in the channel. That can take long.
    async fn find(&mut self, posting: &Posting, index: usize) -> Result<Found, DeliverError> {
        let (channel, parent) = (self.channel, posting.posted.first());
        let found = channel.find(&posting.outbox, index, parent, posting.until);
        Ok(self.while_alive(found).await??)
    }

    /// Posts what is missing, then records the delivery.
    async fn post(
        &mut self,
        mut posting: Posting,
        messages: &[String],
        mut certain: bool,
    ) -> Result<Outcome, DeliverError> {
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
        let outcome = Outcome::Posted {
            date: posting.outbox.date,
            message: message.clone(),
            messages: posting.posted.len(),
        };
        let delivered = Delivered {
            date: posting.outbox.date,
            until: posting.until,
            covered: posting.covered,
            message,
        };
        self.replace(Ledger {
            last: Some(delivered),
            open: None,
            ..self.ledger.clone()
        })
        .await?;
        Ok(outcome)
    }

    /// Posts one message. `certain` tells that it is not in the channel yet.
    async fn post_one(
        &mut self,
        posting: &Posting,
        index: usize,
        message: &str,
        mut certain: bool,
    ) -> Result<MessageId, DeliverError> {
        let mut pause = Duration::from_secs(1);
        for attempt in 1.. {
            let error = match self.try_post(posting, index, message, certain).await {
                Ok(id) => return Ok(id),
                Err(DeliverError::Post(error)) => error,
                Err(error) => return Err(error),
            };
            let wait = match &error {
                PostError::Refused { .. } | PostError::ParentGone => return Err(error.into()),
                PostError::Later { wait, .. } => wait.unwrap_or(pause),
                PostError::Unknown { .. } => {
                    certain = false;
                    pause
                }
            };
            if attempt == ATTEMPTS || wait > self.watch.lease / 2 {
                return Err(error.into());
            }
            tracing::warn!(attempt, ?wait, %error, "posting a digest message failed: trying again");
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(self.watch.lease / 3);
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
    fn discard(&mut self) {
        tracing::error!(
            "the digest's first message is gone from the channel: the digest is prepared anew"
        );
        if let Some(open) = &mut self.ledger.open {
            open.stage = Stage::Claimed;
        }
    }

    /// Lets go, so that the next attempt need not wait for the lease. Failing
    /// to is harmless: then it waits.
    async fn release(&mut self) {
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
