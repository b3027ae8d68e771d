//! The routes of the simulated services.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};

use super::account::list_regions;
use super::organizations;
use super::security_hub::list_members;
use super::simulation::SimulatedAws;
use super::sts::sts;
use super::wire::failure;

impl SimulatedAws {
    /// A router for STS, Account Management, Organizations and Security Hub.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", post(at_the_root))
            .route("/listRegions", post(list_regions))
            .route("/members", get(list_members))
            .fallback(|| async {
                failure(
                    404,
                    "UnknownOperationException",
                    "This operation is not simulated.",
                )
            })
            .with_state(self.clone())
    }
}

/// STS and Organizations share the path `/`. Requests to Organizations have the operation in a
/// header.
async fn at_the_root(State(aws): State<SimulatedAws>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(target) = headers.get("x-amz-target") {
        let target = target.to_str().unwrap_or_default();
        return organizations::answer(&aws, &headers, target, &body);
    }
    sts(&aws, &headers, &body)
}
