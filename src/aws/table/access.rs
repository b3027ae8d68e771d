//! Operations on the table. SDK errors become [`StoreError`]s.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};

use super::item::{self, damaged, is_expired};
use super::keys::{Item, Key, Range};
use crate::aws::failure::is_about_a_key;
use crate::clock::Clock;
use crate::policies::table::LEFT_OUT;
use crate::watch::ports::StoreError;

/// Optimistic locking: no other process has changed the item since it was read.
pub(super) const IF_REVISION: &str = "attribute_not_exists(pk) OR revision = :base";

/// DynamoDB's limit for the keys of one `BatchGetItem` request.
const BATCH: usize = 100;

pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) clock: Arc<dyn Clock>,
}

/// One write of a transaction.
pub(super) enum Write {
    /// Unconditional.
    Put(Item),
    /// Conditional. `:base` in the expression stands for the value.
    PutIf(Item, &'static str, AttributeValue),
    /// Unconditional.
    Delete(Key),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

/// A guard against endless pagination. A page has up to 1 MB, and no range of a hub needs a
/// hundred pages.
pub(super) const MOST_PAGES: usize = 10_000;

impl Table {
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.item()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.failed("GetItem", &error))?;
        Ok(output.item)
    }

    /// The items that exist for these keys, in requests of at most [`BATCH`] keys. DynamoDB
    /// rejects duplicate keys.
    pub(super) async fn get_all(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, StoreError> {
        let mut found = HashMap::new();
        for keys in keys.chunks(BATCH) {
            self.get_batch(keys, &mut found).await?;
        }
        Ok(found)
    }

    /// DynamoDB leaves out the keys beyond 16 MB and those that exceed the table's throughput.
    /// They are requested again, with backoff if a response was empty.
    async fn get_batch(
        &self,
        keys: &[Key],
        found: &mut HashMap<Key, Item>,
    ) -> Result<(), StoreError> {
        let mut backoff = LEFT_OUT.backoff();
        let mut missing: Vec<Item> = keys.iter().map(Key::item).collect();
        for _ in 0..LEFT_OUT.attempts {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(missing))
                .consistent_read(true)
                .build()
                .map_err(|error| damaged(&"a request", &error))?;
            let sent = self.client.batch_get_item();
            let output = sent.request_items(&self.name, wanted).send().await;
            let output = output.map_err(|error| self.failed("BatchGetItem", &error))?;
            let items = output.responses.and_then(|mut all| all.remove(&self.name));
            let left = output.unprocessed_keys;
            let left = left.and_then(|mut all| all.remove(&self.name));
            if items.is_none() && left.is_none() {
                return Err(incomplete("BatchGetItem"));
            }
            let items = items.unwrap_or_default();
            let some_came = !items.is_empty();
            found.extend(items.into_iter().map(|item| (Key::of(&item), item)));
            missing = left.map_or_else(Vec::new, |left| left.keys);
            if missing.is_empty() {
                return Ok(());
            }
            if some_came {
                backoff.reset();
            } else {
                tokio::time::sleep(backoff.pause()).await;
            }
        }
        Err(StoreError::Service {
            operation: "BatchGetItem",
            detail: format!("{} keys were left out again and again", missing.len()),
        })
    }

