//! The remedies: one sentence for each problem, used by `check`, `/readyz`, the log and the
//! errors of commands. Problems are found elsewhere.

use std::io::ErrorKind;

use crate::domain::hub::{Region, UnreadReason};
use crate::partition;
use crate::settings::organization::ReadOrganization;

/// A secret that others can read on the command line.
pub const EXPOSED_SECRET: &str =
    "set it in the environment, or in a file: SLACK_BOT_TOKEN_FILE=/run/secrets/…";
/// A file with a secret that others can read or change.
pub const OPEN_SECRET_FILE: &str =
    "let only the bot's user read it: `chmod 600`, or defaultMode 0440 in Kubernetes";
/// A signing secret that does not look like Slack's.
pub const SIGNING_SECRET: &str =
    "compare SLACK_SIGNING_SECRET with the app's page: Basic Information → App Credentials";
/// A file of names with faults.
pub const NAMES_FILE: &str = "fix NAMES_FILE: it must be a CSV file with a heading like id,name,unit (docs/configuration.md, Names and the organization)";
/// A clock that differs from the services'.
pub const CLOCK: &str = "synchronize this machine's clock (NTP)";
/// A machine without certificate authorities.
pub const CERTIFICATES: &str = "install certificate authorities (Debian: ca-certificates)";

/// A scope that the bot token lacks.
pub const SCOPE: &str = "add the scope under OAuth & Permissions on the app's page (manifest.yml lists them), and reinstall the app";
/// A proxy that opens no tunnel.
pub const PROXY: &str = "check HTTPS_PROXY (or ALL_PROXY), its user and password, and that the proxy allows CONNECT to Slack (docs/configuration.md, Proxies)";
/// A certificate that TLS does not accept.
pub const UNTRUSTED: &str = "if a proxy opens TLS, add its certificate authority to the file that SSL_CERT_FILE names (docs/configuration.md, Proxies); otherwise install current certificate authorities and check this machine's clock";

/// Credentials that AWS rejects.
pub const CREDENTIALS: &str =
    "check AWS_PROFILE or the task's role: `aws sts get-caller-identity` must work";
/// AWS settings that cannot be read.
pub const AWS_SETTINGS: &str = "check ~/.aws/config and AWS_PROFILE";
/// No Region at all.
pub const NO_REGION: &str = "set REGIONS, for example REGIONS=eu-west-1,us-east-1, or AWS_REGION";
/// An empty member list.
pub const EMPTY_LIST: &str =
    "if you expect members, use the credentials of the administrator account";
/// A KMS key that cannot be used, for any service.
pub const KMS_KEY: &str =
    "enable the KMS key that AWS names, and allow the role to use it, in the key's policy too";

/// DynamoDB, or the table, cannot be used.
pub const DYNAMODB: &str = "check AWS_REGION, the connection to DynamoDB (AWS_ENDPOINT_URL_DYNAMODB, proxies, VPC endpoints) and the role's permissions for the table (docs/security.md, Least IAM policy)";
/// Actions on the table that the role lacks.
pub const TABLE_DENIED: &str =
    "allow these actions on the table (docs/security.md, Least IAM policy)";
/// No table.
pub const NO_TABLE: &str = "run `securityhub-members create-table`";
/// No table of this name in this Region.
pub const WHICH_TABLE: &str =
    "run `securityhub-members create-table`, or fix TABLE_NAME or AWS_REGION";
/// An item that a newer release wrote.
pub const WRITER: &str = "run the newer version that wrote it";
/// A table that lacks something.
pub const TABLE_INCOMPLETE: &str =
    "run `securityhub-members create-table` again: it sets what is missing";
/// A table with another key.
pub const FOREIGN_TABLE: &str =
    "this is another program's table: set TABLE_NAME to one for the bot alone";
/// A table that is being created or updated.
pub const TABLE_BUSY: &str = "wait until AWS has finished";
/// A table with another expiry.
pub const FOREIGN_EXPIRY: &str =
    "turn its TTL off, and run `securityhub-members create-table` an hour later";
/// A table without deletion protection.
pub const UNPROTECTED: &str =
    "run `aws dynamodb update-table --deletion-protection-enabled --table-name …`";
/// A table that another release wrote.
pub const SCHEMA: &str = "run the newer version (docs/operations.md, Upgrades and rollbacks)";
/// A stored history that is not as it was written.
pub const DAMAGED: &str = "restore the table, or restart the history of this member list \
                           (docs/operations.md, A damaged history)";
/// An embedded store that cannot be opened.
pub const EMBEDDED_STORE: &str =
    "check that EMBEDDED_STORE is this bot's file, and that this user can write it";

/// The remedy for any other code.
const OTHERWISE: &str = "look the code up in Slack's documentation: https://docs.slack.dev";

/// The remedy for the code with which Slack rejects a call with the bot token.
pub fn slack(code: &str) -> &'static str {
    match code {
        "channel_not_found" => {
            "set SLACK_CHANNEL to the channel's ID, or correct its [[channel]]; if the channel is private, invite the bot"
        }
        "not_in_channel" => "invite the bot to the channel: /invite @securityhub-members",
        "is_archived" => "the channel is archived: unarchive it, or choose another one",
        "invalid_auth" | "not_authed" | "token_revoked" | "account_inactive" | "token_expired" => {
            "SLACK_BOT_TOKEN is no longer valid: reinstall the app and use the new token"
        }
        "missing_scope" => SCOPE,
        "restricted_action" => {
            "the workspace does not let apps post in this channel: ask its owners"
        }
        code if code.starts_with("http_") => {
            "this answer is not Slack's: check SLACK_API_URL, proxies and firewalls"
        }
        _ => OTHERWISE,
    }
}

