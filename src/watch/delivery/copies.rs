//! Deletes duplicates of delivered messages.
//!
//! Slack can post a message long after its request timed out, and a stalled process can post one
//! that another process has already posted. So the channel is searched a few more times after a
//! delivery. The recorded message stays; others with exactly its mark are deleted.

use super::ledgers::Ledgers;
use super::outcome::DeliverError;
use crate::watch::ports::{Channel, Ledger, MessageId, OwnMessage, PostError, Recheck};

/// Searches the channel for duplicates of delivered messages, if a search is due, and deletes them.
/// Returns their number.
///
/// Does nothing during a delivery: only its owner may write the ledger then.
///
/// # Errors
///
/// If the store or Slack fails. The next call tries again.
pub(super) async fn remove_copies(
    ledgers: &Ledgers,
    channel: &dyn Channel,
) -> Result<usize, DeliverError> {
    let ledger = ledgers.store.ledger(channel.id()).await?;
    let now = ledgers.calendar.now();
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
    // If the bot may not read the channel, later searches are pointless too.
    if let Some(messages) = channel.own_messages(None, oldest).await? {
        for recheck in due {
            let mut search = CopySearch {
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
    // A lost write is harmless: another process has recorded its search, or is delivering.
    let rechecks = left;
    let noted = Ledger { rechecks, ..ledger };
    ledgers.store.save_ledger(channel.id(), &noted).await?;
    Ok(removed)
}

/// A search for duplicates of one delivery.
struct CopySearch<'a> {
    channel: &'a dyn Channel,
    recheck: &'a Recheck,
    removed: usize,
    /// Whether duplicates remain that the bot can't or mustn't delete, so that another search is
    /// pointless.
    kept: bool,
}

impl CopySearch<'_> {
    /// `messages` are those of the channel.
    async fn run(&mut self, messages: &[OwnMessage]) -> Result<(), DeliverError> {
        if let Some(parent) = &self.recheck.thread {
            for copy in copies(self.recheck, &self.thread(parent).await?) {
                self.delete(copy).await?;
            }
            return Ok(());
        }
        for copy in copies(self.recheck, messages) {
            if copy.replies == 0 || self.clear_thread(copy).await? {
                self.delete(copy).await?;
            }
        }
        let [parent, _, ..] = self.recheck.posted.as_slice() else {
            return Ok(());
        };
        if messages.iter().any(|message| message.id == *parent) {
            for copy in copies(self.recheck, &self.thread(parent).await?) {
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

    /// Deletes this delivery's messages in the thread of a duplicate. If people have replied there,
    /// everything stays: their replies matter more than a duplicate.
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
                tracing::warn!(event = "copy_deleted", channel = self.channel.id(), %subject, ts = message, "deleted a duplicate message");
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
        tracing::warn!(event = "copy_kept", channel = self.channel.id(), %subject, ts = message, reason, "kept a duplicate message");
        self.kept = true;
    }
}

/// The duplicates among the messages of a channel or a thread. None if the recorded message is
/// missing: a duplicate is better than no message.
fn copies<'m>(recheck: &Recheck, messages: &'m [OwnMessage]) -> Vec<&'m OwnMessage> {
    let mut copies = Vec::new();
    for index in 0..recheck.outbox.messages {
        let mark = recheck.outbox.mark(index);
        let marked = messages.iter().filter(|message| message.mark == mark);
        let recorded = recheck.posted.get(index);
        let is_there = marked.clone().any(|message| Some(&message.id) == recorded);
        if is_there || recheck.posted.is_empty() {
            copies.extend(marked.filter(|message| Some(&message.id) != recorded));
        }
    }
    copies
}
