//! The monitored administrators: signs in to each, and finds its enabled Regions.
//!
//! A role is assumed at its first use, and again before its credentials expire. A role that
//! cannot be assumed fails only its own administrator.

use std::collections::BTreeSet;

use anyhow::bail;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_account::Client;
use aws_sdk_account::config::SharedCredentialsProvider;
use aws_sdk_account::types::RegionOptStatus;
use futures::future::join_all;

use super::answers::WholeAnswers;
use super::calls::CountCalls;
use super::failure::Failure;
use super::pages::{some_pages, text};
use super::{caller_account, default_region};
use crate::domain::administrator::{RegionChoice, Role, SignIn, WatchedAdmin};
use crate::domain::hub::{Region, UnreadReason};
use crate::domain::member::AccountId;
use crate::policies::aws::REGIONS_WITHIN;
use crate::watch::ports::{Administrator, HubFinder, Regions, RegionsError};

/// The name of the sessions in the administrators' CloudTrail.
const SESSION: &str = env!("CARGO_PKG_NAME");

/// The largest page size for Regions.
const PAGE_SIZE: i32 = 50;

/// Administrators with their credentials.
pub struct Administrators {
    all: Vec<SignedIn>,
    calls: CountCalls,
}

struct SignedIn {
    account: AccountId,
    sdk: SdkConfig,
    regions: RegionChoice,
}

impl Administrators {
    /// Identifies the credentials of `sdk`, if they are one of them. The account of a role is
    /// in its ARN: roles are not assumed yet.
    ///
    /// # Errors
    ///
    /// If STS does not identify the credentials, if an account is listed twice, or if no
    /// Region is set.
    pub async fn new(
        sdk: &SdkConfig,
        calls: &CountCalls,
        wanted: &[WatchedAdmin],
    ) -> anyhow::Result<Self> {
        let mut all = Vec::<SignedIn>::new();
        for WatchedAdmin { sign_in, regions } in wanted {
            let regions = match regions {
                RegionChoice::Sdk => RegionChoice::Named(vec![default_region(sdk)?]),
                given => given.clone(),
            };
            let (account, sdk) = match sign_in {
                SignIn::Own => {
                    let region = match regions.first() {
                        Some(region) => region.clone(),
                        None => default_region(sdk)?,
                    };
                    let own = caller_account(sdk, calls.clone(), &region).await?;
                    (own, sdk.clone())
                }
                SignIn::Role(role) => (role.account, assuming(sdk, role).await),
            };
            if all.iter().any(|other| other.account == account) {
                bail!("ADMINISTRATORS lists {account} twice: it is also the account of `self`");
            }
            all.push(SignedIn {
                account,
                sdk,
                regions,
            });
        }
        let calls = calls.clone();
        Ok(Self { all, calls })
    }

    /// The account with the credentials of `sdk`, if its ID is known already or does not
    /// matter.
    pub fn own(
        account: AccountId,
        sdk: SdkConfig,
        calls: CountCalls,
        regions: RegionChoice,
    ) -> Self {
        let own = SignedIn {
            account,
            sdk,
            regions,
        };
        Self {
            all: vec![own],
            calls,
        }
    }

    /// The credentials of each.
    pub fn credentials(&self) -> Vec<(AccountId, SdkConfig)> {
        let one = |admin: &SignedIn| (admin.account, admin.sdk.clone());
        self.all.iter().map(one).collect()
    }

    async fn regions(&self, admin: &SignedIn) -> Regions {
        let but = match &admin.regions {
            RegionChoice::Sdk => return Regions::Named(Vec::new()),
            RegionChoice::Named(named) => return Regions::Named(named.clone()),
            RegionChoice::All { but } => but.clone(),
        };
        let enabled = tokio::time::timeout(REGIONS_WITHIN, self.enabled(admin)).await;
        let enabled = enabled.unwrap_or_else(|_| {
            let detail = format!("no answer within {} s", REGIONS_WITHIN.as_secs());
            Err(Failure::new(UnreadReason::TimedOut, &detail))
        });
        let enabled = enabled.map_err(|failure| RegionsError {
            account: admin.account,
            reason: failure.reason,
            detail: failure.detail,
        });
        Regions::Found { enabled, but }
    }

    /// The enabled Regions of an account: at least one, because some cannot be disabled.
    async fn enabled(&self, admin: &SignedIn) -> Result<BTreeSet<Region>, Failure> {
        let config = aws_sdk_account::config::Builder::from(&admin.sdk)
            .interceptor(self.calls.clone())
            .interceptor(WholeAnswers)
            .retry_classifier(WholeAnswers)
            .build();
        let client = Client::from_conf(config);
        let page = async |token| {
            let page = client
                .list_regions()
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
                .max_results(PAGE_SIZE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Failure::of(&error))?;
            Ok((page.regions, page.next_token))
        };
        let regions = some_pages("Regions", page).await?;
        let names = regions.iter().map(|region| {
            let name = text(region.region_name(), "the name of a Region")?;
            let name = name.parse::<Region>();
            name.map_err(|error| Failure::incomplete(&error.to_string()))
        });
        names.collect()
    }
}

#[async_trait]
impl HubFinder for Administrators {
    async fn administrators(&self) -> Vec<Administrator> {
        let one = async |admin: &SignedIn| Administrator {
            account: admin.account,
            regions: self.regions(admin).await,
        };
        join_all(self.all.iter().map(one)).await
    }
}

/// The same settings with the credentials of a role.
async fn assuming(sdk: &SdkConfig, role: &Role) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(SESSION)
        .configure(sdk);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    let credentials = SharedCredentialsProvider::new(provider.build().await);
    let settings = sdk.to_builder().credentials_provider(credentials);
    settings.build()
}
