//! The log of the requests between the bot and Slack, in both directions, for tests and the page.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One request from the bot.
#[derive(Debug, Clone)]
pub struct Call {
    /// `chat.postMessage`, … or `response_url`.
    pub method: String,
    /// The arguments, without the token.
    pub arguments: Value,
    /// The HTTP status; `None` if there was no response.
    pub status: Option<u16>,
    /// The response body.
    pub answer: Value,
    /// The time of the workspace's clock.
    pub at: DateTime<Utc>,
}

impl Call {
    /// Reports whether the response has `ok: true`.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.answer["ok"] == true
    }
}

/// One request from Slack to the bot, and the response.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Such as `/slack/commands`.
    pub path: String,
    /// The HTTP status; `None` if none came in time.
    pub status: Option<u16>,
    /// The response body.
    pub body: String,
    /// Slack's error, such as `operation_timeout`.
    pub error: Option<String>,
}

impl Delivery {
    /// Reports whether the bot answered with a 2xx status in time.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}
