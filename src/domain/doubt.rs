//! Doubt: a list of members, or of an organization's accounts, that has lost half of its members or more at once is believed
//! only after a read at another time. A service that answers with half of a
//! list, or with none of it, does so twice in a row too, milliseconds later.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::member::{AccountId, MemberList, Snapshot};

/// A complete list of accounts, each once and by account ID.
pub trait AccountList {
    /// The accounts.
    fn ids(&self) -> impl ExactSizeIterator<Item = AccountId>;

    /// Whether this account is in the list.
    fn has(&self, account: AccountId) -> bool;

    /// How many of these accounts are not in the list.
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

/// Lists of at most so many members are never doubted: in a list of a few,
/// half of them leaving is an ordinary day.
pub const HANDFUL: usize = 5;

/// How much later a list must be read again to be believed. A person who checks
/// again after a minute asks the same faulty service; most faults end sooner.
/// It is shorter than the usual interval between two polls, so that the next
/// poll decides.
pub const BELIEVED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// How a doubted list differs from the last one that is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// How many members there were.
    pub before: usize,
    /// How many are listed now.
    pub now: usize,
}

impl Doubt {
    /// `None` for a list that is believed at once.
    pub fn about(list: &impl AccountList, before: &impl AccountList) -> Option<Self> {
        let lost = list.lacks(before.ids());
        is_doubtful(lost, before.ids().len()).then(|| Self {
            before: before.ids().len(),
            now: list.ids().len(),
        })
    }

    /// Whether a list with so many members is the one that was doubted, and not
    /// the one before it.
    pub fn was_right(self, members: u64) -> bool {
        let before = u64::try_from(self.before).unwrap_or(u64::MAX);
        members.saturating_mul(2) <= before
    }
}

fn is_doubtful(lost: usize, of: usize) -> bool {
    of > HANDFUL && lost * 2 >= of
}

/// The outcome of a reading.
#[derive(Debug, PartialEq, Eq)]
pub enum Weighed {
    /// It gives no reason to doubt it.
    Believed,
    /// It confirms an earlier reading that was doubted.
    Confirmed(Doubt),
    /// It is doubted; a later reading is compared with this.
    Doubted(Doubt, DoubtedList),
}

/// Compares a list with the last one that is believed, `before`, which was read
/// at `after`, and with an `earlier` doubt.
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

/// The first reading of a doubted list: what a later one is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtedList {
    /// When it had been read.
    at: DateTime<Utc>,
    /// When the last believed list was read. The doubt ends with the next one.
    after: Option<DateTime<Utc>>,
    /// How many members the last believed list has.
    members: usize,
    /// Which of those, by account ID, were listed since then: a bit each, in
    /// hex. 10,000 members take 2,500 letters.
    listed: String,
}

/// What a later reading says of a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// The accounts are missing still: that is believed.
    Confirms,
    /// It says the same, but too soon.
    TooSoon,
    /// It is another doubtful list: the doubt begins again.
    Differs,
}

impl DoubtedList {
    /// This list was read at `at`; `before` is the last one that is believed,
    /// read at `after`.
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

    /// The same when another reading says so too: what that lists is there.
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

    /// Whether the last believed list is still the one that was read then.
    pub fn is_after(&self, checked_at: Option<DateTime<Utc>>) -> bool {
        self.after == checked_at
    }

    /// Compares a reading that is doubtful too. An account that only the later
    /// one lacks is an ordinary departure, unless those are too many again:
    /// then nothing was read twice.
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
        // A clock was set back, so the time between the two is unknown.
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
        // As many others do not replace those that are missing.
        let others = Doubt::about(&list(100..130), &before(0..30));
        let wanted = Doubt {
            before: 30,
            now: 30,
        };
        assert_eq!(others, Some(wanted));
    }

    #[test]
    fn a_doubted_list_is_believed_when_the_same_accounts_are_missing_later() {
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
        // What any reading lists is not missing.
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
