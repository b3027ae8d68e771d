//! A delivery that this process holds: its revisions in the ledger, and the
//! proof that it still holds it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::ledgers::Ledgers;
use super::outcome::DeliverError;
use crate::domain::digest::Covered;
use crate::watch::ports::{Channel, Delivery, Ledger, OutboxId, Posting, Stage, Subject, Written};

/// How often a confirmation that came late is tried again.
const CONFIRMATIONS: u32 = 3;

/// A write alone can take so long, however short the lease.
const SLOW_WRITE: Duration = Duration::from_secs(1);

/// A delivery that this process holds.
pub(super) struct HeldDelivery<'a> {
    pub(super) ledgers: &'a Ledgers,
    pub(super) channel: &'a dyn Channel,
    pub(super) ledger: Ledger,
    owner: String,
    /// When the last write that the ledger took began, by both clocks: one
    /// stands still while the machine is suspended, the other can be set.
    confirmed: (Instant, DateTime<Utc>),
}

impl<'a> HeldDelivery<'a> {
    /// `ledger` says that the delivery is `owner`'s.
    pub(super) fn new(
        ledgers: &'a Ledgers,
        channel: &'a dyn Channel,
        ledger: Ledger,
        owner: &str,
    ) -> Self {
        Self {
            ledgers,
            channel,
            ledger,
            owner: owner.to_owned(),
            confirmed: (Instant::now(), ledgers.calendar.now()),
        }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn channel(&self) -> &'a dyn Channel {
        self.channel
    }

    /// How long a hub may be unread before the channel is told.
    pub(super) fn stale_after(&self) -> TimeDelta {
        self.ledgers.settings.stale_after
    }
}

impl HeldDelivery<'_> {
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

    pub(super) async fn replace(&mut self, wanted: Ledger) -> Result<(), DeliverError> {
        let began = (Instant::now(), self.ledgers.calendar.now());
        match self
            .ledgers
            .store
            .save_ledger(self.channel.id(), &wanted)
            .await?
        {
            Written::Done(ledger) => {
                self.ledger = ledger;
                self.confirmed = began;
                Ok(())
            }
            Written::Lost => Err(DeliverError::TakenOver),
        }
    }

    pub(super) async fn note(&mut self, posting: &Posting) -> Result<(), DeliverError> {
        let stage = Stage::Posting(Box::new(posting.clone()));
        self.save(self.subject()?, stage).await
    }

    /// The same with the next write, whichever it is.
    pub(super) fn note_later(&mut self, posting: &Posting) {
        if let Some(open) = &mut self.ledger.open {
            open.stage = Stage::Posting(Box::new(posting.clone()));
        }
    }

    /// Notes that the next message is about to be sent. Returns only if nobody
    /// can have taken over since: a process that stood still meanwhile looks
    /// again.
    pub(super) async fn confirm(&mut self, posting: &mut Posting) -> Result<(), DeliverError> {
        for _ in 0..CONFIRMATIONS {
            posting.attempt = Some(self.ledgers.calendar.now());
            self.note(posting).await?;
            if self.is_confirmed() {
                return Ok(());
            }
        }
        posting.attempt = None;
        self.note_later(posting);
        Err(DeliverError::Unconfirmed)
    }

    fn is_confirmed(&self) -> bool {
        let (instant, time) = self.confirmed;
        let limit = confirmed_for(self.ledgers.settings.lease).max(SLOW_WRITE);
        let passed = self.ledgers.calendar.now() - time;
        let limit_by_time = TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX);
        instant.elapsed() <= limit && (TimeDelta::zero()..=limit_by_time).contains(&passed)
    }

    /// The digest or notice on its way.
    pub(super) fn subject(&self) -> Result<Subject, DeliverError> {
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
            known: None,
            posted: Vec::new(),
            attempt: None,
            doubtful: false,
        }
    }

    /// Puts the messages into the outbox.
    pub(super) async fn keep(
        &mut self,
        posting: &Posting,
        messages: &[String],
    ) -> Result<(), DeliverError> {
        self.ledgers
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
            match tokio::time::timeout(self.ledgers.settings.lease / 3, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => self.replace(self.ledger.clone()).await?,
            }
        }
    }

    /// Waits, and shows signs of life meanwhile. A stop ends the wait: the next
    /// process goes on from the ledger.
    pub(super) async fn pause(&mut self, wait: Duration) -> Result<(), DeliverError> {
        self.until_stopped(tokio::time::sleep(wait)).await
    }

    /// The same while `work` goes on, which may be broken off at any time.
    pub(super) async fn until_stopped<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, DeliverError> {
        let stop = self.ledgers.settings.stop.clone();
        let done = self.while_alive(stop.run_until_cancelled(work)).await?;
        done.ok_or(DeliverError::Stopped)
    }

    /// Gives a digest up whose first message somebody deleted: the rest of it
    /// has no place. The next attempt prepares it anew, with all that it told.
    pub(super) fn discard(&mut self) {
        tracing::error!("preparing the digest again: its first message is gone from the channel");
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
                tracing::debug!(%error, "failed to release the delivery");
            }
        }
    }
}

/// How long after a write of the ledger a message may be sent without another:
/// so much shorter than the lease that nobody takes over before it arrives.
pub(super) fn confirmed_for(lease: Duration) -> Duration {
    lease / 6
}
