//! The connections of Socket Mode as the mock sees them, and the requests on
//! their way over them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// A fault of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upset {
    /// Slack gives notice of its end, with a reason such as `refresh_requested`.
    Notice(&'static str),
    /// Slack closes it.
    Close,
    /// It breaks.
    Drop,
    /// It stays open, and nothing comes through any more, in either direction.
    Hang,
}

#[derive(Default)]
pub(super) struct Sockets {
    pub(super) on: bool,
    pub(super) tickets: HashSet<String>,
    pub(super) last: u64,
    pub(super) lines: BTreeMap<u64, SocketLine>,
    /// The one that the last envelope went over.
    pub(super) turn: u64,
    pub(super) waiting: HashMap<String, PendingAnswer>,
    pub(super) sent: Vec<(String, Value)>,
    pub(super) lose: usize,
}

/// A connection.
pub(super) struct SocketLine {
    pub(super) orders: mpsc::UnboundedSender<SocketOrder>,
    /// Slack has given notice of its end.
    pub(super) noticed: bool,
    /// Slack has closed it.
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

/// An envelope that is not acknowledged yet.
pub(super) struct PendingAnswer {
    pub(super) line: u64,
    pub(super) takes_payload: bool,
    pub(super) acknowledged: oneshot::Sender<Option<Value>>,
}

impl Sockets {
    /// Puts an envelope on the next connection. The answer comes from there.
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
        // One that is gone just now does not answer.
        let _ = line.orders.send(SocketOrder::Send(envelope.to_string()));
        Some((id, answer))
    }

    /// The next in turn of those that are not given notice, if there is one.
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
