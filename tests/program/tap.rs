//! A proxy for all calls of the program to AWS, DynamoDB and Slack. A listener decides what
//! happens to each request and its response.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use securityhub_members::demo::LoopbackServer;

use crate::program::Outside;

const ANY: usize = usize::MAX;

/// A request of the program in transit.
pub(crate) struct Passing {
    /// `PutItem`, `ListMembers`, `GetCallerIdentity`, `chat.postMessage`, `response_url`, …
    pub(crate) name: String,
    /// With the leading slash and the query string.
    pub(crate) path: String,
    pub(crate) body: Bytes,
    method: Method,
    headers: HeaderMap,
    onward: Arc<Onward>,
}

/// Decides about requests.
#[async_trait]
pub(crate) trait Listener: Send + Sync + 'static {
    /// Returns the response. [`Passing::arrive`] returns the real one.
    async fn pass(&self, passing: Passing) -> Response;
}

/// The upstream of a setting.
struct Onward {
    addresses: HashMap<&'static str, String>,
    http: reqwest::Client,
}

/// The settings whose URLs are replaced by the tap's.
const SETTINGS: [&str; 4] = [
    "AWS_ENDPOINT_URL_SECURITYHUB",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "SLACK_API_URL",
];

/// The running tap. Dropping it breaks every connection.
pub(crate) struct Tap {
    /// The settings that lead through the tap.
    pub(crate) settings: Vec<(&'static str, String)>,
    _server: LoopbackServer,
}

impl Tap {
    /// Starts a tap between the program and all mocks.
    pub(crate) async fn start(outside: &Outside, listener: Arc<dyn Listener>) -> Self {
        let addresses = outside.environment.iter();
        let addresses = addresses.filter(|(name, _)| SETTINGS.contains(name));
        let onward = Arc::new(Onward {
            addresses: addresses.cloned().collect(),
            http: reqwest::Client::new(),
        });
        let router = Router::new()
            .fallback(tapped)
            .with_state((onward, listener));
        let server = LoopbackServer::start(router, 0).await.unwrap();
        let address = |name| match name {
            "SLACK_API_URL" => (name, format!("{}/api", server.url())),
            name => (name, server.url()),
        };
        Self {
            settings: SETTINGS.map(address).to_vec(),
            _server: server,
        }
    }
}

type Shared = (Arc<Onward>, Arc<dyn Listener>);

async fn tapped(State((onward, listener)): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // The process was killed during the request.
    let Ok(body) = axum::body::to_bytes(body, ANY).await else {
        return broken();
    };
    let target = parts.headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok()?.split('.').next_back());
    let name = match (target, parts.uri.path()) {
        (Some(operation), _) => operation,
        (None, "/members") => "ListMembers",
        (None, "/") => "GetCallerIdentity",
        (None, path) => path.strip_prefix("/api/").unwrap_or("response_url"),
    };
    let passing = Passing {
        name: name.to_owned(),
        path: parts.uri.to_string(),
        body,
        method: parts.method,
        headers: parts.headers,
        onward,
    };
    // A request in transit arrives even if its sender is killed.
    tokio::spawn(async move { listener.pass(passing).await })
        .await
        .unwrap()
}

impl Passing {
    /// Forwards the request; returns the response.
    pub(crate) async fn arrive(self) -> Response {
        let setting = match self.name.as_str() {
            "ListMembers" => "AWS_ENDPOINT_URL_SECURITYHUB",
            "GetCallerIdentity" => "AWS_ENDPOINT_URL_STS",
            _ if self.headers.contains_key("x-amz-target") => "AWS_ENDPOINT_URL_DYNAMODB",
            _ => "SLACK_API_URL",
        };
        let address = self.onward.addresses[setting].trim_end_matches("/api");
        let mut headers = self.headers;
        for hop in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION] {
            headers.remove(hop);
        }
        let request = self
            .onward
            .http
            .request(self.method, format!("{address}{}", self.path))
            .headers(headers)
            .body(self.body);
        let Ok(answer) = request.send().await else {
            return broken();
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        response.headers_mut().remove(header::TRANSFER_ENCODING);
        match answer.bytes().await {
            Ok(bytes) => *response.body_mut() = Body::from(bytes),
            Err(_) => return broken(),
        }
        response
    }
}

/// A response that is cut off, so its outcome is unknown to the client.
pub(crate) fn broken() -> Response {
    let failure: Result<Bytes, _> = Err(std::io::Error::other("the connection broke"));
    Response::new(Body::from_stream(futures::stream::iter([failure])))
}
