//! The changes between two snapshots, over many polls, and their meaning.
//!
//! A poll records single [`Change`]s as an [`Observation`]. A report folds the observations of a
//! period into one [`Movement`] for each account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::emails::EmailAddress;
use super::hub::Version;
use super::member::{AccountId, Listed, Member, MemberStatus, Snapshot, Window};

/// A change of an account's status. `None` means not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The account.
    pub account: AccountId,
    /// Its email address, from the newer list, or from the older one if it is no longer listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// The status before.
    pub from: Option<MemberStatus>,
    /// The status after.
    pub to: Option<MemberStatus>,
}

/// The changes that one poll saw, which led to a version of a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The version that the changes led to.
    pub version: Version,
    /// The time in which they happened.
    pub window: Window,
    /// The changes, by account ID. Empty if they only changed the name of a status.
    pub changes: Vec<Change>,
}

/// The accounts whose status differs between two snapshots, by account ID.
pub fn diff(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let (mut old, mut new) = (
        before.members().iter().peekable(),
        after.members().iter().peekable(),
    );
    let mut changes = Vec::new();
    loop {
        let account = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(one), None) | (None, Some(one)) => one.listed.account,
            (Some(a), Some(b)) => a.listed.account.min(b.listed.account),
        };
        let from = old.next_if(|member| member.listed.account == account);
        let to = new.next_if(|member| member.listed.account == account);
        let status = |member: &Member| member.listed.status.clone();
        let email = |member: &Member| member.listed.email.clone();
        if from.map(|member| &member.listed.status) != to.map(|member| &member.listed.status) {
            changes.push(Change {
                account,
                email: to.and_then(email).or_else(|| from.and_then(email)),
                from: from.map(status),
                to: to.map(status),
            });
        }
    }
}

/// The meaning of a movement. The order is that of a digest: most serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// From Enabled to Resigned: the account left.
    Left,
    /// From Enabled to Removed: the administrator disassociated it.
    Removed,
    /// It is no longer in the list.
    Deleted,
    /// The account was suspended.
    Suspended,
    /// From Enabled to any other status.
    Unprotected,
    /// It changed and reverted within the period.
    Flapped,
    /// From Invited to Resigned: the account declined.
    Declined,
    /// Any other change.
    Changed,
    /// It was added to the list.
    New,
    /// It is Enabled now.
    Joined,
}

impl ChangeKind {
    /// Every kind, most serious first.
    pub const ALL: [Self; 10] = [
        Self::Left,
        Self::Removed,
        Self::Deleted,
        Self::Suspended,
        Self::Unprotected,
        Self::Flapped,
        Self::Declined,
        Self::Changed,
        Self::New,
        Self::Joined,
    ];

    /// The name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Removed => "removed",
            Self::Deleted => "deleted",
            Self::Suspended => "suspended",
            Self::Unprotected => "unprotected",
            Self::Flapped => "reverted",
            Self::Declined => "declined",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Joined => "joined",
        }
    }

    /// Reports whether an account is worse off after it.
    pub fn is_departure(self) -> bool {
        !matches!(self, Self::Joined | Self::Flapped | Self::New)
    }

    /// The meaning of one step.
    pub(super) fn of_step(from: Option<&MemberStatus>, to: Option<&MemberStatus>) -> Self {
        use MemberStatus::{AccountSuspended, Deleted, Enabled, Removed, Resigned};
        match (from, to) {
            (_, None | Some(Deleted)) => Self::Deleted,
            (Some(Enabled), Some(Resigned)) => Self::Left,
            (Some(Enabled), Some(Removed)) => Self::Removed,
            (_, Some(AccountSuspended)) => Self::Suspended,
            (_, Some(Enabled)) => Self::Joined,
            (Some(Enabled), Some(_)) => Self::Unprotected,
            (Some(from), Some(Resigned)) if from.is_pending() => Self::Declined,
            (None, Some(to)) if to.is_pending() => Self::New,
            _ => Self::Changed,
        }
    }
}

/// All changes of one account in one hub in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The account.
    pub account: AccountId,
    /// Its last known email address.
    pub email: Option<EmailAddress>,
    /// The status before, then every status that it went to: at least two entries.
    pub path: Vec<Option<MemberStatus>>,
    /// The time of the last change.
    pub last: Window,
}

