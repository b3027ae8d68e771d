//! Whose credentials these are, and whether they open each hub.

use super::Finding;
use crate::aws::failure::Failure;
use crate::aws::identity::Identified;
use crate::domain::hub::{Region, UnreadReason};
use crate::watch::ports::RegionsError;

/// Whose credentials these are.
pub fn identity(identified: &Identified) -> Finding {
    const TOPIC: &str = "AWS identity";
    match &identified.who {
        Ok(who) => Finding::well(TOPIC, who),
        Err(detail) => Finding::wrong(TOPIC, detail, CREDENTIALS),
    }
}

const CREDENTIALS: &str =
    "check AWS_PROFILE or the task's role: `aws sts get-caller-identity` must work";

/// Whether the member list of a hub can be read; `listed` is how many members
/// the first page of it has. Security Hub need not be enabled in a Region that
/// nobody named.
pub fn hub(region: &Region, name: &str, listed: &Result<usize, Failure>, named: bool) -> Finding {
    let topic = format!("Security Hub {name}");
    match listed {
        Err(error) if error.reason == UnreadReason::NotEnabled && !named => {
            Finding::note(topic, "Security Hub is not enabled")
        }
        Ok(0) => Finding::note(topic, "the list can be read and is empty").advising(
            "if there are members, these are not the credentials of the administrator account",
        ),
        Ok(_) => Finding::well(topic, "the list can be read"),
        Err(error) => Finding::wrong(topic, &error.detail, remedy(region.as_str(), error.reason)),
    }
}

/// The Regions of an administrator could not be listed.
pub fn regions(error: &RegionsError) -> Finding {
    let topic = format!("Regions of {}", error.account);
    let remedy = match error.reason {
        UnreadReason::AccessDenied => {
            "allow account:ListRegions (README, Least IAM policy), or name the Regions".to_owned()
        }
        UnreadReason::TimedOut | UnreadReason::Unreachable => {
            "look at this machine's way to account.us-east-1.amazonaws.com, or name the Regions"
                .to_owned()
        }
        reason => remedy("of its own", reason),
    };
    Finding::wrong(topic, &error.detail, remedy)
}

fn remedy(region: &str, reason: UnreadReason) -> String {
    match reason {
        UnreadReason::NotEnabled => format!(
            "enable Security Hub CSPM in {region} for the administrator, or take {region} out of REGIONS"
        ),
        UnreadReason::AccessDenied => {
            "allow securityhub:ListMembers (README, Least IAM policy)".to_owned()
        }
        UnreadReason::Credentials => CREDENTIALS.to_owned(),
        UnreadReason::RoleNotAssumed => {
            "let the role trust the bot, with the external id that is set (README)".to_owned()
        }
        UnreadReason::Throttled => {
            "try again: somebody else reads the same list, ten requests a second are the most"
                .to_owned()
        }
        UnreadReason::TimedOut | UnreadReason::Unreachable => format!(
            "look at this machine's way to securityhub.{region}.amazonaws.com: DNS, proxies, firewalls, VPC endpoints"
        ),
        UnreadReason::BadAnswer | UnreadReason::ServiceError => {
            "try again; if it stays, look at the AWS Health Dashboard".to_owned()
        }
    }
}
