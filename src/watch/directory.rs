//! The accounts' names and OUs: the stored data of the organization, overridden by the names
//! file. Also reads the organization again if due.
//!
//! Answers use the stored data. Only the service and `poll` read the organization.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::calendar::Calendar;
use super::ports::{
    NameSource, OrganizationError, OrganizationHead, OrganizationListing, OrganizationSource,
    OrganizationStore, StoreError, Written,
};
use crate::domain::directory::{Accounts, Directory, Names, Organization};
use crate::domain::doubt::{BELIEVED_AFTER, Doubt, Weighed, weigh};
use crate::domain::gone;
use crate::domain::hub::{Unread, UnreadReason};
use crate::policies::organization::{
    AGAIN, AT_START, FRESH, LOOK_EVERY, LOOK_WITHIN, PATIENCE, STALE,
};

/// Whether the settings require the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationUse {
    /// Optional: it is read if possible. If it never could be, messages don't mention it.
    Optional,
    /// Required: messages say if it can't be read.
    Required,
}

/// A cache of the accounts' names and OUs.
pub struct DirectoryCache {
    calendar: Calendar,
    store: Arc<dyn OrganizationStore>,
    organization: Option<(Arc<dyn OrganizationSource>, OrganizationUse)>,
    names: Option<Arc<dyn NameSource>>,
    /// Never locked across an await.
    kept: Mutex<Kept>,
    look: Mutex<Option<DirectoryLookup>>,
}

/// A lookup in table and file, shared by all readers.
#[derive(Clone)]
struct DirectoryLookup {
    began: Instant,
    done: CancellationToken,
}

/// The stored data, and the directory made from it.
#[derive(Default)]
struct Kept {
    looked_at: Option<DateTime<Utc>>,
    /// Whether a lookup has succeeded.
    is_looked_up: bool,
    head: OrganizationHead,
    accounts: Arc<Accounts>,
    names: Arc<Names>,
    /// True if the directory must be rebuilt.
    is_new: bool,
    directory: Arc<Directory>,
}

/// The time after which a failed refresh is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Soon, because an operator may have fixed the problem before the restart.
    AtStart,
    /// After the usual pause.
    WhenDue,
}

/// The outcome of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// It was not due, or another process is doing it.
    NotDue,
    /// It was read, with this number of accounts. Those that left don't count.
    Read(usize),
    /// It lost too many accounts at once. The stored data stays until a later reading confirms
    /// it.
    Doubted(Doubt),
    /// It could not be read. The stored data stays.
    Failed(OrganizationError),
}

impl DirectoryCache {
    /// Without a `source`, the organization isn't read. The names file takes precedence.
    pub(super) fn new(
        calendar: Calendar,
        store: Arc<dyn OrganizationStore>,
        organization: Option<(Arc<dyn OrganizationSource>, OrganizationUse)>,
        names: Option<Arc<dyn NameSource>>,
    ) -> Self {
        Self {
            calendar,
            store,
            organization,
            names,
            kept: Mutex::default(),
            look: Mutex::default(),
        }
    }

    /// Reports whether any account can have a name.
    pub fn knows_names(&self) -> bool {
        self.organization.is_some() || self.names.is_some()
    }

    /// The problem of the names file, if it can't be used.
    pub fn names_problem(&self) -> Option<String> {
        let names = self.names.as_ref();
        names.and_then(|names| names.problem())
    }

    /// The accounts' names and OUs as far as known. It never fails, and doesn't wait for a slow
    /// table or file.
    pub async fn get(self: &Arc<Self>) -> Arc<Directory> {
        if let Some(look) = self.look() {
            let done = look.done.cancelled();
            // A slow lookup continues for later readers.
            let _ = tokio::time::timeout_at(look.began + PATIENCE, done).await;
        }
        let mut kept = self.kept();
        let organization = self.organization(&kept.head, self.calendar.now());
        if kept.is_new || kept.directory.organization != organization {
            kept.is_new = false;
            kept.directory = Arc::new(Directory::new(&kept.accounts, &kept.names, organization));
        }
        Arc::clone(&kept.directory)
    }

