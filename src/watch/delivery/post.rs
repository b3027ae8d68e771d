//! Posts the messages of a delivery, each once.
//!
//! A post to Slack is not idempotent. If its response is lost, the channel is searched as long as
//! Slack may still post the message, and only then is it posted again.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::held::{HeldDelivery, confirmed_for};
use super::outcome::{DeliverError, Prepared};
use crate::backoff::Backoff;
use crate::domain::due::Due;
use crate::domain::hub::{Covered, HubId};
use crate::policies::delivery::{POST_ATTEMPTS, POST_PAUSE};
use crate::watch::ports::{
    Delivered, Ledger, MessageId, MessageLookup, PostError, PostedAlert, Posting, Stage,
    StoreError, Subject,
};

/// A completed delivery.
pub(super) struct Posted {
    pub(super) subject: Subject,
    /// Its first message.
    pub(super) message: MessageId,
    /// The number of its messages.
    pub(super) messages: usize,
}

/// The end of an attempt to deliver.
pub(super) enum Done {
    /// With a message in the channel.
    Posted(Posted),
    /// With a record that a quiet channel needs no message.
    Silent,
    /// There was nothing to report.
    Nothing,
}

impl Done {
    /// The posted message, if it is of this kind.
    pub(super) fn posted_as(self, is_kind: impl Fn(Subject) -> bool) -> Option<Posted> {
        match self {
            Self::Posted(posted) => Some(posted).filter(|posted| is_kind(posted.subject)),
            Self::Silent | Self::Nothing => None,
        }
    }
}

/// Whether a message may be in the channel although its outcome is unknown.
#[derive(Clone, Copy)]
pub(super) enum InDoubt {
    /// It certainly isn't.
    None,
    /// It may be, and may still arrive until this time.
    Until(Instant),
}

/// Posts the messages of a held delivery.
pub(super) struct Poster<'p, 'd>(pub(super) &'p mut HeldDelivery<'d>);

