//! Opens a Socket Mode connection: gets a URL from Slack, and connects to it.

use std::sync::Arc;

use hyper::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tower::ServiceExt as _;
use url::Url;

use super::{CallError, SlackApi, slack_token};
use crate::policies::slack::SOCKET_WITHIN;
use crate::secrets::Secret;
use crate::slack::domain;

/// The limit for a message, in bytes. Slack's are far smaller.
const MESSAGE_BYTES: usize = 1 << 20;
const READ_BYTES: usize = 16 << 10;

const METHOD: &str = "apps.connections.open";

/// An open connection to Slack.
pub type Socket = WebSocketStream<TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>>;

/// The hosts to connect to: Slack's, or a mock's.
#[derive(Debug, Clone)]
pub(super) struct SocketOrigin(Arc<Url>);

impl SocketOrigin {
    pub(super) fn of_api(api: &Url) -> Self {
        Self(Arc::new(api.clone()))
    }

    /// Reports whether the URL is Slack's: the API's host, or one below Slack's domain.
    fn allows(&self, url: &Url) -> bool {
        let api = &self.0;
        let bare = url.username().is_empty() && url.password().is_none();
        let (Some(host), Some(own)) = (url.host_str(), api.host_str()) else {
            return false;
        };
        let scheme = match api.scheme() {
            "https" => "wss",
            _ => "ws",
        };
        let port = url.port_or_known_default() == api.port_or_known_default();
        let below = domain::of_api(api).is_some_and(|domain| {
            let name = host.strip_suffix(domain);
            name.is_some_and(|name| name.ends_with('.'))
        });
        bare && port && url.scheme() == scheme && (host == own || below)
    }
}

impl SlackApi {
    /// Opens a connection with an app-level token, in one attempt.
    ///
    /// # Errors
    ///
    /// [`CallError`], also without a connection within [`SOCKET_WITHIN`].
    pub async fn open_socket(&self, app_token: &Secret) -> Result<Socket, CallError> {
        let url = self.socket_address(app_token).await?;
        match tokio::time::timeout(SOCKET_WITHIN, self.call_socket(&url)).await {
            Ok(opened) => opened,
            Err(_) => Err(unknown(format!(
                "no connection after {} s",
                SOCKET_WITHIN.as_secs()
            ))),
        }
    }

    /// The addresses of connections, for people to read.
    pub(in crate::slack) fn socket_addresses(&self) -> String {
        domain::socket_addresses(&self.sockets.0)
    }

    /// Checks whether the token may open connections. It opens none, because Slack would send
    /// requests over it.
    ///
    /// # Errors
    ///
    /// [`CallError`], such as `Refused` for a token without the scope.
    pub async fn may_open_sockets(&self, app_token: &Secret) -> Result<(), CallError> {
        self.socket_address(app_token).await.map(drop)
    }

    /// A URL for one connection. It contains a secret ticket.
    async fn socket_address(&self, app_token: &Secret) -> Result<Url, CallError> {
        #[derive(Serialize)]
        struct Nothing {}
        #[derive(Deserialize)]
        struct Opened {
            // A secret: its owner receives people's requests.
            url: String,
        }
        let token = slack_token(app_token);
        let opened: Opened = self.post_as(&token, METHOD, &Nothing {}).await?;
        let url = Url::parse(&opened.url).ok();
        let url = url.filter(|url| self.sockets.allows(url));
        url.ok_or_else(|| unknown("the address does not lead to Slack".to_owned()))
    }

    async fn call_socket(&self, url: &Url) -> Result<Socket, CallError> {
        let below = if url.scheme() == "wss" {
            "https"
        } else {
            "http"
        };
        let (_, rest) = url.as_str().split_once(':').unwrap_or_default();
        let uri = format!("{below}:{rest}").parse::<Uri>();
        let uri = uri.map_err(|_| CallError::not_sent(METHOD))?;
        let stream = self.connector.clone().oneshot(uri).await;
        let stream = stream.map_err(|error| CallError::not_connected(METHOD, error.as_ref()))?;
        let stream = TokioIo::new(stream);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        match client_async_with_config(url.as_str(), stream, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(answer)) => Err(unknown(format!(
                "HTTP {} in place of a connection",
                answer.status().as_u16()
            ))),
            // The library's message could contain the URL.
            Err(_) => Err(unknown("the connection broke at once".to_owned())),
        }
    }
}

fn unknown(problem: String) -> CallError {
    CallError::Unknown {
        method: METHOD,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(api: &str, url: &str) -> bool {
        let origin = SocketOrigin::of_api(&api.parse().unwrap());
        origin.allows(&url.parse().unwrap())
    }

    #[test]
    fn a_connection_leads_to_slack_and_nowhere_else() {
        let slack = |url| allows("https://slack.com/api", url);
        assert!(slack("wss://wss-primary.slack.com/link/?ticket=1"));
        assert!(slack("wss://slack.com/link/?ticket=1"));
        for url in [
            "ws://wss-primary.slack.com/link/",
            "https://wss-primary.slack.com/link/",
            "wss://slack.com.evil.example/link/",
            "wss://evilslack.com/link/",
            "wss://evil.example/?.slack.com",
            "wss://slack.com@evil.example/",
            "wss://me@slack.com/link/",
            "wss://slack.com:8443/link/",
        ] {
            assert!(!slack(url), "{url}");
        }
    }

    #[test]
    fn slack_and_govslack_are_two_places() {
        let gov = |url| allows("https://slack-gov.com/api", url);
        assert!(gov("wss://wss-primary.slack-gov.com/link/?ticket=1"));
        for url in [
            "wss://wss-primary.slack.com/link/",
            "wss://slack-gov.com.evil.example/link/",
            "wss://evilslack-gov.com/link/",
        ] {
            assert!(!gov(url), "{url}");
        }
        let elsewhere = "wss://wss-primary.slack-gov.com/link/";
        assert!(!allows("https://slack.com/api", elsewhere));
    }

    #[test]
    fn a_mocks_connection_leads_to_the_mock() {
        let mock = |url| allows("http://127.0.0.1:4000/api", url);
        assert!(mock("ws://127.0.0.1:4000/link/?ticket=1"));
        for url in [
            "ws://127.0.0.1:4001/link/",
            "wss://127.0.0.1:4000/link/",
            "ws://a.127.0.0.1.example:4000/link/",
            "wss://wss-primary.slack.com/link/",
        ] {
            assert!(!mock(url), "{url}");
        }
    }
}
