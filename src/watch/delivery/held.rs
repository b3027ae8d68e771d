//! A delivery that this process owns: writes its revisions to the ledger, and renews and checks the
//! lease.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::ledgers::Ledgers;
use super::outcome::DeliverError;
use crate::domain::hub::Covered;
use crate::policies::delivery::{CONFIRMATIONS, SLOW_WRITE};
use crate::watch::ports::{
    Channel, Delivery, Ledger, OutboxId, PostedAlert, Posting, Stage, Subject, Written,
};

/// A delivery that this process owns.
pub(super) struct HeldDelivery<'a> {
    pub(super) ledgers: &'a Ledgers,
    pub(super) channel: &'a dyn Channel,
    pub(super) ledger: Ledger,
    owner: String,
    /// When the last successful write to the ledger began, on both clocks: the monotonic clock
    /// stops while the machine is suspended, and the wall clock can be set.
    confirmed: (Instant, DateTime<Utc>),
}

impl<'a> HeldDelivery<'a> {
    /// `owner` must own the delivery in `ledger`.
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

    /// The channel gets a notice about a hub that fails for longer.
    pub(super) fn stale_after(&self) -> TimeDelta {
        self.ledgers.settings.stale_after
    }
}

impl HeldDelivery<'_> {
    /// Writes the next revision. Fails if another process has taken over.
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

    /// Records the posting with the next write of the ledger.
    pub(super) fn note_later(&mut self, posting: &Posting) {
        if let Some(open) = &mut self.ledger.open {
            open.stage = Stage::Posting(Box::new(posting.clone()));
        }
    }

    /// Records that the next message is about to be sent. Returns only while no other process can
    /// have taken over; a process that stalled during the write tries again.
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

    /// The digest or alert in delivery.
    pub(super) fn subject(&self) -> Result<Subject, DeliverError> {
        let open = self.ledger.open.as_ref().map(|open| open.subject);
        open.ok_or(DeliverError::TakenOver)
    }

    /// A new posting, without posted messages.
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
            scope: self.channel.audience().scope.to_string(),
            is_partial: false,
            situation: None,
            told: self.ledger.told.clone(),
            accounts: Vec::new(),
            thread: None,
            posted: Vec::new(),
            attempt: None,
            doubtful: false,
        }
    }

    /// Writes the messages to the outbox, then records the posting.
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

    /// Ends a delivery that has nothing to report.
    pub(super) async fn close(&mut self) -> Result<(), DeliverError> {
        self.replace(Ledger {
            open: None,
            ..self.ledger.clone()
        })
        .await
    }

    /// Renews the lease during `work`.
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

    /// Waits, and renews the lease. A stop ends the wait: the next process resumes from the ledger.
    pub(super) async fn pause(&mut self, wait: Duration) -> Result<(), DeliverError> {
        self.until_stopped(tokio::time::sleep(wait)).await
    }

    /// Renews the lease during `work`. A stop cancels `work`.
    pub(super) async fn until_stopped<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, DeliverError> {
        let stop = self.ledgers.settings.stop.clone();
        let done = self.while_alive(stop.run_until_cancelled(work)).await?;
        done.ok_or(DeliverError::Stopped)
    }

    /// Gives up a delivery whose first message was certainly rejected, so that it blocks no other: the
    /// next attempt prepares it again.
    pub(super) fn discard_if_refused(&mut self) {
        let open = self.ledger.open.as_ref().map(|open| &open.stage);
        let Some(Stage::Posting(posting)) = open else {
            return;
        };
        if !posting.posted.is_empty() || posting.doubtful {
            return;
        }
        if let Some(open) = &mut self.ledger.open {
            open.stage = Stage::Claimed;
        }
    }

    /// Gives up a delivery whose first message was deleted: the rest has no thread. The next attempt
    /// prepares it again, with the same changes. A reply to a deleted alert has no reader.
    pub(super) fn discard(&mut self) {
        let Some(open) = &mut self.ledger.open else {
            return;
        };
        let stage = std::mem::replace(&mut open.stage, Stage::Claimed);
        match stage {
            Stage::Posting(posting) if posting.thread.is_some() => {
                let is_it = |alert: &PostedAlert| Some(&alert.message) == posting.thread.as_ref();
                self.ledger.alerts.retain(|alert| !is_it(alert));
                tracing::warn!("dropping a reply: its alert is gone from the channel");
            }
            _ => tracing::error!(
                "preparing a delivery again: its first message is gone from the channel"
            ),
        }
    }

    /// Releases the lease, so that the next attempt need not wait for it. A failure is harmless:
    /// then that attempt waits.
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

/// The time after a write to the ledger in which a message may be sent without another one. So
/// short that the message arrives before another process can take over.
pub(super) fn confirmed_for(lease: Duration) -> Duration {
    lease / 6
}
