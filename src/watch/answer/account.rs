//! What one account did, in every hub, and how it stands there now.

use chrono::{DateTime, NaiveDate, Utc};
use futures::future::try_join_all;
use serde::Serialize;

use super::super::Watch;
use super::super::load::{PAUSE, without_the_not_enabled};
use super::super::ports::{State, StoreError};
use super::{Loaded, Since, query_text};
use crate::domain::account::{AccountEvent, Presence, Seen, events};
use crate::domain::directory::{Found, Who};
use crate::domain::emails::{EmailAddress, is_hidden};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::AccountId;
use crate::domain::naming::folded_name;
use crate::domain::query::{Named, Query, QueryError};
use crate::domain::report::{Damage, HubReport};

/// What is known of the account that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountAnswer {
    /// What was asked.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// What is known.
    #[serde(flatten)]
    pub known: Known,
}

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// All that it did.
    History(AccountHistory),
    /// More than one account has that name, or has it in its name.
    Several {
        /// The name.
        name: String,
        /// The accounts, by name.
        accounts: Vec<Candidate>,
    },
    /// No account has that name.
    Nobody {
        /// The name.
        name: String,
        /// Those whose names are near to it, the nearest first.
        nearest: Vec<Candidate>,
        /// Whether any account's name is known at all.
        has_names: bool,
    },
}

/// An account that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The account.
    pub account: AccountId,
    /// Who it is.
    #[serde(flatten)]
    pub who: Who,
}

/// One account over all hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountHistory {
    /// The account.
    pub account: AccountId,
    /// Who it is, where that is known.
    #[serde(flatten)]
    pub who: Who,
    /// Its address, for those who may see it.
    #[serde(skip_serializing_if = "is_hidden")]
    pub email: Option<EmailAddress>,
    /// How it stands in every hub that was read once at least.
    pub now: Vec<Presence>,
    /// What it did, the latest first.
    pub happened: Vec<AccountEvent>,
    /// The first date of which there is a snapshot.
    pub since: Option<NaiveDate>,
    /// Every hub, in order, but for those where Security Hub is not enabled.
    pub hubs: Vec<HubReport>,
    /// Where Security Hub is not enabled and need not be.
    pub not_enabled: Vec<HubId>,
}

/// What a hub knows of an account.
struct InHub {
    loaded: Loaded,
    seen: Vec<Seen>,
    first: Option<NaiveDate>,
}

/// Shorter text is a part of too many names.
const SHORTEST: usize = 3;

impl Watch {
    /// Whether any account may have a name.
    pub fn knows_names(&self) -> bool {
        self.knowledge.knows_names()
    }

    /// What text that is no question means where an account has that name. Else the same error, with the name that is
    /// near where nothing else is.
    ///
    /// # Errors
    ///
    /// The text names no account.
    pub async fn account_or(&self, error: QueryError) -> Result<Query, QueryError> {
        let QueryError::Unknown { text, suggestion } = error else {
            return Err(error);
        };
        let directory = self.directory().await;
        let name = folded_name(&text);
        if directory.has_name(&name) {
            return Ok(Query::Account(Named::Name(name)));
        }
        let near = || match directory.find(&name) {
            _ if name.chars().count() < SHORTEST => None,
            Found::One(_) | Found::Several(_) => Some(name.clone()),
            Found::None { nearest } => directory.who(*nearest.first()?).name,
        };
        let suggestion = suggestion.or_else(|| Some(format!("account {}", near()?)));
        Err(QueryError::Unknown { text, suggestion })
    }

