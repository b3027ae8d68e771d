//! Calls to Slack: the Web API and `response_url`s.
//!
//! Every call has a deadline. What is safe to repeat is repeated here; posting
//! a digest is not, and is repeated by whoever can look whether it arrived.
//! Errors and logs never show a body, a token or a `response_url`.

mod socket;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;
pub use socket::Socket;
use socket::SocketOrigin;
use url::Url;

use super::ids::UserId;
use super::inbound::ResponseUrl;
use super::transport::Transport;
use super::view::{Content, plain};
use crate::backoff::Next;
use crate::metrics::{CallOutcome, Metrics};
use crate::policies::slack::{CALL_WITHIN, CALLS, CONNECT_WITHIN};
use crate::secrets::Secret;

/// How many pages of messages are read at most: 10,000 messages since a delivery
/// began. Slack gives the newest first.
const MOST_PAGES: usize = 50;

/// A call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// Slack answered `ok: false`.
    #[error("Slack refused {method}: {code}")]
    Refused {
        /// The method.
        method: &'static str,
        /// Slack's error code.
        code: String,
    },
    /// Slack did not take the call: too many of them.
    #[error("Slack asks for a pause before more {method}")]
    RateLimited {
        /// The method.
        method: &'static str,
        /// How long, if Slack says so.
        wait: Option<Duration>,
    },
    /// The call did not reach Slack.
    #[error("Slack could not be reached for {method}")]
    NotSent {
        /// The method.
        method: &'static str,
    },
    /// Slack names one more page after each.
    #[error("what Slack answers to {method} has no end: {pages} pages were read")]
    Endless {
        /// The method.
        method: &'static str,
        /// How many pages were read.
        pages: usize,
    },
    /// Nobody knows whether Slack did it.
    #[error("no usable answer from Slack to {method}: {problem}")]
    Unknown {
        /// The method.
        method: &'static str,
        /// What happened.
        problem: String,
    },
}

/// Errors that go away by themselves.
fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "ratelimited"
    )
}

impl CallError {
    fn outcome(&self) -> CallOutcome {
        match self {
            Self::Refused { .. } => CallOutcome::Refused,
            Self::RateLimited { .. } => CallOutcome::Throttled,
            Self::NotSent { .. } => CallOutcome::NotSent,
            Self::Unknown { .. } | Self::Endless { .. } => CallOutcome::Failed,
        }
    }

    fn new(method: &'static str, error: &SlackClientError) -> Self {
        let unknown = |problem: String| Self::Unknown { method, problem };
        match error {
            SlackClientError::ApiError(error) if is_passing(&error.code) => {
                unknown(error.code.clone())
            }
            SlackClientError::ApiError(error) => Self::Refused {
                method,
                code: error.code.clone(),
            },
            SlackClientError::RateLimitError(error) => Self::RateLimited {
                method,
                wait: error.retry_after,
            },
            SlackClientError::HttpError(error) => match error.status_code.as_u16() {
                // A response_url that is used up or wrong, or not Slack at all.
                status @ (400 | 403 | 404 | 410) => Self::Refused {
                    method,
                    code: format!("http_{status}"),
                },
                status => unknown(format!("HTTP {status}")),
            },
            SlackClientError::HttpProtocolError(error) => {
                let cause = error.cause.as_deref();
                let cause = cause
                    .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
                if cause.is_some_and(hyper_util::client::legacy::Error::is_connect) {
                    Self::NotSent { method }
                } else {
                    unknown("the connection broke".to_owned())
                }
            }
            _ => unknown("the answer could not be read".to_owned()),
        }
    }
}

/// A message as `chat.postMessage` takes it.
#[derive(Debug, Serialize)]
pub struct Post<'a> {
    /// The channel's id.
    pub channel: &'a str,
    /// Its text and blocks.
    #[serde(flatten)]
    pub content: &'a serde_json::Value,
    /// The message whose thread it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<&'a str>,
    /// What it can be found by.
    pub metadata: Metadata,
    /// No previews of the console.
    pub unfurl_links: bool,
}

