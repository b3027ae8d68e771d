//! A clock for the demo and for tests, which can be moved.
//!
//! It stores an offset from the machine's clock, or a fixed instant. Moving it wakes all
//! sleepers.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::clock::{Clock, SystemClock};

/// A clock that runs with the machine's clock, or is frozen, and can be moved.
///
/// Clones share the time.
#[derive(Debug, Clone)]
pub struct DemoClock {
    frozen_at: Option<DateTime<Utc>>,
    offset: Arc<watch::Sender<TimeDelta>>,
}

impl Default for DemoClock {
    fn default() -> Self {
        Self::running()
    }
}

impl DemoClock {
    /// A clock that shows the machine's time until it is moved, and runs on from there.
    #[must_use]
    pub fn running() -> Self {
        Self {
            frozen_at: None,
            offset: Arc::new(watch::Sender::new(TimeDelta::zero())),
        }
    }

    /// A clock that shows `instant` and moves only by [`advance`](Self::advance) and
    /// [`set`](Self::set).
    #[must_use]
    pub fn frozen_at(instant: DateTime<Utc>) -> Self {
        Self {
            frozen_at: Some(instant),
            offset: Arc::new(watch::Sender::new(TimeDelta::zero())),
        }
    }

    /// Moves the clock by `by`, and wakes every sleeper whose time has come.
    pub fn advance(&self, by: TimeDelta) {
        self.offset.send_modify(|offset| *offset += by);
    }

    /// Moves the clock to `instant`, forwards or backwards.
    pub fn set(&self, instant: DateTime<Utc>) {
        let base = self.base();
        self.offset.send_modify(|offset| *offset = instant - base);
    }

    fn base(&self) -> DateTime<Utc> {
        self.frozen_at.unwrap_or_else(|| SystemClock.now())
    }
}

#[async_trait]
impl Clock for DemoClock {
    fn now(&self) -> DateTime<Utc> {
        self.base() + *self.offset.borrow()
    }

    async fn sleep_until(&self, instant: DateTime<Utc>) {
        let mut moved = self.offset.subscribe();
        loop {
            moved.mark_unchanged();
            let left = instant - self.now();
            if left <= TimeDelta::zero() {
                return;
            }
            // `self` holds the sender, so `changed` cannot fail while we wait.
            if self.frozen_at.is_some() {
                let _ = moved.changed().await;
            } else {
                let wall = SystemClock.now() + left;
                tokio::select! {
                    _ = moved.changed() => {}
                    () = SystemClock.sleep_until(wall) => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_passes_its_time_and_not_before() {
        let clock = DemoClock::frozen_at(instant("2026-11-20T08:00:00Z"));
        let sleeper = clock.clone();
        let mut task = tokio::spawn(async move {
            sleeper.sleep_until(instant("2026-11-20T09:00:00Z")).await;
        });
        clock.advance(TimeDelta::minutes(59));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert!(!task.is_finished());
        clock.advance(TimeDelta::minutes(1));
        (&mut task).await.unwrap();
    }

    #[test]
    fn a_running_clock_keeps_the_offset_it_was_given() {
        let clock = DemoClock::running();
        clock.set(instant("2030-01-01T00:00:00Z"));
        let after = clock.now() - instant("2030-01-01T00:00:00Z");
        assert!(after >= TimeDelta::zero() && after < TimeDelta::minutes(1));
    }
}
