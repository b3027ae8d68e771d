//! What can be measured from outside, in Prometheus' text format.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::domain::hub::HubId;
use crate::domain::member::{Counts, MemberStatus};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    path: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Hub {
    hub: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HubOutcome {
    hub: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HubStatus {
    hub: String,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: String,
}

/// The program's metrics; clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Request, Counter>,
    polls: Family<HubOutcome, Counter>,
    checked_at: Family<Hub, Gauge>,
    members: Family<HubStatus, Gauge>,
    digests: Family<Outcome, Counter>,
    delivered_at: Gauge,
    problems: Family<What, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("securityhub_members");
        let requests = Family::default();
        registry.register(
            "slack_requests",
            "Requests from Slack by path and HTTP status",
            requests.clone(),
        );
        let polls = Family::default();
        registry.register("polls", "Polls by hub and outcome", polls.clone());
        let checked_at = Family::default();
        registry.register(
            "hub_checked_timestamp_seconds",
            "When the hub was last read completely, Unix time",
            checked_at.clone(),
        );
        let members = Family::default();
        registry.register("members", "Members by hub and status", members.clone());
        let digests = Family::default();
        registry.register(
            "digests",
            "Attempts to deliver a digest by outcome",
            digests.clone(),
        );
        let delivered_at = Gauge::default();
        registry.register(
            "digest_delivered_timestamp_seconds",
            "When this process last put a digest into the channel, Unix time",
            delivered_at.clone(),
        );
        let problems = Family::default();
        registry.register(
            "problem",
            "1 while something is wrong that somebody has to mend, 0 once it is mended",
            problems.clone(),
        );
        Self {
            registry: Arc::new(registry),
            requests,
            polls,
            checked_at,
            members,
            digests,
            delivered_at,
            problems,
        }
    }
}

impl Metrics {
    /// A request from Slack was answered with this HTTP status.
    pub fn request(&self, path: &'static str, status: u16) {
        self.requests.get_or_create(&Request { path, status }).inc();
    }

    /// A hub was read completely.
    pub fn polled(&self, hub: &HubId, at: Option<DateTime<Utc>>, counts: &Counts) {
        let name = hub.to_string();
        self.polls
            .get_or_create(&HubOutcome {
                hub: name.clone(),
                outcome: "read",
            })
            .inc();
        if let Some(at) = at {
            self.checked_at
                .get_or_create(&Hub { hub: name.clone() })
                .set(at.timestamp());
        }
        // A status that nobody has any more is 0, and not what it was.
        let known = MemberStatus::KNOWN
            .iter()
            .map(|status| (status, counts.of(status)));
        let others = counts
            .iter()
            .filter(|(status, _)| matches!(status, MemberStatus::Other(_)));
        for (status, number) in known.chain(others) {
            let labels = HubStatus {
                hub: name.clone(),
                status: status.to_string(),
            };
            self.members
                .get_or_create(&labels)
                .set(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }

    /// A poll failed.
    pub fn poll_failed(&self, hub: &HubId) {
        self.polls
            .get_or_create(&HubOutcome {
                hub: hub.to_string(),
                outcome: "failed",
            })
            .inc();
    }

    /// A digest was delivered.
    pub fn digest_delivered(&self, at: DateTime<Utc>) {
        self.digests
            .get_or_create(&Outcome {
                outcome: "delivered",
            })
            .inc();
        self.delivered_at.set(at.timestamp());
    }

    /// A digest could not be delivered now.
    pub fn digest_failed(&self) {
        self.digests
            .get_or_create(&Outcome { outcome: "failed" })
            .inc();
    }

    /// Something is wrong with this, or is right again.
    pub fn problem(&self, what: &str, open: bool) {
        let what = what.to_owned();
        self.problems
            .get_or_create(&What { what })
            .set(i64::from(open));
    }

    /// Everything in Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
