//! A case for readers: whose account it is, why it needs someone, since when, and who owns it.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Acceptance, Assignment, CaseKey, Conditions, EndedCase};
use crate::domain::diff::ChangeKind;
use crate::domain::directory::Who;
use crate::domain::facts::days_between;
use crate::domain::member::MemberStatus;

/// The reason that an account is a case. Lists are in this order, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// It is not Enabled.
    NotEnabled,
    /// It is in the organization, but in no member list.
    NotMember,
    /// It is closed or suspended in AWS, but still Enabled.
    StillEnabled,
    /// Its invitation has been pending for too long.
    Pending,
}

/// An account that needs someone to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The account and its administrator.
    pub key: CaseKey,
    /// The account, with its name.
    #[serde(flatten)]
    pub who: Who,
    /// The reason that it is a case.
    pub concern: Concern,
    /// Whether its OU is one of those that are listed first.
    pub urgent: bool,
    /// The status in each hub; empty for an account that is in no member list.
    pub hubs: Conditions,
    /// The number of other Regions with a condition that a channel of some Regions leaves out.
    #[serde(skip_serializing_if = "is_zero")]
    pub elsewhere: usize,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// The number of the current day; the case began on day 1.
    pub day: u32,
    /// The time of day 1.
    #[serde(skip)]
    pub(super) counted_from: DateTime<Utc>,
    /// Its owner.
    pub state: CaseState,
    /// An acceptance of it that has ended.
    pub lapse: Option<Lapse>,
    /// Earlier cases of the account, by time.
    pub earlier: Vec<EndedCase>,
}

/// The owner of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// No one.
    Open,
    /// A person works on it.
    Taken(Assignment),
    /// A person expects it until a date.
    Accepted(Acceptance),
    /// No one, and it is known from the start.
    Known,
}

/// An acceptance that ended before its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lapse {
    /// The acceptance.
    pub acceptance: Acceptance,
    /// The reason that it ended.
    pub why: LapseReason,
}

/// The reason that an acceptance has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LapseReason {
    /// Its date was reached.
    Date,
    /// The case changed: another status, another Region, or no longer listed.
    Changed,
}

impl Case {
    /// Counts the days in another time zone.
    pub(super) fn count_in(&mut self, zone: Tz, now: DateTime<Utc>) {
        self.day = day_of(self.counted_from, now, zone);
    }

    /// Counts the days from the earliest condition that is left, if it is later.
    pub(in crate::domain) fn count_from_conditions(&mut self) {
        let since = self.hubs.values().map(|condition| condition.since).min();
        self.counted_from = since.map_or(self.counted_from, |since| since.max(self.counted_from));
    }

    /// The worst change of the account; `None` if all were before the first poll.
    pub fn worst(&self) -> Option<ChangeKind> {
        self.hubs
            .values()
            .filter_map(|condition| condition.how)
            .min()
    }

    /// Reports whether the account has this status in at least one hub.
    pub fn has(&self, status: &MemberStatus) -> bool {
        let mut hubs = self.hubs.values();
        hubs.any(|condition| condition.status.as_ref() == Some(status))
    }

    /// Since when the account has a condition, as far as known.
    pub fn since(&self) -> DateTime<Utc> {
        let since = self.hubs.values().map(|condition| condition.since);
        since.min().unwrap_or(self.opened)
    }

    /// Reports whether the account is no longer listed in any of its hubs.
    pub fn is_gone(&self) -> bool {
        is_gone(&self.hubs)
    }
}

/// Reports whether an account with these conditions is no longer listed anywhere.
pub(super) fn is_gone(hubs: &Conditions) -> bool {
    !hubs.is_empty() && hubs.values().all(|condition| condition.status.is_none())
}

/// The number of the current day, from 1.
pub(super) fn day_of(since: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> u32 {
    let today: NaiveDate = now.with_timezone(&zone).date_naive();
    days_between(since, today, zone) + 1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
