//! Differences between an organization and the member lists: accounts that aren't members, and
//! suspended or closed accounts that are still Enabled.
//!
//! Only hubs with current data count, because a failing hub may list any account.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::directory::{AccountState, Directory, Who};
use super::facts::HubFacts;
use super::hub::{HubId, Region, Unread};
use super::member::AccountId;
use super::order;

/// The differences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gaps {
    /// When the organization was last read; `None` if it never was.
    pub read_at: Option<DateTime<Utc>>,
    /// Set while the organization can't be read and users expect it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
    /// Active accounts that aren't members in a Region. Those that are members nowhere come
    /// first.
    pub outside: Vec<Outside>,
    /// Suspended or closed accounts that are still Enabled.
    pub still_enabled: Vec<StillEnabled>,
}

/// An account of the organization that is not a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// The account.
    pub account: AccountId,
    /// Its name and OU.
    #[serde(flatten)]
    pub who: Who,
    /// The Regions in which no administrator lists it.
    pub regions: Vec<Region>,
    /// Whether no readable hub lists it.
    pub in_no_hub: bool,
}

/// A suspended or closed account that is still Enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StillEnabled {
    /// The account.
    pub account: AccountId,
    /// Its name and OU.
    #[serde(flatten)]
    pub who: Who,
    /// Its state in the organization.
    pub state: AccountState,
    /// The hubs in which it is Enabled.
    pub hubs: Vec<HubId>,
}

/// The hubs to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// All monitored hubs.
    AllHubs,
    /// Those of some Regions.
    SomeRegions,
}

impl Gaps {
    /// Compares the organization in `directory` with these hubs; `None` if the organization isn't
    /// read.
    pub fn between(directory: &Directory, hubs: &[HubFacts<'_>], among: Among) -> Option<Self> {
        let organization = directory.organization.as_ref()?;
        if organization.read_at.is_none() {
            return Some(Self {
                unread: organization.unread,
                ..Self::default()
            });
        }
        Some(Self {
            read_at: organization.read_at,
            unread: organization.unread,
            outside: outside(directory, hubs, among),
            still_enabled: still_enabled(directory, hubs),
        })
    }
}

/// Reports whether the hub's current list is known.
fn is_read(facts: &HubFacts<'_>) -> bool {
    facts.members.is_some() && facts.hub.is_read()
}

fn outside(directory: &Directory, hubs: &[HubFacts<'_>], among: Among) -> Vec<Outside> {
    let admins: BTreeSet<_> = hubs.iter().map(|facts| facts.hub.hub.admin).collect();
    let mut listed = BTreeMap::<&Region, Option<HashSet<AccountId>>>::new();
    for facts in hubs {
        let region = listed.entry(&facts.hub.hub.region);
        let accounts = region.or_insert_with(|| Some(HashSet::new()));
        // One failing hub makes its whole Region unknown.
        *accounts = accounts.take().filter(|_| is_read(facts));
        if let (Some(accounts), Some(members)) = (accounts, facts.members) {
            accounts.extend(members.members().iter().map(|one| one.listed.account));
        }
    }
    let read = listed.values().flatten().count();
    let active = directory.accounts.iter().filter(|(account, entry)| {
        entry.state == Some(AccountState::Active) && !admins.contains(account)
    });
    let mut outside: Vec<_> = active
        .filter_map(|(account, entry)| {
            let missing = listed.iter().filter(|(_, accounts)| {
                let accounts = accounts.as_ref();
                accounts.is_some_and(|accounts| !accounts.contains(account))
            });
            let regions: Vec<_> = missing.map(|(region, _)| (*region).clone()).collect();
            (!regions.is_empty()).then(|| Outside {
                account: *account,
                who: entry.who.clone(),
                in_no_hub: among == Among::AllHubs && regions.len() == read,
                regions,
            })
        })
        .collect();
    outside.sort_by_cached_key(|one: &Outside| {
        order::outside(one.in_no_hub, one.who.name.as_deref(), one.account)
    });
    outside
}

fn still_enabled(directory: &Directory, hubs: &[HubFacts<'_>]) -> Vec<StillEnabled> {
    let mut found = BTreeMap::<AccountId, StillEnabled>::new();
    for facts in hubs.iter().filter(|facts| is_read(facts)) {
        let members = facts.members.map(|members| members.members());
        for member in members.unwrap_or_default() {
            let account = member.listed.account;
            let Some(entry) = directory.get(account) else {
                continue;
            };
            let state = entry.state.as_ref().filter(|state| state.is_out_of_use());
            let (Some(state), true) = (state, member.listed.status.is_protected()) else {
                continue;
            };
            let one = found.entry(account).or_insert_with(|| StillEnabled {
                account,
                who: entry.who.clone(),
                state: state.clone(),
                hubs: Vec::new(),
            });
            one.hubs.push(facts.hub.hub.clone());
        }
    }
    found.into_values().collect()
}
