//! The payloads of calls to Slack and of its responses.

use serde::{Deserialize, Serialize};

use crate::slack::view::Content;

/// The arguments of `chat.postMessage`.
#[derive(Debug, Serialize)]
pub struct Post<'a> {
    /// The channel ID.
    pub channel: &'a str,
    /// Its text and blocks.
    #[serde(flatten)]
    pub content: &'a serde_json::Value,
    /// The parent's `ts`, for a reply in a thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<&'a str>,
    /// The metadata by which the message is found again.
    pub metadata: MessageMetadata,
    /// False: no previews of links to the console.
    pub unfurl_links: bool,
}

/// A message as `chat.update` takes it. Its metadata stays.
#[derive(Debug, Serialize)]
pub struct Update<'a> {
    /// The channel's id.
    pub channel: &'a str,
    /// The message.
    pub ts: &'a str,
    /// The text of the notification.
    pub text: &'a str,
    /// All of its blocks.
    pub blocks: &'a [serde_json::Value],
}

/// The name of a view.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewName<'a> {
    /// By the id that Slack gave it.
    ViewId(&'a str),
    /// By the name that we gave it: known before Slack answers.
    ExternalId(&'a str),
}

/// The metadata by which a message is found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageMetadata {
    /// The `event_type`.
    pub event_type: String,
    /// Any JSON, because other apps write metadata too.
    #[serde(default)]
    pub event_payload: serde_json::Value,
}

/// A message in a channel or a thread.
#[derive(Debug, Clone, Deserialize)]
pub struct ChannelMessage {
    /// Slack's timestamp, which identifies the message.
    pub ts: String,
    /// The metadata, if the message has any.
    #[serde(default)]
    pub metadata: Option<MessageMetadata>,
    /// The ID of the bot that posted it.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// The number of replies.
    #[serde(default)]
    pub reply_count: usize,
}

/// The owner of a token, from `auth.test`.
#[derive(Debug, Clone, Deserialize)]
pub struct Identity {
    /// The workspace's name.
    #[serde(default)]
    pub team: String,
    /// The ID of the workspace.
    pub team_id: String,
    /// The user ID of the bot.
    #[serde(default)]
    pub user: String,
    /// The bot ID, as in the bot's messages.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// The ID of the Enterprise Grid organization.
    #[serde(default)]
    pub enterprise_id: Option<String>,
    /// True if the app is installed org-wide.
    #[serde(default)]
    pub is_enterprise_install: bool,
}

/// A message to a `response_url`.
#[derive(Debug, Clone, Serialize)]
pub struct Response {
    #[serde(flatten)]
    content: Content,
    response_type: &'static str,
    pub(super) replace_original: bool,
}

impl Response {
    /// Replaces the visible message. Only the person sees it.
    pub fn replace(content: Content) -> Self {
        Self {
            content,
            response_type: "ephemeral",
            replace_original: true,
        }
    }

    /// A new message. Only the person sees it.
    pub fn beside(content: Content) -> Self {
        Self {
            content,
            response_type: "ephemeral",
            replace_original: false,
        }
    }

    /// A new message for everyone in the channel.
    pub fn for_everybody(content: Content) -> Self {
        Self {
            content,
            response_type: "in_channel",
            replace_original: false,
        }
    }
}