impl Movement {
    /// The meaning of the movement: reverted if it ends where it began, joined if it ends
    /// Enabled, otherwise the most serious of its steps.
    pub fn kind(&self) -> ChangeKind {
        let steps = || self.path.windows(2);
        if self.path.len() > 2 && self.path.first() == self.path.last() {
            ChangeKind::Flapped
        } else if self.path.last() == Some(&Some(MemberStatus::Enabled)) {
            ChangeKind::Joined
        } else {
            steps()
                .map(|step| ChangeKind::of_step(step[0].as_ref(), step[1].as_ref()))
                .min()
                .unwrap_or(ChangeKind::Changed)
        }
    }
}

/// Folds the observations of one hub in a period, by account ID. `observations` are ordered by
/// version.
pub fn movements(observations: &[Observation]) -> Vec<Movement> {
    let mut by_account = BTreeMap::<AccountId, Movement>::new();
    for observation in observations {
        for change in &observation.changes {
            let movement = by_account
                .entry(change.account)
                .or_insert_with(|| Movement {
                    account: change.account,
                    email: None,
                    path: vec![change.from.clone()],
                    last: observation.window,
                });
            movement.path.push(change.to.clone());
            movement.last = observation.window;
            if change.email.is_some() {
                movement.email.clone_from(&change.email);
            }
        }
    }
    by_account.into_values().collect()
}

