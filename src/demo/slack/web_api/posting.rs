//! Writing methods: `chat.postMessage`, `chat.update`, `chat.delete`, `chat.postEphemeral`,
//! `views.publish`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Arguments, Refusal, Reply, find_channel, invalid_arguments, need_scope, text};
use crate::demo::slack::elements;
use crate::demo::slack::limits::{Surface, check_blocks, check_home};
use crate::demo::slack::workspace::{Ephemeral, Home, Message, MockWorkspace};

/// Slack's limit for the text of a message, in characters.
const MAX_TEXT: usize = 40_000;
/// Bytes of a view.
pub(in crate::demo::slack) const MAX_VIEW: usize = 250_000;
/// The limit for a message's metadata, in bytes. Slack documents the error but no number.
const MAX_METADATA: usize = 8_000;

/// Validated text and blocks of a message, with the IDs that Slack adds.
pub(in crate::demo::slack) struct Content {
    pub(in crate::demo::slack) text: String,
    pub(in crate::demo::slack) blocks: Vec<Value>,
}

impl Content {
    pub(in crate::demo::slack) fn parse(
        workspace: &mut MockWorkspace,
        arguments: &Arguments,
    ) -> Result<Self, Refusal> {
        let text = match arguments.get("text") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => return Err(invalid_arguments("must be a string [json-pointer:/text]")),
        };
        let mut blocks = match arguments.get("blocks") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(blocks)) => blocks.clone(),
            Some(Value::String(json)) => {
                serde_json::from_str(json).map_err(|_| Refusal::from("invalid_blocks_format"))?
            }
            Some(_) => return Err("invalid_blocks_format".into()),
        };
        if text.trim().is_empty() && blocks.is_empty() {
            return Err("no_text".into());
        }
        if text.chars().count() > MAX_TEXT {
            return Err("msg_too_long".into());
        }
        let mut findings = check_blocks(&blocks, Surface::Message, "/blocks");
        findings.errors.extend(rejected(workspace, &blocks));
        if !findings.errors.is_empty() {
            let mut refusal = Refusal::with_messages("invalid_blocks", &findings.errors);
            refusal.details.push(("errors", json!(findings.errors)));
            return Err(refusal);
        }
        if findings.too_long() {
            return Err("msg_blocks_too_long".into());
        }
        elements::add_ids(&mut blocks, || workspace.next_number());
        Ok(Self { text, blocks })
    }
}

/// The errors of blocks that this workspace rejects.
fn rejected(workspace: &MockWorkspace, blocks: &[Value]) -> Vec<String> {
    let types = blocks
        .iter()
        .map(|block| block["type"].as_str())
        .enumerate();
    let rejected = types.filter_map(|(index, kind)| {
        let kind = kind.filter(|kind| workspace.rejected_blocks.contains(*kind))?;
        Some(format!(
            "unsupported type: {kind} [json-pointer:/blocks/{index}/type]"
        ))
    });
    rejected.collect()
}

fn metadata(arguments: &Arguments) -> Result<Option<Value>, Refusal> {
    let metadata = match arguments.get("metadata") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(json)) => {
            serde_json::from_str(json).map_err(|_| Refusal::from("invalid_metadata_format"))?
        }
        Some(value) => value.clone(),
    };
    let named = metadata["event_type"]
        .as_str()
        .is_some_and(|name| !name.is_empty());
    if !named || !metadata["event_payload"].is_object() {
        return Err("invalid_metadata_format".into());
    }
    if metadata.to_string().len() > MAX_METADATA {
        return Err("metadata_too_large".into());
    }
    Ok(Some(metadata))
}

/// The ID of the channel, if the app can post to it.
fn open_channel(workspace: &MockWorkspace, arguments: &Arguments) -> Result<String, Refusal> {
    need_scope(workspace, "chat:write")?;
    let channel = find_channel(workspace, arguments)?;
    if channel.is_archived {
        return Err("is_archived".into());
    }
    if !channel.bot_is_member && !workspace.scopes.contains("chat:write.public") {
        return Err("not_in_channel".into());
    }
    Ok(channel.id.clone())
}

pub(super) fn post_message(
    workspace: &mut MockWorkspace,
    arguments: &Arguments,
    now: DateTime<Utc>,
) -> Reply {
    let channel = open_channel(workspace, arguments)?;
    let content = Content::parse(workspace, arguments)?;
    let metadata = metadata(arguments)?;
    let thread_ts = text(arguments, "thread_ts").map(str::to_owned);
    if let Some(parent) = &thread_ts
        && !workspace
            .messages(&channel)
            .iter()
            .any(|message| message.ts == *parent)
    {
        return Err("thread_not_found".into());
    }
    let message = Message {
        ts: workspace.next_ts(now),
        thread_ts,
        user: workspace.bot_user.clone(),
        from_bot: true,
        text: content.text,
        blocks: content.blocks,
        metadata,
        edited: None,
    };
    workspace.post(&channel, message.clone());
    let posted = workspace
        .channel(&channel)
        .map(|channel| workspace.message_json(channel, &message, true));
    Ok(json!({ "ok": true, "channel": channel, "ts": message.ts, "message": posted }))
}

