//! Polls the watched hubs: each by one task at a time, whoever asks.

mod hub_poll;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use tokio::time::Instant;

use super::calendar::Calendar;
use super::failed_checks::FailedChecks;
use super::hubs::WatchedHubs;
use super::meter::Meter;
use super::polled::SharedPoll;
use super::shared_task::SharedTask;
use crate::domain::hub::HubId;

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
            let hub = hub.clone();
            let polled = self.join_poll(&hub);
            async move { (hub, polled.await) }
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

    pub(super) fn join_poll(
        self: &Arc<Self>,
        hub: &HubId,
    ) -> impl Future<Output = SharedPoll> + use<> {
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
            }
            Arc::new(result)
        })
    }

    /// Drops all that is remembered of a hub that is not watched any more.
    pub(super) fn forget(&self, hub: &HubId) {
        self.tasks().remove(hub);
        self.failed.forget(hub);
        self.meter.left(hub);
    }
}
