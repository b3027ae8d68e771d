//! Opens Socket Mode connections, one at a time, with backoff: Slack allows few attempts a
//! minute.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::SocketMode;
use super::connection::{Connection, ConnectionEnd, ConnectionEvent};
use crate::backoff::Backoff;
use crate::remedies;
use crate::slack::client::CallError;

/// The name among the open problems.
const SOCKET_MODE: &str = "Socket Mode";

/// The reason that a connection could not be opened.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("Slack rejected the connection: {0}")]
    TurnedAway(String),
    #[error("the connection ended before Slack's hello: {0}")]
    Ended(#[from] ConnectionEnd),
    #[error("no hello from Slack in time")]
    NotGreeted,
}

pub(super) struct Opener {
    mode: Arc<SocketMode>,
    stop: CancellationToken,
    turn: Mutex<Turn>,
    /// The number of connections after `hello` that Slack has not announced to close.
    open: AtomicUsize,
    /// The time of the last connection's end, if none is open.
    none_since: StdMutex<Instant>,
    /// True if a connection lasted long enough to reset the backoff.
    was_good: AtomicBool,
}

/// Only its holder may open a connection.
struct Turn {
    backoff: Backoff,
    /// The minimum pause before the next attempt; `None` before the first one.
    pause: Option<Duration>,
}

impl Opener {
    pub(super) fn new(mode: &Arc<SocketMode>, stop: &CancellationToken) -> Self {
        let timing = &mode.timing;
        // Creates the series, so that an alert can see it.
        mode.metrics.connections(0);
        Self {
            mode: Arc::clone(mode),
            stop: stop.clone(),
            turn: Mutex::new(Turn {
                backoff: Backoff::new(timing.pause, timing.longest_pause),
                pause: None,
            }),
            open: AtomicUsize::new(0),
            none_since: StdMutex::new(Instant::now()),
            was_good: AtomicBool::new(false),
        }
    }

    /// Opens a connection, and retries until it succeeds. All attempts except the first one wait,
    /// so that replicas that lost their connections together don't reconnect together.
    pub(super) async fn open(&self) -> Connection {
        let mut turn = self.turn.lock().await;
        loop {
            if self.was_good.swap(false, Ordering::Relaxed) {
                turn.backoff.reset();
            }
            if let Some(pause) = turn.pause {
                sleep(pause.max(turn.backoff.pause())).await;
            }
            turn.pause = Some(Duration::ZERO);
            match self.once().await {
                Ok(connection) => {
                    self.gained();
                    return connection;
                }
                Err(failure) => {
                    if let OpenError::Call(CallError::RateLimited { wait, .. }) = &failure {
                        turn.pause = Some(wait.unwrap_or_default());
                    }
                    self.tell(&failure);
                }
            }
        }
    }

    /// One attempt to connect, including Slack's `hello`.
    async fn once(&self) -> Result<Connection, OpenError> {
        let mode = &self.mode;
        let socket = mode.api.open_socket(&mode.token).await?;
        let mut connection = Connection::new(socket, &mode.timing, self.stop.clone());
        let happened = timeout(mode.timing.greeting, connection.next(&mode.origin));
        match happened.await {
            Ok(ConnectionEvent::Greeted) => Ok(connection),
            Ok(ConnectionEvent::Announced(reason)) => Err(OpenError::TurnedAway(reason)),
            Ok(ConnectionEvent::Ended(ended)) => Err(ended.into()),
            // Not acknowledged, so Slack sends it again over another connection.
            Ok(ConnectionEvent::Came(_)) | Err(_) => Err(OpenError::NotGreeted),
        }
    }

    fn gained(&self) {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.mode.metrics.connections(open);
        tracing::info!(event = "socket_connected", open, "connected to Slack");
        if self.mode.problems.resolve(SOCKET_MODE) {
            tracing::info!(event = "socket_recovered", "Socket Mode recovered");
        }
    }

    /// Called when a connection has ended or will be closed.
    pub(super) fn lost(&self, age: Duration) {
        if age >= self.mode.timing.good {
            self.was_good.store(true, Ordering::Relaxed);
        }
        let open = self.open.fetch_sub(1, Ordering::Relaxed) - 1;
        self.mode.metrics.connections(open);
        if open == 0 {
            *self.none_since() = Instant::now();
        }
    }

    fn none_since(&self) -> std::sync::MutexGuard<'_, Instant> {
        let since = self.none_since.lock();
        since.unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, failure: &OpenError) {
        let none = self.open.load(Ordering::Relaxed) == 0;
        let unheard = none && self.none_since().elapsed() >= self.mode.timing.unheard;
        let problem = match failure {
            OpenError::Call(CallError::Refused { code, .. }) => {
                format!("{code}: {}", remedies::socket_mode(code))
            }
            OpenError::TurnedAway(reason) if turned_off(reason) => {
                format!("{reason}: {}", remedies::socket_mode(reason))
            }
            failure => {
                tracing::warn!(event = "socket_failed", error = %failure, "failed to connect to Slack; retrying");
                if !unheard {
                    return;
                }
                format!(
                    "there is no connection to Slack: nothing that people ask arrives: {}",
                    remedies::no_socket(&self.mode.api.socket_addresses())
                )
            }
        };
        if self.mode.problems.raise(SOCKET_MODE, problem.clone()) {
            tracing::error!(event = "socket_failed", problem, "Socket Mode is down");
        }
    }
}

/// Reports whether Slack rejects connections until an operator acts.
fn turned_off(reason: &str) -> bool {
    matches!(reason, "link_disabled" | "too_many_websockets")
}
