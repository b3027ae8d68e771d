//! The content of the workspace: people, channels, messages, Home views and modals.
//!
//! Plain state. The other files decide who can change it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::traffic::{Call, Delivery};

/// A person.
#[derive(Debug, Clone)]
pub struct User {
    /// `U…`.
    pub id: String,
    /// The display name in `users.info`.
    pub name: String,
    /// The full name.
    pub real_name: String,
    /// An IANA time zone.
    pub tz: String,
    /// Such as `en-US` or `ja-JP`.
    pub locale: String,
}

/// A channel with all its messages.
#[derive(Debug, Clone)]
pub struct Channel {
    /// `C…`.
    pub id: String,
    /// Without `#`.
    pub name: String,
    /// True if the bot has been invited.
    pub bot_is_member: bool,
    /// True if it is private. It needs other scopes, and is hidden from people who aren't
    /// members.
    pub is_private: bool,
    /// True if it is archived.
    pub is_archived: bool,
    /// All messages including replies, oldest first.
    pub messages: Vec<Message>,
}

/// A message in a channel.
#[derive(Debug, Clone)]
pub struct Message {
    /// Slack's timestamp, which identifies a message in its channel.
    pub ts: String,
    /// The parent's `ts`, for a reply.
    pub thread_ts: Option<String>,
    /// The author's user ID, or the bot's.
    pub user: String,
    /// True if the bot posted it.
    pub from_bot: bool,
    /// The text; the fallback for notifications if there are blocks.
    pub text: String,
    /// With the IDs that Slack adds.
    pub blocks: Vec<Value>,
    /// `event_type` and `event_payload`.
    pub metadata: Option<Value>,
    /// The `ts` of the last edit.
    pub edited: Option<String>,
}

/// A message that only one person sees.
#[derive(Debug, Clone)]
pub struct Ephemeral {
    /// Slack's timestamp, which identifies the message.
    pub ts: String,
    /// The channel ID.
    pub channel: String,
    /// The person's user ID.
    pub user: String,
    /// The parent's `ts`, in a thread.
    pub thread_ts: Option<String>,
    /// The text; the fallback for notifications if there are blocks.
    pub text: String,
    /// With the IDs that Slack adds.
    pub blocks: Vec<Value>,
    /// True if it is from Slack itself, such as the error for a command that timed out.
    pub from_slack: bool,
}

/// A person's Home tab.
#[derive(Debug, Clone)]
pub struct Home {
    /// The published view, with the IDs that Slack adds.
    pub view: Value,
    /// Constant for a person.
    pub view_id: String,
    /// Different after each publication.
    pub hash: String,
    /// block_id → action_id → the current choice.
    pub state: Map<String, Value>,
    /// The number of publications.
    pub published: usize,
}

/// A modal that a person sees.
#[derive(Debug, Clone, Default)]
pub struct Modal {
    /// The person.
    pub user: String,
    /// The view, with the ids that Slack adds.
    pub view: Value,
    /// Stays the same while it is open.
    pub view_id: String,
    /// Changes with every view.
    pub hash: String,
    /// block_id → action_id → what is filled in.
    pub state: Map<String, Value>,
    /// block_id → what is wrong with it.
    pub errors: Map<String, Value>,
}

/// A trigger, which opens a view.
#[derive(Debug, Clone)]
pub(super) struct Trigger {
    pub(super) user: String,
    pub(super) since: Instant,
    pub(super) used: bool,
}

/// The target of replies through a `response_url`.
#[derive(Debug, Clone)]
pub struct ResponseUrl {
    /// The channel ID.
    pub channel: String,
    /// The person who sees ephemeral replies.
    pub user: String,
    /// The parent's `ts`, in a thread.
    pub thread_ts: Option<String>,
    /// The message that `replace_original` replaces.
    pub original: Option<Original>,
    /// The number of replies so far.
    pub uses: usize,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// The message that a `response_url` belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Original {
    /// A message in the channel, by `ts`.
    Message(String),
    /// An ephemeral message, by `ts`.
    Ephemeral(String),
}

/// The state of the workspace.
#[derive(Debug, Clone)]
pub struct MockWorkspace {
    /// `T…`.
    pub team_id: String,
    /// `E…`, the Enterprise Grid organization of the workspace.
    pub enterprise_id: Option<String>,
    /// True if the app is installed org-wide.
    pub is_enterprise_install: bool,
    /// The subdomain of the workspace's URL.
    pub team_domain: String,
    /// `A…`, the app ID.
    pub app_id: String,
    /// `U…`, the user ID of the bot.
    pub bot_user: String,
    /// `B…`, the bot ID.
    pub bot_id: String,
    /// The bot's name.
    pub bot_name: String,
    /// The scopes granted to the app.
    pub scopes: BTreeSet<String>,
    /// The people.
    pub users: Vec<User>,
    /// People of other workspaces, who share a channel with this one: user ID → workspace.
    pub externals: BTreeMap<String, String>,
    /// The channels.
    pub channels: Vec<Channel>,
    /// All ephemeral messages, oldest first.
    pub ephemerals: Vec<Ephemeral>,
    /// Home tabs by user ID.
    pub homes: BTreeMap<String, Home>,
    /// The open modals by user. Only the last one is visible.
    pub modals: BTreeMap<String, Vec<Modal>>,
    /// By the ID at the end of the URL.
    pub response_urls: HashMap<String, ResponseUrl>,
    /// All requests from the bot.
    pub calls: Vec<Call>,
    /// All requests to the bot.
    pub deliveries: Vec<Delivery>,
    /// The number of Socket Mode connections in use.
    pub sockets: usize,
    /// The types of blocks that this workspace rejects in messages.
    pub(super) rejected_blocks: BTreeSet<String>,
    /// Response URLs whose command or action the bot has not acknowledged.
    pub(super) unanswered: HashSet<String>,
    pub(super) triggers: HashMap<String, Trigger>,
    /// The last submission.
    pub(super) submitted: Option<Value>,
    pub(super) last_event: u64,
    pub(super) last_ts: i64,
    pub(super) counter: u64,
}

