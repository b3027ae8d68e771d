//! The loop that polls: each hub in its own rhythm, and next to that all that is
//! looked at once in an interval.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::rhythm::{Beat, Rhythms};
use super::rounds::{Rounds, audit_once, check_schema, ended, find_once, name_once, refresh_once};
use crate::domain::hub::HubId;
use crate::metrics::Round;
use crate::policies::rounds::POLL_WITHIN;
use crate::watch::Refresh;

impl Rounds {
    /// Polls every hub again and again, each in its own rhythm and the first time
    /// at once, and tells the channel which cannot be read. The next poll does not
    /// wait for Slack.
    pub async fn poll_until(self, stop: CancellationToken, interval: Duration) {
        let polled = Notify::new();
        let polls = self.polls(&stop, interval, &polled);
        tokio::join!(polls, self.tell_until(&stop, &polled));
    }

    /// After polls: opens and closes cases, tells the channel which hubs cannot be
    /// read, and looks for second copies of what it was told.
    async fn tell_until(&self, stop: &CancellationToken, polled: &Notify) {
        let polls = async || {
            polled.notified().await;
            self.others_end(polled).await;
        };
        while stop.run_until_cancelled(polls()).await.is_some() {
            self.cases_once(stop).await;
            // A message that is being posted is finished before the stop: it is
            // resumable, and yet better whole.
            self.notify_once().await;
            self.remove_copies_once(stop).await;
        }
    }

    /// Reads what the polls saw into the case book. A failure delays that and no more:
    /// the book says how far it has been read.
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

    /// One look at the channel for polls that end together. A late poll is not
    /// waited for.
    async fn others_end(&self, polled: &Notify) {
        let others = async {
            while self.watch.poller.under_way() > 0 {
                polled.notified().await;
            }
        };
        // The next poll that ends leads to another look.
        let _ = tokio::time::timeout(POLL_WITHIN, others).await;
    }

    async fn polls(&self, stop: &CancellationToken, interval: Duration, polled: &Notify) {
        // The settings allow a day at most.
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

    /// Polls a hub, and says how it goes: that it is late, and then how it ended.
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

    /// The state of the table, the hubs that there are, the names in the file.
    async fn look_around(&self) {
        check_schema(&self.watch, &self.problems).await;
        find_once(&self.watch, &self.problems).await;
        name_once(&self.watch, &self.problems).await;
    }

    /// The stored history, and the organization. Neither is urgent.
    async fn look_back(&self, refresh: Refresh) {
        audit_once(&self.watch, &self.problems).await;
        refresh_once(&self.watch, refresh).await;
    }
}
