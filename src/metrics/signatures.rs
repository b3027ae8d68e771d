//! The metrics of signatures. Only requests over HTTP have them, not Socket Mode.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignatureLabels {
    outcome: &'static str,
}

/// The result of a signature check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCheck {
    /// The signature matches, and the time is recent.
    Accepted,
    /// The headers are missing or malformed, as from a scanner.
    Missing,
    /// Too old. If all requests are, a clock is wrong.
    Stale,
    /// Signed with another secret. If all requests are, the setting is wrong.
    Wrong,
}

impl SignatureCheck {
    const ALL: [Self; 4] = [Self::Accepted, Self::Missing, Self::Stale, Self::Wrong];

    fn labels(self) -> SignatureLabels {
        let outcome = match self {
            Self::Accepted => "accepted",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Wrong => "wrong",
        };
        SignatureLabels { outcome }
    }
}

#[derive(Clone)]
pub(super) struct SignatureMetrics(Family<SignatureLabels, Counter>);

impl SignatureMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let checks = Family::default();
        // Create the series now: an alert misses an increase that creates its series.
        for check in SignatureCheck::ALL {
            drop(checks.get_or_create(&check.labels()));
        }
        registry.register(
            "slack_signatures",
            "HTTP requests from Slack, by the outcome of the signature check",
            checks.clone(),
        );
        Self(checks)
    }
}

impl Metrics {
    /// Counts a signature check.
    pub fn signature_checked(&self, check: SignatureCheck) {
        self.signatures.0.get_or_create(&check.labels()).inc();
    }
}
