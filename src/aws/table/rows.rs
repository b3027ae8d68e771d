//! Reads rows of dates and of changes, and notices what is missing in them: each
//! item names the one before it.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::DynamoDb;
use super::access::Order;
use super::items::Key;
use super::new_version::until;
use super::recent::{read_day, read_head};
use crate::domain::diff::Observation;
use crate::domain::hub::{HubId, Version};
use crate::watch::ports::{Before, Day, StoreError};

impl DynamoDb {
    pub(super) async fn read_days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError> {
        let to = Key::day(hub, to).sk;
        let from_key = Key::day(hub, from);
        let items = self.table.range(&from_key, &to, Order::Ascending, None);
        let items = items.await?.into_iter();
        let days: Vec<_> = items
            .map(|item| read_day(hub, item))
            .collect::<Result<_, _>>()?;
        let mut earliest = from;
        for day in &days {
            self.expect_before(hub, day, earliest)?;
            earliest = day.date.succ_opt().unwrap_or(NaiveDate::MAX);
        }
        Ok(days)
    }

    /// What comes after the date, and the head if nothing does, say whether
    /// there was a later one.
    pub(super) async fn read_day_up_to(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Option<Day>, StoreError> {
        // First: the dates that it knows of are there already.
        let head = read_head(self.table.get(&Key::head(hub)).await?)?;
        let (from, to) = (Key::day(hub, NaiveDate::MIN), Key::day(hub, date).sk);
        let found = self.one_day(hub, &from, &to, Order::Descending).await?;
        let earliest = match &found {
            Some(day) => day.date.succ_opt(),
            None => Some(NaiveDate::MIN),
        };
        if let (Some(earliest), Some(next)) = (earliest, date.succ_opt()) {
            let (from, to) = (Key::day(hub, next), Key::day(hub, NaiveDate::MAX).sk);
            if let Some(next) = self.one_day(hub, &from, &to, Order::Ascending).await?
                && next.before.is_some_and(|before| before.at <= date)
            {
                self.expect_before(hub, &next, earliest)?;
            }
        }
        if let (Some(earliest), Some(day)) = (earliest, &head.day)
            && (earliest..=date).contains(&day.date)
            && until(day, self.retention) > self.table.clock.now().timestamp()
        {
            return Err(StoreError::missing(Key::day(hub, day.date).to_string()));
        }
        Ok(found)
    }

    pub(super) async fn read_day_from(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Option<Day>, StoreError> {
        let (from, to) = (Key::day(hub, date), Key::day(hub, NaiveDate::MAX).sk);
        let found = self.one_day(hub, &from, &to, Order::Ascending).await?;
        if let Some(day) = &found {
            self.expect_before(hub, day, date)?;
        }
        Ok(found)
    }

    async fn one_day(
        &self,
        hub: &HubId,
        from: &Key,
        to: &str,
        order: Order,
    ) -> Result<Option<Day>, StoreError> {
        let found = self.table.range(from, to, order, Some(1)).await?.pop();
        found.map(|item| read_day(hub, item)).transpose()
    }

    /// From `earliest` on there is nothing before `day`: so it must not name a
    /// date from then on.
    fn expect_before(&self, hub: &HubId, day: &Day, earliest: NaiveDate) -> Result<(), StoreError> {
        match missing(day.before, earliest, self.table.clock.now()) {
            Some(date) => Err(StoreError::missing(Key::day(hub, date).to_string())),
            None => Ok(()),
        }
    }

    pub(super) async fn read_observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError> {
        let mut seen = Vec::new();
        let mut row = Row::after(after);
        let (from, last) = (Key::changes(hub, after.next()), Key::changes(hub, to).sk);
        let items = self.table.range(&from, &last, Order::Ascending, None);
        let items = items.await?.into_iter();
        let read = items.map(|item| self.read_changes(hub, item));
        for (observation, before) in futures::future::try_join_all(read).await? {
            row.expect(hub, before, &observation, self.table.clock.now())?;
            seen.push(observation);
        }
        self.expect_imported(hub, after, to, &row).await?;
        Ok(seen)
    }

    /// Imported days name no changes before theirs, as another day may come
    /// between them. Each says itself whether it has some.
    pub(super) async fn expect_imported(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
        row: &Row,
    ) -> Result<(), StoreError> {
        if !after.is_imported() {
            return Ok(());
        }
        let first = after.imported_date().and_then(|date| date.succ_opt());
        let last = to.imported_date().unwrap_or(NaiveDate::MAX);
        let days = self.read_days(hub, first.unwrap_or(NaiveDate::MIN), last);
        let now = self.table.clock.now();
        for day in days.await? {
            let own = day.changed.filter(|changed| changed.at == day.version);
            let is_kept = own.is_some_and(|changed| changed.is_kept(now));
            if day.version.is_imported() && is_kept && !row.imported.contains(&day.version) {
                let key = Key::changes(hub, day.version);
                return Err(StoreError::missing(key.to_string()));
            }
        }
        Ok(())
    }
}

/// A row of changes as it is read.
pub(super) struct Row {
    /// From here on nothing was read yet.
    earliest: Version,
    /// The imported days whose changes were read.
    imported: BTreeSet<Version>,
}

impl Row {
    pub(super) fn after(after: Version) -> Self {
        Self {
            earliest: after.next(),
            imported: BTreeSet::new(),
        }
    }

    /// The next changes that were found must be the next that were written.
    pub(super) fn expect(
        &mut self,
        hub: &HubId,
        before: Option<Before<Version>>,
        found: &Observation,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.expect_none(hub, before, now)?;
        if found.version.is_imported() {
            self.imported.insert(found.version);
        }
        self.earliest = found.version.next();
        Ok(())
    }

    /// The row must go as far as a snapshot says.
    pub(super) fn expect_end(
        &self,
        hub: &HubId,
        end: &Day,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.expect_none(hub, end.changed, now)
    }

    fn expect_none(
        &self,
        hub: &HubId,
        named: Option<Before<Version>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // What is before the first poll belongs to no row.
        let earliest = self.earliest.max(Version::NONE.next());
        match missing(named, earliest, now) {
            Some(version) => Err(StoreError::missing(Key::changes(hub, version).to_string())),
            None => Ok(()),
        }
    }
}

/// What an item names as the one before it, if that is not there and has to be.
fn missing<T: Ord + Copy>(before: Option<Before<T>>, earliest: T, now: DateTime<Utc>) -> Option<T> {
    let before = before.filter(|before| before.at >= earliest && before.is_kept(now))?;
    Some(before.at)
}
