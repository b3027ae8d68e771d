//! Member statuses, and the number of members by status.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// AWS's `MemberStatus`. AWS can add values.
///
/// AWS documents the field as free text and has renamed a value before (`Associated` became
/// `Enabled` in 2020), so unknown values are kept as they are.
///
/// The order is that of a list of members that aren't Enabled: most serious first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberStatus {
    /// Left after it was Enabled, or declined the invitation.
    Resigned,
    /// The administrator disassociated it.
    Removed,
    /// The account is suspended.
    AccountSuspended,
    /// The administrator deleted it from the list.
    Deleted,
    /// The Region is disabled in the account.
    RegionDisabled,
    /// The email address could not be verified, so no invitation was sent.
    EmailVerificationFailed,
    /// A value that this program doesn't know.
    Other(String),
    /// Invited, without an answer.
    Invited,
    /// Added by the administrator, not yet invited.
    Created,
    /// The email address is being verified before the invitation is sent.
    EmailVerificationInProgress,
    /// Sends its findings to the administrator.
    Enabled,
}

/// Lists AWS's statuses once: their names are those of the variants.
macro_rules! known_statuses {
    ($($known:ident),*) => {
        impl MemberStatus {
            /// Every known status.
            pub const KNOWN: [Self; 10] = [$(Self::$known),*];

            /// AWS's name for the status.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$known => stringify!($known),)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

known_statuses!(
    Resigned,
    Removed,
    AccountSuspended,
    Deleted,
    RegionDisabled,
    EmailVerificationFailed,
    Invited,
    Created,
    EmailVerificationInProgress,
    Enabled
);

impl MemberStatus {
    /// Parses AWS's value, ignoring case and underscores. `Associated` is the old name of
    /// `Enabled`.
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

    /// Reports whether the account sends its findings to the administrator.
    pub fn is_protected(&self) -> bool {
        *self == Self::Enabled
    }

    /// Reports whether the account is about to join, and nothing is wrong.
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

/// The number of members by status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(BTreeMap<MemberStatus, u64>);

impl Counts {
    /// Adds `number` members with this status.
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

    /// The number of members with this status.
    pub fn of(&self, status: &MemberStatus) -> u64 {
        self.0.get(status).copied().unwrap_or_default()
    }

    /// The number of all members.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Every status with members, and their number.
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
