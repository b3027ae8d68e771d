//! The metrics, in Prometheus' text format.
//!
//! No label takes its value from a request, so the number of series is bounded by the number of
//! hubs, operations and outcomes.

mod calls;
mod exposition;
mod hubs;
mod rounds;
mod signatures;
mod socket;
mod work;

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

pub use calls::CallOutcome;
pub use rounds::Round;
pub use signatures::SignatureCheck;
pub use work::{Job, Working};

use crate::log;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The program's metrics. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    hubs: hubs::HubMetrics,
    rounds: rounds::RoundMetrics,
    calls: calls::CallMetrics,
    work: work::WorkMetrics,
    signatures: signatures::SignatureMetrics,
    sockets: socket::SocketMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("securityhub_members");
        registry.register(
            "log_lines_lost",
            "Log lines that standard error did not accept, or that its reader was too slow for",
            log::LOST_LINES.clone(),
        );
        Self {
            hubs: hubs::HubMetrics::new(&mut registry),
            rounds: rounds::RoundMetrics::new(&mut registry),
            calls: calls::CallMetrics::new(&mut registry),
            work: work::WorkMetrics::new(&mut registry),
            signatures: signatures::SignatureMetrics::new(&mut registry),
            sockets: socket::SocketMetrics::new(&mut registry),
            registry: Arc::new(registry),
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Everything in Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        exposition::classic(&text)
    }
}
