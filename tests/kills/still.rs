//! SIGSTOP within a thread, for longer than the lease: another process finishes the digest, and
//! the stopped one posts nothing twice after SIGCONT.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::response::Response;
use securityhub_members::aws::table::DynamoDb;
use securityhub_members::demo::slack::CHANNEL;
use securityhub_members::watch::ports::LedgerStore as _;
use tokio::process::Command;
use tokio::sync::watch;

use crate::dice::Dice;
use crate::hubs::{Hubs, REGIONS};
use crate::posted;
use crate::program::{Outside, Serving};
use crate::tap::{Listener, Passing, Tap};
use crate::world::store;

/// A lease, the time in which Slack can post late, a thread, and a search a minute later.
const PATIENCE: Duration = Duration::from_secs(240);

/// The step at which the process is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After the ledger has confirmed the lease for the third message, before the process knows.
    AfterTheLook,
    /// While the third message is in transit.
    InThePost,
}

struct Stopper {
    place: Place,
    process: watch::Sender<Option<u32>>,
    stopped: watch::Sender<bool>,
    /// Whether it has written to the ledger since.
    looked: watch::Sender<bool>,
    /// Whether requests in transit may arrive.
    goes_on: watch::Sender<bool>,
    posts: AtomicUsize,
    notes: AtomicUsize,
}

impl Stopper {
    fn is_there(&self, name: &str) -> bool {
        let posts = match name {
            "chat.postMessage" => self.posts.fetch_add(1, Ordering::SeqCst) + 1,
            _ => self.posts.load(Ordering::SeqCst),
        };
        match self.place {
            Place::InThePost => name == "chat.postMessage" && posts == 3,
            // The first write after the second message records that message.
            Place::AfterTheLook => {
                name == "PutItem" && posts == 2 && self.notes.fetch_add(1, Ordering::SeqCst) == 1
            }
        }
    }

    async fn signal(&self, signal: &str) {
        let mut process = self.process.subscribe();
        let process = process.wait_for(Option::is_some).await.unwrap().unwrap();
        let sent = Command::new("kill")
            .args([signal, &process.to_string()])
            .status();
        assert!(sent.await.unwrap().success());
    }
}

#[async_trait]
impl Listener for Stopper {
    async fn pass(&self, passing: Passing) -> Response {
        if !self.is_there(&passing.name) {
            if passing.name == "PutItem" && *self.stopped.borrow() {
                self.looked.send_replace(true);
            }
            return passing.arrive().await;
        }
        let mut goes_on = self.goes_on.subscribe();
        match self.place {
            Place::InThePost => {
                self.signal("-STOP").await;
                self.stopped.send_replace(true);
                goes_on.wait_for(|goes_on| *goes_on).await.unwrap();
                passing.arrive().await
            }
            Place::AfterTheLook => {
                let answer = passing.arrive().await;
                self.signal("-STOP").await;
                self.stopped.send_replace(true);
                answer
            }
        }
    }
}

/// A world in which a digest with a thread is due.
async fn world() -> Outside {
    let mut outside = Outside::with_table().await;
    outside.set("REGIONS", REGIONS.join(","));
    outside.set("POLL_INTERVAL", "10s");
    outside.set("DIGEST_SCHEDULE", "0 0 1 1 *");
    let mut hubs = Hubs::new(outside.aws.clone());
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    hubs.change(&mut Dice::new(1), 240);
    outside
}

async fn delivered(store: &DynamoDb) {
    let delivered = async {
        while store.ledger(CHANNEL).await.unwrap().last.is_none() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(PATIENCE, delivered).await.unwrap();
}

/// Stops one process, waits until another has delivered, and continues the first.
async fn stand_still(place: Place) -> (Outside, [Serving; 2]) {
    let mut outside = world().await;
    let stopper = Arc::new(Stopper {
        place,
        process: watch::Sender::new(None),
        stopped: watch::Sender::new(false),
        looked: watch::Sender::new(false),
        goes_on: watch::Sender::new(false),
        posts: AtomicUsize::new(0),
        notes: AtomicUsize::new(0),
    });
    let tap = Tap::start(&outside, Arc::clone(&stopper) as Arc<dyn Listener>).await;
    let direct = outside.environment.clone();
    for (name, address) in &tap.settings {
        outside.set(name, address);
    }
    let slow = outside.serve().await;
    stopper.process.send_replace(slow.child.id());
    outside.environment = direct;
    let mut stopped = stopper.stopped.subscribe();
    let stopped = stopped.wait_for(|stopped| *stopped);
    tokio::time::timeout(PATIENCE, stopped)
        .await
        .unwrap()
        .unwrap();

    let other = outside.serve().await;
    delivered(&store(&outside)).await;
    assert_eq!(posted::digests(&outside.slack).len(), 1);
    stopper.signal("-CONT").await;
    stopper.goes_on.send_replace(true);
    if place == Place::InThePost {
        let deleted = outside.slack.wait_for(PATIENCE, |workspace| {
            let mut calls = workspace.calls.iter();
            calls
                .any(|call| call.method == "chat.delete" && call.ok())
                .then_some(())
        });
        deleted.await.unwrap();
    } else {
        let mut looked = stopper.looked.subscribe();
        let looked = looked.wait_for(|looked| *looked);
        tokio::time::timeout(PATIENCE, looked)
            .await
            .unwrap()
            .unwrap();
    }
    (outside, [slow, other])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_stopped_for_longer_than_its_lease_posts_nothing_twice() {
    let places = [Place::AfterTheLook, Place::InThePost].map(async |place| {
        let (outside, processes) = stand_still(place).await;
        for process in processes {
            process.tell_to_stop().await;
            let (code, log) = process.ended(PATIENCE).await;
            assert_eq!(code, 0, "{log}");
        }
        let posted = posted::digests(&outside.slack);
        assert_eq!(posted.len(), 1, "{place:?}");
        assert!(posted[0].messages > 2, "{place:?}: no thread to stop in");
        let posts = outside.slack.calls_of("chat.postMessage").len();
        let deleted = outside.slack.calls_of("chat.delete").len();
        let copies = usize::from(place == Place::InThePost);
        assert_eq!(
            (posts, deleted),
            (posted[0].messages + copies, copies),
            "{place:?}"
        );
    });
    futures::future::join_all(places).await;
}
