//! The recurring tasks of one channel: its digest by its schedule, alerts after polls, and the
//! deletion of duplicate messages. Each channel has tasks of its own, so one that fails or is
//! slow doesn't delay another.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::rounds::Rounds;
use crate::domain::due::Due;
use crate::domain::emails::EmailView;
use crate::domain::schedule::Schedule;
use crate::metrics::Round;
use crate::policies::rounds as policies;
use crate::settings::ChannelConfig;
use crate::slack::channel::DigestChannel;
use crate::slack::client::SlackApi;
use crate::text::voice::Voice;
use crate::watch::ports::{Channel, PostError};
use crate::watch::{DeliverError, Outcome};

/// The names of the deliveries among the problems.
const DIGEST: &str = "the digest";
const NOTICE: &str = "the notice of unread hubs";
const ALERT: &str = "the alert";

/// The parts that both loops of a channel need.
#[derive(Clone)]
pub struct ChannelRounds {
    /// The parts that all channels share.
    pub rounds: Rounds,
    /// The channel of digests and polling alerts.
    pub channel: Arc<dyn Channel>,
}

impl ChannelRounds {
    /// Delivers the digest that is due, at once and then by the schedule. A failed digest is
    /// retried until the next one is due, which then covers everything.
    pub async fn deliver_until(self, stop: CancellationToken, schedule: Schedule) {
        let (clock, metrics) = (&self.rounds.clock, &self.rounds.metrics);
        let mut retry = policies::DIGEST.backoff();
        loop {
            let now = clock.now();
            let next = schedule.next_after(now);
            let delivered = match schedule.due_at(now) {
                Some(due) => self.deliver_once(due).await,
                None => true,
            };
            let wake = if delivered {
                retry.reset();
                next
            } else {
                let again = clock.now() + retry.pause();
                Some(next.map_or(again, |next| next.min(again)))
            };
            metrics.next_round(Round::Digest(self.channel.id()), wake);
            self.remove_copies_once(&stop).await;
            let wait = async {
                match wake {
                    Some(wake) => clock.sleep_until(wake).await,
                    None => std::future::pending().await,
                }
            };
            let Some(()) = stop.run_until_cancelled(wait).await else {
                return;
            };
        }
    }

    /// Posts alerts and deletes duplicate messages, each time that polls have ended.
    pub async fn alert_until(self, stop: CancellationToken, mut polled: watch::Receiver<()>) {
        while let Some(Ok(())) = stop.run_until_cancelled(polled.changed()).await {
            // A message in progress is posted before the stop. It could be resumed, but a
            // half-posted one confuses readers.
            self.alert_once().await;
            self.notify_once().await;
            self.remove_copies_once(&stop).await;
        }
    }

    async fn deliver_once(&self, due: Due) -> bool {
        let (channel, metrics) = (self.channel.id(), &self.rounds.metrics);
        let watch = &self.rounds.watch;
        metrics.digest_owed(channel);
        match watch.deliveries.deliver(self.channel.as_ref(), due).await {
            Ok(outcome) => {
                metrics.digest_known(channel);
                self.rounds.problems.resolve(&self.problem(DIGEST));
                match outcome {
                    Outcome::Posted { due, messages, .. } => {
                        metrics.digest_delivered(channel, watch.calendar.now());
                        tracing::info!(event = "digest_delivered", date = %due, channel, messages, "delivered the digest");
                    }
                    Outcome::Silent { due } => {
                        metrics.digest_silent(channel, watch.calendar.now());
                        tracing::info!(event = "digest_silent", date = %due, channel, "posted no digest: no news");
                    }
                    Outcome::AlreadyDelivered { due } => {
                        tracing::debug!(event = "digest_known", date = %due, channel, "digest already delivered");
                    }
                }
                true
            }
            Err(error) => {
                metrics.digest_failed(channel);
                self.not_delivered(DIGEST, &error);
                false
            }
        }
    }

    async fn notify_once(&self) {
        let (channel, metrics) = (self.channel.id(), &self.rounds.metrics);
        let deliveries = &self.rounds.watch.deliveries;
        match deliveries.notify(self.channel.as_ref()).await {
            Ok(was_sent) => {
                self.rounds.problems.resolve(&self.problem(NOTICE));
                if was_sent {
                    metrics.notice_delivered(channel);
                    tracing::info!(
                        event = "notice_delivered",
                        channel,
                        "delivered a polling alert"
                    );
                }
            }
            Err(error) => {
                metrics.notice_failed(channel);
                self.not_delivered(NOTICE, &error);
            }
        }
    }

    async fn alert_once(&self) {
        let (channel, metrics) = (self.channel.id(), &self.rounds.metrics);
        let deliveries = &self.rounds.watch.deliveries;
        match deliveries.alert(self.channel.as_ref()).await {
            Ok(messages) => {
                self.rounds.problems.resolve(&self.problem(ALERT));
                if messages > 0 {
                    metrics.alert_delivered(channel);
                    tracing::info!(
                        event = "alert_delivered",
                        channel,
                        messages,
                        "delivered an alert"
                    );
                }
            }
            Err(error) => {
                metrics.alert_failed(channel);
                self.not_delivered(ALERT, &error);
            }
        }
    }

    /// Deletes duplicate messages, if a search is due. Nothing depends on it: a failure is
    /// retried after the next poll.
    async fn remove_copies_once(&self, stop: &CancellationToken) {
        let deliveries = &self.rounds.watch.deliveries;
        let search = deliveries.remove_copies(self.channel.as_ref());
        let search = tokio::time::timeout(policies::COPIES_WITHIN, search);
        match stop.run_until_cancelled(search).await {
            None | Some(Ok(Ok(_))) => {}
            Some(Ok(Err(error))) => {
                tracing::debug!(%error, "failed to search for duplicates; retrying later");
            }
            Some(Err(_)) => {
                tracing::debug!("timed out searching for duplicates; retrying later");
            }
        }
    }

    /// A temporary failure is logged each time. One that needs an operator is logged once, and
    /// stays an open problem.
    fn not_delivered(&self, what: &'static str, error: &DeliverError) {
        let (channel, hint) = (self.channel.id(), hint(self.channel.as_ref(), error));
        if !error.needs_an_operator() {
            tracing::warn!(event = "delivery_failed", what, channel, %error, "delivery failed; retrying");
            return;
        }
        let problem = match hint {
            "" => error.to_string(),
            hint => format!("{error}: {hint}"),
        };
        if self.rounds.problems.raise(&self.problem(what), problem) {
            tracing::error!(event = "delivery_failed", what, channel, %error, hint, "delivery failed; operator action required");
        }
    }

    /// The name of a delivery to this channel among the problems.
    fn problem(&self, what: &str) -> String {
        format!("{what} in {}", self.channel.id())
    }
}

/// A channel of Slack with its readers, in its language.
pub fn slack_channel(channel: &ChannelConfig, api: &SlackApi, emails: EmailView) -> DigestChannel {
    let voice = Voice::new(channel.locale, channel.audience.zone);
    let digests = DigestChannel::new(api.clone(), channel.id.clone(), voice, emails);
    digests.for_audience(channel.audience.clone())
}

/// The remedy for a delivery to a channel. Empty for temporary failures.
pub fn hint(channel: &dyn Channel, error: &DeliverError) -> &'static str {
    match error {
        DeliverError::Post(PostError::Refused { code }) => channel.remedy(code),
        _ => "",
    }
}
