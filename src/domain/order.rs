//! The order in which accounts and statuses stand in a digest, in a list and in
//! Home: the one place for all of them. Kinds of changes and statuses have theirs, the
//! worst first, in the order in which their types name them.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cases::Case;
use super::member::{AccountId, Counts, MemberStatus};

/// Changes of one kind: by account ID, then by what the account did.
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

/// Accounts of the organization that are no members: those in no Region first, and
/// the nameless after the others.
pub(super) fn outside(in_no_hub: bool, name: Option<&str>, account: AccountId) -> impl Ord + use<> {
    (!in_no_hub, name.is_none(), name.map(str::to_owned), account)
}

/// Cases: urgent ones first, then the newest day first, the worst of a day first.
pub(super) fn case(case: &Case, zone: Tz) -> impl Ord + use<> {
    let opened = case.opened.with_timezone(&zone).date_naive();
    (
        !case.urgent,
        Reverse(opened),
        (case.concern, case.worst().is_none(), case.worst()),
        (case.who.name.is_none(), case.who.name.clone()),
        case.key,
    )
}

/// Counts are shown the best status first: that is the line that should please.
pub fn best_first(counts: &Counts) -> impl DoubleEndedIterator<Item = (&MemberStatus, u64)> {
    let counts: Vec<_> = counts.iter().collect();
    counts.into_iter().rev()
}
