//! The changes that led to each version. Each header names the version of the header before it,
//! so a missing one is detected.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::days::missing;
use crate::aws::table::DynamoDb;
use crate::aws::table::access::{MOST_PAGES, Order, Write, endless};
use crate::aws::table::item::{self, damaged, expiring, read, sealed, with_data};
use crate::aws::table::keys::{Item, Key};
use crate::aws::table::parts;
use crate::domain::account::Seen;
use crate::domain::diff::{Change, Observation};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{AccountId, Window};
use crate::watch::ports::{
    Before, ChangeStore, Content, Day, ImportBoundary, SnapshotStore as _, StoreError,
};

/// The number of change lists decoded before the task yields.
const DECODED_AT_ONCE: usize = 100;

#[derive(Debug, Serialize, Deserialize)]
struct ChangesItem {
    version: Version,
    window: Window,
    count: usize,
    content: Content,
    /// The version before this one with changes; `None` if unknown.
    #[serde(default)]
    before: Option<Before<Version>>,
}

/// That there are changes between the last imported day and the first poll.
#[derive(Debug, Serialize, Deserialize)]
struct BoundaryItem {
    changed: Before<Version>,
}

/// Changes to be written.
pub(super) struct NewChanges<'a> {
    pub(super) version: Version,
    /// The version before this one with changes; `None` if unknown.
    pub(super) before: Option<Before<Version>>,
    pub(super) window: Window,
    pub(super) changes: &'a [Change],
}

/// Changes as items. The header holds them if they fit.
pub(super) struct ChangesItems {
    pub(super) header: Item,
    pub(super) parts: Vec<Item>,
    pub(super) bytes: usize,
}

impl<'a> NewChanges<'a> {
    /// `None` if there are no changes. Then no header may exist.
    pub(super) fn items(
        &self,
        hub: &HubId,
        writer: &str,
        expires_at: i64,
    ) -> Result<Option<ChangesItems>, StoreError> {
        if self.changes.is_empty() {
            return Ok(None);
        }
        let key = Key::changes(hub, self.version);
        let encoded = parts::encode(&key, &self.changes)?;
        let bytes = encoded.bytes.len();
        let header = ChangesItem {
            version: self.version,
            window: self.window,
            count: self.changes.len(),
            content: parts::content(writer, &encoded),
            before: self.before,
        };
        let mut header = sealed(&key, &header)?;
        let mut more = Vec::new();
        if encoded.parts().len() == 1 {
            header = with_data(header, encoded.bytes);
        } else {
            let key = Key::more_changes(hub, self.version, writer);
            more.extend(parts::items(&key, &encoded, expires_at));
        }
        Ok(Some(ChangesItems {
            header: expiring(header, expires_at),
            parts: more,
            bytes,
        }))
    }
}

/// The changes between the last imported day and the first poll, as items. No link leads to them,
/// because they can be written after the polls, so a record of its own says that they exist.
pub(super) struct BoundaryItems {
    /// The header of the changes, and the record.
    pub(super) writes: Vec<Write>,
    pub(super) parts: Vec<Item>,
    pub(super) bytes: usize,
}

impl BoundaryItems {
    pub(super) fn new(
        hub: &HubId,
        boundary: ImportBoundary<'_>,
        writer: &str,
        expires_at: i64,
    ) -> Result<Self, StoreError> {
        let changes = NewChanges {
            version: Version::NONE,
            before: None,
            window: boundary.window(),
            changes: boundary.changes,
        };
        let record = Key::boundary(hub);
        let Some(changes) = changes.items(hub, writer, expires_at)? else {
            let nothing = [Key::changes(hub, Version::NONE), record].map(Write::Delete);
            return Ok(Self {
                writes: nothing.into(),
                parts: Vec::new(),
                bytes: 0,
            });
        };
        let changed = BoundaryItem {
            changed: Before {
                at: Version::NONE,
                expires_at,
            },
        };
        let record = expiring(sealed(&record, &changed)?, expires_at);
        Ok(Self {
            writes: vec![Write::Put(changes.header), Write::Put(record)],
            parts: changes.parts,
            bytes: changes.bytes,
        })
    }
}

