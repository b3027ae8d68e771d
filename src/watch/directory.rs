//! Who the accounts are: what is kept of the organization, with the names of a
//! file on top; and reading the organization again when that is due.
//!
//! Answers use what is kept. Only who polls reads the organization.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::Watch;
use super::ports::{
    NameSource, OrganizationError, OrganizationHead, OrganizationListing, OrganizationSource,
    StoreError, Written,
};
use crate::domain::directory::{Accounts, Directory, Names, Organization};
use crate::domain::doubt::{BELIEVED_AFTER, Doubt, weigh};
use crate::domain::hub::{Unread, UnreadReason};

/// How old the organization may be before it is read again.
const FRESH: TimeDelta = TimeDelta::hours(24);

/// How old it may be before that is worth a word: one reading was missed.
const STALE: TimeDelta = TimeDelta::hours(48);

/// When a reading that failed is tried again; one that nobody has allowed, by
/// those who did not ask for it, only every day: each is a line in CloudTrail.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// The same at a start: other replicas may start at the same time.
const AT_START: TimeDelta = TimeDelta::minutes(1);

/// How long what the table says is not looked up again.
const LOOK_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Whether somebody asked for the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nobody did: it is read where it can be, and nothing is said where it
    /// never could.
    No,
    /// It is missed where it cannot be read.
    Yes,
}

/// Whom to ask who the accounts are, and what is known by now.
#[derive(Default)]
pub(super) struct Knowledge {
    organization: Option<(Arc<dyn OrganizationSource>, Asked)>,
    names: Option<Arc<dyn NameSource>>,
    kept: tokio::sync::Mutex<Kept>,
}

/// The copy of what is kept, and what was made of it.
#[derive(Default)]
struct Kept {
    looked_at: Option<DateTime<Utc>>,
    head: OrganizationHead,
    accounts: Arc<Accounts>,
    names: Arc<Names>,
    directory: Arc<Directory>,
}

/// How much patience there is with a reading that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Somebody may just have mended it: it is tried again.
    AtStart,
    /// It is tried again after a while.
    WhenDue,
}

/// How reading the organization went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// It was not due, or another process reads it.
    NotDue,
    /// It was read: so many accounts.
    Read(usize),
    /// It lost too many accounts at once. What is kept stays until a later
    /// reading confirms it.
    Doubted(Doubt),
    /// It could not be read. What is kept stays.
    Failed(OrganizationError),
}

impl Knowledge {
    /// Whether there is anything to ask for names.
    pub(super) fn knows_names(&self) -> bool {
        self.organization.is_some() || self.names.is_some()
    }
}

impl Watch {
    /// Reads the organization from there.
    #[must_use]
    pub fn with_organization(mut self, source: Arc<dyn OrganizationSource>, asked: Asked) -> Self {
        self.knowledge.organization = Some((source, asked));
        self
    }

    /// Takes names from there; they go before those of the organization.
    #[must_use]
    pub fn with_names(mut self, names: Arc<dyn NameSource>) -> Self {
        self.knowledge.names = Some(names);
        self
    }

    /// Why the names that people have written down cannot be used as they are now.
    pub fn names_problem(&self) -> Option<String> {
        let names = self.knowledge.names.as_ref();
        names.and_then(|names| names.problem())
    }

    /// Who the accounts are, as far as it is known now. It never fails: what
    /// cannot be looked up stays as it was.
    pub async fn directory(&self) -> Arc<Directory> {
        let now = self.now();
        let mut kept = self.knowledge.kept.lock().await;
        let mut is_new = false;
        if self.knowledge.organization.is_some() && kept.is_due(now) {
            kept.looked_at = Some(now);
            match self.look(&kept.head).await {
                Ok(None) => {}
                Ok(Some((head, accounts))) => {
                    is_new = true;
                    kept.head = head;
                    kept.accounts = accounts.unwrap_or_else(|| Arc::clone(&kept.accounts));
                }
                Err(error) => {
                    tracing::warn!(%error, "what is kept of the organization cannot be looked up: the names stay as they are")
                }
            }
        }
        if let Some(source) = &self.knowledge.names {
            let names = source.names().await;
            is_new |= !Arc::ptr_eq(&names, &kept.names);
            kept.names = names;
        }
        let organization = self.organization(&kept.head, now);
        if is_new || kept.directory.organization != organization {
            kept.directory = Arc::new(Directory::new(&kept.accounts, &kept.names, organization));
        }
        Arc::clone(&kept.directory)
    }

