//! Delivers digests, alerts and polling alerts to a channel. Every change is in exactly one digest, and
//! no duplicate stays, whatever fails.
//!
//! Each channel has one record, the [`Ledger`]. To deliver, a process claims the ledger, writes the
//! messages to an outbox, posts them one by one, and records each. Every step is a conditional
//! write of the next revision, so only one of two processes succeeds.
//!
//! If a process dies, its revision stops changing. Another process takes over after a lease, which
//! it measures on its own monotonic clock. While a message may still reach the channel, that
//! process searches the channel for the message's metadata, and only then posts it again. A
//! duplicate that appears anyway is deleted later.

mod alert;
mod copies;
mod digest;
mod held;
mod last;
mod ledgers;
mod notice;
mod outcome;
mod post;
mod quiet;
mod start;
mod week;

use std::sync::Arc;

use super::cases::Cases;
use super::history::History;
use super::poller::Poller;
use super::ports::{
    Channel, Delivery, HeadStore, Ledger, LedgerStore, MessageId, PostError, Stage, StoreError,
    Subject, Written,
};
use super::reports::Reports;
use crate::domain::digest::Digest;
use crate::domain::due::Due;
use crate::domain::scope::Audience;
use crate::policies::delivery::LOOKS;
use alert::Alerts;
use digest::{DigestStep, Digests};
use held::HeldDelivery;
use ledgers::Ledgers;
use notice::Notices;
use post::{Done, InDoubt, Poster};
use start::Starts;

pub use last::{LastDigest, LastDigests};
pub use ledgers::DeliverySettings;
pub use outcome::{DeliverError, Outcome};

