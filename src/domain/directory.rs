//! Who the accounts are: their names, where they stand in the organization,
//! and how an account is found by what people call it.
//!
//! Must not know where the names come from or where they are kept. Names are
//! free text of other people: whoever shows one makes it harmless there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::doubt::AccountList;
use super::hub::Unread;
use super::member::AccountId;
use super::naming::{account_id, name_key, near};

/// How many names are offered in the place of one that nobody has.
const OFFERED: usize = 3;

/// The accounts of an organization.
pub type Accounts = BTreeMap<AccountId, AccountRecord>;

impl AccountList for Accounts {
    fn ids(&self) -> impl ExactSizeIterator<Item = AccountId> {
        self.keys().copied()
    }

    fn has(&self, account: AccountId) -> bool {
        self.contains_key(&account)
    }
}

/// What accounts are called.
pub type Names = BTreeMap<AccountId, Who>;

/// What is known of accounts beyond the member lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The accounts of which something is known.
    pub accounts: Accounts,
    /// What is known of the organization itself; `None` where nobody asks.
    pub organization: Option<Organization>,
}

/// How well an organization is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Organization {
    /// When it was last read; `None` when it never was.
    pub read_at: Option<DateTime<Utc>>,
    /// Set while it cannot be read, and that is worth a word.
    pub unread: Option<Unread>,
}

/// What is known of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Who it is.
    #[serde(flatten)]
    pub who: Who,
    /// Its state in the organization; `None` where it is in none, or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AccountState>,
}

/// Who an account is, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// What it is called; never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its organizational unit, as the path from the root: `Workloads/Prod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// What AWS Organizations says of an account: an open set, like the statuses
/// of members.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountState {
    /// Being created.
    PendingActivation,
    /// In use.
    Active,
    /// Suspended by AWS; the older field `Status` also calls a closed one so.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed: it goes after 90 days.
    Closed,
    /// A state that this program does not know.
    Other(String),
}

impl AccountState {
    /// Reads AWS's text.
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

    /// AWS's name of it.
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

    /// Whether nobody can work in the account any more.
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

/// Which account somebody means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This one. An id is always one, whether the directory knows it or not.
    One(AccountId),
    /// Any of these, by name.
    Several(Vec<AccountId>),
    /// None; these have the nearest names, the nearest first.
    None {
        /// At most three.
        nearest: Vec<AccountId>,
    },
}

impl Directory {
    /// What is known of the accounts of an organization, and of those that
    /// somebody has given names to: their words go before the organization's.
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

    /// What is known of an account.
    pub fn get(&self, account: AccountId) -> Option<&AccountRecord> {
        self.accounts.get(&account)
    }

    /// What an account is called.
    pub fn name(&self, account: AccountId) -> Option<&str> {
        self.get(account)?.who.name.as_deref()
    }

    /// Who an account is; nothing where that is not known.
    pub fn who(&self, account: AccountId) -> Who {
        self.get(account)
            .map(|entry| entry.who.clone())
            .unwrap_or_default()
    }

    /// Whether any account's name is known at all.
    pub fn has_names(&self) -> bool {
        let mut accounts = self.accounts.values();
        accounts.any(|known| known.who.name.is_some())
    }

    /// Whether an account has exactly this name.
    pub fn has_name(&self, text: &str) -> bool {
        let wanted = name_key(text);
        let mut names = self
            .accounts
            .values()
            .filter_map(|entry| entry.who.name.as_deref());
        !wanted.is_empty() && names.any(|name| name_key(name) == wanted)
    }

    /// The account that `text` names: by its ID, by its
    /// name, by the beginning of its name, or by a part of it.
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
            (account(*number), AccountRecord { who, state: None })
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
        /// Whatever the names are, each account is found by its own: alone, or
        /// among those of the same name.
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

        /// Whatever is asked, an account is only offered once.
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