/// What a message can be found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Whose metadata it is.
    pub event_type: String,
    /// Any JSON: others write metadata too.
    #[serde(default)]
    pub event_payload: serde_json::Value,
}

/// A message in a channel or a thread.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// Its name.
    pub ts: String,
    /// What it can be found by.
    #[serde(default)]
    pub metadata: Option<Metadata>,
    /// The bot that posted it.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// How many replies it has.
    #[serde(default)]
    pub reply_count: usize,
}

/// Who the token belongs to.
#[derive(Debug, Clone, Deserialize)]
pub struct Identity {
    /// The workspace's name.
    #[serde(default)]
    pub team: String,
    /// The workspace.
    pub team_id: String,
    /// The bot.
    #[serde(default)]
    pub user: String,
    /// The bot, as its messages name it.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// The organisation that the workspace is a part of.
    #[serde(default)]
    pub enterprise_id: Option<String>,
    /// Whether the app is installed in all of the organisation.
    #[serde(default)]
    pub is_enterprise_install: bool,
}

/// The Slack Web API with one bot token.
#[derive(Clone)]
pub struct SlackApi {
    https: HttpsConnector<HttpConnector>,
    sockets: SocketOrigin,
    connector: Transport,
    client: Arc<SlackClient<Transport>>,
    token: Secret,
    metrics: Metrics,
}

impl std::fmt::Debug for SlackApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlackApi")
    }
}

impl SlackApi {
    /// Calls `api` (`https://slack.com/api`, or a stand-in's).
    pub fn new(api: &Url, token: &Secret) -> anyhow::Result<Self> {
        let https = https()?;
        let connector = Transport::new(https.clone(), api);
        Ok(Self {
            https,
            sockets: SocketOrigin::of_api(api),
            client: Arc::new(SlackClient::new(connector.clone())),
            connector,
            token: token.clone(),
            metrics: Metrics::default(),
        })
    }

    /// Counts its calls in `metrics`.
    #[must_use]
    pub fn counted_in(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Who the token belongs to.
    pub async fn auth_test(&self) -> Result<Identity, CallError> {
        #[derive(Serialize)]
        struct Nothing {}
        repeat(Twice::Harmless, || self.post("auth.test", &Nothing {})).await
    }

    /// Posts a message, once.
    pub async fn post_message(&self, post: &Post<'_>) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Posted {
            ts: String,
        }
        Ok(self.post::<_, Posted>("chat.postMessage", post).await?.ts)
    }

