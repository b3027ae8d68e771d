//! The metrics of Socket Mode, which don't exist over HTTP.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EnvelopeLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SocketStateLabels {
    state: &'static str,
}

#[derive(Clone)]
pub(super) struct SocketMetrics {
    envelopes: Family<EnvelopeLabels, Counter>,
    connections: Family<SocketStateLabels, Gauge>,
}

impl SocketMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let sockets = Self {
            envelopes: Family::default(),
            connections: Family::default(),
        };
        registry.register(
            "slack_envelopes",
            "Requests over Socket Mode, by kind and outcome",
            sockets.envelopes.clone(),
        );
        registry.register(
            "slack_connections",
            "Socket Mode connections, by state",
            sockets.connections.clone(),
        );
        sockets
    }
}

impl Metrics {
    /// Counts a request over Socket Mode. `took` is the time until it was acknowledged,
    /// recognized as a replay, or rejected.
    pub fn envelope(&self, kind: &'static str, outcome: &'static str, took: Duration) {
        let labels = EnvelopeLabels { kind, outcome };
        self.sockets.envelopes.get_or_create(&labels).inc();
        self.work.acknowledged(kind, took);
    }

    /// Sets the number of open connections.
    pub fn connections(&self, open: usize) {
        let state = self
            .sockets
            .connections
            .get_or_create(&SocketStateLabels { state: "open" });
        state.set(i64::try_from(open).unwrap_or(i64::MAX));
    }
}
