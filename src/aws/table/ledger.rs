//! The ledger of a channel. Each delivered digest has a record of its own too:
//! so a ledger that is lost, altered, or an older one is noticed, and goes on
//! from the last record.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{Days, NaiveDate};

use super::DynamoDb;
use super::access::{Order, Write};
use super::items::{self, Item, Key, expiring, read};
use super::new_version::expiry;
use super::seal;
use crate::watch::ports::{Delivered, Ledger, StoreError, Written};

impl DynamoDb {
    pub(super) async fn read_ledger(&self, channel: &str) -> Result<Ledger, StoreError> {
        let item = self.table.get(&Key::ledger(channel)).await?;
        let was_there = item.is_some();
        let ledger = item.map_or_else(|| Ok(Ledger::default()), read)?;
        self.up_to_date(channel, ledger, was_there).await
    }

    /// A ledger in place of one that is damaged. Without its revision, nothing
    /// could be written over it.
    pub(super) async fn read_records(&self, channel: &str) -> Result<Option<Ledger>, StoreError> {
        let item = self.table.get(&Key::ledger(channel)).await?;
        let revision = item.and_then(|item| items::number(&item, "revision"));
        let Some(revision) = revision.and_then(|revision| u64::try_from(revision).ok()) else {
            return Ok(None);
        };
        let empty = Ledger {
            revision,
            ..Ledger::default()
        };
        self.up_to_date(channel, empty, false).await.map(Some)
    }

    /// The ledger, or what the record of a later digest says.
    async fn up_to_date(
        &self,
        channel: &str,
        ledger: Ledger,
        was_there: bool,
    ) -> Result<Ledger, StoreError> {
        let Some(record) = self.last_record(channel, &ledger).await? else {
            return Ok(ledger);
        };
        let delivered: Delivered = match StoreError::set_apart(read(record.clone()))? {
            Ok(delivered) => delivered,
            Err(error) => {
                tracing::error!(event = "table_damaged", %error, "ignoring the record of a digest");
                return Ok(ledger);
            }
        };
        if was_there && !self.is_later(&record, &delivered, &ledger) {
            return Ok(ledger);
        }
        tracing::error!(event = "table_damaged", channel, date = %delivered.date, "the ledger is lost, damaged or an older one: going on from the record of the last digest");
        let open = ledger.open;
        Ok(Ledger {
            open: open.filter(|open| open.subject.date() > delivered.date),
            last: Some(delivered),
            ..ledger
        })
    }

    /// The record of the latest date after the one that a ledger knows.
    async fn last_record(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Option<Item>, StoreError> {
        let after = match &ledger.last {
            Some(last) => last.date.succ_opt(),
            None => Some(NaiveDate::MIN),
        };
        let Some(after) = after else {
            return Ok(None);
        };
        let from = Key::delivered(channel, after);
        let to = Key::delivered(channel, NaiveDate::MAX).sk;
        let records = self.table.range(&from, &to, Order::Descending, Some(1));
        Ok(records.await?.pop())
    }

    /// Whether a record was written after the ledger. One of a date that has
    /// not come, by a clock that was wrong, was written before it.
    fn is_later(&self, record: &Item, delivered: &Delivered, ledger: &Ledger) -> bool {
        if let Some(revision) = items::number(record, "revision") {
            return u64::try_from(revision).is_ok_and(|revision| revision > ledger.revision);
        }
        // 0.2.0 wrote it.
        let now = self.table.clock.now();
        let tomorrow = now.date_naive().checked_add_days(Days::new(1));
        let last = ledger.last.as_ref();
        last.is_none_or(|last| delivered.until > last.until)
            && tomorrow.is_some_and(|tomorrow| delivered.date <= tomorrow)
    }

    pub(super) async fn write_ledger(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Written<Ledger>, StoreError> {
        let base = AttributeValue::N(ledger.revision.to_string());
        let next = Ledger {
            revision: ledger.revision + 1,
            ..ledger.clone()
        };
        // Tells our own write from another one when the answer to it was lost.
        let write = AttributeValue::S(uuid::Uuid::new_v4().to_string());
        let mut item = Key::ledger(channel).with(&next)?;
        item.insert("write".to_owned(), write.clone());
        let condition = "attribute_not_exists(pk) OR revision = :base";
        if let (None, Some(last)) = (&next.open, &next.last) {
            let record = self.record(channel, last, next.revision)?;
            let writes = vec![Write::PutIf(item, condition, base), Write::Put(record)];
            return Ok(if self.table.transact(writes).await? {
                Written::Done(next)
            } else {
                Written::Lost
            });
        }
        let put = self.table.put_if(item, condition, base, &write);
        Ok(if put.await? {
            Written::Done(next)
        } else {
            Written::Lost
        })
    }

    fn record(&self, channel: &str, last: &Delivered, revision: u64) -> Result<Item, StoreError> {
        let mut record = Key::delivered(channel, last.date).with(last)?;
        let revision = AttributeValue::N(revision.to_string());
        record.insert("revision".to_owned(), revision);
        seal::close(&mut record, &[]);
        Ok(expiring(record, expiry(last.until, self.retention)))
    }
}
