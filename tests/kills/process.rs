//! A process that is killed: at a call to AWS, DynamoDB or Slack, or some time after its start.
//! Responses to it can be lost.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::response::Response;
use tokio::io::AsyncReadExt as _;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::program::Outside;
use crate::tap::{Listener, Passing, Tap, broken};

/// If a process doesn't reach its call, it is killed after this time without calls: it has
/// finished, or waits for another one.
const QUIET: Duration = Duration::from_secs(3);

/// Statistics over all worlds.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) starts: AtomicU64,
    kills: AtomicU64,
    at_calls: Mutex<BTreeMap<String, u64>>,
    losses: AtomicU64,
    listings: AtomicU64,
    pub(crate) takeovers: AtomicU64,
    pub(crate) digests: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) snapshots: AtomicU64,
}

impl Tally {
    pub(crate) fn kills(&self) -> u64 {
        self.kills.load(Ordering::Relaxed)
    }

    fn died_at(&self, call: &str) {
        let mut at_calls = self.at_calls.lock().unwrap();
        *at_calls.entry(call.to_owned()).or_default() += 1;
    }
}

pub(crate) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        write!(
            f,
            "{} starts, {} kills (at calls: {:?}), {} answers lost, {} lists read, \
             {} digests taken over; {} digests in {} messages tell {} changes, {} snapshots are whole",
            get(&self.starts),
            get(&self.kills),
            self.at_calls.lock().unwrap(),
            get(&self.losses),
            get(&self.listings),
            get(&self.takeovers),
            get(&self.digests),
            get(&self.messages),
            get(&self.changes),
            get(&self.snapshots),
        )
    }
}

/// The moment of a kill around a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// Before the request is sent.
    Before,
    /// During the request, which arrives this much later.
    OnItsWay(Duration),
    /// After the request took effect, before the response arrives.
    After,
}

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Death {
    /// This long after its first call.
    Sometime(Duration),
    /// At the call with this name and number, from 1 on.
    AtCall(&'static str, usize, Moment),
    /// When the test says so.
    Commanded,
}

pub(crate) struct Process {
    kill: CancellationToken,
    /// Cancelled after the process is killed.
    dead: CancellationToken,
    log: JoinHandle<String>,
    _tap: Tap,
}

struct Ears {
    death: Death,
    /// Notified of every call.
    called: Notify,
    calls: AtomicUsize,
    kill: CancellationToken,
    dead: CancellationToken,
    dice: Mutex<Dice>,
    tally: Arc<Tally>,
}

impl Process {
    pub(crate) async fn start(
        outside: &Outside,
        death: Death,
        dice: Dice,
        tally: Arc<Tally>,
    ) -> Self {
        let ears = Arc::new(Ears {
            death,
            called: Notify::new(),
            calls: AtomicUsize::new(0),
            kill: CancellationToken::new(),
            dead: CancellationToken::new(),
            dice: Mutex::new(dice),
            tally,
        });
        let tap = Tap::start(outside, Arc::clone(&ears) as Arc<dyn Listener>).await;
        let mut command = outside.command(&["serve"]);
        command
            .envs(tap.settings.iter().cloned())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        count(&ears.tally.starts, 1);
        let mut errors = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            errors.read_to_string(&mut log).await.unwrap();
            log
        });
        let (kill, dead) = (ears.kill.clone(), ears.dead.clone());
        tokio::spawn(async move {
            let due = async {
                ears.called.notified().await;
                match ears.death {
                    Death::Sometime(after) => tokio::time::sleep(after).await,
                    Death::AtCall(..) => ears.quiet().await,
                    Death::Commanded => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = child.wait() => panic!("it ended by itself: {ended:?}"),
                () = due => {}
                () = ears.kill.cancelled() => {}
            }
            // SIGKILL.
            child.kill().await.unwrap();
            count(&ears.tally.kills, 1);
            ears.dead.cancel();
        });
        Self {
            kill,
            dead,
            log,
            _tap: tap,
        }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.is_cancelled()
    }

    pub(crate) async fn kill(self) -> String {
        self.kill.cancel();
        self.bury().await
    }

    /// Waits for the end of the process; returns its log.
    pub(crate) async fn bury(self) -> String {
        self.dead.cancelled().await;
        let log = self.log.await.unwrap();
        assert!(!log.contains("panicked"), "{log}");
        log
    }
}

impl Ears {
    async fn quiet(&self) {
        while tokio::time::timeout(QUIET, self.called.notified())
            .await
            .is_ok()
        {}
    }

    async fn die(&self) {
        self.kill.cancel();
        self.dead.cancelled().await;
    }

    /// The moment of the kill, if the process is killed at this call.
    fn dies_at(&self, name: &str) -> Option<Moment> {
        let Death::AtCall(call, number, moment) = self.death else {
            return None;
        };
        let hit = call == name && self.calls.fetch_add(1, Ordering::SeqCst) + 1 == number;
        hit.then_some(moment)
    }

    fn loses(&self, name: &str) -> bool {
        let changes_something = [
            "chat.postMessage",
            "PutItem",
            "UpdateItem",
            "TransactWriteItems",
        ];
        changes_something.contains(&name) && self.dice.lock().unwrap().percent(4)
    }
}

#[async_trait]
impl Listener for Ears {
    async fn pass(&self, passing: Passing) -> Response {
        self.called.notify_one();
        if passing.name == "ListMembers" {
            count(&self.tally.listings, 1);
        }
        let Some(moment) = self.dies_at(&passing.name) else {
            let lost = self.loses(&passing.name);
            let answer = passing.arrive().await;
            if !lost {
                return answer;
            }
            count(&self.tally.losses, 1);
            return broken();
        };
        self.tally.died_at(&passing.name);
        match moment {
            Moment::Before => self.die().await,
            Moment::OnItsWay(late) => {
                self.die().await;
                tokio::time::sleep(late).await;
                passing.arrive().await;
            }
            Moment::After => {
                passing.arrive().await;
                self.die().await;
            }
        }
        broken()
    }
}
