//! Keeps requests below AWS's rate limits, instead of running into them.
//!
//! The wait is below the SDK, so it applies to every request: pages, second reads and the SDK's
//! retries.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::time::Instant;

use crate::policies::aws::{SECURITY_HUB_BURST, SECURITY_HUB_EVERY};

/// The rate of requests for one account in one Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The average interval between requests.
    pub interval: Duration,
    /// The burst after a pause.
    pub burst: u32,
}

impl Pace {
    /// For Security Hub.
    pub const SECURITY_HUB: Self = Self {
        interval: SECURITY_HUB_EVERY,
        burst: SECURITY_HUB_BURST,
    };

    /// Without a limit, for mocks.
    pub const UNLIMITED: Self = Self {
        interval: Duration::ZERO,
        burst: u32::MAX,
    };
}

/// The turns of one account in one Region. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    pace: Pace,
    /// The time of the last turn without any burst.
    last: Arc<Mutex<Option<Instant>>>,
}

impl Turns {
    pub(super) fn at(pace: Pace) -> Self {
        Self {
            pace,
            last: Arc::default(),
        }
    }

    /// Waits for the next turn, in order of arrival.
    pub(super) async fn next(&self) {
        let early = self.pace.interval * self.pace.burst.saturating_sub(1);
        let turn = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let next = last.map_or(now, |last| (last + self.pace.interval).max(now));
            *last = Some(next);
            next - early.min(next - now)
        };
        tokio::time::sleep_until(turn).await;
    }

    /// The client, with a wait before each request.
    pub(super) fn over(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Paced {
            client,
            turns: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Paced {
    client: SharedHttpClient,
    turns: Turns,
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PacedConnector {
            connector: self.client.http_connector(settings, components),
            turns: self.turns.clone(),
        })
    }
}

#[derive(Debug)]
struct PacedConnector {
    connector: SharedHttpConnector,
    turns: Turns,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, turns) = (self.connector.clone(), self.turns.clone());
        HttpConnectorFuture::new(async move {
            turns.next().await;
            connector.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bucket that fills with 10 a second up to 30, as AWS describes its own.
    fn is_admitted(sent: &[Duration]) -> bool {
        let (mut tokens, mut before) = (30.0, Duration::ZERO);
        sent.iter().all(|at| {
            tokens = f64::min(30.0, tokens + (*at - before).as_secs_f64() * 10.0) - 1.0;
            before = *at;
            tokens >= 0.0
        })
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_pages_take_twenty_seconds_and_aws_refuses_none() {
        let (turns, began) = (Turns::at(Pace::SECURITY_HUB), Instant::now());
        let mut sent = Vec::new();
        for _ in 0..200 {
            turns.next().await;
            sent.push(began.elapsed());
        }
        assert!(is_admitted(&sent));
        assert!(sent[24] < Duration::from_millis(1), "{sent:?}");
        let took = *sent.last().unwrap();
        assert!((17..20).contains(&took.as_secs()), "{took:?}");

        // A rest fills it again, and no further.
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        for _ in 0..100 {
            turns.next().await;
            sent.push(began.elapsed());
        }
        assert!(is_admitted(&sent));
    }

    #[tokio::test(start_paused = true)]
    async fn side_by_side_they_share_the_turns() {
        let (turns, began) = (Turns::at(Pace::SECURITY_HUB), Instant::now());
        let wait = |_| async {
            turns.next().await;
            began.elapsed()
        };
        let mut sent = futures::future::join_all((0..100).map(wait)).await;
        sent.sort();
        assert!(is_admitted(&sent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_mock_needs_no_wait() {
        let (turns, began) = (Turns::at(Pace::UNLIMITED), Instant::now());
        for _ in 0..1_000 {
            turns.next().await;
        }
        assert!(began.elapsed() < Duration::from_millis(1));
    }
}
