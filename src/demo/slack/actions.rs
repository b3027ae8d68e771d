//! The payload that Slack sends when a person uses a button, menu or date picker.

use serde_json::{Value, json};

use super::MockSlack;
use super::elements::{self, Press};
use super::example::VERIFICATION_TOKEN;
use super::workspace::{MockWorkspace, Original};
use crate::clock::{Clock as _, SystemClock};

/// The place of the element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The person's Home tab.
    Home,
    /// The modal that the person sees.
    Modal,
    /// A message or reply in a channel.
    Message {
        /// The channel ID.
        channel: String,
        /// The message's `ts`.
        ts: String,
    },
    /// A message that is only visible to this person.
    Ephemeral {
        /// The message's `ts`.
        ts: String,
    },
}

impl MockSlack {
    /// The payload of an action, and the ID of its `response_url` if it has one.
    pub(super) fn block_actions(
        &self,
        user: &str,
        place: &Place,
        press: &Press,
    ) -> Result<(Option<String>, Value), String> {
        let micros = SystemClock.now().timestamp_micros();
        let number = self.change(|state| state.workspace.next_number());
        let action_ts = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let trigger = format!("398738663015.47445629121.{micros:x}{number:x}");
        let (mut payload, action) = {
            let workspace = &self.lock().workspace;
            let blocks = blocks_of(workspace, user, place)?;
            let action = elements::action(&blocks, press, &action_ts)?;
            (envelope(workspace, user, &trigger, &action), action)
        };
        self.change(|state| state.workspace.new_trigger(&trigger, user));
        let (channel, original) = match place {
            Place::Home => {
                self.change(|state| {
                    let workspace = &mut state.workspace;
                    if let Some(home) = workspace.homes.get_mut(user) {
                        remember(&mut home.state, &action);
                    }
                    if let Some(home) = workspace.homes.get(user) {
                        payload["container"] = json!({ "type": "view", "view_id": home.view_id });
                        payload["view"] = workspace.view_json(home);
                    }
                });
                return Ok((None, payload));
            }
            Place::Modal => {
                self.change(|state| {
                    let workspace = &mut state.workspace;
                    if let Some(modal) = workspace.top_modal_mut(user) {
                        remember(&mut modal.state, &action);
                    }
                    if let Some(modal) = workspace.top_modal(user) {
                        payload["container"] = json!({ "type": "view", "view_id": modal.view_id });
                        payload["view"] = workspace.modal_json(modal);
                    }
                });
                return Ok((None, payload));
            }
            Place::Message { channel, ts } => {
                in_message(&self.lock().workspace, channel, ts, &action, &mut payload)?
            }
            Place::Ephemeral { ts } => {
                in_ephemeral(&self.lock().workspace, ts, &action, &mut payload)?
            }
        };
        let thread = payload["container"]["thread_ts"]
            .as_str()
            .map(str::to_owned);
        let (id, url) = self.new_response_url("actions", user, &channel, thread, Some(original));
        payload["response_url"] = url.into();
        Ok((Some(id), payload))
    }
}

fn envelope(workspace: &MockWorkspace, user: &str, trigger: &str, action: &Value) -> Value {
    let name = workspace.user(user).map_or("", |u| u.name.as_str());
    // If the app is installed org-wide, Slack sends no `team`.
    let team = (!workspace.is_enterprise_install)
        .then(|| json!({ "id": workspace.team_id, "domain": workspace.team_domain }));
    let enterprise = workspace.enterprise_id.as_ref();
    json!({
        "type": "block_actions",
        "user": { "id": user, "username": name, "name": name, "team_id": workspace.team_of(user) },
        "api_app_id": workspace.app_id,
        "token": VERIFICATION_TOKEN,
        "trigger_id": trigger,
        "team": team,
        "enterprise": enterprise.map(|id| json!({ "id": id, "name": "Example" })),
        "is_enterprise_install": workspace.is_enterprise_install,
        "actions": [action],
    })
}

fn in_message(
    workspace: &MockWorkspace,
    channel: &str,
    ts: &str,
    action: &Value,
    payload: &mut Value,
) -> Result<(String, Original), String> {
    let found = workspace.channel(channel).ok_or("no such channel")?;
    let message = found.messages.iter().find(|m| m.ts == ts);
    let message = message.ok_or("no such message")?;
    payload["message"] = workspace.message_json(found, message, true);
    payload["state"] = values(&message.blocks, action);
    payload["container"] = json!({
        "type": "message", "message_ts": ts, "channel_id": found.id, "is_ephemeral": false
    });
    if let Some(parent) = &message.thread_ts {
        payload["container"]["thread_ts"] = parent.clone().into();
    }
    payload["channel"] = json!({ "id": found.id, "name": found.name });
    Ok((found.id.clone(), Original::Message(ts.to_owned())))
}

/// Slack's payload for an ephemeral message has no `message`.
fn in_ephemeral(
    workspace: &MockWorkspace,
    ts: &str,
    action: &Value,
    payload: &mut Value,
) -> Result<(String, Original), String> {
    let message = workspace.ephemerals.iter().find(|m| m.ts == ts);
    let message = message.ok_or("no such message")?;
    payload["state"] = values(&message.blocks, action);
    payload["container"] = json!({
        "type": "message", "message_ts": ts, "channel_id": message.channel, "is_ephemeral": true
    });
    let name = workspace.channel(&message.channel).map(|c| c.name.clone());
    payload["channel"] = json!({ "id": message.channel, "name": name });
    Ok((message.channel.clone(), Original::Ephemeral(ts.to_owned())))
}

fn values(blocks: &[Value], action: &Value) -> Value {
    let mut values = elements::state(blocks, &serde_json::Map::new());
    remember(&mut values, action);
    json!({ "values": values })
}

fn blocks_of(
    workspace: &super::MockWorkspace,
    user: &str,
    place: &Place,
) -> Result<Vec<Value>, String> {
    match place {
        Place::Home => {
            let home = workspace.homes.get(user).ok_or("the Home tab is empty")?;
            Ok(home.view["blocks"].as_array().cloned().unwrap_or_default())
        }
        Place::Modal => {
            let modal = workspace.top_modal(user).ok_or("there is no modal")?;
            Ok(modal.view["blocks"].as_array().cloned().unwrap_or_default())
        }
        Place::Message { channel, ts } => {
            let channel = workspace.channel(channel).ok_or("no such channel")?;
            let message = channel
                .messages
                .iter()
                .find(|m| m.ts == *ts)
                .ok_or("no such message")?;
            Ok(message.blocks.clone())
        }
        Place::Ephemeral { ts } => {
            let all = &workspace.ephemerals;
            let message = all.iter().find(|m| m.ts == *ts && m.user == user);
            Ok(message.ok_or("no such message")?.blocks.clone())
        }
    }
}

/// Stores the value in `block_id → action_id → value`.
fn remember(values: &mut serde_json::Map<String, Value>, action: &Value) {
    let (Some(block), Some(id)) = (action["block_id"].as_str(), action["action_id"].as_str())
    else {
        return;
    };
    if let Some(chosen) = elements::chosen(action) {
        let actions = values.entry(block).or_insert_with(|| json!({}));
        actions[id] = chosen;
    }
}
