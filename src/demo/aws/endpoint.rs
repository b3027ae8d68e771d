//! The wire: who signed a request, and Security Hub `ListMembers`, as the SDKs expect it.
//!
//! Errors carry `x-amzn-ErrorType`, which the SDK reads before the body, and a
//! body with `Code` and `Message`.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::account::list_regions;
use super::sts::sts;
use super::{Denied, HubFault, OptStatus, Signed, SimulatedAws, SimulatedMember, organizations};

pub(super) fn router(aws: SimulatedAws) -> Router {
    Router::new()
        .route("/", post(at_the_root))
        .route("/listRegions", post(list_regions))
        .route("/members", get(list_members))
        .fallback(|| async {
            failure(
                404,
                "UnknownOperationException",
                "This operation is not simulated.",
            )
        })
        .with_state(aws)
}

/// The key and the Region of a SigV4 credential scope:
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

/// STS, and Organizations, whose requests name their operation in a header.
async fn at_the_root(State(aws): State<SimulatedAws>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(target) = headers.get("x-amz-target") {
        let target = target.to_str().unwrap_or_default();
        return organizations::answer(&aws, &headers, target, &body);
    }
    sts(&aws, &headers, &body)
}

/// The parameters of one `ListMembers` request.
struct Listing {
    only_associated: bool,
    max_results: usize,
    start: usize,
    page: usize,
    token: Option<String>,
}

impl Listing {
    fn parse(query: &str, region: &str) -> Result<Self, String> {
        let mut listing = Self {
            // The service's default: enabled members only.
            only_associated: true,
            max_results: 50,
            start: 0,
            page: 1,
            token: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "OnlyAssociated" => {
                    listing.only_associated = value
                        .parse()
                        .map_err(|_| format!("Invalid parameter: OnlyAssociated: {value}"))?;
                }
                "MaxResults" => {
                    listing.max_results = value
                        .parse()
                        .ok()
                        .filter(|number| (1..=50).contains(number))
                        .ok_or("Invalid parameter: MaxResults must be between 1 and 50")?;
                }
                "NextToken" => {
                    (listing.start, listing.page) =
                        read_token(&value, region).ok_or("Invalid parameter: NextToken")?;
                    listing.token = Some(value.into_owned());
                }
                _ => {}
            }
        }
        Ok(listing)
    }
}

/// Pages are opaque to the caller; here they name the Region, an offset and the page's number.
fn page_token(region: &str, start: usize, page: usize) -> String {
    hex::encode(format!("{region}/{start}/{page}"))
}

fn read_token(token: &str, region: &str) -> Option<(usize, usize)> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let (start, page) = text
        .strip_prefix(region)?
        .strip_prefix('/')?
        .split_once('/')?;
    Some((start.parse().ok()?, page.parse().ok()?))
}

async fn list_members(
    State(aws): State<SimulatedAws>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    match answer(&aws, &headers, query.as_deref().unwrap_or_default()) {
        Answer::Now(response) => response,
        Answer::Never => std::future::pending().await,
    }
}

enum Answer {
    Now(Response),
    Never,
}

