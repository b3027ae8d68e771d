//! The metrics of signatures. Over HTTP only: Socket Mode has none.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// The result of the check of a request's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCheck {
    /// Slack signed it, and recently.
    Accepted,
    /// Missing or malformed: a scanner.
    Missing,
    /// Too old. If all are, a clock is wrong.
    Stale,
    /// Signed with another secret. If all are, the setting is wrong.
    Wrong,
}

impl SignatureCheck {
    const ALL: [Self; 4] = [Self::Accepted, Self::Missing, Self::Stale, Self::Wrong];

    fn labels(self) -> Outcome {
        let outcome = match self {
            Self::Accepted => "accepted",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Wrong => "wrong",
        };
        Outcome { outcome }
    }
}

#[derive(Clone)]
pub(super) struct Signatures(Family<Outcome, Counter>);

impl Signatures {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let checks = Family::default();
        // No alert sees the first increase of a series that begins with it.
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
    /// A request's signature was checked.
    pub fn signature_checked(&self, check: SignatureCheck) {
        self.signatures.0.get_or_create(&check.labels()).inc();
    }
}
