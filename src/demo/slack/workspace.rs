//! The content of the workspace: people, channels, messages, Home views, and what was called.
//!
//! Plain state; who may change it, and how, is decided in the other files.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// A person.
#[derive(Debug, Clone)]
pub struct User {
    /// `U…`.
    pub id: String,
    /// The short name.
    pub name: String,
    /// The name that is shown.
    pub real_name: String,
    /// IANA time zone.
    pub tz: String,
    /// Such as `en-US` or `ja-JP`.
    pub locale: String,
}

/// A channel with all that was posted to it, oldest first, replies included.
#[derive(Debug, Clone)]
pub struct Channel {
    /// `C…`.
    pub id: String,
    /// Without `#`.
    pub name: String,
    /// True if the bot has been invited.
    pub bot_is_member: bool,
    /// True if it is private: other scopes apply, and outsiders do not find it.
    pub is_private: bool,
    /// True if it is archived.
    pub is_archived: bool,
    /// Everything posted, oldest first.
    pub messages: Vec<Message>,
}

/// A message in a channel.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name in the channel.
    pub ts: String,
    /// The parent's `ts`, for a reply.
    pub thread_ts: Option<String>,
    /// The author; the bot user for the bot.
    pub user: String,
    /// True if the bot posted it.
    pub from_bot: bool,
    /// The text, or the fallback if there are blocks.
    pub text: String,
    /// As they were sent, with the ids that Slack adds.
    pub blocks: Vec<Value>,
    /// `event_type` and `event_payload`.
    pub metadata: Option<Value>,
    /// The time of the last edit.
    pub edited: Option<String>,
}

/// A message that only one person sees.
#[derive(Debug, Clone)]
pub struct Ephemeral {
    /// Its name.
    pub ts: String,
    /// The place where it is shown.
    pub channel: String,
    /// The only reader.
    pub user: String,
    /// The thread it is shown in.
    pub thread_ts: Option<String>,
    /// The text, or the fallback if there are blocks.
    pub text: String,
    /// As they were sent, with the ids that Slack adds.
    pub blocks: Vec<Value>,
    /// True if Slack itself says it, as when a command was not answered in time.
    pub from_slack: bool,
}

/// A Home tab.
#[derive(Debug, Clone)]
pub struct Home {
    /// The view as it was published, with the ids that Slack adds.
    pub view: Value,
    /// Stays the same for a person.
    pub view_id: String,
    /// Changes with every publication.
    pub hash: String,
    /// block_id → action_id → what is chosen there now.
    pub state: Map<String, Value>,
    /// The number of times it was published.
    pub published: usize,
}

/// Where a reply through a `response_url` belongs.
#[derive(Debug, Clone)]
pub struct ResponseUrl {
    /// The place of the reply.
    pub channel: String,
    /// The reader of an ephemeral reply.
    pub user: String,
    /// The thread it is shown in.
    pub thread_ts: Option<String>,
    /// The message that `replace_original` replaces.
    pub original: Option<Original>,
    /// Replies so far.
    pub uses: usize,
    /// The time when it was created.
    pub created_at: DateTime<Utc>,
}

/// The message that a `response_url` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Original {
    /// A message in the channel, by `ts`.
    Message(String),
    /// An ephemeral message, by `ts`.
    Ephemeral(String),
}

/// One request that the bot made.
#[derive(Debug, Clone)]
pub struct Call {
    /// `chat.postMessage`, … or `response_url`.
    pub method: String,
    /// The arguments, without the token.
    pub arguments: Value,
    /// The HTTP status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// The answer's body.
    pub answer: Value,
    /// When, by the workspace's clock.
    pub at: DateTime<Utc>,
}

impl Call {
    /// Reports whether the answer was `ok: true`.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.answer["ok"] == true
    }
}

/// One request that Slack made to the bot, and what came back.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Such as `/slack/commands`.
    pub path: String,
    /// The status of the answer; `None` when none came in time.
    pub status: Option<u16>,
    /// The answer's body.
    pub body: String,
    /// The error, such as `operation_timeout`.
    pub error: Option<String>,
}

impl Delivery {
    /// Reports whether the bot acknowledged with a 2xx in time.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// The state of the workspace.
#[derive(Debug, Clone)]
pub struct MockWorkspace {
    /// `T…`.
    pub team_id: String,
    /// `E…`, the organisation that it is a part of.
    pub enterprise_id: Option<String>,
    /// True if the app is installed in all of the organisation.
    pub is_enterprise_install: bool,
    /// The first part of its address.
    pub team_domain: String,
    /// `A…`, the app.
    pub app_id: String,
    /// `U…`, the bot as a person.
    pub bot_user: String,
    /// `B…`, the bot.
    pub bot_id: String,
    /// The bot's name.
    pub bot_name: String,
    /// The scopes that the app was granted.
    pub scopes: BTreeSet<String>,
    /// The people.
    pub users: Vec<User>,
    /// The channels.
    pub channels: Vec<Channel>,
    /// All ephemeral messages, oldest first.
    pub ephemerals: Vec<Ephemeral>,
    /// Home tabs by user.
    pub homes: BTreeMap<String, Home>,
    /// By the last part of the address.
    pub response_urls: HashMap<String, ResponseUrl>,
    /// Everything the bot called.
    pub calls: Vec<Call>,
    /// Everything the bot was sent.
    pub deliveries: Vec<Delivery>,
    /// Connections of Socket Mode over which requests go.
    pub sockets: usize,
    /// Response URLs whose command or action the bot has not acknowledged yet.
    pub(super) unanswered: HashSet<String>,
    pub(super) last_event: u64,
    pub(super) last_ts: i64,
    pub(super) counter: u64,
}

impl MockWorkspace {
    /// The next message's name: the time, made unique and increasing.
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

    /// A channel by id, or by name with or without `#`.
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

    /// A person by id.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The messages of a channel that are not replies.
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

    /// A message as the Web API shows it.
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

    /// A Home view as the Web API and interactions show it.
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
