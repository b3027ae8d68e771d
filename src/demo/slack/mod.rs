//! A mock of Slack: one workspace in memory with its Web API, and what people do in it.
//!
//! This file has the handle with which tests and the demo control and inspect the workspace. The
//! Web API is in `web_api`, replies through a `response_url` in `response_url`, requests to the
//! bot in `sender` (signed) and `socket`, and the page in `page`. The mock knows none of the
//! bot's commands, actions or blocks.

mod actions;
pub mod elements;
mod example;
mod faults;
pub mod limits;
mod modals;
mod page;
mod response_url;
mod sender;
mod socket;
mod sockets;
mod traffic;
mod web_api;
pub mod workspace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::Value;
use tokio::sync::watch;

pub use actions::Place;
pub use elements::{Input, Press};
pub use example::{
    AIKO, APP, BOT_TOKEN, CHANNEL, COMMAND, OTHER_CHANNEL, SAM, SIGNING_SECRET, TEAM,
};
pub use faults::Fault;
pub use sender::signature;
pub use socket::APP_TOKEN;
pub use sockets::Upset;
pub use traffic::{Call, Delivery};
pub use workspace::{Ephemeral, Home, Message, MockWorkspace, Modal};

use super::server::LoopbackServer;
use super::story::Story;
use crate::clock::Clock;
use crate::text::Locale;
use faults::Planned;
use workspace::Channel;

struct State {
    workspace: MockWorkspace,
    faults: Vec<Planned>,
    token_revoked: bool,
    rate_limit: bool,
    /// The error of the clock that sets the `Date` header.
    clock_off: Option<TimeDelta>,
    /// The rate limit by channel: the remaining messages, and when they were last counted.
    allowance: HashMap<String, (f64, Instant)>,
    url: String,
    /// The domain of all links that are given to the bot, if it isn't the mock's own.
    domain: Option<String>,
    bot_url: String,
    /// The language of the page, and of Slack's own messages on it.
    locale: Locale,
    sockets: sockets::Sockets,
}

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    http: reqwest::Client,
}

/// A handle on the workspace. Clones share it.
#[derive(Clone)]
pub struct MockSlack {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for MockSlack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MockSlack")
    }
}

/// [`MockSlack::wait_for`] timed out.
#[derive(Debug, thiserror::Error)]
#[error("the workspace did not come to the expected state within {0:?}")]
pub struct NotInTime(Duration);

