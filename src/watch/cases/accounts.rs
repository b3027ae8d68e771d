//! Commands about an account. They apply to all of its cases, under every administrator.

use super::decisions::{Claimed, DecidedCase, Decision};
use super::{CaseId, Cases};
use crate::domain::cases::{CaseList, PersonId};
use crate::domain::directory::{Directory, Found};
use crate::domain::member::AccountId;
use crate::domain::naming::name_key;
use crate::domain::query::{CaseCommand, Named};
use crate::watch::answers::Candidate;
use crate::watch::ports::StoreError;

/// The answer to a command about cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseAnswer {
    /// All cases.
    List(Box<CaseList>),
    /// Several accounts have this name, or contain it in theirs.
    Several {
        /// The name.
        name: String,
        /// The accounts, by name.
        accounts: Vec<Candidate>,
    },
    /// No account has exactly this name.
    Nobody {
        /// The name.
        name: String,
        /// The accounts with similar names, the most similar first.
        nearest: Vec<Candidate>,
        /// Whether any account's name is known.
        has_names: bool,
    },
    /// The account has no case.
    None(Candidate),
    /// The account's cases, at least one.
    Decided(Vec<DecidedCase>),
}

impl CaseAnswer {
    /// The cases that the decision changed.
    pub fn changed(&self) -> Vec<&DecidedCase> {
        match self {
            Self::Decided(cases) => cases.iter().filter(|case| case.is_new).collect(),
            _ => Vec::new(),
        }
    }

    /// Reports whether every case is as requested.
    pub fn is_as_asked(&self) -> bool {
        match self {
            Self::List(_) => true,
            Self::Several { .. } | Self::Nobody { .. } | Self::None(_) => false,
            Self::Decided(cases) => cases.iter().all(|case| match case.claimed {
                Claimed::Done(_) => true,
                Claimed::Ended => case.is_new,
                Claimed::Other(_) => false,
            }),
        }
    }
}

impl Cases {
    /// Carries out a command.
    ///
    /// # Errors
    ///
    /// If the store fails. Some of the account's cases may be decided by then; a repeated command
    /// decides the rest.
    pub async fn carry_out(
        &self,
        command: &CaseCommand,
        by: &PersonId,
    ) -> Result<CaseAnswer, StoreError> {
        let (Some(named), Some(decision)) = (command.account(), Decision::of(command)) else {
            return Ok(CaseAnswer::List(Box::new(self.list().await?)));
        };
        let directory = self.reports.directory.get().await;
        let account = match exactly(&directory, named) {
            Ok(account) => account,
            Err(answer) => return Ok(answer),
        };
        let list = self.list().await?;
        let cases = list.iter().filter(|case| case.key.account == account);
        let mut decided = Vec::new();
        for case in cases {
            let outcome = self.decide(&CaseId::from(case), by, &decision).await?;
            decided.push(outcome.unwrap_or_else(|| DecidedCase {
                before: case.clone(),
                claimed: Claimed::Ended,
                is_new: false,
            }));
        }
        if decided.is_empty() {
            return Ok(CaseAnswer::None(Candidate::of(account, &directory)));
        }
        decided.sort_by_key(|one| one.before.key);
        Ok(CaseAnswer::Decided(decided))
    }
}

/// The account with this ID or exactly this name. Unlike a query, a command that changes something
/// doesn't accept part of a name.
fn exactly(directory: &Directory, named: &Named) -> Result<AccountId, CaseAnswer> {
    let name = match named {
        Named::Id(account) => return Ok(*account),
        Named::Name(name) => name,
    };
    let is_exact = |account: &AccountId| {
        let known = directory.name(*account);
        known.is_some_and(|known| name_key(known) == name_key(name))
    };
    let similar = match directory.find(name) {
        Found::One(account) if is_exact(&account) => return Ok(account),
        Found::One(account) => vec![account],
        Found::Several(accounts) => {
            return Err(CaseAnswer::Several {
                name: name.clone(),
                accounts: Candidate::all(&accounts, directory),
            });
        }
        Found::None { nearest } => nearest,
    };
    Err(CaseAnswer::Nobody {
        name: name.clone(),
        nearest: Candidate::all(&similar, directory),
        has_names: directory.has_names(),
    })
}
