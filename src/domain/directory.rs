//! The accounts' names and OUs, and how an account is found by name.
//!
//! It doesn't know the source of the names. Names are free text from others: the code that shows
//! one escapes it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::doubt::AccountList;
use super::hub::Unread;
use super::member::AccountId;
use super::naming::{account_id, name_key, near};

/// The number of similar names to offer if no account has the name.
const OFFERED: usize = 3;

/// The accounts of an organization, and those that left it.
pub type Accounts = BTreeMap<AccountId, AccountRecord>;

impl AccountList for Accounts {
    fn ids(&self) -> impl ExactSizeIterator<Item = AccountId> {
        self.keys().copied()
    }

    fn has(&self, account: AccountId) -> bool {
        self.contains_key(&account)
    }
}

/// Account names from the names file.
pub type Names = BTreeMap<AccountId, Who>;

/// Data about accounts beyond the member lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The accounts with any such data.
    pub accounts: Accounts,
    /// The state of the organization's data; `None` if it isn't read.
    pub organization: Option<Organization>,
}

/// The age and state of the organization's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Organization {
    /// When it was last read; `None` if it never was.
    pub read_at: Option<DateTime<Utc>>,
    /// Set while it can't be read and users expect it.
    pub unread: Option<Unread>,
}

/// Data about one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Its name and OU.
    #[serde(flatten)]
    pub who: Who,
    /// Its state in the organization; `None` if it is not in one, or if the state is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AccountState>,
    /// When a reading of the organization first lacked it; `None` while it is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<DateTime<Utc>>,
}

impl AccountRecord {
    /// Reports whether the last complete reading of the organization listed the account.
    pub fn is_listed(&self) -> bool {
        self.gone_since.is_none()
    }
}

/// An account's name and OU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The name; never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The OU, as a path from the root: `Workloads/Prod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl Who {
    /// The name, or the ID of an account without a known name.
    pub fn called(&self, account: AccountId) -> String {
        self.name.clone().unwrap_or_else(|| account.to_string())
    }
}

/// The state of an account in AWS Organizations. AWS can add values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountState {
    /// The sign-up was not completed.
    PendingActivation,
    /// Active.
    Active,
    /// Suspended by AWS. The older field `Status` also has this value for closed accounts.
    Suspended,
    /// The closure is in progress.
    PendingClosure,
    /// Closed. AWS deletes the account after 90 days.
    Closed,
    /// A value that this program doesn't know.
    Other(String),
}

impl AccountState {
    /// Parses AWS's value.
    pub fn parse(text: &str) -> Self {
        match text {
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "CLOSED" => Self::Closed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// AWS's name for the state.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Other(text) => text,
        }
    }

    /// Reports whether the account is suspended, closed or being closed.
    pub fn is_out_of_use(&self) -> bool {
        matches!(self, Self::Suspended | Self::PendingClosure | Self::Closed)
    }
}

impl Serialize for AccountState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AccountState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

/// The result of a search for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One account. An account ID is always found, even if the directory doesn't have it.
    One(AccountId),
    /// Several accounts match the name.
    Several(Vec<AccountId>),
    /// No account matches. The most similar names are offered, best first.
    None {
        /// At most three.
        nearest: Vec<AccountId>,
    },
}

impl Directory {
    /// Combines the accounts of an organization with the names file, which takes precedence.
    pub fn new(accounts: &Accounts, names: &Names, organization: Option<Organization>) -> Self {
        let mut accounts = accounts.clone();
        for (account, who) in names {
            let known = &mut accounts.entry(*account).or_default().who;
            known.name = who.name.clone().or(known.name.take());
            known.unit = who.unit.clone().or(known.unit.take());
        }
        Self {
            accounts,
            organization,
        }
    }

    /// The data about an account.
    pub fn get(&self, account: AccountId) -> Option<&AccountRecord> {
        self.accounts.get(&account)
    }

    /// The name of an account.
    pub fn name(&self, account: AccountId) -> Option<&str> {
        self.get(account)?.who.name.as_deref()
    }

    /// The account's name and OU; empty if unknown.
    pub fn who(&self, account: AccountId) -> Who {
        self.get(account)
            .map(|entry| entry.who.clone())
            .unwrap_or_default()
    }

    /// Reports whether any name is known.
    pub fn has_names(&self) -> bool {
        let mut accounts = self.accounts.values();
        accounts.any(|known| known.who.name.is_some())
    }

    /// Reports whether an account has exactly this name.
    pub fn has_name(&self, text: &str) -> bool {
        let wanted = name_key(text);
        let mut names = self
            .accounts
            .values()
            .filter_map(|entry| entry.who.name.as_deref());
        !wanted.is_empty() && names.any(|name| name_key(name) == wanted)
    }

