//! Checks the owner of the AWS credentials, and the member lists they give access to.

use super::Finding;
use crate::aws::failure::{Failure, is_about_a_key};
use crate::aws::identity::Identified;
use crate::domain::hub::{Region, UnreadReason};
use crate::remedies;
use crate::watch::ports::RegionsError;

/// The owner of the credentials.
pub fn identity(identified: &Identified) -> Finding {
    const TOPIC: &str = "AWS identity";
    match &identified.who {
        Ok(who) => Finding::well(TOPIC, who),
        Err(detail) => Finding::wrong(TOPIC, detail, remedies::CREDENTIALS),
    }
}

/// Reports whether the member list of a hub is readable. `listed` is the number of members
/// on its first page. In a Region that was found, not `named`, Security Hub may be off.
pub fn hub(region: &Region, name: &str, listed: &Result<usize, Failure>, named: bool) -> Finding {
    let topic = format!("Security Hub {name}");
    match listed {
        Err(error) if error.reason == UnreadReason::NotEnabled && !named => {
            let detail = format!("Security Hub is not enabled: {}", error.detail);
            Finding::note(topic, detail)
        }
        Ok(0) => Finding::note(topic, "member list is readable, but empty")
            .advising(remedies::EMPTY_LIST),
        Ok(_) => Finding::well(topic, "member list is readable"),
        Err(error) if is_about_a_key(&error.detail) => {
            Finding::wrong(topic, &error.detail, remedies::KMS_KEY)
        }
        Err(error) => {
            let remedy = remedies::member_list(region, error.reason);
            Finding::wrong(topic, &error.detail, remedy)
        }
    }
}

/// The finding about Regions that could not be listed. The request went to `region`.
pub fn regions(error: &RegionsError, region: &Region) -> Finding {
    let topic = format!("Regions of {}", error.account);
    if is_about_a_key(&error.detail) {
        return Finding::wrong(topic, &error.detail, remedies::KMS_KEY);
    }
    let remedy = remedies::regions(region, error.reason);
    Finding::wrong(topic, &error.detail, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_that_cannot_be_reached_is_that_of_the_regions_partition() {
        for (region, host, regions_host) in [
            (
                "eu-west-1",
                "securityhub.eu-west-1.amazonaws.com:",
                "account.us-east-1.amazonaws.com,",
            ),
            (
                "cn-north-1",
                "securityhub.cn-north-1.amazonaws.com.cn:",
                "account.cn-northwest-1.amazonaws.com.cn,",
            ),
            (
                "us-gov-east-1",
                "securityhub.us-gov-east-1.amazonaws.com:",
                "account.us-gov-west-1.amazonaws.com,",
            ),
            (
                "eusc-de-east-1",
                "securityhub.eusc-de-east-1.amazonaws.eu:",
                "account.eusc-de-east-1.amazonaws.eu,",
            ),
        ] {
            let region: Region = region.parse().unwrap();
            let unreachable = Err(Failure {
                reason: UnreadReason::Unreachable,
                detail: String::new(),
            });
            let found = hub(&region, region.as_str(), &unreachable, true);
            assert!(found.remedy.as_ref().unwrap().contains(host), "{found:?}");
            let error = RegionsError {
                account: "111122223333".parse().unwrap(),
                reason: UnreadReason::Unreachable,
                detail: String::new(),
            };
            let found = regions(&error, &region);
            let said = found.remedy.as_ref().unwrap();
            assert!(said.contains(regions_host), "{found:?}");
        }
    }
}