pub(super) fn update(
    workspace: &mut MockWorkspace,
    arguments: &Arguments,
    now: DateTime<Utc>,
) -> Reply {
    let id = open_channel(workspace, arguments)?;
    let ts =
        text(arguments, "ts").ok_or_else(|| invalid_arguments("missing required field: ts"))?;
    let content = Content::parse(workspace, arguments)?;
    let metadata = metadata(arguments)?;
    let edited = workspace.next_ts(now);
    let channel = workspace.channel_mut(&id).ok_or("channel_not_found")?;
    let message = channel
        .messages
        .iter_mut()
        .find(|m| m.ts == ts)
        .ok_or("message_not_found")?;
    if !message.from_bot {
        return Err("cant_update_message".into());
    }
    message.text = content.text;
    message.blocks = content.blocks;
    message.edited = Some(edited);
    if metadata.is_some() {
        message.metadata = metadata;
    }
    let message = message.clone();
    let posted = workspace
        .channel(&id)
        .map(|channel| workspace.message_json(channel, &message, true));
    Ok(json!({ "ok": true, "channel": id, "ts": ts, "text": message.text, "message": posted }))
}

/// As in Slack, a bot can only delete its own messages, and one with replies leaves a
/// placeholder.
pub(super) fn delete(workspace: &mut MockWorkspace, arguments: &Arguments) -> Reply {
    need_scope(workspace, "chat:write")?;
    let id = find_channel(workspace, arguments)?.id.clone();
    let ts =
        text(arguments, "ts").ok_or_else(|| invalid_arguments("missing required field: ts"))?;
    let channel = workspace.channel_mut(&id).ok_or("channel_not_found")?;
    let is_thread = channel
        .messages
        .iter()
        .any(|message| message.thread_ts.as_deref() == Some(ts));
    let place = channel.messages.iter().position(|m| m.ts == ts);
    let place = place.ok_or("message_not_found")?;
    if !channel.messages[place].from_bot {
        return Err("cant_delete_message".into());
    }
    if is_thread {
        let message = &mut channel.messages[place];
        "USLACKBOT".clone_into(&mut message.user);
        "This message was deleted.".clone_into(&mut message.text);
        message.from_bot = false;
        message.blocks.clear();
        message.metadata = None;
    } else {
        channel.messages.remove(place);
    }
    Ok(json!({ "ok": true, "channel": id, "ts": ts }))
}

pub(super) fn post_ephemeral(
    workspace: &mut MockWorkspace,
    arguments: &Arguments,
    now: DateTime<Utc>,
) -> Reply {
    let channel = open_channel(workspace, arguments)?;
    let user =
        text(arguments, "user").ok_or_else(|| invalid_arguments("missing required field: user"))?;
    if workspace.user(user).is_none() {
        return Err("user_not_in_channel".into());
    }
    let content = Content::parse(workspace, arguments)?;
    let ts = workspace.next_ts(now);
    workspace.ephemerals.push(Ephemeral {
        ts: ts.clone(),
        channel,
        user: user.to_owned(),
        thread_ts: text(arguments, "thread_ts").map(str::to_owned),
        text: content.text,
        blocks: content.blocks,
        from_slack: false,
    });
    Ok(json!({ "ok": true, "message_ts": ts }))
}

/// The view that a method is called with.
pub(in crate::demo::slack) fn parse_view(arguments: &Arguments) -> Result<Value, Refusal> {
    match arguments.get("view") {
        Some(Value::String(json)) => serde_json::from_str(json)
            .map_err(|_| invalid_arguments("must be valid JSON [json-pointer:/view]")),
        Some(view) => Ok(view.clone()),
        None => Err(invalid_arguments("missing required field: view")),
    }
}

pub(super) fn publish(workspace: &mut MockWorkspace, arguments: &Arguments) -> Reply {
    let user = text(arguments, "user_id")
        .ok_or_else(|| invalid_arguments("missing required field: user_id"))?;
    if workspace.user(user).is_none() {
        return Err(invalid_arguments("invalid `user_id`"));
    }
    let mut view = parse_view(arguments)?;
    if view.to_string().len() > MAX_VIEW {
        return Err("view_too_large".into());
    }
    let errors = check_home(&view);
    if !errors.is_empty() {
        return Err(Refusal::with_messages("invalid_arguments", &errors));
    }
    let before = workspace.homes.get(user).cloned();
    if let Some(hash) = text(arguments, "hash")
        && before.as_ref().is_none_or(|before| before.hash != hash)
    {
        return Err("hash_conflict".into());
    }
    let mut state = serde_json::Map::new();
    if let Some(blocks) = view["blocks"].as_array_mut() {
        elements::add_ids(blocks, || workspace.next_number());
        let kept = before
            .as_ref()
            .map(|before| before.state.clone())
            .unwrap_or_default();
        state = elements::state(blocks, &kept);
    }
    let number = workspace.next_number();
    let home = Home {
        view,
        view_id: before
            .as_ref()
            .map_or_else(|| format!("V0HOME{user}"), |b| b.view_id.clone()),
        hash: format!("{}.{number:08x}", 1_700_000_000 + number),
        state,
        published: before.map_or(0, |before| before.published) + 1,
    };
    let shown = workspace.view_json(&home);
    workspace.homes.insert(user.to_owned(), home);
    Ok(json!({ "ok": true, "view": shown }))
}
