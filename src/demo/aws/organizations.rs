//! Organizations over HTTP (`x-amz-json-1.1`): the accounts of the caller's organization, its
//! root and OUs.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::organization::{Organization, OrganizationFault, SimulatedAccount, email};
use super::simulation::SimulatedAws;
use super::wire::{Foreign, respond, signed};

const ROOT: &str = "r-demo";

/// Answers the operation in the header `X-Amz-Target`.
pub(super) fn answer(
    aws: &SimulatedAws,
    headers: &HeaderMap,
    target: &str,
    body: &Bytes,
) -> Response {
    if let Some(foreign) = foreign(aws, target, body) {
        return foreign.response();
    }
    match page(aws, headers, target, body) {
        Ok(body) => json_answer(200, &body),
        Err((code, message)) => json_answer(400, &json!({ "__type": code, "Message": message })),
    }
}

fn foreign(aws: &SimulatedAws, target: &str, body: &Bytes) -> Option<Foreign> {
    let (_, asked) = target.split_once('.')?;
    match aws.lock().organization.fault? {
        OrganizationFault::Foreign(operation, foreign) if operation == asked => Some(foreign),
        OrganizationFault::ForeignOnLaterPages(operation, foreign) if operation == asked => {
            let request: Value = serde_json::from_slice(body).ok()?;
            (!request["NextToken"].is_null()).then_some(foreign)
        }
        _ => None,
    }
}

fn json_answer(status: u16, body: &Value) -> Response {
    respond(status, "application/x-amz-json-1.1", None, body.to_string())
}

type Refusal = (&'static str, String);

fn page(
    aws: &SimulatedAws,
    headers: &HeaderMap,
    target: &str,
    body: &Bytes,
) -> Result<Value, Refusal> {
    if signed(headers, "organizations").is_none() {
        let message = "Missing Authentication Token".to_owned();
        return Err(("MissingAuthenticationTokenException", message));
    }
    let operation = target
        .strip_prefix("AWSOrganizationsV20161128.")
        .unwrap_or_default();
    let mut state = aws.lock();
    let administrator = state.caller.clone();
    let organization = &mut state.organization;
    organization.requests += 1;
    let request: Value = serde_json::from_slice(body)
        .map_err(|_| ("SerializationException", "The body is no JSON".to_owned()))?;
    refuse(organization, operation, &administrator)?;
    let start = start(&request, organization.fault)?;
    let most = match &request["MaxResults"] {
        Value::Null => 20,
        given => given
            .as_u64()
            .and_then(|most| usize::try_from(most).ok())
            .filter(|most| (1..=20).contains(most))
            .ok_or_else(|| invalid("MaxResults must be between 1 and 20"))?,
    };
    let units = units(&organization.accounts);
    let parent = || parent(&request, &units);
    let account = |account: &SimulatedAccount| account_json(account, &administrator);
    let accounts = organization.accounts.iter();
    let (name, all): (_, Vec<Value>) = match operation {
        "ListRoots" => ("Roots", vec![json!({ "Id": ROOT, "Name": "Root" })]),
        "ListAccounts" => ("Accounts", accounts.map(account).collect()),
        "ListAccountsForParent" => {
            let parent = parent()?;
            let of_it = accounts.filter(|account| account.unit == parent);
            ("Accounts", of_it.map(account).collect())
        }
        "ListOrganizationalUnitsForParent" => {
            let parent = parent()?;
            let below = units.iter().enumerate().filter(|(_, unit)| {
                let (above, _) = unit.rsplit_once('/').unwrap_or(("", unit));
                above == parent
            });
            let unit = |(index, unit): (usize, &String)| {
                let (_, name) = unit.rsplit_once('/').unwrap_or(("", unit));
                json!({ "Id": unit_id(index), "Name": name })
            };
            ("OrganizationalUnits", below.map(unit).collect())
        }
        _ => {
            let message = "This operation is not simulated.".to_owned();
            return Err(("UnknownOperationException", message));
        }
    };
    let end = all.len().min(start + most);
    let mut answer = json!({ name: all.get(start..end).unwrap_or_default() });
    if organization.fault == Some(OrganizationFault::RepeatToken) {
        answer["NextToken"] = "0".into();
    } else if end < all.len() {
        answer["NextToken"] = end.to_string().into();
    }
    Ok(answer)
}

fn invalid(message: &str) -> Refusal {
    ("InvalidInputException", message.to_owned())
}

/// Errors that come before the request's content matters.
fn refuse(
    organization: &Organization,
    operation: &str,
    administrator: &str,
) -> Result<(), Refusal> {
    if organization.accounts.is_empty() {
        let message = "Your account is not a member of an organization.".to_owned();
        return Err(("AWSOrganizationsNotInUseException", message));
    }
    let of_units = operation != "ListAccounts";
    match organization.fault {
        Some(OrganizationFault::UnitsDenied) if !of_units => Ok(()),
        Some(OrganizationFault::AccessDenied | OrganizationFault::UnitsDenied) => {
            let message = format!(
                "User: arn:aws:sts::{administrator}:assumed-role/Audit_0a/sam@example.com is not authorized to perform: organizations:{operation}"
            );
            Err(("AccessDeniedException", message))
        }
        Some(OrganizationFault::Throttled) => {
            let message = "AWS Organizations can't complete your request because another request is already in progress.";
            Err(("TooManyRequestsException", message.to_owned()))
        }
        _ => Ok(()),
    }
}

fn start(request: &Value, fault: Option<OrganizationFault>) -> Result<usize, Refusal> {
    let token = match &request["NextToken"] {
        Value::Null => return Ok(0),
        token => token.as_str().unwrap_or_default(),
    };
    if fault == Some(OrganizationFault::ErrorOnLaterPages) {
        let message = "AWS Organizations can't complete your request.".to_owned();
        return Err(("ServiceException", message));
    }
    token
        .parse()
        .map_err(|_| invalid("You provided an invalid value for NextToken"))
}

/// All OUs that contain an account, with their parent OUs.
fn units(accounts: &[SimulatedAccount]) -> Vec<String> {
    let mut units = BTreeSet::new();
    for account in accounts {
        let mut path = account.unit.as_str();
        while !path.is_empty() {
            units.insert(path.to_owned());
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
    units.into_iter().collect()
}

fn unit_id(index: usize) -> String {
    format!("ou-demo-{index:08}")
}

/// The path of the OU in the request; empty for the root.
fn parent(request: &Value, units: &[String]) -> Result<String, Refusal> {
    let id = request["ParentId"].as_str().unwrap_or_default();
    if id == ROOT {
        return Ok(String::new());
    }
    let unit = units.iter().enumerate();
    let unit = unit
        .map(|(index, unit)| (unit_id(index), unit))
        .find(|(known, _)| known == id);
    let unit = unit.map(|(_, unit)| unit.clone());
    unit.ok_or_else(|| {
        let message = "You specified a parent that doesn't exist.".to_owned();
        ("ParentNotFoundException", message)
    })
}

fn account_json(account: &SimulatedAccount, administrator: &str) -> Value {
    let mut json = json!({
        "Id": account.id,
        "Arn": format!("arn:aws:organizations::{administrator}:account/o-demo/{}", account.id),
        "Email": email(&account.name),
        "Name": account.name,
        "JoinedMethod": "CREATED",
    });
    for (name, value) in [("State", &account.state), ("Status", &account.status)] {
        if !value.is_empty() {
            json[name] = value.as_str().into();
        }
    }
    json
}
