//! Parts that the simulated services share: the signer of a request, and the format of responses
//! and errors. It has no state.
//!
//! Errors have the header `x-amzn-ErrorType`, which the SDK reads before the body, and a body
//! with `Code` and `Message`.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::json;

/// A response that is not from AWS, such as from a gateway or proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// The HTTP status.
    pub status: u16,
    /// The response body.
    pub body: &'static str,
}

impl Foreign {
    /// Successful responses without any of the requested data.
    pub const ALL: [Self; 7] = [
        Self::ok(""),
        Self {
            status: 204,
            body: "",
        },
        Self::ok("{}"),
        Self::ok("null"),
        Self::ok("[]"),
        Self::ok(r#"{"message":"Internal Server Error"}"#),
        Self::ok(r#"{"Members":null,"Accounts":null,"Roots":null,"Regions":null}"#),
    ];

    /// Status 200 with this body.
    #[must_use]
    pub const fn ok(body: &'static str) -> Self {
        Self { status: 200, body }
    }

    pub(super) fn response(self) -> Response {
        respond(self.status, "application/json", None, self.body.to_owned())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    Expired,
    Unknown,
}

/// The access key that signed a request, and its Region.
pub(super) struct Signed {
    pub(super) key: String,
    pub(super) region: String,
    pub(super) token: Option<String>,
}

/// Reads access key and Region from a SigV4 credential scope:
/// `AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/securityhub/aws4_request, …`.
pub(super) fn signed(headers: &HeaderMap, service: &str) -> Option<Signed> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let parameters = value.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let parameter = |name: &str| {
        parameters
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .filter(|found| !found.is_empty())
    };
    parameter("Signature")?;
    parameter("SignedHeaders")?;
    let mut scope = parameter("Credential")?.rsplit('/');
    (scope.next()? == "aws4_request").then_some(())?;
    (scope.next()? == service).then_some(())?;
    let region = scope.next()?;
    let date = scope.next()?;
    let key = scope.next()?;
    (date.len() == 8 && !region.is_empty()).then_some(())?;
    let token = headers.get("x-amz-security-token");
    Some(Signed {
        key: key.to_owned(),
        region: region.to_owned(),
        token: token.and_then(|token| Some(token.to_str().ok()?.to_owned())),
    })
}

pub(super) fn failure(status: u16, code: &'static str, message: &str) -> Response {
    let body = json!({ "Code": code, "Message": message }).to_string();
    respond(status, "application/json", Some(code), body)
}

/// The error of all services except STS for an invalid signature.
pub(super) fn denied(why: Denied) -> Response {
    match why {
        Denied::Expired => {
            let message = "The security token included in the request is expired";
            failure(403, "ExpiredTokenException", message)
        }
        Denied::Unknown => {
            let message = "The security token included in the request is invalid.";
            failure(403, "UnrecognizedClientException", message)
        }
    }
}

pub(super) fn respond(
    status: u16,
    content_type: &'static str,
    error: Option<&'static str>,
    body: String,
) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    if let Some(error) = error {
        headers.insert("x-amzn-ErrorType", header::HeaderValue::from_static(error));
    }
    if let Ok(id) = uuid::Uuid::new_v4().to_string().parse() {
        headers.insert("x-amzn-RequestId", id);
    }
    response
}
