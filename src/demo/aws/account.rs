//! AWS Account Management over HTTP: `ListRegions`.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::simulation::SimulatedAws;
use super::state::OptStatus;
use super::wire::{denied, failure, respond, signed};

/// The page size if the request has no `MaxResults`.
const PAGE: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    max_results: Option<usize>,
    next_token: Option<String>,
    region_opt_status_contains: Option<Vec<String>>,
}

pub(super) async fn list_regions(
    State(aws): State<SimulatedAws>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(signed) = signed(&headers, "account") else {
        let message = "Missing Authentication Token";
        return failure(403, "MissingAuthenticationTokenException", message);
    };
    let account = match aws.account_of(&signed) {
        Ok(account) => account,
        Err(why) => return denied(why),
    };
    let invalid = |message: &str| failure(400, "ValidationException", message);
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return invalid("The request is not what the service expects");
    };
    let size = request.max_results.unwrap_or(PAGE);
    if !(1..=50).contains(&size) {
        return invalid("MaxResults must be between 1 and 50");
    }
    let start = match request.next_token.map(|token| token.parse::<usize>()) {
        None => 0,
        Some(Ok(start)) => start,
        Some(Err(_)) => return invalid("NextToken is not valid"),
    };
    let mut state = aws.lock();
    if let Some(foreign) = state.account(&account).regions_foreign {
        return foreign.response();
    }
    if !state.account(&account).list_regions.admit() {
        return failure(429, "TooManyRequestsException", "Rate exceeded");
    }
    if state.account(&account).regions_denied {
        let message = format!(
            "User: arn:aws:sts::{account}:assumed-role/securityhub-members/demo \
             is not authorized to perform: account:ListRegions"
        );
        return failure(403, "AccessDeniedException", &message);
    }
    let wanted = request.region_opt_status_contains;
    let is_wanted = |status: OptStatus| {
        let wanted = wanted.as_ref();
        wanted.is_none_or(|wanted| wanted.iter().any(|name| name == status.name()))
    };
    let regions = state.regions_of(&account);
    let regions: Vec<_> = regions
        .into_iter()
        .filter(|(_, status)| is_wanted(*status))
        .map(|(name, status)| json!({ "RegionName": name, "RegionOptStatus": status.name() }))
        .collect();
    let end = regions.len().min(start + size);
    let mut answer = json!({ "Regions": regions.get(start..end).unwrap_or_default() });
    if end < regions.len() {
        answer["NextToken"] = end.to_string().into();
    }
    respond(200, "application/json", None, answer.to_string())
}