    /// The same, once the stored organization has been read at least once. An account without its OU
    /// would be in no channel with a condition on OUs.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(super) async fn looked_up(self: &Arc<Self>) -> Result<Arc<Directory>, StoreError> {
        let is_known = self.organization.is_none() || self.kept().is_looked_up;
        if !is_known {
            let known = self.kept().head.clone();
            let found = self.find(&known).await?;
            self.keep(found);
        }
        Ok(self.get().await)
    }

    fn keep(&self, found: Option<(OrganizationHead, Option<Arc<Accounts>>)>) {
        let mut kept = self.kept();
        kept.is_looked_up = true;
        if let Some((head, accounts)) = found {
            kept.is_new = true;
            kept.head = head;
            kept.accounts = accounts.unwrap_or_else(|| Arc::clone(&kept.accounts));
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running lookup, or a new one if due.
    fn look(self: &Arc<Self>) -> Option<DirectoryLookup> {
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = look.as_ref().filter(|look| !look.done.is_cancelled()) {
            return Some(look.clone());
        }
        let is_due = self.organization.is_some() && self.kept().is_due(self.calendar.now());
        if !is_due && self.names.is_none() {
            return None;
        }
        let begun = DirectoryLookup {
            began: Instant::now(),
            done: CancellationToken::new(),
        };
        let (cache, ending) = (Arc::clone(self), begun.done.clone().drop_guard());
        tokio::spawn(async move {
            if tokio::time::timeout(LOOK_WITHIN, cache.look_once())
                .await
                .is_err()
            {
                tracing::warn!("timed out looking up account names; keeping the known ones");
            }
            drop(ending);
        });
        *look = Some(begun.clone());
        Some(begun)
    }

    async fn look_once(&self) {
        if let Some(source) = &self.names {
            let names = source.names().await;
            let mut kept = self.kept();
            kept.is_new |= !Arc::ptr_eq(&names, &kept.names);
            kept.names = names;
        }
        let now = self.calendar.now();
        if self.organization.is_none() || !self.kept().is_due(now) {
            return;
        }
        let known = {
            let mut kept = self.kept();
            kept.looked_at = Some(now);
            kept.head.clone()
        };
        match self.find(&known).await {
            Ok(found) => self.keep(found),
            Err(error) => {
                tracing::warn!(%error, "failed to look up the stored organization; keeping the known names");
            }
        }
    }

    /// The stored head if it has changed, with the accounts if they have.
    async fn find(
        &self,
        known: &OrganizationHead,
    ) -> Result<Option<(OrganizationHead, Option<Arc<Accounts>>)>, StoreError> {
        let head = self.store.organization_head().await?;
        if head == *known {
            return Ok(None);
        }
        if head.content == known.content {
            return Ok(Some((head, None)));
        }
        // The accounts were replaced during the lookup. The next one finds them.
        let accounts = self.store.organization(&head).await?;
        Ok(accounts.map(|accounts| (head, Some(Arc::new(accounts)))))
    }

    /// The state of the organization's data; `None` if it isn't read.
    fn organization(&self, head: &OrganizationHead, now: DateTime<Utc>) -> Option<Organization> {
        let (_, asked) = self.organization.as_ref()?;
        match (head.read_at, head.unread, asked) {
            (None, None, _) | (None, _, OrganizationUse::Optional) => None,
            (None, unread, OrganizationUse::Required) => Some(Organization {
                read_at: None,
                unread,
            }),
            (Some(at), unread, _) => Some(Organization {
                read_at: Some(at),
                unread: unread.filter(|_| now - at > STALE),
            }),
        }
    }

    /// Reads and stores the organization if due. One process does it for all replicas. After a
    /// failure, the stored data stays.
    ///
    /// # Errors
    ///
    /// If the table can't be read or written. A failure of AWS Organizations is in [`Refreshed`].
    pub async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        let Some((source, asked)) = &self.organization else {
            return Ok(Refreshed::NotDue);
        };
        let head = self.store.organization_head().await?;
        let now = self.calendar.now();
        if !is_due(&head, *asked, refresh, now) {
            return Ok(Refreshed::NotDue);
        }
        let claim = OrganizationHead {
            tried_at: Some(now),
            ..head
        };
        let Written::Done(head) = self.store.save_organization(&claim, None).await? else {
            return Ok(Refreshed::NotDue);
        };
        let (head, accounts, outcome) = match source.read().await {
            Ok(listing) => self.weighed(head, listing).await?,
            Err(error) => {
                let since = head.unread.map_or(now, |unread| unread.since);
                let head = OrganizationHead {
                    unread: Some(Unread::new(since, error.reason)),
                    ..head
                };
                (head, None, Refreshed::Failed(error))
            }
        };
        let saved = self.store.save_organization(&head, accounts.as_ref());
        let saved = saved.await?;
        self.kept().looked_at = None;
        Ok(match saved {
            Written::Done(_) => outcome,
            Written::Lost => Refreshed::NotDue,
        })
    }

    /// Compares a complete reading with the one before. Like a member list, it can be partial
    /// without an error.
    async fn weighed(
        &self,
        head: OrganizationHead,
        listing: OrganizationListing,
    ) -> Result<(OrganizationHead, Option<Accounts>, Refreshed), StoreError> {
        // A damaged copy is overwritten.
        let before = StoreError::set_apart(self.store.organization(&head).await)?;
        let before = before.ok().flatten().unwrap_or_default();
        let (now, earlier) = (self.calendar.now(), head.doubted.as_ref());
        // Accounts that left are missing in every reading, which is no reason to doubt it.
        let listed = gone::listed(&before);
        if let Weighed::Doubted(doubt, doubted) =
            weigh(&listing.accounts, now, &listed, head.read_at, earlier)
        {
            let since = head.unread.map_or(now, |unread| unread.since);
            let head = OrganizationHead {
                unread: Some(Unread::doubted(since, doubt)),
                doubted: Some(doubted),
                ..head
            };
            return Ok((head, None, Refreshed::Doubted(doubt)));
        }
        let accounts = with_units(listing, &before);
        let outcome = Refreshed::Read(accounts.len());
        let head = OrganizationHead {
            read_at: Some(now),
            unread: None,
            doubted: None,
            ..head
        };
        let accounts = gone::with_gone(accounts, &before, now);
        Ok((head, Some(accounts), outcome))
    }
}

