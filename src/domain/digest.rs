//! The daily digest: a report of all changes since the last delivered digest.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::alert::{AlertMark, is_expected};
use super::cases::{Case, CaseKey, CaseList, CaseState, Concern};
use super::due;
use super::hub::{Covered, HubId};
use super::listing::NotEnabledListing;
use super::member::MemberStatus;
use super::mention::MentionTarget;
use super::readings::Heartbeat;
use super::report::{ChangeEntry, ChangeGroup, Damage, HubReport, Report};
use super::scope::Audience;
use super::situation::Situation;

/// One digest, for one channel and one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// The date it is due for.
    pub date: NaiveDate,
    /// The time it is due for, if the schedule has several on that date.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "due::serialize_time"
    )]
    pub time: Option<NaiveTime>,
    /// Its readers.
    pub audience: Audience,
    /// When the last delivered digest was made, which is where this one begins, or when a channel
    /// beside others was first known. `None` for the first digest of all.
    pub since: Option<DateTime<Utc>>,
    /// Whether it is the first digest of a channel beside others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_joining: bool,
    /// Whether the channel had other conditions at its last digest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_rescoped: bool,
    /// Whether the conditions ask for OUs and none is known, so no account meets them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lacks_units: bool,
    /// When this one was made.
    pub until: DateTime<Utc>,
    /// The changes and the current state.
    pub report: Report,
    /// The accounts that need someone to act.
    pub cases: DigestCases,
    /// Whether the channel has become quiet since its last digest.
    #[serde(skip)]
    pub is_newly_quiet: bool,
    /// The organization accounts that weren't known not to be members, in a quiet channel; `None` if
    /// their numbers tell.
    #[serde(skip)]
    pub new_not_members: Option<usize>,
    /// The facts that it knows, if the channel is quiet.
    #[serde(skip)]
    pub situation: Option<Situation>,
    /// Whether the channel doesn't get it: the channel is quiet, there is no news, and no heartbeat is
    /// due.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_silent: bool,
    /// The polls since the last message, in the heartbeat of a quiet channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
    /// The week before, in the first digest of a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<PastWeek>,
    /// Whether it is the first digest of a week, even if it doesn't report the week before.
    #[serde(skip)]
    pub is_first_of_week: bool,
    /// The alerts since the last digest.
    #[serde(skip)]
    pub alerts: Vec<AlertMark>,
    /// The version of each hub where the next digest begins.
    #[serde(skip)]
    pub covered: Covered,
}

/// A week that is over, and its changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastWeek {
    /// Its Monday.
    pub first: NaiveDate,
    /// Its Sunday.
    pub last: NaiveDate,
    /// The changes, both days included.
    pub report: Report,
}

impl PastWeek {
    /// The Monday and Sunday of the week before a digest; `None` if the previous digest is of the
    /// same week. Without Mondays in the schedule, or if Monday's digest failed, a later day reports
    /// the week.
    pub fn before(date: NaiveDate, previous: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let monday = date.week(Weekday::Mon).checked_first_day()?;
        let days_ago = |days| monday.checked_sub_days(Days::new(days));
        (previous < monday).then_some(days_ago(7)?).zip(days_ago(1))
    }
}

/// The cases of a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DigestCases {
    /// All cases at that time.
    #[serde(flatten)]
    pub list: CaseList,
    /// The open cases that no earlier digest reported.
    #[serde(skip)]
    pub news: BTreeSet<CaseKey>,
    /// The counts of the previous digest.
    #[serde(skip)]
    pub before: Option<KnownCounts>,
}

/// The numbers of accounts that a digest doesn't name individually.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCounts {
    /// Accounts that are known from the start and not Enabled.
    pub not_enabled: usize,
    /// Resigned accounts in all cases.
    #[serde(default)]
    pub resigned: usize,
    /// Organization accounts that aren't members.
    pub outside: usize,
    /// Since when `not_enabled` is unchanged.
    pub since: DateTime<Utc>,
}

impl DigestCases {
    /// The cases at the end of a report that begins at `since`.
    pub fn new(
        list: CaseList,
        report: &Report,
        since: Option<DateTime<Utc>>,
        before: Option<KnownCounts>,
    ) -> Self {
        let departures = report
            .changes
            .iter()
            .filter(|group| group.kind.is_departure());
        let entries = departures.flat_map(|group| &group.entries);
        let left: BTreeSet<_> = entries
            .flat_map(|entry| {
                entry
                    .hubs
                    .iter()
                    .map(|hub| CaseKey::in_hub(hub, entry.account))
            })
            .collect();
        let is_news = |case: &&Case| match case.concern {
            Concern::NotEnabled => left.contains(&case.key),
            // These become cases as time passes, without a change.
            _ => since.is_some_and(|since| case.opened > since),
        };
        let news = list
            .open
            .iter()
            .filter(is_news)
            .map(|case| case.key)
            .collect();
        Self { list, news, before }
    }

    /// The counts that the next digest compares with its own.
    pub fn counts(&self, report: &Report, until: DateTime<Utc>) -> KnownCounts {
        let not_enabled = self.list.known_gaps().count();
        let same = self
            .before
            .filter(|before| before.not_enabled == not_enabled);
        KnownCounts {
            not_enabled,
            resigned: self
                .list
                .iter()
                .filter(|case| case.has(&MemberStatus::Resigned))
                .count(),
            outside: outside(report),
            since: same.map_or(until, |before| before.since),
        }
    }

