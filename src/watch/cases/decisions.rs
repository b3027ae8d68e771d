//! People's decisions on cases. The first person to take a case owns it, and decisions are
//! idempotent.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::{CaseId, Cases};
use crate::domain::cases::{Acceptance, Assignment, Case, CaseClaim, CaseState, PersonId, Reason};
use crate::domain::query::{CaseCommand, CaseVerb};
use crate::policies::table::CASE_TRIES;
use crate::watch::ports::{StoreError, StoredCases, Written};

/// A person's decision on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Work on it.
    Take,
    /// Stop working on it.
    GiveBack,
    /// Expect it until a date.
    Accept {
        /// The date on which the case is open again.
        until: NaiveDate,
        /// The reason.
        why: Reason,
    },
    /// Withdraw the acceptance.
    Withdraw,
}

/// The outcome of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The decision is stored, now or already before.
    Done(Box<Case>),
    /// Another person was first.
    Other(Box<Case>),
    /// The case has ended.
    Ended,
}

/// A case and the outcome of a decision on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedCase {
    /// The case before the decision.
    pub before: Case,
    /// The outcome.
    pub claimed: Claimed,
    /// Whether this decision changed the case; false if it was repeated.
    pub is_new: bool,
}

impl Cases {
    /// Applies a person's decision to a case. `None` if the case has ended.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn decide(
        &self,
        wanted: &CaseId,
        by: &PersonId,
        decision: &Decision,
    ) -> Result<Option<DecidedCase>, StoreError> {
        for _ in 0..CASE_TRIES {
            let (stored, loaded) = self.current().await?;
            let list = self.of(&stored, &loaded).await;
            let Some(case) = wanted.find(&list) else {
                return Ok(None);
            };
            let as_before = |claimed: fn(Box<Case>) -> Claimed| DecidedCase {
                before: case.clone(),
                claimed: claimed(Box::new(case.clone())),
                is_new: false,
            };
            let claim = claim_of(case, stored.claims.get(&wanted.key));
            let claim = match decision.edit(case, claim, by, self.reports.calendar.now()) {
                Edit::None => return Ok(Some(as_before(Claimed::Done))),
                Edit::Other => return Ok(Some(as_before(Claimed::Other))),
                Edit::To(claim) => claim,
            };
            let before = case.clone();
            if let Written::Done(claim) = self.store.save_claim(&claim).await? {
                let mut claims = BTreeMap::clone(&stored.claims);
                claims.insert(claim.key, claim);
                let stored = StoredCases {
                    claims: Arc::new(claims),
                    ..stored
                };
                let list = self.of(&stored, &loaded).await;
                let case = list.get(wanted.key).cloned();
                // Accepting that an account is gone closes the case.
                let done = |case| Claimed::Done(Box::new(case));
                return Ok(Some(DecidedCase {
                    before,
                    claimed: case.map_or(Claimed::Ended, done),
                    is_new: true,
                }));
            }
        }
        Err(StoreError::contended("the claim of a case"))
    }
}

/// The effect of a decision on the claim of its case.
enum Edit {
    /// None: the claim already says so.
    None,
    /// None: another person has the case.
    Other,
    /// The new claim.
    To(CaseClaim),
}

impl Decision {
    /// The decision of a command; `None` if it only reads.
    pub fn of(command: &CaseCommand) -> Option<Self> {
        match command {
            CaseCommand::List => None,
            CaseCommand::Take(_) => Some(Self::Take),
            CaseCommand::GiveBack(_) => Some(Self::GiveBack),
            CaseCommand::Withdraw(_) => Some(Self::Withdraw),
            CaseCommand::Accept { until, why, .. } => {
                let (until, why) = (*until, why.clone());
                Some(Self::Accept { until, why })
            }
        }
    }

    /// The command for this decision.
    pub fn verb(&self) -> CaseVerb {
        match self {
            Self::Take => CaseVerb::Take,
            Self::GiveBack => CaseVerb::GiveBack,
            Self::Accept { .. } => CaseVerb::Accept,
            Self::Withdraw => CaseVerb::Withdraw,
        }
    }

    fn edit(&self, case: &Case, claim: CaseClaim, by: &PersonId, now: DateTime<Utc>) -> Edit {
        match (self, &case.state) {
            (Self::Take | Self::GiveBack, CaseState::Taken(other)) if other.by != *by => {
                Edit::Other
            }
            (Self::Take, CaseState::Taken(_)) => Edit::None,
            (Self::Take, _) => Edit::To(CaseClaim {
                assigned: Some(Assignment {
                    by: by.clone(),
                    at: now,
                }),
                accepted: None,
                ..claim
            }),
            (Self::GiveBack, CaseState::Taken(_)) => Edit::To(CaseClaim {
                assigned: None,
                ..claim
            }),
            (Self::Accept { until, why }, CaseState::Accepted(known))
                if known.by == *by && known.until == *until && known.why == *why =>
            {
                Edit::None
            }
            (Self::Accept { until, why }, _) => {
                let hubs = case.hubs.iter();
                let hubs = hubs.map(|(hub, condition)| (hub.clone(), condition.status.clone()));
                Edit::To(CaseClaim {
                    accepted: Some(Acceptance {
                        by: by.clone(),
                        at: now,
                        until: *until,
                        why: why.clone(),
                        hubs: hubs.collect(),
                    }),
                    ..claim
                })
            }
            (Self::Withdraw, CaseState::Accepted(_)) => Edit::To(CaseClaim {
                accepted: None,
                ..claim
            }),
            (Self::GiveBack | Self::Withdraw, _) => Edit::None,
        }
    }
}

/// The claim of this case. Of a claim of an earlier case, only the revision counts.
fn claim_of(case: &Case, known: Option<&CaseClaim>) -> CaseClaim {
    let empty = CaseClaim {
        key: case.key,
        opened: case.opened,
        revision: known.map_or(0, |known| known.revision),
        assigned: None,
        accepted: None,
    };
    let known = known.filter(|known| known.opened == case.opened);
    known.cloned().unwrap_or(empty)
}
