//! The metrics of the calls to AWS and Slack. Each try counts.

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
    /// It was done.
    Ok,
    /// A condition did not hold: another process was faster.
    Lost,
    /// Too many calls.
    Throttled,
    /// The service does not want to.
    Refused,
    /// The service failed, or its answer was unusable.
    Failed,
    /// No answer in time.
    TimedOut,
    /// The service was not reached, or there are no credentials to sign with.
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
pub(super) struct Calls {
    slack: Family<SlackCall, Counter>,
    aws: Family<AwsCall, Counter>,
}

impl Calls {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let calls = Self {
            slack: Family::default(),
            aws: Family::default(),
        };
        // Alerts look at these, and see none that is not there before it happens.
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
    /// A call to Slack ended.
    pub fn slack_call(&self, method: &'static str, outcome: CallOutcome) {
        let outcome = outcome.name();
        let labels = SlackCall { method, outcome };
        self.calls.slack.get_or_create(&labels).inc();
    }

    /// A call to AWS ended. Service and operation are the SDK's names for them.
    pub fn aws_call(&self, service: &str, operation: &str, outcome: CallOutcome) {
        let labels = AwsCall {
            aws_service: service.to_owned(),
            operation: operation.to_owned(),
            outcome: outcome.name(),
        };
        self.calls.aws.get_or_create(&labels).inc();
    }
}
