//! The headers of the dates. Each names the date before it, so a missing one is detected.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::aws::table::DynamoDb;
use crate::aws::table::access::Order;
use crate::aws::table::item::{damaged, expires_after, read};
use crate::aws::table::keys::{Item, Key, Range};
use crate::domain::hub::HubId;
use crate::domain::member::Snapshot;
use crate::watch::ports::{
    Before, Day, HeadStore as _, SnapshotStore, State, StoreError, Undamaged,
};

/// A date's header. Its date must be that of its key.
pub(super) fn read_day(hub: &HubId, item: Item) -> Result<Day, StoreError> {
    let key = Key::of(&item);
    let day: Day = read(item)?;
    match Key::day(hub, day.date) == key {
        true => Ok(day),
        false => Err(damaged(&key, &"it is of another date")),
    }
}

/// The expiry of a snapshot, in Unix seconds.
pub(super) fn until(day: &Day, retention: Days) -> i64 {
    day.expires_at
        .unwrap_or_else(|| expires_after(day.taken_at, retention))
}

#[async_trait]
impl SnapshotStore for DynamoDb {
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError> {
        self.read_states(hubs).await
    }

    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError> {
        let range = Range::days(hub, from, to);
        let items = self.table.range(&range, Order::Ascending, None);
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

    /// To detect a missing date, it checks the link of the next date, and the hub's head if there
    /// is no next date.
    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        // Read the head first: then all dates that it refers to are already stored.
        let head = self.head(hub).await?;
        let found = self.last_day(hub, date).await?;
        let earliest = match &found {
            Some(day) => day.date.succ_opt(),
            None => Some(NaiveDate::MIN),
        };
        if let (Some(earliest), Some(next)) = (earliest, date.succ_opt())
            && let Some(next) = self.first_day(hub, next).await?
            && next.before.is_some_and(|before| before.at <= date)
        {
            self.expect_before(hub, &next, earliest)?;
        }
        if let (Some(earliest), Some(day)) = (earliest, &head.day)
            && (earliest..=date).contains(&day.date)
            && until(day, self.retention) > self.table.clock.now().timestamp()
        {
            return Err(StoreError::missing(Key::day(hub, day.date).to_string()));
        }
        Ok(found)
    }

    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        let found = self.first_day(hub, date).await?;
        if let Some(day) = &found {
            self.expect_before(hub, day, date)?;
        }
        Ok(found)
    }

    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        self.read_snapshots(wanted).await
    }
}

impl DynamoDb {
    /// The latest date up to `date`, without a check for missing ones.
    pub(super) async fn last_day(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Option<Day>, StoreError> {
        let range = Range::days(hub, NaiveDate::MIN, date);
        self.one_day(hub, &range, Order::Descending).await
    }

    async fn first_day(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        let range = Range::days(hub, date, NaiveDate::MAX);
        self.one_day(hub, &range, Order::Ascending).await
    }

    async fn one_day(
        &self,
        hub: &HubId,
        range: &Range,
        order: Order,
    ) -> Result<Option<Day>, StoreError> {
        let found = self.table.range(range, order, Some(1)).await?.pop();
        found.map(|item| read_day(hub, item)).transpose()
    }

    /// There is no date between `earliest` and `day`, so `day` must not link to one.
    fn expect_before(&self, hub: &HubId, day: &Day, earliest: NaiveDate) -> Result<(), StoreError> {
        match missing(day.before, earliest, self.table.clock.now()) {
            Some(date) => Err(StoreError::missing(Key::day(hub, date).to_string())),
            None => Ok(()),
        }
    }
}

/// Returns the linked item's position if the item should exist at or after `earliest`.
pub(super) fn missing<T: Ord + Copy>(
    before: Option<Before<T>>,
    earliest: T,
    now: DateTime<Utc>,
) -> Option<T> {
    let before = before.filter(|before| before.at >= earliest && before.is_kept(now))?;
    Some(before.at)
}