impl MockSlack {
    /// A workspace with two people and two channels. The app is installed with the scopes
    /// `chat:write`, `commands` and `channels:history`. Times are those of `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State {
            workspace: example::new_workspace(),
            faults: Vec::new(),
            token_revoked: false,
            rate_limit: false,
            clock_off: None,
            allowance: HashMap::new(),
            url: String::new(),
            domain: None,
            bot_url: String::new(),
            locale: Locale::En,
            sockets: sockets::Sockets::default(),
        };
        Self {
            inner: Arc::new(Inner {
                clock,
                state: Mutex::new(state),
                changes: watch::Sender::new(0),
                http: reqwest::Client::new(),
            }),
        }
    }

    /// Serves the Web API on a port of 127.0.0.1 (0: any free port), and with a story also the
    /// page.
    ///
    /// # Errors
    ///
    /// If the port can't be bound.
    pub async fn serve(
        &self,
        story: Option<Arc<dyn Story>>,
        port: u16,
    ) -> std::io::Result<LoopbackServer> {
        let mut router = web_api::router(self.clone())
            .merge(response_url::router(self.clone()))
            .merge(socket::router(self.clone()));
        if let Some(story) = story {
            self.lock().locale = story.locale();
            router = router.merge(page::router(self.clone(), story));
        }
        let server = LoopbackServer::start(router, port).await?;
        self.lock().url = server.url();
        Ok(server)
    }

    /// The bot's base URL: `http://127.0.0.1:<port>`. Requests go to `/slack/…` below it.
    pub fn set_bot_url(&self, url: &str) {
        self.lock().bot_url = url.trim_end_matches('/').to_owned();
    }

    /// Gives the bot links to Slack's hosts below this domain: `hooks.` for replies,
    /// `wss-primary.` for Socket Mode. A proxy must lead them to the mock.
    pub fn set_domain(&self, domain: &str) {
        self.lock().domain = Some(domain.to_owned());
    }

    // For tests and the demo to change the workspace.

    /// Replaces the scopes of the app.
    pub fn set_scopes(&self, scopes: &[&str]) {
        self.change(|state| {
            state.workspace.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        });
    }

    /// Changes the IDs of the workspace and of its Enterprise Grid organization.
    pub fn set_team(&self, team: &str, enterprise: Option<&str>) {
        self.change(|state| {
            team.clone_into(&mut state.workspace.team_id);
            state.workspace.enterprise_id = enterprise.map(str::to_owned);
        });
    }

    /// Makes someone a person of another workspace, who shares the channels with this one.
    pub fn set_external(&self, user: &str, team: &str) {
        self.change(|state| {
            let externals = &mut state.workspace.externals;
            externals.insert(user.to_owned(), team.to_owned());
        });
    }

    /// Installs the app org-wide, or in this workspace only.
    pub fn set_enterprise_install(&self, org_wide: bool) {
        self.change(|state| state.workspace.is_enterprise_install = org_wide);
    }

    /// Changes the ID of the app.
    pub fn set_app(&self, app: &str) {
        self.change(|state| app.clone_into(&mut state.workspace.app_id));
    }

    /// Revokes or restores the bot token.
    pub fn set_token_revoked(&self, revoked: bool) {
        self.lock().token_revoked = revoked;
    }

    /// Sets the error of Slack's clock, as seen in the `Date` header.
    pub fn set_clock_off(&self, by: TimeDelta) {
        self.lock().clock_off = Some(by);
    }

    /// Turns Slack's rate limit of about one message a second and channel on or off. Initially
    /// off.
    pub fn set_rate_limit(&self, on: bool) {
        self.lock().rate_limit = on;
    }

    /// Adds a channel with the bot.
    pub fn add_channel(&self, id: &str, name: &str) {
        let channel = example::channel(id, name, true);
        self.change(|state| state.workspace.channels.push(channel));
    }

    /// Archives or unarchives a channel.
    pub fn set_archived(&self, channel: &str, archived: bool) {
        self.change_channel(channel, |channel| channel.is_archived = archived);
    }

    /// Adds the bot to a channel or removes it.
    pub fn set_bot_is_member(&self, channel: &str, member: bool) {
        self.change_channel(channel, |channel| channel.bot_is_member = member);
    }

    /// Makes a channel private or public.
    pub fn set_private(&self, channel: &str, private: bool) {
        self.change_channel(channel, |channel| channel.is_private = private);
    }

    /// Sets the language of a person, such as `ja-JP`.
    pub fn set_locale(&self, user: &str, locale: &str) {
        self.change(|state| {
            if let Some(user) = state
                .workspace
                .users
                .iter_mut()
                .find(|other| other.id == user)
            {
                locale.clone_into(&mut user.locale);
            }
        });
    }

    /// A person posts plain text.
    pub fn say(&self, user: &str, channel: &str, text: &str) {
        let now = self.inner.clock.now();
        self.change(|state| {
            let ts = state.workspace.next_ts(now);
            let message = Message {
                ts,
                thread_ts: None,
                user: user.to_owned(),
                from_bot: false,
                text: text.to_owned(),
                blocks: Vec::new(),
                metadata: None,
                edited: None,
            };
            state.workspace.post(channel, message);
        });
    }

    /// Another app posts a copy of a message with the same metadata.
    pub fn imitate(&self, channel: &str, ts: &str) {
        let now = self.inner.clock.now();
        self.change(|state| {
            let messages = state.workspace.messages(channel);
            if let Some(original) = messages.into_iter().find(|message| message.ts == ts) {
                let message = Message {
                    ts: state.workspace.next_ts(now),
                    user: "U0IMITATOR".to_owned(),
                    from_bot: false,
                    ..original
                };
                state.workspace.post(channel, message);
            }
        });
    }

    /// A person dismisses an ephemeral message.
    pub fn dismiss(&self, ts: &str) {
        self.change(|state| {
            state
                .workspace
                .ephemerals
                .retain(|message| message.ts != ts)
        });
    }

    /// Deletes a message, as a person can.
    pub fn delete_message(&self, channel: &str, ts: &str) {
        self.change_channel(channel, |channel| {
            channel.messages.retain(|message| message.ts != ts)
        });
    }

    // For tests and the demo to inspect the workspace.

    /// A copy of the workspace.
    #[must_use]
    pub fn workspace(&self) -> MockWorkspace {
        self.lock().workspace.clone()
    }

    /// The messages of a channel that are not replies, oldest first.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.lock().workspace.messages(channel)
    }

    /// The replies to a message, oldest first.
    #[must_use]
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        self.lock().workspace.thread(channel, ts)
    }

    /// The ephemeral messages that a person sees now, oldest first.
    #[must_use]
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        self.lock().workspace.ephemerals(user)
    }

    /// A person's Home tab.
    #[must_use]
    pub fn home(&self, user: &str) -> Option<Home> {
        self.lock().workspace.homes.get(user).cloned()
    }

    /// All requests of the bot, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().workspace.calls.clone()
    }

    /// All requests of the bot to one method, oldest first.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.method == method);
        calls
    }

    /// All blocks and views that the bot sent, as `{"blocks": […]}` and `{"view": {…}}`.
    #[must_use]
    pub fn sent(&self) -> Vec<Value> {
        let calls = self.calls();
        let part = |call: &Call, name: &str| {
            let found = call.arguments.get(name)?;
            Some(serde_json::json!({ name: found }))
        };
        calls
            .iter()
            .flat_map(|call| [part(call, "blocks"), part(call, "view")])
            .flatten()
            .collect()
    }

    /// Waits until `look` returns a value for the workspace.
    ///
    /// # Errors
    ///
    /// If that takes longer than `timeout`.
    pub async fn wait_for<T>(
        &self,
        timeout: Duration,
        mut look: impl FnMut(&MockWorkspace) -> Option<T>,
    ) -> Result<T, NotInTime> {
        let mut changes = self.inner.changes.subscribe();
        let found = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look(&self.lock().workspace) {
                    return found;
                }
                // Can't fail, because `self` holds the sender.
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(timeout, found)
            .await
            .map_err(|_| NotInTime(timeout))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.lock());
        self.inner.changes.send_modify(|version| *version += 1);
        result
    }

    fn change_channel(&self, channel: &str, act: impl FnOnce(&mut Channel)) {
        self.change(|state| {
            if let Some(channel) = state.workspace.channel_mut(channel) {
                act(channel);
            }
        });
    }
}
