//! The schedule of each hub: the next poll begins one interval after the last one began, or when
//! that one ends, if it took longer. No hub waits for another, and polls of one hub never
//! overlap.

use std::collections::BTreeSet;
use std::pin::pin;

use chrono::TimeDelta;
use futures::future::{BoxFuture, Either, select};
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::clock::Clock;
use crate::domain::hub::HubId;
use crate::watch::WatchedHubs;

/// The state that the schedules of all hubs share.
#[derive(Clone, Copy)]
pub(super) struct Beat<'r, P> {
    /// The clock that decides when to poll.
    pub(super) clock: &'r dyn Clock,
    /// The monitored hubs.
    pub(super) hubs: &'r WatchedHubs,
    /// The time between the starts of two polls.
    pub(super) interval: TimeDelta,
    /// Polls one hub.
    pub(super) poll: P,
}

/// The schedules of all hubs.
pub(super) struct Rhythms<'r, P> {
    beat: &'r Beat<'r, P>,
    /// Each future ends when its hub is no longer monitored.
    running: FuturesUnordered<BoxFuture<'r, HubId>>,
    hubs: BTreeSet<HubId>,
}

impl<'r, P, F> Rhythms<'r, P>
where
    P: Fn(HubId) -> F + Sync,
    F: Future<Output = ()> + Send + 'r,
{
    pub(super) fn new(beat: &'r Beat<'r, P>) -> Self {
        Self {
            beat,
            running: FuturesUnordered::new(),
            hubs: BTreeSet::new(),
        }
    }

    /// Starts a schedule for each hub that has none.
    pub(super) fn follow(&mut self) {
        for hub in self.beat.hubs.list().iter() {
            if self.hubs.insert(hub.clone()) {
                self.running.push(Box::pin(self.beat.go_on(hub.clone())));
            }
        }
    }

    /// Polls the hubs until `work` is done.
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
    /// Polls a hub until it is no longer monitored.
    async fn go_on(&self, hub: HubId) -> HubId {
        while self.hubs.list().contains(&hub) {
            let next = self.clock.now() + self.interval;
            (self.poll)(hub.clone()).await;
            self.clock.sleep_until(next).await;
        }
        hub
    }
}
