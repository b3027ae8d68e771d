//! The cases as a reader gets them: what polls saw, what people said of it, and
//! what time makes of both.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    Acceptance, Assignment, CaseBook, CaseClaim, CaseKey, CaseRecord, Condition, Conditions,
    EndedCase,
};
use crate::domain::bulk::MANY;
use crate::domain::diff::ChangeKind;
use crate::domain::directory::{Directory, Who};
use crate::domain::facts::{HubFacts, days_between};
use crate::domain::hub::HubId;
use crate::domain::member::{AccountId, Member, MemberStatus};
use crate::domain::order;
use crate::domain::unit::UnitPattern;

/// What makes a case of it. The order is that of a list, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// It is not Enabled.
    NotEnabled,
    /// It is in no member list, though it is in the organization.
    NotMember,
    /// AWS has closed or suspended it, and it is Enabled.
    StillEnabled,
    /// Its invitation is open for too long.
    Pending,
}

/// One account that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The account and its administrator.
    pub key: CaseKey,
    /// Who the account is.
    #[serde(flatten)]
    pub who: Who,
    /// What makes a case of it.
    pub concern: Concern,
    /// Whether its OU is one of those that come first.
    pub urgent: bool,
    /// The status in each hub; none for an account that is in no member list.
    pub hubs: Conditions,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// The day of its beginning is 1.
    pub day: u32,
    /// Who has it.
    pub state: CaseState,
    /// Set where it was accepted, and no longer is.
    pub lapse: Option<Lapse>,
    /// Earlier cases of the account, by time.
    pub earlier: Vec<EndedCase>,
}

/// Who has a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nobody.
    Open,
    /// A person works on it.
    Taken(Assignment),
    /// A person expects it, for a while.
    Accepted(Acceptance),
    /// Nobody, and it was so from the start.
    Known,
}

/// An acceptance that has ended before its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lapse {
    /// The acceptance.
    pub acceptance: Acceptance,
    /// Why it ended.
    pub why: LapseReason,
}

/// Why an acceptance has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LapseReason {
    /// Its date has come.
    Date,
    /// The case is another one: a status, a further Region, gone from the list.
    Changed,
}

/// What decides about cases beyond polls and people.
#[derive(Debug, Clone, Copy)]
pub struct CaseRules<'a> {
    /// The time.
    pub now: DateTime<Utc>,
    /// The time zone of every date.
    pub zone: Tz,
    /// How long an invitation may be open.
    pub pending_after: TimeDelta,
    /// The OUs that come first.
    pub urgent: &'a [UnitPattern],
}

/// What the cases are made of.
#[derive(Debug, Clone, Copy)]
pub struct CaseSources<'a> {
    /// What polls saw.
    pub book: &'a CaseBook,
    /// What people said.
    pub claims: &'a BTreeMap<CaseKey, CaseClaim>,
    /// The hubs, with their members.
    pub hubs: &'a [HubFacts<'a>],
    /// Who the accounts are.
    pub directory: &'a Directory,
}

/// All cases, each list in the order in which it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CaseList {
    /// Those that need a person, or have one: open and taken.
    pub open: Vec<Case>,
    /// Those that are expected for a while.
    pub accepted: Vec<Case>,
    /// Those that were so from the start, and that nobody has decided on.
    pub known: Vec<Case>,
    /// Statuses that AWS has probably renamed: so many accounts went there at once
    /// that they are one question, and no cases.
    pub renamed: Vec<RenamedStatus>,
}

/// A status that nobody knows, and that many Enabled accounts have now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenamedStatus {
    /// The new name.
    pub status: MemberStatus,
    /// The accounts, by ID.
    pub accounts: Vec<AccountId>,
    /// The hubs in which they have it.
    pub hubs: BTreeSet<HubId>,
    /// When polls first saw it.
    pub since: DateTime<Utc>,
}

