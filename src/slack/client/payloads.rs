//! The payloads of calls to Slack and of its answers.

use serde::{Deserialize, Serialize};

use crate::slack::view::Content;

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
    /// The metadata that it can be found by.
    pub metadata: MessageMetadata,
    /// No previews of the console.
    pub unfurl_links: bool,
}

/// The metadata that a message can be found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageMetadata {
    /// The kind of metadata.
    pub event_type: String,
    /// Any JSON: others write metadata too.
    #[serde(default)]
    pub event_payload: serde_json::Value,
}

/// A message in a channel or a thread.
#[derive(Debug, Clone, Deserialize)]
pub struct ChannelMessage {
    /// Its name.
    pub ts: String,
    /// The metadata that it can be found by.
    #[serde(default)]
    pub metadata: Option<MessageMetadata>,
    /// The bot that posted it.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// How many replies it has.
    #[serde(default)]
    pub reply_count: usize,
}

/// The owner of a token.
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
    /// True if the app is installed in all of the organisation.
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
