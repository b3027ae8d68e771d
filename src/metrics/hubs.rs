//! The metrics of the hubs: their polls, their members, their age.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;
use crate::domain::hub::HubId;
use crate::domain::member::{Counts, MemberStatus};
use crate::watch::{Meter, PollError, Polled};

/// From a list of one page to the deadline for reading a list.
const POLL_SECONDS: [f64; 12] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0,
];

/// Unknown statuses are counted together, because AWS can add any number of them.
const OTHER: &str = "Other";

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

/// The outcome of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PollOutcome {
    /// The complete list is stored.
    Read,
    /// The list could not be read.
    Unread,
    /// The list is doubted: it lost too many members at once.
    Doubted,
    /// Security Hub is not enabled, which is not a failure.
    NotEnabled,
    /// The list could not be stored.
    Failed,
}

impl PollOutcome {
    const ALL: [Self; 5] = [
        Self::Read,
        Self::Unread,
        Self::Doubted,
        Self::NotEnabled,
        Self::Failed,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unread => "unread",
            Self::Doubted => "doubted",
            Self::NotEnabled => "not_enabled",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone)]
pub(super) struct HubMetrics {
    polls: Family<HubOutcome, Counter>,
    duration: Family<HubOutcome, Histogram, fn() -> Histogram>,
    checked_at: Family<Hub, Gauge>,
    unread: Family<Hub, Gauge>,
    doubted: Family<Hub, Gauge>,
    not_enabled: Family<Hub, Gauge>,
    members: Family<HubStatus, Gauge>,
}

impl HubMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(POLL_SECONDS);
        let hubs = Self {
            polls: Family::default(),
            duration: Family::new_with_constructor(histogram),
            checked_at: Family::default(),
            unread: Family::default(),
            doubted: Family::default(),
            not_enabled: Family::default(),
            members: Family::default(),
        };
        registry.register(
            "polls",
            "Polls, by member list and outcome",
            hubs.polls.clone(),
        );
        registry.register(
            "poll_duration_seconds",
            "Duration of polls, by member list and outcome",
            hubs.duration.clone(),
        );
        registry.register(
            "hub_checked_timestamp_seconds",
            "Unix time of the last complete read of the member list",
            hubs.checked_at.clone(),
        );
        registry.register(
            "hub_unread",
            "1 while polling the member list is failing in this process, otherwise 0",
            hubs.unread.clone(),
        );
        registry.register(
            "hub_doubted",
            "1 while the member list is doubted: it has lost half of its members or more, and no later poll has confirmed it",
            hubs.doubted.clone(),
        );
        registry.register(
            "hub_not_enabled",
            "1 while Security Hub is not enabled in a Region that was found, not configured, otherwise 0",
            hubs.not_enabled.clone(),
        );
        registry.register(
            "members",
            "Members, by member list and status, at the last poll",
            hubs.members.clone(),
        );
        hubs
    }
}

impl Meter for Metrics {
    fn polled(&self, hub: &HubId, result: &Result<Polled, PollError>, took: Duration) {
        let outcome = match result {
            Ok(_) => PollOutcome::Read,
            Err(PollError::List(_)) => PollOutcome::Unread,
            Err(PollError::Doubted { .. }) => PollOutcome::Doubted,
            Err(PollError::NotEnabled(_)) => PollOutcome::NotEnabled,
            Err(_) => PollOutcome::Failed,
        };
        self.poll_ended(hub, outcome, took);
        if let Ok(Polled { head, .. }) = result {
            let counts = head.day.as_ref().map(|day| &day.counts);
            self.known(hub, head.checked_at, counts);
        }
    }

    /// Removes the hub's series, because an alert on them would never end.
    fn left(&self, hub: &HubId) {
        let hub = hub.to_string();
        for outcome in PollOutcome::ALL.map(PollOutcome::name) {
            let hub = hub.clone();
            let labels = HubOutcome { hub, outcome };
            self.hubs.polls.remove(&labels);
            self.hubs.duration.remove(&labels);
        }
        for status in statuses() {
            let hub = hub.clone();
            self.hubs.members.remove(&HubStatus { hub, status });
        }
        let labels = Hub { hub };
        for family in [
            &self.hubs.checked_at,
            &self.hubs.unread,
            &self.hubs.doubted,
            &self.hubs.not_enabled,
        ] {
            family.remove(&labels);
        }
    }
}

/// Every value of the label `status`.
fn statuses() -> impl Iterator<Item = String> {
    let known = MemberStatus::KNOWN.iter().map(ToString::to_string);
    known.chain([OTHER.to_owned()])
}

impl Metrics {
    /// Counts a poll.
    fn poll_ended(&self, hub: &HubId, outcome: PollOutcome, took: Duration) {
        let labels = HubOutcome {
            hub: hub.to_string(),
            outcome: outcome.name(),
        };
        self.hubs.polls.get_or_create(&labels).inc();
        let duration = self.hubs.duration.get_or_create(&labels);
        duration.observe(took.as_secs_f64());
        let hub = Hub { hub: labels.hub };
        // A failure of the store says nothing about the list.
        if outcome != PollOutcome::Failed {
            let unread = self.hubs.unread.get_or_create(&hub);
            let is_unread = matches!(outcome, PollOutcome::Unread | PollOutcome::Doubted);
            unread.set(i64::from(is_unread));
            let doubted = self.hubs.doubted.get_or_create(&hub);
            doubted.set(i64::from(outcome == PollOutcome::Doubted));
            let not_enabled = self.hubs.not_enabled.get_or_create(&hub);
            not_enabled.set(i64::from(outcome == PollOutcome::NotEnabled));
        }
    }

    /// Sets when a hub was last read, and its members.
    pub fn known(&self, hub: &HubId, checked_at: Option<DateTime<Utc>>, counts: Option<&Counts>) {
        let hub = hub.to_string();
        if let Some(at) = checked_at {
            let labels = Hub { hub: hub.clone() };
            let gauge = self.hubs.checked_at.get_or_create(&labels);
            gauge.set(at.timestamp());
        }
        let Some(counts) = counts else { return };
        // A status without members is 0, not its last value.
        let known = MemberStatus::KNOWN
            .iter()
            .map(|status| (status.to_string(), counts.of(status)));
        let others = counts
            .iter()
            .filter(|(status, _)| matches!(status, MemberStatus::Other(_)));
        let others = others.map(|(_, number)| number).sum();
        for (status, number) in known.chain([(OTHER.to_owned(), others)]) {
            let labels = HubStatus {
                hub: hub.clone(),
                status,
            };
            let gauge = self.hubs.members.get_or_create(&labels);
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hub::{HubId, UnreadReason};
    use crate::watch::ports::ListError;

    #[test]
    fn nothing_is_left_of_a_hub_that_is_not_watched_any_more() {
        let metrics = Metrics::default();
        let hub = |region: &str| HubId {
            admin: "111122223333".parse().unwrap(),
            region: region.parse().unwrap(),
        };
        for hub in [hub("eu-west-1"), hub("il-central-1")] {
            let unread = ListError {
                hub: hub.clone(),
                reason: UnreadReason::AccessDenied,
                detail: String::new(),
            };
            metrics.polled(&hub, &Err(unread.into()), Duration::from_secs(1));
            metrics.known(
                &hub,
                DateTime::from_timestamp(0, 0),
                Some(&Counts::default()),
            );
        }
        assert!(metrics.text().contains("il-central-1"));
        metrics.left(&hub("il-central-1"));
        let text = metrics.text();
        assert!(
            text.contains("eu-west-1") && !text.contains("il-central-1"),
            "{text}"
        );
    }
}
