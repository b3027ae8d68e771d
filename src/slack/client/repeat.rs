//! The decision whether a call to Slack is tried again.

use super::CallError;
use crate::backoff::Next;
use crate::policies::slack::CALLS;

/// The effect of a retry after an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    /// None.
    Harmless,
    /// People could see the message twice.
    Visible,
}

/// Retries a call if a retry can succeed and does no harm.
pub(super) async fn repeat<T, F: Future<Output = Result<T, CallError>>>(
    repetition: Repetition,
    call: impl Fn() -> F,
) -> Result<T, CallError> {
    let next = |error: &CallError| match error {
        CallError::Refused { .. } | CallError::Endless { .. } => Next::Stop,
        CallError::Unknown { .. } if repetition == Repetition::Visible => Next::Stop,
        CallError::RateLimited { wait, .. } => wait.map_or(Next::Pause, Next::After),
        CallError::NotSent { .. } | CallError::Unknown { .. } => Next::Pause,
    };
    CALLS.run(call, next).await
}
