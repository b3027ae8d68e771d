//! Imports days from before the first poll, from the files of another tool.
//!
//! Each imported day has the changes since the imported day before it. A new day in between
//! changes its successor, so all of them are computed again, and the differences are written.
//! Polled days are never changed. `aws/table/keys.rs` explains why digests exclude imported days.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::Calendar;
use super::ports::{
    Day, HistoryStore, ImportBoundary, ImportStore, PastDay, RECENT_DATES, StoreError, Written,
};
use crate::domain::diff::{Change, Observation, diff, undo};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::{Listed, MemberList, Snapshot, Window};
use crate::policies::table::REPLACED_TRIES;

/// The number of looks for a snapshot that is being replaced.
const RELOADS: usize = REPLACED_TRIES;

/// A member list from a file.
#[derive(Debug, Clone)]
pub struct KeptList {
    /// When the list was read.
    pub at: DateTime<Utc>,
    /// The members.
    pub list: MemberList,
}

/// The result of an import, or of a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The new dates.
    pub new: Vec<NaiveDate>,
    /// The dates that had other data.
    pub changed: Vec<NaiveDate>,
    /// The number of dates without differences.
    pub same: usize,
    /// The number of account changes between the imported days.
    pub changes: usize,
    /// The skipped lists.
    pub skipped: Vec<(NaiveDate, SkipReason)>,
}

/// The reason that a list was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// The hub was polled from this date on.
    Polled(NaiveDate),
    /// It is older than the retention.
    Expired,
    /// There is a later list of the same date.
    NotTheLast,
}

/// One day: its stored and its new data.
#[derive(Default)]
struct ImportDay {
    stored: Option<Day>,
    given: Option<KeptList>,
}

/// An import in progress.
struct Importing<'a> {
    importer: &'a Importer,
    hub: &'a HubId,
    dry_run: bool,
    /// The stored changes, by version.
    seen: BTreeMap<Version, Observation>,
    /// The last day so far, and when its list was read.
    end: Option<(DateTime<Utc>, Snapshot)>,
    imported: Imported,
}

/// Imports days from before the first poll.
pub struct Importer {
    calendar: Calendar,
    history: Arc<dyn HistoryStore>,
    imports: Arc<dyn ImportStore>,
}

impl Importer {
    pub(super) fn new(
        calendar: Calendar,
        history: Arc<dyn HistoryStore>,
        imports: Arc<dyn ImportStore>,
    ) -> Self {
        Self {
            calendar,
            history,
            imports,
        }
    }

    /// Imports these lists as the history of a hub. Lists from before `keep_from` would expire at
    /// once and are skipped. Calls `progress` with the number of finished days and of all days. A
    /// dry run writes nothing.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn import(
        &self,
        hub: &HubId,
        lists: Vec<KeptList>,
        keep_from: DateTime<Utc>,
        dry_run: bool,
        progress: impl Fn(usize, usize),
    ) -> Result<Imported, StoreError> {
        let stored = self.history.days(hub, NaiveDate::MIN, NaiveDate::MAX);
        let stored = stored.await?;
        let polled = stored.iter().find(|day| !day.version.is_imported());
        let limit = polled.map_or(self.calendar.today(), |day| day.date);
        let mut imported = Imported::default();
        let mut row = self.row(lists, keep_from, limit, &mut imported);
        for day in stored.into_iter().filter(|day| day.version.is_imported()) {
            let date = day.date;
            row.entry(date).or_default().stored = Some(day);
        }
        let (from, to) = (Version::BEGINNING, Version::NONE);
        let seen = self.history.observations(hub, from, to).await?;
        let mut importing = Importing {
            importer: self,
            hub,
            dry_run,
            seen: seen.into_iter().map(|seen| (seen.version, seen)).collect(),
            end: None,
            imported,
        };
        let all = row.len();
        for (done, (date, place)) in row.into_iter().enumerate() {
            progress(done, all);
            importing.put(date, place).await?;
        }
        progress(all, all);
        let Importing { seen, imported, .. } = importing;
        if !dry_run {
            let wrote = !imported.new.is_empty() || !imported.changed.is_empty();
            if wrote || !self.shows_all(hub).await? {
                self.imports.imported(hub).await?;
            }
            self.join(hub, seen.get(&Version::NONE)).await?;
        }
        Ok(imported)
    }

    /// The lists to import, by date.
    fn row(
        &self,
        mut lists: Vec<KeptList>,
        keep_from: DateTime<Utc>,
        limit: NaiveDate,
        imported: &mut Imported,
    ) -> BTreeMap<NaiveDate, ImportDay> {
        lists.sort_by_key(|list| list.at);
        let mut row = BTreeMap::<_, ImportDay>::new();
        for given in lists {
            let date = self.calendar.date_of(given.at);
            if date >= limit {
                imported.skipped.push((date, SkipReason::Polled(limit)));
            } else if given.at <= keep_from {
                imported.skipped.push((date, SkipReason::Expired));
            } else if row.entry(date).or_default().given.replace(given).is_some() {
                imported.skipped.push((date, SkipReason::NotTheLast));
            }
        }
        row
    }

    /// Reports whether the copy of the latest dates is current. An interrupted import can leave
    /// it outdated.
    async fn shows_all(&self, hub: &HubId) -> Result<bool, StoreError> {
        let days = self
            .history
            .days(hub, NaiveDate::MIN, NaiveDate::MAX)
            .await?;
        let states = self.history.states(&[hub]).await?;
        let states: Vec<_> = states.into_iter().collect::<Result<_, _>>()?;
        let shown = states.iter().flat_map(|state| &state.recent);
        let dates = days.iter().map(|day| day.date).rev().take(RECENT_DATES);
        Ok(dates.eq(shown.map(|day| day.date).rev()))
    }

    /// Writes the changes between the last imported day and the first poll, if both exist. A
    /// first poll after the import does this itself.
    async fn join(&self, hub: &HubId, known: Option<&Observation>) -> Result<(), StoreError> {
        for _ in 0..RELOADS {
            let days = self
                .history
                .days(hub, NaiveDate::MIN, NaiveDate::MAX)
                .await?;
            let last = days.iter().rfind(|day| day.version.is_imported());
            let first = days.iter().find(|day| !day.version.is_imported());
            let (Some(last), Some(first)) = (last, first) else {
                return Ok(());
            };
            let wanted = [(hub, last), (hub, first)];
            let snapshots = self.history.snapshots(&wanted).await?;
            let snapshots: Vec<_> = snapshots.into_iter().collect::<Result<_, _>>()?;
            let [Some(before), Some(closing)] = snapshots.as_slice() else {
                continue;
            };
            // The snapshot of the first poll may have been replaced by a later one of its date.
            let seen = self.history.observations(hub, Version::NONE, first.version);
            let seen = seen.await?;
            let changes = diff(before, &undo(closing, &seen));
            let began = seen.first().and_then(|first| first.window.after);
            let boundary = ImportBoundary {
                from: last,
                at: began.unwrap_or(first.taken_at),
                changes: &changes,
            };
            if is_what_was_seen(known, boundary.window(), &changes) {
                return Ok(());
            }
            if let Written::Done(()) = self.imports.join(hub, boundary).await? {
                return Ok(());
            }
        }
        Err(StoreError::contended("the imported days"))
    }
}

