//! The monitored hubs: configured ones, and those in the Regions that are enabled for an
//! administrator, which are listed regularly.
//!
//! Listed Regions are stored. A Region in which members were read stays monitored if it is no
//! longer listed, because a disabled Region must not go unnoticed. If the Regions can't be
//! listed, the stored ones are monitored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;

use super::calendar::Calendar;
use super::ports::{
    Administrator, Head, HeadStore, HubFinder, RegionStore, Regions, RegionsError, StoreError,
};
use crate::domain::administrator::RegionChoice;
use crate::domain::hub::{HubFilter, HubId, Region, Unlisted, Unread, UnreadReason};
use crate::domain::member::AccountId;
use crate::policies::rounds::REGIONS_EVERY;

/// The hubs of the last listing.
#[derive(Debug, Clone, Default)]
struct HubList {
    hubs: Arc<[HubId]>,
    /// Hubs that weren't configured by name.
    found: BTreeSet<HubId>,
    /// The configured Regions of each administrator.
    chosen: BTreeMap<AccountId, RegionChoice>,
    unlisted: Vec<Unlisted>,
    /// When all administrators were last listed; `None` after a failure.
    complete_at: Option<DateTime<Utc>>,
}

impl HubList {
    fn named(hubs: Vec<HubId>) -> Self {
        let hubs: BTreeSet<_> = hubs.into_iter().collect();
        Self {
            hubs: hubs.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// The Regions of an administrator could not be listed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FindError {
    /// AWS failed.
    #[error(transparent)]
    Regions(#[from] RegionsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindError {
    /// The reason why the Regions could not be listed; `None` if the store failed.
    pub fn reason(&self) -> Option<UnreadReason> {
        match self {
            Self::Regions(error) => Some(error.reason),
            Self::Store(_) => None,
        }
    }
}

/// The result for each administrator.
pub type HubSearch = Vec<(AccountId, Result<(), FindError>)>;

/// The hubs that are monitored now.
pub struct WatchedHubs {
    calendar: Calendar,
    finder: Option<Arc<dyn HubFinder>>,
    heads: Arc<dyn HeadStore>,
    regions: Arc<dyn RegionStore>,
    watched: Mutex<Arc<HubList>>,
}

impl WatchedHubs {
    /// Monitors the `named` hubs until `finder` has found others.
    pub(super) fn new(
        calendar: Calendar,
        finder: Option<Arc<dyn HubFinder>>,
        heads: Arc<dyn HeadStore>,
        regions: Arc<dyn RegionStore>,
        named: Vec<HubId>,
    ) -> Self {
        Self {
            calendar,
            finder,
            heads,
            regions,
            watched: Mutex::new(Arc::new(HubList::named(named))),
        }
    }

    /// The monitored hubs, in order.
    pub fn list(&self) -> Arc<[HubId]> {
        Arc::clone(&self.watched().hubs)
    }

    /// The monitored hubs that match a filter.
    pub(super) fn matching(&self, filter: &HubFilter) -> Vec<HubId> {
        let hubs = self.list();
        let wanted = hubs.iter().filter(|hub| filter.takes(hub));
        wanted.cloned().collect()
    }

    /// The configured Regions of an administrator.
    pub fn chosen(&self, admin: AccountId) -> RegionChoice {
        let watched = self.watched();
        let chosen = watched.chosen.get(&admin).cloned();
        chosen.unwrap_or_else(|| {
            let hubs = watched.hubs.iter().filter(|hub| hub.admin == admin);
            RegionChoice::Named(hubs.map(|hub| hub.region.clone()).collect())
        })
    }

    /// The administrators whose Regions could not be listed.
    pub fn unlisted(&self) -> Vec<Unlisted> {
        self.watched().unlisted.clone()
    }

    fn watched(&self) -> Arc<HubList> {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&watched)
    }

    /// Lists the hubs, unless that was done within the hour. Also returns the hubs that are gone.
    /// Failures are retried the next time.
    pub(super) async fn find(&self) -> (HubSearch, Vec<HubId>) {
        let (Some(finder), now) = (&self.finder, self.calendar.now()) else {
            return Default::default();
        };
        let before = self.watched();
        let is_fresh = |at: DateTime<Utc>| (TimeDelta::zero()..REGIONS_EVERY).contains(&(now - at));
        if before.complete_at.is_some_and(is_fresh) {
            return Default::default();
        }
        let administrators = finder.administrators().await;
        let found = administrators.iter().map(|administrator| async {
            let account = administrator.account;
            let (hubs, outcome) = self.hubs_of(administrator, &before).await;
            (account, hubs, outcome)
        });
        let choice = |one: &Administrator| match &one.regions {
            Regions::Named(named) => RegionChoice::Named(named.clone()),
            Regions::Found { but, .. } => RegionChoice::All { but: but.clone() },
        };
        let chosen = administrators.iter().map(|one| (one.account, choice(one)));
        let mut next = HubList {
            chosen: chosen.collect(),
            ..HubList::default()
        };
        let mut hubs = BTreeSet::new();
        let mut search = HubSearch::new();
        for (account, regions, outcome) in join_all(found).await {
            if let Err(error) = &outcome
                && let Some(reason) = error.reason()
            {
                let earlier = before.unlisted.iter().find(|one| one.admin == account);
                let since = earlier.map_or(now, |earlier| earlier.unread.since);
                next.unlisted.push(Unlisted {
                    admin: account,
                    unread: Unread::new(since, reason),
                });
            }
            hubs.extend(regions.hubs.iter().cloned());
            next.found.extend(regions.found);
            search.push((account, outcome));
        }
        next.hubs = hubs.into_iter().collect();
        next.complete_at = search
            .iter()
            .all(|(_, outcome)| outcome.is_ok())
            .then_some(now);
        let next = Arc::new(next);
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        let gone = before.hubs.iter().filter(|hub| !next.hubs.contains(hub));
        (search, gone.cloned().collect())
    }

    async fn hubs_of(
        &self,
        administrator: &Administrator,
        before: &HubList,
    ) -> (HubList, Result<(), FindError>) {
        let admin = administrator.account;
        let hub = |region: &Region| HubId {
            admin,
            region: region.clone(),
        };
        match &administrator.regions {
            Regions::Named(regions) => {
                let hubs = regions.iter().map(hub).collect();
                (HubList::named(hubs), Ok(()))
            }
            Regions::Found { enabled, but } => {
                let known = before.hubs.iter().filter(|hub| hub.admin == admin);
                let known = known.map(|hub| hub.region.clone()).collect();
                let (regions, outcome) = self.found(admin, enabled, but, known).await;
                let hubs: Vec<_> = regions.difference(but).map(hub).collect();
                let found = hubs.iter().cloned().collect();
                let watched = HubList {
                    found,
                    ..HubList::named(hubs)
                };
                (watched, outcome)
            }
        }
    }

    /// The Regions of an administrator: enabled ones, and those that were ever read. If one of
    /// these is unknown, all stored ones.
    async fn found(
        &self,
        admin: AccountId,
        enabled: &Result<BTreeSet<Region>, RegionsError>,
        but: &BTreeSet<Region>,
        mut known: BTreeSet<Region>,
    ) -> (BTreeSet<Region>, Result<(), FindError>) {
        let remembered = self.regions.regions(admin).await;
        match (enabled, remembered) {
            (Ok(enabled), Ok(remembered)) => {
                let mut regions: BTreeSet<_> = enabled.difference(but).cloned().collect();
                match self.remember(admin, &mut regions, &remembered, but).await {
                    Ok(()) => (regions, Ok(())),
                    Err(error) => {
                        regions.extend(remembered);
                        (regions, Err(error.into()))
                    }
                }
            }
            (Ok(enabled), Err(error)) => {
                known.extend(enabled.iter().cloned());
                (known, Err(error.into()))
            }
            (Err(error), remembered) => {
                known.extend(remembered.unwrap_or_default());
                (known, Err(error.clone().into()))
            }
        }
    }

    /// Adds the Regions that were read before and are no longer enabled, and stores new ones.
    async fn remember(
        &self,
        admin: AccountId,
        regions: &mut BTreeSet<Region>,
        remembered: &BTreeSet<Region>,
        but: &BTreeSet<Region>,
    ) -> Result<(), StoreError> {
        for region in remembered.difference(&regions.clone()) {
            let hub = HubId {
                admin,
                region: region.clone(),
            };
            if !but.contains(region) && self.heads.head(&hub).await?.checked_at.is_some() {
                regions.insert(region.clone());
            }
        }
        if regions == remembered {
            return Ok(());
        }
        self.regions.keep_regions(admin, regions).await
    }

    /// Reports whether Security Hub is not enabled in this hub without that being a failure: the
    /// hub wasn't configured by name and was never read.
    pub fn is_not_enabled(&self, hub: &HubId, head: &Head) -> bool {
        let reason = head.unread.map(|unread| unread.reason);
        reason == Some(UnreadReason::NotEnabled)
            && head.checked_at.is_none()
            && self.watched().found.contains(hub)
    }
}
