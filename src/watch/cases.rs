//! The cases: brings the case book up to date with the polls, and stores people's decisions.
//! Renders nothing.

mod accounts;
mod decisions;
mod regions;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::history::{History, LoadedHub, Since, without_the_not_enabled};
use super::ports::{CaseStore, LedgerStore, State, StoreError, StoredCases, Written};
use super::reports::Reports;
use crate::domain::cases::{
    Case, CaseBook, CaseKey, CaseList, CaseRules, CaseSources, HubUpdate, PersonId, StatusMeaning,
};
use crate::domain::facts::HubFacts;
use crate::domain::hub::{Covered, HubFilter, HubId, Version};
use crate::domain::member::MemberStatus;
use crate::domain::unit::UnitPattern;
use crate::policies::table::{CASE_TRIES, DAMAGED, TORN_PAUSE};

pub use accounts::CaseAnswer;
pub use decisions::{Claimed, DecidedCase, Decision};
pub use regions::{DecidedHub, HubDecision};

/// A book is rewritten after this time, long before it expires: the shortest retention is 40 days.
const RENEWED_AFTER: TimeDelta = TimeDelta::days(7);

/// The settings of cases.
#[derive(Debug, Clone)]
pub struct CaseSettings {
    /// An invitation that is pending for longer is a case.
    pub pending_after: TimeDelta,
    /// The OUs whose accounts are listed first.
    pub urgent: Vec<UnitPattern>,
    /// The channels of digests. What a digest reported before the case book existed is known from
    /// the start.
    pub channels: Vec<String>,
    /// The longest acceptance, in days from today.
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

    /// The settings of cases.
    pub fn settings(&self) -> &CaseSettings {
        &self.settings
    }

