//! Reads member lists from AWS Security Hub CSPM: the member source.
//!
//! Knows `ListMembers` and its traps; knows nothing of what is done with a list.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::config::SharedHttpClient;
use aws_sdk_securityhub::operation::list_members::ListMembersOutput;
use aws_sdk_securityhub::types::Member;
use chrono::{DateTime, Utc};

use super::calls::CountCalls;
use super::failure::Failure;
use super::http;
use super::pace::{Pace, Turns};
use crate::domain::hub::{HubId, UnreadReason};
use crate::domain::member::{AccountId, Listed, MemberStatus};
use crate::watch::ports::{ListError, MemberSource};

/// The largest page that AWS gives.
const PAGE_SIZE: i32 = 50;

/// A list of 10,000 members, which is the most that there can be, takes 20 s
/// at the pace that AWS allows.
const LIST_DEADLINE: Duration = Duration::from_secs(300);

/// The member lists of some administrators, each in any Region.
pub struct SecurityHub {
    administrators: HashMap<AccountId, SdkConfig>,
    calls: CountCalls,
    pace: Pace,
    http: SharedHttpClient,
    clients: Mutex<HashMap<HubId, Client>>,
}

impl SecurityHub {
    /// Reads with the credentials of each administrator, at this pace in each
    /// of its Regions. The calls are counted.
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

    /// Reads the first page of a hub's list: whether it can be read. Returns
    /// how many members are on it.
    pub async fn probe(&self, hub: &HubId) -> Result<usize, Failure> {
        let page = Self::page(&self.client(hub)?, None).await?;
        Ok(page.members().len())
    }

    /// The client of a hub, which keeps its pace.
    fn client(&self, hub: &HubId) -> Result<Client, Failure> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(hub) {
            return Ok(client.clone());
        }
        let sdk = self.administrators.get(&hub.admin).ok_or_else(|| {
            let problem = "nobody said how to sign in to this administrator";
            Failure::new(UnreadReason::Credentials, problem)
        })?;
        let http = sdk.http_client().unwrap_or_else(|| self.http.clone());
        let region = aws_sdk_securityhub::config::Region::new(hub.region.as_str().to_owned());
        let config = aws_sdk_securityhub::config::Builder::from(sdk)
            .region(region)
            .interceptor(self.calls.clone())
            .http_client(Turns::at(self.pace).over(http))
            .build();
        let client = Client::from_conf(config);
        clients.insert(hub.clone(), client.clone());
        Ok(client)
    }

    async fn pages(&self, hub: &HubId) -> Result<Vec<Listed>, Failure> {
        let client = self.client(hub)?;
        let mut listed = Vec::new();
        let mut token = None;
        // The SDK's paginator ends quietly when a token comes back: that would
        // read as a short list.
        let mut seen = HashSet::new();
        loop {
            let page = Self::page(&client, token.take()).await?;
            for member in page.members() {
                listed.push(read(member)?);
            }
            let Some(next) = page.next_token.filter(|next| !next.is_empty()) else {
                return Ok(listed);
            };
            if !seen.insert(next.clone()) {
                let problem = "AWS gave the same page token twice";
                return Err(Failure::new(UnreadReason::BadAnswer, problem));
            }
            token = Some(next);
        }
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
        tokio::time::timeout(LIST_DEADLINE, self.pages(hub))
            .await
            .unwrap_or_else(|_| {
                let detail = format!("not complete after {} s", LIST_DEADLINE.as_secs());
                Err(Failure::new(UnreadReason::TimedOut, &detail))
            })
            .map_err(|failure| ListError {
                hub: hub.clone(),
                reason: failure.reason,
                detail: failure.detail,
            })
    }
}

/// Every field of the answer is optional; a member without an account id makes
/// the list incomplete. Times are kept to the second.
fn read(member: &Member) -> Result<Listed, Failure> {
    let bad = |problem: String| Failure::new(UnreadReason::BadAnswer, &problem);
    let account = member
        .account_id()
        .ok_or_else(|| bad("AWS listed a member without an account id".to_owned()))?
        .parse()
        .map_err(|error| bad(format!("AWS listed a member whose id is wrong: {error}")))?;
    let time = |time: Option<&aws_sdk_securityhub::primitives::DateTime>| {
        time.and_then(|time| DateTime::<Utc>::from_timestamp(time.secs(), 0))
    };
    let status = member
        .member_status()
        .map(str::trim)
        .filter(|status| !status.is_empty());
    let status = status.unwrap_or("Unspecified");
    Ok(Listed {
        account,
        status: MemberStatus::parse(status),
        email: member
            .email()
            .filter(|email| !email.is_empty())
            .map(str::to_owned),
        invited_at: time(member.invited_at()),
        updated_at: time(member.updated_at()),
    })
}
