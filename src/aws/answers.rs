//! Checks that an answer of AWS fits its request: an interceptor of every client.
//!
//! The SDK parses an empty body, `{}`, `null` and another service's JSON as an answer without
//! any field. A gateway or a proxy can send that instead of AWS, and an absent list is not an
//! empty one. So it is an error of the attempt, which the SDK retries.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::de::IgnoredAny;

/// Rejects answers without the fields that their operation always returns.
#[derive(Debug, Clone, Copy, Default)]
pub struct WholeAnswers;

/// The fields of every successful answer of an operation.
enum Shape {
    /// All of these fields.
    All(&'static [&'static str]),
    /// No field, or one of these.
    AnyOf(&'static [&'static str]),
}

/// The operations that this program uses. STS answers in XML, and the SDK rejects other XML
/// itself.
fn shape(service: &str, operation: &str) -> Option<Shape> {
    use Shape::{All, AnyOf};
    Some(match (service, operation) {
        ("SecurityHub", "ListMembers") => All(&["Members"]),
        ("Organizations", "ListAccounts" | "ListAccountsForParent") => All(&["Accounts"]),
        ("Organizations", "ListRoots") => All(&["Roots"]),
        ("Organizations", "ListOrganizationalUnitsForParent") => All(&["OrganizationalUnits"]),
        ("Account", "ListRegions") => All(&["Regions"]),
        ("DynamoDB", "Query") => All(&["Items", "Count"]),
        ("DynamoDB", "BatchGetItem") => All(&["Responses"]),
        ("DynamoDB", "DescribeTable") => All(&["Table"]),
        ("DynamoDB", "CreateTable") => All(&["TableDescription"]),
        ("DynamoDB", "DescribeTimeToLive") => All(&["TimeToLiveDescription"]),
        ("DynamoDB", "UpdateTimeToLive") => All(&["TimeToLiveSpecification"]),
        ("DynamoDB", "DescribeContinuousBackups" | "UpdateContinuousBackups") => {
            All(&["ContinuousBackupsDescription"])
        }
        ("DynamoDB", "GetItem") => AnyOf(&["Item", "ConsumedCapacity"]),
        ("DynamoDB", "PutItem" | "UpdateItem" | "DeleteItem") => {
            AnyOf(&["Attributes", "ConsumedCapacity", "ItemCollectionMetrics"])
        }
        ("DynamoDB", "TransactWriteItems") => AnyOf(&["ConsumedCapacity", "ItemCollectionMetrics"]),
        _ => return None,
    })
}

/// The content type of DynamoDB and compatible engines. Nothing else distinguishes their `{}`,
/// "no such item", from a gateway's.
const DYNAMODB_JSON: &str = "application/x-amz-json-1.0";

/// Another service's answer, or an incomplete one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Incomplete {
    #[error("the answer to {0} is not a JSON object")]
    NoObject(String),
    #[error("the answer to {0} is not DynamoDB's: its type must be {DYNAMODB_JSON}")]
    Foreign(String),
    #[error("the answer to {0} lacks {1}")]
    Lacks(String, String),
}

fn check(service: &str, operation: &str, response: &HttpResponse) -> Result<(), Incomplete> {
    let Some(shape) = shape(service, operation) else {
        return Ok(());
    };
    if service == "DynamoDB" {
        let kind = response.headers().get("content-type").unwrap_or_default();
        if !kind.starts_with(DYNAMODB_JSON) {
            return Err(Incomplete::Foreign(operation.to_owned()));
        }
    }
    let body = response.body().bytes().unwrap_or_default();
    // Only the top-level names matter; `null` is `None`.
    let answer: BTreeMap<String, Option<IgnoredAny>> =
        serde_json::from_slice(body).map_err(|_| Incomplete::NoObject(operation.to_owned()))?;
    let has = |name: &&str| matches!(answer.get(*name), Some(Some(_)));
    let lacks = |names: &str| Err(Incomplete::Lacks(operation.to_owned(), names.to_owned()));
    match shape {
        Shape::All(names) => match names.iter().find(|name| !has(name)) {
            Some(name) => lacks(name),
            None => Ok(()),
        },
        Shape::AnyOf(names) if answer.is_empty() || names.iter().any(has) => Ok(()),
        Shape::AnyOf(names) => lacks(&names.join(" or ")),
    }
}

#[dyn_dispatch_hint]
impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Ok(_), Some(call)) = (context.output_or_error(), cfg.load::<Metadata>()) {
            check(call.service(), call.name(), context.response())?;
        }
        Ok(())
    }
}

/// A success that is incomplete or cannot be parsed is retried, like a broken connection.
impl ClassifyRetry for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let status = context
            .response()
            .map(|response| response.status().as_u16());
        let is_success = status.is_some_and(|status| (200..300).contains(&status));
        if is_success && matches!(context.output_or_error(), Some(Err(_))) {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(kind: &'static str, body: &'static str) -> HttpResponse {
        let mut answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body));
        answer.headers_mut().insert("content-type", kind);
        answer
    }

    #[test]
    fn an_answer_has_what_its_operation_always_answers() {
        for (service, operation, body, whole) in [
            ("SecurityHub", "ListMembers", r#"{"Members":[]}"#, true),
            ("SecurityHub", "ListMembers", r#"{"Members":null}"#, false),
            ("SecurityHub", "ListMembers", "{}", false),
            ("SecurityHub", "ListMembers", "", false),
            ("SecurityHub", "ListMembers", "null", false),
            ("SecurityHub", "ListMembers", r#"["Members"]"#, false),
            ("SecurityHub", "ListMembers", r#"{"Regions":[]}"#, false),
            ("DynamoDB", "Query", r#"{"Items":[],"Count":0}"#, true),
            ("DynamoDB", "Query", r#"{"Items":[]}"#, false),
            ("DynamoDB", "Query", r#"{"Count":0}"#, false),
            ("DynamoDB", "GetItem", "{}", true),
            ("DynamoDB", "GetItem", r#"{"Item":{}}"#, true),
            ("DynamoDB", "GetItem", "", false),
            ("DynamoDB", "GetItem", r#"{"message":"hm"}"#, false),
            ("DynamoDB", "GetItem", r#"{"Items":[],"Count":0}"#, false),
            ("DynamoDB", "PutItem", "{}", true),
            ("DynamoDB", "PutItem", "", false),
            ("DynamoDB", "TransactWriteItems", "{}", true),
            ("DynamoDB", "TransactWriteItems", "[]", false),
            ("Another", "Anything", "", true),
        ] {
            let response = answer(DYNAMODB_JSON, body);
            let checked = check(service, operation, &response);
            assert_eq!(checked.is_ok(), whole, "{operation} {body}: {checked:?}");
        }
    }

    #[test]
    fn an_empty_answer_is_accepted_from_dynamodb_only() {
        for (kind, whole) in [
            ("application/x-amz-json-1.0", true),
            ("application/x-amz-json-1.0; charset=utf-8", true),
            ("application/json", false),
            ("text/html", false),
        ] {
            let checked = check("DynamoDB", "GetItem", &answer(kind, "{}"));
            assert_eq!(checked.is_ok(), whole, "{kind}: {checked:?}");
        }
    }
}
