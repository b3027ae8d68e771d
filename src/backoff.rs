//! Pauses between tries that grow, and differ from process to process: those
//! that failed together do not come back together.

use std::time::Duration;

/// The pauses before the next tries.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses that double from `first` to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first.min(longest),
        }
    }

    /// The next pause: by chance between a half of it and the whole.
    pub fn pause(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.longest);
        whole.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// After a success the pauses begin anew.
    pub fn reset(&mut self) {
        self.next = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_never_shorter_than_a_half() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        for round in 0..100 {
            for whole in [1, 2, 4, 5, 5] {
                let whole = Duration::from_secs(whole);
                let pause = backoff.pause();
                assert!(whole / 2 <= pause && pause <= whole, "{round}: {pause:?}");
            }
            backoff.reset();
        }
    }

    #[test]
    fn two_processes_do_not_pause_alike() {
        let pauses = || {
            let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
            (0..8).map(|_| backoff.pause()).collect::<Vec<_>>()
        };
        assert_ne!(pauses(), pauses());
    }
}
