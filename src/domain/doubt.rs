//! Doubted lists: if a list lost half of its accounts or more at once, it counts only after a
//! second reading some minutes later. A faulty service can return a partial or empty list twice
//! within milliseconds.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::member::{AccountId, MemberList, Snapshot};

/// A complete list of accounts, by account ID, each once.
pub trait AccountList {
    /// The accounts.
    fn ids(&self) -> impl ExactSizeIterator<Item = AccountId>;

    /// Reports whether this account is in the list.
    fn has(&self, account: AccountId) -> bool;

    /// The number of these accounts that are not in the list.
    fn lacks(&self, accounts: impl Iterator<Item = AccountId>) -> usize {
        accounts.filter(|account| !self.has(*account)).count()
    }
}

impl AccountList for MemberList {
    fn ids(&self) -> impl ExactSizeIterator<Item = AccountId> {
        self.iter().map(|listed| listed.account)
    }

    fn has(&self, account: AccountId) -> bool {
        self.has(account)
    }
}

impl AccountList for Snapshot {
    fn ids(&self) -> impl ExactSizeIterator<Item = AccountId> {
        self.members().iter().map(|member| member.listed.account)
    }

    fn has(&self, account: AccountId) -> bool {
        self.get(account).is_some()
    }
}

/// The size up to which lists are never doubted: in a small list, losing half of it is plausible.
pub const HANDFUL: usize = 5;

/// The minimum time to the second reading. A person who retries after a minute reaches the same
/// faulty service, and most faults end sooner. It is shorter than the usual poll interval, so the
/// next poll decides.
pub const BELIEVED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// The sizes of a doubted list and of the last accepted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// The number of members in the last accepted list.
    pub before: usize,
    /// The number of members in the doubted list.
    pub now: usize,
}

impl Doubt {
    /// `None` if the list is accepted at once.
    pub fn about(list: &impl AccountList, before: &impl AccountList) -> Option<Self> {
        let lost = list.lacks(before.ids());
        is_doubtful(lost, before.ids().len()).then(|| Self {
            before: before.ids().len(),
            now: list.ids().len(),
        })
    }

    /// Reports whether a list of this size resembles the doubted list more than the one before.
    /// the one before it.
    pub fn was_right(self, members: u64) -> bool {
        let before = u64::try_from(self.before).unwrap_or(u64::MAX);
        members.saturating_mul(2) <= before
    }
}

fn is_doubtful(lost: usize, of: usize) -> bool {
    of > HANDFUL && lost * 2 >= of
}

/// The result of a reading.
#[derive(Debug, PartialEq, Eq)]
pub enum Weighed {
    /// There is no reason to doubt it.
    Believed,
    /// It confirms an earlier, doubted reading.
    Confirmed(Doubt),
    /// It is doubted. A later reading is compared with it.
    Doubted(Doubt, DoubtedList),
}

/// Compares a list with `before`, the last accepted one, which was read at `after`, and with an
/// `earlier` doubt.
pub fn weigh(
    list: &impl AccountList,
    at: DateTime<Utc>,
    before: &impl AccountList,
    after: Option<DateTime<Utc>>,
    earlier: Option<&DoubtedList>,
) -> Weighed {
    let Some(doubt) = Doubt::about(list, before) else {
        return Weighed::Believed;
    };
    let earlier = earlier.filter(|earlier| earlier.is_after(after));
    let doubted = match earlier.map(|earlier| (earlier, earlier.compare(list, at, before))) {
        Some((_, Later::Confirms)) => return Weighed::Confirmed(doubt),
        Some((earlier, Later::TooSoon)) => earlier.or_listed(list, before),
        Some((_, Later::Differs)) | None => DoubtedList::new(list, at, before, after),
    };
    Weighed::Doubted(doubt, doubted)
}

/// The first reading of a doubted list, for comparison with a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtedList {
    /// When the reading ended.
    at: DateTime<Utc>,
    /// When the last accepted list was read. The next accepted one ends the doubt.
    after: Option<DateTime<Utc>>,
    /// The size of the last accepted list.
    members: usize,
    /// The members of those that have been listed since then: one bit for each, by account ID, in
    /// hex. 10,000 members take 2,500 characters.
    listed: String,
}

/// The result of comparing a later reading with a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// The same accounts are still missing, so the list is accepted.
    Confirms,
    /// The same accounts are missing, but it is too early.
    TooSoon,
    /// Other accounts are missing, so the doubt starts again.
    Differs,
}

impl DoubtedList {
    /// A list that was read at `at`. `before` is the last accepted one, read at `after`.
    pub fn new(
        list: &impl AccountList,
        at: DateTime<Utc>,
        before: &impl AccountList,
        after: Option<DateTime<Utc>>,
    ) -> Self {
        let members = before.ids().len();
        let mut bits = vec![0_u8; members.div_ceil(8)];
        for (index, account) in before.ids().enumerate() {
            if list.has(account)
                && let Some(byte) = bits.get_mut(index / 8)
            {
                *byte |= 1 << (index % 8);
            }
        }
        Self {
            at,
            after,
            members,
            listed: hex::encode(bits),
        }
    }

