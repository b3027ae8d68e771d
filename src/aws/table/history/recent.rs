//! The latest dates of a hub in one item, so that one request reads the state of many hubs. It is
//! a copy of the `DAY#` items. If it is missing or older than the hub's head, it is built from
//! them again.
//!
//! Head and copy are written in one transaction. If the copy or a date is newer than the head,
//! the head is lost or was restored from an older state.
//!
//! An import empties the copy and leaves a mark. A publication writes its copy only if the mark
//! is still the one that the copy was built with, so no copy lacks an imported day.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::days::{read_day, until};
use super::heads::read_head;
use crate::aws::table::DynamoDb;
use crate::aws::table::access::Order;
use crate::aws::table::item::{self, damaged, expiring, read, sealed, with_data};
use crate::aws::table::keys::{Item, Key, Range};
use crate::aws::table::parts;
use crate::backoff::Next;
use crate::domain::hub::{HubId, Version};
use crate::policies::table::{TORN, TORN_PAUSE};
use crate::watch::ports::{Content, Day, Head, RECENT_DATES, State, StoreError, Undamaged};

/// The latest dates of a hub at one version.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    version: Version,
    /// The last version that brought changes, or a later one.
    pub(super) changed: Version,
    /// By date; each header with its expiry in Unix seconds.
    dates: Vec<(Day, i64)>,
    /// The mark of the last import; empty before the first.
    pub(super) mark: String,
}

/// The item's attributes without the headers.
#[derive(Debug, Serialize, Deserialize)]
struct RecentItem {
    version: Version,
    changed: Version,
    content: Content,
    #[serde(default)]
    mark: String,
}

impl Recent {
    /// Adds a header, or replaces the one of the same date.
    pub(super) fn enter(&mut self, day: Day, expires_at: i64) {
        self.dates.retain(|(other, _)| other.date != day.date);
        self.dates.push((day, expires_at));
        self.dates.sort_by_key(|(day, _)| day.date);
        let older = self.dates.len().saturating_sub(RECENT_DATES);
        self.dates.drain(..older);
    }

    /// The same dates at the next version.
    pub(super) fn at(mut self, version: Version, with_changes: bool) -> Self {
        self.version = version;
        if with_changes {
            self.changed = version;
        }
        self
    }

    /// The last imported day, if no poll followed it.
    pub(super) fn past(&self) -> Option<&Day> {
        let (day, _) = self.dates.last()?;
        Some(day).filter(|day| day.version.is_imported())
    }

    /// The headers that have not expired.
    pub(super) fn days(self, now: DateTime<Utc>) -> Vec<Day> {
        let dates = self.dates.into_iter();
        let kept = dates.filter(|(_, expires_at)| *expires_at > now.timestamp());
        kept.map(|(day, _)| day).collect()
    }

    /// The item, and its size in bytes.
    pub(super) fn item(&self, hub: &HubId, expires_at: i64) -> Result<(Item, usize), StoreError> {
        let key = Key::recent(hub);
        let encoded = parts::encode(&key, &self.dates)?;
        let item = RecentItem {
            version: self.version,
            changed: self.changed,
            content: parts::content("", &encoded),
            mark: self.mark.clone(),
        };
        let size = encoded.bytes.len();
        let item = with_data(sealed(&key, &item)?, encoded.bytes);
        Ok((expiring(item, expires_at), size))
    }
}

/// Head, copy and dates contradict each other.
enum Mismatch {
    /// The error gives the reason.
    Damaged(StoreError),
    Failed(StoreError),
}

impl From<StoreError> for Mismatch {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl DynamoDb {
    pub(super) async fn read_states(
        &self,
        hubs: &[&HubId],
    ) -> Result<Vec<Undamaged<State>>, StoreError> {
        let keys = hubs
            .iter()
            .flat_map(|hub| [Key::head(hub), Key::recent(hub)]);
        let found = self.table.get_all(&keys.collect::<Vec<_>>()).await?;
        let state = async |hub: &HubId| {
            let item = |key| found.get(&key).cloned();
            let read = (item(Key::head(hub)), item(Key::recent(hub)));
            let state = self.hub(hub, Some(read)).await.map(|(head, recent)| State {
                head,
                changed: recent.changed,
                recent: recent.days(self.table.clock.now()),
            });
            StoreError::set_apart(state)
        };
        futures::future::try_join_all(hubs.iter().map(|hub| state(hub))).await
    }

