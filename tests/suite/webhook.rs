//! Webhooks: each change reaches a receiver exactly once, if it recognizes repeated requests by
//! their idempotency key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz::UTC;
use proptest::prelude::*;
use securityhub_members::domain::hub::UnreadReason;
use securityhub_members::secrets::Secret;
use securityhub_members::watch::ports::{Channel, PostError};
use securityhub_members::watch::{DeliverError, Outcome};
use serde_json::Value;

use crate::support::crash::{Fault, Fuse};
use crate::support::receiver::{Answer, PATH, Receiver, SECRET};
use crate::support::search::Search;
use crate::support::table::Engine;
use crate::support::{World, time};

const DOCUMENT: &str = include_str!("../../docs/webhook.md");
const STATUSES: [&str; 4] = ["Enabled", "Invited", "Resigned", "Removed"];
const ACCOUNTS: u64 = 4;

/// A world whose channel is a webhook, with four Enabled accounts.
async fn world(engine: &Engine) -> (World, Receiver) {
    let mut world = World::in_engine(engine, "2026-11-20T08:00:00Z", UTC).await;
    world.channels = vec!["webhook:incident-desk"];
    world.list("1 Enabled, 2 Enabled, 3 Enabled, 4 Enabled");
    (world, Receiver::start().await)
}

/// Delivers today's digest by a new process, as often as it takes.
async fn deliver(world: &World, receiver: &Receiver) -> Outcome {
    let channel = receiver.channel(world.clock.clone());
    for _ in 0..100 {
        let watch = world.watch();
        let delivered = watch.deliveries.deliver(&channel, world.today());
        match delivered.await {
            Ok(outcome) => return outcome,
            Err(DeliverError::Post(_) | DeliverError::Unconfirmed) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("not delivered")
}

#[derive(Debug, Clone)]
enum Event {
    Member {
        account: u64,
        status: &'static str,
    },
    Hours(i64),
    /// One or two processes deliver, the first with a fault. Others then finish it.
    Deliver {
        replicas: usize,
        fault: Option<(usize, Fault)>,
        answers: Vec<Answer>,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let fault = (1..30_usize, proptest::sample::select(&Fault::ALL));
    let fault = proptest::option::weighted(0.7, fault);
    // An endless answer costs seconds; it has a test of its own.
    let mut answers = Answer::ALL.to_vec();
    answers.retain(|answer| *answer != Answer::Endless);
    let answers = proptest::collection::vec(proptest::sample::select(answers), 0..4);
    prop_oneof![
        5 => (1..=ACCOUNTS, proptest::sample::select(&STATUSES))
            .prop_map(|(account, status)| Event::Member { account, status }),
        3 => (1..40_i64).prop_map(Event::Hours),
        4 => (1..3_usize, fault, answers)
            .prop_map(|(replicas, fault, answers)| Event::Deliver { replicas, fault, answers }),
    ]
}

type Steps = BTreeMap<String, Vec<(String, String)>>;

/// The expected reports, from consecutive lists.
#[derive(Default)]
struct Oracle {
    read: BTreeMap<u64, String>,
    steps: Steps,
    faults: usize,
}

impl Oracle {
    fn look(&mut self, world: &World) {
        for account in 1..=ACCOUNTS {
            let status = world.hubs.status(world.hub(), account).unwrap();
            let status = status.to_string();
            let before = self.read.insert(account, status.clone());
            if let Some(before) = before.filter(|before| *before != status) {
                let steps = self.steps.entry(format!("{account:012}")).or_default();
                steps.push((before, status));
            }
        }
    }
}

/// The changes that a receiver has learned, in order.
fn reported(messages: &[Value]) -> Steps {
    let mut steps = Steps::new();
    for message in messages.iter().filter(|one| one["type"] == "digest") {
        let groups = message["digest"]["report"]["changes"].as_array().unwrap();
        let entries = groups
            .iter()
            .flat_map(|group| group["entries"].as_array().unwrap());
        for entry in entries {
            let account = entry["account"].as_str().unwrap().to_owned();
            let path = entry["path"].as_array().unwrap();
            let path: Vec<_> = path.iter().map(|one| one.as_str().unwrap()).collect();
            let pairs = path.windows(2);
            let pairs = pairs.map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
            steps.entry(account).or_default().extend(pairs);
        }
    }
    steps
}

async fn live(engine: &Engine, history: &[Event]) -> (Oracle, Receiver) {
    let (world, receiver) = world(engine).await;
    let mut oracle = Oracle::default();
    let first = Event::Deliver {
        replicas: 1,
        fault: None,
        answers: vec![],
    };
    let last = [Event::Hours(48), first.clone()];
    for event in std::iter::once(&first).chain(history).chain(&last) {
        match event {
            Event::Member { account, status } => world.hubs.set(world.hub(), *account, status),
            Event::Hours(hours) => world.clock.advance(TimeDelta::hours(*hours)),
            Event::Deliver {
                replicas,
                fault,
                answers,
            } => {
                world.poll().await;
                oracle.look(&world);
                receiver.then(answers.iter().copied());
                let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
                let deliveries = (0..*replicas).map(|index| {
                    let (world, fuse) = (&world, &fuse);
                    let channel = receiver.channel(world.clock.clone());
                    async move {
                        if index == 0 {
                            let watch = world.watch_over(world.fused_store(fuse));
                            let channel = fuse.channel(channel);
                            let delivery = watch.deliveries.deliver(&channel, world.today());
                            let _ = fuse.run(delivery).await;
                        } else {
                            let watch = world.watch();
                            let _ = watch.deliveries.deliver(&channel, world.today()).await;
                        }
                    }
                });
                futures::future::join_all(deliveries).await;
                deliver(&world, &receiver).await;
                oracle.faults += usize::from(fuse.was_reached());
            }
        }
    }
    (oracle, receiver)
}

#[test]
fn a_rude_receiver_learns_each_change_exactly_once() {
    let search = Search {
        file: file!(),
        cases: 16,
        shrinks: 200,
    };
    let histories = proptest::collection::vec(event(), 6..30);
    search.run(&histories, async |engine, history| {
        let (oracle, receiver) = live(engine, &history).await;
        let messages = receiver.messages();
        assert_eq!(reported(&messages), oracle.steps);
        let requests = receiver.requests();
        for request in &requests {
            assert!(request.is_signed_by(SECRET), "{request:?}");
            assert_eq!(request.line, format!("POST {PATH} HTTP/1.1"));
        }
        for message in &messages {
            assert_documented(message);
        }
        [
            ("histories", 1),
            ("requests", requests.len()),
            ("messages", messages.len()),
            ("faults", oracle.faults),
        ]
    });
}

/// Every key of a message has a row in the document, unless it is a value such as a status.
fn assert_documented(message: &Value) {
    let mut keys = BTreeSet::new();
    collect_keys(message, &mut keys);
    for key in keys {
        assert!(DOCUMENT.contains(&format!("| `{key}` |")), "{key}");
    }
}

fn collect_keys(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let is_hub = key.contains('/');
                if !is_hub {
                    keys.insert(key.clone());
                }
                if key != "counts" {
                    collect_keys(value, keys);
                }
            }
        }
        _ => {}
    }
}

