//! The HTTP endpoint for Slack: limits, verification, status codes.
//!
//! A handler reads the body, verifies and parses it, and calls the bot. Responses to unsigned
//! requests reveal nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use super::bot::{Bot, Reply};
use super::inbound::{self, Interaction, Malformed, ResponseOrigin, SlackEvent, SlashCommand};
use super::replays::Replays;
use super::signature::{Signature, SigningSecrets, Unverified};
use super::view::Content;
use crate::clock::Clock;
use crate::log::LogThrottle;
use crate::metrics::{Metrics, SignatureCheck};

/// The limit for a body, in bytes. Slack's are far smaller.
const BODY_BYTES: usize = 1 << 20;
/// The deadline for a body. Slack itself gives up after 3 s.
const BODY_DEADLINE: Duration = Duration::from_secs(5);

const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");

/// The parts of the endpoint.
pub struct Endpoint {
    /// The work for each request.
    pub bot: Arc<Bot>,
    /// The signing secrets.
    pub secrets: SigningSecrets,
    /// The origin that answers may be sent to.
    pub origin: ResponseOrigin,
    /// The clock for the age of requests.
    pub clock: Arc<dyn Clock>,
    /// Counts requests.
    pub metrics: Metrics,
    /// The replay protection.
    pub replays: Replays,
    /// Limits the log lines about rejected requests.
    pub refused: Refused,
}

/// Limits the log, because anyone can send requests that are rejected.
#[derive(Debug, Default)]
pub struct Refused {
    unsigned: LogThrottle,
    stale: LogThrottle,
    wrongly_signed: LogThrottle,
    malformed: LogThrottle,
    unread: LogThrottle,
    repeated: LogThrottle,
}

/// The routes for commands, events and interactions.
pub fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/events", post(events))
        .route("/slack/interactions", post(interactions))
        .with_state(endpoint)
}

/// The reason that a request is rejected.
#[derive(Debug, thiserror::Error)]
enum RequestRefusal {
    #[error(transparent)]
    Unverified(#[from] Unverified),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the body is larger than {BODY_BYTES} bytes")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the connection ended inside the body")]
    BrokenOff,
}

impl Refused {
    fn say(&self, path: &'static str, refusal: &RequestRefusal) {
        let throttle = match refusal {
            // Scanners send unsigned requests. Their lines must not suppress those about a wrong
            // secret.
            RequestRefusal::Unverified(Unverified::Headers) => &self.unsigned,
            RequestRefusal::Unverified(Unverified::Stale) => &self.stale,
            RequestRefusal::Unverified(Unverified::Signature) => &self.wrongly_signed,
            RequestRefusal::Malformed(_) => &self.malformed,
            RequestRefusal::TooLarge | RequestRefusal::TooSlow | RequestRefusal::BrokenOff => {
                &self.unread
            }
        };
        if let Some(times) = throttle.happened() {
            let event = refusal.log_event();
            tracing::warn!(event, path, %refusal, since_last_line = times, "rejected a request");
        }
    }
}

impl RequestRefusal {
    /// The log field `event`. An alarm counts wrong secrets and times, but not unsigned requests
    /// from scanners.
    fn log_event(&self) -> &'static str {
        match self {
            Self::Unverified(Unverified::Stale | Unverified::Signature) => "signature_refused",
            _ => "request_refused",
        }
    }
}

impl IntoResponse for RequestRefusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unverified(_) => StatusCode::UNAUTHORIZED,
            Self::Malformed(_) | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
        .into_response()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequestPath {
    Commands,
    Events,
    Interactions,
}

impl RequestPath {
    fn name(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Events => "events",
            Self::Interactions => "interactions",
        }
    }
}

/// A verified request.
enum Incoming {
    Command(SlashCommand),
    Event(SlackEvent),
    Interaction(Interaction),
}

/// A message that only the sender sees.
#[derive(Serialize)]
struct Ephemeral<'a> {
    response_type: &'static str,
    #[serde(flatten)]
    content: &'a Content,
}

async fn commands(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    endpoint.answer(RequestPath::Commands, request).await
}

async fn events(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    endpoint.answer(RequestPath::Events, request).await
}

async fn interactions(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    endpoint.answer(RequestPath::Interactions, request).await
}

