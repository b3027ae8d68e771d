//! Finds the cases in the stored data: what polls and the organization say of an account. People's
//! decisions are added to that, and can close it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::case::{Case, CaseState, Concern, Lapse, LapseReason, day_of, is_gone};
use super::renamed::Questions;
use super::sources::{CaseRules, CaseSources};
use super::{CaseClaim, CaseKey, CaseRecord, Condition, Conditions, EndedCase};
use crate::domain::facts::HubFacts;
use crate::domain::member::{Member, MemberStatus};

/// A case without people's decisions.
pub(super) struct Draft {
    pub(super) key: CaseKey,
    concern: Concern,
    opened: DateTime<Utc>,
    /// Since when the condition lasts: earlier than `opened` for a case that is known from the
    /// start.
    since: DateTime<Utc>,
    known: bool,
    hubs: Conditions,
}

impl Draft {
    /// The case with people's decisions; `None` if a person has closed it.
    pub(super) fn into_case(
        self,
        sources: CaseSources<'_>,
        rules: CaseRules<'_>,
        earlier: Vec<EndedCase>,
    ) -> Option<Case> {
        let claim = sources.claims.get(&self.key);
        let claim = claim.filter(|claim| claim.opened == self.opened);
        let (state, lapse) = self.decide(claim, rules)?;
        let who = sources.directory.who(self.key.account);
        let unit = who.unit.as_deref().unwrap_or_default();
        Some(Case {
            urgent: rules.urgent.iter().any(|pattern| pattern.takes(unit)),
            who,
            key: self.key,
            concern: self.concern,
            day: day_of(self.since, rules.now, rules.zone),
            counted_from: self.since,
            elsewhere: 0,
            opened: self.opened,
            earlier,
            hubs: self.hubs,
            state,
            lapse,
        })
    }

    /// Decides its owner; `None` if a person has closed it.
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

/// The drafts of all cases, without accounts that are only part of a question about a renamed
/// status.
pub(super) fn drafts(
    sources: CaseSources<'_>,
    rules: CaseRules<'_>,
    questions: &Questions,
) -> Vec<Draft> {
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