    /// Finds an account by its ID, its name, the beginning of its name, or a part of it.
    pub fn find(&self, text: &str) -> Found {
        if let Some(account) = account_id(text) {
            return Found::One(account);
        }
        let wanted = name_key(text);
        if wanted.is_empty() {
            return Found::None {
                nearest: Vec::new(),
            };
        }
        let mut names: Vec<_> = self
            .accounts
            .iter()
            .filter_map(|(account, entry)| Some((name_key(entry.who.name.as_deref()?), *account)))
            .collect();
        names.sort();
        let matches: [&dyn Fn(&str) -> bool; 3] = [
            &|name| name == wanted,
            &|name| name.starts_with(&wanted),
            &|name| name.contains(&wanted),
        ];
        for matches in matches {
            let matching = names.iter().filter(|(name, _)| matches(name));
            let accounts: Vec<_> = matching.map(|(_, account)| *account).collect();
            match *accounts {
                [] => {}
                [account] => return Found::One(account),
                _ => return Found::Several(accounts),
            }
        }
        let mut nearest = near(&wanted, names);
        nearest.truncate(OFFERED);
        Found::None { nearest }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account(number: u64) -> AccountId {
        AccountId::from_u64(number).unwrap()
    }

    fn directory(names: &[(u64, &str)]) -> Directory {
        let entry = |(number, name): &(u64, &str)| {
            let who = Who {
                name: Some((*name).to_owned()),
                unit: None,
            };
            let record = AccountRecord {
                who,
                ..AccountRecord::default()
            };
            (account(*number), record)
        };
        Directory {
            accounts: names.iter().map(entry).collect(),
            organization: None,
        }
    }

    #[test]
    fn an_account_is_found_by_its_id_and_by_what_people_call_it() {
        let directory = directory(&[
            (1, "payments-prod"),
            (2, "payments-staging"),
            (3, "prod"),
            (4, "データ基盤"),
            (5, "Log Archive"),
            (6, "sandbox"),
            (7, "Sandbox"),
        ]);
        let none = |nearest: &[u64]| Found::None {
            nearest: nearest.iter().map(|number| account(*number)).collect(),
        };
        let several = |numbers: &[u64]| {
            Found::Several(numbers.iter().map(|number| account(*number)).collect())
        };
        let one = |number| Found::One(account(number));
        for (text, found) in [
            ("000000000001", one(1)),
            ("0000-0000-0001", one(1)),
            ("００００００００００８８", one(88)),
            ("999999999999", one(999_999_999_999)),
            ("prod", one(3)),
            ("PROD", one(3)),
            ("ｐｒｏｄ", one(3)),
            ("payments-p", one(1)),
            ("payments", several(&[1, 2])),
            ("staging", one(2)),
            ("  log   archive ", one(5)),
            ("archive", one(5)),
            ("ﾃﾞｰﾀ基盤", one(4)),
            ("Log\u{200b} Archive\u{fe0f}", one(5)),
            ("データ", one(4)),
            ("sandbox", several(&[6, 7])),
            ("payment-prod", none(&[1])),
            ("sandbux", none(&[6, 7])),
            ("12345", none(&[])),
            ("billing", none(&[])),
            ("", none(&[])),
            (" \u{3000}", none(&[])),
        ] {
            assert_eq!(directory.find(text), found, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_one_that_an_account_has_as_a_whole() {
        let directory = directory(&[(1, "Payments-Prod"), (2, "Log Archive")]);
        for (text, has) in [
            ("payments-prod", true),
            ("ｐａｙｍｅｎｔｓ－ｐｒｏｄ", true),
            ("log  archive", true),
            ("payments", false),
            ("", false),
        ] {
            assert_eq!(directory.has_name(text), has, "{text:?}");
        }
    }

    #[test]
    fn a_state_of_the_organization_reads_back_from_its_name() {
        for text in [
            "PENDING_ACTIVATION",
            "ACTIVE",
            "SUSPENDED",
            "PENDING_CLOSURE",
            "CLOSED",
            "FROZEN",
        ] {
            assert_eq!(AccountState::parse(text).as_str(), text);
        }
    }

    proptest! {
        /// With any names, each account is found by its own name: alone, or with others of that
        /// name.
        #[test]
        fn every_account_is_found_by_its_own_name(
            names in proptest::collection::vec("[a-zA-Z\u{ff21}-\u{ff3a} ]{0,3}[a-z-]", 1..20)
        ) {
            let names: Vec<_> = (1..).zip(names.iter().map(String::as_str)).collect();
            let directory = directory(&names);
            for (number, name) in &names {
                let found = directory.find(name);
                prop_assert!(match &found {
                    Found::One(one) => *one == account(*number),
                    Found::Several(several) => several.contains(&account(*number)),
                    Found::None { .. } => false,
                }, "{name:?}: {found:?}");
            }
        }

        /// For any text, no account is offered twice.
        #[test]
        fn any_question_has_an_answer(text in "\\PC{0,20}") {
            let directory = directory(&[(1, "alpha"), (2, "alpha-2"), (3, "beta")]);
            if let Found::Several(mut several) = directory.find(&text) {
                let count = several.len();
                several.dedup();
                prop_assert!(count > 1 && several.len() == count);
            }
        }
    }
}
