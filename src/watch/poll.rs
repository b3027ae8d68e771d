//! One poll: a hub's complete list, compared with the state in the store, and
//! published as its new state.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared, join_all};
use sha2::{Digest as _, Sha256};

use super::Watch;
use super::ports::{Head, ListError, Publication, StoreError, Written};
use crate::domain::diff::{Change, diff};
use crate::domain::hub::{HubId, Unread};
use crate::domain::member::{MemberList, Snapshot, Window};

/// How often a poll that loses the race to publish starts over.
const RACES: usize = 5;

/// A poll that ended with a complete list in the store.
#[derive(Debug, Clone)]
pub struct Polled {
    /// The hub's state after it.
    pub head: Head,
    /// What it saw.
    pub changes: Vec<Change>,
    /// Whether it is the first of the hub: there was nothing to compare with.
    pub first: bool,
}

/// A poll that brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The list could not be read. The hub is marked as unread.
    #[error(transparent)]
    List(#[from] ListError),
    /// The store failed. Nothing was published.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other processes published faster, every time.
    #[error("the state of {0} changed under every attempt to publish it")]
    Contended(HubId),
}

type RunningPoll = Shared<BoxFuture<'static, Arc<Result<Polled, PollError>>>>;
pub(super) type WeakPoll = WeakShared<BoxFuture<'static, Arc<Result<Polled, PollError>>>>;

impl Watch {
    /// Polls every hub, side by side. A hub that is being polled already is
    /// not polled twice: everybody who asks gets the one result.
    pub async fn poll_all(self: &Arc<Self>) -> Vec<(HubId, Arc<Result<Polled, PollError>>)> {
        let poll = |hub: &HubId| {
            let hub = hub.clone();
            let running = self.running_poll(&hub);
            async move { (hub, running.await) }
        };
        join_all(self.hubs.iter().map(poll)).await
    }

    fn running_poll(self: &Arc<Self>, hub: &HubId) -> RunningPoll {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poll) = running.get(hub).and_then(WeakShared::upgrade)
            && poll.peek().is_none()
        {
            return poll;
        }
        let (watch, id) = (Arc::clone(self), hub.clone());
        let poll = async move { Arc::new(watch.poll(&id).await) }
            .boxed()
            .shared();
        if let Some(weak) = poll.downgrade() {
            running.insert(hub.clone(), weak);
        }
        poll
    }

    async fn poll(&self, hub: &HubId) -> Result<Polled, PollError> {
        for _ in 0..RACES {
            if let Written::Done(polled) = self.try_poll(hub).await? {
                return Ok(polled);
            }
        }
        Err(PollError::Contended(hub.clone()))
    }

    /// Reads the head first and the list after it: a list that is older than
    /// the head must never be published over it.
    async fn try_poll(&self, hub: &HubId) -> Result<Written<Polled>, PollError> {
        let base = self.store.head(hub).await?;
        let read_from = self.clock.now();
        let list = match self.read(hub, &base).await {
            Ok(list) => list,
            Err(error) => {
                let unread = Unread {
                    since: read_from,
                    reason: error.reason,
                };
                self.store.mark_unread(hub, &base, unread).await?;
                return Err(error.into());
            }
        };
        let at = self.clock.now();
        // A clock that was set back must not open a date that is closed.
        let today = self.date_of(at);
        let last = base.day.as_ref().map(|day| day.date);
        if let Some(last) = last.filter(|last| self.is_ahead(*last)) {
            tracing::error!(%hub, %last, "the last snapshot is of a date that has not come: a clock was wrong");
        }
        let last = last.filter(|last| !self.is_ahead(*last));
        let date = last.map_or(today, |last| last.max(today));
        let fingerprint = fingerprint(&list);
        if base.fingerprint == fingerprint && base.day.as_ref().is_some_and(|day| day.date == date)
        {
            let confirmed = self.store.confirm(hub, &base, read_from, at).await?;
            return Ok(match confirmed {
                Written::Done(head) => Written::Done(Polled {
                    head,
                    changes: Vec::new(),
                    first: false,
                }),
                Written::Lost => Written::Lost,
            });
        }
        let Written::Done(before) = self.baseline(hub, &base).await? else {
            return Ok(Written::Lost);
        };
        let window = Window {
            after: base.read_from,
            at,
        };
        let snapshot = Snapshot::at_end_of_poll(list, before.as_ref(), window);
        let changes = before
            .as_ref()
            .map_or_else(Vec::new, |before| diff(before, &snapshot));
        let publication = Publication {
            base: &base,
            date,
            read_from,
            window,
            snapshot: &snapshot,
            fingerprint: &fingerprint,
            changes: &changes,
        };
        Ok(match self.store.publish(hub, publication).await? {
            Written::Done(head) => Written::Done(Polled {
                head,
                changes,
                first: before.is_none(),
            }),
            Written::Lost => Written::Lost,
        })
    }

    /// A list that lost more than half of its members is read once more before
    /// it is believed.
    async fn read(&self, hub: &HubId, base: &Head) -> Result<MemberList, ListError> {
        let list = MemberList::new(self.source.list(hub).await?);
        let before = base.day.as_ref().map_or(0, |day| day.counts.total());
        if (list.len() as u64) * 2 >= before {
            return Ok(list);
        }
        tracing::warn!(%hub, before, now = list.len(), "the member list shrank by more than half: reading it once more");
        Ok(MemberList::new(self.source.list(hub).await?))
    }

    /// The snapshot to compare with; `None` when there never was one, or when
    /// it is no longer kept.
    async fn baseline(
        &self,
        hub: &HubId,
        base: &Head,
    ) -> Result<Written<Option<Snapshot>>, StoreError> {
        let Some(day) = &base.day else {
            return Ok(Written::Done(None));
        };
        if let Some(snapshot) = self.store.snapshot(hub, day).await? {
            return Ok(Written::Done(Some(snapshot)));
        }
        if self.store.head(hub).await?.version != base.version {
            return Ok(Written::Lost);
        }
        tracing::error!(%hub, date = %day.date, "the last snapshot is no longer in the table: history starts anew");
        Ok(Written::Done(None))
    }
}

/// Hex SHA-256 over every account with its status.
fn fingerprint(list: &MemberList) -> String {
    let mut text = String::with_capacity(list.len() * 24);
    for member in list.iter() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {}", member.account, member.status);
    }
    hex::encode(Sha256::digest(text))
}