    /// The head as it is kept now, and the accounts where they are others;
    /// nothing where the head is the known one.
    async fn look(
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
        // Replaced while it was looked for: the next look finds it.
        let accounts = self.store.organization(&head).await?;
        Ok(accounts.map(|accounts| (head, Some(Arc::new(accounts)))))
    }

    /// What is said of the organization itself; nothing where nobody asks.
    fn organization(&self, head: &OrganizationHead, now: DateTime<Utc>) -> Option<Organization> {
        let (_, asked) = self.knowledge.organization.as_ref()?;
        match (head.read_at, head.unread, asked) {
            (None, None, _) | (None, _, Asked::No) => None,
            (None, unread, Asked::Yes) => Some(Organization {
                read_at: None,
                unread,
            }),
            (Some(at), unread, _) => Some(Organization {
                read_at: Some(at),
                unread: unread.filter(|_| now - at > STALE),
            }),
        }
    }

    /// Reads the organization if that is due, and keeps it. One process reads
    /// it for all of them; a reading that fails leaves what is kept.
    pub async fn refresh_directory(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        let Some((source, asked)) = &self.knowledge.organization else {
            return Ok(Refreshed::NotDue);
        };
        let head = self.store.organization_head().await?;
        let now = self.now();
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
        self.knowledge.kept.lock().await.looked_at = None;
        Ok(match saved {
            Written::Done(_) => outcome,
            Written::Lost => Refreshed::NotDue,
        })
    }

    /// What a complete reading comes to. Like a member list it can be half of
    /// what is there, and is compared with the reading before.
    async fn weighed(
        &self,
        head: OrganizationHead,
        listing: OrganizationListing,
    ) -> Result<(OrganizationHead, Option<Accounts>, Refreshed), StoreError> {
        // A damaged copy is replaced by what was read.
        let before = StoreError::set_apart(self.store.organization(&head).await)?;
        let before = before.ok().flatten().unwrap_or_default();
        let (now, earlier) = (self.now(), head.doubted.as_ref());
        if let Some((doubt, doubted)) =
            weigh(&listing.accounts, now, &before, head.read_at, earlier)
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
        Ok((head, Some(accounts), outcome))
    }
}

/// The accounts with their units. Where the units could not be read they are
/// those of the reading before.
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
            tracing::warn!(
                detail,
                "the organizational units could not be read: they stay as they were"
            );
            for (account, entry) in &mut accounts {
                let before = before.get(account);
                entry.who.unit = before.and_then(|before| before.who.unit.clone());
            }
        }
    }
    accounts
}

impl Kept {
    /// Whether the table has to be looked at again. A clock may be set back.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let within = |at: DateTime<Utc>| (now - at).abs() < LOOK_EVERY;
        !self.looked_at.is_some_and(within)
    }
}

fn is_due(head: &OrganizationHead, asked: Asked, refresh: Refresh, now: DateTime<Utc>) -> bool {
    let older = |at: Option<DateTime<Utc>>, than: TimeDelta| at.is_none_or(|at| now - at >= than);
    let again = match head.unread.map(|unread| unread.reason) {
        Some(_) if head.doubted.is_some() && refresh == Refresh::WhenDue => BELIEVED_AFTER,
        Some(_) if refresh == Refresh::AtStart => AT_START,
        Some(UnreadReason::AccessDenied | UnreadReason::NotEnabled) if asked == Asked::No => FRESH,
        _ => AGAIN,
    };
    older(head.read_at, FRESH) && older(head.tried_at, again)
}