    /// Deletes a message of the bot.
    pub async fn delete_message(&self, channel: &str, ts: &str) -> Result<(), CallError> {
        #[derive(Serialize)]
        struct Delete<'a> {
            channel: &'a str,
            ts: &'a str,
        }
        let delete = Delete { channel, ts };
        let deleted = repeat(Twice::Harmless, || {
            self.post::<_, serde_json::Value>("chat.delete", &delete)
        });
        deleted.await.map(drop)
    }

    /// The messages of a channel since a time, or of a thread, with their metadata.
    ///
    /// # Errors
    ///
    /// If a call fails, or if there are more than 50 pages.
    pub async fn messages(
        &self,
        channel: &str,
        thread: Option<&str>,
        since: DateTime<Utc>,
    ) -> Result<Vec<Message>, CallError> {
        #[derive(Deserialize)]
        struct Page {
            messages: Vec<Message>,
            #[serde(default)]
            response_metadata: Option<Next>,
        }
        #[derive(Deserialize)]
        struct Next {
            #[serde(default)]
            next_cursor: String,
        }
        let method = match thread {
            None => "conversations.history",
            Some(_) => "conversations.replies",
        };
        let mut messages = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MOST_PAGES {
            let mut parameters = vec![
                ("channel", Some(channel.to_owned())),
                ("oldest", Some(format!("{}.000000", since.timestamp()))),
                ("include_all_metadata", Some("true".to_owned())),
                ("limit", Some("200".to_owned())),
            ];
            parameters.extend(thread.map(|thread| ("ts", Some(thread.to_owned()))));
            if !cursor.is_empty() {
                parameters.push(("cursor", Some(cursor.clone())));
            }
            let page: Page = repeat(Twice::Harmless, || self.get(method, &parameters)).await?;
            messages.extend(page.messages);
            let next = page
                .response_metadata
                .map(|next| next.next_cursor)
                .unwrap_or_default();
            if next.is_empty() || next == cursor {
                return Ok(messages);
            }
            cursor = next;
        }
        let pages = MOST_PAGES;
        Err(CallError::Endless { method, pages })
    }

    /// Shows a Home tab to somebody, in place of the one with `hash` if given.
    /// Returns the hash of the new one.
    pub async fn publish_home(
        &self,
        user: &UserId,
        view: &SlackView,
        hash: Option<&str>,
    ) -> Result<Option<String>, CallError> {
        #[derive(Deserialize)]
        struct Published {
            #[serde(default)]
            view: super::inbound::View,
        }
        #[derive(Serialize)]
        struct Request<'a, V: Serialize> {
            user_id: &'a str,
            view: V,
            #[serde(skip_serializing_if = "Option::is_none")]
            hash: Option<&'a str>,
        }
        const METHOD: &str = "views.publish";
        let user_id = user.as_str();
        let request = Request {
            user_id,
            view,
            hash,
        };
        let published: Result<Published, _> =
            repeat(Twice::Harmless, || self.post(METHOD, &request)).await;
        let published = match published {
            Err(CallError::Refused { code, .. }) if plain::is_about_view(&code) => {
                tracing::error!(code, "Slack refused a Home tab: showing its text");
                // A struct of strings and numbers: this cannot fail.
                let view = plain::view(&serde_json::to_value(view).unwrap_or_default());
                let request = Request {
                    user_id,
                    view,
                    hash,
                };
                repeat(Twice::Harmless, || self.post(METHOD, &request)).await
            }
            published => published,
        };
        Ok(published?.view.hash)
    }

    /// Answers a command or an action.
    pub async fn respond(&self, url: &ResponseUrl, response: &Response) -> Result<(), CallError> {
        let twice = if response.replace_original {
            Twice::Harmless
        } else {
            Twice::Seen
        };
        match repeat(twice, || self.respond_once(url, response)).await {
            Err(CallError::Refused { code, .. }) if plain::is_about_blocks(&code) => {
                tracing::error!(
                    code,
                    "Slack refused the blocks of an answer: sending its text"
                );
                // A struct of strings and numbers: this cannot fail.
                let plain = plain::message(&serde_json::to_value(response).unwrap_or_default());
                repeat(twice, || self.send_answer(url, &plain)).await
            }
            answered => answered,
        }
    }

    /// The same, without another try.
    pub async fn respond_once(
        &self,
        url: &ResponseUrl,
        response: &Response,
    ) -> Result<(), CallError> {
        self.send_answer(url, response).await
    }

    async fn send_answer(
        &self,
        url: &ResponseUrl,
        body: &(impl Serialize + Send + Sync),
    ) -> Result<(), CallError> {
        const METHOD: &str = "response_url";
        let Some(url) = url.url() else {
            return Err(CallError::NotSent { method: METHOD });
        };
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let sent = self.connector.http_post_uri(url.clone(), body, context);
        self.in_time::<serde_json::Value>(METHOD, sent)
            .await
            .map(drop)
    }

    async fn post<RQ, RS>(&self, method: &'static str, request: &RQ) -> Result<RS, CallError>
    where
        RQ: Serialize + Send + Sync,
        RS: for<'de> Deserialize<'de> + Send,
    {
        self.post_as(&slack_token(&self.token), method, request)
            .await
    }

    async fn post_as<RQ, RS>(
        &self,
        token: &SlackApiToken,
        method: &'static str,
        request: &RQ,
    ) -> Result<RS, CallError>
    where
        RQ: Serialize + Send + Sync,
        RS: for<'de> Deserialize<'de> + Send,
    {
        let session = self.client.open_session(token);
        let sent = session.http_session_api.http_post(method, request, None);
        self.in_time(method, sent).await
    }

    async fn get<RS>(
        &self,
        method: &'static str,
        parameters: &Vec<(&str, Option<String>)>,
    ) -> Result<RS, CallError>
    where
        RS: for<'de> Deserialize<'de> + Send,
    {
        let token = slack_token(&self.token);
        let session = self.client.open_session(&token);
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_ref()))
            .collect();
        let sent = session.http_session_api.http_get(method, &parameters, None);
        self.in_time(method, sent).await
    }

    /// One try: every call to Slack goes through here.
    async fn in_time<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, SlackClientError>>,
    ) -> Result<T, CallError> {
        let (answer, outcome) = match tokio::time::timeout(CALL_WITHIN, call).await {
            Ok(Ok(answer)) => (Ok(answer), CallOutcome::Ok),
            Ok(Err(error)) => {
                let error = CallError::new(method, &error);
                let outcome = error.outcome();
                (Err(error), outcome)
            }
            Err(_) => {
                let problem = format!("nothing after {} s", CALL_WITHIN.as_secs());
                let error = CallError::Unknown { method, problem };
                (Err(error), CallOutcome::TimedOut)
            }
        };
        self.metrics.slack_call(method, outcome);
        answer
    }
}

