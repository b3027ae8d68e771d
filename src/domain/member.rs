//! A member account of a Security Hub administrator, and the list of all members at the end of a
//! poll.
//!
//! It doesn't know the source of a list or where it is stored.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::emails::EmailAddress;

pub use super::status::{Counts, MemberStatus};

/// An AWS account ID: twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The ID as a number below 10¹².
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The account with this number; `None` from 10¹² on.
    pub fn from_u64(number: u64) -> Option<Self> {
        (number < 1_000_000_000_000).then_some(Self(number))
    }
}

/// Not an AWS account ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} must be an AWS account ID of twelve digits, such as 123456789012")]
pub struct InvalidAccountId(pub String);

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAccountId(text.to_owned());
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        text.parse().map(Self).map_err(|_| invalid())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for AccountId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// One entry of AWS's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The account.
    pub account: AccountId,
    /// Its status.
    pub status: MemberStatus,
    /// The email address that the administrator entered.
    pub email: Option<EmailAddress>,
    /// AWS's time of the last invitation.
    pub invited_at: Option<DateTime<Utc>>,
    /// AWS's time of the last update.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A complete member list, by account ID, each account once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberList(Vec<Listed>);

impl MemberList {
    /// The list from all pages. If an account is listed twice, which happens when the list
    /// changes between pages, the entry that AWS updated last is kept.
    pub fn new(mut listed: Vec<Listed>) -> Self {
        listed.sort_by(|a, b| {
            a.account
                .cmp(&b.account)
                .then(b.updated_at.cmp(&a.updated_at))
        });
        listed.dedup_by_key(|listed| listed.account);
        Self(listed)
    }

    /// This list, with the entries of another one that it lacks.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        // The sort is stable, so this list's entry of an account comes first.
        self.0.sort_by_key(|listed| listed.account);
        self.0.dedup_by_key(|listed| listed.account);
        self
    }

    /// Reports whether this account is listed.
    pub fn has(&self, account: AccountId) -> bool {
        self.0
            .binary_search_by_key(&account, |listed| listed.account)
            .is_ok()
    }

    /// The number of accounts.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Reports whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The accounts, by ID.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Listed> {
        self.0.iter()
    }
}

/// One account in a snapshot: AWS's entry, and since when it has its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// AWS's entry.
    pub listed: Listed,
    /// Since when the account has this status: AWS's `updated_at` if it is between the two polls
    /// that saw the change, otherwise the time of the later poll.
    pub since: DateTime<Utc>,
}

/// The members of a hub at the end of a poll, by account ID, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    members: Vec<Member>,
}

impl Snapshot {
    /// `None` if an account occurs twice.
    pub fn new(mut members: Vec<Member>) -> Option<Self> {
        members.sort_by_key(|member| member.listed.account);
        members
            .is_sorted_by(|a, b| a.listed.account < b.listed.account)
            .then_some(Self { members })
    }

    /// The snapshot at the end of a poll. `before` is the previous snapshot, and `window` the
    /// time between the two polls.
    ///
    /// An account keeps its `since` while its status stays the same.
    pub fn at_end_of_poll(list: MemberList, before: Option<&Snapshot>, window: Window) -> Self {
        let member = |listed: Listed| {
            let earlier = before
                .and_then(|before| before.get(listed.account))
                .filter(|earlier| earlier.listed.status == listed.status);
            Member {
                since: earlier
                    .map_or_else(|| window.locate(listed.updated_at), |earlier| earlier.since),
                listed,
            }
        };
        Self {
            members: list.0.into_iter().map(member).collect(),
        }
    }

    /// The members, by account ID.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member with this ID.
    pub fn get(&self, account: AccountId) -> Option<&Member> {
        self.members
            .binary_search_by_key(&account, |member| member.listed.account)
            .ok()
            .and_then(|index| self.members.get(index))
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Reports whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The number of members by status.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for member in &self.members {
            counts.add(&member.listed.status, 1);
        }
        counts
    }
}

/// The time in which a change must have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When the previous poll began; `None` for the first poll of a hub.
    pub after: Option<DateTime<Utc>>,
    /// When the poll that saw the change had read the list.
    pub at: DateTime<Utc>,
}

impl Window {
    /// The best estimate for a time in this window: AWS's time if it is within, otherwise the end
    /// of the window.
    fn locate(self, said: Option<DateTime<Utc>>) -> DateTime<Utc> {
        said.filter(|said| *said <= self.at && self.after.is_none_or(|after| *said > after))
            .unwrap_or(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_digits_and_keeps_its_zeros() {
        let id: AccountId = "000123456789".parse().unwrap();
        assert_eq!(id.to_string(), "000123456789");
        for wrong in [
            "",
            "12345678901",
            "1234567890123",
            "12345678901a",
            "１２３４",
        ] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn listed(id: &str, status: &str, updated_at: Option<&str>) -> Listed {
        Listed {
            account: id.parse().unwrap(),
            status: MemberStatus::parse(status),
            email: None,
            invited_at: None,
            updated_at: updated_at.map(time),
        }
    }

    #[test]
    fn an_account_on_two_pages_is_one_member_with_its_latest_state() {
        let window = Window {
            after: None,
            at: time("2026-11-20T09:00:00Z"),
        };
        let list = MemberList::new(vec![
            listed("000000000001", "Enabled", Some("2026-11-20T08:00:00Z")),
            listed("000000000001", "Resigned", Some("2026-11-20T08:30:00Z")),
            listed("000000000001", "Invited", None),
        ]);
        assert_eq!(list.len(), 1);
        let snapshot = Snapshot::at_end_of_poll(list, None, window);
        assert_eq!(snapshot.len(), 1);
        assert_eq!(snapshot.counts().of(&MemberStatus::Resigned), 1);
    }

    #[test]
    fn a_status_keeps_its_beginning_until_it_ends() {
        let first = Snapshot::at_end_of_poll(
            MemberList::new(vec![listed(
                "000000000001",
                "Resigned",
                Some("2026-10-01T00:00:00Z"),
            )]),
            None,
            Window {
                after: None,
                at: time("2026-11-20T09:00:00Z"),
            },
        );
        assert_eq!(first.members()[0].since, time("2026-10-01T00:00:00Z"));

        let window = Window {
            after: Some(time("2026-11-20T09:00:00Z")),
            at: time("2026-11-20T09:15:00Z"),
        };
        let touched = listed("000000000001", "Resigned", Some("2026-11-20T09:10:00Z"));
        let same = Snapshot::at_end_of_poll(MemberList::new(vec![touched]), Some(&first), window);
        assert_eq!(same.members()[0].since, time("2026-10-01T00:00:00Z"));

        let back = listed("000000000001", "Enabled", Some("2026-11-20T09:10:00Z"));
        let joined = Snapshot::at_end_of_poll(MemberList::new(vec![back]), Some(&first), window);
        assert_eq!(joined.members()[0].since, time("2026-11-20T09:10:00Z"));

        let impossible = listed("000000000001", "Enabled", Some("2026-11-19T00:00:00Z"));
        let joined =
            Snapshot::at_end_of_poll(MemberList::new(vec![impossible]), Some(&first), window);
        assert_eq!(
            joined.members()[0].since,
            window.at,
            "AWS's time is outside the window"
        );
    }
}
