//! SIGTERM: acknowledged work and deliveries in progress are finished, and the next start doesn't
//! repeat them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::response::Response;
use securityhub_members::demo::slack::{CHANNEL, SAM};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::dice::Dice;
use crate::hubs::{Hubs, REGIONS};
use crate::posted;
use crate::program::{Outside, PATIENCE};
use crate::tap::{Listener, Passing, Tap};

/// A gate that blocks lists and deliveries while closed. It counts the waiting lists.
struct Gate {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

#[async_trait]
impl Listener for Gate {
    async fn pass(&self, passing: Passing) -> Response {
        if passing.name == "ListMembers" && !*self.open.borrow() {
            self.waiting.send_modify(|waiting| *waiting += 1);
        }
        if ["ListMembers", "PutItem"].contains(&passing.name.as_str()) {
            let mut open = self.open.subscribe();
            open.wait_for(|open| *open).await.unwrap();
        }
        passing.arrive().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::too_many_lines,
    reason = "one story, from the start to the next start"
)]
async fn a_stop_finishes_the_digest_and_the_answers_and_the_next_start_repeats_nothing() {
    let mut outside = Outside::with_table().await;
    outside.set("REGIONS", REGIONS.join(","));
    outside.set("RUST_LOG", "securityhub_members=debug");
    // No other digest becomes due during the test.
    outside.set("DIGEST_SCHEDULE", "0 0 1 1 *");
    let mut hubs = Hubs::new(outside.aws.clone());
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    hubs.change(&mut Dice::new(1), 240);
    let gate = Arc::new(Gate {
        open: watch::Sender::new(true),
        waiting: watch::Sender::new(0),
    });
    let tap = Tap::start(&outside, Arc::clone(&gate) as Arc<dyn Listener>).await;
    let direct = outside.environment.clone();
    for (name, address) in &tap.settings {
        // Answers go to the mock's own URL, which must be allowed.
        if *name != "SLACK_API_URL" {
            outside.set(name, address);
        }
    }

    let serving = outside.serve().await;
    let replies = || {
        let all = outside
            .slack
            .workspace()
            .channel(CHANNEL)
            .unwrap()
            .messages
            .len();
        all.saturating_sub(1)
    };
    let begun = outside.slack.wait_for(PATIENCE, |workspace| {
        let messages = &workspace.channel(CHANNEL)?.messages;
        (!messages.is_empty()).then_some(())
    });
    begun.await.unwrap();
    gate.open.send_replace(false);
    for _ in 0..5 {
        let sent = outside.slack.command(SAM, CHANNEL, "").await;
        assert!(sent.acknowledged(), "{sent:?}");
    }
    let mut waiting = gate.waiting.subscribe();
    let listing = waiting.wait_for(|waiting| *waiting >= REGIONS.len());
    tokio::time::timeout(PATIENCE, listing)
        .await
        .unwrap()
        .unwrap();
    serving.tell_to_stop().await;
    while TcpStream::connect(("127.0.0.1", serving.port))
        .await
        .is_ok()
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = replies();
    gate.open.send_replace(true);
    let (code, log) = serving.ended(PATIENCE).await;

    assert_eq!(code, 0, "{log}");
    assert!(!log.contains("unfinished"), "{log}");
    let posted = posted::digests(&outside.slack);
    assert_eq!(posted.len(), 1);
    println!(
        "{before} replies before the stop, {} messages in the end",
        posted[0].messages
    );
    assert!(
        posted[0].messages > 1 + before,
        "it was whole before: {log}"
    );
    let answers = outside.slack.ephemerals(SAM);
    assert_eq!(answers.len(), 5);
    for answer in &answers {
        let title = "Security Hub members · now";
        assert!(answer.text.starts_with(title), "{answer:?}");
    }

    outside.environment = direct;
    let (code, log) = outside.serve().await.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("digest already delivered"), "{log}");
    assert_eq!(
        posted::digests(&outside.slack)[0].messages,
        posted[0].messages
    );
    let posts = outside.slack.calls_of("chat.postMessage").len();
    assert_eq!(posts, posted[0].messages, "each message was posted once");
}
