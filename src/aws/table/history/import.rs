//! Writes days from before the first poll. `keys.rs` explains their versions.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use super::changes::{BoundaryItems, NewChanges};
use super::days::until;
use super::heads::number;
use super::snapshots;
use crate::aws::table::DynamoDb;
use crate::aws::table::access::Write;
use crate::aws::table::codec::Columns;
use crate::aws::table::item::{self, expires_after, expiring, sealed};
use crate::aws::table::keys::Key;
use crate::aws::table::parts::{self, Transaction};
use crate::domain::hub::{HubId, Version};
use crate::watch::ports::{Before, Day, ImportBoundary, ImportStore, PastDay, StoreError, Written};

#[async_trait]
impl ImportStore for DynamoDb {
    /// A polled date is never replaced.
    async fn import(&self, hub: &HubId, past: PastDay<'_>) -> Result<Written<()>, StoreError> {
        let version = Version::imported(past.date);
        let writer = parts::new_writer();
        let expires_at = expires_after(past.window.at, self.retention);
        let key = Key::snapshot(hub, past.date, version, &writer);
        let members = parts::encode(&key, &Columns::from(past.snapshot))?;
        let own = Before {
            at: version,
            expires_at,
        };
        let day = Day {
            date: past.date,
            version,
            taken_at: past.window.at,
            checked_at: past.window.at,
            counts: past.snapshot.counts(),
            content: parts::content(&writer, &members),
            expires_at: Some(expires_at),
            before: self.imported_before(hub, past.date).await?,
            changed: (!past.changes.is_empty()).then_some(own),
        };
        let header = expiring(sealed(&Key::day(hub, past.date), &day)?, expires_at);
        let is_not_polled = "attribute_not_exists(pk) OR version < :base";
        let header = Write::PutIf(header, is_not_polled, number(Version::NONE));
        let replaced = past.replaces.map(|old| snapshots::parts(hub, old));
        let mut new = Transaction {
            writes: vec![header],
            parts: parts::items(&key, &members, expires_at).collect(),
            replaced: replaced.unwrap_or_default(),
            bytes: members.bytes.len(),
        };
        let changes = NewChanges {
            version,
            before: None,
            window: past.window,
            changes: past.changes,
        };
        match changes.items(hub, &writer, expires_at)? {
            Some(changes) => {
                new.writes.push(Write::Put(changes.header));
                new.parts.extend(changes.parts);
                new.bytes += changes.bytes;
            }
            None => new.writes.push(Write::Delete(Key::changes(hub, version))),
        }
        Ok(if self.table.write(new).await? {
            Written::Done(())
        } else {
            Written::Lost
        })
    }

    /// Empties the copy of the latest dates. Publications that are based on the old copy then
    /// fail.
    async fn imported(&self, hub: &HubId) -> Result<(), StoreError> {
        let update = self
            .table
            .update(&Key::recent(hub))
            .update_expression("SET mark = :mark, #schema = :schema REMOVE #data")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_names("#data", "data")
            .expression_attribute_values(":mark", AttributeValue::S(parts::new_writer()))
            .expression_attribute_values(":schema", item::schema());
        self.table.send(update).await.map(drop)
    }

    async fn join(
        &self,
        hub: &HubId,
        boundary: ImportBoundary<'_>,
    ) -> Result<Written<()>, StoreError> {
        let expires_at = expires_after(boundary.at, self.retention);
        let items = BoundaryItems::new(hub, boundary, &parts::new_writer(), expires_at)?;
        let new = Transaction {
            writes: items.writes,
            parts: items.parts,
            replaced: Vec::new(),
            bytes: items.bytes,
        };
        Ok(if self.table.write(new).await? {
            Written::Done(())
        } else {
            Written::Lost
        })
    }
}

impl DynamoDb {
    /// The date before an imported one at this time. A date between them can be imported later.
    async fn imported_before(
        &self,
        hub: &HubId,
        date: NaiveDate,
    ) -> Result<Option<Before<NaiveDate>>, StoreError> {
        let Some(date) = date.pred_opt() else {
            return Ok(None);
        };
        let day = self.last_day(hub, date).await?;
        Ok(day.map(|day| Before {
            at: day.date,
            expires_at: until(&day, self.retention),
        }))
    }
}
