//! The history of one account over all hubs, and its current statuses.
//!
//! A report folds a period into one line for each account. This keeps every step.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::diff::{Change, ChangeKind};
use super::facts::days_between;
use super::hub::HubId;
use super::member::{AccountId, Member};
use super::member::{MemberStatus, Snapshot, Window};

/// A change of one account, as seen by a poll of a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The time in which it happened.
    pub window: Window,
    /// The change.
    pub change: Change,
}

/// One step of the account's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountEvent {
    /// The kind of step.
    #[serde(rename = "deed")]
    pub kind: EventKind,
    /// The status before; `None` if it was not listed.
    pub from: Option<MemberStatus>,
    /// The status after; `None` if it is no longer listed.
    pub to: Option<MemberStatus>,
    /// The hubs in which it happened, as far as their times allow the same event.
    pub hubs: Vec<HubId>,
    /// The time in which it happened: the earliest start and the latest end over the hubs.
    pub window: Window,
}

/// The meaning of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It was invited, from any status except Enabled.
    Invited,
    /// It rejoined: Enabled again, after it was Enabled before.
    CameBack,
    /// Any other step, by its kind.
    #[serde(untagged)]
    Other(ChangeKind),
}

impl EventKind {
    fn of(change: &Change, was_protected: bool) -> Self {
        let (from, to) = (change.from.as_ref(), change.to.as_ref());
        match (ChangeKind::of_step(from, to), to) {
            (ChangeKind::Joined, _) if was_protected => Self::CameBack,
            (ChangeKind::New | ChangeKind::Changed, Some(MemberStatus::Invited)) => Self::Invited,
            (kind, _) => Self::Other(kind),
        }
    }
}

/// The account's current status in one hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The hub.
    pub hub: HubId,
    /// The status; `None` if it is not listed.
    pub status: Option<MemberStatus>,
    /// Since when, if known.
    pub since: Option<DateTime<Utc>>,
    /// Whole calendar days since then.
    pub days: Option<u32>,
    /// AWS's time of the last invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_at: Option<DateTime<Utc>>,
}

impl Presence {
    /// `seen` has all changes of the account in the hub.
    pub fn new(
        hub: &HubId,
        account: AccountId,
        members: &Snapshot,
        seen: &[Seen],
        today: NaiveDate,
        zone: Tz,
    ) -> Self {
        let member: Option<&Member> = members.get(account);
        let last = seen.last().filter(|last| last.change.to.is_none());
        let since = match member {
            Some(member) => Some(member.since),
            None => last.map(|last| last.window.at),
        };
        Self {
            hub: hub.clone(),
            status: member.map(|member| member.listed.status.clone()),
            since,
            days: since.map(|since| days_between(since, today, zone)),
            invited_at: member.and_then(|member| member.listed.invited_at),
        }
    }
}

/// The history of an account, latest first. A step in several hubs is one event if it can have
/// happened at the same time. `seen` is ordered by time within each hub.
pub fn events(seen: Vec<(HubId, Vec<Seen>)>) -> Vec<AccountEvent> {
    let mut all = Vec::<AccountEvent>::new();
    for (hub, seen) in seen {
        let mut was_protected = false;
        for one in seen {
            let kind = EventKind::of(&one.change, was_protected);
            was_protected |= [&one.change.from, &one.change.to]
                .into_iter()
                .flatten()
                .any(MemberStatus::is_protected);
            let happened = AccountEvent {
                kind,
                from: one.change.from,
                to: one.change.to,
                hubs: vec![hub.clone()],
                window: one.window,
            };
            match all.iter_mut().find(|other| other.is_one_with(&happened)) {
                Some(other) => other.join(happened),
                None => all.push(happened),
            }
        }
    }
    all.sort_by(|a, b| (b.window.at, &a.hubs).cmp(&(a.window.at, &b.hubs)));
    all
}

impl AccountEvent {
    /// Reports whether both are the same step at a possible common time, in different hubs.
    fn is_one_with(&self, other: &Self) -> bool {
        let begins_before =
            |one: &Window, end: &Window| one.after.is_none_or(|after| after < end.at);
        (self.kind, &self.from, &self.to) == (other.kind, &other.from, &other.to)
            && !other.hubs.iter().any(|hub| self.hubs.contains(hub))
            && begins_before(&self.window, &other.window)
            && begins_before(&other.window, &self.window)
    }

    fn join(&mut self, other: Self) {
        self.hubs.extend(other.hubs);
        self.window.at = self.window.at.max(other.window.at);
        self.window.after = self.window.after.min(other.window.after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(steps: &[(&str, &str, &str)]) -> Vec<Seen> {
        let status = |text: &str| (text != "-").then(|| MemberStatus::parse(text));
        let time = |clock: &str| format!("2026-11-20T{clock}:00Z").parse().unwrap();
        let one = |(window, from, to): &(&str, &str, &str)| {
            let (after, at) = window.split_once(' ').unwrap();
            Seen {
                window: Window {
                    after: Some(time(after)),
                    at: time(at),
                },
                change: Change {
                    account: AccountId::from_u64(1).unwrap(),
                    email: None,
                    from: status(from),
                    to: status(to),
                },
            }
        };
        steps.iter().map(one).collect()
    }

    fn hub(region: &str) -> HubId {
        format!("111122223333/{region}").parse().unwrap()
    }

    fn kinds(seen: Vec<(HubId, Vec<Seen>)>) -> Vec<(EventKind, usize)> {
        let all = events(seen);
        all.iter().map(|one| (one.kind, one.hubs.len())).collect()
    }

    #[test]
    fn the_history_of_an_account_lists_every_step_latest_first() {
        let life = seen(&[
            ("08:00 08:15", "-", "Created"),
            ("08:15 08:30", "Created", "Invited"),
            ("08:30 08:45", "Invited", "Enabled"),
            ("08:45 09:00", "Enabled", "Resigned"),
            ("09:00 09:15", "Resigned", "Invited"),
            ("09:15 09:30", "Invited", "Enabled"),
            ("09:30 09:45", "Enabled", "-"),
        ]);
        let found: Vec<_> = kinds(vec![(hub("eu-west-1"), life)])
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        let wanted = [
            EventKind::Other(ChangeKind::Deleted),
            EventKind::CameBack,
            EventKind::Invited,
            EventKind::Other(ChangeKind::Left),
            EventKind::Other(ChangeKind::Joined),
            EventKind::Invited,
            EventKind::Other(ChangeKind::New),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_step_in_several_hubs_at_one_time_is_one_event() {
        let left = |window| seen(&[(window, "Enabled", "Resigned")]);
        let hubs = vec![
            (hub("eu-west-1"), left("08:00 08:15")),
            (hub("us-east-1"), left("08:01 08:16")),
            (hub("us-west-2"), left("08:30 08:45")),
        ];
        let all = events(hubs);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].hubs, [hub("us-west-2")]);
        assert_eq!(all[1].hubs, [hub("eu-west-1"), hub("us-east-1")]);
        let window = all[1].window;
        assert_eq!(
            window.after.unwrap().to_rfc3339(),
            "2026-11-20T08:00:00+00:00"
        );
        assert_eq!(window.at.to_rfc3339(), "2026-11-20T08:16:00+00:00");
    }

    #[test]
    fn a_step_that_happened_twice_in_a_hub_is_two_events() {
        let twice = seen(&[
            ("08:00 08:30", "Enabled", "Resigned"),
            ("08:20 08:40", "Enabled", "Resigned"),
        ]);
        assert_eq!(kinds(vec![(hub("eu-west-1"), twice)]).len(), 2);
    }
}
