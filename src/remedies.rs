//! The remedies: what to do about each thing that can be wrong, one sentence each.
//! `check`, `/readyz`, the log and the errors of commands take theirs from here.
//! Faults are found elsewhere.

use std::io::ErrorKind;

use crate::domain::hub::{Region, UnreadReason};
use crate::partition;
use crate::settings::organization::ReadOrganization;

/// A secret that others can read on the command line.
pub const EXPOSED_SECRET: &str =
    "set it in the environment, or in a file: SLACK_BOT_TOKEN_FILE=/run/secrets/…";
/// A file with a secret that others can read or change.
pub const OPEN_SECRET_FILE: &str =
    "let only the bot's user read it: `chmod 600`, in Kubernetes defaultMode 0440";
/// A signing secret that does not look like Slack's.
pub const SIGNING_SECRET: &str =
    "compare SLACK_SIGNING_SECRET with Basic Information → App Credentials of the app";
/// A file of names with faults.
pub const NAMES_FILE: &str = "correct NAMES_FILE: a CSV file with a heading like id,name,unit (docs/configuration.md, Names and the organization)";
/// A clock that differs from the services'.
pub const CLOCK: &str = "set this machine's clock over the network (NTP)";
/// A machine that trusts nobody.
pub const CERTIFICATES: &str = "install the certificate authorities (Debian: ca-certificates)";

/// A scope that the bot token lacks.
pub const SCOPE: &str = "add the scope under OAuth & Permissions of the app (manifest.yml has the list), and install the app again";
/// No connection in Socket Mode.
pub const NO_SOCKET: &str = "the bot has to reach https://slack.com and wss://*.slack.com";

/// Credentials that AWS does not take.
pub const CREDENTIALS: &str =
    "check AWS_PROFILE or the task's role: `aws sts get-caller-identity` must work";
/// AWS settings that cannot be read.
pub const AWS_SETTINGS: &str = "look at ~/.aws/config and AWS_PROFILE";
/// No Region at all.
pub const NO_REGION: &str = "set REGIONS, for example REGIONS=eu-west-1,us-east-1, or AWS_REGION";
/// An empty member list.
pub const EMPTY_LIST: &str =
    "if there are members, these are not the credentials of the administrator account";
/// A KMS key that cannot be used, whichever service says it.
pub const KMS_KEY: &str = "allow the role to use the KMS key that AWS names, in the key's policy too, and see that it is enabled";

/// DynamoDB, or the table, cannot be used.
pub const DYNAMODB: &str = "check AWS_REGION, the way to DynamoDB (AWS_ENDPOINT_URL_DYNAMODB, proxies, VPC endpoints), and what the role may do with the table (docs/security.md, Least IAM policy)";
/// Something that the role may not do with the table.
pub const TABLE_DENIED: &str =
    "allow what the policy names, for this table (docs/security.md, Least IAM policy)";
/// No table.
pub const NO_TABLE: &str = "run `securityhub-members create-table`";
/// A table that lacks something.
pub const TABLE_INCOMPLETE: &str =
    "run `securityhub-members create-table` once more: it sets what is not set";
/// A table with another key.
pub const FOREIGN_TABLE: &str =
    "another program's table: give the bot one of its own with TABLE_NAME";
/// A table that AWS is working on.
pub const TABLE_BUSY: &str = "wait until AWS has finished with it";
/// A table with another expiry.
pub const FOREIGN_EXPIRY: &str =
    "turn its TTL off, and run `securityhub-members create-table` an hour later";
/// A table that can be deleted.
pub const UNPROTECTED: &str =
    "aws dynamodb update-table --deletion-protection-enabled --table-name …";
/// A table that another release wrote.
pub const SCHEMA: &str = "docs/operations.md, Upgrades and rollbacks";
/// A stored history that is not as it was written.
pub const DAMAGED: &str = "restore the table, or let the history of this hub begin again \
                           (docs/operations.md, A damaged history)";
/// An embedded store that cannot be opened.
pub const EMBEDDED_STORE: &str =
    "is EMBEDDED_STORE the file of this bot, and may this user write it?";

/// Any other code of Slack's.
const OTHERWISE: &str = "Slack's documentation explains the code: https://docs.slack.dev";

/// A code with which Slack refuses a call with the bot token.
pub fn slack(code: &str) -> &'static str {
    match code {
        "channel_not_found" => {
            "SLACK_CHANNEL must be the channel's id; invite the bot if it is private"
        }
        "not_in_channel" => "invite the bot to the channel: /invite @securityhub-members",
        "is_archived" => "the channel is archived: choose another SLACK_CHANNEL",
        "invalid_auth" | "not_authed" | "token_revoked" | "account_inactive" | "token_expired" => {
            "SLACK_BOT_TOKEN is no longer valid: install the app again and take the new token"
        }
        "missing_scope" => SCOPE,
        "restricted_action" => {
            "the workspace's settings keep apps from posting in the channel: ask its owners"
        }
        code if code.starts_with("http_") => {
            "something else answered in the place of Slack: look at SLACK_API_URL, proxies, firewalls"
        }
        _ => OTHERWISE,
    }
}

