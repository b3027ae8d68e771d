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

use crate::metrics::{self, Metrics};
use crate::problems::Problems;
use crate::watch::Watch;
use crate::watch::ports::Store;

const STORE_DEADLINE: Duration = Duration::from_secs(3);

/// What is asked.
pub struct Health {
    /// The hubs whose age counts.
    pub watch: Arc<Watch>,
    /// The store that must answer.
    pub store: Arc<dyn Store>,
    /// How old a hub's data may be.
    pub unread_after: Duration,
    /// Everything that is counted.
    pub metrics: Metrics,
    /// What somebody has to mend.
    pub problems: Problems,
}

/// The three paths.
pub fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    let kind = (CONTENT_TYPE, metrics::CONTENT_TYPE);
    ([kind], health.metrics.text()).into_response()
}

/// 200, or 503 where nothing can be answered; with one line for each thing
/// that is wrong. A digest that Slack refuses or a hub that cannot be read is
/// told here and is no reason to send no commands any more.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    let reasons = match tokio::time::timeout(STORE_DEADLINE, health.reasons()).await {
        Ok(reasons) => reasons,
        Err(_) => vec!["the store does not answer".to_owned()],
    };
    let (status, first) = match reasons.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let mut text = format!("{first}\n");
    for problem in reasons.into_iter().chain(health.problems.lines()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{problem}");
    }
    (status, text).into_response()
}

impl Health {
    /// A service is ready when its store answers and one hub at least is
    /// fresh: a single Region that cannot be read must not stop the others.
    async fn reasons(&self) -> Vec<String> {
        let limit = TimeDelta::from_std(self.unread_after).unwrap_or(TimeDelta::MAX);
        let now = self.watch.now();
        let hubs: Vec<_> = self.watch.hubs().iter().collect();
        let heads = match self.store.heads(&hubs).await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(%error, "the store cannot be read");
                return vec!["the store cannot be read: see the log".to_owned()];
            }
        };
        let mut reasons = Vec::new();
        let mut fresh = 0;
        for (hub, head) in hubs.into_iter().zip(heads) {
            match head.checked_at {
                Some(at) if now - at <= limit => fresh += 1,
                Some(at) => reasons.push(format!("{hub} was last read at {}", at.to_rfc3339())),
                None => reasons.push(format!("{hub} was never read")),
            }
        }
        if fresh > 0 { Vec::new() } else { reasons }
    }
}
