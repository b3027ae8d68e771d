//! Makes a digest: polls, then puts together what happened since the last one.

use std::sync::Arc;

use chrono::NaiveDate;

use super::hold::Hold;
use super::{DeliverError, Prepared};
use crate::domain::digest::Digest;
use crate::domain::hub::{HubFilter, HubId};
use crate::domain::report::{Coverage, Mark};
use crate::watch::Watch;
use crate::watch::load::Since;
use crate::watch::poll::PollError;
use crate::watch::ports::{Delivered, KnownUnread, State, StoreError, Subject};

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
        let since = |hub: &HubId, _: &State| {
            let told = last.and_then(|last| Some((last, *last.covered.get(hub)?)));
            // Where nothing was told of a hub: everything since its first poll.
            told.map_or(Since::day(None), |(last, after)| Since {
                mark: Some(Mark {
                    date: self.date_of(last.until),
                    at: last.until,
                }),
                after,
            })
        };
        let hubs = self.hubs();
        let hubs: Vec<_> = hubs.iter().collect();
        let loaded = self.load_heads(&hubs, since).await?;
        // A hub that is no longer watched keeps its place, should it come back.
        let mut covered = last.map(|last| last.covered.clone()).unwrap_or_default();
        for one in &loaded {
            if !matches!(one.hub.coverage, Coverage::Missing(_)) {
                covered.insert(one.hub.hub.clone(), one.version);
            }
        }
        Ok(Digest {
            date,
            since: last.map(|last| last.until),
            until,
            report: self
                .current_report(loaded, self.date_of(until), &HubFilter::ALL)
                .await,
            covered,
        })
    }
}
