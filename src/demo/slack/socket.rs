//! Socket Mode: tickets, connections, envelopes and acknowledgements.
//!
//! With Socket Mode on, requests go over the bot's connections in turn. The mock is as strict as
//! Slack: a ticket opens one connection, an app has ten connections at most, an envelope that is
//! not acknowledged within three seconds has failed, and a payload is rejected unless the
//! envelope accepts one.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::sockets::{SocketLine, SocketOrder, Upset};
use super::traffic::Delivery;
use super::{APP, MockSlack};

/// The app-level token for `apps.connections.open`.
pub const APP_TOKEN: &str = "xapp-1-A0MEMBERS-000000000000-demo";

/// Slack's time limit for an acknowledgement.
const PATIENCE: Duration = Duration::from_secs(3);
const PING: Duration = Duration::from_secs(30);
/// Slack's limit for the connections of an app.
const MOST: usize = 10;
/// The name of rejected acknowledgements in the list of calls.
const METHOD: &str = "socket";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    ticket: String,
}

pub(super) fn router(slack: MockSlack) -> Router {
    Router::new().route("/link/", get(link)).with_state(slack)
}

/// Upgrades a request with an unused ticket to a WebSocket.
async fn link(
    Shared(slack): Shared<MockSlack>,
    Query(Link { ticket }): Query<Link>,
    mut request: Request,
) -> Response {
    let Some(accept) = accepted(request.headers()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !slack.lock().sockets.tickets.remove(&ticket) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move { slack.serve_socket(upgrade).await });
    let answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .body(Body::empty());
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The value of `Sec-WebSocket-Accept`; `None` if the request is not a WebSocket handshake.
fn accepted(headers: &HeaderMap) -> Option<String> {
    let word = |name| {
        headers
            .get(name)?
            .to_str()
            .ok()
            .map(str::to_ascii_lowercase)
    };
    let upgrade = word(header::UPGRADE)? == "websocket"
        && word(header::CONNECTION)?.contains("upgrade")
        && word(header::SEC_WEBSOCKET_VERSION)? == "13";
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    upgrade.then(|| derive_accept_key(key.as_bytes()))
}

impl MockSlack {
    /// Turns Socket Mode on or off in the app's settings.
    pub fn set_socket_mode(&self, on: bool) {
        self.lock().sockets.on = on;
        if !on {
            for number in self.sockets() {
                self.upset(number, Upset::Notice("link_disabled"));
                self.upset(number, Upset::Close);
            }
        }
    }

    pub(super) fn socket_mode(&self) -> bool {
        self.lock().sockets.on
    }

    /// The open connections, oldest first.
    #[must_use]
    pub fn sockets(&self) -> Vec<u64> {
        let state = self.lock();
        let lines = state.sockets.lines.iter();
        let good = lines.filter(|(_, line)| line.is_good());
        good.map(|(number, _)| *number).collect()
    }

    /// Injects a fault into a connection.
    pub fn upset(&self, number: u64, upset: Upset) {
        self.change(|state| {
            if let Some(line) = state.sockets.lines.get_mut(&number) {
                match upset {
                    Upset::Notice(_) => line.noticed = true,
                    Upset::Close => line.closed = true,
                    Upset::Hang => line.hung = true,
                    Upset::Drop => {}
                }
                // The connection may be closed already.
                let _ = line.orders.send(SocketOrder::Upset(upset));
            }
            state.count_sockets();
        });
    }

    /// Sends any text, which need not be a message of Slack's.
    pub fn send_over(&self, number: u64, message: &str) {
        if let Some(line) = self.lock().sockets.lines.get(&number) {
            // The connection may be closed already.
            let _ = line.orders.send(SocketOrder::Send(message.to_owned()));
        }
    }

    /// Sends an envelope of any type with any payload.
    pub async fn envelope(&self, kind: &str, payload: Value) -> Delivery {
        let envelope = json!({
            "envelope_id": new_id(),
            "type": kind,
            "accepts_response_payload": false,
            "payload": payload,
        });
        self.deliver(kind, envelope).await
    }

    /// Drops the next `count` acknowledgements.
    pub fn lose_acknowledgements(&self, count: usize) {
        self.lock().sockets.lose = count;
    }

    /// Sends the last request again, in the same envelope.
    pub async fn redeliver(&self) -> Option<Delivery> {
        let (path, envelope) = self.lock().sockets.sent.last().cloned()?;
        Some(self.deliver(&path, envelope).await)
    }

    /// Sends the last request again, in a new envelope.
    pub async fn redeliver_in_a_new_envelope(&self) -> Option<Delivery> {
        let (path, mut envelope) = self.lock().sockets.sent.last().cloned()?;
        envelope["envelope_id"] = new_id().into();
        Some(self.deliver(&path, envelope).await)
    }

    /// The answer of `apps.connections.open`: a WebSocket URL with a new ticket.
    pub(super) fn new_ticket(state: &mut super::State) -> Value {
        let ticket = new_id();
        let base = match &state.domain {
            Some(domain) => format!("wss://wss-primary.{domain}"),
            None => state.url.replacen("http", "ws", 1),
        };
        let url = format!("{base}/link/?ticket={ticket}&app_id={APP}");
        state.sockets.tickets.insert(ticket);
        json!({ "ok": true, "url": url })
    }

    /// Sends a request over one of the connections.
    pub(super) async fn send_envelope(
        &self,
        path: &str,
        payload: Value,
        retry: Option<(u8, &str)>,
    ) -> Delivery {
        let kind = match path {
            "/slack/commands" => "slash_commands",
            "/slack/events" => "events_api",
            _ => "interactive",
        };
        let mut envelope = json!({
            "envelope_id": new_id(),
            "type": kind,
            "accepts_response_payload":
                kind == "slash_commands" || payload["type"] == "view_submission",
            "payload": payload,
        });
        if kind == "events_api" {
            let (attempt, reason) = retry.unwrap_or_default();
            envelope["retry_attempt"] = attempt.into();
            envelope["retry_reason"] = reason.into();
        }
        self.deliver(path, envelope).await
    }

    async fn deliver(&self, path: &str, envelope: Value) -> Delivery {
        let waiting = self.change(|state| state.sockets.put(path, envelope));
        let answer = match waiting {
            None => Err("dispatch_failed"),
            Some((id, answer)) => match tokio::time::timeout(PATIENCE, answer).await {
                Ok(Ok(Some(payload))) => Ok(payload.to_string()),
                Ok(Ok(None)) => Ok(String::new()),
                Ok(Err(_)) | Err(_) => {
                    self.lock().sockets.waiting.remove(&id);
                    Err("operation_timeout")
                }
            },
        };
        let delivery = Delivery {
            path: path.to_owned(),
            status: answer.is_ok().then_some(200),
            error: answer.as_ref().err().map(|&error| error.to_owned()),
            body: answer.unwrap_or_default(),
        };
        self.change(|state| state.workspace.deliveries.push(delivery.clone()));
        delivery
    }

    async fn serve_socket(&self, upgrade: OnUpgrade) {
        let Ok(upgraded) = upgrade.await else { return };
        let mut socket = Socket::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let (number, mut orders) = match self.new_line() {
            Ok(line) => line,
            Err(reason) => {
                let _ = socket.send(notice(reason)).await;
                let _ = socket.close(None).await;
                return;
            }
        };
        self.converse(number, &mut socket, &mut orders).await;
        self.change(|state| {
            state.sockets.lines.remove(&number);
            // Its pending envelopes can no longer be acknowledged.
            state
                .sockets
                .waiting
                .retain(|_, waiting| waiting.line != number);
            state.count_sockets();
        });
    }

    fn new_line(&self) -> Result<(u64, mpsc::UnboundedReceiver<SocketOrder>), &'static str> {
        self.change(|state| {
            let sockets = &mut state.sockets;
            if !sockets.on {
                return Err("link_disabled");
            }
            if sockets.lines.len() >= MOST {
                return Err("too_many_websockets");
            }
            let (sender, orders) = mpsc::unbounded_channel();
            let hello = json!({
                "type": "hello",
                "num_connections": sockets.lines.len() + 1,
                "debug_info": {
                    "host": "applink-mock", "build_number": 1,
                    "approximate_connection_time": 18_060,
                },
                "connection_info": { "app_id": state.workspace.app_id },
            });
            // Slack's first message on a connection is `hello`.
            let _ = sender.send(SocketOrder::Send(hello.to_string()));
            sockets.last += 1;
            let number = sockets.last;
            let line = SocketLine {
                orders: sender,
                noticed: false,
                closed: false,
                hung: false,
            };
            sockets.lines.insert(number, line);
            state.count_sockets();
            Ok((number, orders))
        })
    }

    async fn converse(
        &self,
        number: u64,
        socket: &mut Socket,
        orders: &mut mpsc::UnboundedReceiver<SocketOrder>,
    ) {
        let mut pings = tokio::time::interval(PING);
        loop {
            let message = tokio::select! {
                order = orders.recv() => match order {
                    Some(SocketOrder::Send(text)) => Message::text(text),
                    Some(SocketOrder::Upset(Upset::Notice(reason))) => notice(reason),
                    Some(SocketOrder::Upset(Upset::Close)) => {
                        let _ = socket.close(None).await;
                        continue;
                    }
                    Some(SocketOrder::Upset(Upset::Hang)) => return hang(socket).await,
                    Some(SocketOrder::Upset(Upset::Drop)) | None => return,
                },
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        if let Err(error) = self.acknowledged(number, &text) {
                            let sent = json!({ "ok": false, "error": error });
                            self.log(METHOD, json!({ "text": text.as_str() }), None, sent);
                        }
                        continue;
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(_)) => {
                        // Slack closes the connection after a close frame, and after a frame that
                        // is not text.
                        let _ = socket.close(None).await;
                        return;
                    }
                    Some(Err(_)) | None => return,
                },
                _ = pings.tick() => Message::Ping(Bytes::from_static(b"Ping from applink")),
            };
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }

    /// Handles an acknowledgement. Returns the problem if it is rejected.
    fn acknowledged(&self, line: u64, text: &str) -> Result<(), &'static str> {
        let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else {
            return Err("invalid_json");
        };
        let id = fields.remove("envelope_id");
        let id = id
            .as_ref()
            .and_then(Value::as_str)
            .ok_or("no_envelope_id")?;
        let payload = fields.remove("payload");
        if !fields.is_empty() {
            return Err("unknown_field");
        }
        let mut state = self.lock();
        let sockets = &mut state.sockets;
        let waits = sockets.waiting.get(id).ok_or("unknown_envelope")?;
        if waits.line != line {
            return Err("envelope_of_another_connection");
        }
        if payload.is_some() && !waits.takes_payload {
            return Err("payload_not_accepted");
        }
        if let Some(waiting) = sockets.waiting.remove(id) {
            if sockets.lose > 0 {
                sockets.lose -= 1;
            } else {
                // The sender of the envelope may have timed out.
                let _ = waiting.acknowledged.send(payload);
            }
        }
        Ok(())
    }
}

impl super::State {
    fn count_sockets(&mut self) {
        let lines = self.sockets.lines.values();
        self.workspace.sockets = lines.filter(|line| line.is_good()).count();
    }
}

fn notice(reason: &str) -> Message {
    let notice = json!({
        "type": "disconnect",
        "reason": reason,
        "debug_info": { "host": "applink-mock" },
    });
    Message::text(notice.to_string())
}

/// Reads and answers nothing until the client disconnects.
async fn hang(socket: &mut Socket) {
    let mut bytes = [0; 1024];
    while let Ok(1..) = socket.get_mut().read(&mut bytes).await {}
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
