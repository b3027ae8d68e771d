//! One Socket Mode connection: reads requests, acknowledges them, and detects a dead peer.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;

use super::Timing;
use super::frame::{Frame, SocketRequest, read};
use crate::policies::slack::{CLOSE_WITHIN, SEND_WITHIN};
use crate::slack::client::Socket;
use crate::slack::inbound::ResponseOrigin;

/// An event on a connection.
#[derive(Debug)]
pub(super) enum ConnectionEvent {
    /// Slack's `hello`: requests follow.
    Greeted,
    /// Slack will close the connection soon, for this reason.
    Announced(String),
    /// A request, which must be acknowledged.
    Came(Box<SocketRequest>),
    /// The connection has ended.
    Ended(ConnectionEnd),
}

/// The reason that a connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectionEnd {
    #[error("the program is stopping")]
    Stopping,
    #[error("Slack closed the connection")]
    Closed,
    #[error("no message and no ping for too long")]
    Silent,
    #[error("connection error")]
    Broken,
    #[error("a message exceeds the size limit")]
    TooLarge,
}

pub(super) struct Connection {
    socket: Socket,
    since: Instant,
    heard: Instant,
    silence: Duration,
    signs: Interval,
    stop: CancellationToken,
}

impl Connection {
    pub(super) fn new(socket: Socket, timing: &Timing, stop: CancellationToken) -> Self {
        let now = Instant::now();
        let mut signs = interval_at(now + timing.sign_of_life, timing.sign_of_life);
        signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            socket,
            since: now,
            heard: now,
            silence: timing.silence,
            signs,
            stop,
        }
    }

    /// The time since the connection was opened.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Waits for the next event, and handles pings in both directions.
    pub(super) async fn next(&mut self, origin: &ResponseOrigin) -> ConnectionEvent {
        loop {
            let message = tokio::select! {
                biased;
                () = self.stop.cancelled() => return ConnectionEvent::Ended(ConnectionEnd::Stopping),
                message = self.socket.next() => message,
                () = sleep_until(self.heard + self.silence) => {
                    return ConnectionEvent::Ended(ConnectionEnd::Silent);
                }
                _ = self.signs.tick() => {
                    if let Err(ended) = self.send(Message::Ping(tungstenite::Bytes::new())).await {
                        return ConnectionEvent::Ended(ended);
                    }
                    continue;
                }
            };
            self.heard = Instant::now();
            let text = match message {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_))) | None => {
                    return ConnectionEvent::Ended(ConnectionEnd::Closed);
                }
                // The library answers pings itself. Slack sends no binary messages.
                Some(Ok(_)) => continue,
                Some(Err(error)) => return ConnectionEvent::Ended(ended(&error)),
            };
            match read(&text, origin) {
                Some(Frame::Hello) => return ConnectionEvent::Greeted,
                Some(Frame::Disconnect(reason)) => return ConnectionEvent::Announced(reason),
                Some(Frame::Request(envelope)) => return ConnectionEvent::Came(envelope),
                Some(Frame::Other(kind)) => tracing::info!(kind, "ignoring unhandled message"),
                None => {
                    tracing::warn!(bytes = text.len(), "ignoring malformed message")
                }
            }
        }
    }

    pub(super) async fn acknowledge(
        &mut self,
        acknowledgement: String,
    ) -> Result<(), ConnectionEnd> {
        self.send(Message::text(acknowledgement)).await
    }

    /// Sends a close frame, and reads until Slack closes the connection.
    pub(super) async fn close(mut self) {
        let goodbye = async {
            if self.socket.close(None).await.is_ok() {
                // Requests that arrive now are not acknowledged, so Slack sends them again over
                // another connection.
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Slack may not answer the close frame.
        let _ = timeout(CLOSE_WITHIN, goodbye).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), ConnectionEnd> {
        match timeout(SEND_WITHIN, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| ended(&error)),
            Err(_) => Err(ConnectionEnd::Silent),
        }
    }
}

fn ended(error: &tungstenite::Error) -> ConnectionEnd {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            ConnectionEnd::Closed
        }
        tungstenite::Error::Capacity(_) => ConnectionEnd::TooLarge,
        _ => ConnectionEnd::Broken,
    }
}
