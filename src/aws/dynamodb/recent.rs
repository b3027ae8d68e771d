//! The latest dates of a hub in one item, so that the state of many hubs takes
//! one request. It is a copy of what the `DAY#` items say: where it is missing
//! or not of the hub's version, it is made anew of them.
//!
//! An import empties it and leaves a mark. Who publishes writes the copy only
//! over the mark that was there when it was made: no copy ever lacks an
//! imported day.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::DynamoDb;
use super::access::Order;
use super::codec::{self, Encoded};
use super::items::{self, Item, Key, damaged, expiring, read};
use super::new_version::content;
use crate::domain::hub::{HubId, Version};
use crate::watch::ports::{Content, Day, Head, RECENT_DATES, StoreError};

/// The latest dates of a hub at one of its versions.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    /// That version.
    version: Version,
    /// The last version that brought changes, or a later one.
    pub(super) changed: Version,
    /// The headers with the times when they expire, in Unix seconds, by date.
    dates: Vec<(Day, i64)>,
    /// Of the last import; empty before the first.
    pub(super) mark: String,
}

/// What stands in the item beside the headers.
#[derive(Debug, Serialize, Deserialize)]
struct RecentItem {
    version: Version,
    changed: Version,
    content: Content,
    #[serde(default)]
    mark: String,
}

impl Recent {
    /// Enters a header in the place of the one of the same date.
    pub(super) fn enter(&mut self, day: Day, expires_at: i64) {
        self.dates.retain(|(other, _)| other.date != day.date);
        self.dates.push((day, expires_at));
        self.dates.sort_by_key(|(day, _)| day.date);
        let older = self.dates.len().saturating_sub(RECENT_DATES);
        self.dates.drain(..older);
    }

    /// The same at the next version.
    pub(super) fn at(mut self, version: Version, with_changes: bool) -> Self {
        self.version = version;
        if with_changes {
            self.changed = version;
        }
        self
    }

    /// The last imported day, where nothing was polled yet.
    pub(super) fn past(&self) -> Option<&Day> {
        let (day, _) = self.dates.last()?;
        Some(day).filter(|day| day.version.is_imported())
    }

    /// The headers that are not expired.
    pub(super) fn days(self, now: DateTime<Utc>) -> Vec<Day> {
        let dates = self.dates.into_iter();
        let kept = dates.filter(|(_, expires_at)| *expires_at > now.timestamp());
        kept.map(|(day, _)| day).collect()
    }

    /// The item, and how many bytes are in it.
    pub(super) fn item(&self, hub: &HubId, expires_at: i64) -> Result<(Item, usize), StoreError> {
        let key = Key::recent(hub);
        let encoded: Encoded =
            codec::encode(&self.dates).map_err(|error| damaged(&key.to_string(), &error))?;
        let mut item = key.with(&RecentItem {
            version: self.version,
            changed: self.changed,
            content: content("", &encoded),
            mark: self.mark.clone(),
        })?;
        let size = encoded.bytes.len();
        let data = AttributeValue::B(Blob::new(encoded.bytes));
        item.insert("data".to_owned(), data);
        Ok((expiring(item, expires_at), size))
    }
}

impl DynamoDb {
    /// The latest dates of a hub that has this head; `item` is what is stored.
    pub(super) async fn recent(
        &self,
        hub: &HubId,
        head: &Head,
        item: Option<Item>,
    ) -> Result<Recent, StoreError> {
        let mark = item.as_ref().map_or("", |item| items::text(item, "mark"));
        let mark = mark.to_owned();
        if let Some(item) = item.filter(|item| item.contains_key("data")) {
            let bytes = items::data(item.clone())?;
            let stored: RecentItem = read(item)?;
            if stored.version == head.version {
                return Ok(Recent {
                    version: stored.version,
                    changed: stored.changed,
                    dates: super::decode(&Key::recent(hub), &bytes, &stored.content)?,
                    mark,
                });
            }
        }
        let (from, to) = (
            Key::day(hub, NaiveDate::MIN),
            Key::day(hub, NaiveDate::MAX).sk,
        );
        let days = self
            .table
            .range(&from, &to, Order::Descending, Some(RECENT_DATES));
        let dated = |item: Item| {
            let expires_at = items::expiry(&item).unwrap_or(i64::MAX);
            Ok((read(item)?, expires_at))
        };
        let dates: Result<Vec<_>, StoreError> = days.await?.into_iter().rev().map(dated).collect();
        Ok(Recent {
            version: head.version,
            changed: head.version,
            dates: dates?,
            mark,
        })
    }
}
