//! The cases: reads what polls saw into the case book, and writes down what
//! people say of a case. Neither words nor renders anything.

mod accounts;
mod decisions;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::history::{History, LoadedHub, Since, without_the_not_enabled};
use super::ports::{CaseStore, LedgerStore, State, StoreError, StoredCases, Written};
use super::reports::Reports;
use crate::domain::cases::{Case, CaseBook, CaseKey, CaseList, CaseRules, CaseSources, HubUpdate};
use crate::domain::digest::Covered;
use crate::domain::facts::HubFacts;
use crate::domain::hub::{HubFilter, HubId, Version};
use crate::domain::unit::UnitPattern;
use crate::policies::table::CASE_TRIES;

pub use accounts::CaseAnswer;
pub use decisions::{Claimed, DecidedCase, Decision};

/// A book is written again after this, far ahead of the shortest retention, which
/// is 40 days.
const RENEWED_AFTER: TimeDelta = TimeDelta::days(7);

/// What decides about cases beyond polls and people.
#[derive(Debug, Clone)]
pub struct CaseSettings {
    /// How long an invitation may be open.
    pub pending_after: TimeDelta,
    /// The OUs whose accounts come first.
    pub urgent: Vec<UnitPattern>,
    /// Where digests go. What was delivered there before there was a case book is
    /// known from the start.
    pub channels: Vec<String>,
    /// The most days from today to the end of an acceptance.
    pub longest: Days,
}

impl Default for CaseSettings {
    fn default() -> Self {
        Self {
            pending_after: TimeDelta::days(7),
            urgent: Vec::new(),
            channels: Vec::new(),
            longest: Days::new(90),
        }
    }
}

/// The cases of all hubs.
pub struct Cases {
    store: Arc<dyn CaseStore>,
    ledgers: Arc<dyn LedgerStore>,
    history: Arc<History>,
    reports: Arc<Reports>,
    settings: CaseSettings,
}

impl Cases {
    pub(super) fn new(
        store: Arc<dyn CaseStore>,
        ledgers: Arc<dyn LedgerStore>,
        history: Arc<History>,
        reports: Arc<Reports>,
        settings: CaseSettings,
    ) -> Self {
        Self {
            store,
            ledgers,
            history,
            reports,
            settings,
        }
    }

    /// What decides about cases beyond polls and people.
    pub fn settings(&self) -> &CaseSettings {
        &self.settings
    }

