//! The cases for readers: what polls found, what people decided, and what changes with time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::case::{Case, CaseState, Concern};
use super::draft::drafts;
use super::renamed::Questions;
use super::sources::{CaseRules, CaseSources};
use super::{CaseKey, EndedCase, FailingHub, RenamedStatus, StatusMeanings};
use crate::domain::facts::HubFacts;
use crate::domain::hub::HubId;
use crate::domain::order;

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
            let earlier = earlier.get(&draft.key).cloned().unwrap_or_default();
            let Some(case) = draft.into_case(sources, rules, earlier) else {
                continue;
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
                case.count_in(zone, now);
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

fn damaged(hubs: &[HubFacts<'_>]) -> Vec<HubId> {
    let damaged = hubs.iter().filter(|facts| facts.hub.damage.is_some());
    damaged.map(|facts| facts.hub.hub.clone()).collect()
}

#[cfg(test)]
mod tests;