/// The remedy for the code with which a webhook rejects a message.
pub fn webhook(code: &str) -> &'static str {
    let status = code.strip_prefix("http_").unwrap_or_default();
    match status {
        "401" | "403" => {
            "check that the receiver has the secret of secret_file or secret_env, and that both clocks are right"
        }
        "404" | "410" => "the receiver has no such URL: correct url in the [[channel]]",
        "413" => "the body is too large for the receiver: raise its limit",
        _ if status.starts_with('3') => {
            "the receiver redirects, which the bot does not follow: set url in the [[channel]] to the final address"
        }
        _ => "see the receiver's log (docs/webhook.md, Answers)",
    }
}

/// No connection in Socket Mode to these addresses.
pub fn no_socket(addresses: &str) -> String {
    format!("let the bot connect to {addresses}, directly or through HTTPS_PROXY")
}

/// The remedy for the code with which Slack rejects a Socket Mode connection.
pub fn socket_mode(code: &str) -> &'static str {
    match code {
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
            "SLACK_APP_TOKEN is invalid: generate one on the app's page: Basic Information → App-Level Tokens"
        }
        "not_allowed_token_type" => {
            "SLACK_APP_TOKEN must be an app-level token: generate one on the app's page: Basic Information → App-Level Tokens"
        }
        "missing_scope" | "no_permission" => {
            "generate an app-level token with the scope connections:write"
        }
        "link_disabled" => "enable Socket Mode in the app's settings",
        "too_many_websockets" => {
            "the app has ten connections, Slack's limit: run five replicas at most"
        }
        _ => "look the code up in Slack's documentation of apps.connections.open",
    }
}

/// A service that does not answer this machine.
pub fn unreachable(service: &str) -> String {
    format!(
        "check this machine's connection to {service}: routes, DNS, proxies, firewalls, VPC \
         endpoints, certificates"
    )
}

/// A member list that could not be read.
pub fn member_list(region: &Region, reason: UnreadReason) -> String {
    match reason {
        UnreadReason::NotEnabled => format!(
            "enable Security Hub CSPM in {region} for the administrator, or remove {region} from REGIONS"
        ),
        UnreadReason::AccessDenied => {
            "allow securityhub:ListMembers (docs/security.md, Least IAM policy)".to_owned()
        }
        UnreadReason::Credentials => CREDENTIALS.to_owned(),
        UnreadReason::RoleNotAssumed => {
            "let the role trust the bot, with the same external ID (docs/security.md, Roles in other accounts)".to_owned()
        }
        UnreadReason::Throttled => {
            "try again: another program reads the same list, and AWS allows ten requests a second"
                .to_owned()
        }
        UnreadReason::TimedOut | UnreadReason::Unreachable => {
            let host = partition::security_hub_host(region);
            unreachable(host.as_deref().unwrap_or("Security Hub"))
        }
        UnreadReason::BadAnswer | UnreadReason::ServiceError => {
            "try again; if it persists, see the AWS Health Dashboard".to_owned()
        }
    }
}

/// Regions that could not be listed, by a request to `region`.
pub fn regions(region: &Region, reason: UnreadReason) -> String {
    match reason {
        UnreadReason::AccessDenied => {
            "allow account:ListRegions (docs/security.md, Least IAM policy), or list the Regions in REGIONS"
                .to_owned()
        }
        UnreadReason::TimedOut | UnreadReason::Unreachable => {
            let host = partition::account_host(region);
            let host = host.as_deref().unwrap_or("the AWS account service");
            format!("check this machine's connection to {host}, or list the Regions in REGIONS")
        }
        reason => member_list(region, reason),
    }
}

/// An organization that could not be read. `asked` is the setting.
pub fn organization(asked: &ReadOrganization, reason: UnreadReason) -> &'static str {
    match (reason, asked) {
        (UnreadReason::AccessDenied, ReadOrganization::Role(_)) => {
            "allow the bot sts:AssumeRole on the role in ORGANIZATION, and allow that role \
             organizations:ListAccounts"
        }
        (UnreadReason::AccessDenied, _) => {
            "allow organizations:ListAccounts in the management account or a delegated \
             administrator, or set ORGANIZATION to a role there \
             (docs/configuration.md, Names and the organization)"
        }
        (UnreadReason::RoleNotAssumed | UnreadReason::Credentials, ReadOrganization::Role(_)) => {
            "let the role in ORGANIZATION trust the bot, and allow the bot sts:AssumeRole on it"
        }
        (UnreadReason::NotEnabled, ReadOrganization::Off | ReadOrganization::Auto) => {
            "the account is in no organization: use NAMES_FILE for names, or ignore this"
        }
        (UnreadReason::NotEnabled, _) => {
            "the account is in no organization: set ORGANIZATION to off, or to a role in an \
             account of the organization (docs/configuration.md, Names and the organization)"
        }
        _ => "try again; until then, names and coverage are unknown",
    }
}

/// An action that only `check` needs, so the minimal policy lacks it.
pub fn look(action: &str) -> String {
    format!("allow {action} to see this; the bot does not need it")
}

/// An address that the endpoint cannot listen on.
pub fn listen(problem: ErrorKind) -> &'static str {
    match problem {
        ErrorKind::AddrInUse => {
            "another program uses it: stop that program, or choose another port"
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address: use 0.0.0.0 for all of its addresses"
        }
        ErrorKind::PermissionDenied => {
            "only root can use ports below 1024: choose a higher one behind a proxy on port 443"
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