    /// The increase in organization accounts that aren't members.
    pub fn new_outside(&self, report: &Report) -> usize {
        let before = self.before.map(|before| before.outside);
        before.map_or(0, |before| outside(report).saturating_sub(before))
    }
}

fn outside(report: &Report) -> usize {
    let organization = report.organization.as_ref();
    organization.map_or(0, |gaps| gaps.outside.len())
}

impl Digest {
    /// Whom it notifies. No one by a channel's first digest, by changes that an alert has reported, by
    /// accounts that a person expects, or by a status that AWS renamed.
    pub fn mentions(&self) -> &[MentionTarget] {
        let mentions = &self.audience.mentions;
        let is_first = self.since.is_none() || self.is_joining;
        let groups = self.report.changes.iter();
        let mut groups = groups.filter(|group| mentions.kinds.contains(&group.kind));
        let is_worth_it = !is_first && groups.any(|group| self.is_worth_a_mention(group));
        if is_worth_it { &mentions.targets } else { &[] }
    }

    /// Reports whether it says more than that everything is as at the digest before it, with what that
    /// one knew. Without alerts: they are about changes.
    pub fn has_news(&self, before: &Situation) -> bool {
        let situation = self.situation.as_ref();
        self.since.is_none()
            || self.is_joining
            || self.is_rescoped
            || self.is_partial()
            || !self.report.changes.is_empty()
            || situation.is_none_or(|situation| situation.has_news(before))
    }

    /// The counts that the next digest compares with its own. While something can't be read, accounts
    /// are missing that aren't new when they return.
    pub fn known(&self) -> KnownCounts {
        let known = self.cases.counts(&self.report, self.until);
        let before = self.cases.before.filter(|_| self.is_partial());
        KnownCounts {
            outside: before.map_or(known.outside, |before| before.outside.max(known.outside)),
            ..known
        }
    }

    /// Reports whether something that it is about can't be read or assigned.
    pub fn is_partial(&self) -> bool {
        let report = &self.report;
        let organization = report.organization.as_deref();
        let is_organization_read = organization.is_none_or(|gaps| gaps.unread.is_none());
        let is_read = report.unlisted.is_empty() && report.hubs.iter().all(HubReport::is_read);
        !is_read || !is_organization_read || self.lacks_units
    }

    /// Reports whether its thread lists all accounts that aren't Enabled. That of the first one of a
    /// channel always does.
    pub fn lists_not_enabled(&self) -> bool {
        let is_due = match self.audience.listing {
            NotEnabledListing::Daily => true,
            NotEnabledListing::Weekly => self.is_first_of_week,
            NotEnabledListing::Changes => self.has_changed(),
        };
        let is_first = self.since.is_none() || self.is_joining || self.is_rescoped;
        is_due || is_first
    }

    fn is_worth_a_mention(&self, group: &ChangeGroup) -> bool {
        let renamed = self.report.bulk_changes.iter().filter(|bulk| bulk.renamed);
        let renamed: Vec<_> = renamed.collect();
        let is_renamed = |entry: &ChangeEntry| {
            let mut renamed = renamed.iter();
            renamed.any(|bulk| bulk.has(entry.account, &entry.path))
        };
        let is_accepted = |key: CaseKey| {
            let case = self.cases.list.get(key);
            case.is_some_and(|case| matches!(case.state, CaseState::Accepted(_)))
        };
        // Alerts have mentioned it, also if they remember only some of many accounts.
        let told_until = self.alerts.iter().map(|alert| alert.at).max();
        let is_told_kind = self.audience.alert.contains(&group.kind);
        let is_told = |entry: &ChangeEntry| is_told_kind && told_until >= Some(entry.last.at);
        let mut entries = group.entries.iter();
        entries
            .any(|entry| !is_renamed(entry) && !is_told(entry) && !is_expected(entry, is_accepted))
    }

    /// Reports whether an account changed, or people's decisions changed the counts.
    fn has_changed(&self) -> bool {
        let now = self.cases.counts(&self.report, self.until);
        let is_as_before = self.cases.before.is_some_and(|before| {
            before.not_enabled == now.not_enabled && before.resigned == now.resigned
        });
        // Unreadable data may have changed.
        let is_whole = self.report.is_checked() && !self.audience.scope.selects_events();
        !self.report.changes.is_empty() || !is_as_before || !is_whole
    }

    /// Marks a hub whose poll found damage, which is news. The next digest begins there where this one
    /// did.
    pub fn is_damaged_in(&mut self, hub: &HubId, before: Option<&Covered>) {
        self.is_silent = false;
        self.heartbeat = None;
        let mut hubs = self.report.hubs.iter_mut();
        if let Some(report) = hubs.find(|report| report.hub == *hub) {
            report.damage = Some(Damage::History);
        }
        match before.and_then(|before| before.get(hub)) {
            Some(version) => self.covered.insert(hub.clone(), *version),
            None => self.covered.remove(hub),
        };
    }
}

#[cfg(test)]
mod tests;
