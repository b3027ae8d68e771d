//! The members with a status, over all hubs: since when, and for how many days.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::directory::{Directory, Who};
use super::emails::{EmailAddress, is_hidden};
use super::facts::{HubFacts, days_between};
use super::hub::HubId;
use super::member::{AccountId, MemberStatus, Snapshot};
use super::order;

/// The members with one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingGroup {
    /// The status.
    pub status: MemberStatus,
    /// The accounts, longest first.
    pub entries: Vec<StandingEntry>,
}

impl StandingGroup {
    /// Adds the names of the accounts.
    pub fn name(&mut self, directory: &Directory) {
        for entry in &mut self.entries {
            entry.who = directory.who(entry.account);
        }
    }
}

/// One account with a status in one or more hubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingEntry {
    /// The account.
    pub account: AccountId,
    /// Its name and OU, if known.
    #[serde(flatten)]
    pub who: Who,
    /// Its email address, for readers who may see it.
    #[serde(skip_serializing_if = "is_hidden")]
    pub email: Option<EmailAddress>,
    /// The hubs in which it has the status.
    pub hubs: Vec<HubId>,
    /// Since when: the earliest over the hubs.
    pub since: DateTime<Utc>,
    /// Whole calendar days from then to the date of the report.
    pub days: u32,
}

/// The members with a `wanted` status, by status, most serious first.
pub fn members_by_status(
    hubs: &[HubFacts<'_>],
    as_of: NaiveDate,
    zone: Tz,
    wanted: impl Fn(&MemberStatus) -> bool,
) -> Vec<StandingGroup> {
    let mut groups = BTreeMap::<&MemberStatus, BTreeMap<AccountId, StandingEntry>>::new();
    for facts in hubs {
        let members = facts.members.map(Snapshot::members).unwrap_or_default();
        for member in members
            .iter()
            .filter(|member| wanted(&member.listed.status))
        {
            let listed = &member.listed;
            let entry = groups
                .entry(&listed.status)
                .or_default()
                .entry(listed.account)
                .or_insert_with(|| StandingEntry {
                    account: listed.account,
                    who: Who::default(),
                    email: listed.email.clone(),
                    hubs: Vec::new(),
                    since: member.since,
                    days: 0,
                });
            entry.hubs.push(facts.hub.hub.clone());
            entry.since = entry.since.min(member.since);
            entry.days = days_between(entry.since, as_of, zone);
        }
    }
    let group = |(status, entries): (&MemberStatus, BTreeMap<AccountId, StandingEntry>)| {
        let mut entries: Vec<_> = entries.into_values().collect();
        entries.sort_by_key(|entry| order::standing(entry.since, entry.account));
        StandingGroup {
            status: status.clone(),
            entries,
        }
    };
    groups.into_iter().map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::{HubReport, Nearest};
    use crate::domain::member::{Listed, Member};

    #[test]
    fn the_age_of_a_standing_member_counts_calendar_days_in_the_time_zone() {
        let member = Member {
            listed: Listed {
                account: AccountId::from_u64(1).unwrap(),
                status: MemberStatus::Resigned,
                email: None,
                invited_at: None,
                updated_at: None,
            },
            since: "2026-11-18T15:30:00Z".parse().unwrap(),
        };
        let members = Snapshot::new(vec![member]).unwrap();
        let date = "2026-11-20".parse().unwrap();
        let days = |zone| {
            let facts = HubFacts {
                hub: HubReport::missing(
                    "123456789012/eu-west-1".parse().unwrap(),
                    Nearest::default(),
                ),
                observations: &[],
                members: Some(&members),
            };
            let groups = members_by_status(&[facts], date, zone, |status| !status.is_protected());
            groups[0].entries[0].days
        };
        assert_eq!(days(chrono_tz::UTC), 2);
        assert_eq!(days(chrono_tz::Asia::Tokyo), 1);
    }
}
