//! A clock that only moves when a test moves it.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use securityhub_members::clock::Clock;
use tokio::sync::watch;

/// Clones share the time.
#[derive(Clone)]
pub(crate) struct TestClock(watch::Sender<DateTime<Utc>>);

impl TestClock {
    pub(crate) fn at(time: DateTime<Utc>) -> Self {
        Self(watch::Sender::new(time))
    }

    pub(crate) fn set(&self, time: DateTime<Utc>) {
        self.0.send_replace(time);
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.0.send_modify(|now| *now += by);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.borrow()
    }

    async fn sleep_until(&self, instant: DateTime<Utc>) {
        let mut time = self.0.subscribe();
        // Can't fail, because `self` holds the sender.
        time.wait_for(|now| *now >= instant).await.unwrap();
    }
}
