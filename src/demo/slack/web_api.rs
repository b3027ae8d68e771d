//! `/api/<method>`: the Web API methods that the bot can use.
//!
//! As in Slack, errors have HTTP status 200 and `ok: false`, and methods that are documented for
//! forms only ignore a JSON body.

mod conversations;
pub(super) mod posting;
mod views;

use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Map, Value, json};

use super::traffic::Call;
use super::workspace::{Channel, MockWorkspace};
use super::{APP_TOKEN, BOT_TOKEN, Fault, MockSlack, State};

/// The burst of messages in a channel. After it, Slack's limit is about one a second.
const BURST: f64 = 3.0;

pub(super) fn router(slack: MockSlack) -> Router {
    Router::new()
        .route("/api/{method}", any(call))
        .with_state(slack)
}

/// The error code of `ok: false`, and Slack's additional fields.
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) details: Vec<(&'static str, Value)>,
}

impl From<&str> for Refusal {
    fn from(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            details: Vec::new(),
        }
    }
}

impl Refusal {
    pub(super) fn with_messages(code: &str, errors: &[String]) -> Self {
        let messages: Vec<String> = errors
            .iter()
            .map(|error| format!("[ERROR] {error}"))
            .collect();
        let mut refusal = Self::from(code);
        refusal
            .details
            .push(("response_metadata", json!({ "messages": messages })));
        refusal
    }

    fn json(self) -> Value {
        let mut body = json!({ "ok": false, "error": self.code });
        for (name, value) in self.details {
            body[name] = value;
        }
        body
    }
}

pub(super) type Reply = Result<Value, Refusal>;
pub(super) type Arguments = Map<String, Value>;

async fn call(
    Shared(slack): Shared<MockSlack>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = slack.take_fault(&method);
    let parsed = read_arguments(&method, query.as_deref(), &headers, &body);
    let (arguments, token) = match parsed {
        Ok(parsed) => parsed,
        Err(refusal) => return slack.answer(&method, Value::Null, 200, refusal.json()),
    };
    let shown = Value::Object(arguments.clone());
    match &fault {
        Some(Fault::Hang) => {
            slack.log(&method, shown, None, Value::Null);
            return std::future::pending().await;
        }
        Some(Fault::Refuse(code)) => {
            return slack.answer(&method, shown, 200, Refusal::from(code.as_str()).json());
        }
        Some(Fault::Status(status)) => return slack.answer(&method, shown, *status, Value::Null),
        Some(Fault::RateLimited(after)) => return slack.rate_limited(&method, shown, *after),
        Some(Fault::DoneThenDropped | Fault::DoneThenHang | Fault::DoneLater(_)) | None => {}
    }
    if method == "chat.postMessage" && !slack.admit(&arguments) {
        return slack.rate_limited(&method, shown, Some(1));
    }
    if let Some(Fault::DoneLater(after)) = fault {
        slack.log(&method, shown, None, Value::Null);
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let done = slack.dispatch(&method, &arguments);
            slack.change(|_| drop(done));
        });
        return broken();
    }
    let reply = slack
        .authenticate(&method, token.as_deref())
        .and_then(|()| slack.dispatch(&method, &arguments));
    let body = reply.unwrap_or_else(Refusal::json);
    match fault {
        Some(Fault::DoneThenHang) => {
            slack.log(&method, shown, None, body);
            std::future::pending().await
        }
        Some(Fault::DoneThenDropped) => {
            slack.log(&method, shown, None, body);
            broken()
        }
        _ => slack.answer(&method, shown, 200, body),
    }
}

/// A response that is cut off.
pub(super) fn broken() -> Response {
    let failure: Result<Bytes, _> = Err(std::io::Error::other("connection lost"));
    Response::new(Body::from_stream(futures::stream::iter([failure])))
}

/// The arguments by name, and the token.
fn read_arguments(
    method: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Arguments, Option<String>), Refusal> {
    let mut arguments = Arguments::new();
    let mut add = |form: &[u8]| {
        for (name, value) in form_urlencoded::parse(form) {
            arguments.insert(name.into_owned(), value.into_owned().into());
        }
    };
    add(query.unwrap_or_default().as_bytes());
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    match kind {
        "application/x-www-form-urlencoded" => add(body),
        // Slack documents JSON bodies for writing methods and `auth.test`, and ignores them
        // elsewhere. Slack's SDKs send this content type with an empty body if there are no
        // arguments.
        "application/json" if body.is_empty() => {}
        "application/json" if accepts_json(method) => {
            let parsed: Value =
                serde_json::from_slice(body).map_err(|_| Refusal::from("invalid_json"))?;
            let Value::Object(fields) = parsed else {
                return Err("json_not_object".into());
            };
            arguments.extend(fields);
            // Slack ignores a token in a JSON body.
            arguments.remove("token");
        }
        "application/json" | "" => {}
        _ => return Err("invalid_post_type".into()),
    }
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let bearer = bearer
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::to_owned);
    let token = arguments
        .remove("token")
        .and_then(|token| token.as_str().map(str::to_owned));
    Ok((arguments, bearer.or(token)))
}

fn accepts_json(method: &str) -> bool {
    (method.starts_with("chat.") && method != "chat.getPermalink")
        || method.starts_with("views.")
        || matches!(method, "auth.test" | "apps.connections.open")
}

/// Slack includes the enterprise only if there is one.
fn who_am_i(workspace: &MockWorkspace, url: &str) -> Value {
    let mut identity = json!({
        "ok": true,
        "url": format!("{url}/"),
        "team": workspace.team_domain,
        "user": "securityhub_members",
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": workspace.is_enterprise_install,
    });
    if let Some(enterprise) = &workspace.enterprise_id {
        identity["enterprise_id"] = enterprise.clone().into();
    }
    identity
}

