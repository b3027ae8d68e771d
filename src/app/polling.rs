//! The polling loop: each hub on its own schedule, and once per interval the tasks that are not
//! about one hub.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::rhythm::{Beat, Rhythms};
use super::rounds::{Rounds, audit_once, check_schema, ended, find_once, name_once, refresh_once};
use crate::domain::hub::HubId;
use crate::metrics::Round;
use crate::policies::rounds::POLL_WITHIN;
use crate::watch::Refresh;

impl Rounds {
    /// Polls every hub at its interval, starting at once, and tells `told` each time that polls have
    /// ended and the cases are up to date. Polls don't wait for Slack.
    pub async fn poll_until(
        self,
        stop: CancellationToken,
        interval: Duration,
        told: watch::Sender<()>,
    ) {
        let polled = Notify::new();
        let polls = self.polls(&stop, interval, &polled);
        let begin = self.begin_until(&stop);
        tokio::join!(polls, begin, self.tell_until(&stop, &polled, &told));
    }

    async fn tell_until(
        &self,
        stop: &CancellationToken,
        polled: &Notify,
        told: &watch::Sender<()>,
    ) {
        let polls = async || {
            polled.notified().await;
            self.others_end(polled).await;
        };
        while stop.run_until_cancelled(polls()).await.is_some() {
            self.cases_once(stop).await;
            told.send_replace(());
        }
    }

    /// Reads new changes into the case book. After a failure, the next attempt continues where
    /// the book ends.
    async fn cases_once(&self, stop: &CancellationToken) {
        match stop.run_until_cancelled(self.watch.cases.list()).await {
            None => {}
            Some(Ok(cases)) => {
                let (open, accepted, known) =
                    (cases.open.len(), cases.accepted.len(), cases.known.len());
                tracing::debug!(open, accepted, known, "read the cases");
            }
            Some(Err(error)) => {
                tracing::warn!(event = "cases_failed", %error, "failed to read the cases");
            }
        }
    }

    /// Waits until no poll is running, so that polls that end together lead to one message. Late
    /// polls are left for the next message.
    async fn others_end(&self, polled: &Notify) {
        let others = async {
            while self.watch.poller.under_way() > 0 {
                polled.notified().await;
            }
        };
        // After the timeout, the next poll that ends triggers another message.
        let _ = tokio::time::timeout(POLL_WITHIN, others).await;
    }

    async fn polls(&self, stop: &CancellationToken, interval: Duration, polled: &Notify) {
        // The settings limit the interval to a day.
        let interval = TimeDelta::from_std(interval).unwrap_or(TimeDelta::days(1));
        let beat = Beat {
            clock: self.clock.as_ref(),
            hubs: &self.watch.hubs,
            interval,
            poll: |hub| self.poll(hub, polled),
        };
        let mut rhythms = Rhythms::new(&beat);
        let rounds = async {
            let mut refresh = Refresh::AtStart;
            loop {
                let next = self.clock.now() + interval;
                rhythms.during(self.look_around()).await;
                rhythms.follow();
                rhythms.during(self.look_back(refresh)).await;
                refresh = Refresh::WhenDue;
                self.metrics.next_round(Round::Poll, Some(next));
                rhythms.during(self.clock.sleep_until(next)).await;
            }
        };
        stop.run_until_cancelled(rounds).await;
    }

    /// Polls a hub, and reports when it is late and how it ended.
    async fn poll(&self, hub: HubId, polled: &Notify) {
        let is_watched = || self.watch.hubs.list().contains(&hub);
        let mut poll = self.watch.poller.poll(&hub);
        let result = match poll.within(POLL_WITHIN).await {
            Some(result) => result,
            None => {
                let within = POLL_WITHIN.as_secs();
                if is_watched() {
                    let problem = format!("not read: no complete list in {within} s");
                    self.problems.raise(&hub.to_string(), problem);
                }
                poll.ended().await
            }
        };
        if is_watched() {
            ended(&hub, &result, &self.problems);
        }
        polled.notify_one();
    }

    /// The table's schema, the list of hubs, and the names file.
    async fn look_around(&self) {
        check_schema(&self.watch, &self.problems).await;
        find_once(&self.watch, &self.problems).await;
        name_once(&self.watch, &self.problems).await;
    }

    /// The audit of the history, and the organization. Polls don't wait for either.
    async fn look_back(&self, refresh: Refresh) {
        audit_once(&self.watch, &self.problems).await;
        refresh_once(&self.watch, refresh).await;
    }
}
