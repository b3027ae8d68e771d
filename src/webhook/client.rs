//! The request to a webhook, and what the answers mean. Redirects are not followed. Errors and logs
//! have the host and the status, nothing else of the URL or the answer.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;
use tower::{Service as _, ServiceExt as _};

use super::address::WebhookUrl;
use super::request::Signed;
use crate::connector::{ConnectError, TlsConnector, connector};
use crate::policies::webhook::{CALL_WITHIN, LONGEST_PAUSE, REST_WITHIN};
use crate::proxy::ProxySettings;
use crate::watch::ports::PostError;

/// The headers of a request.
const TIMESTAMP: &str = "x-securityhub-members-timestamp";
const SIGNATURE: &str = "x-securityhub-members-signature";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The `User-Agent` of every request.
const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The bytes of an answer that are read at most.
const MOST_BYTES: usize = 64 << 10;

/// Sends requests to webhooks. Clones share it.
#[derive(Clone)]
pub struct WebhookClient {
    connector: TlsConnector,
    http: Client<TlsConnector, String>,
    call_within: Duration,
}

impl WebhookClient {
    /// A client with these proxy settings.
    ///
    /// # Errors
    ///
    /// If the machine has no usable certificate authorities.
    pub fn new(proxies: &ProxySettings) -> anyhow::Result<Self> {
        let connector = connector(proxies)?;
        // Requests are hours apart, and on an old connection the outcome is easily unknown.
        let http = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector.clone());
        Ok(Self {
            connector,
            http,
            call_within: CALL_WITHIN,
        })
    }

    /// Sets the deadline of a request.
    #[must_use]
    pub fn with_deadline(self, call_within: Duration) -> Self {
        Self {
            call_within,
            ..self
        }
    }

    /// Connects to the host of a webhook, and sends nothing.
    ///
    /// # Errors
    ///
    /// The problem, with the host.
    pub async fn reach(&self, url: &WebhookUrl) -> Result<(), String> {
        let mut connector = self.connector.clone();
        let connected = async {
            let ready = connector.ready().await?;
            ready.call(url.uri().clone()).await
        };
        match timeout(self.call_within, connected).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(not_connected(url, error.as_ref())),
            Err(_) => Err(silent(url, self.call_within)),
        }
    }

    /// Sends a request. Only a status from 200 to 299 means that the receiver has it.
    pub(super) async fn send(
        &self,
        url: &WebhookUrl,
        key: &str,
        signed: Signed,
        now: DateTime<Utc>,
    ) -> Result<(), PostError> {
        let request = Request::post(url.uri().clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT)
            .header(IDEMPOTENCY_KEY, key)
            .header(TIMESTAMP, signed.timestamp)
            .header(SIGNATURE, signed.signature)
            .body(signed.body)
            .map_err(|_| PostError::Refused {
                code: "invalid_request".to_owned(),
            })?;
        let response = match timeout(self.call_within, self.http.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                let detail = not_connected(url, &error);
                return Err(PostError::Later { detail, wait: None });
            }
            Ok(Err(_)) => {
                let detail = format!("{url} closed the connection without an answer");
                return Err(PostError::Unknown { detail });
            }
            Err(_) => {
                let detail = silent(url, self.call_within);
                return Err(PostError::Unknown { detail });
            }
        };
        let (head, rest) = response.into_parts();
        let rest = axum::body::to_bytes(axum::body::Body::new(rest), MOST_BYTES);
        // The status has decided, whatever happens to the rest.
        drop(timeout(REST_WITHIN, rest).await);
        meaning(url, head.status, &head.headers, now)
    }
}

fn meaning(
    url: &WebhookUrl,
    status: StatusCode,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<(), PostError> {
    let code = status.as_u16();
    match code {
        200..=299 => Ok(()),
        408 | 429 | 500..=599 => Err(PostError::Later {
            detail: format!("{url} answered HTTP {code}"),
            wait: wait(headers, now),
        }),
        _ => Err(PostError::Refused {
            code: format!("http_{code}"),
        }),
    }
}

/// The value of `Retry-After`, in seconds or as a date.
fn wait(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = DateTime::parse_from_rfc2822(text).ok()?;
            (date.to_utc() - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_PAUSE))
}

fn not_connected(url: &WebhookUrl, error: &(dyn Error + 'static)) -> String {
    let cause = ConnectError::of(error);
    format!("failed to connect to {url}: {cause}")
}

fn silent(url: &WebhookUrl, within: Duration) -> String {
    let within = humantime::format_duration(within);
    format!("no answer from {url} within {within}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_a_meaning() {
        let url: WebhookUrl = "https://hooks.example.com/hush".parse().unwrap();
        let now = "2026-11-25T09:00:00Z".parse().unwrap();
        let mean = |code: u16, after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(after) = after {
                headers.insert(RETRY_AFTER, after.parse().unwrap());
            }
            let status = StatusCode::from_u16(code).unwrap();
            match meaning(&url, status, &headers, now) {
                Ok(()) => "accepted".to_owned(),
                Err(PostError::Later { detail, wait }) => format!("{detail}, {wait:?}"),
                Err(error) => error.to_string(),
            }
        };
        for code in [200, 201, 202, 204, 299] {
            assert_eq!(mean(code, None), "accepted");
        }
        for code in [
            101, 300, 302, 304, 307, 308, 400, 401, 403, 404, 409, 410, 413, 499, 600,
        ] {
            let expected = format!("the channel rejected the message: http_{code}");
            assert_eq!(mean(code, None), expected);
        }
        for code in [408, 429, 500, 502, 503, 504, 599] {
            let expected = format!("hooks.example.com answered HTTP {code}, None");
            assert_eq!(mean(code, None), expected);
        }
        for (after, wait) in [
            ("7", "Some(7s)"),
            ("100000", "Some(900s)"),
            ("Wed, 25 Nov 2026 09:00:20 GMT", "Some(20s)"),
            ("Wed, 25 Nov 2026 08:00:00 GMT", "Some(0ns)"),
            ("soon", "None"),
            ("-1", "None"),
        ] {
            let expected = format!("hooks.example.com answered HTTP 429, {wait}");
            assert_eq!(mean(429, Some(after)), expected);
        }
    }
}
