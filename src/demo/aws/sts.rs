//! STS over HTTP: `GetCallerIdentity`, and `AssumeRole` with the sessions it creates.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{SecondsFormat, TimeDelta};

use super::simulation::SimulatedAws;
use super::state::{Role, Session};
use super::wire::{Denied, respond, signed};
use crate::clock::{Clock as _, SystemClock};

/// AWS's default duration of a session, in seconds.
const HOUR: u32 = 3_600;
/// AWS's limits for the duration of a session, in seconds.
const DURATION: std::ops::RangeInclusive<u32> = 900..=43_200;

pub(super) fn sts(aws: &SimulatedAws, headers: &HeaderMap, body: &[u8]) -> Response {
    let Some(signed) = signed(headers, "sts") else {
        let message = "Request is missing Authentication Token";
        return failure(403, "MissingAuthenticationToken", message);
    };
    let account = match aws.account_of(&signed) {
        Ok(account) => account,
        Err(Denied::Expired) => {
            let message = "The security token included in the request is expired";
            return failure(403, "ExpiredToken", message);
        }
        Err(Denied::Unknown) => {
            let message = "The security token included in the request is invalid.";
            return failure(403, "InvalidClientTokenId", message);
        }
    };
    let parameter = |wanted: &str| {
        form_urlencoded::parse(body)
            .find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
    };
    match parameter("Action").as_deref() {
        Some("GetCallerIdentity") => caller_identity(aws, &account),
        Some("AssumeRole") => assume_role(aws, &account, parameter),
        _ => failure(
            400,
            "InvalidAction",
            "Could not find operation for this version",
        ),
    }
}

fn caller_identity(aws: &SimulatedAws, account: &str) -> Response {
    if aws.lock().identity_fails {
        return failure(
            403,
            "AccessDenied",
            "The caller's identity is not available",
        );
    }
    answer(
        "GetCallerIdentity",
        &format!(
            "<Arn>arn:aws:sts::{account}:assumed-role/securityhub-members/demo</Arn>\
             <UserId>AROADEMODEMODEMODEMO1:demo</UserId><Account>{account}</Account>"
        ),
    )
}

fn assume_role(
    aws: &SimulatedAws,
    caller: &str,
    parameter: impl Fn(&str) -> Option<String>,
) -> Response {
    let invalid = |message: &str| failure(400, "ValidationError", message);
    let (Some(arn), Some(name)) = (parameter("RoleArn"), parameter("RoleSessionName")) else {
        return invalid("RoleArn and RoleSessionName must not be null");
    };
    let plain = |text: &str, more: &str| {
        let letter = |letter: char| letter.is_ascii_alphanumeric() || more.contains(letter);
        text.chars().all(letter)
    };
    if !(2..=64).contains(&name.len()) || !plain(&name, "_=,.@-") {
        return invalid("1 validation error detected: Value at 'roleSessionName' is not valid");
    }
    let external_id = parameter("ExternalId");
    if let Some(id) = &external_id
        && (!(2..=1224).contains(&id.len()) || !plain(id, "_+=,.@:/-"))
    {
        return invalid("1 validation error detected: Value at 'externalId' is not valid");
    }
    let seconds = parameter("DurationSeconds").map_or(Ok(HOUR), |seconds| seconds.parse());
    let Some(seconds) = seconds.ok().filter(|seconds| DURATION.contains(seconds)) else {
        return invalid("1 validation error detected: Value at 'durationSeconds' is not valid");
    };
    let mut state = aws.lock();
    let now = state.now();
    let passed = TimeDelta::from_std(state.passed).unwrap_or(TimeDelta::MAX);
    // As in AWS, the error is the same for a missing role, a missing trust and a wrong external
    // ID.
    let trusting = state.roles.get_mut(&arn);
    let trusting = trusting.filter(|role: &&mut Role| {
        let wanted = role.external_id.as_ref();
        role.trusts && wanted.is_none_or(|wanted| Some(wanted) == external_id.as_ref())
    });
    let Some(role) = trusting else {
        let message = format!(
            "User: arn:aws:sts::{caller}:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/sam@example.com \
             is not authorized to perform: sts:AssumeRole on resource: {arn}"
        );
        return failure(403, "AccessDenied", &message);
    };
    role.assumed += 1;
    let account = role.account.clone();
    let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
    let key = format!("ASIA{}", id.get(..16).unwrap_or_default());
    let token = format!("session-{id}");
    state.sessions.insert(
        key.clone(),
        Session {
            account: account.clone(),
            token: token.clone(),
            until: now + Duration::from_secs(seconds.into()),
        },
    );
    let expiration = SystemClock.now() + passed + TimeDelta::seconds(seconds.into());
    let expiration = expiration.to_rfc3339_opts(SecondsFormat::Millis, true);
    let role = arn.rsplit('/').next().unwrap_or_default();
    answer(
        "AssumeRole",
        &format!(
            "<AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/{role}/{name}</Arn>\
             <AssumedRoleId>AROADEMODEMODEMODEMO1:{name}</AssumedRoleId></AssumedRoleUser>\
             <Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey>\
             <SessionToken>{token}</SessionToken>\
             <Expiration>{expiration}</Expiration></Credentials>"
        ),
    )
}

fn answer(action: &str, result: &str) -> Response {
    let id = uuid::Uuid::new_v4();
    let body = format!(
        r#"<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"#
    );
    respond(200, "text/xml", None, body)
}

fn failure(status: u16, code: &str, message: &str) -> Response {
    let id = uuid::Uuid::new_v4();
    let body = format!(
        r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"#
    );
    respond(status, "text/xml", None, body)
}
