//! Limits a frequent log line to one in ten seconds, with its number.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The shortest interval between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// Counts occurrences of an event, and limits its lines.
#[derive(Debug, Default)]
pub struct LogThrottle(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    said: Option<Instant>,
    since: u64,
}

impl LogThrottle {
    /// Counts an occurrence. If a line is due, returns the number of occurrences since the
    /// last one.
    pub fn happened(&self) -> Option<u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.since += 1;
        if counted.said.is_some_and(|said| said.elapsed() < EVERY) {
            return None;
        }
        counted.said = Some(Instant::now());
        Some(std::mem::take(&mut counted.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_said_at_once_and_those_after_it_together() {
        let throttle = LogThrottle::default();
        assert_eq!(throttle.happened(), Some(1));
        assert_eq!(throttle.happened(), None);
        tokio::time::advance(EVERY / 2).await;
        assert_eq!(throttle.happened(), None);
        tokio::time::advance(EVERY / 2).await;
        assert_eq!(throttle.happened(), Some(3));
        assert_eq!(throttle.happened(), None);
    }
}