    /// The head of a hub with its latest dates, from the items in `read`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if an item is missing, or from another version than the rest.
    pub(super) async fn hub(
        &self,
        hub: &HubId,
        mut read: Option<(Option<Item>, Option<Item>)>,
    ) -> Result<(Head, Recent), StoreError> {
        let keys = [Key::head(hub), Key::recent(hub)];
        let attempt = || {
            let (keys, read) = (&keys, read.take());
            async move {
                let (head, recent) = match read {
                    Some(items) => items,
                    None => {
                        let mut found = self.table.get_all(keys).await?;
                        (found.remove(&keys[0]), found.remove(&keys[1]))
                    }
                };
                let head = read_head(head)?;
                let recent = self.recent(hub, &head, recent).await?;
                Ok::<_, Mismatch>((head, recent))
            }
        };
        let next = |mismatch: &Mismatch| match mismatch {
            Mismatch::Damaged(_) => Next::After(TORN_PAUSE),
            Mismatch::Failed(_) => Next::Stop,
        };
        TORN.run(attempt, next)
            .await
            .map_err(|mismatch| match mismatch {
                Mismatch::Damaged(error) | Mismatch::Failed(error) => error,
            })
    }

    async fn recent(
        &self,
        hub: &HubId,
        head: &Head,
        item: Option<Item>,
    ) -> Result<Recent, Mismatch> {
        let mark = item.as_ref().map_or("", |item| item::text(item, "mark"));
        let mark = mark.to_owned();
        if let Some(item) = item.filter(|item| item.contains_key("data")) {
            let bytes = item::data(item.clone())?;
            let stored: RecentItem = read(item)?;
            if stored.version > head.version {
                return Err(older_head(hub, head, stored.version));
            }
            if stored.version == head.version {
                return Ok(Recent {
                    version: stored.version,
                    changed: stored.changed,
                    dates: parts::decode(&Key::recent(hub), &bytes, &stored.content)?,
                    mark,
                });
            }
        }
        Ok(Recent {
            version: head.version,
            changed: head.version,
            dates: self.latest_dates(hub, head).await?,
            mark,
        })
    }

    /// The dates from their own items, without the copy.
    async fn latest_dates(&self, hub: &HubId, head: &Head) -> Result<Vec<(Day, i64)>, Mismatch> {
        let all = Range::days(hub, NaiveDate::MIN, NaiveDate::MAX);
        let days = self
            .table
            .range(&all, Order::Descending, Some(RECENT_DATES));
        let mut dates = Vec::new();
        for item in days.await?.into_iter().rev() {
            let expires_at = item::expiry(&item).unwrap_or(i64::MAX);
            dates.push((read_day(hub, item)?, expires_at));
        }
        let newest = dates.iter().map(|(day, _)| day.version).max();
        if let Some(newest) = newest.filter(|newest| *newest > head.version.max(Version::NONE)) {
            return Err(older_head(hub, head, newest));
        }
        let now = self.table.clock.now();
        let kept = head.day.as_ref();
        let kept = kept.filter(|day| until(day, self.retention) > now.timestamp());
        let is_there = |day: &Day| dates.iter().any(|(other, _)| other.version == day.version);
        if let Some(day) = kept.filter(|day| dates.len() < RECENT_DATES && !is_there(day)) {
            let missing = StoreError::missing(Key::day(hub, day.date).to_string());
            return Err(Mismatch::Damaged(missing));
        }
        Ok(dates)
    }
}

fn older_head(hub: &HubId, head: &Head, newest: Version) -> Mismatch {
    let (key, newest) = (Key::head(hub), newest.0);
    Mismatch::Damaged(match head.version {
        Version::NONE => StoreError::missing(key.to_string()),
        Version(old) => {
            let problem =
                format!("it is of version {old}, and there are items of version {newest}");
            damaged(&key, &problem)
        }
    })
}