/// The members before these changes. For accounts that are no longer listed, only status and
/// email address are known.
pub fn undo(snapshot: &Snapshot, observations: &[Observation]) -> Snapshot {
    let members = snapshot.members().iter().cloned();
    let mut members: BTreeMap<_, _> = members
        .map(|member| (member.listed.account, member))
        .collect();
    for observation in observations.iter().rev() {
        for change in &observation.changes {
            let Some(status) = change.from.clone() else {
                members.remove(&change.account);
                continue;
            };
            let before = Member {
                listed: Listed {
                    account: change.account,
                    status,
                    email: change.email.clone(),
                    invited_at: None,
                    updated_at: None,
                },
                since: observation.window.at,
            };
            members.insert(change.account, before);
        }
    }
    Snapshot::new(members.into_values().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    use super::*;

    type State = BTreeMap<u64, MemberStatus>;

    fn snapshot(state: &State) -> Snapshot {
        let member = |(id, status): (&u64, &MemberStatus)| Member {
            listed: Listed {
                account: AccountId::from_u64(*id).unwrap(),
                status: status.clone(),
                email: None,
                invited_at: None,
                updated_at: None,
            },
            since: DateTime::UNIX_EPOCH,
        };
        Snapshot::new(state.iter().map(member).collect()).unwrap()
    }

    fn apply(state: &State, changes: &[Change]) -> State {
        let mut state = state.clone();
        for change in changes {
            let id = change.account.as_u64();
            assert_eq!(state.get(&id), change.from.as_ref());
            match &change.to {
                Some(status) => state.insert(id, status.clone()),
                None => state.remove(&id),
            };
        }
        state
    }

    fn status() -> impl Strategy<Value = MemberStatus> {
        prop_oneof![
            proptest::sample::select(MemberStatus::KNOWN.to_vec()),
            Just(MemberStatus::Other("Quarantined".into())),
        ]
    }

    fn state() -> impl Strategy<Value = State> {
        proptest::collection::btree_map(0..12_u64, status(), 0..10)
    }

    fn observe(states: &[State]) -> Vec<Observation> {
        let polls = states.windows(2).enumerate();
        polls
            .map(|(index, pair)| Observation {
                version: Version(index as i64 + 2),
                window: window(index),
                changes: diff(&snapshot(&pair[0]), &snapshot(&pair[1])),
            })
            .filter(|observation| !observation.changes.is_empty())
            .collect()
    }

    fn window(index: usize) -> Window {
        let at = |index: usize| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(index as i64);
        Window {
            after: Some(at(index)),
            at: at(index + 1),
        }
    }

    proptest! {
        #[test]
        fn undoing_a_diff_gives_the_snapshot_before(states in proptest::collection::vec(state(), 1..6)) {
            let (first, last) = (&states[0], &states[states.len() - 1]);
            let undone = undo(&snapshot(last), &observe(&states));
            prop_assert_eq!(diff(&snapshot(first), &undone), vec![]);
        }

        #[test]
        fn a_list_compared_with_itself_has_no_changes(a in state()) {
            prop_assert_eq!(diff(&snapshot(&a), &snapshot(&a)), vec![]);
        }

        #[test]
        fn the_changes_applied_to_the_older_list_give_the_newer(a in state(), b in state()) {
            prop_assert_eq!(apply(&a, &diff(&snapshot(&a), &snapshot(&b))), b);
        }

        #[test]
        fn swapping_the_lists_inverts_the_changes(a in state(), b in state()) {
            let inverted: Vec<_> = diff(&snapshot(&b), &snapshot(&a))
                .into_iter()
                .map(|change| Change { from: change.to, to: change.from, ..change })
                .collect();
            prop_assert_eq!(diff(&snapshot(&a), &snapshot(&b)), inverted);
        }

        #[test]
        fn folding_the_polls_of_a_period_nets_to_comparing_its_ends(
            states in proptest::collection::vec(state(), 1..8)
        ) {
            let ends = diff(&snapshot(&states[0]), &snapshot(&states[states.len() - 1]));
            let net: Vec<_> = movements(&observe(&states))
                .into_iter()
                .filter(|movement| movement.path.first() != movement.path.last())
                .map(|mut movement| Change {
                    account: movement.account,
                    email: movement.email,
                    to: movement.path.pop().flatten(),
                    from: movement.path.swap_remove(0),
                })
                .collect();
            prop_assert_eq!(net, ends);
        }

        #[test]
        fn no_step_of_any_poll_is_missing_from_the_movements(
            states in proptest::collection::vec(state(), 1..8)
        ) {
            let observations = observe(&states);
            let steps: usize = observations.iter().map(|observation| observation.changes.len()).sum();
            let found: usize = movements(&observations).iter().map(|movement| movement.path.len() - 1).sum();
            prop_assert_eq!(found, steps);
        }
    }

    #[test]
    fn each_change_has_the_kind_that_decides_the_next_step() {
        for (path, kind) in [
            ("Enabled Resigned", ChangeKind::Left),
            ("Invited Resigned", ChangeKind::Declined),
            ("Created Resigned", ChangeKind::Declined),
            ("Enabled Removed", ChangeKind::Removed),
            ("Enabled -", ChangeKind::Deleted),
            ("Resigned -", ChangeKind::Deleted),
            ("Enabled Deleted", ChangeKind::Deleted),
            ("Enabled AccountSuspended", ChangeKind::Suspended),
            ("Enabled Quarantined", ChangeKind::Unprotected),
            ("Enabled RegionDisabled", ChangeKind::Unprotected),
            ("Enabled Invited", ChangeKind::Unprotected),
            ("- Invited", ChangeKind::New),
            ("- Created", ChangeKind::New),
            ("- Enabled", ChangeKind::Joined),
            ("Invited Enabled", ChangeKind::Joined),
            ("Resigned Enabled", ChangeKind::Joined),
            ("Created Invited", ChangeKind::Changed),
            ("- Resigned", ChangeKind::Changed),
            ("Enabled Resigned Enabled", ChangeKind::Flapped),
            ("Resigned Enabled Resigned", ChangeKind::Flapped),
            ("- Invited -", ChangeKind::Flapped),
            ("Invited Enabled Resigned", ChangeKind::Left),
            ("Enabled Resigned Invited", ChangeKind::Left),
            ("Enabled Resigned -", ChangeKind::Left),
            ("- Invited Enabled", ChangeKind::Joined),
            ("- Invited Resigned", ChangeKind::Declined),
        ] {
            let state = |text: &str| (text != "-").then(|| MemberStatus::parse(text));
            let movement = Movement {
                account: AccountId::from_u64(1).unwrap(),
                email: None,
                path: path.split(' ').map(state).collect(),
                last: window(0),
            };
            assert_eq!(movement.kind(), kind, "{path}");
        }
    }
}
