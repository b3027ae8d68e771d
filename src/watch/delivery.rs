//! Delivers digests and notices to a channel: every change in exactly one
//! digest, nothing twice, whatever fails in between.
//!
//! One record for each channel, the [`Ledger`], decides. Whoever wants to
//! deliver claims it, writes the messages to an outbox, posts them one by one,
//! and notes each. Every step is a conditional write of the next revision, so
//! of two processes one loses. A process that died leaves a revision that
//! stands still; after a lease, measured on the finder's own monotonic clock,
//! it is taken over. While a message may still reach the channel, the channel is
//! searched for its metadata, and only then is it posted again. Should there be a
//! second copy all the same, it is deleted afterwards.

mod digest;
mod hold;
mod notice;
mod post;
mod recheck;

use std::sync::Arc;

use chrono::NaiveDate;

use super::Watch;
use super::ports::{
    Channel, Delivery, Ledger, MessageId, PostError, Posting, Stage, StoreError, Subject, Written,
};
use hold::Hold;
use post::{Doubt, Posted};

/// How many looks at a delivery of another process a lease takes.
const LOOKS: u32 = 6;

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
    #[error("stopped while the delivery had to wait")]
    Stopped,
    /// The process or the table was so slow that another process could have
    /// taken over before the message was sent.
    #[error("the store confirmed the delivery too slowly")]
    Unconfirmed,
}

impl DeliverError {
    /// Whether somebody has to mend something before another try can succeed.
    pub fn needs_an_operator(&self) -> bool {
        match self {
            Self::Post(PostError::Refused { .. }) => true,
            Self::Store(error) => !matches!(error, StoreError::Service { .. }),
            Self::Post(_) | Self::TakenOver | Self::Stopped | Self::Unconfirmed => false,
        }
    }
}

/// Messages on their way.
type Prepared = (Posting, Vec<String>);

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
            let ledger = self.ledger(channel.id()).await?;
            if let Some(last) = ledger.last.as_ref().filter(|last| last.date >= date) {
                if !self.is_ahead(last.date) {
                    return Ok(Outcome::AlreadyDelivered { date: last.date });
                }
                tracing::error!(last = %last.date, "the last digest is of a date that has not come: a clock was wrong");
            }
            let wish = Subject::Digest(date);
            let Some(mut hold) = self.claim(channel, ledger, &owner, wish).await? else {
                continue;
            };
            // What was still open comes first: an older digest, a notice.
            if let Some(posted) = self.carry_out(&mut hold, wish).await?
                && let Subject::Digest(date) = posted.subject
                && posted.subject.date() >= wish.date()
            {
                return Ok(Outcome::Posted {
                    date,
                    message: posted.message,
                    messages: posted.messages,
                });
            }
        }
    }

    /// Tells a channel which hubs have been unread for longer than the
    /// threshold, and which are read again; each once. Returns whether there
    /// was something to tell.
    ///
    /// While a digest is on its way, it comes first: this does nothing then.
    pub async fn notify(self: &Arc<Self>, channel: &dyn Channel) -> Result<bool, DeliverError> {
        let owner = uuid::Uuid::new_v4().to_string();
        let mut told = false;
        loop {
            let ledger = self.ledger(channel.id()).await?;
            match ledger.open.as_ref().map(|open| open.subject) {
                Some(Subject::Digest(_)) => return Ok(told),
                None if self.news(&ledger).await?.is_none() => return Ok(told),
                Some(Subject::Notice(_)) | None => {}
            }
            let wish = Subject::Notice(self.today());
            if let Some(mut hold) = self.claim(channel, ledger, &owner, wish).await? {
                told |= self.carry_out(&mut hold, wish).await?.is_some();
            }
        }
    }

    /// The ledger, or what is left of a damaged one: no damage silences a
    /// channel for good.
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError> {
        match StoreError::set_apart(self.store.ledger(channel).await)? {
            Ok(ledger) => Ok(ledger),
            Err(error) => {
                tracing::error!(event = "table_damaged", channel, %error, "the ledger is damaged");
                self.store.salvage_ledger(channel).await?.ok_or(error)
            }
        }
    }

    /// Takes the ledger, or waits until it can be worth another look (`None`).
    async fn claim<'a>(
        &'a self,
        channel: &'a dyn Channel,
        ledger: Ledger,
        owner: &str,
        wish: Subject,
    ) -> Result<Option<Hold<'a>>, DeliverError> {
        let open = match &ledger.open {
            None => Delivery {
                subject: wish,
                owner: owner.to_owned(),
                stage: Stage::Claimed,
            },
            Some(open) => {
                if !open.owner.is_empty() && open.owner != owner {
                    tracing::info!(subject = %open.subject, lease = ?self.lease, "another process is delivering: waiting for a sign of life");
                    for _ in 0..LOOKS {
                        let look = tokio::time::sleep(self.lease / LOOKS);
                        let slept = self.stop.run_until_cancelled(look).await;
                        slept.ok_or(DeliverError::Stopped)?;
                        if self.ledger(channel.id()).await?.revision != ledger.revision {
                            return Ok(None);
                        }
                    }
                    tracing::warn!(subject = %open.subject, "taking over what another process left");
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
            Written::Done(ledger) => Some(Hold::new(self, channel, ledger, owner)),
            Written::Lost => None,
        })
    }

    /// Posts what is open, where some of it is in the channel already, or what
    /// is wished. `None` when there is nothing to tell.
    async fn carry_out(
        self: &Arc<Self>,
        hold: &mut Hold<'_>,
        wish: Subject,
    ) -> Result<Option<Posted>, DeliverError> {
        let posted = self.try_carry_out(hold, wish).await;
        if let Err(error) = &posted {
            if matches!(error, DeliverError::Post(PostError::ParentGone)) {
                hold.discard();
            }
            hold.release().await;
        }
        posted
    }

    async fn try_carry_out(
        self: &Arc<Self>,
        hold: &mut Hold<'_>,
        wish: Subject,
    ) -> Result<Option<Posted>, DeliverError> {
        if let Some((prepared, doubt)) = hold.resume().await? {
            return hold.post(prepared, doubt).await.map(Some);
        }
        hold.save(wish, Stage::Claimed).await?;
        let prepared = match wish {
            Subject::Digest(date) => Some(self.prepare_digest(hold, date).await?),
            Subject::Notice(_) => self.prepare_notice(hold).await?,
        };
        match prepared {
            Some(prepared) => hold.post(prepared, Doubt::None).await.map(Some),
            None => {
                hold.close().await?;
                Ok(None)
            }
        }
    }
}