/// The JSON below a heading of the document.
fn example(heading: &str) -> Value {
    let (_, rest) = DOCUMENT.split_once(heading).unwrap();
    let (_, rest) = rest.split_once("```json\n").unwrap();
    let (json, _) = rest.split_once("```").unwrap();
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn the_documented_examples_are_what_is_sent() {
    let mut world = World::at("2026-11-24T09:00:00Z", UTC).await;
    world.channels = vec!["webhook:incident-desk"];
    world.list("123456789012 Enabled, 210987654321 Enabled, 444455556666 Enabled");
    let receiver = Receiver::start().await;
    deliver(&world, &receiver).await;
    world
        .poll_at("2026-11-24T15:15:00Z", "444455556666 Resigned")
        .await;
    world.clock.set(time("2026-11-25T09:00:00Z"));
    deliver(&world, &receiver).await;
    world.fail(UnreadReason::AccessDenied);
    for now in ["2026-11-25T09:15:00Z", "2026-11-25T11:15:00Z"] {
        world.clock.set(time(now));
        world.watch().poller.poll_all().await;
    }
    let channel = receiver.channel(world.clock.clone());
    assert!(world.watch().deliveries.notify(&channel).await.unwrap());
    world.hubs.recover(world.hub());
    world.poll_at("2026-11-25T12:00:00Z", "").await;
    assert!(world.watch().deliveries.notify(&channel).await.unwrap());
    let messages = receiver.messages();
    let [_, digest, notice, recovered] = &messages[..] else {
        panic!("{messages:?}")
    };
    assert_documented(recovered);
    for (heading, sent) in [("### A digest", digest), ("### A notice", notice)] {
        assert_documented(sent);
        let requests = receiver.requests();
        let key = sent["id"].as_str().unwrap();
        let mut requests = requests.iter();
        assert!(requests.any(|one| one.headers["idempotency-key"] == key));
        // The ID is random.
        let mut documented = example(heading);
        assert_eq!(documented["id"].as_str().unwrap().len(), key.len());
        documented["id"] = sent["id"].clone();
        assert_eq!(documented, *sent, "{heading}");
    }
}

#[tokio::test]
async fn each_answer_leads_to_what_helps() {
    for (answer, said) in [
        (Answer::Accepted, ""),
        (Answer::Html, ""),
        (Answer::Endless, ""),
        (Answer::Failed, "answered HTTP 500"),
        (Answer::FailedLate, "answered HTTP 500"),
        (Answer::Busy, "answered HTTP 429"),
        (Answer::Redirect, "http_302"),
        (Answer::Gone, "http_404"),
        (
            Answer::ClosedFirst,
            "closed the connection without an answer",
        ),
        (
            Answer::ClosedHalfway,
            "closed the connection without an answer",
        ),
        (Answer::Late, "no answer from 127.0.0.1"),
    ] {
        let (world, receiver) = world(&Engine::start().await).await;
        receiver.then([answer; 6]);
        let channel = receiver.channel(world.clock.clone());
        let watch = world.watch();
        let delivered = watch.deliveries.deliver(&channel, world.today());
        let error = match delivered.await {
            Ok(_) => String::new(),
            Err(error) => {
                let DeliverError::Post(post) = &error else {
                    panic!("{error}")
                };
                let refused = matches!(post, PostError::Refused { .. });
                let is_wrong = matches!(answer, Answer::Redirect | Answer::Gone);
                assert_eq!(refused, is_wrong, "{answer:?}: {error}");
                assert_eq!(error.needs_an_operator(), is_wrong);
                format!("{error} {error:?}")
            }
        };
        assert_eq!(error.is_empty(), said.is_empty(), "{answer:?}: {error}");
        assert!(error.contains(said), "{answer:?}: {error}");
        assert!(!error.contains("hush"), "{answer:?}: {error}");
        assert!(!format!("{channel:?}").contains("hush"));
        // The next process delivers it, and the receiver has it once.
        receiver.then([]);
        deliver(&world, &receiver).await;
        assert_eq!(receiver.messages().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_no_outcome_to_wait_for() {
    let (world, _) = world(&Engine::start().await).await;
    // The port of a receiver that has gone.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let channel = Receiver::at(port).channel(world.clock.clone());
    let watch = world.watch();
    let delivered = watch.deliveries.deliver(&channel, world.today());
    let error = delivered.await.unwrap_err();
    assert!(matches!(
        &error,
        DeliverError::Post(PostError::Later { .. })
    ));
    let error = error.to_string();
    assert!(error.contains("failed to connect to 127.0.0.1"), "{error}");
    assert!(!error.contains("hush"), "{error}");
}

#[tokio::test]
async fn a_new_secret_signs_the_next_request_and_copies_are_not_searched() {
    let (world, receiver) = world(&Engine::start().await).await;
    let secret = Secret::from(SECRET);
    let channel = receiver.signed(world.clock.clone(), &secret, crate::support::everything());
    let channel: Arc<dyn Channel> = Arc::new(channel);
    receiver.then([Answer::Late]);
    let deliver = async || {
        let watch = world.watch();
        watch
            .deliveries
            .deliver(channel.as_ref(), world.today())
            .await
    };
    deliver().await.unwrap_err();
    secret.replace("another secret of the same kind".into());
    deliver().await.unwrap();
    let requests = receiver.requests();
    let (last, earlier) = requests.split_last().unwrap();
    assert!(last.is_signed_by("another secret of the same kind"));
    assert!(!last.is_signed_by(SECRET));
    assert!(!earlier.is_empty() && earlier.iter().all(|one| one.is_signed_by(SECRET)));
    // Both are the same message.
    assert_eq!(receiver.messages().len(), 1);
    world.clock.advance(TimeDelta::hours(2));
    let copies = world
        .watch()
        .deliveries
        .remove_copies(channel.as_ref())
        .await;
    assert_eq!(copies.unwrap(), 0);
    assert_eq!(receiver.requests().len(), requests.len());
}