fn answer(aws: &SimulatedAws, headers: &HeaderMap, query: &str) -> Answer {
    let refuse = |status, code, message: &str| Answer::Now(failure(status, code, message));
    let Some(signed) = signed(headers, "securityhub") else {
        return refuse(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        );
    };
    let administrator = match aws.account_of(&signed) {
        Ok(account) => account,
        Err(why) => return Answer::Now(denied(why)),
    };
    let region = signed.region;
    let mut state = aws.lock();
    // In a Region that is not opted into, nobody knows the account.
    if state.regions_of(&administrator).get(&region) == Some(&OptStatus::Disabled) {
        return Answer::Now(denied(Denied::Unknown));
    }
    let rate_limit = state.rate_limit;
    let not_enabled = format!("Account {administrator} is not subscribed to AWS Security Hub");
    let Some(hub) = state.hubs.get_mut(&(administrator.clone(), region.clone())) else {
        return refuse(401, "InvalidAccessException", &not_enabled);
    };
    hub.requests += 1;
    if rate_limit && !hub.bucket.admit() {
        hub.throttled += 1;
        return refuse(429, "TooManyRequestsException", "Too Many Requests");
    }
    let listing = match Listing::parse(query, &region) {
        Ok(listing) => listing,
        Err(message) => return refuse(400, "InvalidInputException", &message),
    };
    let mut members: Vec<&SimulatedMember> = hub
        .members
        .iter()
        .filter(|member| {
            !listing.only_associated || matches!(&*member.status, "Enabled" | "Associated")
        })
        .collect();
    let end = members.len().min(listing.start + listing.max_results);
    let mut next = (end < members.len()).then(|| page_token(&region, end, listing.page + 1));
    let mut page: Vec<Value> = members
        .drain(listing.start.min(end)..end)
        .map(|member| member_json(member, &administrator))
        .collect();
    let enabled = hub.enabled;
    match hub.fault(listing.page) {
        None => {}
        Some(HubFault::AccessDenied) => {
            return refuse(
                403,
                "AccessDeniedException",
                &format!(
                    "User: arn:aws:sts::{administrator}:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/sam@example.com \
                     is not authorized to perform: securityhub:ListMembers"
                ),
            );
        }
        Some(HubFault::NotEnabled) => return refuse(401, "InvalidAccessException", &not_enabled),
        Some(HubFault::ErrorOnPage(_)) => {
            return refuse(500, "InternalException", "Internal server error");
        }
        Some(HubFault::LimitExceeded) => {
            return refuse(429, "LimitExceededException", "Rate exceeded");
        }
        Some(HubFault::Throttled) => {
            hub.throttled += 1;
            return refuse(429, "TooManyRequestsException", "Too Many Requests");
        }
        Some(HubFault::Hang) => return Answer::Never,
        Some(HubFault::RepeatToken) => {
            next = Some(listing.token.unwrap_or_else(|| page_token(&region, 0, 2)));
        }
        Some(HubFault::Shrunk(size)) => {
            page.truncate(size.saturating_sub(listing.start));
            if end >= size {
                next = None;
            }
        }
        Some(HubFault::ExpiredCredentials) => {
            let message = "The security token included in the request is expired";
            return refuse(403, "ExpiredTokenException", message);
        }
        Some(HubFault::ExpiredPageToken) => {
            return refuse(400, "InvalidInputException", "NextToken is expired");
        }
        Some(HubFault::Foreign(_, foreign)) => return Answer::Now(foreign.response()),
        Some(HubFault::Garbage) => {
            return Answer::Now(respond(200, "application/json", None, "<html>".to_owned()));
        }
    }
    if !enabled {
        return refuse(401, "InvalidAccessException", &not_enabled);
    }
    let mut body = json!({ "Members": page });
    if let Some(next) = next {
        body["NextToken"] = next.into();
    }
    Answer::Now(respond(200, "application/json", None, body.to_string()))
}

fn member_json(member: &SimulatedMember, administrator: &str) -> Value {
    let mut json = json!({
        "AccountId": member.account_id,
        "Email": member.email,
        "MasterId": administrator,
        "AdministratorId": administrator,
        "MemberStatus": member.status,
        "UpdatedAt": timestamp(member.updated_at),
    });
    if let Some(invited_at) = member.invited_at {
        json["InvitedAt"] = timestamp(invited_at).into();
    }
    json
}

/// restJson1 sends these fields as `date-time`: ISO 8601.
fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn failure(status: u16, code: &'static str, message: &str) -> Response {
    let body = json!({ "Code": code, "Message": message }).to_string();
    respond(status, "application/json", Some(code), body)
}

/// What a service but STS says of a signature that is worth nothing.
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