/// The headers and the complete body, within the limits.
async fn read(request: Request) -> Result<(HeaderMap, Bytes), RequestRefusal> {
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES) {
        return Err(RequestRefusal::TooLarge);
    }
    let body = tokio::time::timeout(BODY_DEADLINE, whole(body))
        .await
        .map_err(|_| RequestRefusal::TooSlow)??;
    Ok((parts.headers, body))
}

async fn whole(body: Body) -> Result<Bytes, RequestRefusal> {
    let mut frames = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| RequestRefusal::BrokenOff)?;
        if whole.len() + frame.len() > BODY_BYTES {
            return Err(RequestRefusal::TooLarge);
        }
        whole.extend_from_slice(&frame);
    }
    Ok(whole.into())
}

/// The metric's value. Unsigned requests don't count as a wrong secret.
fn worth(verified: &Result<Signature, Unverified>) -> SignatureCheck {
    match verified {
        Ok(_) => SignatureCheck::Accepted,
        Err(Unverified::Headers) => SignatureCheck::Missing,
        Err(Unverified::Stale) => SignatureCheck::Stale,
        Err(Unverified::Signature) => SignatureCheck::Wrong,
    }
}

impl Endpoint {
    /// Reads a request and answers it.
    async fn receive(&self, path: RequestPath, request: Request) -> Result<Reply, RequestRefusal> {
        let (headers, body) = read(request).await?;
        match self.understand(path, &headers, &body) {
            // Slack's certificate check can be unsigned. It needs no action.
            Err(_) if path == RequestPath::Commands && inbound::is_ssl_check(&body) => {
                Ok(Reply::Received)
            }
            understood => understood,
        }
    }

    /// Verifies the bytes before parsing them.
    fn understand(
        &self,
        path: RequestPath,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Reply, RequestRefusal> {
        let now = self.clock.now();
        let verified = self.verify(headers, body, now);
        self.metrics.signature_checked(worth(&verified));
        let signature = verified?;
        let incoming = match path {
            RequestPath::Commands => Incoming::Command(inbound::command(body, &self.origin)?),
            RequestPath::Events => Incoming::Event(inbound::event(body)?),
            RequestPath::Interactions => {
                Incoming::Interaction(inbound::interaction(body, &self.origin)?)
            }
        };
        Ok(match incoming {
            // A repeated URL verification changes nothing.
            Incoming::Event(SlackEvent::UrlVerification(challenge)) => Reply::Challenge(challenge),
            incoming if !self.replays.is_first(signature, now) => {
                if let Some(times) = self.refused.repeated.happened() {
                    tracing::warn!(
                        path = path.name(),
                        since_last_line = times,
                        "ignoring a replayed request"
                    );
                }
                match incoming {
                    Incoming::Interaction(interaction) => self.bot.repeated(&interaction),
                    Incoming::Command(_) | Incoming::Event(_) => Reply::Received,
                }
            }
            Incoming::Command(command) => self.bot.command(command),
            Incoming::Event(event) => self.bot.event(event),
            Incoming::Interaction(interaction) => self.bot.interaction(interaction),
        })
    }

    /// Returns the signature if it is valid.
    fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Signature, Unverified> {
        let only = |name: HeaderName| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) => value.to_str().map_err(|_| Unverified::Headers),
                _ => Err(Unverified::Headers),
            }
        };
        let timestamp = only(TIMESTAMP)?;
        let signature = only(SIGNATURE)?;
        self.secrets.verify(timestamp, signature, body, now)
    }

    async fn answer(&self, path: RequestPath, request: Request) -> Response {
        let path_name = path.name();
        let arrived = Instant::now();
        let response = match self.receive(path, request).await {
            Ok(Reply::Received) => StatusCode::OK.into_response(),
            Ok(Reply::Challenge(challenge)) => {
                axum::Json(json!({ "challenge": challenge })).into_response()
            }
            Ok(Reply::Form(form)) => axum::Json(form.json()).into_response(),
            Ok(Reply::Message(content)) => axum::Json(Ephemeral {
                response_type: "ephemeral",
                content: &content,
            })
            .into_response(),
            Err(refusal) => {
                self.refused.say(path_name, &refusal);
                refusal.into_response()
            }
        };
        let status = response.status().as_u16();
        self.metrics.request(path_name, status, arrived.elapsed());
        response
    }
}
