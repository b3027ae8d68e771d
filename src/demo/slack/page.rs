//! The page: the workspace as one person sees it, and the demo's controls.
//!
//! It shows what the Web API received, and sends the person's actions to the bot's public
//! endpoints. Only browsers on this machine can use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use super::elements::{Input, Press};
use super::example::GROUPS;
use super::traffic::Delivery;
use super::{AIKO, COMMAND, MockSlack, Place};
use crate::demo::action::StoryVerb;
use crate::demo::story::Story;
use crate::demo::words;
use crate::text::Locale;

/// The maximum duration of a long poll.
const LONG_POLL: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct Page {
    slack: MockSlack,
    story: Arc<dyn Story>,
}

pub(super) fn router(slack: MockSlack, story: Arc<dyn Story>) -> Router {
    let html = html(story.locale());
    Router::new()
        .route("/", get(|| async { Html(html) }))
        .route("/page/state", get(state))
        .route("/page/sent", get(sent))
        .route("/page/say", post(say))
        .route("/page/command", post(command))
        .route("/page/home-opened", post(home_opened))
        .route("/page/action", post(action))
        .route("/page/dismiss", post(dismiss))
        .route("/page/modal/submit", post(submit))
        .route("/page/modal/close", post(close))
        .route("/page/advance", post(advance))
        .route("/page/next-digest", post(next_digest))
        .route("/page/story", post(act))
        .route("/page/region", post(region))
        .route("/page/rename-status", post(rename_status))
        .route("/page/add-accounts", post(add_accounts))
        .layer(middleware::from_fn(from_this_machine))
        .with_state(Page { slack, story })
}

/// The page. Its script reads the language from the `lang` attribute of the root element.
fn html(locale: Locale) -> String {
    let language = format!("<html lang=\"{locale}\">");
    include_str!("../page.html").replacen("<html lang=\"en\">", &language, 1)
}

/// Protects against other sites in the same browser: DNS names that resolve to loopback (DNS
/// rebinding), and cross-site forms.
async fn from_this_machine(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let reads = request.method().is_safe();
    if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") || !(reads || json) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct Since {
    since: Option<u64>,
}

async fn state(Shared(page): Shared<Page>, Query(Since { since }): Query<Since>) -> Json<Value> {
    let mut changes = page.slack.inner.changes.subscribe();
    if let Some(since) = since {
        let _ =
            tokio::time::timeout(LONG_POLL, changes.wait_for(|version| *version != since)).await;
    }
    let version = *changes.borrow_and_update();
    Json(page.state_json(version))
}

/// All blocks and views that the bot sent, so that a test can check them against Slack's
/// published types.
async fn sent(Shared(page): Shared<Page>) -> Json<Vec<Value>> {
    Json(page.slack.sent())
}

impl Page {
    fn state_json(&self, version: u64) -> Value {
        let accounts = self.story.accounts();
        let regions = self.story.regions();
        let now = self.story.now();
        let slack = self.slack.lock();
        let workspace = &slack.workspace;
        let channels: Vec<Value> = workspace
            .channels
            .iter()
            .map(|channel| {
                let messages: Vec<Value> = channel
                    .messages
                    .iter()
                    .map(|message| workspace.message_json(channel, message, false))
                    .collect();
                json!({
                    "id": channel.id, "name": channel.name, "member": channel.bot_is_member,
                    "archived": channel.is_archived, "messages": messages,
                })
            })
            .collect();
        let ephemerals: Vec<Value> = workspace
            .ephemerals(AIKO)
            .iter()
            .map(|message| {
                json!({
                    "ts": message.ts, "channel": message.channel, "text": message.text,
                    "blocks": message.blocks, "thread_ts": message.thread_ts,
                    "from_slack": message.from_slack,
                })
            })
            .collect();
        let users: Vec<Value> = workspace
            .users
            .iter()
            .map(|user| json!({ "id": user.id, "name": user.name, "real_name": user.real_name }))
            .collect();
        let modal = workspace.top_modal(AIKO).map(|modal| {
            let view = workspace.modal_json(modal);
            json!({ "view": view, "errors": modal.errors })
        });
        json!({
            "version": version,
            "now": now.to_rfc3339(),
            "user": AIKO,
            "command": COMMAND,
            "team": "Example Inc.",
            "bot": { "user": workspace.bot_user, "name": workspace.bot_name },
            "users": users,
            "groups": BTreeMap::from(GROUPS),
            "channels": channels,
            "ephemerals": ephemerals,
            "home": workspace.homes.get(AIKO).map(|home| workspace.view_json(home)),
            "modal": modal,
            "accounts": accounts,
            "regions": regions,
        })
    }

    /// Makes every open page reload the state.
    fn touch(&self) {
        self.slack.change(|_| ());
    }
}

fn delivered(page: &Page, delivery: &Delivery) -> Json<Value> {
    let failed = delivery.error.clone().or_else(|| {
        let locale = page.story.locale();
        (!delivery.acknowledged()).then(|| words::not_acknowledged(locale, delivery.status))
    });
    Json(json!({ "ok": failed.is_none(), "error": failed }))
}

#[derive(Deserialize)]
struct Typed {
    channel: String,
    text: String,
}

