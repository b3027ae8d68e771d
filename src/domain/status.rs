//! What AWS says of a member, and how many members have which status.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What AWS says of a member (`MemberStatus`): an open set.
///
/// AWS documents the field as free text and has renamed a value before
/// (`Associated` became `Enabled` in 2020), so a status that nobody knows is
/// kept as it came.
///
/// The order is that of a list of members that are not protected: the worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberStatus {
    /// Accepted an invitation, then left by itself; or declined the invitation.
    Resigned,
    /// The administrator disassociated it.
    Removed,
    /// The account is suspended.
    AccountSuspended,
    /// The administrator deleted it from the list.
    Deleted,
    /// The Region is disabled in the account.
    RegionDisabled,
    /// The email address could not be verified: the invitation was not sent.
    EmailVerificationFailed,
    /// A status that this program does not know.
    Other(String),
    /// Invited, has not answered.
    Invited,
    /// Added by the administrator, not invited yet.
    Created,
    /// The email address is being verified before the invitation is sent.
    EmailVerificationInProgress,
    /// Sends its findings to the administrator: protected.
    Enabled,
}

impl MemberStatus {
    /// Every status that has a name of its own.
    pub const KNOWN: [Self; 10] = [
        Self::Resigned,
        Self::Removed,
        Self::AccountSuspended,
        Self::Deleted,
        Self::RegionDisabled,
        Self::EmailVerificationFailed,
        Self::Invited,
        Self::Created,
        Self::EmailVerificationInProgress,
        Self::Enabled,
    ];

    /// Reads AWS's text. Case and underscores do not count; `Associated` is
    /// the old name of `Enabled`.
    pub fn parse(text: &str) -> Self {
        let folded = |text: &str| text.replace('_', "").to_ascii_lowercase();
        let wanted = folded(text);
        if wanted == "associated" {
            return Self::Enabled;
        }
        Self::KNOWN
            .into_iter()
            .find(|known| folded(known.as_str()) == wanted)
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// AWS's name of it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Resigned => "Resigned",
            Self::Removed => "Removed",
            Self::AccountSuspended => "AccountSuspended",
            Self::Deleted => "Deleted",
            Self::RegionDisabled => "RegionDisabled",
            Self::EmailVerificationFailed => "EmailVerificationFailed",
            Self::Other(text) => text,
            Self::Invited => "Invited",
            Self::Created => "Created",
            Self::EmailVerificationInProgress => "EmailVerificationInProgress",
            Self::Enabled => "Enabled",
        }
    }

    /// Whether the account sends its findings to the administrator.
    pub fn is_protected(&self) -> bool {
        *self == Self::Enabled
    }

    /// Whether the account is on its way in: nobody has left, nothing is broken.
    pub fn is_pending(&self) -> bool {
        matches!(
            self,
            Self::Invited | Self::Created | Self::EmailVerificationInProgress
        )
    }
}

impl fmt::Display for MemberStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MemberStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MemberStatus {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

/// How many members have which status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(BTreeMap<MemberStatus, u64>);

impl Counts {
    /// Counts `number` more members with this status.
    pub fn add(&mut self, status: &MemberStatus, number: u64) {
        if number > 0 {
            *self.0.entry(status.clone()).or_default() += number;
        }
    }

    /// Adds the counts of another list.
    pub fn merge(&mut self, other: &Self) {
        for (status, number) in &other.0 {
            self.add(status, *number);
        }
    }

    /// How many members have this status.
    pub fn of(&self, status: &MemberStatus) -> u64 {
        self.0.get(status).copied().unwrap_or_default()
    }

    /// How many members there are.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Every status that somebody has, with the number.
    pub fn iter(&self) -> impl Iterator<Item = (&MemberStatus, u64)> {
        self.0.iter().map(|(status, number)| (status, *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_without_regard_to_case_and_underscores() {
        for (text, status) in [
            ("Enabled", MemberStatus::Enabled),
            ("ENABLED", MemberStatus::Enabled),
            ("Associated", MemberStatus::Enabled),
            ("ACCOUNT_SUSPENDED", MemberStatus::AccountSuspended),
            ("accountSuspended", MemberStatus::AccountSuspended),
            ("Quarantined", MemberStatus::Other("Quarantined".into())),
            ("On_Hold", MemberStatus::Other("On_Hold".into())),
        ] {
            assert_eq!(MemberStatus::parse(text), status, "{text}");
        }
    }

    #[test]
    fn every_known_status_reads_back_from_its_name() {
        for status in MemberStatus::KNOWN {
            assert_eq!(MemberStatus::parse(status.as_str()), status);
        }
    }
}
