//! Writes the days from before the first poll. `items.rs` says how they fit in.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveDate, Utc};

use super::DynamoDb;
use super::access::{Order, Write};
use super::codec::Columns;
use super::items::{self, Key, expiring};
use super::new_version::{
    ChangesItems, Place, TRANSACTION_BYTES, TRANSACTION_ITEMS, content, encode, expiry, part_items,
    until,
};
use super::recent::read_day;
use crate::domain::diff::Change;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::Window;
use crate::watch::ports::{Before, Day, ImportBoundary, PastDay, StoreError, Written};

impl DynamoDb {
    /// A date that was polled stays as it is.
    pub(super) async fn import_day(
        &self,
        hub: &HubId,
        past: PastDay<'_>,
    ) -> Result<Written<()>, StoreError> {
        let version = Version::imported(past.date);
        let writer = uuid::Uuid::new_v4().simple().to_string();
        let expires_at = expiry(past.window.at, self.retention);
        let members = encode(hub, &Columns::from(past.snapshot))?;
        let day = Day {
            date: past.date,
            version,
            taken_at: past.window.at,
            checked_at: past.window.at,
            counts: past.snapshot.counts(),
            content: content(&writer, &members),
            expires_at: Some(expires_at),
            before: self.imported_before(hub, past.date).await?,
            changed: (!past.changes.is_empty()).then_some(Before {
                at: version,
                expires_at,
            }),
        };
        let key = Key::snapshot(hub, past.date, version, &writer);
        let mut parts: Vec<_> = part_items(&key, &members, expires_at).collect();
        let changes = self.changes(hub, version, past.window, past.changes, &writer)?;
        let mut bytes = members.bytes.len();
        let changes = match changes {
            Ok(changes) => {
                bytes += changes.bytes;
                parts.extend(changes.parts);
                Write::Put(changes.header)
            }
            Err(nothing) => Write::Delete(nothing),
        };
        let mut replaced = past.replaces.map_or_else(Vec::new, |old| {
            let key = Key::snapshot(hub, old.date, old.version, &old.content.writer);
            (0..old.content.parts).map(|part| key.part(part)).collect()
        });
        let items = 2 + parts.len() + replaced.len();
        if items > TRANSACTION_ITEMS || bytes > TRANSACTION_BYTES {
            // Nobody reads them before the header says that they are there. What
            // it replaces is left to TTL.
            for part in parts.drain(..) {
                self.table.put(part).await?;
            }
            replaced.clear();
        }
        let header = expiring(Key::day(hub, past.date).with(&day)?, expires_at);
        let polled = AttributeValue::N(Version::NONE.0.to_string());
        let header = Write::PutIf(
            header,
            "attribute_not_exists(pk) OR version < :base",
            polled,
        );
        let parts = parts.into_iter().map(Write::Put);
        let replaced = replaced.into_iter().map(Write::Delete);
        let writes = [header, changes].into_iter().chain(parts).chain(replaced);
        Ok(if self.table.transact(writes.collect()).await? {
            Written::Done(())
        } else {
            Written::Lost
        })
    }

    /// The date before an imported one, as it is now: another one may come
    /// between them later.
    async fn imported_before(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Option<Before<NaiveDate>>, StoreError> {
        let Some(date) = date.pred_opt() else {
            return Ok(None);
        };
        let (from, to) = (Key::day(hub, NaiveDate::MIN), Key::day(hub, date).sk);
        let found = self.table.range(&from, &to, Order::Descending, Some(1));
        let day = found.await?.pop().map(|item| read_day(hub, item));
        Ok(day.transpose()?.map(|day| Before {
            at: day.date,
            expires_at: until(&day, self.retention),
        }))
    }

    /// Empties the copy of the latest dates. Whoever made one before this does
    /// not get it in any more.
    pub(super) async fn mark_imported(&self, hub: &HubId) -> Result<(), StoreError> {
        let mark = uuid::Uuid::new_v4().simple().to_string();
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::recent(hub).item()))
            .update_expression("SET mark = :mark, #schema = :schema REMOVE #data")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_names("#data", "data")
            .expression_attribute_values(":mark", AttributeValue::S(mark))
            .expression_attribute_values(":schema", AttributeValue::N(items::SCHEMA.to_string()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }

    pub(super) async fn join_imported(
        &self,
        hub: &HubId,
        boundary: ImportBoundary<'_>,
    ) -> Result<(), StoreError> {
        let writer = uuid::Uuid::new_v4().simple().to_string();
        let changes = self.changes(
            hub,
            Version::NONE,
            boundary.window(),
            boundary.changes,
            &writer,
        )?;
        match changes {
            Ok(changes) => {
                for part in changes.parts {
                    self.table.put(part).await?;
                }
                self.table.put(changes.header).await
            }
            Err(nothing) => self.table.delete(&nothing).await,
        }
    }

    /// The items of changes; the key under which there must be none where there
    /// are no changes.
    fn changes(
        &self,
        hub: &HubId,
        version: Version,
        window: Window,
        changes: &[Change],
        writer: &str,
    ) -> Result<Result<ChangesItems, Key>, StoreError> {
        if changes.is_empty() {
            return Ok(Err(Key::changes(hub, version)));
        }
        let at: DateTime<Utc> = window.at;
        let expires_at = expiry(at, self.retention);
        let place = Place {
            version,
            before: None,
        };
        ChangesItems::new(hub, place, window, changes, writer, expires_at).map(Ok)
    }
}