async fn say(Shared(page): Shared<Page>, Json(typed): Json<Typed>) -> Json<Value> {
    page.slack.say(AIKO, &typed.channel, &typed.text);
    Json(json!({ "ok": true }))
}

async fn command(Shared(page): Shared<Page>, Json(typed): Json<Typed>) -> Json<Value> {
    let delivery = page.slack.command(AIKO, &typed.channel, &typed.text);
    delivered(&page, &delivery.await)
}

async fn home_opened(Shared(page): Shared<Page>) -> Json<Value> {
    delivered(&page, &page.slack.open_home(AIKO).await)
}

/// The input of a person into an element; nothing for a click.
#[derive(Deserialize)]
struct Given {
    option: Option<String>,
    options: Option<Vec<String>>,
    date: Option<String>,
    text: Option<String>,
}

impl Given {
    fn input(self) -> Input {
        None.or(self.option.map(Input::Option))
            .or(self.options.map(Input::Options))
            .or(self.date.map(Input::Date))
            .or(self.text.map(Input::Text))
            .unwrap_or(Input::Click)
    }
}

#[derive(Deserialize)]
struct Pressed {
    /// `home`, `modal`, `message` or `ephemeral`.
    place: String,
    channel: Option<String>,
    ts: Option<String>,
    block_id: String,
    action_id: String,
    #[serde(flatten)]
    given: Given,
}

async fn action(Shared(page): Shared<Page>, Json(pressed): Json<Pressed>) -> Json<Value> {
    let place = match (pressed.place.as_str(), pressed.channel, pressed.ts) {
        ("message", Some(channel), Some(ts)) => Place::Message { channel, ts },
        ("ephemeral", _, Some(ts)) => Place::Ephemeral { ts },
        ("modal", ..) => Place::Modal,
        _ => Place::Home,
    };
    let press = Press::with(&pressed.action_id, pressed.given.input()).in_block(&pressed.block_id);
    pressed_result(&page, page.slack.act(AIKO, &place, &press).await)
}

fn pressed_result(page: &Page, result: Result<Delivery, String>) -> Json<Value> {
    match result {
        Ok(delivery) => delivered(page, &delivery),
        Err(problem) => {
            let error = words::not_usable(page.story.locale(), &problem);
            Json(json!({ "ok": false, "error": error }))
        }
    }
}

#[derive(Deserialize)]
struct Filled {
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    block_id: String,
    #[serde(flatten)]
    given: Given,
}

/// Fills in the fields of the modal, and submits it.
async fn submit(Shared(page): Shared<Page>, Json(filled): Json<Filled>) -> Json<Value> {
    for field in filled.fields {
        let input = field.given.input();
        if let Err(problem) = page.slack.fill(AIKO, &field.block_id, input) {
            return pressed_result(&page, Err(problem));
        }
    }
    pressed_result(&page, page.slack.submit(AIKO).await)
}

async fn close(Shared(page): Shared<Page>) -> Json<Value> {
    page.slack.close_modal(AIKO);
    Json(json!({ "ok": true }))
}

#[derive(Deserialize)]
struct Dismissed {
    ts: String,
}

async fn dismiss(Shared(page): Shared<Page>, Json(dismissed): Json<Dismissed>) -> Json<Value> {
    page.slack.dismiss(&dismissed.ts);
    Json(json!({ "ok": true }))
}

#[derive(Deserialize)]
struct Advance {
    minutes: i64,
}

async fn advance(Shared(page): Shared<Page>, Json(by): Json<Advance>) -> Json<Value> {
    // Time only moves forward, a month at most.
    page.story
        .advance(TimeDelta::minutes(by.minutes.clamp(1, 60 * 24 * 31)))
        .await;
    page.touch();
    Json(json!({ "ok": true }))
}

async fn next_digest(Shared(page): Shared<Page>) -> Json<Value> {
    page.story.to_next_digest().await;
    page.touch();
    Json(json!({ "ok": true }))
}

#[derive(Deserialize)]
struct Act {
    verb: StoryVerb,
    account: Option<String>,
}

async fn act(Shared(page): Shared<Page>, Json(act): Json<Act>) -> Json<Value> {
    let result = page.story.act(act.verb, act.account).await;
    page.touch();
    Json(match result {
        Ok(said) => json!({ "ok": true, "said": said }),
        Err(error) => json!({ "ok": false, "error": error }),
    })
}

#[derive(Deserialize)]
struct Readable {
    region: String,
    readable: bool,
}

async fn region(Shared(page): Shared<Page>, Json(wanted): Json<Readable>) -> Json<Value> {
    let said = page.story.set_readable(&wanted.region, wanted.readable);
    let said = said.await;
    page.touch();
    Json(json!({ "ok": true, "said": said }))
}

async fn rename_status(Shared(page): Shared<Page>) -> Json<Value> {
    let said = page.story.rename_status().await;
    page.touch();
    Json(json!({ "ok": true, "said": said }))
}

async fn add_accounts(Shared(page): Shared<Page>) -> Json<Value> {
    let said = page.story.add_accounts().await;
    page.touch();
    Json(json!({ "ok": true, "said": said }))
}
