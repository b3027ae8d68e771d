//! Security Hub over HTTP: `ListMembers`, in the format that the SDKs expect.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::simulation::SimulatedAws;
use super::state::{Hub, HubFault, OptStatus, SimulatedMember};
use super::wire::{Denied, denied, failure, respond, signed};

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
            // The service's default: only members that are associated with the administrator.
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

/// Opaque to clients; the mock encodes the Region, an offset and the page number.
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

pub(super) async fn list_members(
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
    // Without opt-in, the Region doesn't know the account.
    if state.regions_of(&administrator).get(&region) == Some(&OptStatus::Disabled) {
        return Answer::Now(denied(Denied::Unknown));
    }
    let rate_limit = state.rate_limit;
    let not_enabled = not_enabled(&administrator);
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
    let mut page = Page::of(hub, &listing, &region, &administrator);
    match hub.fault(listing.page) {
        Some(HubFault::Hang) => return Answer::Never,
        Some(HubFault::Foreign(_, foreign)) => return Answer::Now(foreign.response()),
        Some(HubFault::Garbage) => {
            return Answer::Now(respond(200, "application/json", None, "<html>".to_owned()));
        }
        Some(HubFault::RepeatToken) => {
            page.next = Some(listing.token.unwrap_or_else(|| page_token(&region, 0, 2)));
        }
        Some(HubFault::Shrunk(size)) => {
            let end = listing.start + page.members.len();
            page.members.truncate(size.saturating_sub(listing.start));
            if end >= size {
                page.next = None;
            }
        }
        Some(fault) => {
            hub.throttled += usize::from(fault == HubFault::Throttled);
            let (status, code, message) = refusal(fault, &administrator);
            return refuse(status, code, &message);
        }
        None => {}
    }
    if !hub.enabled {
        return refuse(401, "InvalidAccessException", &not_enabled);
    }
    let mut body = json!({ "Members": page.members });
    if let Some(next) = page.next {
        body["NextToken"] = next.into();
    }
    Answer::Now(respond(200, "application/json", None, body.to_string()))
}

/// One page of the list, and the token of the next page.
struct Page {
    members: Vec<Value>,
    next: Option<String>,
}

impl Page {
    fn of(hub: &Hub, listing: &Listing, region: &str, administrator: &str) -> Self {
        let is_listed = |member: &&SimulatedMember| {
            !listing.only_associated || matches!(&*member.status, "Enabled" | "Associated")
        };
        let members: Vec<_> = hub.members.iter().filter(is_listed).collect();
        let end = members.len().min(listing.start + listing.max_results);
        let page = members.get(listing.start.min(end)..end).unwrap_or_default();
        Self {
            members: page
                .iter()
                .map(|member| member_json(member, administrator))
                .collect(),
            next: (end < members.len()).then(|| page_token(region, end, listing.page + 1)),
        }
    }
}

/// The error response of a fault.
fn refusal(fault: HubFault, administrator: &str) -> (u16, &'static str, String) {
    let (status, code, message) = match fault {
        HubFault::AccessDenied => {
            let message = format!(
                "User: arn:aws:sts::{administrator}:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/sam@example.com \
                 is not authorized to perform: securityhub:ListMembers"
            );
            return (403, "AccessDeniedException", message);
        }
        HubFault::NotEnabled => {
            return (401, "InvalidAccessException", not_enabled(administrator));
        }
        HubFault::LimitExceeded => (429, "LimitExceededException", "Rate exceeded"),
        HubFault::Throttled => (429, "TooManyRequestsException", "Too Many Requests"),
        HubFault::ExpiredCredentials => (
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ),
        HubFault::ExpiredPageToken => (400, "InvalidInputException", "NextToken is expired"),
        // The other faults are not error responses.
        _ => (500, "InternalException", "Internal server error"),
    };
    (status, code, message.to_owned())
}

fn not_enabled(administrator: &str) -> String {
    format!("Account {administrator} is not subscribed to AWS Security Hub")
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