    /// The stored cases. Learns from them which statuses people have counted as Enabled, maybe in
    /// another process, so that whatever is read next is read so.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(super) async fn learned(&self) -> Result<StoredCases, StoreError> {
        let stored = self.stored().await?;
        self.history.learn(&stored.book.meanings);
        Ok(stored)
    }

    /// A person decides whether a status counts as Enabled; `None` takes the decision back.
    /// Returns whether that changed anything.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn decide_status(
        &self,
        status: &MemberStatus,
        is_enabled: Option<bool>,
        by: &PersonId,
    ) -> Result<bool, StoreError> {
        for _ in 0..CASE_TRIES {
            let (mut stored, _) = self.current().await?;
            let known = stored.book.meanings.get(status);
            if known.map(|meaning| meaning.is_enabled) == is_enabled {
                return Ok(false);
            }
            let meaning = is_enabled.map(|is_enabled| StatusMeaning {
                is_enabled,
                by: by.clone(),
                at: self.reports.calendar.now(),
            });
            Arc::make_mut(&mut stored.book).decide_status(status, meaning);
            match self.store.save_cases(&stored.head, &stored.book).await? {
                Written::Done(_) => return self.learned().await.map(|_| true),
                Written::Lost => {}
            }
        }
        Err(StoreError::contended("the case book"))
    }

    /// The current cases. First brings the book up to date with the polls, and stores it.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn list(&self) -> Result<CaseList, StoreError> {
        let (stored, loaded) = self.current().await?;
        Ok(self.of(&stored, &loaded).await)
    }

    /// The current cases, without loading the hubs again if the book is up to date with them.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(super) async fn list_of(
        &self,
        stored: StoredCases,
        loaded: &[LoadedHub],
    ) -> Result<CaseList, StoreError> {
        let is_read = |one: &LoadedHub| stored.book.covered.get(&one.hub.hub) == Some(&one.version);
        if !stored.book.reread && loaded.iter().all(is_read) {
            Ok(self.of(&stored, loaded).await)
        } else {
            self.list().await
        }
    }

    /// The current cases, without storing anything. If the book is damaged, claims are ignored too,
    /// so every case is open.
    ///
    /// # Errors
    ///
    /// If the store fails.
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

    /// The stored cases with an up-to-date book, and the current hubs.
    async fn current(&self) -> Result<(StoredCases, Vec<LoadedHub>), StoreError> {
        let mut rereads = DAMAGED.attempts;
        for _ in 0..CASE_TRIES {
            let mut stored = self.stored().await?;
            let before = Arc::clone(&stored.book);
            let (is_new, loaded) = self.read_on(&mut stored).await?;
            // Another process may be writing what looks damaged.
            if rereads > 0 && loaded.iter().any(|one| one.hub.damage.is_some()) {
                rereads -= 1;
                tokio::time::sleep(TORN_PAUSE).await;
                continue;
            }
            if is_new || self.is_old(&stored) {
                match self.store.save_cases(&stored.head, &stored.book).await {
                    Ok(Written::Done(head)) => stored.head = head,
                    Ok(Written::Lost) => continue,
                    // After the next digest, this hub's open cases would be known from the start.
                    Err(error) if has_new_hub(&stored.book, &before) => return Err(error),
                    // The next reader computes the same book and stores it.
                    Err(error) => {
                        tracing::warn!(event = "case_book_not_kept", %error, "could not store the case book");
                    }
                }
            }
            return Ok((stored, loaded));
        }
        Err(StoreError::contended("the case book"))
    }

    /// Brings the book up to date with the polls. Returns whether it changed, and the hubs.
    async fn read_on(
        &self,
        stored: &mut StoredCases,
    ) -> Result<(bool, Vec<LoadedHub>), StoreError> {
        let loaded = self.load(&stored.book).await?;
        let is_new = self.advance(Arc::make_mut(&mut stored.book), &loaded).await;
        Ok((is_new, loaded))
    }

    /// Reports whether the book must be rewritten before it expires.
    fn is_old(&self, stored: &StoredCases) -> bool {
        let written_at = stored.head.written_at;
        written_at.is_some_and(|at| self.reports.calendar.now() - at > RENEWED_AFTER)
    }

    /// The stored cases. A damaged book is rebuilt from the member lists, without known cases: each
    /// account that is not Enabled gets an open one.
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

    /// Every hub, with the changes that the book doesn't cover.
    async fn load(&self, book: &CaseBook) -> Result<Vec<LoadedHub>, StoreError> {
        self.history.learn(&book.meanings);
        let hubs = self.reports.hubs.list();
        let reported = if hubs.iter().all(|hub| book.covered.contains_key(hub)) {
            Covered::new()
        } else {
            self.reported().await?
        };
        let since = |hub: &HubId, _: &State| Since {
            mark: None,
            after: *book
                .covered
                .get(hub)
                .or_else(|| reported.get(hub))
                .unwrap_or(&Version::NONE),
        };
        let hubs: Vec<_> = hubs.iter().collect();
        let loaded = self.history.load_heads(&hubs, since).await?;
        Ok(without_the_not_enabled(loaded).0)
    }

    /// For each hub, the version up to which every channel's digests have reported its changes.
    /// A damaged ledger must not keep other channels from their digests, so its readable part
    /// counts.
    async fn reported(&self) -> Result<Covered, StoreError> {
        let mut reported = Covered::new();
        for channel in &self.settings.channels {
            let ledger = match StoreError::set_apart(self.ledgers.ledger(channel).await)? {
                Ok(ledger) => Some(ledger),
                Err(_) => self.ledgers.salvage_ledger(channel).await?,
            };
            let last = ledger.and_then(|ledger| ledger.last);
            for (hub, version) in last.map(|last| last.covered).unwrap_or_default() {
                let least = reported.entry(hub).or_insert(version);
                *least = version.min(*least);
            }
        }
        Ok(reported)
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
        // Without a list, it isn't known who is a member. No case may begin or end with that.
        if failing.len() == loaded.len() {
            return is_new;
        }
        book.advance_organization(&gaps, &failing, now) || is_new
    }

    async fn of(&self, stored: &StoredCases, loaded: &[LoadedHub]) -> CaseList {
        let directory = self.reports.directory.get().await;
        let sources = CaseSources {
            book: &stored.book,
            claims: &stored.claims,
            hub_claims: &stored.hubs,
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

/// Identifies a case. A later case of the same account has a later beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseId {
    /// The account and its administrator.
    pub key: CaseKey,
    /// When the case began.
    pub opened: DateTime<Utc>,
}

impl CaseId {
    /// The case, if it has not ended. Compares milliseconds, because messages contain no more.
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

/// Reports whether the book has read a hub for the first time.
fn has_new_hub(book: &CaseBook, before: &CaseBook) -> bool {
    let mut hubs = book.covered.keys();
    hubs.any(|hub| !before.covered.contains_key(hub))
}

fn facts(loaded: &[LoadedHub]) -> Vec<HubFacts<'_>> {
    loaded.iter().map(LoadedHub::facts).collect()
}
