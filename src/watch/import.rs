//! Imports days from before the first poll, as another tool kept them.
//!
//! Imported days are one row: each has the changes since the one
//! before it. A day that comes later into the middle of the row changes its
//! neighbour, so the row is made anew each time, and what differs is written.
//! Polled days are never touched; `aws/table/keys.rs` says why no digest
//! tells of imported ones.

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

/// How often a snapshot that was replaced while it was looked for is looked for again.
const RELOADS: usize = REPLACED_TRIES;

/// A member list that somebody kept.
#[derive(Debug, Clone)]
pub struct KeptList {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// The members.
    pub list: MemberList,
}

/// The outcome of an import, or of a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The dates that were not there before.
    pub new: Vec<NaiveDate>,
    /// The dates that were there, with something else.
    pub changed: Vec<NaiveDate>,
    /// How many dates were there already as they are.
    pub same: usize,
    /// How many changes of accounts lie between the imported days.
    pub changes: usize,
    /// The lists that were not taken.
    pub skipped: Vec<(NaiveDate, SkipReason)>,
}

/// Why a list was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// From this date on the bot looks itself.
    Polled(NaiveDate),
    /// It is older than what is kept.
    Expired,
    /// Another one of the same date was taken later: that one closes the date.
    NotTheLast,
}

/// One day of the row: what is stored of it, and what is given.
#[derive(Default)]
struct ImportDay {
    stored: Option<Day>,
    given: Option<KeptList>,
}

/// An import on its way.
struct Importing<'a> {
    importer: &'a Importer,
    hub: &'a HubId,
    dry_run: bool,
    /// The stored changes, by version.
    seen: BTreeMap<Version, Observation>,
    /// The end of the row so far, and when it was taken.
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

    /// Makes these lists history of a hub. What was taken before `keep_from`
    /// would expire at once and is left out. `progress` hears how many days
    /// are done, of how many. A dry run writes nothing.
    ///
    /// # Errors
    ///
    /// The store fails.
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

    /// The given lists that can be taken, by date.
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

    /// Reports whether the latest dates are shown as they are: an import that ended
    /// before its last step can have left it at that.
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

    /// Writes what lies between the last imported day and the first poll, where
    /// there are both. A first poll that comes after the import does it itself.
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
            // The snapshot of the first poll may be replaced by now: its date
            // has another one in its place.
            let seen = self.history.observations(hub, Version::NONE, first.version);
            let seen = seen.await?;
            let changes = diff(before, &undo(closing, &seen));
            let began = seen.first().and_then(|first| first.window.after);
            let boundary = ImportBoundary {
                from: last,
                at: began.unwrap_or(first.taken_at),
                changes: &changes,
            };
            if !is_what_was_seen(known, boundary.window(), &changes) {
                self.imports.join(hub, boundary).await?;
            }
            return Ok(());
        }
        Ok(())
    }
}

impl Importing<'_> {
    /// Puts one day into its place after the end of the row.
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

/// Reports whether these changes are stored already, or there are none of either.
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
