//! `/commands/<id>` and `/actions/<id>`: replies through a `response_url`.
//!
//! Slack's limits: five replies within thirty minutes. Replies are ephemeral unless
//! `response_type` says otherwise.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::web_api::posting::Content;
use super::web_api::{Arguments, Refusal, broken};
use super::workspace::{Ephemeral, Message, MockWorkspace, Original, ResponseUrl};
use super::{Fault, MockSlack, State};

const MAX_USES: usize = 5;
const LIFETIME: TimeDelta = TimeDelta::minutes(30);
/// The name for faults and in the list of calls.
const METHOD: &str = "response_url";

impl State {
    /// The base of each `response_url`.
    pub(super) fn hooks_url(&self) -> String {
        match &self.domain {
            Some(domain) => format!("https://hooks.{domain}"),
            None => self.url.clone(),
        }
    }
}

pub(super) fn router(slack: MockSlack) -> Router {
    Router::new()
        .route("/commands/{id}", post(reply))
        .route("/actions/{id}", post(reply))
        .with_state(slack)
}

async fn reply(
    Shared(slack): Shared<MockSlack>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    slack.until_shown(&id).await;
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let arguments = match serde_json::from_slice(&body) {
        Ok(Value::Object(arguments)) if json => arguments,
        _ => {
            let refusal = json!({ "ok": false, "error": "invalid_payload" });
            return slack.answer(METHOD, Value::Null, 400, refusal);
        }
    };
    let shown = Value::Object(arguments.clone());
    let fault = slack.take_fault(METHOD);
    match &fault {
        Some(Fault::Hang) => {
            slack.log(METHOD, shown, None, Value::Null);
            return std::future::pending().await;
        }
        Some(Fault::Refuse(code)) => {
            return slack.answer(METHOD, shown, 404, json!({ "ok": false, "error": code }));
        }
        Some(Fault::Status(status)) => return slack.answer(METHOD, shown, *status, Value::Null),
        Some(Fault::RateLimited(after)) => return slack.rate_limited(METHOD, shown, *after),
        Some(Fault::DoneThenDropped | Fault::DoneThenHang | Fault::DoneLater(_)) | None => {}
    }
    if let Some(Fault::DoneLater(after)) = fault {
        slack.log(METHOD, shown, None, Value::Null);
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let now = slack.inner.clock.now();
            slack.change(|state| drop(accept(&mut state.workspace, &id, &arguments, now)));
        });
        return broken();
    }
    let now = slack.inner.clock.now();
    let result = accept(&mut slack.lock().workspace, &id, &arguments, now);
    let (status, answer) = match result {
        Ok(()) => (200, json!({ "ok": true })),
        Err((status, code)) => (status, json!({ "ok": false, "error": code })),
    };
    match fault {
        Some(Fault::DoneThenHang) => {
            slack.log(METHOD, shown, None, answer);
            std::future::pending().await
        }
        Some(Fault::DoneThenDropped) => {
            slack.log(METHOD, shown, None, answer);
            broken()
        }
        _ => slack.answer(METHOD, shown, status, answer),
    }
}

fn accept(
    workspace: &mut MockWorkspace,
    id: &str,
    arguments: &Arguments,
    now: DateTime<Utc>,
) -> Result<(), (u16, String)> {
    let Some(place) = workspace.response_urls.get(id).cloned() else {
        return Err((404, "expired_url".to_owned()));
    };
    if now - place.created_at > LIFETIME {
        return Err((404, "expired_url".to_owned()));
    }
    if place.uses >= MAX_USES {
        return Err((404, "used_url".to_owned()));
    }
    let original =
        show(workspace, &place, arguments, now).map_err(|refusal| (400, refusal.code))?;
    if let Some(place) = workspace.response_urls.get_mut(id) {
        place.uses += 1;
        place.original = original;
    }
    Ok(())
}

/// Shows a reply, and returns the message that `replace_original` refers to from now on.
pub(super) fn show(
    workspace: &mut MockWorkspace,
    place: &ResponseUrl,
    arguments: &Arguments,
    now: DateTime<Utc>,
) -> Result<Option<Original>, Refusal> {
    let asked = |name: &str| arguments.get(name).is_some_and(|value| value == true);
    if asked("delete_original") {
        delete(workspace, place);
        return Ok(None);
    }
    let content = Content::parse(workspace, arguments)?;
    if let (true, Some(original)) = (asked("replace_original"), &place.original)
        && replace(workspace, place, original, &content, now)
    {
        return Ok(Some(original.clone()));
    }
    let ts = workspace.next_ts(now);
    if arguments
        .get("response_type")
        .is_some_and(|kind| kind == "in_channel")
    {
        let message = Message {
            ts,
            thread_ts: place.thread_ts.clone(),
            user: workspace.bot_user.clone(),
            from_bot: true,
            text: content.text,
            blocks: content.blocks,
            metadata: None,
            edited: None,
        };
        workspace.post(&place.channel, message);
        return Ok(place.original.clone());
    }
    workspace.ephemerals.push(Ephemeral {
        ts: ts.clone(),
        channel: place.channel.clone(),
        user: place.user.clone(),
        thread_ts: place.thread_ts.clone(),
        text: content.text,
        blocks: content.blocks,
        from_slack: false,
    });
    // A later reply replaces the first ephemeral answer of a command.
    Ok(place.original.clone().or(Some(Original::Ephemeral(ts))))
}

fn replace(
    workspace: &mut MockWorkspace,
    place: &ResponseUrl,
    original: &Original,
    content: &Content,
    now: DateTime<Utc>,
) -> bool {
    match original {
        Original::Ephemeral(ts) => {
            let found = workspace
                .ephemerals
                .iter_mut()
                .find(|message| message.ts == *ts);
            found.is_some_and(|message| {
                message.text.clone_from(&content.text);
                message.blocks.clone_from(&content.blocks);
                true
            })
        }
        Original::Message(ts) => {
            let edited = workspace.next_ts(now);
            let channel = workspace.channel_mut(&place.channel);
            let found =
                channel.and_then(|c| c.messages.iter_mut().find(|message| message.ts == *ts));
            found.is_some_and(|message| {
                message.text.clone_from(&content.text);
                message.blocks.clone_from(&content.blocks);
                message.edited = Some(edited);
                true
            })
        }
    }
}

fn delete(workspace: &mut MockWorkspace, place: &ResponseUrl) {
    match &place.original {
        Some(Original::Ephemeral(ts)) => workspace.ephemerals.retain(|message| message.ts != *ts),
        Some(Original::Message(ts)) => {
            if let Some(channel) = workspace.channel_mut(&place.channel) {
                channel.messages.retain(|message| message.ts != *ts);
            }
        }
        None => {}
    }
}

impl MockSlack {
    /// A reply can arrive before the answer to its own command. Slack shows it after that answer.
    async fn until_shown(&self, id: &str) {
        let waiting = self.wait_for(Duration::from_secs(3), |workspace| {
            (!workspace.unanswered.contains(id)).then_some(())
        });
        // A command that timed out doesn't delay its replies.
        let _ = waiting.await;
    }
}
