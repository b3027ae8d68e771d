//! Leaves out what a channel doesn't take. A channel with conditions must not show any other
//! account, not even in a count.
//!
//! Conditions on hubs and accounts choose the data of a report, those on kinds and statuses what it
//! says about them.

use std::collections::BTreeSet;

use super::{Scope, takes};
use crate::domain::cases::{Case, CaseList, Concern, RenamedStatus};
use crate::domain::diff::Observation;
use crate::domain::directory::Directory;
use crate::domain::gaps::Gaps;
use crate::domain::hub::Region;
use crate::domain::member::Snapshot;
use crate::domain::report::Report;

impl Scope {
    /// The members that the channel is about.
    pub fn members(&self, snapshot: &Snapshot, directory: &Directory) -> Snapshot {
        let members = snapshot.members().iter();
        let members = members.filter(|one| self.takes_known(one.listed.account, directory));
        // Each account is still there once.
        Snapshot::new(members.cloned().collect()).unwrap_or_default()
    }

    /// The changes of these members. Observations stay, even empty ones.
    pub fn observations(&self, seen: &[Observation], directory: &Directory) -> Vec<Observation> {
        let narrowed = seen.iter().map(|one| {
            let changes = one.changes.iter();
            let changes = changes.filter(|change| self.takes_known(change.account, directory));
            Observation {
                version: one.version,
                window: one.window,
                changes: changes.cloned().collect(),
            }
        });
        narrowed.collect()
    }
}

impl Scope {
    /// Reports whether the channel takes this case.
    pub fn takes_case(&self, case: &Case) -> bool {
        case.clone()
            .within(self, case.who.unit.as_deref())
            .is_some()
    }
}

impl Report {
    /// The same report about these hubs, without the kinds and statuses that the channel doesn't
    /// take.
    #[must_use]
    pub fn telling(mut self, scope: &Scope) -> Self {
        for group in &mut self.changes {
            let kind = group.kind;
            let entries = &mut group.entries;
            entries.retain(|entry| scope.takes_change(kind, &entry.path));
        }
        self.changes.retain(|group| !group.entries.is_empty());
        self.bulk_changes
            .retain(|bulk| scope.takes_change(bulk.kind, &bulk.path));
        self.standing
            .retain(|group| scope.takes_status(Some(&group.status), None));
        self.not_enabled.retain(|hub| scope.takes_hub(hub));
        self.unlisted.retain(|one| takes(&scope.admins, &one.admin));
        self
    }
}

impl Gaps {
    /// The differences that the channel is about. `None` for a channel of some administrators,
    /// because another one may list the accounts, and for one of some kinds or statuses, because
    /// these accounts have none.
    pub fn within(mut self, scope: &Scope) -> Option<Self> {
        if !scope.admins.is_empty() || scope.selects_events() {
            return None;
        }
        self.outside
            .retain(|one| scope.takes_account(one.account, one.who.unit.as_deref()));
        self.still_enabled
            .retain(|one| scope.takes_account(one.account, one.who.unit.as_deref()));
        Some(self)
    }
}

impl CaseList {
    /// The cases that a channel takes, each with its hubs there.
    #[must_use]
    pub fn within(mut self, scope: &Scope, directory: &Directory) -> Self {
        if scope.is_everything() {
            return self;
        }
        for cases in [&mut self.open, &mut self.accepted, &mut self.known] {
            let narrowed = std::mem::take(cases).into_iter();
            let narrowed = narrowed.filter_map(|case| {
                let record = directory.get(case.key.account);
                let unit = record.and_then(|record| record.who.unit.as_deref());
                case.within(scope, unit)
            });
            *cases = narrowed.collect();
        }
        let renamed = std::mem::take(&mut self.renamed).into_iter();
        let renamed = renamed.filter_map(|one| one.within(scope, directory));
        self.renamed = renamed.collect();
        self.failing.retain(|one| scope.takes_hub(&one.hub));
        self.damaged.retain(|hub| scope.takes_hub(hub));
        self
    }
}

impl Case {
    fn within(mut self, scope: &Scope, unit: Option<&str>) -> Option<Self> {
        let is_taken = scope.takes_account(self.key.account, unit);
        let has_event = match self.concern {
            Concern::NotEnabled | Concern::Pending => true,
            // As in `Gaps::within`.
            Concern::NotMember => scope.admins.is_empty() && !scope.selects_events(),
            Concern::StillEnabled => !scope.selects_events(),
        };
        if !is_taken || !has_event {
            return None;
        }
        let before = regions(&self);
        let was_listed = !self.hubs.is_empty();
        self.hubs.retain(|hub, condition| {
            scope.takes_hub(hub) && scope.takes_status(condition.status.as_ref(), condition.how)
        });
        if was_listed && self.hubs.is_empty() {
            return None;
        }
        if scope.selects_hubs() {
            // Earlier departures may be from other Regions.
            self.earlier.clear();
            self.count_from_conditions();
        }
        let there = before.iter();
        let there = there.filter(|region| !takes(&scope.regions, *region));
        self.elsewhere = there.count();
        Some(self)
    }
}

fn regions(case: &Case) -> BTreeSet<Region> {
    case.hubs.keys().map(|hub| hub.region.clone()).collect()
}

impl RenamedStatus {
    /// The accounts and hubs in question that a channel takes. Whether AWS renamed the status is
    /// decided from all of them.
    fn within(self, scope: &Scope, directory: &Directory) -> Option<Self> {
        if !scope.takes_status(Some(&self.status), None) {
            return None;
        }
        self.about(|account, hub| scope.takes_hub(hub) && scope.takes_known(account, directory))
    }
}
