//! The HTTP endpoint that Slack calls: limits, verification, status codes.
//!
//! A handler reads the bytes, has them verified and read, and passes what they
//! say to the bot. Whoever cannot sign learns nothing from the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::bot::{Bot, Reply};
use super::inbound::{self, Malformed, ResponseOrigin};
use super::signature::{SigningSecrets, Unverified};
use crate::clock::Clock;
use crate::metrics::Metrics;

/// The largest body that is read. Slack's are far smaller.
const BODY_BYTES: usize = 1 << 20;
/// How long a body may take to arrive. Slack gives up after 3 s.
const BODY_DEADLINE: Duration = Duration::from_secs(5);

/// What the endpoint works with.
pub struct Endpoint {
    /// What is done about a request.
    pub bot: Arc<Bot>,
    /// What requests are signed with.
    pub secrets: SigningSecrets,
    /// Where answers may be sent.
    pub origin: ResponseOrigin,
    /// Tells how old a request is.
    pub clock: Arc<dyn Clock>,
    /// Counts requests.
    pub metrics: Metrics,
}

/// The three paths.
pub fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/events", post(events))
        .route("/slack/interactions", post(interactions))
        .with_state(endpoint)
}

/// Why a request is turned away.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Unverified(#[from] Unverified),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the body is larger than {BODY_BYTES} bytes")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unverified(_) => StatusCode::UNAUTHORIZED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
        .into_response()
    }
}

async fn commands(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let reply = endpoint.receive(request, Unsigned::SslCheck, |body| {
        let command = inbound::command(body, &endpoint.origin)?;
        Ok(endpoint.bot.command(command))
    });
    endpoint.answer("commands", reply.await)
}

async fn events(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let reply = endpoint.receive(request, Unsigned::Nothing, |body| {
        Ok(endpoint.bot.event(inbound::event(body)?))
    });
    endpoint.answer("events", reply.await)
}

async fn interactions(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let reply = endpoint.receive(request, Unsigned::Nothing, |body| {
        let interaction = inbound::interaction(body, &endpoint.origin)?;
        Ok(endpoint.bot.interaction(interaction))
    });
    endpoint.answer("interactions", reply.await)
}

/// What a path answers without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unsigned {
    Nothing,
    /// Slack's certificate check, which it may send unsigned. Nothing is done about it.
    SslCheck,
}

/// The headers and the whole body, within limits.
async fn read(request: Request) -> Result<(HeaderMap, Bytes), Refusal> {
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get("content-length")
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES) {
        return Err(Refusal::TooLarge);
    }
    let body = tokio::time::timeout(BODY_DEADLINE, whole(body))
        .await
        .map_err(|_| Refusal::TooSlow)??;
    Ok((parts.headers, body))
}

async fn whole(body: Body) -> Result<Bytes, Refusal> {
    axum::body::to_bytes(body, BODY_BYTES)
        .await
        .map_err(|_| Refusal::TooLarge)
}

impl Endpoint {
    /// Reads the request and has it verified; only then `act` sees the body.
    async fn receive(
        &self,
        request: Request,
        unsigned: Unsigned,
        act: impl FnOnce(&[u8]) -> Result<Reply, Malformed>,
    ) -> Result<Reply, Refusal> {
        let (headers, body) = read(request).await?;
        if unsigned == Unsigned::SslCheck && inbound::is_ssl_check(&body) {
            return Ok(Reply::Received);
        }
        self.verify(&headers, &body)?;
        Ok(act(&body)?)
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Unverified> {
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) => value.to_str().map_err(|_| Unverified::Headers),
                _ => Err(Unverified::Headers),
            }
        };
        let timestamp = only("x-slack-request-timestamp")?;
        let signature = only("x-slack-signature")?;
        self.secrets
            .verify(timestamp, signature, body, self.clock.now())
    }

    fn answer(&self, path: &'static str, reply: Result<Reply, Refusal>) -> Response {
        let response = match reply {
            Ok(Reply::Received) => StatusCode::OK.into_response(),
            Ok(Reply::Challenge(challenge)) => {
                axum::Json(json!({ "challenge": challenge })).into_response()
            }
            Ok(Reply::Message(content)) => axum::Json(json!({
                "response_type": "ephemeral",
                "text": content.text,
                "blocks": content.blocks,
            }))
            .into_response(),
            Err(refusal) => {
                tracing::warn!(path, %refusal, "a request was refused");
                refusal.into_response()
            }
        };
        self.metrics.request(path, response.status().as_u16());
        response
    }
}
