//! Reads member lists from AWS Security Hub CSPM: the member source.
//!
//! It owns the quirks of `ListMembers`. The use of a list is not known here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::config::SharedHttpClient;
use aws_sdk_securityhub::operation::list_members::ListMembersOutput;
use aws_sdk_securityhub::types::Member;
use chrono::{DateTime, Utc};

use super::answers::WholeAnswers;
use super::calls::CountCalls;
use super::failure::Failure;
use super::http;
use super::pace::{Pace, Turns};
use super::pages::{pages, text, there};
use crate::domain::emails::EmailAddress;
use crate::domain::hub::{HubId, UnreadReason};
use crate::domain::member::{AccountId, Listed, MemberStatus};
use crate::policies::aws::MEMBERS_WITHIN;
use crate::watch::ports::{ListError, MemberSource};

/// The name of the list in the answer.
const MEMBERS: &str = "Members";

/// The largest page size.
const PAGE_SIZE: i32 = 50;

/// The member lists of some administrators, each in any Region.
pub struct SecurityHub {
    administrators: HashMap<AccountId, SdkConfig>,
    calls: CountCalls,
    pace: Pace,
    http: SharedHttpClient,
    clients: Mutex<HashMap<HubId, Client>>,
}

impl SecurityHub {
    /// Reads with the credentials of each administrator, at this rate in each Region. The calls
    /// are counted.
    pub fn new(
        administrators: impl IntoIterator<Item = (AccountId, SdkConfig)>,
        calls: CountCalls,
        pace: Pace,
    ) -> Self {
        Self {
            administrators: administrators.into_iter().collect(),
            calls,
            pace,
            http: http::client(),
            clients: Mutex::default(),
        }
    }

    /// Reads the first page of a hub's list, to check that it is readable. Returns the number of
    /// its members.
    ///
    /// # Errors
    ///
    /// If it cannot be read, with the reason.
    pub async fn probe(&self, hub: &HubId) -> Result<usize, Failure> {
        let page = Self::page(&self.client(hub)?, None).await?;
        Ok(there(page.members, MEMBERS)?.len())
    }

    /// The client of a hub, with its rate.
    fn client(&self, hub: &HubId) -> Result<Client, Failure> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(hub) {
            return Ok(client.clone());
        }
        let sdk = self.administrators.get(&hub.admin).ok_or_else(|| {
            let problem = "no credentials or role are configured for this administrator";
            Failure::new(UnreadReason::Credentials, problem)
        })?;
        let http = sdk.http_client().unwrap_or_else(|| self.http.clone());
        let region = aws_sdk_securityhub::config::Region::new(hub.region.as_str().to_owned());
        let config = aws_sdk_securityhub::config::Builder::from(sdk)
            .region(region)
            .interceptor(self.calls.clone())
            .interceptor(WholeAnswers)
            .retry_classifier(WholeAnswers)
            .http_client(Turns::at(self.pace).over(http))
            .build();
        let client = Client::from_conf(config);
        clients.insert(hub.clone(), client.clone());
        Ok(client)
    }

    async fn pages(&self, hub: &HubId) -> Result<Vec<Listed>, Failure> {
        let client = self.client(hub)?;
        let page = async |token| {
            let page = Self::page(&client, token).await?;
            Ok((page.members, page.next_token))
        };
        let members = pages(MEMBERS, page).await?;
        members.iter().map(read).collect()
    }

    async fn page(client: &Client, token: Option<String>) -> Result<ListMembersOutput, Failure> {
        client
            .list_members()
            // The default is true and means "Enabled only".
            .only_associated(false)
            .max_results(PAGE_SIZE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of(&error))
    }
}

#[async_trait]
impl MemberSource for SecurityHub {
    async fn list(&self, hub: &HubId) -> Result<Vec<Listed>, ListError> {
        tokio::time::timeout(MEMBERS_WITHIN, self.pages(hub))
            .await
            .unwrap_or_else(|_| {
                let detail = format!("not complete after {} s", MEMBERS_WITHIN.as_secs());
                Err(Failure::new(UnreadReason::TimedOut, &detail))
            })
            .map_err(|failure| ListError {
                hub: hub.clone(),
                reason: failure.reason,
                detail: failure.detail,
            })
    }

    fn left(&self, hub: &HubId) {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.remove(hub);
    }
}

/// Every field of the answer is optional. A member without an account ID or a status makes the
/// list incomplete. Times are kept to the second.
fn read(member: &Member) -> Result<Listed, Failure> {
    let account = text(member.account_id(), "the id of a member")?;
    let account = account.parse().map_err(|error| {
        Failure::incomplete(&format!("AWS listed a member whose id is wrong: {error}"))
    })?;
    let status = text(member.member_status(), "the status of a member")?;
    let time = |time: Option<&aws_sdk_securityhub::primitives::DateTime>| {
        time.and_then(|time| DateTime::<Utc>::from_timestamp(time.secs(), 0))
    };
    Ok(Listed {
        account,
        status: MemberStatus::parse(status),
        email: member
            .email()
            .filter(|email| !email.is_empty())
            .map(EmailAddress::from),
        invited_at: time(member.invited_at()),
        updated_at: time(member.updated_at()),
    })
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::*;

    #[test]
    fn the_client_of_a_hub_that_is_gone_is_dropped_and_the_others_stay() {
        let admin: AccountId = "111122223333".parse().unwrap();
        let version = BehaviorVersion::v2026_01_12();
        let sdk = SdkConfig::builder().behavior_version(version).build();
        let source = SecurityHub::new([(admin, sdk)], CountCalls::default(), Pace::UNLIMITED);
        let hub = |region| format!("{admin}/{region}").parse::<HubId>().unwrap();
        let (gone, kept) = (hub("eu-west-1"), hub("us-east-1"));
        for hub in [&gone, &kept] {
            source.client(hub).unwrap();
        }
        source.left(&gone);
        let clients = source.clients.lock().unwrap();
        assert_eq!(clients.keys().collect::<Vec<_>>(), [&kept]);
    }
}
