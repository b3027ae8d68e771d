//! People's decisions on failing hubs. As with cases, the first person owns one, and decisions are
//! idempotent. All hubs of a decision are one write.

use super::{Cases, facts};
use crate::domain::cases::{Assignment, FailingHub, FailingHubs, PersonId};
use crate::domain::hub::HubId;
use crate::policies::table::CASE_TRIES;
use crate::watch::ports::{StoreError, Written};

/// A person's decision on failing hubs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubDecision {
    /// Work on them.
    Take,
    /// Stop working on them.
    GiveBack,
}

impl HubDecision {
    /// Its name in a value and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::GiveBack => "give_back",
        }
    }
}

/// A failing hub after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedHub {
    /// The hub, with its owner now.
    pub failing: FailingHub,
    /// Whether this decision changed the owner; false if it was repeated, or if another person owns
    /// it.
    pub is_new: bool,
}

impl Cases {
    /// Applies a person's decision to those of some hubs that are failing and `is_there`; none if all
    /// of them have recovered.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn decide_hubs(
        &self,
        wanted: &FailingHubs,
        is_there: impl Fn(&HubId) -> bool,
        by: &PersonId,
        decision: HubDecision,
    ) -> Result<Vec<DecidedHub>, StoreError> {
        for _ in 0..CASE_TRIES {
            let (stored, loaded) = self.current().await?;
            let facts = facts(&loaded);
            let failing = FailingHub::all(&facts, &stored.hubs);
            let failing = failing
                .into_iter()
                .filter(|one| wanted.is_about(one) && is_there(&one.hub));
            let now = self.reports.calendar.now();
            let decided = failing.map(|failing| {
                let owner = match (&failing.owner, decision) {
                    (None, HubDecision::Take) => Some(Assignment {
                        by: by.clone(),
                        at: now,
                    }),
                    (Some(owner), HubDecision::GiveBack) if owner.by == *by => None,
                    (owner, _) => owner.clone(),
                };
                DecidedHub {
                    is_new: owner != failing.owner,
                    failing: FailingHub { owner, ..failing },
                }
            });
            let decided: Vec<_> = decided.collect();
            if decided.iter().all(|one| !one.is_new) {
                return Ok(decided);
            }
            let mut claims = stored.hubs;
            for one in &decided {
                claims.set(&one.failing);
            }
            claims.forget_old(&facts);
            if let Written::Done(_) = self.store.save_hub_claims(&claims).await? {
                return Ok(decided);
            }
        }
        Err(StoreError::contended("the claims of failing member lists"))
    }
}
