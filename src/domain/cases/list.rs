//! The cases for readers: what polls found, what people decided, and what changes with time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::renamed::Questions;
use super::{
    Acceptance, Assignment, CaseBook, CaseClaim, CaseKey, CaseRecord, Condition, Conditions,
    EndedCase, FailingHub, HubClaims, RenamedStatus, StatusMeanings,
};
use crate::domain::diff::ChangeKind;
use crate::domain::directory::{Directory, Who};
use crate::domain::facts::{HubFacts, days_between};
use crate::domain::hub::HubId;
use crate::domain::member::{Member, MemberStatus};
use crate::domain::order;
use crate::domain::unit::UnitPattern;

/// Why an account is a case. Lists are in this order, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// It is not Enabled.
    NotEnabled,
    /// It is in the organization, but in no member list.
    NotMember,
    /// It is closed or suspended in AWS, but still Enabled.
    StillEnabled,
    /// Its invitation has been pending for too long.
    Pending,
}

/// An account that needs someone to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The account and its administrator.
    pub key: CaseKey,
    /// Who the account is.
    #[serde(flatten)]
    pub who: Who,
    /// Why it is a case.
    pub concern: Concern,
    /// Whether its OU is one of those that are listed first.
    pub urgent: bool,
    /// The status in each hub; empty for an account that is in no member list.
    pub hubs: Conditions,
    /// The number of other Regions with a condition that a channel of some Regions leaves out.
    #[serde(skip_serializing_if = "is_zero")]
    pub elsewhere: usize,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// The number of the current day; the case began on day 1.
    pub day: u32,
    /// The time of day 1.
    #[serde(skip)]
    counted_from: DateTime<Utc>,
    /// Who owns it.
    pub state: CaseState,
    /// An acceptance of it that has ended.
    pub lapse: Option<Lapse>,
    /// Earlier cases of the account, by time.
    pub earlier: Vec<EndedCase>,
}

/// Who owns a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// No one.
    Open,
    /// A person works on it.
    Taken(Assignment),
    /// A person expects it until a date.
    Accepted(Acceptance),
    /// No one, and it is known from the start.
    Known,
}

/// An acceptance that ended before its case.
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
    /// Its date was reached.
    Date,
    /// The case changed: another status, another Region, or no longer listed.
    Changed,
}

/// The rules for cases.
#[derive(Debug, Clone, Copy)]
pub struct CaseRules<'a> {
    /// The current time.
    pub now: DateTime<Utc>,
    /// The time zone of every date.
    pub zone: Tz,
    /// How long an invitation may be pending before it is a case.
    pub pending_after: TimeDelta,
    /// The OUs whose accounts are listed first.
    pub urgent: &'a [UnitPattern],
}

/// The data behind the cases.
#[derive(Debug, Clone, Copy)]
pub struct CaseSources<'a> {
    /// What polls found.
    pub book: &'a CaseBook,
    /// What people decided.
    pub claims: &'a BTreeMap<CaseKey, CaseClaim>,
    /// Who works on which failing hub.
    pub hub_claims: &'a HubClaims,
    /// The hubs, with their members.
    pub hubs: &'a [HubFacts<'a>],
    /// Names and OUs of the accounts.
    pub directory: &'a Directory,
}

/// All cases, each list in display order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CaseList {
    /// Open and taken cases.
    pub open: Vec<Case>,
    /// Accepted cases.
    pub accepted: Vec<Case>,
    /// Cases that are known from the start and that no one has decided on.
    pub known: Vec<Case>,
    /// Statuses that AWS has probably renamed: too many accounts changed to them at once to be
    /// separate cases.
    pub renamed: Vec<RenamedStatus>,
    /// The statuses that people decided on.
    #[serde(skip_serializing_if = "StatusMeanings::is_empty")]
    pub meanings: StatusMeanings,
    /// The hubs whose history is damaged, so newer cases there may be missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<HubId>,
    /// The hubs that can't be read, or whose list is doubted, with their owners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<FailingHub>,
}

impl CaseList {
    /// The current cases.
    pub fn new(sources: CaseSources<'_>, rules: CaseRules<'_>) -> Self {
        let questions = Questions::of(sources.book);
        let found = drafts(sources, rules, &questions);
        let mut list = Self {
            renamed: questions.ask(sources.book, sources.claims),
            meanings: sources.book.meanings.clone(),
            damaged: damaged(sources.hubs),
            failing: FailingHub::all(sources.hubs, sources.hub_claims),
            ..Self::default()
        };
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
                day: day_of(draft.since, rules.now, rules.zone),
                counted_from: draft.since,
                elsewhere: 0,
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
        list.sort(rules.zone);
        list
    }

