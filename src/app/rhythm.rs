//! The rhythm of each hub: its next poll begins an interval after the last one
//! began, or when that one ends. No hub waits for another, and no two polls of
//! one hub overlap. Knows nothing of what a poll is.

use std::collections::BTreeSet;
use std::pin::pin;

use chrono::TimeDelta;
use futures::future::{BoxFuture, Either, select};
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::clock::Clock;
use crate::domain::hub::HubId;
use crate::watch::WatchedHubs;

/// What all rhythms have in common.
#[derive(Clone, Copy)]
pub(super) struct Beat<'r, P> {
    /// When it is time.
    pub(super) clock: &'r dyn Clock,
    /// The hubs that are watched.
    pub(super) hubs: &'r WatchedHubs,
    /// From the beginning of one poll to that of the next.
    pub(super) interval: TimeDelta,
    /// Polls a hub.
    pub(super) poll: P,
}

/// The rhythms of all hubs.
pub(super) struct Rhythms<'r, P> {
    beat: &'r Beat<'r, P>,
    /// Each ends when its hub is not watched any more.
    running: FuturesUnordered<BoxFuture<'r, HubId>>,
    hubs: BTreeSet<HubId>,
}

impl<'r, P, F> Rhythms<'r, P>
where
    P: Fn(HubId) -> F + Sync,
    F: Future<Output = ()> + Send + 'r,
{
    /// Without a hub.
    pub(super) fn new(beat: &'r Beat<'r, P>) -> Self {
        Self {
            beat,
            running: FuturesUnordered::new(),
            hubs: BTreeSet::new(),
        }
    }

    /// Begins with the hubs that are watched and have no rhythm yet.
    pub(super) fn follow(&mut self) {
        for hub in self.beat.hubs.list().iter() {
            if self.hubs.insert(hub.clone()) {
                self.running.push(Box::pin(self.beat.go_on(hub.clone())));
            }
        }
    }

    /// Polls the hubs while `work` goes on.
    pub(super) async fn during(&mut self, work: impl Future<Output = ()>) {
        let mut work = pin!(work);
        loop {
            if self.running.is_empty() {
                return work.await;
            }
            match select(&mut work, self.running.next()).await {
                Either::Left(((), _)) => return,
                Either::Right((left, _)) => {
                    if let Some(hub) = left {
                        self.hubs.remove(&hub);
                    }
                }
            }
        }
    }
}

impl<P, F> Beat<'_, P>
where
    P: Fn(HubId) -> F,
    F: Future<Output = ()>,
{
    /// Polls a hub again and again, as long as it is watched.
    async fn go_on(&self, hub: HubId) -> HubId {
        while self.hubs.list().contains(&hub) {
            let next = self.clock.now() + self.interval;
            (self.poll)(hub.clone()).await;
            self.clock.sleep_until(next).await;
        }
        hub
    }
}