/// The token as it is now.
pub(super) fn slack_token(token: &Secret) -> SlackApiToken {
    SlackApiToken::new(token.now().expose_secret().into())
}

/// Connections to Slack, or without TLS to a stand-in.
pub(super) fn https() -> anyhow::Result<HttpsConnector<HttpConnector>> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_WITHIN));
    Ok(hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls_provider())
        .context("the machine has no usable certificate authorities")?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http))
}

/// The same crypto provider as the AWS SDK's.
fn rustls_provider() -> impl Into<Arc<rustls::crypto::CryptoProvider>> {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// Whether a call may be made again when nobody knows whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// It does no harm.
    Harmless,
    /// It would be seen twice.
    Seen,
}

/// Makes a call again while that can help and cannot harm.
async fn repeat<T, F: Future<Output = Result<T, CallError>>>(
    twice: Twice,
    call: impl Fn() -> F,
) -> Result<T, CallError> {
    let next = |error: &CallError| match error {
        CallError::Refused { .. } | CallError::Endless { .. } => Next::Stop,
        CallError::Unknown { .. } if twice == Twice::Seen => Next::Stop,
        CallError::RateLimited { wait, .. } => wait.map_or(Next::Pause, Next::After),
        CallError::NotSent { .. } | CallError::Unknown { .. } => Next::Pause,
    };
    CALLS.run(call, next).await
}

/// What a `response_url` takes.
#[derive(Debug, Clone, Serialize)]
pub struct Response {
    #[serde(flatten)]
    content: Content,
    response_type: &'static str,
    replace_original: bool,
}

impl Response {
    /// In place of what the person sees now; only they see it.
    pub fn replace(content: Content) -> Self {
        Self {
            content,
            response_type: "ephemeral",
            replace_original: true,
        }
    }

    /// A new message beside what the person sees; only they see it.
    pub fn beside(content: Content) -> Self {
        Self {
            content,
            response_type: "ephemeral",
            replace_original: false,
        }
    }

    /// A new message for everybody in the channel.
    pub fn for_everybody(content: Content) -> Self {
        Self {
            content,
            response_type: "in_channel",
            replace_original: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_printed() {
        let api = Url::parse("https://slack.com/api").unwrap();
        let api = SlackApi::new(&api, &"xoxb-hush".into()).unwrap();
        assert!(!format!("{api:?}").contains("hush"));
    }
}
