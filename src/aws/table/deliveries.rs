//! The ledger of each channel, and the messages that are being posted. Each delivered digest also
//! has a record of its own, so the ledger can be recovered if it is lost, damaged or outdated.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{Days, NaiveDate};

use super::DynamoDb;
use super::access::{IF_REVISION, Order, Write};
use super::item::{self, expires_after, expiring, read, sealed};
use super::keys::{Item, Key};
use super::seal;
use crate::watch::ports::{Content, Delivered, Ledger, LedgerStore, OutboxId, StoreError, Written};

/// Time to keep the messages of a digest, longer than any delivery takes.
const OUTBOX_DAYS: Days = Days::new(14);

#[async_trait]
impl LedgerStore for DynamoDb {
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError> {
        let item = self.table.get(&Key::ledger(channel)).await?;
        let was_there = item.is_some();
        let ledger = item.map_or_else(|| Ok(Ledger::default()), read)?;
        self.up_to_date(channel, ledger, was_there).await
    }

    /// Replaces a damaged ledger. It keeps the stored revision, which the next conditional write
    /// needs.
    async fn salvage_ledger(&self, channel: &str) -> Result<Option<Ledger>, StoreError> {
        let item = self.table.get(&Key::ledger(channel)).await?;
        let revision = item.and_then(|item| item::number(&item, "revision"));
        let Some(revision) = revision.and_then(|revision| u64::try_from(revision).ok()) else {
            return Ok(None);
        };
        let empty = Ledger {
            revision,
            ..Ledger::default()
        };
        self.up_to_date(channel, empty, false).await.map(Some)
    }

    async fn save_ledger(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Written<Ledger>, StoreError> {
        let base = AttributeValue::N(ledger.revision.to_string());
        let next = Ledger {
            revision: ledger.revision + 1,
            ..ledger.clone()
        };
        let item = sealed(&Key::ledger(channel), &next)?;
        let is_written = match (&next.open, &next.last) {
            (None, Some(last)) => {
                let record = self.record(channel, last, next.revision)?;
                let ledger = Write::PutIf(item, IF_REVISION, base);
                self.table.transact(vec![ledger, Write::Put(record)]).await
            }
            _ => self.table.put_if(item, IF_REVISION, base).await,
        };
        Ok(if is_written? {
            Written::Done(next)
        } else {
            Written::Lost
        })
    }

    async fn keep_outbox(&self, outbox: &OutboxId, messages: &[String]) -> Result<(), StoreError> {
        let key = Key::outbox(outbox);
        let expires_at = expires_after(self.table.clock.now(), OUTBOX_DAYS);
        let content = self.table.put_value(&key, "", &messages, expires_at);
        let header = sealed(&key, &content.await?)?;
        self.table.put(expiring(header, expires_at)).await
    }

    async fn outbox(&self, outbox: &OutboxId) -> Result<Option<Vec<String>>, StoreError> {
        let key = Key::outbox(outbox);
        match self.table.get(&key).await? {
            Some(header) => {
                let content: Content = read(header)?;
                self.table.value(&key, &content).await
            }
            None => Ok(None),
        }
    }
}

impl DynamoDb {
    /// The ledger, or a ledger recovered from the record of a later digest.
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
                tracing::error!(event = "table_damaged", %error, "ignoring a damaged digest record");
                return Ok(ledger);
            }
        };
        if was_there && !self.is_later(&record, &delivered, &ledger) {
            return Ok(ledger);
        }
        tracing::error!(event = "table_damaged", channel, date = %delivered.date, "recovering a lost, damaged or outdated ledger from the record of the last digest");
        let open = ledger.open;
        Ok(Ledger {
            open: open.filter(|open| open.subject.due() > delivered.due()),
            last: Some(delivered),
            ..ledger
        })
    }

    /// The newest delivery record after the ledger's last digest.
    async fn last_record(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Option<Item>, StoreError> {
        let after = match &ledger.last {
            Some(last) => last.due().next(),
            None => Some(NaiveDate::MIN.into()),
        };
        let Some(after) = after else {
            return Ok(None);
        };
        let last = Key::delivered(channel, NaiveDate::MAX.into());
        let later = Key::delivered(channel, after).to(last);
        let records = self.table.range(&later, Order::Descending, Some(1));
        Ok(records.await?.pop())
    }

    /// Reports whether a record was written after the ledger. A record with a date in the future
    /// comes from a wrong clock, so it is older.
    fn is_later(&self, record: &Item, delivered: &Delivered, ledger: &Ledger) -> bool {
        if let Some(revision) = item::number(record, "revision") {
            return u64::try_from(revision).is_ok_and(|revision| revision > ledger.revision);
        }
        // Records of 0.2.0 have no revision.
        let now = self.table.clock.now();
        let tomorrow = now.date_naive().checked_add_days(Days::new(1));
        let last = ledger.last.as_ref();
        last.is_none_or(|last| delivered.until > last.until)
            && tomorrow.is_some_and(|tomorrow| delivered.date <= tomorrow)
    }

    fn record(&self, channel: &str, last: &Delivered, revision: u64) -> Result<Item, StoreError> {
        let mut record = sealed(&Key::delivered(channel, last.due()), last)?;
        let revision = AttributeValue::N(revision.to_string());
        record.insert("revision".to_owned(), revision);
        seal::close(&mut record, &[]);
        Ok(expiring(record, expires_after(last.until, self.retention)))
    }
}