impl Poster<'_, '_> {
    /// Resumes another process's delivery if its first message is in the channel, or if the bot may
    /// not search for it. If the message is certainly missing, returns `None`: the digest is
    /// prepared again with newer data. The same if the stored messages have expired: a duplicate is
    /// better than a missing digest.
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
        let scope = self.0.channel.audience().scope.to_string();
        let has_scope = !matches!(posting.outbox.subject, Subject::Notice(_));
        if posting.posted.is_empty() && has_scope && posting.scope != scope {
            // Made for other conditions: it may show what the channel must not.
            self.give_up(posting);
            return Ok(None);
        }
        let messages = self.0.ledgers.store.outbox(&posting.outbox).await;
        // Damaged messages are treated like expired ones.
        let messages = StoreError::set_apart(messages)?.unwrap_or_else(|error| {
            tracing::error!(event = "table_damaged", %error, "found damage in the messages of a delivery");
            None
        });
        if messages.is_none() {
            tracing::error!(subject = %posting.outbox.subject, "preparing an interrupted delivery again: its messages have expired");
        }
        Ok(messages.map(|messages| ((posting, messages), doubt)))
    }

    /// The time in which a message that another process was about to post may still arrive. That
    /// process may have paused between recording the attempt and sending the request.
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

    /// Gives up a delivery without a message in the channel. If its first message arrives after
    /// all, a recheck deletes it: the next delivery replaces it.
    fn give_up(&mut self, posting: Posting) {
        if posting.doubtful {
            let at = self.0.ledgers.calendar.now();
            posting.recheck(at).add_to(&mut self.0.ledger.rechecks);
        }
    }

    /// Searches the channel for a message, which can take long.
    async fn find(
        &mut self,
        posting: &Posting,
        index: usize,
    ) -> Result<MessageLookup, DeliverError> {
        let (channel, parent) = (self.0.channel, parent(posting));
        let found = channel.find(&posting.outbox, index, parent, posting.until);
        Ok(self.0.until_stopped(found).await??)
    }

    /// Searches for a message until it is found or can't arrive any more.
    ///
    /// If the bot may not read the channel, waiting is pointless, so the message is posted again at
    /// once: a duplicate is better than a missing message.
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

    /// Posts the missing messages, then records the delivery. `doubt` is about the first missing
    /// message.
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
        let mut wanted = self.0.ledger.clone();
        match subject {
            Subject::Digest(Due { date, time }) => {
                let delivered = Delivered {
                    date,
                    time,
                    until: posting.until,
                    covered: posting.covered.clone(),
                    message: message.clone(),
                    silent: None,
                    is_partial: posting.is_partial,
                    situation: posting.situation.clone(),
                    known: posting.known,
                    scope: posting.scope.clone(),
                };
                Self::delivered(&mut wanted, delivered);
            }
            Subject::Notice(_) => {}
            Subject::Alert(_) => self.alerted(&mut wanted, &posting, &message),
        }
        wanted.unread.clone_from(&posting.unread);
        wanted.doubted.clone_from(&posting.doubted);
        let recheck = posting.recheck(self.0.ledgers.calendar.now());
        recheck.add_to(&mut wanted.rechecks);
        wanted.open = None;
        self.0.replace(wanted).await?;
        Ok(Posted {
            subject,
            message,
            messages,
        })
    }

    /// Records a digest without news, of which a quiet channel gets no message.
    pub(super) async fn skip(&mut self, delivered: Delivered) -> Result<(), DeliverError> {
        let mut wanted = self.0.ledger.clone();
        Self::delivered(&mut wanted, delivered);
        wanted.open = None;
        self.0.replace(wanted).await
    }

    fn delivered(wanted: &mut Ledger, delivered: Delivered) {
        let before = begun(wanted);
        let held_back = Self::move_told(wanted, &delivered.covered, &before);
        wanted.last = Some(delivered);
        wanted.start = None;
        // The next digest reports what was held back, and links to these alerts.
        if !held_back {
            wanted.alerts.clear();
        }
    }

    /// A digest reports everything that no alert has, but never takes an alert back: where it held
    /// a hub back, alerts may be further. Returns whether there is such a hub.
    fn move_told(wanted: &mut Ledger, covered: &Covered, before: &Covered) -> bool {
        let mut held_back = false;
        if wanted.told.is_empty() {
            return held_back;
        }
        for (hub, version) in covered {
            let told = wanted.told.entry(hub.clone()).or_insert(*version);
            if before.get(hub) == Some(version) && *told > *version {
                held_back = true;
            } else {
                *told = *version;
            }
        }
        held_back
    }

    /// Records an alert, or who is back according to a reply to one.
    fn alerted(&self, wanted: &mut Ledger, posting: &Posting, message: &MessageId) {
        wanted.told.clone_from(&posting.told);
        let Some(thread) = &posting.thread else {
            let alert = PostedAlert {
                at: posting.until,
                message: message.clone(),
                accounts: posting.accounts.clone(),
            };
            return alert.add_to(&mut wanted.alerts);
        };
        let is_back = |hubs: &BTreeSet<HubId>, account| {
            let mut groups = posting.accounts.iter();
            groups.any(|one| one.hubs == *hubs && one.accounts.contains(&account))
        };
        for alert in wanted
            .alerts
            .iter_mut()
            .filter(|one| one.message == *thread)
        {
            let groups = std::mem::take(&mut alert.accounts).into_iter();
            let groups = groups.flat_map(|group| {
                let hubs = group.hubs.clone();
                let (back, gone) = group.split(|account| is_back(&hubs, account));
                back.into_iter().chain(gone)
            });
            alert.accounts = groups.collect();
        }
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
                // Slack accepts the message after this wait, so a stop doesn't interrupt a thread.
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
        // Immediately before the post, so that a process that lost its lease posts nothing.
        self.0.confirm(posting).await?;
        let parent = parent(posting);
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

/// The message in whose thread the next one belongs.
fn parent(posting: &Posting) -> Option<&MessageId> {
    posting.thread.as_ref().or(posting.posted.first())
}

/// The versions where a channel's next digest begins.
fn begun(ledger: &Ledger) -> Covered {
    let last = ledger.last.as_ref().map(|last| last.covered.clone());
    let start = ledger.start.as_ref().map(|start| start.covered.clone());
    last.or(start).unwrap_or_default()
}
