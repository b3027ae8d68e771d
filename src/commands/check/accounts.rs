//! The accounts that channels can be about, for `check`, from stored data only.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use securityhub_members::aws::table::DynamoDb;
use securityhub_members::check::KnownAccounts;
use securityhub_members::domain::directory::{Directory, Names};
use securityhub_members::domain::hub::HubId;
use securityhub_members::domain::member::{AccountId, Snapshot};
use securityhub_members::names;
use securityhub_members::watch::ports::{
    Administrator, Day, HeadStore as _, OrganizationStore as _, Regions, SnapshotStore as _,
    StoreError,
};

/// The monitored hubs.
pub(super) struct Watched {
    admins: BTreeSet<AccountId>,
    hubs: Vec<HubId>,
    has_all_hubs: bool,
}

impl Watched {
    pub(super) fn new(administrators: &[Administrator]) -> Self {
        let mut watched = Self {
            admins: BTreeSet::new(),
            hubs: Vec::new(),
            has_all_hubs: true,
        };
        for admin in administrators {
            watched.admins.insert(admin.account);
            let regions: Vec<_> = match &admin.regions {
                Regions::Named(named) => named.clone(),
                Regions::Found { enabled, but } => match enabled {
                    Ok(enabled) => enabled.difference(but).cloned().collect(),
                    Err(_) => {
                        watched.has_all_hubs = false;
                        continue;
                    }
                },
            };
            let admin = admin.account;
            let hubs = regions.into_iter().map(|region| HubId { admin, region });
            watched.hubs.extend(hubs);
        }
        watched
    }
}

/// The stored members of the monitored hubs, and the names and OUs.
pub(super) async fn known(
    store: &DynamoDb,
    watched: &Watched,
    names_file: Option<&Path>,
) -> Result<KnownAccounts, StoreError> {
    let mut hubs = Vec::new();
    let ids: Vec<_> = watched.hubs.iter().collect();
    for (hub, head) in watched.hubs.iter().zip(store.heads(&ids).await?) {
        // Damage counts as not read: `check` reports it elsewhere.
        let members = match head.ok().and_then(|head| head.day) {
            Some(day) => members(store, hub, &day).await?,
            None => None,
        };
        hubs.push((hub.clone(), members));
    }
    let head = store.organization_head().await?;
    let accounts = StoreError::set_apart(store.organization(&head).await)?;
    let accounts = accounts.ok().flatten().unwrap_or_default();
    let names = match names_file {
        Some(path) => names::read(path).await.map(|table| table.names),
        None => Ok(Names::new()),
    };
    Ok(KnownAccounts {
        admins: watched.admins.clone(),
        hubs,
        has_all_hubs: watched.has_all_hubs,
        // The file's problem is a finding of its own.
        directory: Directory::new(&accounts, &names.unwrap_or_default(), None),
    })
}

async fn members(
    store: &DynamoDb,
    hub: &HubId,
    day: &Day,
) -> Result<Option<Arc<Snapshot>>, StoreError> {
    let members = StoreError::set_apart(store.snapshot(hub, day).await)?;
    Ok(members.ok().flatten())
}
