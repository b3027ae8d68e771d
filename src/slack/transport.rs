//! The HTTP transport of slack-morphism. It replaces the library's connector, which can't set a
//! user agent and doesn't limit the size of responses.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::{Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use slack_morphism::errors::{
    SlackClientApiError, SlackClientError, SlackClientHttpError, SlackClientHttpProtocolError,
    SlackClientProtocolError, SlackClientSystemError, SlackRateLimitError,
};
use slack_morphism::multipart_form::FileMultipartData;
use slack_morphism::prelude::*;
use url::Url;

use super::view::plain::is_about_blocks;
use crate::connector::TlsConnector;
use crate::policies::slack::LONGEST_PAUSE;

/// The `User-Agent` of every request to Slack.
pub(super) const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The limit for a response, in bytes. A page of 200 messages with metadata is smaller.
const MOST_BYTES: usize = 16 << 20;

/// Calls Slack's Web API, and URLs that Slack gave.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    http: Client<TlsConnector, String>,
    api: String,
}

impl Transport {
    /// A transport with methods below `api`.
    pub(super) fn new(connector: TlsConnector, api: &Url) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            api: api.as_str().trim_end_matches('/').to_owned(),
        }
    }

    async fn send<RS>(
        &self,
        request: hyper::http::request::Builder,
        body: String,
        token: Option<&SlackApiToken>,
    ) -> ClientResult<RS>
    where
        RS: for<'de> Deserialize<'de>,
    {
        let mut request = request.header(header::USER_AGENT, USER_AGENT);
        if let Some(token) = token {
            let bearer = format!("Bearer {}", token.token_value.0);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let request = request.body(body).map_err(broken)?;
        let response = self.http.request(request).await.map_err(broken)?;
        let status = response.status();
        let text = |name| response.headers().get(name)?.to_str().ok();
        let wait = text(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        let wait = wait.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
        let is_json = text(header::CONTENT_TYPE).is_none_or(|kind| kind.contains("json"));
        let body = axum::body::Body::new(response.into_body());
        let body = axum::body::to_bytes(body, MOST_BYTES).await;
        match status {
            // Web API methods answer with JSON, so anything else is not from Slack.
            StatusCode::OK if is_json || token.is_some() => answer(&body.map_err(broken)?),
            // A response_url answers with the text `ok`.
            StatusCode::OK | StatusCode::NO_CONTENT if token.is_none() => read(b"{}"),
            StatusCode::TOO_MANY_REQUESTS => Err(SlackClientError::RateLimitError(
                SlackRateLimitError::new().opt_retry_after(wait),
            )),
            status => {
                // A response_url rejects blocks with an HTTP error status.
                let refused = body.ok().and_then(|body| refused_blocks(&body));
                Err(match refused {
                    Some(code) => SlackClientError::ApiError(SlackClientApiError::new(code)),
                    None => SlackClientError::HttpError(SlackClientHttpError::new(status)),
                })
            }
        }
    }
}

/// Slack's errors have HTTP status 200, `ok: false` and an error code.
fn answer<RS: for<'de> Deserialize<'de>>(body: &[u8]) -> ClientResult<RS> {
    #[derive(Deserialize)]
    struct Envelope {
        ok: bool,
        #[serde(default)]
        error: Option<String>,
    }
    let Envelope { ok, error } = read(body)?;
    if ok {
        return read(body);
    }
    let code = error.unwrap_or_else(|| "without a code".to_owned());
    Err(SlackClientError::ApiError(SlackClientApiError::new(code)))
}

/// The error code if Slack rejected blocks, from JSON or plain text.
fn refused_blocks(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let code = match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => refusal.error,
        Err(_) => std::str::from_utf8(body).ok()?.trim().to_owned(),
    };
    let is_code = code
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (is_code && is_about_blocks(&code)).then_some(code)
}

/// Errors leave out the body, because it can contain private data.
fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> ClientResult<T> {
    serde_json::from_slice(body)
        .map_err(|error| SlackClientError::ProtocolError(SlackClientProtocolError::new(error)))
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> SlackClientError {
    let cause = SlackClientHttpProtocolError::new().with_cause(Box::new(error));
    SlackClientError::HttpProtocolError(cause)
}

/// Methods of the trait that the bot doesn't use.
fn unused<'a, RS>() -> BoxFuture<'a, ClientResult<RS>>
where
    RS: Send + 'a,
{
    let error = SlackClientSystemError::new().with_message("the bot has no such call".to_owned());
    std::future::ready(Err(SlackClientError::SystemError(error))).boxed()
}

impl SlackClientHttpConnector for Transport {
    fn create_method_uri_path(&self, method: &str) -> ClientResult<Url> {
        Ok(format!("{}/{method}", self.api).parse()?)
    }

    fn http_get_uri<'a, RS>(
        &'a self,
        url: Url,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        let request = Request::get(url.as_str());
        self.send(request, String::new(), context.token).boxed()
    }

    fn http_post_uri<'a, RQ, RS>(
        &'a self,
        url: Url,
        body: &'a RQ,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RQ: Serialize + Send + Sync,
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        async move {
            let body = serde_json::to_string(body).map_err(|error| {
                SlackClientError::ProtocolError(SlackClientProtocolError::new(error))
            })?;
            let request = Request::post(url.as_str())
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
            self.send(request, body, context.token).await
        }
        .boxed()
    }

    fn http_get_with_client_secret<'a, RS>(
        &'a self,
        _: Url,
        _: &'a SlackClientId,
        _: &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        unused()
    }

    fn http_post_uri_multipart_form<'a, 'p, RS, PT, TS>(
        &'a self,
        _: Url,
        _: Option<FileMultipartData<'p>>,
        _: &'p PT,
        _: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
        PT: IntoIterator<Item = (&'p str, Option<TS>)> + Clone,
        TS: AsRef<str> + 'p + Send,
    {
        unused()
    }

    fn http_post_uri_binary<'a, 'p, RS>(
        &'a self,
        _: Url,
        _: String,
        _: &'a [u8],
        _: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        unused()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::client::SlackApi;
    use super::super::probe::SlackProbe;
    use crate::proxy::ProxySettings;

    /// Answers one request, and returns its headers in lower case.
    async fn head_of_one_request(listener: &TcpListener) -> String {
        const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
            connection: close\r\ncontent-length: 26\r\n\r\n{\"ok\":true,\"team_id\":\"T1\"}";
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(ANSWER).await.unwrap();
        String::from_utf8(head).unwrap().to_lowercase()
    }

    #[tokio::test]
    async fn requests_to_slack_name_the_version() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/api", listener.local_addr().unwrap());
        let api = api.parse().unwrap();
        let expected = concat!(
            "\r\nuser-agent: securityhub-members/",
            env!("CARGO_PKG_VERSION"),
            "\r\n"
        );

        let client = SlackApi::new(&api, &"xoxb-1".into(), &ProxySettings::default()).unwrap();
        let (head, identity) = tokio::join!(head_of_one_request(&listener), client.auth_test());
        assert_eq!(identity.unwrap().team_id, "T1");
        assert!(head.contains(expected), "{head}");

        let probe = SlackProbe::new(&api, &"xoxb-1".into(), &ProxySettings::default()).unwrap();
        let (head, _) = tokio::join!(head_of_one_request(&listener), probe.identity());
        assert!(head.contains(expected), "{head}");
    }
}
