//! The case book: which accounts are not Enabled, and since when, as seen by the polls of all hubs.
//!
//! It is a fold over the stored changes and records how far it has read them. Two processes that
//! read the same changes compute the same book, so a lost write is harmless. Of people's decisions
//! it contains only those about renamed statuses, because they decide what a change is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::organization::OrganizationGaps;
use super::record::{CaseRecord, EndedCase};
use super::update::{HubUpdate, in_time};
use super::{CaseKey, Condition, StatusMeaning, StatusMeanings};
use crate::domain::diff::{Change, ChangeKind, undo};
use crate::domain::gaps::Gaps;
use crate::domain::hub::{Covered, HubId};
use crate::domain::member::{Member, MemberStatus};

/// Ended cases are kept this long, for "second time since March": the default retention of the
/// history.
const ENDED_KEPT: TimeDelta = TimeDelta::days(400);

/// The largest number of ended cases that are kept. The oldest are dropped first.
const ENDED_MOST: usize = 20_000;

/// The cases of all hubs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseBook {
    /// The version up to which the changes of each hub are read.
    pub covered: Covered,
    /// The accounts that are not Enabled in at least one hub.
    pub records: BTreeMap<CaseKey, CaseRecord>,
    /// The disagreements with the organization; `None` until it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationGaps>,
    /// Ended cases, by time.
    #[serde(default)]
    pub ended: Vec<EndedCase>,
    /// When the book began. Invitations that were overdue by then are known from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<DateTime<Utc>>,
    /// Whether an earlier book was lost. If so, nothing is known from the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuilt: bool,
    /// The statuses that people decided on. The updates must be read with them.
    #[serde(default, skip_serializing_if = "StatusMeanings::is_empty")]
    pub meanings: StatusMeanings,
    /// Whether they have changed since the lists were last compared with the book.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reread: bool,
}

impl CaseBook {
    /// The book after a lost one. Each account that is not Enabled gets an open case, so that none
    /// is hidden.
    pub fn rebuilt() -> Self {
        Self {
            rebuilt: true,
            ..Self::default()
        }
    }

    /// Reads new changes. `watched` are all monitored hubs: conditions in other hubs end. Returns
    /// whether the book changed.
    ///
    /// Leave out hubs that could not be read, so that nothing ends there.
    pub fn advance(
        &mut self,
        updates: &[HubUpdate<'_>],
        watched: &BTreeSet<HubId>,
        now: DateTime<Utc>,
    ) -> bool {
        let is_new = |update: &&HubUpdate<'_>| {
            self.reread || self.covered.get(update.hub) != Some(&update.version)
        };
        let updates: Vec<_> = updates.iter().filter(is_new).copied().collect();
        let gone: Vec<_> = self.unwatched(watched).collect();
        if updates.is_empty() && gone.is_empty() {
            return false;
        }
        self.begun.get_or_insert(now);
        for update in &updates {
            if !self.covered.contains_key(update.hub) {
                self.begin(update);
            }
        }
        for (hub, at, change) in in_time(&updates) {
            self.step(hub, at, change);
        }
        for update in &updates {
            self.agree_with(update);
            self.covered.insert(update.hub.clone(), update.version);
        }
        for hub in gone {
            self.drop_hub(&hub, now);
        }
        self.reread = false;
        self.forget_old(now);
        true
    }

    /// A person decides whether a status counts as Enabled; `None` takes a decision back. Cases
    /// that only had this status are gone without a trace: nothing has happened to the accounts.
    pub fn decide_status(&mut self, status: &MemberStatus, meaning: Option<StatusMeaning>) {
        let is_enabled = meaning.as_ref().is_some_and(|meaning| meaning.is_enabled);
        self.meanings.set(status, meaning);
        self.reread = true;
        if is_enabled {
            let records = std::mem::take(&mut self.records).into_iter();
            let has_it = |condition: &Condition| condition.status.as_ref() == Some(status);
            let records = records.filter_map(|(key, record)| Some((key, record.without(has_it)?)));
            self.records = records.collect();
        }
    }

