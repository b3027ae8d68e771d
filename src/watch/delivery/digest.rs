//! Makes a digest: polls, then puts together what happened since the last one.

use std::sync::Arc;

use chrono::NaiveDate;
use futures::future::try_join_all;

use super::hold::Hold;
use super::{DeliverError, Prepared};
use crate::domain::digest::Digest;
use crate::domain::hub::Version;
use crate::domain::report::{Coverage, Mark, Report};
use crate::watch::Watch;
use crate::watch::answer::Loaded;
use crate::watch::poll::PollError;
use crate::watch::ports::{Delivered, KnownUnread, StoreError, Subject};

impl Watch {
    /// The digest that `deliver` would post now, from what is stored.
    pub async fn preview(&self, channel: &str, date: NaiveDate) -> Result<Digest, StoreError> {
        let ledger = self.store.ledger(channel).await?;
        self.compose(date, ledger.last.as_ref()).await
    }

    /// Polls, composes, and puts the messages into the outbox.
    pub(super) async fn prepare_digest(
        self: &Arc<Self>,
        hold: &mut Hold<'_>,
        date: NaiveDate,
    ) -> Result<Prepared, DeliverError> {
        let polls = self.poll_all();
        for (_, polled) in hold.while_alive(polls).await? {
            // Neither read nor marked as unread: such a hub would look unchanged.
            if let Err(PollError::Store(error)) = polled.as_ref() {
                return Err(error.clone().into());
            }
        }
        let digest = self.compose(date, hold.ledger().last.as_ref()).await?;
        let messages = hold.channel().render(&digest);
        let mut posting = hold.posting(Subject::Digest(date), digest.until, messages.len());
        posting.unread.extend(self.unread_in(&digest));
        posting.covered = digest.covered;
        hold.keep(&posting, &messages).await?;
        Ok((posting, messages))
    }

    /// The hubs that a digest tells of as unread for longer than the threshold:
    /// they need no notice any more.
    fn unread_in(&self, digest: &Digest) -> KnownUnread {
        let hubs = digest.report.hubs.iter();
        let unread = hubs.filter_map(|hub| Some((hub.hub.clone(), hub.unread?.since)));
        unread
            .filter(|(_, since)| digest.until - *since >= self.unread_after)
            .collect()
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
