//! The clock: the one place where the program reads the time.
//!
//! Use cases and schedules are told the time by a [`Clock`], so that tests and
//! the demo can move it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Tells the time, and waits for a time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> DateTime<Utc>;

    /// Returns as soon as `now()` has reached `instant`; at once when it already has.
    ///
    /// Cancel it by dropping the future.
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
        // A machine that was suspended, or whose clock was set, must not sleep
        // for the rest of a long span: look at the wall clock once a minute.
        const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(60);
        while let Ok(left) = (instant - self.now()).to_std() {
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }
}