    /// Updates the disagreements with the organization. `failing` are the hubs whose last poll
    /// failed. Returns whether the book changed.
    pub fn advance_organization(
        &mut self,
        found: &Gaps,
        failing: &BTreeSet<HubId>,
        now: DateTime<Utc>,
    ) -> bool {
        let before = self.organization.as_ref();
        let Some(after) = OrganizationGaps::after(before, found, failing, now) else {
            return false;
        };
        let is_different = before.is_none_or(|before| before.gaps != after.gaps);
        self.organization = Some(after);
        is_different
    }

    fn unwatched<'a>(
        &self,
        watched: &'a BTreeSet<HubId>,
    ) -> impl Iterator<Item = HubId> + use<'_, 'a> {
        let gone = self.covered.keys().filter(|hub| !watched.contains(hub));
        gone.cloned()
    }

    /// Adds a hub. Accounts that were not Enabled before the changes are known from the start.
    fn begin(&mut self, update: &HubUpdate<'_>) {
        let known = !self.rebuilt;
        let before;
        let members = if update.observations.is_empty() {
            update.members
        } else {
            before = undo(update.members, update.observations);
            &before
        };
        let not_enabled = members
            .members()
            .iter()
            .filter(|member| is_gap(&member.listed.status));
        for member in not_enabled {
            let status = Some(member.listed.status.clone());
            let key = CaseKey::in_hub(update.hub, member.listed.account);
            if !self.records.contains_key(&key) {
                self.start(key, member.since, known);
            }
            self.set(key, update.hub, condition(&status, member.since, None));
        }
    }

    fn step(&mut self, hub: &HubId, at: DateTime<Utc>, change: &Change) {
        let key = CaseKey::in_hub(hub, change.account);
        match &change.to {
            Some(MemberStatus::Enabled) => self.is_enabled(key, hub, at),
            to => {
                let known = self.records.get(&key);
                let had = known.and_then(|record| record.hubs.get(hub)).cloned();
                let kind = ChangeKind::of_step(change.from.as_ref(), to.as_ref());
                match had {
                    // The unknown status may have been Enabled under another name.
                    Some(had) if had.is_unknown() && to.is_some() => {
                        let enabled = Some(&MemberStatus::Enabled);
                        let kind = ChangeKind::of_step(enabled, to.as_ref());
                        self.open(key, hub, condition(to, at, Some(kind)));
                    }
                    // Rejoining, or in another status that isn't Enabled: the same case.
                    Some(had) if to.is_some() => {
                        let is_declined = kind == ChangeKind::Declined;
                        let how = if is_declined { Some(kind) } else { had.how };
                        self.set(key, hub, condition(to, at, how));
                    }
                    Some(_) => self.open(key, hub, condition(to, at, Some(kind))),
                    None if is_opening(change) => {
                        self.open(key, hub, condition(to, at, Some(kind)));
                    }
                    None => {}
                }
            }
        }
    }

    fn is_enabled(&mut self, key: CaseKey, hub: &HubId, at: DateTime<Utc>) {
        let Some(record) = self.records.get_mut(&key) else {
            return;
        };
        let over = record.remove(|other, _| other == hub);
        if record.hubs.is_empty() {
            self.end(key, at, false);
        } else if let Some(opened) = over {
            self.ended.push(EndedCase {
                key,
                opened,
                ended: at,
                unwatched: false,
                known: false,
            });
        }
    }

    fn end(&mut self, key: CaseKey, at: DateTime<Utc>, unwatched: bool) {
        if let Some(record) = self.records.remove(&key) {
            self.ended.push(EndedCase {
                key,
                opened: record.opened,
                ended: at,
                unwatched,
                known: record.known,
            });
        }
    }

    /// Adds a condition that opens a case, even if the account was known from the start.
    fn open(&mut self, key: CaseKey, hub: &HubId, condition: Condition) {
        let known = self.records.get(&key).filter(|record| record.known);
        let known = known.map(|record| record.opened);
        if known.is_some() || !self.records.contains_key(&key) {
            self.start(key, condition.since, false);
        }
        if let Some(record) = self.records.get_mut(&key) {
            record.known_before = match condition.is_unknown() {
                true => known.or(record.known_before),
                false => None,
            };
        }
        self.set(key, hub, condition);
    }

    /// Begins a case. A case that the account already has begins again and keeps its conditions.
    fn start(&mut self, key: CaseKey, at: DateTime<Utc>, known: bool) {
        let opened = self.unused(key, at);
        let hubs = self.records.remove(&key).map(|record| record.hubs);
        let hubs = hubs.unwrap_or_default();
        self.records.insert(
            key,
            CaseRecord {
                opened,
                known,
                known_before: None,
                hubs,
            },
        );
    }

    fn set(&mut self, key: CaseKey, hub: &HubId, condition: Condition) {
        if let Some(record) = self.records.get_mut(&key) {
            record.hubs.insert(hub.clone(), condition);
        }
    }

    /// A unique beginning among the account's cases: `at`, or just after the last one.
    fn unused(&self, key: CaseKey, at: DateTime<Utc>) -> DateTime<Utc> {
        let ended = self.ended.iter().filter(|ended| ended.key == key);
        let current = self.records.get(&key).map(|record| record.opened);
        let last = ended.map(|ended| ended.opened).chain(current).max();
        let later = last.map(|last| last + TimeDelta::milliseconds(1));
        later.map_or(at, |later| later.max(at))
    }

    /// Makes the book agree with the member list, in case changes are missing: stored history can
    /// be damaged, and can begin again.
    fn agree_with(&mut self, update: &HubUpdate<'_>) {
        let hub = update.hub;
        let in_hub = self.records.iter().filter_map(|(key, record)| {
            let condition = record.hubs.get(hub)?;
            Some((*key, condition.clone()))
        });
        for (key, had) in in_hub.collect::<Vec<_>>() {
            match update.members.get(key.account) {
                Some(member) if member.listed.status.is_protected() => {
                    self.is_enabled(key, hub, member.since);
                }
                Some(member) if had.status.as_ref() != Some(&member.listed.status) => {
                    let status = Some(member.listed.status.clone());
                    self.set(key, hub, condition(&status, member.since, had.how));
                }
                None if had.status.is_some() => {
                    let gone = condition(&None, had.since, Some(ChangeKind::Deleted));
                    self.open(key, hub, gone);
                }
                _ => {}
            }
        }
        let gaps = update.members.members().iter();
        for member in gaps.filter(|member| is_gap(&member.listed.status)) {
            self.has_gap(hub, member);
        }
    }

    fn has_gap(&mut self, hub: &HubId, member: &Member) {
        let key = CaseKey::in_hub(hub, member.listed.account);
        let known = self.records.get(&key);
        if known.is_none_or(|record| !record.hubs.contains_key(hub)) {
            let status = member.listed.status.clone();
            // A status that no longer counts as Enabled is in question again.
            let is_unknown = self.reread && matches!(status, MemberStatus::Other(_));
            let how = is_unknown.then_some(ChangeKind::Unprotected);
            self.open(key, hub, condition(&Some(status), member.since, how));
        }
    }

    fn drop_hub(&mut self, hub: &HubId, now: DateTime<Utc>) {
        for record in self.records.values_mut() {
            record.hubs.remove(hub);
        }
        let empty = self.records.iter();
        let empty = empty.filter(|(_, record)| record.hubs.is_empty());
        for key in empty.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.end(key, now, true);
        }
        self.covered.remove(hub);
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        self.ended.retain(|ended| now - ended.ended <= ENDED_KEPT);
        self.ended.sort_by_key(|ended| ended.ended);
        let surplus = self.ended.len().saturating_sub(ENDED_MOST);
        self.ended.drain(..surplus);
    }
}

fn condition(
    status: &Option<MemberStatus>,
    since: DateTime<Utc>,
    how: Option<ChangeKind>,
) -> Condition {
    Condition {
        status: status.clone(),
        since,
        how,
    }
}

/// Reports whether a listed account with this status is a case at once. An invitation becomes one
/// only after some days.
fn is_gap(status: &MemberStatus) -> bool {
    !status.is_protected() && !status.is_pending()
}

/// Reports whether a change begins a case: the account stopped being Enabled, is no longer listed,
/// or has a status that it doesn't leave by itself. A withdrawn invitation is no case.
fn is_opening(change: &Change) -> bool {
    let was_pending = change.from.as_ref().is_some_and(MemberStatus::is_pending);
    match (&change.from, &change.to) {
        (Some(MemberStatus::Enabled), _) => true,
        (_, Some(to)) => is_gap(to),
        (_, None) => !was_pending,
    }
}

#[cfg(test)]
mod tests;
