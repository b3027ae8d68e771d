//! Calls to Slack: the Web API and `response_url`s.
//!
//! Every call has a deadline. Idempotent calls are retried here. Posting a digest is not: its
//! caller looks for the message before it retries. Errors and logs never contain a body, a token
//! or a `response_url`.

mod error;
mod payloads;
mod repeat;
mod socket;
mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
pub use error::CallError;
pub use payloads::{ChannelMessage, Identity, MessageMetadata, Post, Response, Update, ViewName};
use repeat::{Repetition, repeat};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;
pub use socket::Socket;
use socket::SocketOrigin;
use url::Url;

use super::inbound::{PostedMessage, ResponseUrl};
use super::transport::Transport;
use super::view::plain;
use crate::connector::{TlsConnector, connector};
use crate::metrics::{CallOutcome, Metrics};
use crate::policies::slack::CALL_WITHIN;
use crate::proxy::ProxySettings;
use crate::secrets::Secret;

/// The limit for pages of messages: 10,000 messages since the delivery began, newest first.
const MOST_PAGES: usize = 50;

/// The Slack Web API with one bot token.
#[derive(Clone)]
pub struct SlackApi {
    connector: TlsConnector,
    sockets: SocketOrigin,
    transport: Transport,
    client: Arc<SlackClient<Transport>>,
    token: Secret,
    metrics: Metrics,
    /// Clones share it, so each process asks at most once.
    tables_rejected: Arc<AtomicBool>,
}

impl std::fmt::Debug for SlackApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlackApi")
    }
}

impl SlackApi {
    /// A client of `api` (`https://slack.com/api`, or a mock's URL).
    ///
    /// # Errors
    ///
    /// If the machine has no usable certificate authorities.
    pub fn new(api: &Url, token: &Secret, proxies: &ProxySettings) -> anyhow::Result<Self> {
        let connector = connector(proxies)?;
        let transport = Transport::new(connector.clone(), api);
        Ok(Self {
            connector,
            sockets: SocketOrigin::of_api(api),
            client: Arc::new(SlackClient::new(transport.clone())),
            transport,
            token: token.clone(),
            metrics: Metrics::default(),
            tables_rejected: Arc::default(),
        })
    }

    /// Counts the calls in `metrics`.
    #[must_use]
    pub fn counted_in(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Reports whether Slack has rejected no table since the start.
    pub fn takes_tables(&self) -> bool {
        !self.tables_rejected.load(Ordering::Relaxed)
    }

    /// Remembers that Slack rejects tables.
    pub fn give_up_tables(&self) {
        self.tables_rejected.store(true, Ordering::Relaxed);
    }

    /// The owner of the token.
    ///
    /// # Errors
    ///
    /// [`CallError`] of the last attempt.
    pub async fn auth_test(&self) -> Result<Identity, CallError> {
        #[derive(Serialize)]
        struct Nothing {}
        repeat(Repetition::Harmless, || self.post("auth.test", &Nothing {})).await
    }

    /// Posts a message, once.
    ///
    /// # Errors
    ///
    /// [`CallError`]. After `Unknown`, the message may be in the channel.
    pub async fn post_message(&self, post: &Post<'_>) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Posted {
            ts: String,
        }
        Ok(self.post::<_, Posted>("chat.postMessage", post).await?.ts)
    }

    /// Replaces what a message of the bot says.
    ///
    /// # Errors
    ///
    /// [`CallError`] of the last attempt.
    pub async fn update_message(&self, update: &Update<'_>) -> Result<(), CallError> {
        let updated = repeat(Repetition::Harmless, || {
            self.post::<_, serde_json::Value>("chat.update", update)
        });
        updated.await.map(drop)
    }

    /// A message of a channel; `None` if there is none with that name.
    ///
    /// # Errors
    ///
    /// [`CallError`] of the last attempt, such as `Refused` without the scope for the history.
    pub async fn message(
        &self,
        channel: &str,
        ts: &str,
    ) -> Result<Option<PostedMessage>, CallError> {
        #[derive(Deserialize)]
        struct Found {
            messages: Vec<PostedMessage>,
        }
        let parameters = vec![
            ("channel", Some(channel.to_owned())),
            ("latest", Some(ts.to_owned())),
            ("inclusive", Some("true".to_owned())),
            ("limit", Some("1".to_owned())),
        ];
        let found: Found = repeat(Repetition::Harmless, || {
            self.get("conversations.history", &parameters)
        })
        .await?;
        let found = found.messages.into_iter().next();
        Ok(found.filter(|message| message.ts == ts))
    }

    /// The address of a message. One attempt: it is only a link.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn permalink(&self, channel: &str, ts: &str) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Found {
            permalink: String,
        }
        let parameters = vec![
            ("channel", Some(channel.to_owned())),
            ("message_ts", Some(ts.to_owned())),
        ];
        let found: Found = self.get("chat.getPermalink", &parameters).await?;
        Ok(found.permalink)
    }

    /// Deletes a message of the bot.
    ///
    /// # Errors
    ///
    /// [`CallError`] of the last attempt.
    pub async fn delete_message(&self, channel: &str, ts: &str) -> Result<(), CallError> {
        #[derive(Serialize)]
        struct Delete<'a> {
            channel: &'a str,
            ts: &'a str,
        }
        let delete = Delete { channel, ts };
        let deleted = repeat(Repetition::Harmless, || {
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
    ) -> Result<Vec<ChannelMessage>, CallError> {
        #[derive(Deserialize)]
        struct MessagePage {
            messages: Vec<ChannelMessage>,
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
            let page: MessagePage =
                repeat(Repetition::Harmless, || self.get(method, &parameters)).await?;
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

    /// Replies to a command or an action.
    ///
    /// # Errors
    ///
    /// [`CallError`] of the last attempt.
    pub async fn respond(&self, url: &ResponseUrl, response: &Response) -> Result<(), CallError> {
        let repetition = if response.replace_original {
            Repetition::Harmless
        } else {
            Repetition::Visible
        };
        match repeat(repetition, || self.respond_once(url, response)).await {
            Err(CallError::Refused { code, .. }) if plain::is_about_blocks(&code) => {
                tracing::error!(code, "sending an answer as text: Slack rejected its blocks");
                // A struct of strings and numbers: this cannot fail.
                let plain = plain::message(&serde_json::to_value(response).unwrap_or_default());
                repeat(repetition, || self.send_answer(url, &plain)).await
            }
            answered => answered,
        }
    }

    /// The same, without retries.
    ///
    /// # Errors
    ///
    /// [`CallError`].
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
            return Err(CallError::not_sent(METHOD));
        };
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let sent = self.transport.http_post_uri(url.clone(), body, context);
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

    /// One attempt. Every call to Slack uses this function.
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

/// The current token, which can change when secrets are rotated.
pub(super) fn slack_token(token: &Secret) -> SlackApiToken {
    SlackApiToken::new(token.now().expose_secret().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_printed() {
        let api = Url::parse("https://slack.com/api").unwrap();
        let api = SlackApi::new(&api, &"xoxb-hush".into(), &ProxySettings::default()).unwrap();
        assert!(!format!("{api:?}").contains("hush"));
    }
}