    pub(super) async fn account(
        &self,
        query: &Query,
        named: &Named,
        hubs: &[&HubId],
    ) -> Result<AccountAnswer, StoreError> {
        let at = self.now();
        let directory = self.directory().await;
        let found = match named {
            Named::Id(account) => Found::One(*account),
            Named::Name(name) => directory.find(name),
        };
        let candidates = |accounts: Vec<AccountId>| {
            let candidate = |account| Candidate {
                account,
                who: directory.who(account),
            };
            accounts.into_iter().map(candidate).collect()
        };
        let known = match found {
            Found::One(account) => Known::History(AccountHistory {
                who: directory.who(account),
                ..self.history(account, hubs).await?
            }),
            Found::Several(accounts) => Known::Several {
                name: named.to_string(),
                accounts: candidates(accounts),
            },
            Found::None { nearest } => Known::Nobody {
                name: named.to_string(),
                nearest: candidates(nearest),
                has_names: directory
                    .accounts
                    .values()
                    .any(|known| known.who.name.is_some()),
            },
        };
        Ok(AccountAnswer {
            query: query.clone(),
            at,
            today: self.date_of(at),
            known,
        })
    }

    async fn history(
        &self,
        account: AccountId,
        hubs: &[&HubId],
    ) -> Result<AccountHistory, StoreError> {
        let (loaded, not_enabled) = without_the_not_enabled(self.load_current(hubs).await?);
        let look = loaded.into_iter().map(|hub| self.look_in(hub, account));
        let found = try_join_all(look).await?;
        let (today, zone) = (self.today(), self.zone());
        let now = found.iter().filter_map(|one| {
            let (members, hub) = (one.loaded.members.as_ref()?, &one.loaded.hub.hub);
            Some(Presence::new(hub, account, members, &one.seen, today, zone))
        });
        let listed = found.iter().filter_map(|one| {
            let member = one.loaded.members.as_ref()?.get(account)?;
            member.listed.email.clone()
        });
        let seen = found.iter().flat_map(|one| one.seen.iter().rev());
        let mut emails = listed.chain(seen.filter_map(|one| one.change.email.clone()));
        Ok(AccountHistory {
            account,
            who: Who::default(),
            not_enabled,
            email: emails.next(),
            now: now.collect(),
            since: found.iter().filter_map(|one| one.first).min(),
            hubs: found.iter().map(|one| one.loaded.hub.clone()).collect(),
            happened: events(
                found
                    .into_iter()
                    .map(|one| (one.loaded.hub.hub, one.seen))
                    .collect(),
            ),
        })
    }

    async fn look_in(&self, mut loaded: Loaded, account: AccountId) -> Result<InHub, StoreError> {
        let hub = loaded.hub.hub.clone();
        // Never closed.
        let _permit = self.histories.acquire().await;
        let mut known = self.known_of(&loaded, account).await;
        if known.as_ref().is_err_and(StoreError::is_damage) {
            tokio::time::sleep(PAUSE).await;
            known = self.known_of(&loaded, account).await;
        }
        let known = StoreError::set_apart(known)?;
        let (first, seen) = known.unwrap_or_else(|error| {
            self.suspect(&hub, None, &error);
            loaded.hub.damage = Some(Damage::History);
            (None, Vec::new())
        });
        Ok(InHub {
            loaded,
            seen,
            first,
        })
    }

    /// The first date of a hub, and what an account did there.
    async fn known_of(
        &self,
        loaded: &Loaded,
        account: AccountId,
    ) -> Result<(Option<NaiveDate>, Vec<Seen>), StoreError> {
        let hub = &loaded.hub.hub;
        let first = self.store.day_from(hub, NaiveDate::MIN).await?;
        // Before the first poll there can be imported days.
        let end = match loaded.recent.iter().max_by_key(|day| day.version) {
            Some(end) => Some(end.clone()),
            None => self.store.day_up_to(hub, NaiveDate::MAX).await?,
        };
        let (Some(first), Some(end)) = (first, end) else {
            return Ok((None, Vec::new()));
        };
        let after = match first.version.is_imported() {
            true => Version::BEGINNING,
            false => Version::NONE,
        };
        let seen = self.store.history(hub, account, after, &end).await?;
        Ok((Some(first.date), seen))
    }

    /// Hubs as they are now, without their changes.
    pub(super) async fn load_current(&self, hubs: &[&HubId]) -> Result<Vec<Loaded>, StoreError> {
        let nothing = |_: &HubId, _: &State| Since {
            mark: None,
            after: Version(i64::MAX),
        };
        self.load_heads(hubs, nothing).await
    }
}
