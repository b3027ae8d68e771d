//! The clock: the only place where the program reads the time.
//!
//! Use cases and schedules get a [`Clock`], so that tests and the demo can move the time.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Returns the time, and waits for a time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> DateTime<Utc>;

    /// Waits until `now()` has reached `instant`; returns at once if it already has.
    ///
    /// Cancel safe: drop the future.
    async fn sleep_until(&self, instant: DateTime<Utc>);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the outer edge")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn sleep_until(&self, instant: DateTime<Utc>) {
        // After a suspension or a change of the clock, a long sleep would end too late, so the
        // wall clock is read once a minute.
        const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(60);
        while let Ok(left) = (instant - self.now()).to_std() {
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }
}
