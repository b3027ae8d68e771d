//! The health of the service: `/healthz`, `/readyz`, `/metrics`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::TimeDelta;

use crate::app::rounds::TABLE;
use crate::log::LogThrottle;
use crate::metrics::{self, Metrics};
use crate::policies::rounds::HEALTH_WITHIN;
use crate::problems::Problems;
use crate::watch::Watch;
use crate::watch::ports::Store;

/// The parts that the three paths need.
pub struct Health {
    /// The hubs whose age counts.
    pub watch: Arc<Watch>,
    /// The store that must answer.
    pub store: Arc<dyn Store>,
    /// The age at which a hub's data is stale.
    pub stale_after: Duration,
    /// The metrics.
    pub metrics: Metrics,
    /// The open problems.
    pub problems: Problems,
    /// Limits the log: anyone can call the paths at any rate.
    pub not_ready: LogThrottle,
}

/// The three paths.
pub fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

/// 200 while the process runs, even if AWS or Slack fail, because a restart would not help. The
/// exception is a table that a newer release has taken over: this process can do nothing more,
/// and its replacement refuses to start, so a rollback onto a newer table fails visibly.
async fn alive(State(health): State<Arc<Health>>) -> (StatusCode, String) {
    match health.problems.of(TABLE) {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(problem) => (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")),
    }
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    let kind = (CONTENT_TYPE, metrics::CONTENT_TYPE);
    ([kind], health.metrics.text()).into_response()
}

/// 200, or 503 if the service cannot answer, with a line for each open problem. A digest that
/// Slack rejects, or a failing hub, is reported here, but commands still work.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    let state = match tokio::time::timeout(HEALTH_WITHIN, health.state()).await {
        Ok(state) => state,
        Err(_) => StoreCondition::broken("the store does not answer"),
    };
    let (status, first) = match state.reasons.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let mut text = format!("{first}\n");
    let problems = health.problems.lines();
    for problem in state.reasons.into_iter().chain(problems).chain(state.notes) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{problem}");
    }
    (status, text).into_response()
}

/// The condition of the hubs and the store.
#[derive(Default)]
struct StoreCondition {
    /// The reasons why the service cannot answer.
    reasons: Vec<String>,
    /// Notes that need no action.
    notes: Vec<String>,
}

impl StoreCondition {
    fn broken(reason: &str) -> Self {
        Self {
            reasons: vec![reason.to_owned()],
            notes: Vec::new(),
        }
    }
}

impl Health {
    /// A service is ready if its store answers and at least one hub is fresh: one failing
    /// Region must not stop the others.
    async fn state(&self) -> StoreCondition {
        let limit = TimeDelta::from_std(self.stale_after).unwrap_or(TimeDelta::MAX);
        let now = self.watch.calendar.now();
        let watched = self.watch.hubs.list();
        let hubs: Vec<_> = watched.iter().collect();
        let heads = match self.store.heads(&hubs).await {
            Ok(heads) => heads,
            Err(error) => {
                if let Some(times) = self.not_ready.happened() {
                    tracing::warn!(event = "store_unavailable", %error, since_last_line = times, "failed to read the store");
                }
                return StoreCondition::broken(&format!(
                    "the store cannot be read: {}",
                    error.public()
                ));
            }
        };
        let (mut reasons, mut not_enabled) = (Vec::new(), Vec::new());
        let mut fresh = 0;
        for (hub, head) in hubs.into_iter().zip(heads) {
            let head = match head {
                Ok(head) => head,
                Err(error) => {
                    reasons.push(format!("{hub}: {error}"));
                    continue;
                }
            };
            match head.checked_at {
                _ if self.watch.hubs.is_not_enabled(hub, &head) => {
                    not_enabled.push(hub.to_string())
                }
                Some(at) if now - at <= limit => fresh += 1,
                Some(at) => reasons.push(format!("{hub} was last read at {}", at.to_rfc3339())),
                None => reasons.push(format!("{hub} was never read")),
            }
        }
        if fresh == 0 && reasons.is_empty() {
            reasons.push("no member list is known yet".to_owned());
        }
        let not_enabled = not_enabled.join(", ");
        let mut notes = Vec::new();
        if !not_enabled.is_empty() {
            notes.push(format!("Security Hub is not enabled in: {not_enabled}"));
        }
        let silent = self.watch.deliveries.last.silent().into_iter();
        notes.extend(silent.map(|(channel, last)| {
            let (at, posted_at) = (last.at.to_rfc3339(), last.posted_at.to_rfc3339());
            format!("no digest was posted in {channel} at {at}: no news; the last one was posted at {posted_at}")
        }));
        StoreCondition {
            reasons: if fresh > 0 { Vec::new() } else { reasons },
            notes,
        }
    }
}
