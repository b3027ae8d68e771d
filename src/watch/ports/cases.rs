//! Where the cases are kept: the book of what polls saw, and the claims of people.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::store_error::StoreError;
use super::stored::{Content, Written};
use crate::domain::cases::{CaseBook, CaseClaim, CaseKey};

/// Which case book is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseHead {
    /// Counts the writes.
    pub revision: u64,
    /// Where the store keeps the book; `None` before the first one.
    pub content: Option<Content>,
    /// When it was written. The store does not keep it for ever.
    #[serde(default)]
    pub written_at: Option<DateTime<Utc>>,
}

/// The cases as they are stored.
#[derive(Debug, Clone, Default)]
pub struct StoredCases {
    /// Which book this is.
    pub head: CaseHead,
    /// The book.
    pub book: Arc<CaseBook>,
    /// The claims, those of cases that have ended too.
    pub claims: Arc<BTreeMap<CaseKey, CaseClaim>>,
}

/// The cases of all hubs, and what people said of them.
#[async_trait]
pub trait CaseStore: Send + Sync {
    /// The cases. What has not changed since it was last read is not read again.
    ///
    /// # Errors
    ///
    /// The table fails, or the book is damaged.
    async fn cases(&self) -> Result<StoredCases, StoreError>;

    /// Which book is stored, even if it is damaged: so it can be replaced.
    ///
    /// # Errors
    ///
    /// The table fails.
    async fn case_head(&self) -> Result<CaseHead, StoreError>;

    /// Replaces the book that has `base.revision`; lost when it has another by now.
    ///
    /// # Errors
    ///
    /// The table fails.
    async fn save_cases(
        &self,
        base: &CaseHead,
        book: &CaseBook,
    ) -> Result<Written<CaseHead>, StoreError>;

    /// Replaces the claim that has `claim.revision` by this one with the next
    /// revision; 0 is for the first of an account. Lost when it has another by now.
    ///
    /// # Errors
    ///
    /// The table fails.
    async fn save_claim(&self, claim: &CaseClaim) -> Result<Written<CaseClaim>, StoreError>;
}