#[async_trait]
impl ChangeStore for DynamoDb {
    async fn observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError> {
        if after >= to {
            return Ok(Vec::new());
        }
        let mut seen = Vec::new();
        let mut row = VerifiedRange::after(after);
        let range = Key::changes(hub, after.next()).to(Key::changes(hub, to));
        let items = self.table.range(&range, Order::Ascending, None);
        let items = items.await?.into_iter();
        let read = items.map(|item| self.read_changes(hub, item));
        for (observation, before) in futures::future::try_join_all(read).await? {
            row.expect(hub, before, &observation, self.table.clock.now())?;
            seen.push(observation);
        }
        self.expect_imported(hub, after, to, &row).await?;
        Ok(seen)
    }

    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError> {
        let mut seen = Vec::new();
        let mut row = VerifiedRange::after(after);
        let range = Key::changes(hub, after.next()).to(Key::changes(hub, to.version));
        let now = self.table.clock.now();
        let mut start = None;
        for _ in 0..MOST_PAGES {
            let (items, next) = self.table.page(&range, start).await?;
            for (index, item) in items.into_iter().enumerate() {
                let (observation, before) = self.read_changes(hub, item).await?;
                row.expect(hub, before, &observation, now)?;
                let Observation {
                    window, changes, ..
                } = observation;
                let its = changes
                    .into_iter()
                    .filter(|change| change.account == account);
                seen.extend(its.map(|change| Seen { window, change }));
                if index % DECODED_AT_ONCE == 0 {
                    tokio::task::yield_now().await;
                }
            }
            if next.is_none() {
                row.expect_none(hub, to.changed, now)?;
                self.expect_imported(hub, after, to.version, &row).await?;
                return Ok(seen);
            }
            start = next;
        }
        Err(endless())
    }
}

impl DynamoDb {
    /// One list of changes, and the link to the list before it.
    async fn read_changes(
        &self,
        hub: &HubId,
        item: Item,
    ) -> Result<(Observation, Option<Before<Version>>), StoreError> {
        let key = Key::of(&item);
        let inline = item
            .contains_key("data")
            .then(|| item::data(item.clone()))
            .transpose()?;
        let changes: ChangesItem = read(item)?;
        if key != Key::changes(hub, changes.version) {
            return Err(damaged(&key, &"it is of another version"));
        }
        let more = Key::more_changes(hub, changes.version, &changes.content.writer);
        let bytes = match inline {
            Some(bytes) => Some(bytes),
            None => self.table.bytes(&more, &changes.content).await?,
        };
        let bytes = bytes.ok_or_else(|| damaged(&more, &"a part is missing"))?;
        let decoded: Vec<Change> = parts::decode(&key, &bytes, &changes.content)?;
        if decoded.len() != changes.count {
            return Err(damaged(&key, &"it does not add up to its count"));
        }
        let observation = Observation {
            version: changes.version,
            window: changes.window,
            changes: decoded,
        };
        Ok((observation, changes.before))
    }

    /// Imported days have no link to the changes before them, because a day between them can be
    /// imported later. Instead, each day records whether it has changes, and another record says
    /// it of the boundary to the polls. An import reads up to the boundary, to write it again.
    async fn expect_imported(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
        row: &VerifiedRange,
    ) -> Result<(), StoreError> {
        if !after.is_imported() {
            return Ok(());
        }
        let first = after.imported_date().and_then(|date| date.succ_opt());
        let last = to.imported_date().unwrap_or(NaiveDate::MAX);
        let days = self.days(hub, first.unwrap_or(NaiveDate::MIN), last);
        let now = self.table.clock.now();
        for day in days.await? {
            let own = day.changed.filter(|changed| changed.at == day.version);
            let is_kept = own.is_some_and(|changed| changed.is_kept(now));
            if day.version.is_imported() && is_kept && !row.imported.contains(&day.version) {
                let key = Key::changes(hub, day.version);
                return Err(StoreError::missing(key.to_string()));
            }
        }
        if to > Version::NONE && !row.imported.contains(&Version::NONE) {
            let record = self.table.get(&Key::boundary(hub)).await?;
            let record = record.map(read::<BoundaryItem>).transpose()?;
            if record.is_some_and(|record| record.changed.is_kept(now)) {
                let key = Key::changes(hub, Version::NONE);
                return Err(StoreError::missing(key.to_string()));
            }
        }
        Ok(())
    }
}

/// The position up to which a range of changes is read and verified.
struct VerifiedRange {
    /// Versions from here on have not been read yet.
    earliest: Version,
    /// The imported days whose changes have been read, and [`Version::NONE`] for the boundary.
    imported: BTreeSet<Version>,
}

impl VerifiedRange {
    fn after(after: Version) -> Self {
        Self {
            earliest: after.next(),
            imported: BTreeSet::new(),
        }
    }

    /// Verifies that no list is missing between the last one and `found`.
    fn expect(
        &mut self,
        hub: &HubId,
        before: Option<Before<Version>>,
        found: &Observation,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.expect_none(hub, before, now)?;
        if found.version <= Version::NONE {
            self.imported.insert(found.version);
        }
        self.earliest = found.version.next();
        Ok(())
    }

    /// Verifies that `named` is not missing after the last list that was read.
    fn expect_none(
        &self,
        hub: &HubId,
        named: Option<Before<Version>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // The chain of links starts at the first poll.
        let earliest = self.earliest.max(Version::NONE.next());
        match missing(named, earliest, now) {
            Some(version) => Err(StoreError::missing(Key::changes(hub, version).to_string())),
            None => Ok(()),
        }
    }
}
