//! The slow Security Hub, and the receiver of answers.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use serde_json::Value;
use tokio::sync::watch;

use crate::program::PATIENCE;
use crate::tap::{Listener, Passing};
use crate::wave::{Ack, Sent};

/// Reports whether a text is the result of a check.
fn is_checked(text: &str) -> bool {
    text.starts_with("Security Hub members · now")
}

pub(crate) struct Answers {
    listing: Duration,
    listings: AtomicUsize,
    /// The received texts by command.
    texts: Mutex<HashMap<String, Vec<String>>>,
    arrived: watch::Sender<usize>,
}

impl Answers {
    pub(crate) fn new(listing: Duration) -> Self {
        Self {
            listing,
            listings: AtomicUsize::new(0),
            texts: Mutex::default(),
            arrived: watch::Sender::new(0),
        }
    }

    /// The number of `ListMembers` requests.
    pub(crate) fn listings(&self) -> usize {
        self.listings.load(Ordering::Relaxed)
    }

    /// Waits until each of these commands has its answer.
    pub(crate) async fn wait_for(&self, ids: &[String]) {
        let mut arrived = self.arrived.subscribe();
        let all = arrived.wait_for(|_| {
            let texts = self.texts.lock().unwrap();
            let is_last = |text: &String| is_checked(text);
            let last = |id| texts.get(id).and_then(|texts: &Vec<String>| texts.last());
            ids.iter().all(|id| last(id).is_some_and(is_last))
        });
        let all = tokio::time::timeout(PATIENCE, all).await;
        assert!(all.is_ok(), "an answer is missing");
    }

    /// Asserts that each acknowledged command got one successful answer, preceded by stored data
    /// if the check was slow, and that no other command got one.
    pub(crate) fn check(&self, sent: &[Sent]) {
        let texts = self.texts.lock().unwrap();
        for one in sent {
            let texts = texts.get(&one.id).map_or(&[][..], Vec::as_slice);
            match one.ack {
                Ack::Checking => assert!(
                    match texts {
                        [text] => is_checked(text),
                        [stored, text] => stored.starts_with('🔎') && is_checked(text),
                        _ => false,
                    },
                    "{}: {texts:?}",
                    one.id
                ),
                Ack::Busy => assert!(texts.is_empty(), "{}: {texts:?}", one.id),
                // The outcome is unknown.
                Ack::None => {}
            }
        }
    }

    fn keep(&self, passing: &Passing) {
        let id = passing.path.rsplit('/').next().unwrap().to_owned();
        let answer: Value = serde_json::from_slice(&passing.body).unwrap();
        assert_eq!(answer["replace_original"], true, "{answer}");
        let text = answer["text"].as_str().unwrap().to_owned();
        self.texts.lock().unwrap().entry(id).or_default().push(text);
        self.arrived.send_modify(|arrived| *arrived += 1);
    }
}

#[async_trait]
impl Listener for Answers {
    async fn pass(&self, passing: Passing) -> Response {
        match passing.name.as_str() {
            "response_url" => {
                self.keep(&passing);
                let mut response = Response::new(Body::from(r#"{"ok":true}"#));
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
                // Without keep-alive, connections that stay open belong to the program.
                headers.insert(header::CONNECTION, "close".parse().unwrap());
                response
            }
            "ListMembers" => {
                self.listings.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(self.listing).await;
                passing.arrive().await
            }
            _ => passing.arrive().await,
        }
    }
}
