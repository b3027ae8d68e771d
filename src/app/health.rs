//! How the service is: `/healthz`, `/readyz`, `/metrics`.

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

use crate::app::problems::Problems;
use crate::app::rounds::TABLE;
use crate::log::LogThrottle;
use crate::metrics::{self, Metrics};
use crate::watch::Watch;
use crate::watch::ports::Store;

const STORE_DEADLINE: Duration = Duration::from_secs(3);

/// The parts that the three paths look at.
pub struct Health {
    /// The hubs whose age counts.
    pub watch: Arc<Watch>,
    /// The store that must answer.
    pub store: Arc<dyn Store>,
    /// How old a hub's data may be.
    pub stale_after: Duration,
    /// Everything that is counted.
    pub metrics: Metrics,
    /// The open problems.
    pub problems: Problems,
    /// Anybody can ask at any rate.
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

/// 200 while the process lives, whatever its surroundings do: a restart would
/// not help. The exception is a table that a newer release has taken over: this
/// process can do nothing more, and its replacement, which does not start, shows
/// that. A rollback onto a newer table would otherwise pass as a success.
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

/// 200, or 503 where nothing can be answered; with one line for each thing
/// that is wrong. A digest that Slack refuses or a hub that cannot be read is
/// told here and is no reason to send no commands any more.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    let state = match tokio::time::timeout(STORE_DEADLINE, health.state()).await {
        Ok(state) => state,
        Err(_) => Condition::broken("the store does not answer"),
    };
    let (status, first) = match state.reasons.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let mut text = format!("{first}\n");
    let problems = health.problems.lines();
    for problem in state.reasons.into_iter().chain(problems).chain(state.note) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{problem}");
    }
    (status, text).into_response()
}

/// The condition of the hubs and the store.
#[derive(Default)]
struct Condition {
    /// Why nothing can be answered.
    reasons: Vec<String>,
    /// A note that is no problem.
    note: Option<String>,
}

impl Condition {
    fn broken(reason: &str) -> Self {
        Self {
            reasons: vec![reason.to_owned()],
            note: None,
        }
    }
}

impl Health {
    /// A service is ready when its store answers and one hub at least is
    /// fresh: a single Region that cannot be read must not stop the others.
    async fn state(&self) -> Condition {
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
                return Condition::broken(&format!("the store cannot be read: {}", error.public()));
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
        Condition {
            reasons: if fresh > 0 { Vec::new() } else { reasons },
            note: (!not_enabled.is_empty())
                .then(|| format!("Security Hub is not enabled in: {not_enabled}")),
        }
    }
}
