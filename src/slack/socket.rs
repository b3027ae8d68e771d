//! Socket Mode: Slack's requests over connections that the bot opens, so the bot needs no public
//! URL.
//!
//! Two connections are kept open, and a replacement opens before the old connection is closed.
//! There are no signatures: the app-level token and TLS authenticate Slack. Admission is the same
//! as over HTTP.
//!
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>

mod connection;
mod frame;
mod opener;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use connection::{Connection, ConnectionEnd, ConnectionEvent};
use frame::{RequestContent, SocketRequest};
use futures::future::join_all;
use opener::Opener;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bot::{Bot, Reply};
use super::client::SlackApi;
use super::inbound::ResponseOrigin;
use super::replays::Replays;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::policies::slack::{
    FAREWELL_WITHIN, GOOD_AFTER, GREETING_WITHIN, PING_EVERY, SILENT_FOR, SOCKETS, UNHEARD_FOR,
};
use crate::problems::Problems;
use crate::secrets::Secret;

/// The number of connections: one serves while the other is renewed or fails. Slack allows ten
/// for all replicas together.
const CONNECTIONS: usize = 2;

/// The timeouts and pauses of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The first pause between two attempts to connect. Pauses grow up to the longest one.
    pub pause: Duration,
    /// See [`Timing::pause`].
    pub longest_pause: Duration,
    /// The timeout for Slack's `hello`.
    pub greeting: Duration,
    /// The interval between pings.
    pub sign_of_life: Duration,
    /// A connection without any message for this time has failed.
    pub silence: Duration,
    /// A connection that lasted this long resets the pauses.
    pub good: Duration,
    /// A connection is read this long after Slack announced its end.
    pub farewell: Duration,
    /// An outage of this length becomes an open problem.
    pub unheard: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pause: SOCKETS.first,
            longest_pause: SOCKETS.longest,
            greeting: GREETING_WITHIN,
            sign_of_life: PING_EVERY,
            silence: SILENT_FOR,
            good: GOOD_AFTER,
            farewell: FAREWELL_WITHIN,
            unheard: UNHEARD_FOR,
        }
    }
}

/// The parts of Socket Mode.
pub struct SocketMode {
    /// The work for each request.
    pub bot: Arc<Bot>,
    /// Opens connections.
    pub api: SlackApi,
    /// The app-level token.
    pub token: Secret,
    /// The origin that answers may be sent to.
    pub origin: ResponseOrigin,
    /// The clock of the replay protection.
    pub clock: Arc<dyn Clock>,
    /// Counts requests and connections.
    pub metrics: Metrics,
    /// The open problems.
    pub problems: Problems,
    /// The replay protection, for all connections.
    pub replays: Replays,
    /// The timeouts and pauses.
    pub timing: Timing,
}

impl SocketMode {
    /// Keeps the connections open until `stop`. A connection that Slack will close is read to its
    /// end in `tasks`.
    pub async fn run(self, stop: CancellationToken, tasks: TaskTracker) {
        let mode = Arc::new(self);
        let opener = Opener::new(&mode, &stop);
        let keep = || mode.keep(&opener, &stop, &tasks);
        join_all((0..CONNECTIONS).map(|_| keep())).await;
    }

    /// Keeps one connection open.
    async fn keep(
        self: &Arc<Self>,
        opener: &Opener,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        while let Some(mut connection) = stop.run_until_cancelled(opener.open()).await {
            let left = self.serve(&mut connection).await;
            opener.lost(connection.age());
            match left {
                ConnectionState::Noticed(reason) => {
                    tracing::info!(reason, "renewing a connection at Slack's request");
                    tasks.spawn(Arc::clone(self).part(connection));
                }
                ConnectionState::Ended(
                    ended @ (ConnectionEnd::Stopping | ConnectionEnd::Closed),
                ) => {
                    tracing::info!(reason = %ended, "connection to Slack ended");
                    connection.close().await;
                }
                ConnectionState::Ended(ended) => {
                    tracing::warn!(reason = %ended, "lost a connection to Slack");
                }
            }
        }
    }

    /// Reads a connection to its end, after its replacement has started.
    async fn part(self: Arc<Self>, mut connection: Connection) {
        let farewell =
            async { while let ConnectionState::Noticed(_) = self.serve(&mut connection).await {} };
        // If Slack doesn't close the connection in time, the bot does.
        let _ = timeout(self.timing.farewell, farewell).await;
        connection.close().await;
    }

    /// Handles requests until the connection ends, or until Slack announces its end.
    async fn serve(&self, connection: &mut Connection) -> ConnectionState {
        loop {
            let envelope = match connection.next(&self.origin).await {
                ConnectionEvent::Came(envelope) => envelope,
                ConnectionEvent::Announced(reason) => return ConnectionState::Noticed(reason),
                ConnectionEvent::Ended(ended) => return ConnectionState::Ended(ended),
                ConnectionEvent::Greeted => continue,
            };
            let Some(acknowledgement) = self.receive(*envelope) else {
                continue;
            };
            // If the acknowledgement is lost, Slack sends the request again, and the replay
            // protection recognizes it.
            if let Err(ended) = connection.acknowledge(acknowledgement).await {
                return ConnectionState::Ended(ended);
            }
        }
    }

    /// Handles a request, unless it is a replay. Returns the acknowledgement; `None` on failure,
    /// so that Slack shows the person an error.
    fn receive(&self, envelope: SocketRequest) -> Option<String> {
        let (kind, arrived) = (envelope.kind, Instant::now());
        let acknowledge = catch_unwind(AssertUnwindSafe(|| self.take(envelope)));
        let (outcome, acknowledgement) = acknowledge.unwrap_or_else(|_| {
            tracing::error!(kind, "panicked while handling a request");
            ("failed", None)
        });
        self.metrics.envelope(kind, outcome, arrived.elapsed());
        acknowledgement
    }

    fn take(&self, envelope: SocketRequest) -> (&'static str, Option<String>) {
        let SocketRequest {
            address,
            kind,
            marks,
            content,
        } = envelope;
        let content = match content {
            Ok(content) => content,
            Err(malformed) => {
                // Acknowledged, because Slack would send the same malformed request again.
                tracing::warn!(kind, %malformed, "rejected a request");
                return ("refused", Some(address.acknowledgement(&Reply::Received)));
            }
        };
        if !self.replays.are_first(&marks, self.clock.now()) {
            tracing::warn!(kind, "ignoring a redelivered request");
            let reply = match &content {
                RequestContent::Interaction(interaction) => self.bot.repeated(interaction),
                _ => Reply::Received,
            };
            return ("repeated", Some(address.acknowledgement(&reply)));
        }
        let reply = match content {
            RequestContent::Command(command) => self.bot.command(command),
            RequestContent::Event(event) => self.bot.event(event),
            RequestContent::Interaction(interaction) => self.bot.interaction(interaction),
            RequestContent::Unknown(kind) => {
                tracing::info!(kind, "ignoring unhandled request");
                Reply::Received
            }
        };
        ("acknowledged", Some(address.acknowledgement(&reply)))
    }
}

/// The reason that a connection is no longer served.
enum ConnectionState {
    /// Slack will close it soon, for this reason.
    Noticed(String),
    /// The connection has ended.
    Ended(ConnectionEnd),
}
