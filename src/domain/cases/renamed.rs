//! Statuses that AWS has probably renamed: one question instead of many cases.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{CaseBook, CaseClaim, CaseKey, CaseRecord, Condition};
use crate::domain::bulk::MANY;
use crate::domain::hub::HubId;
use crate::domain::member::{AccountId, MemberStatus};

/// An unknown status that many formerly Enabled accounts have, and that no one has decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenamedStatus {
    /// The new name.
    pub status: MemberStatus,
    /// The accounts, by ID.
    pub accounts: Vec<AccountId>,
    /// The hubs in which the accounts have it.
    pub hubs: BTreeSet<HubId>,
    /// When polls first saw it.
    pub since: DateTime<Utc>,
    /// Each account with each hub in which it has the status.
    #[serde(skip)]
    members: BTreeSet<(AccountId, HubId)>,
}

impl RenamedStatus {
    fn new(
        status: MemberStatus,
        members: BTreeSet<(AccountId, HubId)>,
        since: DateTime<Utc>,
    ) -> Self {
        let accounts: BTreeSet<_> = members.iter().map(|(account, _)| *account).collect();
        Self {
            status,
            accounts: accounts.into_iter().collect(),
            hubs: members.iter().map(|(_, hub)| hub.clone()).collect(),
            since,
            members,
        }
    }

    /// The question about some of the members; `None` if none is left.
    pub(in crate::domain) fn about(
        self,
        is_wanted: impl Fn(AccountId, &HubId) -> bool,
    ) -> Option<Self> {
        let mut members = self.members;
        members.retain(|(account, hub)| is_wanted(*account, hub));
        (!members.is_empty()).then(|| Self::new(self.status, members, self.since))
    }
}

/// The statuses in question.
pub(super) struct Questions(BTreeSet<MemberStatus>);

impl Questions {
    pub(super) fn of(book: &CaseBook) -> Self {
        let mut accounts = BTreeMap::<&MemberStatus, usize>::new();
        for record in book.records.values() {
            let unknown = record.hubs.values().filter(|one| one.is_unknown());
            let statuses: BTreeSet<_> = unknown.filter_map(|one| one.status.as_ref()).collect();
            for status in statuses {
                *accounts.entry(status).or_default() += 1;
            }
        }
        let open = accounts
            .into_iter()
            .filter(|(status, accounts)| *accounts >= MANY && book.meanings.get(status).is_none());
        Self(open.map(|(status, _)| status.clone()).collect())
    }

    fn has(&self, condition: &Condition) -> bool {
        let status = condition.status.as_ref();
        condition.is_unknown() && status.is_some_and(|status| self.0.contains(status))
    }

    /// The case without the conditions in question; `None` if there are no others. A case that a
    /// person has decided on stays, because no case ends unseen.
    pub(super) fn case(
        &self,
        record: &CaseRecord,
        claim: Option<&CaseClaim>,
    ) -> Option<CaseRecord> {
        let claim = claim.filter(|claim| claim.opened == record.opened);
        let is_decided = claim.is_some_and(CaseClaim::is_decision);
        let rest = record.without(|condition| self.has(condition));
        rest.or_else(|| is_decided.then(|| record.clone()))
    }

    /// The statuses, each with its accounts.
    pub(super) fn ask(
        &self,
        book: &CaseBook,
        claims: &BTreeMap<CaseKey, CaseClaim>,
    ) -> Vec<RenamedStatus> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut asked = BTreeMap::<MemberStatus, (BTreeSet<_>, DateTime<Utc>)>::new();
        for (key, record) in &book.records {
            if self.case(record, claims.get(key)).as_ref() == Some(record) {
                continue;
            }
            for (hub, condition) in record.hubs.iter().filter(|(_, one)| self.has(one)) {
                let Some(status) = &condition.status else {
                    continue;
                };
                let nobody = || (BTreeSet::new(), condition.since);
                let (members, since) = asked.entry(status.clone()).or_insert_with(nobody);
                members.insert((key.account, hub.clone()));
                *since = condition.since.min(*since);
            }
        }
        let asked = asked.into_iter();
        asked
            .map(|(status, (members, since))| RenamedStatus::new(status, members, since))
            .collect()
    }
}
