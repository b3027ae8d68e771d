//! What an organization and the hubs say of each other: accounts that no hub
//! lists, and accounts out of use that a hub still calls protected.
//!
//! Both are said only of what was read: an unread hub may list anybody.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::directory::{AccountState, Directory, Who};
use super::facts::HubFacts;
use super::hub::{HubId, Region, Unread};
use super::member::AccountId;
use super::order;

/// What is known of an organization beside the member lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gaps {
    /// When the organization was last read; `None` when it never was.
    pub read_at: Option<DateTime<Utc>>,
    /// Set while it cannot be read, where somebody wants to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
    /// The active accounts that are missing in a Region, those in no hub first.
    pub outside: Vec<Outside>,
    /// The accounts out of use that a hub calls protected.
    pub still_enabled: Vec<StillEnabled>,
}

/// An account of the organization that is no member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// The account.
    pub account: AccountId,
    /// Who it is.
    #[serde(flatten)]
    pub who: Who,
    /// The Regions in which no administrator lists it.
    pub regions: Vec<Region>,
    /// Whether no hub lists it that could be read.
    pub in_no_hub: bool,
}

/// An account out of use that a hub still calls protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StillEnabled {
    /// The account.
    pub account: AccountId,
    /// Who it is.
    #[serde(flatten)]
    pub who: Who,
    /// What the organization says.
    pub state: AccountState,
    /// The hubs that call it protected.
    pub hubs: Vec<HubId>,
}

/// Which hubs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// All that are watched.
    AllHubs,
    /// Those of one Region: the others are another matter.
    OneRegion,
}

impl Among {
    /// All hubs unless a Region is chosen.
    pub fn of(chosen: Option<&Region>) -> Self {
        chosen.map_or(Self::AllHubs, |_| Self::OneRegion)
    }
}

impl Gaps {
    /// What `directory` knows that these hubs do not; `None` where nobody asks
    /// for the organization.
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

/// Whether what a hub lists now is known.
fn is_read(facts: &HubFacts<'_>) -> bool {
    facts.members.is_some() && facts.hub.is_read()
}

fn outside(directory: &Directory, hubs: &[HubFacts<'_>], among: Among) -> Vec<Outside> {
    let admins: BTreeSet<_> = hubs.iter().map(|facts| facts.hub.hub.admin).collect();
    let mut listed = BTreeMap::<&Region, Option<HashSet<AccountId>>>::new();
    for facts in hubs {
        let region = listed.entry(&facts.hub.hub.region);
        let accounts = region.or_insert_with(|| Some(HashSet::new()));
        // One hub that was not read is enough to know nothing of its Region.
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
