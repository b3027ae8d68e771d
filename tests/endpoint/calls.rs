//! Calls of the client itself, and a server that must not be called. No bot runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use securityhub_members::demo::slack::{BOT_TOKEN, CHANNEL};
use securityhub_members::proxy::ProxySettings;
use securityhub_members::slack::client::{CallError, MessageMetadata, Post, SlackApi};
use securityhub_members::slack::view::Content;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The text of every message.
pub(crate) const TEXT: &str = "3 left";

/// A client with these variables of a proxy.
pub(crate) fn client(url: &str, variables: &[(&str, &str)]) -> SlackApi {
    let proxies = ProxySettings::read(|name| {
        let variable = variables.iter().find(|(given, _)| *given == name);
        variable.map(|(_, value)| (*value).into())
    });
    SlackApi::new(&url.parse().unwrap(), &BOT_TOKEN.into(), &proxies.unwrap()).unwrap()
}

/// Posts a message, in one attempt.
pub(crate) async fn post(api: &SlackApi) -> Result<String, CallError> {
    let message = json!({ "text": TEXT });
    let post = Post {
        channel: CHANNEL,
        content: &message,
        thread_ts: None,
        metadata: MessageMetadata {
            event_type: "digest".to_owned(),
            event_payload: Value::Null,
        },
        unfurl_links: false,
    };
    api.post_message(&post).await
}

/// The content of an answer.
pub(crate) fn content() -> Content {
    Content {
        text: TEXT.to_owned(),
        blocks: Vec::new(),
    }
}

/// A server that must not be called. It counts connections.
pub(crate) struct Elsewhere {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
}

impl Elsewhere {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { url, connections }
    }

    /// The connections until now. Calls the server itself, so that earlier ones have been counted.
    pub(crate) async fn connections(&self) -> usize {
        let _ = reqwest::get(&self.url).await;
        self.connections.fetch_sub(1, Ordering::SeqCst) - 1
    }
}
