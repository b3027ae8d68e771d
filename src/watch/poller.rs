//! Polls the monitored hubs. Concurrent requests for a hub share one poll.

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

/// Polls hubs, and reports each poll to the meter.
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

    /// Polls every hub concurrently. Requests for a hub that is being polled get the result of
    /// that poll.
    pub async fn poll_all(self: &Arc<Self>) -> Vec<(HubId, SharedPoll)> {
        let poll = |hub: &HubId| {
            let (hub, poll) = (hub.clone(), self.poll(hub));
            async move { (hub, poll.ended().await) }
        };
        join_all(self.poll.hubs.list().iter().map(poll)).await
    }

    /// The same with a time limit. The result is `None` for polls that take longer.
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

    /// The number of running polls.
    pub fn under_way(&self) -> usize {
        let tasks = self.tasks();
        tasks.values().filter(|poll| poll.is_under_way()).count()
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<HubId, SharedTask<SharedPoll>>> {
        let tasks = self.under_way.lock();
        tasks.unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls a hub, or joins the running poll.
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
            // A hub that was removed during its poll must not get new metrics.
            if poller.poll.hubs.list().contains(&hub) {
                poller.failed.ended(&hub, at, &result);
                poller.meter.polled(&hub, &result, began.elapsed());
            } else {
                poller.poll.source.left(&hub);
            }
            Arc::new(result)
        })
    }

    /// Drops the data about a hub that is no longer monitored.
    pub(super) fn forget(&self, hub: &HubId) {
        self.tasks().remove(hub);
        self.failed.forget(hub);
        self.poll.source.left(hub);
        self.meter.left(hub);
    }
}

/// A running poll. It continues while anything waits for it.
pub struct PollUnderWay {
    poller: Arc<Poller>,
    hub: HubId,
    /// When this wait began.
    since: DateTime<Utc>,
    poll: Shared<BoxFuture<'static, SharedPoll>>,
}

impl PollUnderWay {
    /// The result; `None` after `limit`. From then until the poll ends, every answer and digest
    /// names the hub as late.
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

    /// The result, without a time limit.
    pub async fn ended(self) -> SharedPoll {
        self.poll.await
    }
}
