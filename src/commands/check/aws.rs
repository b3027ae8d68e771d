//! Checks AWS: the credentials, the member lists, the organization, the table, and what channels
//! take of the stored members.

use aws_config::SdkConfig;
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::identity::identify;
use securityhub_members::aws::organizations::Organizations;
use securityhub_members::aws::table::DynamoDb;
use securityhub_members::aws::{deadlines, retries, sdk_config};
use securityhub_members::check::{self, Finding};
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::policies::aws::CHECK_CALLS;
use securityhub_members::remedies;
use securityhub_members::settings::ReadOrganization;

use super::accounts::{self, Watched};
use super::examined::Examined;
use super::hubs::{check_hubs, region};
use super::service::{ServiceFindings, in_time, unanswered};
use super::table::{TableFindings, check_table};

pub(super) async fn check_aws(settings: Examined<'_>) -> ServiceFindings {
    let config = settings.config;
    if config.proxies.is_none() {
        return ServiceFindings::of(vec![Finding::blocked("AWS", "the proxy")]);
    }
    let loaded = in_time(sdk_config(config.first_region())).await;
    let sdk = match loaded {
        Some(Ok(sdk)) => impatient(sdk),
        Some(Err(error)) => {
            let finding = Finding::wrong("AWS", error.to_string(), remedies::AWS_SETTINGS);
            return ServiceFindings::of(vec![finding]);
        }
        None => return ServiceFindings::of(vec![unanswered("AWS settings")]),
    };
    let (identity, hubs, organization, table) = tokio::join!(
        Box::pin(check_identity(settings, &sdk)),
        Box::pin(check_hubs(settings, &sdk)),
        Box::pin(check_organization(settings, &sdk)),
        in_time(check_table(settings, &sdk))
    );
    let table = table.unwrap_or_else(|| TableFindings::of(vec![unanswered("Table")]));
    let conditions = check_conditions(settings, table.store.as_ref(), hubs.watched.as_ref());
    let conditions = conditions.await;
    let mut seen = identity;
    seen.findings.extend(hubs.findings);
    seen.findings.extend(organization);
    seen.findings.extend(table.findings);
    seen.findings.extend(conditions);
    seen
}

async fn check_identity(settings: Examined<'_>, sdk: &SdkConfig) -> ServiceFindings {
    const TOPIC: &str = "AWS identity";
    let Ok(region) = region(settings, sdk) else {
        return ServiceFindings::of(vec![Finding::blocked(TOPIC, "REGIONS")]);
    };
    match in_time(identify(sdk, &region)).await {
        Some(identified) => ServiceFindings {
            findings: vec![check::identity(&identified)],
            ahead: identified.date.map(|date| SystemClock.now() - date),
        },
        None => ServiceFindings::of(vec![unanswered(TOPIC)]),
    }
}

/// `None` if the setting turns it off.
async fn check_organization(settings: Examined<'_>, sdk: &SdkConfig) -> Option<Finding> {
    const TOPIC: &str = "Organization";
    if let Some(name) = settings.first_invalid(&["ORGANIZATION"]) {
        return Some(Finding::blocked(TOPIC, name));
    }
    let asked = &settings.config.organization;
    let role = match asked {
        ReadOrganization::Off => return None,
        ReadOrganization::Auto | ReadOrganization::On => None,
        ReadOrganization::Role(role) => Some(role.as_str()),
    };
    let probe = async {
        let calls = CountCalls::default();
        Organizations::new(sdk, &calls, role).await.probe().await
    };
    Some(match in_time(probe).await {
        Some(read) => check::organization(asked, &read),
        None => unanswered(TOPIC),
    })
}

/// Compares the conditions of the channels with the stored members.
async fn check_conditions(
    settings: Examined<'_>,
    store: Option<&DynamoDb>,
    watched: Option<&Watched>,
) -> Vec<Finding> {
    let config = settings.config;
    let known = match (store, watched) {
        (None, _) => Err("the table was not read"),
        (_, None) => Err("the administrators are unknown"),
        (Some(store), Some(watched)) => {
            let names = config.names_file.as_deref();
            let known = in_time(accounts::known(store, watched, names)).await;
            known.and_then(Result::ok).ok_or("the table was not read")
        }
    };
    check::conditions(&config.channels, known.as_ref().map_err(|problem| *problem))
}

/// Few attempts and short deadlines, because retries would hide a fault that `check` should
/// report.
fn impatient(sdk: SdkConfig) -> SdkConfig {
    sdk.into_builder()
        .retry_config(retries(CHECK_CALLS))
        .timeout_config(deadlines(CHECK_CALLS))
        .build()
}
