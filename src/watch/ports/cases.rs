//! The storage of cases: the book from polls, and people's claims.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::store_error::StoreError;
use super::stored::{Content, Written};
use crate::domain::cases::{CaseBook, CaseClaim, CaseKey, HubClaims};

/// Identifies the stored case book.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseHead {
    /// Counts the writes.
    pub revision: u64,
    /// The place of the book in the table; `None` before the first one.
    pub content: Option<Content>,
    /// When it was written. The store expires it some time later.
    #[serde(default)]
    pub written_at: Option<DateTime<Utc>>,
}

/// The stored cases.
#[derive(Debug, Clone, Default)]
pub struct StoredCases {
    /// Identifies the book.
    pub head: CaseHead,
    /// The book.
    pub book: Arc<CaseBook>,
    /// The claims, including those of ended cases.
    pub claims: Arc<BTreeMap<CaseKey, CaseClaim>>,
    /// The owners of failing hubs.
    pub hubs: HubClaims,
}

/// Stores the cases of all hubs, and people's claims.
#[async_trait]
pub trait CaseStore: Send + Sync {
    /// All cases. Parts that have not changed since the last read come from a cache.
    ///
    /// # Errors
    ///
    /// If the table fails, or the book is damaged.
    async fn cases(&self) -> Result<StoredCases, StoreError>;

    /// The head of the stored book, even if the book is damaged, so that it can be replaced.
    ///
    /// # Errors
    ///
    /// If the table fails.
    async fn case_head(&self) -> Result<CaseHead, StoreError>;

    /// Replaces the book with revision `base.revision`; lost if the stored revision differs.
    ///
    /// # Errors
    ///
    /// If the table fails.
    async fn save_cases(
        &self,
        base: &CaseHead,
        book: &Arc<CaseBook>,
    ) -> Result<Written<CaseHead>, StoreError>;

    /// Replaces the claim with revision `claim.revision` by this one with the next revision. 0 is
    /// for the first claim of an account. Lost if the stored revision differs.
    ///
    /// # Errors
    ///
    /// If the table fails.
    async fn save_claim(&self, claim: &CaseClaim) -> Result<Written<CaseClaim>, StoreError>;

    /// Replaces the claims of failing hubs with revision `claims.revision` by these with the next
    /// revision. 0 is for the first ones. Lost if the stored revision differs.
    ///
    /// # Errors
    ///
    /// If the table fails.
    async fn save_hub_claims(&self, claims: &HubClaims) -> Result<Written<HubClaims>, StoreError>;
}
