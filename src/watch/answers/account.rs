//! The history of one account in every hub, and its current statuses.

use std::sync::Arc;

use chrono::NaiveDate;
use futures::future::try_join_all;

use super::answer::{AccountAnswer, AccountHistory, AccountMatch, Candidate};
use crate::domain::account::{Presence, Seen, events};
use crate::domain::directory::{Found, Who};
use crate::domain::hub::HubId;
use crate::domain::member::AccountId;
use crate::domain::naming::folded_name;
use crate::domain::query::{Named, Query, QueryError};
use crate::domain::report::Damage;
use crate::watch::calendar::Calendar;
use crate::watch::directory::DirectoryCache;
use crate::watch::history::{History, LoadedHub, without_the_not_enabled};
use crate::watch::ports::StoreError;

/// One account in one hub.
struct InHub {
    loaded: LoadedHub,
    seen: Vec<Seen>,
    first: Option<NaiveDate>,
}

/// Shorter text is part of too many names.
const SHORTEST: usize = 3;

/// Answers queries about one account.
pub(super) struct AccountAnswers {
    pub(super) calendar: Calendar,
    pub(super) history: Arc<History>,
    pub(super) directory: Arc<DirectoryCache>,
}

impl AccountAnswers {
    /// For text that isn't a query: the query for the account with that name. Otherwise the same
    /// error, with a similar account name if there is no other suggestion.
    ///
    /// # Errors
    ///
    /// If no account has that name.
    pub(super) async fn account_or(&self, error: QueryError) -> Result<Query, QueryError> {
        let QueryError::Unknown { text, suggestion } = error else {
            return Err(error);
        };
        let directory = self.directory.get().await;
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

    pub(super) async fn answer(
        &self,
        query: &Query,
        named: &Named,
        hubs: &[&HubId],
    ) -> Result<AccountAnswer, StoreError> {
        let at = self.calendar.now();
        let directory = self.directory.get().await;
        let found = match named {
            Named::Id(account) => Found::One(*account),
            Named::Name(name) => directory.find(name),
        };
        let known = match found {
            Found::One(account) => AccountMatch::History(AccountHistory {
                who: directory.who(account),
                ..self.history(account, hubs).await?
            }),
            Found::Several(accounts) => AccountMatch::Several {
                name: named.to_string(),
                accounts: Candidate::all(&accounts, &directory),
            },
            Found::None { nearest } => AccountMatch::Nobody {
                name: named.to_string(),
                nearest: Candidate::all(&nearest, &directory),
                has_names: directory.has_names(),
            },
        };
        Ok(AccountAnswer {
            query: query.clone(),
            at,
            today: self.calendar.date_of(at),
            known,
        })
    }

    async fn history(
        &self,
        account: AccountId,
        hubs: &[&HubId],
    ) -> Result<AccountHistory, StoreError> {
        let (loaded, not_enabled) = without_the_not_enabled(self.history.load_current(hubs).await?);
        let look = loaded.into_iter().map(|hub| self.look_in(hub, account));
        let found = try_join_all(look).await?;
        let (today, zone) = (self.calendar.today(), self.calendar.zone());
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

    async fn look_in(
        &self,
        mut loaded: LoadedHub,
        account: AccountId,
    ) -> Result<InHub, StoreError> {
        let known = self.history.account(&loaded, account).await?;
        let (first, seen) = known.unwrap_or_else(|_| {
            loaded.hub.damage = Some(Damage::History);
            (None, Vec::new())
        });
        Ok(InHub {
            loaded,
            seen,
            first,
        })
    }
}
