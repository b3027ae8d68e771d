//! The metrics of the loops: deliveries, the time of the next run, open problems.

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

const DELIVERED: Outcome = Outcome {
    outcome: "delivered",
};
const FAILED: Outcome = Outcome { outcome: "failed" };

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoundName {
    round: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: String,
}

/// The two loops of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Polling every hub.
    Poll,
    /// Delivering the digest.
    Digest,
}

impl Round {
    fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Digest => "digest",
        }
    }
}

#[derive(Clone)]
pub(super) struct Rounds {
    digests: Family<Outcome, Counter>,
    notices: Family<Outcome, Counter>,
    delivered_at: Gauge,
    owed: Gauge,
    due_at: Family<RoundName, Gauge>,
    problems: Family<What, Gauge>,
}

impl Rounds {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let rounds = Self {
            digests: Family::default(),
            notices: Family::default(),
            delivered_at: Gauge::default(),
            owed: Gauge::default(),
            due_at: Family::default(),
            problems: Family::default(),
        };
        // Create the series now: an alert misses an increase that creates its series.
        for outcome in [DELIVERED, FAILED] {
            drop(rounds.digests.get_or_create(&outcome));
            drop(rounds.notices.get_or_create(&outcome));
        }
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
            "digest_delivered_timestamp_seconds",
            "Unix time at which this process last delivered a digest",
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
    /// A digest is due and not delivered.
    pub fn digest_owed(&self) {
        self.rounds.owed.set(1);
    }

    /// The digest that was due is delivered.
    pub fn digest_known(&self) {
        self.rounds.owed.set(0);
    }

    /// Counts a delivered digest, and sets its time.
    pub fn digest_delivered(&self, at: DateTime<Utc>) {
        self.rounds.digests.get_or_create(&DELIVERED).inc();
        self.rounds.delivered_at.set(at.timestamp());
    }

    /// Counts a failed attempt to deliver a digest.
    pub fn digest_failed(&self) {
        self.rounds.digests.get_or_create(&FAILED).inc();
    }

    /// Counts a delivered polling alert.
    pub fn notice_delivered(&self) {
        self.rounds.notices.get_or_create(&DELIVERED).inc();
    }

    /// Counts a polling alert that could not be delivered.
    pub fn notice_failed(&self) {
        self.rounds.notices.get_or_create(&FAILED).inc();
    }

    /// The time of the loop's next run, if there is one.
    pub fn next_round(&self, round: Round, at: Option<DateTime<Utc>>) {
        let round = RoundName {
            round: round.name(),
        };
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