impl MockWorkspace {
    /// A new `ts`: the time, made unique and increasing.
    pub(super) fn next_ts(&mut self, now: DateTime<Utc>) -> String {
        self.last_ts = now.timestamp_micros().max(self.last_ts + 1);
        format!(
            "{}.{:06}",
            self.last_ts / 1_000_000,
            self.last_ts % 1_000_000
        )
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A channel by ID, or by name with or without `#`.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        let bare = name.strip_prefix('#').unwrap_or(name);
        self.channels
            .iter()
            .find(|c| c.id == name || c.name == bare)
    }

    pub(super) fn channel_mut(&mut self, name: &str) -> Option<&mut Channel> {
        let bare = name.strip_prefix('#').unwrap_or(name);
        self.channels
            .iter_mut()
            .find(|c| c.id == name || c.name == bare)
    }

    /// The workspace that a person belongs to.
    pub(super) fn team_of(&self, user: &str) -> &str {
        self.externals.get(user).unwrap_or(&self.team_id)
    }

    /// A person by user ID.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The messages of a channel without replies, oldest first.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let all = self
            .channel(channel)
            .map(|channel| channel.messages.as_slice());
        all.unwrap_or_default()
            .iter()
            .filter(|message| message.thread_ts.is_none())
            .cloned()
            .collect()
    }

    /// The replies to a message.
    #[must_use]
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        let all = self
            .channel(channel)
            .map(|channel| channel.messages.as_slice());
        all.unwrap_or_default()
            .iter()
            .filter(|message| message.thread_ts.as_deref() == Some(ts))
            .cloned()
            .collect()
    }

    /// The ephemeral messages that a person sees now.
    #[must_use]
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        self.ephemerals
            .iter()
            .filter(|e| e.user == user)
            .cloned()
            .collect()
    }

    pub(super) fn post(&mut self, channel: &str, message: Message) {
        if let Some(channel) = self.channel_mut(channel) {
            channel.messages.push(message);
        }
    }

    /// A message in the format of the Web API.
    pub(super) fn message_json(
        &self,
        channel: &Channel,
        message: &Message,
        metadata: bool,
    ) -> Value {
        let mut json = json!({
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "team": self.team_id,
        });
        if message.from_bot {
            json["bot_id"] = self.bot_id.clone().into();
            json["app_id"] = self.app_id.clone().into();
        }
        if !message.blocks.is_empty() {
            json["blocks"] = message.blocks.clone().into();
        }
        if let Some(edited) = &message.edited {
            json["edited"] = json!({ "user": message.user, "ts": edited });
        }
        if let (true, Some(found)) = (metadata, &message.metadata) {
            json["metadata"] = found.clone();
        }
        if let Some(parent) = &message.thread_ts {
            json["thread_ts"] = parent.clone().into();
            return json;
        }
        let replies: Vec<&Message> = channel
            .messages
            .iter()
            .filter(|reply| reply.thread_ts.as_deref() == Some(&message.ts))
            .collect();
        if let Some(last) = replies.last() {
            let users: BTreeSet<&str> = replies.iter().map(|reply| reply.user.as_str()).collect();
            json["thread_ts"] = message.ts.clone().into();
            json["reply_count"] = replies.len().into();
            json["reply_users_count"] = users.len().into();
            json["reply_users"] = json!(users);
            json["latest_reply"] = last.ts.clone().into();
        }
        json
    }

    /// A Home view in the format of the Web API and of interactions.
    pub(super) fn view_json(&self, home: &Home) -> Value {
        let mut view = json!({
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "title": { "type": "plain_text", "text": "View Title", "emoji": true },
            "close": null,
            "submit": null,
            "previous_view_id": null,
            "clear_on_close": false,
            "notify_on_close": false,
        });
        if let (Some(all), Some(published)) = (view.as_object_mut(), home.view.as_object()) {
            all.extend(published.clone());
        }
        view["id"] = home.view_id.clone().into();
        view["root_view_id"] = home.view_id.clone().into();
        view["team_id"] = self.team_id.clone().into();
        view["app_id"] = self.app_id.clone().into();
        view["app_installed_team_id"] = self.team_id.clone().into();
        view["bot_id"] = self.bot_id.clone().into();
        view["hash"] = home.hash.clone().into();
        view["state"] = json!({ "values": home.state });
        view
    }
}
