//! Polls the watched hubs: each by one task at a time, whoever asks.

mod hub_poll;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::{BoxFuture, Shared, join_all};
use tokio::time::Instant;

use super::calendar::Calendar;
use super::failed_checks::FailedChecks;
use super::hubs::WatchedHubs;
use super::meter::Meter;
use super::polled::SharedPoll;
use super::shared_task::SharedTask;
use crate::domain::hub::{HubId, UncheckedReason};

pub(super) use hub_poll::HubPoll;

/// Polls hubs, and lets the meter know how that goes.
pub struct Poller {
    poll: HubPoll,
    failed: Arc<FailedChecks>,
    meter: Arc<dyn Meter>,
    under_way: Mutex<HashMap<HubId, SharedTask<SharedPoll>>>,
}

impl Poller {
    pub(super) fn new(poll: HubPoll, failed: Arc<FailedChecks>, meter: Arc<dyn Meter>) -> Self {
        Self {
            poll,
            failed,
            meter,
            under_way: Mutex::default(),
        }
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.poll.calendar.clone()
    }

    pub(super) fn hubs(&self) -> Arc<WatchedHubs> {
        Arc::clone(&self.poll.hubs)
    }

    /// Polls every hub, side by side. A hub that is being polled already is
    /// not polled twice: everybody who asks gets the one result.
    pub async fn poll_all(self: &Arc<Self>) -> Vec<(HubId, SharedPoll)> {
        let poll = |hub: &HubId| {
            let (hub, poll) = (hub.clone(), self.poll(hub));
            async move { (hub, poll.ended().await) }
        };
        join_all(self.poll.hubs.list().iter().map(poll)).await
    }

    /// The same, waiting so long at most: `None` for each hub whose poll is late.
    pub(super) async fn poll_all_within(
        self: &Arc<Self>,
        limit: Duration,
    ) -> Vec<(HubId, Option<SharedPoll>)> {
        let poll = |hub: &HubId| {
            let (hub, mut poll) = (hub.clone(), self.poll(hub));
            async move { (hub, poll.within(limit).await) }
        };
        join_all(self.poll.hubs.list().iter().map(poll)).await
    }

    /// The number of hubs that are being polled.
    pub fn under_way(&self) -> usize {
        let tasks = self.tasks();
        tasks.values().filter(|poll| poll.is_under_way()).count()
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<HubId, SharedTask<SharedPoll>>> {
        let tasks = self.under_way.lock();
        tasks.unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls a hub, or joins in the poll that is under way.
    pub fn poll(self: &Arc<Self>, hub: &HubId) -> PollUnderWay {
        PollUnderWay {
            since: self.poll.calendar.now(),
            poll: self.join_poll(hub),
            hub: hub.clone(),
            poller: Arc::clone(self),
        }
    }

    fn join_poll(self: &Arc<Self>, hub: &HubId) -> Shared<BoxFuture<'static, SharedPoll>> {
        let mut tasks = self.tasks();
        let task = tasks.entry(hub.clone()).or_default();
        let (poller, hub) = (Arc::clone(self), hub.clone());
        task.join(async move {
            let (at, began) = (poller.poll.calendar.now(), Instant::now());
            let result = poller.poll.run(&hub).await;
            // One that was left while it was polled is measured no more.
            if poller.poll.hubs.list().contains(&hub) {
                poller.failed.ended(&hub, at, &result);
                poller.meter.polled(&hub, &result, began.elapsed());
            } else {
                poller.poll.source.left(&hub);
            }
            Arc::new(result)
        })
    }

    /// Drops all that is remembered of a hub that is not watched any more.
    pub(super) fn forget(&self, hub: &HubId) {
        self.tasks().remove(hub);
        self.failed.forget(hub);
        self.poll.source.left(hub);
        self.meter.left(hub);
    }
}

/// A poll that somebody waits for. It goes on as long as anybody does.
pub struct PollUnderWay {
    poller: Arc<Poller>,
    hub: HubId,
    /// When this wait began.
    since: DateTime<Utc>,
    poll: Shared<BoxFuture<'static, SharedPoll>>,
}

impl PollUnderWay {
    /// Its result; `None` if it is late. From then until the poll ends, every
    /// answer and digest names the hub.
    pub async fn within(&mut self, limit: Duration) -> Option<SharedPoll> {
        if let Ok(polled) = tokio::time::timeout(limit, &mut self.poll).await {
            return Some(polled);
        }
        let (poller, hub) = (&self.poller, &self.hub);
        if poller.poll.hubs.list().contains(hub) {
            let within_s = limit.as_secs();
            tracing::warn!(event = "hub_poll_late", %hub, within_s, "a poll is late: not waiting for it");
            let reason = UncheckedReason::TimedOut;
            poller.failed.unchecked(hub, self.since, reason);
        }
        None
    }

    /// Its result, however long it takes.
    pub async fn ended(self) -> SharedPoll {
        self.poll.await
    }
}
