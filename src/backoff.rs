//! Retries with exponential backoff and jitter, so that processes that failed together don't
//! retry together.

use std::time::Duration;

/// A retry policy. The values are in [`crate::policies`].
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The number of attempts.
    pub attempts: u32,
    /// The first pause. Each further pause is twice as long.
    pub first: Duration,
    /// The longest pause, also if the service asks for a longer one.
    pub longest: Duration,
}

/// The step after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Stop: a retry would fail too, or do harm.
    Stop,
    /// Retry after the usual pause.
    Pause,
    /// Retry after the pause that the service asked for.
    After(Duration),
}

impl Retry {
    /// Retries without a limit.
    pub const fn endless(first: Duration, longest: Duration) -> Self {
        Self {
            attempts: u32::MAX,
            first,
            longest,
        }
    }

    /// A limited number of attempts with about the same pause between them.
    pub const fn every(pause: Duration, attempts: u32) -> Self {
        Self {
            attempts,
            first: pause,
            longest: pause,
        }
    }

    /// The pauses of this policy.
    pub fn backoff(self) -> Backoff {
        Backoff::new(self.first, self.longest)
    }

    /// Retries until success, or until `next` or the policy stops it.
    ///
    /// # Errors
    ///
    /// The error of the last attempt.
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

/// The pauses between attempts.
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

    /// The next pause, at random between half of it and all of it.
    pub fn pause(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.longest);
        whole.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Starts over with the first pause, after a success.
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
