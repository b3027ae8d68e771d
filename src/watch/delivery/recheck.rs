//! Deletes second copies of delivered messages.
//!
//! Slack can take a message long after its request was given up, and a process
//! that stood still can post what another one has posted meanwhile. So after a
//! delivery the channel is searched a few more times. The message in the ledger
//! stays, any other with its very mark goes. Nothing else is touched.

use chrono::{DateTime, TimeDelta, Utc};

use super::DeliverError;
use crate::watch::Watch;
use crate::watch::ports::{Channel, Ledger, MessageId, OwnMessage, PostError, Posting, Recheck};

/// How long after a delivery the channel is searched. The first search is only
/// for a delivery of which an attempt was in doubt.
const PLAN: [TimeDelta; 4] = [
    TimeDelta::zero(),
    TimeDelta::minutes(1),
    TimeDelta::minutes(10),
    TimeDelta::minutes(60),
];

/// An older delivery is searched once more and then forgotten. So is one of a
/// clock that was ahead.
const LAST: TimeDelta = TimeDelta::days(1);

/// How many deliveries are remembered: more than come in an hour.
const MOST: usize = 8;

impl Recheck {
    /// A delivery that ended at that time.
    pub(super) fn of(posting: Posting, at: DateTime<Utc>) -> Self {
        Self {
            outbox: posting.outbox,
            posted: posting.posted,
            until: posting.until,
            at,
            searches: usize::from(!posting.doubtful),
        }
    }

    pub(super) fn add_to(self, rechecks: &mut Vec<Self>) {
        rechecks.retain(|other| !other.is_old(self.at));
        rechecks.push(self);
        let surplus = rechecks.len().saturating_sub(MOST);
        rechecks.drain(..surplus);
    }

    fn is_old(&self, now: DateTime<Utc>) -> bool {
        (now - self.at).abs() > LAST
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let next = PLAN.get(self.searches);
        self.is_old(now) || next.is_none_or(|after| now - self.at >= *after)
    }

    /// What is left of the plan after a search; `None` if that was the last.
    fn searched(mut self, now: DateTime<Utc>) -> Option<Self> {
        let passed = PLAN.partition_point(|after| now - self.at >= *after);
        self.searches = passed.max(self.searches + 1);
        (self.searches < PLAN.len() && !self.is_old(now)).then_some(self)
    }

    /// The copies among the messages of a channel or a thread. There are none
    /// if the recorded message is not among them: a copy is better than nothing.
    fn copies<'m>(&self, messages: &'m [OwnMessage]) -> Vec<&'m OwnMessage> {
        let mut copies = Vec::new();
        for index in 0..self.outbox.messages {
            let mark = self.outbox.mark(index);
            let marked = messages.iter().filter(|message| message.mark == mark);
            let recorded = self.posted.get(index);
            let is_there = marked.clone().any(|message| Some(&message.id) == recorded);
            if is_there || self.posted.is_empty() {
                copies.extend(marked.filter(|message| Some(&message.id) != recorded));
            }
        }
        copies
    }
}

/// One search for copies of one delivery.
struct Search<'a> {
    channel: &'a dyn Channel,
    recheck: &'a Recheck,
    removed: usize,
    /// Whether copies stay that the bot cannot or must not delete: then another
    /// search would find the same.
    kept: bool,
}

impl Search<'_> {
    /// `messages` are those of the channel.
    async fn run(&mut self, messages: &[OwnMessage]) -> Result<(), DeliverError> {
        for copy in self.recheck.copies(messages) {
            if copy.replies == 0 || self.clear_thread(copy).await? {
                self.delete(copy).await?;
            }
        }
        let [parent, _, ..] = self.recheck.posted.as_slice() else {
            return Ok(());
        };
        if messages.iter().any(|message| message.id == *parent) {
            for copy in self.recheck.copies(&self.thread(parent).await?) {
                self.delete(copy).await?;
            }
        }
        Ok(())
    }

    async fn thread(&self, parent: &MessageId) -> Result<Vec<OwnMessage>, DeliverError> {
        let until = self.recheck.until;
        match self.channel.own_messages(Some(parent), until).await {
            Ok(messages) => Ok(messages.unwrap_or_default()),
            Err(PostError::ParentGone) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes this delivery's messages below a copy. If people have replied
    /// there, everything stays: what they say is worth more than tidiness.
    async fn clear_thread(&mut self, copy: &OwnMessage) -> Result<bool, DeliverError> {
        let mut replies = self.thread(&copy.id).await?;
        let nonce = &self.recheck.outbox.nonce;
        replies.retain(|reply| reply.id != copy.id && reply.mark.nonce == *nonce);
        let strangers = replies.len() < copy.replies;
        if strangers
            || replies
                .iter()
                .any(|reply| self.recheck.posted.contains(&reply.id))
        {
            self.keep(copy, "it has replies");
            return Ok(false);
        }
        for reply in &replies {
            self.delete(reply).await?;
        }
        Ok(true)
    }

    async fn delete(&mut self, copy: &OwnMessage) -> Result<(), DeliverError> {
        match self.channel.delete(&copy.id).await {
            Ok(()) => {
                let (subject, message) = (self.recheck.outbox.subject, &copy.id.0);
                tracing::warn!(event = "copy_deleted", channel = self.channel.id(), %subject, ts = message, "deleted a second copy of a message");
                self.removed += 1;
                Ok(())
            }
            Err(PostError::Refused { code }) => {
                self.keep(copy, &code);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn keep(&mut self, copy: &OwnMessage, reason: &str) {
        let (subject, message) = (self.recheck.outbox.subject, &copy.id.0);
        tracing::warn!(event = "copy_kept", channel = self.channel.id(), %subject, ts = message, reason, "a second copy of a message stays");
        self.kept = true;
    }
}

impl Watch {
    /// Searches the channel for second copies of what was delivered to it, when
    /// that is due, and deletes them. Returns how many.
    ///
    /// While a delivery is under way, this waits for the next time: only its
    /// owner writes the ledger then.
    ///
    /// # Errors
    /// When the store or Slack fails. The next call tries again.
    pub async fn remove_copies(&self, channel: &dyn Channel) -> Result<usize, DeliverError> {
        let ledger = self.store.ledger(channel.id()).await?;
        let now = self.now();
        let (due, mut left): (Vec<_>, Vec<_>) = ledger
            .rechecks
            .iter()
            .cloned()
            .partition(|recheck| recheck.is_due(now));
        let oldest = due.iter().map(|recheck| recheck.until).min();
        let Some(oldest) = oldest.filter(|_| ledger.open.is_none()) else {
            return Ok(0);
        };
        let mut removed = 0;
        // What may not be read now need not be searched later either.
        if let Some(messages) = channel.own_messages(None, oldest).await? {
            for recheck in due {
                let mut search = Search {
                    channel,
                    recheck: &recheck,
                    removed: 0,
                    kept: false,
                };
                search.run(&messages).await?;
                removed += search.removed;
                if !search.kept {
                    left.extend(recheck.searched(now));
                }
            }
        }
        // Losing is harmless: another process has noted it, or delivers.
        let rechecks = left;
        let noted = Ledger { rechecks, ..ledger };
        self.store.save_ledger(channel.id(), &noted).await?;
        Ok(removed)
    }
}
