//! The state of Socket Mode connections, and of envelopes without an acknowledgement.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// A fault of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upset {
    /// Slack sends `disconnect` with a reason such as `refresh_requested`.
    Notice(&'static str),
    /// Slack closes the connection.
    Close,
    /// The TCP connection breaks.
    Drop,
    /// The connection stays open, but no data passes in either direction.
    Hang,
}

#[derive(Default)]
pub(super) struct Sockets {
    pub(super) on: bool,
    pub(super) tickets: HashSet<String>,
    pub(super) last: u64,
    pub(super) lines: BTreeMap<u64, SocketLine>,
    /// The connection that the last envelope was sent over.
    pub(super) turn: u64,
    pub(super) waiting: HashMap<String, PendingAnswer>,
    pub(super) sent: Vec<(String, Value)>,
    pub(super) lose: usize,
}

pub(super) struct SocketLine {
    pub(super) orders: mpsc::UnboundedSender<SocketOrder>,
    /// Slack has sent `disconnect`.
    pub(super) noticed: bool,
    /// Slack has closed the connection.
    pub(super) closed: bool,
    pub(super) hung: bool,
}

impl SocketLine {
    pub(super) fn is_good(&self) -> bool {
        !self.noticed && !self.closed && !self.hung
    }
}

pub(super) enum SocketOrder {
    Send(String),
    Upset(Upset),
}

/// An envelope without an acknowledgement.
pub(super) struct PendingAnswer {
    pub(super) line: u64,
    pub(super) takes_payload: bool,
    pub(super) acknowledged: oneshot::Sender<Option<Value>>,
}

impl Sockets {
    /// Sends an envelope over the next connection. Returns the receiver of its acknowledgement.
    pub(super) fn put(
        &mut self,
        path: &str,
        envelope: Value,
    ) -> Option<(String, oneshot::Receiver<Option<Value>>)> {
        let number = self.next_line()?;
        self.turn = number;
        let id = envelope["envelope_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let (acknowledged, answer) = oneshot::channel();
        let waiting = PendingAnswer {
            line: number,
            takes_payload: envelope["accepts_response_payload"] == true,
            acknowledged,
        };
        self.waiting.insert(id.clone(), waiting);
        self.sent.push((path.to_owned(), envelope.clone()));
        let line = self.lines.get(&number)?;
        // If the connection is gone, no acknowledgement follows.
        let _ = line.orders.send(SocketOrder::Send(envelope.to_string()));
        Some((id, answer))
    }

    /// The next connection in turn. Slack uses one that is about to close only if there is no
    /// other.
    fn next_line(&self) -> Option<u64> {
        let open = || self.lines.iter().filter(|(_, line)| !line.closed);
        let staying = open().any(|(_, line)| !line.noticed);
        let numbers: Vec<_> = open()
            .filter(|(_, line)| !(staying && line.noticed))
            .map(|(number, _)| *number)
            .collect();
        let after = numbers.iter().find(|number| **number > self.turn);
        after.or(numbers.first()).copied()
    }
}
