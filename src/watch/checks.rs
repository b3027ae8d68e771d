//! Live checks: polls of every hub on request.

use std::sync::Arc;

use futures::future::join_all;

use super::calendar::Calendar;
use super::failed_checks::FailedChecks;
use super::hubs::WatchedHubs;
use super::poller::Poller;
use crate::domain::hub::{HubId, UncheckedReason};
use crate::policies::answers::CHECK_WITHIN;

/// Runs live checks, one for all who wait.
pub struct LiveChecks {
    pub(super) calendar: Calendar,
    pub(super) hubs: Arc<WatchedHubs>,
    pub(super) poller: Arc<Poller>,
    pub(super) failed: Arc<FailedChecks>,
}

impl LiveChecks {
    pub(super) fn new(poller: Arc<Poller>, failed: Arc<FailedChecks>) -> Self {
        Self {
            calendar: poller.calendar(),
            hubs: poller.hubs(),
            poller,
            failed,
        }
    }

    /// Polls every hub on request. Reports include the results from then on.
    pub async fn check_hubs(&self) {
        let (hubs, began) = (self.hubs.list(), self.calendar.now());
        let check = |hub: &HubId| {
            let mut poll = self.poller.poll(hub);
            async move { poll.within(CHECK_WITHIN).await }
        };
        join_all(hubs.iter().map(check)).await;
        // A hub that was found during the check has not been polled.
        for hub in self.hubs.list().iter().filter(|hub| !hubs.contains(hub)) {
            self.failed.unchecked(hub, began, UncheckedReason::LeftOut);
        }
    }
}
