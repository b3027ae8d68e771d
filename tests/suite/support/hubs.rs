//! Member lists and Regions that tests define.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use securityhub_members::domain::hub::{HubId, Region, UnreadReason};
use securityhub_members::domain::member::{AccountId, Listed, MemberStatus};
use securityhub_members::watch::ports::{
    Administrator, HubFinder, ListError, MemberSource, Regions, RegionsError,
};
use tokio::sync::watch;

/// The current lists of all hubs. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct ScriptedHubs {
    hubs: Arc<Mutex<BTreeMap<HubId, Hub>>>,
    slow: watch::Sender<bool>,
    slow_alone: watch::Sender<BTreeSet<HubId>>,
}

#[derive(Default)]
struct Hub {
    members: BTreeMap<AccountId, Listed>,
    failing: Option<UnreadReason>,
    next: VecDeque<Vec<Listed>>,
    reads: usize,
    left: bool,
}

pub(crate) fn listed(account: u64, status: &str) -> Listed {
    Listed {
        account: AccountId::from_u64(account).unwrap(),
        status: MemberStatus::parse(status),
        email: Some(format!("aws+{account}@example.com").into()),
        invited_at: None,
        updated_at: None,
    }
}

impl ScriptedHubs {
    fn with<T>(&self, hub: &HubId, act: impl FnOnce(&mut Hub) -> T) -> T {
        act(self.hubs.lock().unwrap().entry(hub.clone()).or_default())
    }

    /// Sets the status of an account; `-` removes it from the list.
    pub(crate) fn set(&self, hub: &HubId, account: u64, status: &str) {
        let member = listed(account, status);
        self.with(hub, |hub| match status {
            "-" => hub.members.remove(&member.account),
            _ => hub.members.insert(member.account, member),
        });
    }

    pub(crate) fn status(&self, hub: &HubId, account: u64) -> Option<MemberStatus> {
        let account = AccountId::from_u64(account)?;
        self.with(hub, |hub| Some(hub.members.get(&account)?.status.clone()))
    }

    /// Replaces the list.
    pub(crate) fn set_all(&self, hub: &HubId, members: impl IntoIterator<Item = Listed>) {
        let members = members.into_iter().map(|member| (member.account, member));
        self.with(hub, |hub| hub.members = members.collect());
    }

    /// Makes the list fail.
    pub(crate) fn fail(&self, hub: &HubId, reason: UnreadReason) {
        self.with(hub, |hub| hub.failing = Some(reason));
    }

    pub(crate) fn recover(&self, hub: &HubId) {
        self.with(hub, |hub| hub.failing = None);
    }

    /// Replaces the list for one reading.
    pub(crate) fn glitch(&self, hub: &HubId, list: Vec<Listed>) {
        self.with(hub, |hub| hub.next.push_back(list));
    }

    /// While true, no reading ends.
    pub(crate) fn be_slow(&self, slow: bool) {
        self.slow.send_replace(slow);
    }

    /// While true, no reading of this hub ends.
    pub(crate) fn be_slow_in(&self, hub: &HubId, slow: bool) {
        self.slow_alone.send_modify(|hubs| match slow {
            true => drop(hubs.insert(hub.clone())),
            false => drop(hubs.remove(hub)),
        });
    }

    /// The number of readings.
    pub(crate) fn reads(&self, hub: &HubId) -> usize {
        self.with(hub, |hub| hub.reads)
    }

    /// Reports whether the hub was dropped since its last reading.
    pub(crate) fn is_left(&self, hub: &HubId) -> bool {
        self.with(hub, |hub| hub.left)
    }
}

#[async_trait]
impl MemberSource for ScriptedHubs {
    async fn list(&self, hub: &HubId) -> Result<Vec<Listed>, ListError> {
        self.with(hub, |state| state.reads += 1);
        // Can't fail, because `self` holds the sender.
        self.slow.subscribe().wait_for(|slow| !slow).await.unwrap();
        let mut slow_alone = self.slow_alone.subscribe();
        let fast = slow_alone.wait_for(|slow| !slow.contains(hub)).await;
        drop(fast.unwrap());
        self.with(hub, |state| {
            state.left = false;
            if let Some(glitch) = state.next.pop_front() {
                return Ok(glitch);
            }
            if let Some(reason) = state.failing {
                return Err(ListError {
                    hub: hub.clone(),
                    reason,
                    detail: "the test says so".to_owned(),
                });
            }
            Ok(state.members.values().cloned().collect())
        })
    }

    fn left(&self, hub: &HubId) {
        self.with(hub, |state| state.left = true);
    }
}

/// The enabled Regions of each administrator. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct ScriptedRegions {
    administrators: Arc<Mutex<BTreeMap<AccountId, Regions>>>,
    asked: Arc<Mutex<usize>>,
}

impl ScriptedRegions {
    /// Sets the enabled Regions, like `"eu-west-1, us-east-1"`. A `-` before a name excludes it.
    pub(crate) fn enable(&self, admin: &str, regions: &str) {
        let names = regions.split(", ").filter(|name| !name.is_empty());
        let (but, enabled): (Vec<_>, Vec<_>) = names.partition(|name| name.starts_with('-'));
        let region = |name: &str| -> Region { name.trim_start_matches('-').parse().unwrap() };
        let but = but.into_iter().map(region).collect();
        let enabled = Ok(enabled.into_iter().map(region).collect());
        self.set(admin, Regions::Found { enabled, but });
    }

    /// Makes the listing fail.
    pub(crate) fn fail(&self, admin: &str, reason: UnreadReason) {
        let error = RegionsError {
            account: admin.parse().unwrap(),
            reason,
            detail: "the test says so".to_owned(),
        };
        let enabled = Err(error);
        let but = std::collections::BTreeSet::new();
        self.set(admin, Regions::Found { enabled, but });
    }

    fn set(&self, admin: &str, regions: Regions) {
        let admin = admin.parse().unwrap();
        self.administrators.lock().unwrap().insert(admin, regions);
    }

    /// The number of listings.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

#[async_trait]
impl HubFinder for ScriptedRegions {
    async fn administrators(&self) -> Vec<Administrator> {
        *self.asked.lock().unwrap() += 1;
        let administrators = self.administrators.lock().unwrap();
        let one = |(account, regions): (&AccountId, &Regions)| Administrator {
            account: *account,
            regions: regions.clone(),
        };
        administrators.iter().map(one).collect()
    }
}
