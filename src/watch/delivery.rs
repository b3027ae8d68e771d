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

mod copies;
mod digest;
mod held;
mod ledgers;
mod notice;
mod outcome;
mod post;

use std::sync::Arc;

use chrono::NaiveDate;

use super::cases::Cases;
use super::history::History;
use super::poller::Poller;
use super::ports::{
    Channel, Delivery, HeadStore, Ledger, LedgerStore, MessageId, PostError, Stage, StoreError,
    Subject, Written,
};
use super::reports::Reports;
use crate::domain::digest::Digest;
use digest::Digests;
use held::HeldDelivery;
use ledgers::Ledgers;
use notice::Notices;
use post::{InDoubt, Posted, Poster};

pub use ledgers::DeliverySettings;
pub use outcome::{DeliverError, Outcome};

/// How many looks at a delivery of another process a lease takes.
const LOOKS: u32 = 6;

/// Delivers digests and notices.
pub struct Deliveries {
    ledgers: Ledgers,
    digests: Digests,
    notices: Notices,
}

impl Deliveries {
    pub(super) fn new(
        heads: Arc<dyn HeadStore>,
        store: Arc<dyn LedgerStore>,
        poller: Arc<Poller>,
        history: Arc<History>,
        reports: Arc<Reports>,
        cases: Arc<Cases>,
        settings: DeliverySettings,
    ) -> Self {
        let (calendar, hubs) = (reports.calendar.clone(), Arc::clone(&reports.hubs));
        Self {
            notices: Notices {
                calendar: calendar.clone(),
                hubs: Arc::clone(&hubs),
                heads,
                stale_after: settings.stale_after,
            },
            ledgers: Ledgers {
                calendar,
                store,
                settings,
            },
            digests: Digests {
                hubs,
                poller,
                history,
                reports,
                cases,
            },
        }
    }

    /// Polls every hub and delivers the digest of `date`, unless the channel
    /// has it, or one of a later date.
    ///
    /// Waits for a delivery that another process has under way, and finishes
    /// one that another process left.
    ///
    /// # Errors
    ///
    /// It could not be delivered now.
    pub async fn deliver(
        &self,
        channel: &dyn Channel,
        date: NaiveDate,
    ) -> Result<Outcome, DeliverError> {
        let owner = uuid::Uuid::new_v4().to_string();
        loop {
            let ledger = self.ledgers.read(channel.id()).await?;
            if let Some(last) = ledger.last.as_ref().filter(|last| last.date >= date) {
                if !self.ledgers.calendar.is_ahead(last.date) {
                    return Ok(Outcome::AlreadyDelivered { date: last.date });
                }
                tracing::error!(last = %last.date, "last digest has a future date: a clock was wrong");
            }
            let wish = Subject::Digest(date);
            let Some(mut held) = self.claim(channel, ledger, &owner, wish).await? else {
                continue;
            };
            // An open delivery comes first: an older digest, a notice.
            if let Some(posted) = self.carry_out(&mut held, wish).await?
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

    /// The first message of a channel's last digest.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn last_message(&self, channel: &str) -> Result<Option<MessageId>, StoreError> {
        let ledger = self.ledgers.read(channel).await?;
        Ok(ledger.last.map(|last| last.message))
    }

    /// Tells a channel which hubs have been unread for longer than the
    /// threshold, and which are read again; each once. Returns whether there
    /// was something to tell.
    ///
    /// While a digest is on its way, it comes first: this does nothing then.
    ///
    /// # Errors
    ///
    /// It could not be delivered now.
    pub async fn notify(&self, channel: &dyn Channel) -> Result<bool, DeliverError> {
        let owner = uuid::Uuid::new_v4().to_string();
        let mut told = false;
        loop {
            let ledger = self.ledgers.read(channel.id()).await?;
            match ledger.open.as_ref().map(|open| open.subject) {
                Some(Subject::Digest(_)) => return Ok(told),
                None if self.notices.news(&ledger).await?.is_none() => return Ok(told),
                Some(Subject::Notice(_)) | None => {}
            }
            let wish = Subject::Notice(self.ledgers.calendar.today());
            if let Some(mut held) = self.claim(channel, ledger, &owner, wish).await? {
                told |= self.carry_out(&mut held, wish).await?.is_some();
            }
        }
    }

    /// The digest that `deliver` would post now, from what is stored.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn preview(&self, channel: &str, date: NaiveDate) -> Result<Digest, StoreError> {
        let ledger = self.ledgers.read(channel).await?;
        self.digests.preview(date, ledger.last.as_ref()).await
    }

    /// Searches the channel for second copies of what was delivered to it, when
    /// that is due, and deletes them. Returns how many.
    ///
    /// # Errors
    ///
    /// The store or Slack fails. The next call tries again.
    pub async fn remove_copies(&self, channel: &dyn Channel) -> Result<usize, DeliverError> {
        copies::remove_copies(&self.ledgers, channel).await
    }

    /// Takes the ledger, or waits until it can be worth another look (`None`).
    async fn claim<'a>(
        &'a self,
        channel: &'a dyn Channel,
        ledger: Ledger,
        owner: &str,
        wish: Subject,
    ) -> Result<Option<HeldDelivery<'a>>, DeliverError> {
        let open = match &ledger.open {
            None => Delivery {
                subject: wish,
                owner: owner.to_owned(),
                stage: Stage::Claimed,
            },
            Some(open) => {
                if !open.owner.is_empty() && open.owner != owner {
                    tracing::info!(subject = %open.subject, lease = ?self.ledgers.settings.lease, "waiting for another process to renew its lease");
                    for _ in 0..LOOKS {
                        let look = tokio::time::sleep(self.ledgers.settings.lease / LOOKS);
                        let slept = self.ledgers.settings.stop.run_until_cancelled(look).await;
                        slept.ok_or(DeliverError::Stopped)?;
                        if self.ledgers.read(channel.id()).await?.revision != ledger.revision {
                            return Ok(None);
                        }
                    }
                    tracing::warn!(subject = %open.subject, "taking over a delivery whose lease expired");
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
        Ok(
            match self
                .ledgers
                .store
                .save_ledger(channel.id(), &wanted)
                .await?
            {
                Written::Done(ledger) => {
                    Some(HeldDelivery::new(&self.ledgers, channel, ledger, owner))
                }
                Written::Lost => None,
            },
        )
    }

    /// Posts what is open, where some of it is in the channel already, or what
    /// is wished. `None` when there is nothing to tell.
    async fn carry_out(
        &self,
        held: &mut HeldDelivery<'_>,
        wish: Subject,
    ) -> Result<Option<Posted>, DeliverError> {
        let posted = self.try_carry_out(held, wish).await;
        if let Err(error) = &posted {
            if matches!(error, DeliverError::Post(PostError::ParentGone)) {
                held.discard();
            }
            held.release().await;
        }
        posted
    }

    async fn try_carry_out(
        &self,
        held: &mut HeldDelivery<'_>,
        wish: Subject,
    ) -> Result<Option<Posted>, DeliverError> {
        if let Some((prepared, doubt)) = Poster(held).resume().await? {
            return Poster(held).post(prepared, doubt).await.map(Some);
        }
        held.save(wish, Stage::Claimed).await?;
        let prepared = match wish {
            Subject::Digest(date) => Some(self.digests.prepare(held, date).await?),
            Subject::Notice(_) => self.notices.prepare(held).await?,
        };
        match prepared {
            Some(prepared) => Poster(held).post(prepared, InDoubt::None).await.map(Some),
            None => {
                held.close().await?;
                Ok(None)
            }
        }
    }
}