impl Importing<'_> {
    /// Adds one day after the last one.
    async fn put(&mut self, date: NaiveDate, place: ImportDay) -> Result<(), StoreError> {
        let (store, hub) = (&self.importer.history, self.hub);
        let kept = match &place.stored {
            Some(day) => store.snapshot(hub, day).await?,
            None => None,
        };
        let (at, list) = match (place.given, &place.stored, &kept) {
            (Some(given), ..) => (given.at, given.list),
            (None, Some(day), Some(kept)) => (day.taken_at, listed(kept)),
            _ => return Ok(()),
        };
        let window = Window {
            after: self.end.as_ref().map(|(at, _)| *at),
            at,
        };
        let earlier = self.end.as_ref().map(|(_, snapshot)| snapshot);
        let snapshot = Snapshot::at_end_of_poll(list, earlier, window);
        let changes = earlier.map_or_else(Vec::new, |earlier| diff(earlier, &snapshot));
        let stored = place.stored.as_ref();
        let seen = self.seen.get(&Version::imported(date));
        let is_same = stored.is_some_and(|day| day.taken_at == at)
            && kept.as_deref() == Some(&snapshot)
            && is_what_was_seen(seen, window, &changes);
        let past = PastDay {
            date,
            window,
            snapshot: &snapshot,
            changes: &changes,
            replaces: stored,
        };
        if is_same {
            self.imported.same += 1;
        } else if !self.dry_run && self.importer.imports.import(hub, past).await? == Written::Lost {
            let there = store.day_up_to(hub, date).await?;
            let polled = there.is_some_and(|day| day.date == date && !day.version.is_imported());
            if !polled {
                return Err(StoreError::Service {
                    operation: "TransactWriteItems",
                    detail: "another import is writing the same days: run this one again"
                        .to_owned(),
                });
            }
            self.imported.skipped.push((date, SkipReason::Polled(date)));
            return Ok(());
        } else if stored.is_some() {
            self.imported.changed.push(date);
        } else {
            self.imported.new.push(date);
        }
        self.imported.changes += changes.len();
        self.end = Some((at, snapshot));
        Ok(())
    }
}

/// Reports whether the same changes are stored already.
fn is_what_was_seen(seen: Option<&Observation>, window: Window, changes: &[Change]) -> bool {
    match seen {
        Some(seen) => seen.window == window && seen.changes == changes,
        None => changes.is_empty(),
    }
}

fn listed(snapshot: &Snapshot) -> MemberList {
    let members = snapshot.members().iter();
    let listed: Vec<Listed> = members.map(|member| member.listed.clone()).collect();
    MemberList::new(listed)
}
