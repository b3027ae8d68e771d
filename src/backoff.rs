//! How something is tried again. Pauses grow, and differ from process to process:
//! those that failed together do not come back together.

use std::time::Duration;

/// How often something is tried, and the pauses between two tries. The values
/// are in [`crate::policies`].
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// How many tries there are.
    pub attempts: u32,
    /// The first pause; each is twice the one before it.
    pub first: Duration,
    /// The longest pause, and the longest that another side may ask for.
    pub longest: Duration,
}

/// The step after a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: another try would fail too, or do harm.
    Stop,
    /// The usual pause, then another try.
    Pause,
    /// The pause that the other side asks for, then another try.
    After(Duration),
}

impl Retry {
    /// No end to the tries.
    pub const fn endless(first: Duration, longest: Duration) -> Self {
        Self {
            attempts: u32::MAX,
            first,
            longest,
        }
    }

    /// Some tries with about the same pause between them.
    pub const fn every(pause: Duration, attempts: u32) -> Self {
        Self {
            attempts,
            first: pause,
            longest: pause,
        }
    }

    /// Its pauses.
    pub fn backoff(self) -> Backoff {
        Backoff::new(self.first, self.longest)
    }

    /// Tries until it works, or `next` or the policy ends it.
    ///
    /// # Errors
    ///
    /// That of the last try.
    pub async fn run<T, E, F: Future<Output = Result<T, E>>>(
        self,
        mut attempt: impl FnMut() -> F,
        next: impl Fn(&E) -> Next,
    ) -> Result<T, E> {
        let (mut backoff, mut tries) = (self.backoff(), 1);
        loop {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let pause = match next(&error) {
                Next::Stop => return Err(error),
                Next::Pause => backoff.pause(),
                Next::After(pause) => pause,
            };
            if tries >= self.attempts || pause > self.longest {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            tries = tries.saturating_add(1);
        }
    }
}

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

    #[tokio::test(start_paused = true)]
    async fn a_policy_ends_with_its_tries_a_stop_or_a_pause_that_is_too_long() {
        let retry = Retry {
            attempts: 4,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        };
        for (next, tries) in [
            (Next::Pause, 4),
            (Next::After(Duration::from_secs(30)), 4),
            (Next::After(Duration::from_secs(31)), 1),
            (Next::Stop, 1),
        ] {
            let mut tried = 0;
            let attempt = || {
                tried += 1;
                std::future::ready(Err::<(), _>(tried))
            };
            assert_eq!(retry.run(attempt, |_| next).await, Err(tries), "{next:?}");
        }
        let mut tried = 0;
        let attempt = || {
            tried += 1;
            std::future::ready(if tried < 3 { Err(()) } else { Ok(tried) })
        };
        assert_eq!(retry.run(attempt, |()| Next::Pause).await, Ok(3));
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