impl CaseList {
    /// The cases now.
    pub fn new(sources: CaseSources<'_>, rules: CaseRules<'_>) -> Self {
        let found = drafts(sources, rules);
        let mut list = Self::default();
        let mut earlier = BTreeMap::<CaseKey, Vec<EndedCase>>::new();
        for ended in &sources.book.ended {
            earlier.entry(ended.key).or_default().push(ended.clone());
        }
        for draft in found {
            let claim = sources.claims.get(&draft.key);
            let claim = claim.filter(|claim| claim.opened == draft.opened);
            let Some((state, lapse)) = draft.decide(claim, rules) else {
                continue;
            };
            let who = sources.directory.who(draft.key.account);
            let unit = who.unit.as_deref().unwrap_or_default();
            let case = Case {
                urgent: rules.urgent.iter().any(|pattern| pattern.takes(unit)),
                who,
                key: draft.key,
                concern: draft.concern,
                day: day_of(draft.since, rules),
                opened: draft.opened,
                earlier: earlier.get(&draft.key).cloned().unwrap_or_default(),
                hubs: draft.hubs,
                state,
                lapse,
            };
            match &case.state {
                CaseState::Open | CaseState::Taken(_) => list.open.push(case),
                CaseState::Accepted(_) => list.accepted.push(case),
                CaseState::Known => list.known.push(case),
            }
        }
        list.set_renamed_apart();
        for cases in [&mut list.open, &mut list.accepted, &mut list.known] {
            cases.sort_by_cached_key(|case| order::case(case, rules.zone));
        }
        list
    }

    /// Takes the open cases whose status AWS has probably renamed out of the list.
    fn set_renamed_apart(&mut self) {
        let mut found = BTreeMap::<MemberStatus, usize>::new();
        for status in self.open.iter().filter_map(Case::unknown_status) {
            *found.entry(status.clone()).or_default() += 1;
        }
        found.retain(|_, count| *count >= MANY);
        for status in found.into_keys() {
            let is_renamed = |case: &mut Case| case.unknown_status() == Some(&status);
            let renamed: Vec<_> = self.open.extract_if(.., is_renamed).collect();
            let hubs = renamed.iter().flat_map(|case| case.hubs.keys().cloned());
            let since = renamed.iter().map(|case| case.opened).min();
            self.renamed.push(RenamedStatus {
                hubs: hubs.collect(),
                accounts: renamed.iter().map(|case| case.key.account).collect(),
                since: since.unwrap_or_default(),
                status,
            });
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.open.iter().chain(&self.accepted).chain(&self.known)
    }

    /// The case of an account under an administrator.
    pub fn get(&self, key: CaseKey) -> Option<&Case> {
        self.iter().find(|case| case.key == key)
    }

    /// Whether nobody is needed for anything that is not known from the start.
    pub fn is_quiet(&self) -> bool {
        self.open.is_empty() && self.renamed.is_empty()
    }
}

impl Case {
    /// The worst that happened to it; `None` where that was before the first poll.
    pub fn worst(&self) -> Option<ChangeKind> {
        self.hubs
            .values()
            .filter_map(|condition| condition.how)
            .min()
    }

    /// The status that nobody knows and that an Enabled account has now everywhere,
    /// while no person has decided on the case.
    fn unknown_status(&self) -> Option<&MemberStatus> {
        let mut conditions = self.hubs.values();
        let first = conditions.next()?.status.as_ref()?;
        let is_unprotected = |condition: &Condition| {
            condition.how == Some(ChangeKind::Unprotected)
                && condition.status.as_ref() == Some(first)
        };
        let is_open = matches!(first, MemberStatus::Other(_)) && self.state == CaseState::Open;
        (is_open && self.hubs.values().all(is_unprotected)).then_some(first)
    }

    /// Whether the account has this status in one hub at least.
    pub fn has(&self, status: &MemberStatus) -> bool {
        let mut hubs = self.hubs.values();
        hubs.any(|condition| condition.status.as_ref() == Some(status))
    }

