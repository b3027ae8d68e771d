//! People's decisions on a case: who works on it, and why it is expected.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{CaseKey, Conditions};
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;

/// The ID of a person, which is a Slack user ID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The decisions on one case. They don't apply to a later case of the same account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseClaim {
    /// The account.
    pub key: CaseKey,
    /// When that case began.
    pub opened: DateTime<Utc>,
    /// Counts the writes.
    pub revision: u64,
    /// The person who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Assignment>,
    /// The acceptance, if it is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

impl CaseClaim {
    /// Reports whether a person has decided on the case.
    pub(super) fn is_decision(&self) -> bool {
        self.assigned.is_some() || self.accepted.is_some()
    }
}

/// The person who works on a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The person.
    pub by: PersonId,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// A person's decision that a case is expected until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The person.
    pub by: PersonId,
    /// When they decided.
    pub at: DateTime<Utc>,
    /// The date on which it ends, and the case is open again.
    pub until: NaiveDate,
    /// The reason.
    pub why: Reason,
    /// The accepted status in each hub. Any other status ends the acceptance.
    pub hubs: BTreeMap<HubId, Option<MemberStatus>>,
}

impl Acceptance {
    /// Reports whether it covers these conditions. Fewer hubs are covered too.
    pub fn covers(&self, conditions: &Conditions) -> bool {
        conditions
            .iter()
            .all(|(hub, condition)| self.hubs.get(hub) == Some(&condition.status))
    }
}

/// The reason that a case is expected, in a person's words: 3 to 500 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

/// The text is not a valid reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// Shorter than [`Reason::SHORTEST`].
    #[error("a reason has at least {} characters", Reason::SHORTEST)]
    TooShort,
    /// Longer than [`Reason::LONGEST`].
    #[error("a reason has at most {} characters", Reason::LONGEST)]
    TooLong,
}

impl Reason {
    /// In characters, without surrounding whitespace.
    pub const SHORTEST: usize = 3;
    /// In characters, without surrounding whitespace.
    pub const LONGEST: usize = 500;

    /// Parses typed text.
    ///
    /// # Errors
    ///
    /// If the text is too short or too long.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        match text.chars().count() {
            length if length < Self::SHORTEST => Err(ReasonError::TooShort),
            length if length > Self::LONGEST => Err(ReasonError::TooLong),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The text as typed. It is untrusted.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_three_to_five_hundred_characters_without_its_blanks() {
        for (text, wanted) in [
            ("ok", Err(ReasonError::TooShort)),
            ("  ok  ", Err(ReasonError::TooShort)),
            ("停止中", Ok(())),
            (" sold ", Ok(())),
            (&"あ".repeat(500), Ok(())),
            (&"あ".repeat(501), Err(ReasonError::TooLong)),
        ] {
            assert_eq!(Reason::parse(text).map(drop), wanted, "{text}");
        }
        assert_eq!(Reason::parse(" sold\n").unwrap().as_str(), "sold");
    }
}