    /// The cases now. What polls saw since the book was last written is read
    /// first, and kept.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn list(&self) -> Result<CaseList, StoreError> {
        let (stored, loaded) = self.current().await?;
        Ok(self.of(&stored, &loaded).await)
    }

    /// The same from hubs that are loaded already, without reading them once more if the
    /// book is up to date with them.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(super) async fn list_of(&self, loaded: &[LoadedHub]) -> Result<CaseList, StoreError> {
        let stored = self.stored().await?;
        let is_read = |one: &LoadedHub| stored.book.covered.get(&one.hub.hub) == Some(&one.version);
        if loaded.iter().all(is_read) {
            Ok(self.of(&stored, loaded).await)
        } else {
            self.list().await
        }
    }

    /// The same without storing anything. Of a damaged book the claims are not read
    /// either: every case is open.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub(super) async fn preview(&self) -> Result<CaseList, StoreError> {
        let mut stored = match self.store.cases().await {
            Err(error) if error.is_damage() => StoredCases {
                book: Arc::new(CaseBook::rebuilt()),
                ..StoredCases::default()
            },
            stored => stored?,
        };
        let (_, loaded) = self.read_on(&mut stored).await?;
        Ok(self.of(&stored, &loaded).await)
    }

    /// The stored cases, with the book up to date, and the hubs as they are now.
    async fn current(&self) -> Result<(StoredCases, Vec<LoadedHub>), StoreError> {
        for _ in 0..CASE_TRIES {
            let mut stored = self.stored().await?;
            let (is_new, loaded) = self.read_on(&mut stored).await?;
            if is_new || self.is_old(&stored) {
                match self.store.save_cases(&stored.head, &stored.book).await {
                    Ok(Written::Done(head)) => stored.head = head,
                    Ok(Written::Lost) => continue,
                    // The next reader comes to the same book and keeps it.
                    Err(error) => {
                        tracing::warn!(event = "case_book_not_kept", %error, "could not store the case book");
                    }
                }
            }
            return Ok((stored, loaded));
        }
        Err(StoreError::contended("the case book"))
    }

    /// Brings the book up to date with what polls saw, and returns whether anything
    /// is new in it, and the hubs.
    async fn read_on(
        &self,
        stored: &mut StoredCases,
    ) -> Result<(bool, Vec<LoadedHub>), StoreError> {
        let loaded = self.load(&stored.book).await?;
        let is_new = self.advance(Arc::make_mut(&mut stored.book), &loaded).await;
        Ok((is_new, loaded))
    }

    /// Whether the book is to be written again, so that it does not expire.
    fn is_old(&self, stored: &StoredCases) -> bool {
        let written_at = stored.head.written_at;
        written_at.is_some_and(|at| self.reports.calendar.now() - at > RENEWED_AFTER)
    }

    /// The stored cases. A book that is damaged is made again from the lists, and each
    /// account that is not Enabled has a case then: nothing is known from before.
    async fn stored(&self) -> Result<StoredCases, StoreError> {
        match self.store.cases().await {
            Err(error) if error.is_damage() => {
                tracing::error!(event = "case_book_damaged", %error, "rebuilding the case book: cases known from the start count as open");
                let head = self.store.case_head().await?;
                let book = Arc::new(CaseBook::rebuilt());
                let kept = self.store.save_cases(&head, &book).await?;
                tracing::info!(lost = kept == Written::Lost, "replaced the case book");
                self.store.cases().await
            }
            stored => stored,
        }
    }

    /// Every hub, with the changes that the book has not read.
    async fn load(&self, book: &CaseBook) -> Result<Vec<LoadedHub>, StoreError> {
        let hubs = self.reports.hubs.list();
        let told = if hubs.iter().all(|hub| book.covered.contains_key(hub)) {
            Covered::new()
        } else {
            self.told().await?
        };
        let since = |hub: &HubId, _: &State| Since {
            mark: None,
            after: *book
                .covered
                .get(hub)
                .or_else(|| told.get(hub))
                .unwrap_or(&Version::NONE),
        };
        let hubs: Vec<_> = hubs.iter().collect();
        let loaded = self.history.load_heads(&hubs, since).await?;
        Ok(without_the_not_enabled(loaded).0)
    }

    /// How far the digests have gone in every channel.
    async fn told(&self) -> Result<Covered, StoreError> {
        let mut told = Covered::new();
        for channel in &self.settings.channels {
            let ledger = self.ledgers.ledger(channel).await?;
            for (hub, version) in ledger.last.map(|last| last.covered).unwrap_or_default() {
                let least = told.entry(hub).or_insert(version);
                *least = version.min(*least);
            }
        }
        Ok(told)
    }

    async fn advance(&self, book: &mut CaseBook, loaded: &[LoadedHub]) -> bool {
        let now = self.reports.calendar.now();
        let whole = loaded.iter().filter(|one| one.hub.damage.is_none());
        let updates = whole.filter_map(|one| {
            Some(HubUpdate {
                hub: &one.hub.hub,
                version: one.version,
                observations: &one.observations,
                members: one.members.as_deref()?,
            })
        });
        let updates: Vec<_> = updates.collect();
        let watched = self.reports.hubs.list().iter().cloned().collect();
        let is_new = book.advance(&updates, &watched, now);
        let facts = facts(loaded);
        let Some(gaps) = self.reports.gaps(&facts, &HubFilter::ALL).await else {
            return is_new;
        };
        let failing = loaded.iter().filter(|one| !one.hub.is_read());
        let failing: BTreeSet<_> = failing.map(|one| one.hub.hub.clone()).collect();
        book.advance_organization(&gaps, &failing, now) || is_new
    }

    async fn of(&self, stored: &StoredCases, loaded: &[LoadedHub]) -> CaseList {
        let directory = self.reports.directory.get().await;
        let sources = CaseSources {
            book: &stored.book,
            claims: &stored.claims,
            hubs: &facts(loaded),
            directory: &directory,
        };
        let rules = CaseRules {
            now: self.reports.calendar.now(),
            zone: self.reports.calendar.zone(),
            pending_after: self.settings.pending_after,
            urgent: &self.settings.urgent,
        };
        CaseList::new(sources, rules)
    }
}

/// One case of an account: another one of it later has another beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseId {
    /// The account and its administrator.
    pub key: CaseKey,
    /// When the case began.
    pub opened: DateTime<Utc>,
}

impl CaseId {
    /// The case, if it has not ended. Messages keep when it began in milliseconds.
    pub fn find<'a>(&self, list: &'a CaseList) -> Option<&'a Case> {
        let opened = self.opened.timestamp_millis();
        list.get(self.key)
            .filter(|case| case.opened.timestamp_millis() == opened)
    }
}

impl From<&Case> for CaseId {
    fn from(case: &Case) -> Self {
        Self {
            key: case.key,
            opened: case.opened,
        }
    }
}

fn facts(loaded: &[LoadedHub]) -> Vec<HubFacts<'_>> {
    loaded.iter().map(LoadedHub::facts).collect()
}
