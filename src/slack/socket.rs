//! Socket Mode: Slack's requests over connections that the bot opens, so that
//! nothing has to reach it from outside.
//!
//! Two connections are kept, and the next one is open before an old one is
//! closed. There is no signature here: the app-level token and TLS stand for who
//! is at the other end; who is let in is decided as ever.
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
use crate::app::problems::Problems;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::policies::slack::{
    FAREWELL_WITHIN, GOOD_AFTER, GREETING_WITHIN, PING_EVERY, SILENT_FOR, SOCKETS, UNHEARD_FOR,
};
use crate::secrets::Secret;

/// How many connections are kept: one is there while the other is renewed or
/// turns out to be dead. Slack allows ten for all replicas together.
const CONNECTIONS: usize = 2;

/// When what is done about connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The first pause between two openings, and the longest.
    pub pause: Duration,
    /// See [`Timing::pause`].
    pub longest_pause: Duration,
    /// How long Slack may take to greet.
    pub greeting: Duration,
    /// How often a sign of life is asked for.
    pub sign_of_life: Duration,
    /// After this time without any message the other end is dead.
    pub silence: Duration,
    /// A connection that lived for this long was a good one: after it, pauses
    /// are short again.
    pub good: Duration,
    /// How long a connection is still read once Slack has announced its end.
    pub farewell: Duration,
    /// After this time without a connection somebody has to know.
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
    /// The work behind a request.
    pub bot: Arc<Bot>,
    /// Opens connections.
    pub api: SlackApi,
    /// The app-level token.
    pub token: Secret,
    /// Where answers may be sent.
    pub origin: ResponseOrigin,
    /// Tells when a request may be forgotten.
    pub clock: Arc<dyn Clock>,
    /// Counts requests and connections.
    pub metrics: Metrics,
    /// The open problems.
    pub problems: Problems,
    /// The requests that came before, over any connection.
    pub replays: Replays,
    /// When what is done.
    pub timing: Timing,
}

impl SocketMode {
    /// Keeps the connections until `stop`. One that Slack has given notice of
    /// is read to its end in `tasks`.
    pub async fn run(self, stop: CancellationToken, tasks: TaskTracker) {
        let mode = Arc::new(self);
        let opener = Opener::new(&mode, &stop);
        let keep = || mode.keep(&opener, &stop, &tasks);
        join_all((0..CONNECTIONS).map(|_| keep())).await;
    }

    /// Keeps one connection.
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

    /// Reads a connection to its end, while another one takes its place.
    async fn part(self: Arc<Self>, mut connection: Connection) {
        let farewell =
            async { while let ConnectionState::Noticed(_) = self.serve(&mut connection).await {} };
        // Where Slack does not close it, we do.
        let _ = timeout(self.timing.farewell, farewell).await;
        connection.close().await;
    }

    /// Acknowledges what comes, and has it done, until the connection is over
    /// or Slack gives notice of its end.
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
            // One that gets lost is no loss: the request comes again, and is known.
            if let Err(ended) = connection.acknowledge(acknowledgement).await {
                return ConnectionState::Ended(ended);
            }
        }
    }

    /// Has done what a request asks for, unless it came before. Returns what
    /// acknowledges it; `None` where it failed, so that Slack tells the person.
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
                // It would come again, and be as malformed.
                tracing::warn!(kind, %malformed, "rejected a request");
                return ("refused", Some(address.acknowledgement(&Reply::Received)));
            }
        };
        if !self.replays.are_first(&marks, self.clock.now()) {
            tracing::warn!(kind, "ignoring a redelivered request");
            return ("repeated", Some(address.acknowledgement(&Reply::Received)));
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

/// Why a connection is served no longer.
enum ConnectionState {
    /// Slack will close it soon, for this reason.
    Noticed(String),
    /// It is over.
    Ended(ConnectionEnd),
}
