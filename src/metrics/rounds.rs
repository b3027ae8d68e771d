//! The metrics of the loops: deliveries, the time of the next run, open problems.

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoundLabels {
    channel: String,
    outcome: &'static str,
}

const DELIVERED: &str = "delivered";
const SILENT: &str = "silent";
const FAILED: &str = "failed";

impl RoundLabels {
    fn of(channel: &str, outcome: &'static str) -> Self {
        Self {
            channel: channel.to_owned(),
            outcome,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InChannel {
    channel: String,
}

impl InChannel {
    fn of(channel: &str) -> Self {
        Self {
            channel: channel.to_owned(),
        }
    }
}

/// An empty label counts as none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoundName {
    channel: String,
    round: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: String,
}

/// A loop of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round<'a> {
    /// Polling every hub.
    Poll,
    /// Delivering the digest of the channel with this ID.
    Digest(&'a str),
}

impl Round<'_> {
    fn name(self) -> RoundName {
        let (channel, round) = match self {
            Self::Poll => ("", "poll"),
            Self::Digest(channel) => (channel, "digest"),
        };
        RoundName {
            channel: channel.to_owned(),
            round,
        }
    }
}

#[derive(Clone)]
pub(super) struct RoundMetrics {
    digests: Family<RoundLabels, Counter>,
    notices: Family<RoundLabels, Counter>,
    alerts: Family<RoundLabels, Counter>,
    delivered_at: Family<InChannel, Gauge>,
    owed: Family<InChannel, Gauge>,
    due_at: Family<RoundName, Gauge>,
    problems: Family<What, Gauge>,
}

impl RoundMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let rounds = Self {
            digests: Family::default(),
            notices: Family::default(),
            alerts: Family::default(),
            delivered_at: Family::default(),
            owed: Family::default(),
            due_at: Family::default(),
            problems: Family::default(),
        };
        registry.register(
            "digests",
            "Attempts to deliver a digest, by outcome",
            rounds.digests.clone(),
        );
        registry.register(
            "notices",
            "Attempts to deliver a polling alert, by outcome",
            rounds.notices.clone(),
        );
        registry.register(
            "alerts",
            "Attempts to deliver an alert about changes, by outcome",
            rounds.alerts.clone(),
        );
        registry.register(
            "digest_delivered_timestamp_seconds",
            "Unix time at which this process last delivered a digest, or found that a quiet channel needs none",
            rounds.delivered_at.clone(),
        );
        registry.register(
            "digest_owed",
            "1 while a digest is due and not known to be delivered, otherwise 0",
            rounds.owed.clone(),
        );
        registry.register(
            "round_due_timestamp_seconds",
            "Unix time of the next run of the loop; a time long past means that the loop is stuck",
            rounds.due_at.clone(),
        );
        registry.register(
            "problem",
            "1 while the problem is open and needs an operator, 0 once it is fixed",
            rounds.problems.clone(),
        );
        rounds
    }
}

impl Metrics {
    /// Creates the series of a channel: an alert misses an increase that creates its series.
    pub fn posts_to(&self, channel: &str) {
        let rounds = &self.rounds;
        for outcome in [DELIVERED, FAILED] {
            let outcome = RoundLabels::of(channel, outcome);
            drop(rounds.digests.get_or_create(&outcome));
            drop(rounds.notices.get_or_create(&outcome));
            drop(rounds.alerts.get_or_create(&outcome));
        }
        let silent = RoundLabels::of(channel, SILENT);
        drop(rounds.digests.get_or_create(&silent));
        let channel = InChannel::of(channel);
        drop(rounds.delivered_at.get_or_create(&channel));
        drop(rounds.owed.get_or_create(&channel));
    }

    /// A channel's digest is due and not delivered.
    pub fn digest_owed(&self, channel: &str) {
        let owed = &self.rounds.owed;
        owed.get_or_create(&InChannel::of(channel)).set(1);
    }

    /// The digest that was due in a channel is delivered.
    pub fn digest_known(&self, channel: &str) {
        let owed = &self.rounds.owed;
        owed.get_or_create(&InChannel::of(channel)).set(0);
    }

    /// Counts a delivered digest, and sets its time.
    pub fn digest_delivered(&self, channel: &str, at: DateTime<Utc>) {
        self.digest_done(channel, DELIVERED, at);
    }

    /// Counts a digest without news that a quiet channel doesn't get, and sets its time.
    pub fn digest_silent(&self, channel: &str, at: DateTime<Utc>) {
        self.digest_done(channel, SILENT, at);
    }

    fn digest_done(&self, channel: &str, outcome: &'static str, at: DateTime<Utc>) {
        let rounds = &self.rounds;
        let outcome = RoundLabels::of(channel, outcome);
        rounds.digests.get_or_create(&outcome).inc();
        let last = rounds.delivered_at.get_or_create(&InChannel::of(channel));
        last.set(at.timestamp());
    }

    /// Counts a failed attempt to deliver a digest.
    pub fn digest_failed(&self, channel: &str) {
        let outcome = RoundLabels::of(channel, FAILED);
        self.rounds.digests.get_or_create(&outcome).inc();
    }

    /// Counts a delivered polling alert.
    pub fn notice_delivered(&self, channel: &str) {
        let outcome = RoundLabels::of(channel, DELIVERED);
        self.rounds.notices.get_or_create(&outcome).inc();
    }

    /// Counts a polling alert that could not be delivered.
    pub fn notice_failed(&self, channel: &str) {
        let outcome = RoundLabels::of(channel, FAILED);
        self.rounds.notices.get_or_create(&outcome).inc();
    }

    /// Counts a delivered alert about changes.
    pub fn alert_delivered(&self, channel: &str) {
        let outcome = RoundLabels::of(channel, DELIVERED);
        self.rounds.alerts.get_or_create(&outcome).inc();
    }

    /// Counts an alert about changes that could not be delivered.
    pub fn alert_failed(&self, channel: &str) {
        let outcome = RoundLabels::of(channel, FAILED);
        self.rounds.alerts.get_or_create(&outcome).inc();
    }

    /// The time of the loop's next run, if there is one.
    pub fn next_round(&self, round: Round<'_>, at: Option<DateTime<Utc>>) {
        let round = round.name();
        match at {
            Some(at) => {
                let gauge = self.rounds.due_at.get_or_create(&round);
                gauge.set(at.timestamp());
            }
            None => drop(self.rounds.due_at.remove(&round)),
        }
    }

    /// A problem is open, or resolved.
    pub fn problem(&self, what: &str, open: bool) {
        let what = what.to_owned();
        let problem = self.rounds.problems.get_or_create(&What { what });
        problem.set(i64::from(open));
    }
}