/// A code with which Slack refuses a connection in Socket Mode.
pub fn socket_mode(code: &str) -> &'static str {
    match code {
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
            "SLACK_APP_TOKEN is not valid: take a new one from Basic Information, App-Level Tokens"
        }
        "not_allowed_token_type" => {
            "SLACK_APP_TOKEN is not an app-level token: take one from Basic Information, App-Level Tokens"
        }
        "missing_scope" | "no_permission" => {
            "the app-level token lacks the scope connections:write: make one that has it"
        }
        "link_disabled" => "Socket Mode is turned off in the app's settings",
        "too_many_websockets" => {
            "the app has ten connections already, as many as Slack allows: two for each replica"
        }
        _ => "Slack's documentation of apps.connections.open explains the code",
    }
}

/// A service that does not answer this machine.
pub fn unreachable(service: &str) -> String {
    format!(
        "look at this machine's way to {service}: routes, DNS, proxies, firewalls, VPC endpoints, \
         certificates"
    )
}

/// A member list that could not be read.
pub fn member_list(region: &Region, reason: UnreadReason) -> String {
    match reason {
        UnreadReason::NotEnabled => format!(
            "enable Security Hub CSPM in {region} for the administrator, or take {region} out of REGIONS"
        ),
        UnreadReason::AccessDenied => {
            "allow securityhub:ListMembers (docs/security.md, Least IAM policy)".to_owned()
        }
        UnreadReason::Credentials => CREDENTIALS.to_owned(),
        UnreadReason::RoleNotAssumed => {
            "let the role trust the bot, with the external id that is set (docs/security.md, Roles in other accounts)".to_owned()
        }
        UnreadReason::Throttled => {
            "try again: somebody else reads the same list, ten requests a second are the most"
                .to_owned()
        }
        UnreadReason::TimedOut | UnreadReason::Unreachable => {
            let host = partition::security_hub_host(region);
            unreachable(host.as_deref().unwrap_or("Security Hub"))
        }
        UnreadReason::BadAnswer | UnreadReason::ServiceError => {
            "try again; if it stays, look at the AWS Health Dashboard".to_owned()
        }
    }
}

/// Regions that could not be listed; they were asked for in `region`.
pub fn regions(region: &Region, reason: UnreadReason) -> String {
    match reason {
        UnreadReason::AccessDenied => {
            "allow account:ListRegions (docs/security.md, Least IAM policy), or name the Regions"
                .to_owned()
        }
        UnreadReason::TimedOut | UnreadReason::Unreachable => {
            let host = partition::account_host(region);
            let host = host.as_deref().unwrap_or("the AWS account service");
            format!("look at this machine's way to {host}, or name the Regions")
        }
        reason => member_list(region, reason),
    }
}

/// An organization that could not be read; `asked` is what the setting asks for.
pub fn organization(asked: &ReadOrganization, reason: UnreadReason) -> &'static str {
    match (reason, asked) {
        (UnreadReason::AccessDenied, ReadOrganization::Role(_)) => {
            "allow sts:AssumeRole on the role in ORGANIZATION, and the role \
             organizations:ListAccounts"
        }
        (UnreadReason::AccessDenied, _) => {
            "allow organizations:ListAccounts to the management account or a delegated \
             administrator, or give ORGANIZATION a role there \
             (docs/configuration.md, Names and the organization)"
        }
        (UnreadReason::RoleNotAssumed | UnreadReason::Credentials, ReadOrganization::Role(_)) => {
            "let the role in ORGANIZATION trust the bot, and allow the bot sts:AssumeRole on it"
        }
        (UnreadReason::NotEnabled, ReadOrganization::Off | ReadOrganization::Auto) => {
            "nothing is to be done where the account is in no organization: NAMES_FILE gives \
             names without one"
        }
        (UnreadReason::NotEnabled, _) => {
            "the account is in no organization: set ORGANIZATION=off, or give it a role in an \
             account that is in one (docs/configuration.md, Names and the organization)"
        }
        _ => "try again; names and the accounts outside are unknown until it can be read",
    }
}

/// An action that only `check` needs, and may not do: the least policy lacks it.
pub fn look(action: &str) -> String {
    format!("allow {action} to whoever runs this check; the bot itself needs it not")
}

/// An address that cannot be listened at.
pub fn listen(problem: ErrorKind) -> &'static str {
    match problem {
        ErrorKind::AddrInUse => "another program has it: stop that one, or choose another port",
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address: 0.0.0.0 stands for all that it has"
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 are for root: choose a higher one, and let a proxy listen at 443"
        }
        _ => "choose another address or port",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_is_known_has_a_remedy_of_its_own() {
        let own = |code: &&str| slack(code) != OTHERWISE;
        let known = [
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "missing_scope",
            "invalid_auth",
            "token_revoked",
            "http_403",
        ];
        assert!(known.iter().all(own));
        assert!(!own(&"a_code_of_tomorrow"));
    }
}