    /// Whether it is in no list any more that it was in.
    pub fn is_gone(&self) -> bool {
        is_gone(&self.hubs)
    }
}

fn is_gone(hubs: &Conditions) -> bool {
    !hubs.is_empty() && hubs.values().all(|condition| condition.status.is_none())
}

fn day_of(since: DateTime<Utc>, rules: CaseRules<'_>) -> u32 {
    let today: NaiveDate = rules.now.with_timezone(&rules.zone).date_naive();
    days_between(since, today, rules.zone) + 1
}

/// A case without what people said.
struct Draft {
    key: CaseKey,
    concern: Concern,
    opened: DateTime<Utc>,
    /// Since when the account is as it is: earlier than `opened` for what was
    /// known from the start.
    since: DateTime<Utc>,
    known: bool,
    hubs: Conditions,
}

impl Draft {
    /// Who has it; `None` where somebody has closed it.
    fn decide(
        &self,
        claim: Option<&CaseClaim>,
        rules: CaseRules<'_>,
    ) -> Option<(CaseState, Option<Lapse>)> {
        let accepted = claim.and_then(|claim| claim.accepted.clone());
        let mut lapse = None;
        if let Some(acceptance) = accepted {
            let is_covered = acceptance.covers(&self.hubs);
            // Accepting that an account is gone for good closes the case.
            if is_covered && is_gone(&self.hubs) {
                return None;
            }
            let today = rules.now.with_timezone(&rules.zone).date_naive();
            let why = match (is_covered, today < acceptance.until) {
                (true, true) => return Some((CaseState::Accepted(acceptance), None)),
                (false, _) => LapseReason::Changed,
                (true, false) => LapseReason::Date,
            };
            lapse = Some(Lapse { acceptance, why });
        }
        let state = match claim.and_then(|claim| claim.assigned.clone()) {
            Some(assignment) => CaseState::Taken(assignment),
            None if self.known && lapse.is_none() => CaseState::Known,
            None => CaseState::Open,
        };
        Some((state, lapse))
    }
}

fn drafts(sources: CaseSources<'_>, rules: CaseRules<'_>) -> Vec<Draft> {
    let book = sources.book;
    let mut drafts: Vec<_> = book.records.iter().map(not_enabled).collect();
    let has_record = |key: &CaseKey| book.records.contains_key(key);
    let accounts: BTreeSet<_> = book.records.keys().map(|key| key.account).collect();
    let gaps = book
        .organization
        .iter()
        .flat_map(|organization| &organization.gaps);
    for (key, gap) in gaps {
        // An account that left every list is one case, and not two.
        let is_counted = match key.admin {
            Some(_) => has_record(key),
            None => accounts.contains(&key.account),
        };
        let Some(opened) = gap.opened(rules.now).filter(|_| !is_counted) else {
            continue;
        };
        let enabled = gap.enabled_in.iter().map(|hub| {
            let condition = Condition {
                status: Some(MemberStatus::Enabled),
                since: gap.since,
                how: None,
            };
            (hub.clone(), condition)
        });
        drafts.push(Draft {
            key: *key,
            concern: match key.admin {
                Some(_) => Concern::StillEnabled,
                None => Concern::NotMember,
            },
            opened,
            since: gap.since,
            known: gap.known,
            hubs: enabled.collect(),
        });
    }
    let pending = pending(sources.hubs, book.begun, rules);
    drafts.extend(pending.into_iter().filter(|draft| !has_record(&draft.key)));
    drafts
}

fn not_enabled((key, record): (&CaseKey, &CaseRecord)) -> Draft {
    let first = record.hubs.values().map(|condition| condition.since).min();
    let since = first.filter(|_| record.known).unwrap_or(record.opened);
    Draft {
        key: *key,
        concern: Concern::NotEnabled,
        opened: record.opened,
        since,
        known: record.known,
        hubs: record.hubs.clone(),
    }
}

/// The invitations that are open for too long.
fn pending(
    hubs: &[HubFacts<'_>],
    begun: Option<DateTime<Utc>>,
    rules: CaseRules<'_>,
) -> Vec<Draft> {
    let mut found = BTreeMap::<CaseKey, Conditions>::new();
    for facts in hubs {
        let members = facts.members.map(|members| members.members());
        for member in members.unwrap_or_default() {
            if member.listed.status.is_pending() {
                let key = CaseKey::in_hub(&facts.hub.hub, member.listed.account);
                let condition = waiting(member, rules.now);
                let hubs = found.entry(key).or_default();
                hubs.insert(facts.hub.hub.clone(), condition);
            }
        }
    }
    let draft = |(key, hubs): (CaseKey, Conditions)| {
        let since = hubs.values().map(|condition| condition.since).min()?;
        let opened = since + rules.pending_after;
        (opened <= rules.now).then(|| Draft {
            key,
            concern: Concern::Pending,
            opened,
            since,
            known: begun.is_none_or(|begun| opened <= begun),
            hubs,
        })
    };
    found.into_iter().filter_map(draft).collect()
}

/// Since when a member waits: from its last invitation on, which changes no status.
fn waiting(member: &Member, now: DateTime<Utc>) -> Condition {
    let listed = &member.listed;
    let invited = listed.invited_at.filter(|at| *at <= now);
    let invited = invited.filter(|_| listed.status == MemberStatus::Invited);
    Condition {
        status: Some(listed.status.clone()),
        since: invited.unwrap_or(member.since),
        how: None,
    }
}

#[cfg(test)]
mod tests;
