//! The errors of calls to Slack, made from those of the library. The remedies are elsewhere.

use std::error::Error;
use std::time::Duration;

use slack_morphism::errors::SlackClientError;

use crate::connector::ConnectError;
use crate::metrics::CallOutcome;

/// The error of a call to Slack.
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
    /// Slack rate-limited the call.
    #[error("Slack rate-limited {method}")]
    RateLimited {
        /// The method.
        method: &'static str,
        /// The value of `Retry-After`, if Slack sent it.
        wait: Option<Duration>,
    },
    /// The call did not reach Slack.
    #[error("failed to reach Slack for {method}{}", after_colon(.cause.as_ref()))]
    NotSent {
        /// The method.
        method: &'static str,
        /// The reason that there was no connection, if one was tried.
        cause: Option<ConnectError>,
    },
    /// Slack returned a cursor even after the last allowed page.
    #[error("Slack's answer to {method} did not end after {pages} pages")]
    Endless {
        /// The method.
        method: &'static str,
        /// The number of pages read.
        pages: usize,
    },
    /// It is unknown whether Slack processed the call.
    #[error("no usable answer from Slack to {method}: {problem}")]
    Unknown {
        /// The method.
        method: &'static str,
        /// The problem.
        problem: String,
    },
}

fn after_colon(cause: Option<&ConnectError>) -> String {
    cause.map_or_else(String::new, |cause| format!(": {cause}"))
}

/// Errors that are temporary.
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
    /// A call for which no connection was tried.
    pub(in crate::slack) fn not_sent(method: &'static str) -> Self {
        let cause = None;
        Self::NotSent { method, cause }
    }

    /// A call without a connection, for this reason.
    pub(in crate::slack) fn not_connected(
        method: &'static str,
        error: &(dyn Error + 'static),
    ) -> Self {
        let cause = Some(ConnectError::of(error));
        Self::NotSent { method, cause }
    }

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
                // The response_url has expired or is wrong, or the server is not Slack.
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
                match cause {
                    Some(cause) if cause.is_connect() => Self::not_connected(method, cause),
                    _ => unknown("the connection broke".to_owned()),
                }
            }
            _ => unknown("the answer is not readable".to_owned()),
        }
    }
}
