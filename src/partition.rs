//! The hostnames of Regions and consoles, from the AWS SDK's list of partitions (commercial,
//! China, GovCloud, sovereign cloud, isolated). It makes no requests.

use std::sync::LazyLock;

use aws_sdk_account::config::endpoint::{self as account, ResolveEndpoint as _};
use aws_sdk_securityhub::config::endpoint::{self as securityhub, ResolveEndpoint as _};
use futures::FutureExt as _;

use crate::domain::hub::Region;

static SECURITY_HUB: LazyLock<securityhub::DefaultResolver> =
    LazyLock::new(securityhub::DefaultResolver::new);
static ACCOUNT: LazyLock<account::DefaultResolver> = LazyLock::new(account::DefaultResolver::new);

/// The public console of each partition, by the partition's host of Account Management, which is
/// unique.
const CONSOLES: [(&str, &str); 4] = [
    ("account.us-east-1.amazonaws.com", "console.aws.amazon.com"),
    (
        "account.us-gov-west-1.amazonaws.com",
        "console.amazonaws-us-gov.com",
    ),
    (
        "account.cn-northwest-1.amazonaws.com.cn",
        "console.amazonaws.cn",
    ),
    (
        "account.eusc-de-east-1.amazonaws.eu",
        "console.amazonaws-eusc.eu",
    ),
];

/// The host of the console for a Region; `None` if unknown.
pub fn console(region: &Region) -> Option<&'static str> {
    let account = account_host(region)?;
    let (commercial, _) = CONSOLES[0];
    // The SDK treats unknown Regions as commercial ones. Commercial names have three parts,
    // isolated ones four.
    if account == commercial && region.as_str().split('-').count() != 3 {
        return None;
    }
    let mut consoles = CONSOLES.iter().filter(|(host, _)| *host == account);
    consoles.next().map(|(_, console)| *console)
}

/// The host of Security Hub in a Region.
pub fn security_hub_host(region: &Region) -> Option<String> {
    let params = securityhub::Params::builder().region(region.as_str());
    let params = params.use_fips(false).use_dual_stack(false).build().ok()?;
    let endpoint = SECURITY_HUB.resolve_endpoint(&params).now_or_never()?;
    host(endpoint.ok()?.url())
}

/// The host of Account Management for a Region: one for each partition.
pub fn account_host(region: &Region) -> Option<String> {
    let params = account::Params::builder().region(region.as_str());
    let params = params.use_fips(false).use_dual_stack(false).build().ok()?;
    let endpoint = ACCOUNT.resolve_endpoint(&params).now_or_never()?;
    host(endpoint.ok()?.url())
}

fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_own_hosts_and_a_console_only_where_one_is_known() {
        const SOVEREIGN: &str = "console.amazonaws-eusc.eu";
        for (region, suffix, console_host) in [
            ("us-east-1", "amazonaws.com", Some("console.aws.amazon.com")),
            (
                "ap-southeast-7",
                "amazonaws.com",
                Some("console.aws.amazon.com"),
            ),
            (
                "mx-central-1",
                "amazonaws.com",
                Some("console.aws.amazon.com"),
            ),
            (
                "us-gov-east-1",
                "amazonaws.com",
                Some("console.amazonaws-us-gov.com"),
            ),
            (
                "us-gov-west-1",
                "amazonaws.com",
                Some("console.amazonaws-us-gov.com"),
            ),
            (
                "cn-north-1",
                "amazonaws.com.cn",
                Some("console.amazonaws.cn"),
            ),
            (
                "cn-northwest-1",
                "amazonaws.com.cn",
                Some("console.amazonaws.cn"),
            ),
            ("eusc-de-east-1", "amazonaws.eu", Some(SOVEREIGN)),
            ("us-iso-east-1", "c2s.ic.gov", None),
            ("us-iso-west-1", "c2s.ic.gov", None),
            ("us-isob-east-1", "sc2s.sgov.gov", None),
            ("eu-isoe-west-1", "cloud.adc-e.uk", None),
            ("us-isof-south-1", "csp.hci.ic.gov", None),
            // A Region that the SDK doesn't know.
            ("us-isog-east-1", "amazonaws.com", None),
        ] {
            let region: Region = region.parse().unwrap();
            let expected = format!("securityhub.{region}.{suffix}");
            assert_eq!(security_hub_host(&region), Some(expected));
            assert!(account_host(&region).unwrap().ends_with(suffix), "{region}");
            assert_eq!(console(&region), console_host, "{region}");
        }
    }
}