    /// The same after another reading with the same result. Accounts that it lists are not
    /// missing.
    #[must_use]
    pub fn or_listed(&self, list: &impl AccountList, before: &impl AccountList) -> Self {
        let also = Self::new(list, self.at, before, self.after);
        let bytes = |list: &Self| hex::decode(&list.listed).unwrap_or_default();
        let bits = bytes(self).into_iter().zip(bytes(&also));
        let bits: Vec<u8> = bits.map(|(one, other)| one | other).collect();
        Self {
            listed: hex::encode(bits),
            ..also
        }
    }

    /// Reports whether the last accepted list is still the one that this was compared with.
    pub fn is_after(&self, checked_at: Option<DateTime<Utc>>) -> bool {
        self.after == checked_at
    }

    /// Compares a second doubtful reading. An account that only the second one lacks has left
    /// normally, unless there are too many of these: then the two readings disagree.
    pub fn compare(
        &self,
        list: &impl AccountList,
        at: DateTime<Utc>,
        before: &impl AccountList,
    ) -> Later {
        let bits = hex::decode(&self.listed).unwrap_or_default();
        let members = before.ids().len();
        if self.members != members || bits.len() != members.div_ceil(8) {
            return Later::Differs;
        }
        let was_listed = |index: usize| {
            let byte = bits.get(index / 8).copied().unwrap_or_default();
            (byte >> (index % 8)) & 1 == 1
        };
        let accounts = before.ids().enumerate();
        let accounts: Vec<_> = accounts
            .filter(|(index, _)| was_listed(*index))
            .map(|(_, account)| account)
            .collect();
        let waited = at - self.at;
        // The clock was set back, so the time between the two is unknown.
        let is_before = waited < TimeDelta::zero();
        if is_before || is_doubtful(list.lacks(accounts.iter().copied()), accounts.len()) {
            Later::Differs
        } else if waited < BELIEVED_AFTER {
            Later::TooSoon
        } else {
            Later::Confirms
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::domain::member::{AccountId, Listed, Member, MemberStatus};

    fn listed(number: u64) -> Listed {
        Listed {
            account: AccountId::from_u64(number).unwrap(),
            status: MemberStatus::Enabled,
            email: None,
            invited_at: None,
            updated_at: None,
        }
    }

    fn list(accounts: Range<u64>) -> MemberList {
        MemberList::new(accounts.map(listed).collect())
    }

    fn before(accounts: Range<u64>) -> Snapshot {
        let member = |number| Member {
            listed: listed(number),
            since: DateTime::UNIX_EPOCH,
        };
        Snapshot::new(accounts.map(member).collect()).unwrap()
    }

    #[test]
    fn a_list_is_doubted_when_more_than_a_handful_have_lost_half_or_more() {
        for (of, left, doubted) in [
            (30, 0, true),
            (30, 15, true),
            (30, 16, false),
            (30, 29, false),
            (6, 0, true),
            (6, 3, true),
            (6, 4, false),
            (7, 4, false),
            (7, 3, true),
            (5, 0, false),
            (1, 0, false),
            (0, 0, false),
        ] {
            let doubt = Doubt::about(&list(0..left), &before(0..of));
            assert_eq!(doubt.is_some(), doubted, "{left} of {of}");
        }
        // The same number of other accounts doesn't make up for those that are missing.
        let others = Doubt::about(&list(100..130), &before(0..30));
        let wanted = Doubt {
            before: 30,
            now: 30,
        };
        assert_eq!(others, Some(wanted));
    }

    #[test]
    fn a_doubted_list_is_accepted_if_the_same_accounts_are_missing_later() {
        let minutes = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let before = before(0..100);
        let first = DoubtedList::new(&list(0..40), minutes(60), &before, None);
        for (later, at, says) in [
            (0..40, 64, Later::TooSoon),
            (0..40, 65, Later::Confirms),
            (0..50, 65, Later::Confirms),
            // A few more are missing.
            (0..21, 65, Later::Confirms),
            (0..20, 65, Later::Differs),
            (0..0, 65, Later::Differs),
            // The other half: no account is missing twice.
            (60..100, 65, Later::Differs),
            (0..40, 59, Later::Differs),
        ] {
            let said = first.compare(&list(later.clone()), minutes(at), &before);
            assert_eq!(said, says, "{later:?} at {at}");
        }
        // A member that any reading lists is not missing.
        let both = first.or_listed(&list(60..100), &before);
        for (later, says) in [(0..60, Later::Differs), (0..61, Later::Confirms)] {
            let said = both.compare(&list(later.clone()), minutes(65), &before);
            assert_eq!(said, says, "{later:?}");
        }
        let none = DoubtedList::new(&list(0..0), minutes(60), &before, None);
        let said = none.compare(&list(0..0), minutes(65), &before);
        assert_eq!(said, Later::Confirms);
    }
}