impl MockSlack {
    fn authenticate(&self, method: &str, token: Option<&str>) -> Result<(), Refusal> {
        let for_the_app = method == "apps.connections.open";
        match token {
            None | Some("") => Err("not_authed".into()),
            Some(APP_TOKEN) if for_the_app => Ok(()),
            Some(APP_TOKEN) => Err("not_allowed_token_type".into()),
            Some(BOT_TOKEN) if for_the_app => Err("not_allowed_token_type".into()),
            Some(BOT_TOKEN) if self.lock().token_revoked => Err("token_revoked".into()),
            Some(BOT_TOKEN) => Ok(()),
            Some(_) => Err("invalid_auth".into()),
        }
    }

    fn dispatch(&self, method: &str, arguments: &Arguments) -> Reply {
        let now = self.inner.clock.now();
        let mut state = self.lock();
        if method == "apps.connections.open" {
            return Ok(Self::new_ticket(&mut state));
        }
        let State { workspace, url, .. } = &mut *state;
        match method {
            "auth.test" => Ok(who_am_i(workspace, url)),
            "chat.postMessage" => posting::post_message(workspace, arguments, now),
            "chat.update" => posting::update(workspace, arguments, now),
            "chat.delete" => posting::delete(workspace, arguments),
            "chat.postEphemeral" => posting::post_ephemeral(workspace, arguments, now),
            "views.publish" => posting::publish(workspace, arguments),
            "views.open" => views::open(workspace, arguments),
            "views.push" => views::push(workspace, arguments),
            "views.update" => views::update(workspace, arguments),
            "chat.getPermalink" => conversations::permalink(workspace, arguments),
            "conversations.history" => conversations::history(workspace, arguments),
            "conversations.replies" => conversations::replies(workspace, arguments),
            "conversations.info" => conversations::info(workspace, arguments),
            "users.info" => conversations::user_info(workspace, arguments),
            _ => Err("unknown_method".into()),
        }
    }

    /// Applies the channel's rate limit.
    fn admit(&self, arguments: &Arguments) -> bool {
        let mut state = self.lock();
        if !state.rate_limit {
            return true;
        }
        let channel = arguments
            .get("channel")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let now = Instant::now();
        let (left, counted) = state
            .allowance
            .entry(channel.to_owned())
            .or_insert((BURST, now));
        *left = (*left + now.duration_since(*counted).as_secs_f64()).min(BURST);
        *counted = now;
        if *left < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }

    pub(super) fn log(&self, method: &str, arguments: Value, status: Option<u16>, answer: Value) {
        let call = Call {
            method: method.to_owned(),
            arguments: unpacked(arguments),
            status,
            answer,
            at: self.inner.clock.now(),
        };
        self.change(|state| state.workspace.calls.push(call));
    }

    pub(super) fn answer(
        &self,
        method: &str,
        arguments: Value,
        status: u16,
        body: Value,
    ) -> Response {
        self.log(method, arguments, Some(status), body.clone());
        let (scopes, clock_off) = {
            let state = self.lock();
            let scopes: Vec<String> = state.workspace.scopes.iter().cloned().collect();
            (scopes, state.clock_off)
        };
        let (kind, text) = match &body {
            Value::Null => ("text/html", "<html>upstream error</html>".to_owned()),
            body => ("application/json; charset=utf-8", body.to_string()),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        if let Ok(scopes) = scopes.join(",").parse() {
            headers.insert("x-oauth-scopes", scopes);
        }
        let date = clock_off.map(|by| self.inner.clock.now() + by);
        let date = date.map(|date| date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        if let Some(date) = date.and_then(|date| date.parse().ok()) {
            headers.insert(header::DATE, date);
        }
        response
    }

    pub(super) fn rate_limited(
        &self,
        method: &str,
        arguments: Value,
        after: Option<u64>,
    ) -> Response {
        let mut response = self.answer(
            method,
            arguments,
            429,
            json!({ "ok": false, "error": "ratelimited" }),
        );
        if let Some(after) = after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, after.into());
        }
        response
    }
}

/// Parses arguments that contain JSON as text, so that the log is readable.
fn unpacked(mut arguments: Value) -> Value {
    for name in ["blocks", "view", "metadata"] {
        if let Some(text) = arguments.get(name).and_then(Value::as_str)
            && let Ok(parsed) = serde_json::from_str(text)
        {
            arguments[name] = parsed;
        }
    }
    arguments
}

pub(super) fn text<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn flag(arguments: &Arguments, name: &str) -> bool {
    match arguments.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        _ => false,
    }
}

pub(super) fn invalid_arguments(message: &str) -> Refusal {
    Refusal::with_messages("invalid_arguments", &[message.to_owned()])
}

fn need_scope(workspace: &MockWorkspace, needed: &str) -> Result<(), Refusal> {
    if workspace.scopes.contains(needed) {
        return Ok(());
    }
    let provided: Vec<&str> = workspace.scopes.iter().map(String::as_str).collect();
    let mut refusal = Refusal::from("missing_scope");
    refusal.details.push(("needed", needed.into()));
    refusal
        .details
        .push(("provided", provided.join(",").into()));
    Err(refusal)
}

/// The channel in an argument, if the app can see it. Reading methods accept only IDs.
fn find_channel<'w>(
    workspace: &'w MockWorkspace,
    arguments: &Arguments,
) -> Result<&'w Channel, Refusal> {
    let name = text(arguments, "channel")
        .ok_or_else(|| invalid_arguments("missing required field: channel"))?;
    workspace
        .channels
        .iter()
        .find(|channel| channel.id == name)
        .filter(|channel| channel.bot_is_member || !channel.is_private)
        .ok_or_else(|| "channel_not_found".into())
}
