//! Live checks: every hub is polled for somebody who waits.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::calendar::Calendar;
use super::failed_checks::FailedChecks;
use super::hubs::WatchedHubs;
use super::poller::Poller;
use crate::domain::hub::{HubId, UncheckedReason};

/// How long a check may take: reading the longest list twice. Slack takes
/// answers for half an hour.
const CHECK_WITHIN: Duration = Duration::from_secs(600);

/// Polls for those who wait for an answer.
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

    /// Polls every hub for an answer. How that went for each is in every
    /// report from then on.
    pub async fn check_hubs(&self) {
        let (hubs, began) = (self.hubs.list(), self.calendar.now());
        let check = |hub: &HubId| {
            let mut poll = self.poller.poll(hub);
            async move { poll.within(CHECK_WITHIN).await }
        };
        join_all(hubs.iter().map(check)).await;
        // One that was found meanwhile was not polled.
        for hub in self.hubs.list().iter().filter(|hub| !hubs.contains(hub)) {
            self.failed.unchecked(hub, began, UncheckedReason::LeftOut);
        }
    }
}
