//! Cases: accounts that need someone to act, until the problem ends or someone accepts it.
//!
//! [`CaseBook`] contains what polls found: a fold over the changes of all hubs, so every process
//! computes the same book. [`CaseClaim`] contains people's decisions: who works on a case, or why
//! it is expected. [`CaseList`] combines both for readers. Wording lives elsewhere.

mod book;
mod case;
mod claim;
mod draft;
mod failing;
mod list;
mod meanings;
mod organization;
mod record;
mod renamed;
mod sources;
mod update;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::diff::ChangeKind;
use super::hub::HubId;
use super::member::{AccountId, MemberStatus};

pub use book::CaseBook;
pub use case::{Case, CaseState, Concern, Lapse, LapseReason};
pub use claim::{Acceptance, Assignment, CaseClaim, PersonId, Reason, ReasonError};
pub use failing::{FailingHub, FailingHubs, HubClaim, HubClaims};
pub use list::CaseList;
pub use meanings::{StatusMeaning, StatusMeanings};
pub use organization::{OrganizationGap, OrganizationGaps};
pub use record::{CaseRecord, EndedCase};
pub use renamed::RenamedStatus;
pub use sources::{CaseRules, CaseSources};
pub use update::HubUpdate;

/// The account and the administrator of a case. As text: `111122223333#444455556666`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseKey {
    /// The administrator; `None` for an organization account that no administrator lists.
    pub admin: Option<AccountId>,
    /// The account.
    pub account: AccountId,
}

impl CaseKey {
    /// The account under the administrator of this hub.
    pub fn in_hub(hub: &HubId, account: AccountId) -> Self {
        Self {
            admin: Some(hub.admin),
            account,
        }
    }
}

/// Replaces a missing administrator in the text.
const NO_ADMIN: &str = "organization";

impl fmt::Display for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.admin {
            Some(admin) => write!(f, "{admin}#{}", self.account),
            None => write!(f, "{NO_ADMIN}#{}", self.account),
        }
    }
}

/// The text is not a case key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a case: an administrator and an account, like 111122223333#444455556666")]
pub struct InvalidCaseKey(pub String);

impl FromStr for CaseKey {
    type Err = InvalidCaseKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.split_once('#').and_then(|(admin, account)| {
            let admin = match admin {
                NO_ADMIN => None,
                admin => Some(admin.parse().ok()?),
            };
            let account = account.parse().ok()?;
            Some(Self { admin, account })
        });
        key.ok_or_else(|| InvalidCaseKey(text.to_owned()))
    }
}

impl Serialize for CaseKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The reason that an account is not Enabled in one hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Its status; `None` if it is no longer listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MemberStatus>,
    /// Since when it has this status.
    pub since: DateTime<Utc>,
    /// The change by which it stopped being Enabled; `None` if that was before the first poll of
    /// the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<ChangeKind>,
}

impl Condition {
    /// Reports whether an Enabled account has got a status that this program doesn't know.
    pub(super) fn is_unknown(&self) -> bool {
        self.how == Some(ChangeKind::Unprotected)
            && matches!(self.status, Some(MemberStatus::Other(_)))
    }
}

/// The conditions of a case in each hub.
pub type Conditions = BTreeMap<HubId, Condition>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_text() {
        for text in [
            "111122223333#444455556666",
            "organization#000000000001",
            "000000000000#000000000000",
        ] {
            assert_eq!(text.parse::<CaseKey>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "444455556666",
            "#444455556666",
            "111122223333#",
            "Organization#444455556666",
            "111122223333#444455556666#1",
        ] {
            assert!(text.parse::<CaseKey>().is_err(), "{text}");
        }
    }
}
