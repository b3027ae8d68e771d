//! Reads the accounts of the organization from AWS Organizations, with their states and OUs.
//!
//! It owns the API's quirks. The use of the accounts is not known here. Email addresses are not
//! kept.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::SharedCredentialsProvider;
use aws_sdk_organizations::config::http::HttpResponse;
use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_organizations::types::Account;

use super::answers::WholeAnswers;
use super::calls::CountCalls;
use super::failure::Failure;
use super::pages::{pages, some_pages, text, there};
use crate::domain::directory::{AccountRecord, AccountState, Accounts, Who};
use crate::domain::hub::UnreadReason;
use crate::domain::member::AccountId;
use crate::domain::naming::tidy;
use crate::policies::aws::{ACCOUNTS_WITHIN, UNITS_WITHIN};
use crate::watch::ports::{OrganizationError, OrganizationListing, OrganizationSource};

/// The name of a list of accounts in the answers.
const ACCOUNTS: &str = "Accounts";

/// The largest page size.
const PAGE_SIZE: i32 = 20;

/// The limit for OUs. AWS allows 2,000; without a limit, faulty answers could go on forever.
const MOST_UNITS: usize = 10_000;

/// A single client: the organization is global.
pub struct Organizations {
    client: Client,
}

impl Organizations {
    /// A client with the credentials of `sdk`, or of the role to assume. Its calls are
    /// counted.
    pub async fn new(sdk: &SdkConfig, calls: &CountCalls, role: Option<&str>) -> Self {
        let mut config = aws_sdk_organizations::config::Builder::from(sdk)
            .interceptor(calls.clone())
            .interceptor(WholeAnswers)
            .retry_classifier(WholeAnswers);
        if let Some(role) = role {
            let role = AssumeRoleProvider::builder(role)
                .session_name("securityhub-members")
                .configure(sdk)
                .build()
                .await;
            config.set_credentials_provider(Some(SharedCredentialsProvider::new(role)));
        }
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// Reads one account, to check that the organization is readable.
    ///
    /// # Errors
    ///
    /// If it cannot be read, with the reason.
    pub async fn probe(&self) -> Result<(), OrganizationError> {
        let sent = self.client.list_accounts().max_results(1).send().await;
        let page = sent.map_err(failed)?;
        there(page.accounts, ACCOUNTS)?;
        Ok(())
    }

    /// An organization has at least its management account.
    async fn accounts(&self) -> Result<Accounts, Failure> {
        let page = |token| async {
            let sent = self.client.list_accounts().max_results(PAGE_SIZE);
            let page = sent.set_next_token(token).send().await.map_err(failed)?;
            Ok((page.accounts, page.next_token))
        };
        some_pages(ACCOUNTS, page).await?.iter().map(read).collect()
    }

    /// The path of each account's OU. It reads by OU, not by account: there are fewer OUs, and
    /// Organizations allows few calls a second.
    async fn units(&self) -> Result<BTreeMap<AccountId, String>, Failure> {
        let roots = |token| async {
            let sent = self.client.list_roots().max_results(PAGE_SIZE);
            let page = sent.set_next_token(token).send().await.map_err(failed)?;
            Ok((page.roots, page.next_token))
        };
        let mut parents = Parents::default();
        for root in some_pages("Roots", roots).await? {
            parents.add(there(root.id, "the id of a root")?, String::new())?;
        }
        let mut units = BTreeMap::new();
        while let Some((parent, path)) = parents.left.pop() {
            // An account in the root itself has no OU.
            if !path.is_empty() {
                for account in self.accounts_of(&parent).await? {
                    units.insert(id(&account)?, path.clone());
                }
            }
            for unit in self.units_of(&parent).await? {
                let id = there(unit.id, "the id of a unit")?;
                let name = tidy(text(unit.name.as_deref(), "the name of a unit")?);
                let below = match path.as_str() {
                    "" => name,
                    path => format!("{path}/{name}"),
                };
                parents.add(id, below)?;
            }
        }
        Ok(units)
    }

    async fn accounts_of(&self, parent: &str) -> Result<Vec<Account>, Failure> {
        let page = |token| async {
            let sent = self.client.list_accounts_for_parent().parent_id(parent);
            let sent = sent.max_results(PAGE_SIZE).set_next_token(token).send();
            let page = sent.await.map_err(failed)?;
            Ok((page.accounts, page.next_token))
        };
        pages(ACCOUNTS, page).await
    }

    async fn units_of(
        &self,
        parent: &str,
    ) -> Result<Vec<aws_sdk_organizations::types::OrganizationalUnit>, Failure> {
        let page = |token| async {
            let sent = self.client.list_organizational_units_for_parent();
            let sent = sent.parent_id(parent).max_results(PAGE_SIZE);
            let sent = sent.set_next_token(token).send();
            let page = sent.await.map_err(failed)?;
            Ok((page.organizational_units, page.next_token))
        };
        pages("OrganizationalUnits", page).await
    }
}

/// The roots and OUs found so far with their paths, and those still to read.
#[derive(Default)]
struct Parents {
    seen: HashSet<String>,
    left: Vec<(String, String)>,
}

impl Parents {
    /// Each is read once, even if it is listed more often.
    fn add(&mut self, id: String, path: String) -> Result<(), Failure> {
        if self.seen.len() == MOST_UNITS {
            let problem = format!("AWS's tree of units has no end: {MOST_UNITS} were read");
            return Err(Failure::incomplete(&problem));
        }
        if self.seen.insert(id.clone()) {
            self.left.push((id, path));
        }
        Ok(())
    }
}

#[async_trait]
impl OrganizationSource for Organizations {
    async fn read(&self) -> Result<OrganizationListing, OrganizationError> {
        let accounts = within(ACCOUNTS_WITHIN, self.accounts()).await?;
        let units = within(UNITS_WITHIN, self.units()).await;
        Ok(OrganizationListing { accounts, units })
    }
}

async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, OrganizationError> {
    let timed_out = |_| {
        let detail = format!("not complete after {} s", deadline.as_secs());
        Failure::new(UnreadReason::TimedOut, &detail)
    };
    let read = tokio::time::timeout(deadline, work).await;
    Ok(read.map_err(timed_out)??)
}

/// Every account must have a name and a state.
fn read(account: &Account) -> Result<(AccountId, AccountRecord), Failure> {
    // `State` replaces `Status`, which AWS retires in September 2026.
    let state = account.state().map(|state| state.as_str());
    let state = state.or(account.status().map(|status| status.as_str()));
    let state = text(state, "the state of an account")?;
    let name = tidy(there(account.name(), "the name of an account")?);
    let entry = AccountRecord {
        who: Who {
            name: Some(name).filter(|name| !name.is_empty()),
            unit: None,
        },
        state: Some(AccountState::parse(state)),
        gone_since: None,
    };
    Ok((id(account)?, entry))
}

fn id(account: &Account) -> Result<AccountId, Failure> {
    let id = text(account.id(), "the id of an account")?;
    id.parse().map_err(|error| {
        Failure::incomplete(&format!("AWS listed an account whose id is wrong: {error}"))
    })
}

impl From<Failure> for OrganizationError {
    fn from(failure: Failure) -> Self {
        Self {
            reason: failure.reason,
            detail: failure.detail,
        }
    }
}

fn failed<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    Failure::of(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_with_ever_new_units_ends_with_an_error() {
        let mut parents = Parents::default();
        for unit in 0..MOST_UNITS {
            parents.add(unit.to_string(), String::new()).unwrap();
        }
        let failure = parents.add("new".to_owned(), String::new()).unwrap_err();
        assert_eq!(
            failure.detail,
            "AWS's tree of units has no end: 10000 were read"
        );
    }
}
