//! The calls of `check` to Slack. They change nothing and keep the headers of the response. There
//! are no retries, because `check` should report slow and failing calls.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use hyper::{Request, Response, header};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::client::{CallError, Identity};
use super::transport::USER_AGENT;
use crate::connector::{TlsConnector, connector};
use crate::policies::slack::CALL_WITHIN;
use crate::proxy::ProxySettings;
use crate::secrets::Secret;

/// The limit for a response, in bytes. Those of these calls are far smaller.
const MOST_BYTES: usize = 1 << 20;

/// A client with one token.
pub struct SlackProbe {
    client: Client<TlsConnector, String>,
    api: Url,
    token: SecretString,
}

/// Slack's answer, with its headers.
#[derive(Debug)]
pub struct Heard<T> {
    /// The response, or the error.
    pub answer: Result<T, CallError>,
    /// The token's scopes; `None` if Slack didn't send them.
    pub scopes: Option<BTreeSet<String>>,
    /// The missing scope, if Slack rejected the call for it.
    pub needed: Option<String>,
    /// Slack's clock.
    pub date: Option<DateTime<Utc>>,
}

impl SlackProbe {
    /// A probe of `api` (`https://slack.com/api`, or a mock's URL).
    ///
    /// # Errors
    ///
    /// If the machine has no usable certificate authorities.
    pub fn new(api: &Url, token: &Secret, proxies: &ProxySettings) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector(proxies)?),
            api: api.clone(),
            token: token.now(),
        })
    }

    /// The owner of the token, and its scopes.
    pub async fn identity(&self) -> Heard<Identity> {
        const METHOD: &str = "auth.test";
        let heard = self.call(METHOD, "").await;
        heard.and_then(|answer| {
            serde_json::from_value(answer).map_err(|_| unreadable(METHOD, "it names no workspace"))
        })
    }

    /// Checks whether the bot can read a channel. Of Slack's methods this one needs the least:
    /// `conversations.info` needs a scope that the bot doesn't have otherwise. The content of the
    /// channel is discarded.
    pub async fn channel(&self, id: &str) -> Heard<()> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("channel", id)
            .append_pair("limit", "1")
            .finish();
        let heard = self.call("conversations.history", &form).await;
        heard.and_then(|_| Ok(()))
    }

    async fn call(&self, method: &'static str, form: &str) -> Heard<Value> {
        match tokio::time::timeout(CALL_WITHIN, self.send(method, form)).await {
            Ok(heard) => heard,
            Err(_) => Heard::nothing(unreadable(
                method,
                &format!("nothing after {} s", CALL_WITHIN.as_secs()),
            )),
        }
    }

    async fn send(&self, method: &'static str, form: &str) -> Heard<Value> {
        let api = self.api.as_str().trim_end_matches('/');
        let request = Request::post(format!("{api}/{method}"))
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", self.token.expose_secret()),
            )
            .body(form.to_owned());
        let Ok(request) = request else {
            return Heard::nothing(CallError::not_sent(method));
        };
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                return Heard::nothing(CallError::not_connected(method, &error));
            }
            Err(_) => return Heard::nothing(unreadable(method, "the connection broke")),
        };
        let text = |name: &str| response.headers().get(name)?.to_str().ok();
        let scopes = text("x-oauth-scopes").map(|scopes| {
            let scopes = scopes.split(',').map(str::trim);
            let scopes = scopes.filter(|scope| !scope.is_empty());
            scopes.map(str::to_owned).collect()
        });
        let date = text("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let date = date.map(|date| date.with_timezone(&Utc));
        let body = read(method, response).await;
        let needed = body.as_ref().ok();
        let needed = needed.and_then(|body| body.get("needed")?.as_str().map(str::to_owned));
        Heard {
            answer: body.and_then(|body| accepted(method, body)),
            scopes,
            needed,
            date,
        }
    }
}

impl<T> Heard<T> {
    fn nothing(error: CallError) -> Self {
        Self {
            answer: Err(error),
            scopes: None,
            needed: None,
            date: None,
        }
    }

    fn and_then<U>(self, read: impl FnOnce(T) -> Result<U, CallError>) -> Heard<U> {
        Heard {
            answer: self.answer.and_then(read),
            scopes: self.scopes,
            needed: self.needed,
            date: self.date,
        }
    }
}

async fn read(
    method: &'static str,
    response: Response<hyper::body::Incoming>,
) -> Result<Value, CallError> {
    match response.status().as_u16() {
        200 => {}
        429 => return Err(CallError::RateLimited { method, wait: None }),
        status => return Err(unreadable(method, &format!("HTTP {status}"))),
    }
    let body = axum::body::Body::new(response.into_body());
    let bytes = axum::body::to_bytes(body, MOST_BYTES).await.ok();
    let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.ok_or_else(|| unreadable(method, "the answer could not be read"))
}

/// Slack's errors have HTTP status 200 and `ok: false`.
fn accepted(method: &'static str, body: Value) -> Result<Value, CallError> {
    if body.get("ok") == Some(&Value::Bool(true)) {
        return Ok(body);
    }
    let code = body.get("error").and_then(Value::as_str);
    Err(CallError::Refused {
        method,
        code: code.unwrap_or("without a code").to_owned(),
    })
}

fn unreadable(method: &'static str, problem: &str) -> CallError {
    CallError::Unknown {
        method,
        problem: problem.to_owned(),
    }
}