/// Delivers digests, alerts and polling alerts.
pub struct Deliveries {
    ledgers: Ledgers,
    digests: Digests,
    notices: Notices,
    alerts: Alerts,
    starts: Starts,
    /// The last digest of each channel, as far as this process knows.
    pub last: LastDigests,
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
        let channels = cases.settings().channels.clone();
        Self {
            last: LastDigests::default(),
            starts: Starts {
                hubs: Arc::clone(&hubs),
                heads: Arc::clone(&heads),
            },
            alerts: Alerts {
                calendar: calendar.clone(),
                hubs: Arc::clone(&hubs),
                heads: Arc::clone(&heads),
                history: Arc::clone(&history),
                reports: Arc::clone(&reports),
                cases: Arc::clone(&cases),
            },
            notices: Notices {
                calendar: calendar.clone(),
                hubs: Arc::clone(&hubs),
                heads,
                stale_after: settings.stale_after,
            },
            digests: Digests {
                hubs,
                poller,
                history,
                reports,
                cases,
            },
            ledgers: Ledgers {
                calendar,
                store,
                channels,
                settings,
            },
        }
    }

    /// Polls every hub and delivers the digest that is due, unless the channel has it or a later one.
    ///
    /// Waits for another process's delivery in progress, and finishes an abandoned one.
    ///
    /// # Errors
    ///
    /// If the delivery fails.
    pub async fn deliver(
        &self,
        channel: &dyn Channel,
        due: impl Into<Due>,
    ) -> Result<Outcome, DeliverError> {
        let due = due.into();
        let owner = uuid::Uuid::new_v4().to_string();
        let calendar = self.ledgers.calendar.in_zone(channel.audience().zone);
        self.begin_if_new(channel).await?;
        loop {
            let ledger = self.ledgers.read(channel.id()).await?;
            self.last.remember(channel.id(), ledger.last.as_ref());
            let last = ledger.last.as_ref();
            if let Some(last) = last.filter(|last| last.includes(due, &calendar)) {
                if !calendar.is_ahead(last.date) {
                    return Ok(Outcome::AlreadyDelivered { due: last.due() });
                }
                tracing::error!(last = %last.date, "last digest has a future date: a clock was wrong");
            }
            let wish = Subject::Digest(due);
            let Some(mut held) = self.claim(channel, ledger, &owner, wish).await? else {
                continue;
            };
            let done = self.carry_out(&mut held, wish).await?;
            self.last
                .remember(channel.id(), held.ledger().last.as_ref());
            match done {
                Done::Silent => return Ok(Outcome::Silent { due }),
                // An unfinished delivery comes first: an older digest or an alert.
                Done::Posted(posted)
                    if let Subject::Digest(posted_for) = posted.subject
                        && posted_for >= due =>
                {
                    return Ok(Outcome::Posted {
                        due: posted_for,
                        message: posted.message,
                        messages: posted.messages,
                    });
                }
                Done::Posted(_) | Done::Nothing => {}
            }
        }
    }

    /// Records where the first digest of each channel begins. A channel that is added beside others
    /// reports what happens from then on.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn begin(&self) -> Result<(), StoreError> {
        // A channel alone reports everything since the first poll.
        match self.ledgers.channels.len() {
            0 | 1 => Ok(()),
            _ => self.starts.record(&self.ledgers).await,
        }
    }

    /// Before the first delivery to a channel, in case that the service couldn't do so when it started.
    async fn begin_if_new(&self, channel: &dyn Channel) -> Result<(), StoreError> {
        // A channel alone has no beginning, and needs no more requests.
        if self.ledgers.channels.len() > 1 && start::is_new(&self.ledgers.read(channel.id()).await?)
        {
            self.begin().await?;
        }
        Ok(())
    }

    /// The first message of a channel's last digest.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn last_message(&self, channel: &str) -> Result<Option<MessageId>, StoreError> {
        let ledger = self.ledgers.read(channel).await?;
        Ok(ledger.last.map(|last| last.message))
    }

    /// Alerts a channel about hubs that have failed for longer than the threshold, and about hubs
    /// that have recovered, each once. Returns whether an alert was posted.
    ///
    /// Does nothing during the delivery of a digest, which comes first.
    ///
    /// # Errors
    ///
    /// If the delivery fails.
    pub async fn notify(&self, channel: &dyn Channel) -> Result<bool, DeliverError> {
        let owner = uuid::Uuid::new_v4().to_string();
        let audience = channel.audience();
        let today = self.ledgers.calendar.in_zone(audience.zone).today();
        let mut notified = false;
        self.begin_if_new(channel).await?;
        loop {
            let ledger = self.ledgers.read(channel.id()).await?;
            match ledger.open.as_ref().map(|open| open.subject) {
                Some(Subject::Digest(_)) => return Ok(notified),
                None if self.notices.news(&ledger, audience).await?.is_none() => {
                    return Ok(notified);
                }
                Some(_) | None => {}
            }
            let wish = Subject::Notice(today);
            if let Some(mut held) = self.claim(channel, ledger, &owner, wish).await? {
                let done = self.carry_out(&mut held, wish).await?;
                notified |= done
                    .posted_as(|subject| matches!(subject, Subject::Notice(_)))
                    .is_some();
            }
        }
    }

    /// Posts the changes that a channel gets at once, each in one alert, and replies about accounts
    /// that are Enabled again. Returns the number of messages in the channel and in threads.
    ///
    /// Does nothing during the delivery of a digest, which comes first and has the changes too.
    ///
    /// # Errors
    ///
    /// If the delivery fails.
    pub async fn alert(&self, channel: &dyn Channel) -> Result<usize, DeliverError> {
        let owner = uuid::Uuid::new_v4().to_string();
        let audience = channel.audience();
        let today = self.ledgers.calendar.in_zone(audience.zone).today();
        let mut posted = 0;
        if audience.alert.is_empty() {
            return Ok(posted);
        }
        loop {
            let ledger = self.ledgers.read(channel.id()).await?;
            match ledger.open.as_ref().map(|open| open.subject) {
                Some(Subject::Digest(_)) => return Ok(posted),
                None if self.alerts.next(&ledger, audience).await?.is_none() => {
                    return Ok(posted);
                }
                Some(_) | None => {}
            }
            let wish = Subject::Alert(today);
            if let Some(mut held) = self.claim(channel, ledger, &owner, wish).await? {
                let done = self.carry_out(&mut held, wish).await?;
                let alert = done.posted_as(|subject| matches!(subject, Subject::Alert(_)));
                posted += alert.map_or(0, |alert| alert.messages);
            }
        }
    }

    /// The digest that `deliver` would post now, from stored data.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn preview(
        &self,
        channel: &str,
        audience: &Audience,
        due: impl Into<Due>,
    ) -> Result<Digest, StoreError> {
        let mut ledger = self.ledgers.read(channel).await?;
        if self.ledgers.channels.len() > 1 && start::is_new(&ledger) {
            ledger.start = Some(self.starts.preview(&self.ledgers).await?);
        }
        self.digests.preview(due.into(), &ledger, audience).await
    }

    /// Searches the channel for duplicates of delivered messages, if a search is due, and deletes
    /// them. Returns their number.
    ///
    /// # Errors
    ///
    /// If the store or Slack fails. The next call tries again.
    pub async fn remove_copies(&self, channel: &dyn Channel) -> Result<usize, DeliverError> {
        copies::remove_copies(&self.ledgers, channel).await
    }

    /// Claims the ledger. `None` if another process has changed it: read it again.
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

    /// Finishes the open delivery if part of it may be in the channel; otherwise prepares and posts
    /// `wish`.
    async fn carry_out(
        &self,
        held: &mut HeldDelivery<'_>,
        wish: Subject,
    ) -> Result<Done, DeliverError> {
        let done = self.try_carry_out(held, wish).await;
        if let Err(error) = &done {
            match error {
                DeliverError::Post(PostError::ParentGone) => held.discard(),
                DeliverError::Post(PostError::Refused { .. }) => held.discard_if_refused(),
                _ => {}
            }
            held.release().await;
        }
        done
    }

    async fn try_carry_out(
        &self,
        held: &mut HeldDelivery<'_>,
        wish: Subject,
    ) -> Result<Done, DeliverError> {
        if let Some((prepared, doubt)) = Poster(held).resume().await? {
            return Poster(held).post(prepared, doubt).await.map(Done::Posted);
        }
        held.save(wish, Stage::Claimed).await?;
        let prepared = match wish {
            Subject::Digest(due) => match self.digests.prepare(held, due).await? {
                DigestStep::Post(prepared) => Some(prepared),
                DigestStep::Skip(delivered) => {
                    Poster(held).skip(delivered).await?;
                    return Ok(Done::Silent);
                }
            },
            Subject::Notice(_) => self.notices.prepare(held).await?,
            Subject::Alert(_) => self.alerts.prepare(held).await?,
        };
        match prepared {
            Some(prepared) => {
                let posted = Poster(held).post(prepared, InDoubt::None).await?;
                Ok(Done::Posted(posted))
            }
            None => {
                held.close().await?;
                Ok(Done::Nothing)
            }
        }
    }
}
