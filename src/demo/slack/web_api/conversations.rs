//! Reading methods: `conversations.history`, `.replies`, `.info`, `users.info` and
//! `chat.getPermalink`.

use serde_json::{Value, json};

use super::{Arguments, Refusal, Reply, find_channel, flag, invalid_arguments, need_scope, text};
use crate::demo::slack::workspace::{Channel, Message, MockWorkspace};

/// Slack's default and maximum page size.
const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 999;

pub(super) fn history(workspace: &MockWorkspace, arguments: &Arguments) -> Reply {
    let channel = readable(workspace, arguments)?;
    let range = Range::parse(arguments)?;
    let mut found: Vec<&Message> = channel
        .messages
        .iter()
        .filter(|message| message.thread_ts.is_none() && range.holds(&message.ts))
        .collect();
    found.reverse();
    page(workspace, channel, &found, arguments)
}

pub(super) fn replies(workspace: &MockWorkspace, arguments: &Arguments) -> Reply {
    let channel = readable(workspace, arguments)?;
    let ts =
        text(arguments, "ts").ok_or_else(|| invalid_arguments("missing required field: ts"))?;
    let range = Range::parse(arguments)?;
    let parent = channel
        .messages
        .iter()
        .find(|message| message.ts == ts)
        .ok_or("thread_not_found")?;
    let root = parent.thread_ts.as_deref().unwrap_or(&parent.ts);
    let found: Vec<&Message> = channel
        .messages
        .iter()
        .filter(|message| message.ts == root || message.thread_ts.as_deref() == Some(root))
        .filter(|message| message.ts == root || range.holds(&message.ts))
        .collect();
    page(workspace, channel, &found, arguments)
}

/// It needs no scope.
pub(super) fn permalink(workspace: &MockWorkspace, arguments: &Arguments) -> Reply {
    let channel = find_channel(workspace, arguments)?;
    let missing = || invalid_arguments("missing required field: message_ts");
    let ts = text(arguments, "message_ts").ok_or_else(missing)?;
    let mut messages = channel.messages.iter();
    let message = messages.find(|message| message.ts == ts);
    let message = message.ok_or("message_not_found")?;
    let number = ts.replace('.', "");
    let mut link = format!(
        "https://{}.slack.com/archives/{}/p{number}",
        workspace.team_domain, channel.id
    );
    if let Some(thread) = &message.thread_ts {
        link += &format!("?thread_ts={thread}&cid={}", channel.id);
    }
    Ok(json!({ "ok": true, "channel": channel.id, "permalink": link }))
}

pub(super) fn info(workspace: &MockWorkspace, arguments: &Arguments) -> Reply {
    let channel = find_channel(workspace, arguments)?;
    need_scope(
        workspace,
        if channel.is_private {
            "groups:read"
        } else {
            "channels:read"
        },
    )?;
    Ok(json!({ "ok": true, "channel": {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": !channel.is_private,
        "is_group": channel.is_private,
        "is_im": false,
        "is_mpim": false,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": channel.bot_is_member,
        "is_general": channel.name == "general",
        "created": 1_600_000_000,
        "creator": "U0SAM",
    } }))
}

pub(super) fn user_info(workspace: &MockWorkspace, arguments: &Arguments) -> Reply {
    need_scope(workspace, "users:read")?;
    let id =
        text(arguments, "user").ok_or_else(|| invalid_arguments("missing required field: user"))?;
    let user = workspace.user(id).ok_or("user_not_found")?;
    let mut json = json!({
        "id": user.id,
        "team_id": workspace.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": false,
        "is_bot": false,
        "tz": user.tz,
        "profile": { "real_name": user.real_name, "display_name": user.name },
    });
    if flag(arguments, "include_locale") {
        json["locale"] = user.locale.clone().into();
    }
    Ok(json!({ "ok": true, "user": json }))
}

/// The channel, if the app has the scope to read it.
fn readable<'w>(
    workspace: &'w MockWorkspace,
    arguments: &Arguments,
) -> Result<&'w Channel, Refusal> {
    let channel = find_channel(workspace, arguments)?;
    need_scope(
        workspace,
        if channel.is_private {
            "groups:history"
        } else {
            "channels:history"
        },
    )?;
    if !channel.bot_is_member {
        return Err("not_in_channel".into());
    }
    Ok(channel)
}

/// `oldest`, `latest` and `inclusive`.
struct Range<'a> {
    oldest: Option<&'a str>,
    latest: Option<&'a str>,
    inclusive: bool,
}

impl<'a> Range<'a> {
    fn parse(arguments: &'a Arguments) -> Result<Self, Refusal> {
        let bound = |name, code: &str| match text(arguments, name) {
            Some(ts) if micros(ts).is_none() => Err(Refusal::from(code)),
            found => Ok(found),
        };
        Ok(Self {
            oldest: bound("oldest", "invalid_ts_oldest")?,
            latest: bound("latest", "invalid_ts_latest")?,
            inclusive: flag(arguments, "inclusive"),
        })
    }

    fn holds(&self, ts: &str) -> bool {
        let ts = micros(ts);
        let oldest = self.oldest.map(micros);
        let latest = self.latest.map(micros);
        let edge = self.inclusive && (oldest == Some(ts) || latest == Some(ts));
        edge || (oldest.is_none_or(|oldest| ts > oldest) && latest.is_none_or(|latest| ts < latest))
    }
}

/// Parses `1700000000.000100` to microseconds; fewer decimals are allowed.
fn micros(ts: &str) -> Option<i64> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let fraction = fraction.get(..6).unwrap_or(fraction);
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    seconds
        .parse::<i64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(fraction)
}

fn page(
    workspace: &MockWorkspace,
    channel: &Channel,
    all: &[&Message],
    arguments: &Arguments,
) -> Reply {
    let limit = match arguments.get("limit") {
        None | Some(Value::Null) => DEFAULT_LIMIT,
        Some(Value::String(text)) => text.parse().map_err(|_| Refusal::from("invalid_limit"))?,
        Some(number) => number.as_u64().ok_or("invalid_limit")? as usize,
    };
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err("invalid_limit".into());
    }
    let start: usize = match text(arguments, "cursor") {
        None => 0,
        Some(cursor) => cursor
            .strip_prefix("next_")
            .and_then(|number| number.parse().ok())
            .ok_or("invalid_cursor")?,
    };
    let metadata = flag(arguments, "include_all_metadata");
    let messages: Vec<Value> = all
        .iter()
        .skip(start)
        .take(limit)
        .map(|message| workspace.message_json(channel, message, metadata))
        .collect();
    let end = start + messages.len();
    let more = end < all.len();
    let mut reply = json!({ "ok": true, "messages": messages, "has_more": more, "pin_count": 0 });
    if more {
        reply["response_metadata"] = json!({ "next_cursor": format!("next_{end}") });
    }
    Ok(reply)
}
