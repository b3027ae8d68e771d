//! The metrics of the calls to AWS and Slack. Each attempt counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SlackCall {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AwsCall {
    aws_service: String,
    operation: String,
    outcome: &'static str,
}

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// Success.
    Ok,
    /// A condition failed, because another process was faster.
    Lost,
    /// The service throttled the call.
    Throttled,
    /// The service rejected the call.
    Refused,
    /// The service failed, or its answer was unusable.
    Failed,
    /// No answer in time.
    TimedOut,
    /// The service could not be reached, or there were no credentials.
    NotSent,
}

impl CallOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Lost => "lost",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::NotSent => "not_sent",
        }
    }
}

#[derive(Clone)]
pub(super) struct CallMetrics {
    slack: Family<SlackCall, Counter>,
    aws: Family<AwsCall, Counter>,
}

impl CallMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let calls = Self {
            slack: Family::default(),
            aws: Family::default(),
        };
        // Create the series for alerts now: an alert misses an increase that creates its series.
        for method in ["auth.test", "chat.postMessage"] {
            for outcome in [CallOutcome::Ok, CallOutcome::Refused] {
                let outcome = outcome.name();
                drop(calls.slack.get_or_create(&SlackCall { method, outcome }));
            }
        }
        registry.register(
            "slack_calls",
            "Attempts of calls to Slack, by method and outcome",
            calls.slack.clone(),
        );
        registry.register(
            "aws_calls",
            "Attempts of calls to AWS, by service, operation and outcome",
            calls.aws.clone(),
        );
        calls
    }
}

impl Metrics {
    /// Counts an attempt of a call to Slack.
    pub fn slack_call(&self, method: &'static str, outcome: CallOutcome) {
        let outcome = outcome.name();
        let labels = SlackCall { method, outcome };
        self.calls.slack.get_or_create(&labels).inc();
    }

    /// Counts an attempt of a call to AWS. `service` and `operation` are the SDK's names.
    pub fn aws_call(&self, service: &str, operation: &str, outcome: CallOutcome) {
        let labels = AwsCall {
            aws_service: service.to_owned(),
            operation: operation.to_owned(),
            outcome: outcome.name(),
        };
        self.calls.aws.get_or_create(&labels).inc();
    }
}
