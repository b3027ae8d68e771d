//! Counts the calls to every AWS service: an interceptor of every client.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::metrics::{CallOutcome, Metrics};

/// Counts each attempt of each call.
#[derive(Debug, Clone, Default)]
pub struct CountCalls(Metrics);

impl CountCalls {
    /// Counts in `metrics`.
    pub fn new(metrics: Metrics) -> Self {
        Self(metrics)
    }
}

#[dyn_dispatch_hint]
impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = cfg.load::<Metadata>() {
            self.0
                .aws_call(call.service(), call.name(), outcome(context));
        }
        Ok(())
    }
}

fn outcome(context: &FinalizerInterceptorContextRef<'_>) -> CallOutcome {
    let error = match context.output_or_error() {
        Some(Ok(_)) => return CallOutcome::Ok,
        Some(Err(error)) => error,
        None => return CallOutcome::Failed,
    };
    let connector = error.as_connector_error();
    if error.is_timeout_error() || connector.is_some_and(|error| error.is_timeout()) {
        return CallOutcome::TimedOut;
    }
    match context.response() {
        Some(response) if error.is_operation_error() => refusal(response),
        Some(_) => CallOutcome::Failed,
        None => CallOutcome::NotSent,
    }
}

/// The outcome of a call that the service answered with an error.
fn refusal(response: &HttpResponse) -> CallOutcome {
    let code = code(response).unwrap_or_default();
    match response.status().as_u16() {
        _ if is_throttling(&code) => CallOutcome::Throttled,
        429 => CallOutcome::Throttled,
        500.. => CallOutcome::Failed,
        _ if is_race(&code) => CallOutcome::Lost,
        _ => CallOutcome::Refused,
    }
}

/// The service's error code: in a header, or in the JSON of the body,
/// there with a prefix.
fn code(response: &HttpResponse) -> Option<String> {
    let header = response.headers().get("x-amzn-errortype");
    let body = || {
        let body: serde_json::Value = serde_json::from_slice(response.body().bytes()?).ok()?;
        let code = body.get("__type").or_else(|| body.get("code"))?;
        code.as_str().map(str::to_owned)
    };
    let code = header.map(str::to_owned).or_else(body)?;
    let code = code.rsplit('#').next()?.split(':').next()?;
    Some(code.to_owned())
}

fn is_throttling(code: &str) -> bool {
    [
        "Throttl",
        "TooManyRequests",
        "RequestLimitExceeded",
        "ThroughputExceeded",
    ]
    .iter()
    .any(|part| code.contains(part))
}

/// Another process was faster. A transaction is canceled for other reasons too, and all of
/// them mean that the item had changed.
fn is_race(code: &str) -> bool {
    matches!(
        code,
        "ConditionalCheckFailedException"
            | "TransactionCanceledException"
            | "TransactionConflictException"
            | "TransactionInProgressException"
    )
}
