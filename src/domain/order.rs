//! The order of accounts and statuses in digests, lists and the Home tab, defined only here.
//! Kinds of changes and statuses are ordered by their types, most serious first.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cases::{Case, Concern};
use super::diff::ChangeKind;
use super::member::{AccountId, Counts, MemberStatus};

/// Changes of one kind: by account ID, then by the path of statuses.
pub(super) fn changed(
    account: AccountId,
    path: &[Option<MemberStatus>],
) -> (AccountId, Vec<Option<MemberStatus>>) {
    (account, path.to_vec())
}

/// Members in one status: the longest first.
pub(super) fn standing(since: DateTime<Utc>, account: AccountId) -> impl Ord {
    (since, account)
}

/// Organization accounts that aren't members: first those that are members in no Region; accounts
/// without a name last.
pub(super) fn outside(in_no_hub: bool, name: Option<&str>, account: AccountId) -> impl Ord + use<> {
    (!in_no_hub, name.is_none(), name.map(str::to_owned), account)
}

/// The events that cases have in common: the worst first.
pub fn event(concern: Concern, how: Option<ChangeKind>) -> impl Ord {
    (concern, how.is_none(), how)
}

/// Cases: urgent ones first, then the newest day first, the most serious of a day first.
pub(super) fn case(case: &Case, zone: Tz) -> impl Ord + use<> {
    let opened = case.opened.with_timezone(&zone).date_naive();
    (
        !case.urgent,
        Reverse(opened),
        event(case.concern, case.worst()),
        (case.who.name.is_none(), case.who.name.clone()),
        case.key,
    )
}

/// Counts begin with Enabled and end with the most serious status.
pub fn best_first(counts: &Counts) -> impl DoubleEndedIterator<Item = (&MemberStatus, u64)> {
    let counts: Vec<_> = counts.iter().collect();
    counts.into_iter().rev()
}