    pub(super) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item));
        put.send()
            .await
            .map_err(|error| self.failed("PutItem", &error))?;
        Ok(())
    }

    /// Writes an item if the expression, with `:base` for the value, is true. If the answer to
    /// our own write was lost and the SDK retries it, the attribute `write` shows that the item
    /// is ours, and the write counts as successful.
    pub(super) async fn put_if(
        &self,
        mut item: Item,
        condition: &'static str,
        base: AttributeValue,
    ) -> Result<bool, StoreError> {
        let write = AttributeValue::S(uuid::Uuid::new_v4().to_string());
        item.insert("write".to_owned(), write.clone());
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .expression_attribute_values(":base", base)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match sent {
            Ok(_) => return Ok(true),
            Err(error) => error,
        };
        let Some(PutItemError::ConditionalCheckFailedException(refused)) = error.as_service_error()
        else {
            return Err(self.failed("PutItem", &error));
        };
        Ok(refused.item().and_then(|item| item.get("write")) == Some(&write))
    }

    /// Writes an item that holds only our schema number, unless a newer schema is stored.
    pub(super) async fn sign(&self, key: &Key) -> Result<(), StoreError> {
        let schema = item::schema();
        let mut item = key.item();
        item.insert("schema".to_owned(), schema.clone());
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR #schema <= :schema")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":schema", schema)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(self.failed("PutItem", &error)),
            },
        }
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.item()));
        delete
            .send()
            .await
            .map_err(|error| self.failed("DeleteItem", &error))?;
        Ok(())
    }

    pub(super) fn update(&self, key: &Key) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(key.item()))
    }

    /// `false` if the condition failed.
    pub(super) async fn send(&self, update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(self.failed("UpdateItem", &error)),
            },
        }
    }

    fn query(&self, range: &Range) -> QueryFluentBuilder {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        self.client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(&range.pk))
            .expression_attribute_values(":from", text(&range.from))
            .expression_attribute_values(":to", text(&range.to))
    }

    /// The items of a range, without the expired ones.
    pub(super) async fn range(
        &self,
        range: &Range,
        order: Order,
        most: Option<usize>,
    ) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let mut start = None;
        for _ in 0..MOST_PAGES {
            let query = self
                .query(range)
                .scan_index_forward(order == Order::Ascending)
                .set_limit(most.and_then(|most| i32::try_from(most).ok()));
            let (items, next) = self.one_page(query, start).await?;
            found.extend(items);
            if next.is_none() || most.is_some_and(|most| found.len() >= most) {
                found.truncate(most.unwrap_or(usize::MAX));
                return Ok(found);
            }
            start = next;
        }
        Err(endless())
    }

    /// One page of a range, without expired items, and the key to continue from.
    pub(super) async fn page(
        &self,
        range: &Range,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        self.one_page(self.query(range), start).await
    }

    async fn one_page(
        &self,
        query: QueryFluentBuilder,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let page = query
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| self.failed("Query", &error))?;
        let now = self.clock.now();
        let items = page.items.ok_or_else(|| incomplete("Query"))?;
        let kept = items.into_iter().filter(|item| !is_expired(item, now));
        Ok((kept.collect(), page.last_evaluated_key))
    }

    /// Writes everything or nothing. `false` if a condition failed or another transaction
    /// conflicted. The request token makes the SDK's retries idempotent.
    pub(super) async fn transact(&self, writes: Vec<Write>) -> Result<bool, StoreError> {
        let writes: Result<Vec<_>, BuildError> = writes
            .into_iter()
            .map(|write| self.in_transaction(write))
            .collect();
        let writes = writes.map_err(|error| damaged(&"a write", &error))?;
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) if was_lost(&error) => Ok(false),
            Err(error) => Err(self.failed("TransactWriteItems", &error)),
        }
    }

    fn in_transaction(&self, write: Write) -> Result<TransactWriteItem, BuildError> {
        let one = TransactWriteItem::builder();
        let put = |item| Put::builder().table_name(&self.name).set_item(Some(item));
        Ok(match write {
            Write::Put(item) => one.put(put(item).build()?),
            Write::PutIf(item, condition, base) => one.put(
                put(item)
                    .condition_expression(condition)
                    .expression_attribute_values(":base", base)
                    .build()?,
            ),
            Write::Delete(key) => {
                let delete = Delete::builder().table_name(&self.name);
                one.delete(delete.set_key(Some(key.item())).build()?)
            }
        }
        .build())
    }

    pub(super) fn failed<E, R>(&self, operation: &'static str, error: &SdkError<E, R>) -> StoreError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code);
        if code == Some("ResourceNotFoundException") {
            return StoreError::NoTable {
                table: self.name.clone(),
            };
        }
        let detail = crate::aws::describe(error);
        let is_denied = |code: &str| code == "AccessDeniedException" || code.starts_with("KMS");
        if code.is_some_and(is_denied) && is_about_a_key(&detail) {
            return StoreError::Key { operation, detail };
        }
        StoreError::Service { operation, detail }
    }
}

/// DynamoDB returned a `LastEvaluatedKey` even after [`MOST_PAGES`] pages.
pub(super) fn endless() -> StoreError {
    StoreError::Service {
        operation: "Query",
        detail: format!("what DynamoDB answers has no end: {MOST_PAGES} pages were read"),
    }
}

/// The response parsed, but lacks what the operation returns.
fn incomplete(operation: &'static str) -> StoreError {
    StoreError::Service {
        operation,
        detail: "AWS answered without what was asked for".to_owned(),
    }
}

fn was_lost<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return false;
    };
    let codes = cancelled
        .cancellation_reasons()
        .iter()
        .filter_map(|reason| reason.code());
    codes
        .into_iter()
        .any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
}
