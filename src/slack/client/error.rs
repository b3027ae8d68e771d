//! Why a call to Slack failed, made of what the library says. It knows no remedy.

use std::time::Duration;

use slack_morphism::errors::SlackClientError;

use crate::metrics::CallOutcome;

/// A call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// Slack answered `ok: false`.
    #[error("Slack rejected {method}: {code}")]
    Refused {
        /// The method.
        method: &'static str,
        /// Slack's error code.
        code: String,
    },
    /// Slack did not take the call: too many of them.
    #[error("Slack rate-limited {method}")]
    RateLimited {
        /// The method.
        method: &'static str,
        /// How long, if Slack says so.
        wait: Option<Duration>,
    },
    /// The call did not reach Slack.
    #[error("failed to reach Slack for {method}")]
    NotSent {
        /// The method.
        method: &'static str,
    },
    /// Slack names one more page after each.
    #[error("Slack's answer to {method} did not end after {pages} pages")]
    Endless {
        /// The method.
        method: &'static str,
        /// How many pages were read.
        pages: usize,
    },
    /// Nobody knows whether Slack did it.
    #[error("no usable answer from Slack to {method}: {problem}")]
    Unknown {
        /// The method.
        method: &'static str,
        /// The problem.
        problem: String,
    },
}

/// Errors that go away by themselves.
fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "ratelimited"
    )
}

impl CallError {
    pub(super) fn outcome(&self) -> CallOutcome {
        match self {
            Self::Refused { .. } => CallOutcome::Refused,
            Self::RateLimited { .. } => CallOutcome::Throttled,
            Self::NotSent { .. } => CallOutcome::NotSent,
            Self::Unknown { .. } | Self::Endless { .. } => CallOutcome::Failed,
        }
    }

    pub(super) fn new(method: &'static str, error: &SlackClientError) -> Self {
        let unknown = |problem: String| Self::Unknown { method, problem };
        match error {
            SlackClientError::ApiError(error) if is_passing(&error.code) => {
                unknown(error.code.clone())
            }
            SlackClientError::ApiError(error) => Self::Refused {
                method,
                code: error.code.clone(),
            },
            SlackClientError::RateLimitError(error) => Self::RateLimited {
                method,
                wait: error.retry_after,
            },
            SlackClientError::HttpError(error) => match error.status_code.as_u16() {
                // A response_url that is used up or wrong, or not Slack at all.
                status @ (400 | 403 | 404 | 410) => Self::Refused {
                    method,
                    code: format!("http_{status}"),
                },
                status => unknown(format!("HTTP {status}")),
            },
            SlackClientError::HttpProtocolError(error) => {
                let cause = error.cause.as_deref();
                let cause = cause
                    .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
                if cause.is_some_and(hyper_util::client::legacy::Error::is_connect) {
                    Self::NotSent { method }
                } else {
                    unknown("the connection broke".to_owned())
                }
            }
            _ => unknown("the answer is not readable".to_owned()),
        }
    }
}