    fn sort(&mut self, zone: Tz) {
        for cases in [&mut self.open, &mut self.accepted, &mut self.known] {
            cases.sort_by_cached_key(|case| order::case(case, zone));
        }
    }

    /// The same cases with the days of another time zone. An acceptance ends in the time zone in
    /// which it was made, so that it ends for everyone at once.
    #[must_use]
    pub fn counted_in(mut self, zone: Tz, now: DateTime<Utc>) -> Self {
        for cases in [&mut self.open, &mut self.accepted, &mut self.known] {
            for case in cases {
                case.day = day_of(case.counted_from, now, zone);
            }
        }
        self.sort(zone);
        self
    }

    /// The accounts that were not Enabled from the start, and that no one has decided on.
    pub fn known_gaps(&self) -> impl Iterator<Item = &Case> {
        let known = self.known.iter();
        known.filter(|case| case.concern == Concern::NotEnabled)
    }

    /// All cases.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.open.iter().chain(&self.accepted).chain(&self.known)
    }

    /// The case of an account under an administrator.
    pub fn get(&self, key: CaseKey) -> Option<&Case> {
        self.iter().find(|case| case.key == key)
    }

    /// Reports whether nothing is open except what is known from the start.
    pub fn is_quiet(&self) -> bool {
        self.open.is_empty() && self.renamed.is_empty()
    }
}

impl Case {
    /// Counts the days from the earliest condition that is left, if it is later.
    pub(in crate::domain) fn count_from_conditions(&mut self) {
        let since = self.hubs.values().map(|condition| condition.since).min();
        self.counted_from = since.map_or(self.counted_from, |since| since.max(self.counted_from));
    }

    /// The worst change of the account; `None` if all were before the first poll.
    pub fn worst(&self) -> Option<ChangeKind> {
        self.hubs
            .values()
            .filter_map(|condition| condition.how)
            .min()
    }

    /// Reports whether the account has this status in at least one hub.
    pub fn has(&self, status: &MemberStatus) -> bool {
        let mut hubs = self.hubs.values();
        hubs.any(|condition| condition.status.as_ref() == Some(status))
    }

    /// Since when the account has a condition, as far as known.
    pub fn since(&self) -> DateTime<Utc> {
        let since = self.hubs.values().map(|condition| condition.since);
        since.min().unwrap_or(self.opened)
    }

    /// Reports whether the account is no longer listed in any of its hubs.
    pub fn is_gone(&self) -> bool {
        is_gone(&self.hubs)
    }
}

fn is_gone(hubs: &Conditions) -> bool {
    !hubs.is_empty() && hubs.values().all(|condition| condition.status.is_none())
}

fn day_of(since: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> u32 {
    let today: NaiveDate = now.with_timezone(&zone).date_naive();
    days_between(since, today, zone) + 1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A case without people's decisions.
struct Draft {
    key: CaseKey,
    concern: Concern,
    opened: DateTime<Utc>,
    /// Since when the condition lasts: earlier than `opened` for a case that is known from the
    /// start.
    since: DateTime<Utc>,
    known: bool,
    hubs: Conditions,
}

impl Draft {
    /// Who owns it; `None` if a person has closed it.
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

fn drafts(sources: CaseSources<'_>, rules: CaseRules<'_>, questions: &Questions) -> Vec<Draft> {
    let (book, claims) = (sources.book, sources.claims);
    let records = book.records.iter();
    let not_in_question = |(key, record): (&CaseKey, &CaseRecord)| {
        let case = questions.case(record, claims.get(key))?;
        Some(not_enabled(*key, case))
    };
    let mut drafts: Vec<_> = records.filter_map(not_in_question).collect();
    let has_record = |key: &CaseKey| book.records.contains_key(key);
    let accounts: BTreeSet<_> = book.records.keys().map(|key| key.account).collect();
    let gaps = book
        .organization
        .iter()
        .flat_map(|organization| &organization.gaps);
    for (key, gap) in gaps {
        // An account that left every list is one case, not two.
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

fn not_enabled(key: CaseKey, record: CaseRecord) -> Draft {
    let first = record.hubs.values().map(|condition| condition.since).min();
    let since = first.filter(|_| record.known).unwrap_or(record.opened);
    Draft {
        key,
        concern: Concern::NotEnabled,
        opened: record.opened,
        since,
        known: record.known,
        hubs: record.hubs,
    }
}

/// The invitations that have been pending for too long.
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

/// The condition of a pending member. A repeated invitation restarts it, but changes no status.
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

fn damaged(hubs: &[HubFacts<'_>]) -> Vec<HubId> {
    let damaged = hubs.iter().filter(|facts| facts.hub.damage.is_some());
    damaged.map(|facts| facts.hub.hub.clone()).collect()
}

#[cfg(test)]
mod tests;