/// The accounts with their OUs. If the OUs can't be read, the previous ones are kept.
fn with_units(listing: OrganizationListing, before: &Accounts) -> Accounts {
    let mut accounts = listing.accounts;
    match listing.units {
        Ok(units) => {
            for (account, unit) in units {
                if let Some(entry) = accounts.get_mut(&account) {
                    entry.who.unit = Some(unit);
                }
            }
        }
        Err(error) => {
            let detail = &error.detail;
            tracing::warn!(detail, "failed to read the OUs; keeping the known ones");
            for (account, entry) in &mut accounts {
                let before = before.get(account);
                entry.who.unit = before.and_then(|before| before.who.unit.clone());
            }
        }
    }
    accounts
}

impl Kept {
    /// Reports whether the cache is too old. The clock can have been set back.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let within = |at: DateTime<Utc>| (now - at).abs() < LOOK_EVERY;
        !self.looked_at.is_some_and(within)
    }
}

fn is_due(
    head: &OrganizationHead,
    asked: OrganizationUse,
    refresh: Refresh,
    now: DateTime<Utc>,
) -> bool {
    let older = |at: Option<DateTime<Utc>>, than: TimeDelta| at.is_none_or(|at| now - at >= than);
    let again = match head.unread.map(|unread| unread.reason) {
        Some(_) if head.doubted.is_some() && refresh == Refresh::WhenDue => BELIEVED_AFTER,
        Some(_) if refresh == Refresh::AtStart => AT_START,
        Some(UnreadReason::AccessDenied | UnreadReason::NotEnabled)
            if asked == OrganizationUse::Optional =>
        {
            FRESH
        }
        _ => AGAIN,
    };
    older(head.read_at, FRESH) && older(head.tried_at, again)
}
