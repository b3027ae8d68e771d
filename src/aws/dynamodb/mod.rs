//! Keeps history and deliveries in one DynamoDB table: the store.
//!
//! Every new state of a hub is published by one transaction, conditional on
//! the state that it was compared with. What is too large for a transaction
//! goes ahead under a name that only its writer uses, and becomes visible with
//! the transaction.

mod access;
mod cache;
pub mod codec;
mod import;
pub mod inspect;
mod items;
mod ledger;
mod new_version;
mod organization;
mod recent;
mod rows;
mod seal;
mod snapshots;
pub mod table;

use std::collections::BTreeSet;
use std::sync::Arc;

use access::{MOST_PAGES, Order, Table, Write, endless};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use cache::Cache;
use chrono::{DateTime, Days, NaiveDate, Utc};
use items::{ChangesItem, Item, Key, RegionsItem, damaged, expiring, read};
use new_version::{NewVersion, content, expiry, part_items};
use recent::read_head;
use rows::Row;

use crate::aws::answers::WholeAnswers;
use crate::aws::calls::CountCalls;
use crate::clock::Clock;
use crate::domain::account::Seen;
use crate::domain::diff::{Change, Observation};
use crate::domain::directory::Accounts;
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{HubId, Region, Unread, Version};
use crate::domain::member::{AccountId, Snapshot};
use crate::watch::ports::{
    Before, ChangeStore, Content, Day, Head, HeadStore, ImportBoundary, ImportStore, Ledger,
    LedgerStore, Once, OnceStore, OrganizationHead, OrganizationStore, OutboxId, PastDay,
    Publication, PublishStore, RegionStore, SchemaStore, SnapshotStore, State, StoreError,
    Undamaged, Written,
};

/// How long something that must happen once is remembered: longer than a
/// `response_url` lives.
const ONCE_DAYS: u64 = 1;

/// How long the messages of a digest are kept: longer than any delivery takes.
const OUTBOX_DAYS: u64 = 14;

/// The same client, whose calls are counted.
pub fn counted(client: &Client, calls: CountCalls) -> Client {
    let config = client.config().to_builder().interceptor(calls).build();
    Client::from_conf(config)
}

/// The same client, which refuses answers that are incomplete or not DynamoDB's.
fn checked(client: &Client) -> Client {
    let config = client.config().to_builder().interceptor(WholeAnswers);
    Client::from_conf(config.retry_classifier(WholeAnswers).build())
}

/// How many changes are decoded before others have their turn.
const DECODED_AT_ONCE: usize = 100;

/// The table, and how long things are kept in it.
pub struct DynamoDb {
    table: Table,
    retention: Days,
    cache: Cache,
}

impl DynamoDb {
    /// Works on the table called `name`; what is written expires after `retention`.
    pub fn new(client: Client, name: String, retention: Days, clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Table {
                client: checked(&client),
                name,
                clock,
            },
            retention,
            cache: Cache::default(),
        }
    }

    /// Changes, and what brought changes before them.
    async fn read_changes(
        &self,
        hub: &HubId,
        item: Item,
    ) -> Result<(Observation, Option<Before<Version>>), StoreError> {
        let own = Key::of(&item);
        let inline = item
            .contains_key("data")
            .then(|| items::data(item.clone()))
            .transpose()?;
        let changes: ChangesItem = read(item)?;
        if own != Key::changes(hub, changes.version) {
            return Err(damaged(&own.to_string(), &"it is of another version"));
        }
        let key = Key::more_changes(hub, changes.version, &changes.content.writer);
        let bytes = match inline {
            Some(bytes) => Some(bytes),
            None => self.parts(&key, &changes.content).await?,
        };
        let bytes = bytes.ok_or_else(|| damaged(&key.to_string(), &"a part is missing"))?;
        let decoded: Vec<Change> = decode(&own, &bytes, &changes.content)?;
        if decoded.len() != changes.count {
            return Err(damaged(
                &own.to_string(),
                &"it does not add up to its count",
            ));
        }
        let observation = Observation {
            version: changes.version,
            window: changes.window,
            changes: decoded,
        };
        Ok((observation, changes.before))
    }
}

/// What a poll that brings no new version changes in a head.
const HEAD_OPEN: [&str; 4] = ["checked_at", "read_from", "unread", "doubted"];

impl DynamoDb {
    /// Marks a hub as failing, unless another poll has succeeded since `base`.
    async fn mark(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: Option<&DoubtedList>,
    ) -> Result<(), StoreError> {
        let unread = Unread {
            since: base.unread.map_or(unread.since, |earlier| earlier.since),
            ..unread
        };
        let set = "SET unread = :unread, version = if_not_exists(version, :none), \
                   #schema = if_not_exists(#schema, :schema)";
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::head(hub).item()))
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":unread", attribute(hub, unread)?)
            .expression_attribute_values(":none", number(Version::NONE.0))
            .expression_attribute_values(":schema", AttributeValue::N(items::SCHEMA.to_string()));
        update = match doubted {
            Some(doubted) => update
                .update_expression(format!("{set}, doubted = :doubted"))
                .expression_attribute_values(":doubted", attribute(hub, doubted)?),
            None => update.update_expression(set),
        };
        update = match base.checked_at {
            Some(seen) => update
                .condition_expression("checked_at = :seen")
                .expression_attribute_values(":seen", attribute(hub, seen)?),
            None => update.condition_expression("attribute_not_exists(checked_at)"),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if was_refused(&error) => Ok(()),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }
}

fn attribute<T: serde::Serialize>(hub: &HubId, value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value)
        .map_err(|error| damaged(&hub.to_string(), &error))
}

fn was_refused<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    let error = error.as_service_error();
    error.is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn decode<T: serde::de::DeserializeOwned>(
    key: &Key,
    bytes: &[u8],
    content: &Content,
) -> Result<T, StoreError> {
    codec::decode(bytes, &content.codec, &content.sha256)
        .map_err(|error| damaged(&key.to_string(), &error))
}

#[async_trait]
impl HeadStore for DynamoDb {
    async fn head(&self, hub: &HubId) -> Result<Head, StoreError> {
        read_head(self.table.get(&Key::head(hub)).await?)
    }

    async fn heads(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<Head>>, StoreError> {
        let keys: Vec<_> = hubs.iter().map(|hub| Key::head(hub)).collect();
        let mut found = self.table.get_all(&keys).await?;
        let heads = keys.iter().map(|key| found.remove(key));
        heads
            .map(|item| StoreError::set_apart(read_head(item)))
            .collect()
    }
}

#[async_trait]
impl SnapshotStore for DynamoDb {
    async fn states(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<State>>, StoreError> {
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

    async fn days(
        &self,
        hub: &HubId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Day>, StoreError> {
        self.read_days(hub, from, to).await
    }

    async fn day_up_to(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.read_day_up_to(hub, date).await
    }

    async fn day_from(&self, hub: &HubId, date: NaiveDate) -> Result<Option<Day>, StoreError> {
        self.read_day_from(hub, date).await
    }

    async fn snapshots(
        &self,
        wanted: &[(&HubId, &Day)],
    ) -> Result<Vec<Undamaged<Option<Arc<Snapshot>>>>, StoreError> {
        self.read_snapshots(wanted).await
    }
}

#[async_trait]
impl ChangeStore for DynamoDb {
    async fn observations(
        &self,
        hub: &HubId,
        after: Version,
        to: Version,
    ) -> Result<Vec<Observation>, StoreError> {
        if after >= to {
            return Ok(Vec::new());
        }
        self.read_observations(hub, after, to).await
    }

    async fn history(
        &self,
        hub: &HubId,
        account: AccountId,
        after: Version,
        to: &Day,
    ) -> Result<Vec<Seen>, StoreError> {
        let mut seen = Vec::new();
        let mut row = Row::after(after);
        let (from, last) = (
            Key::changes(hub, after.next()),
            Key::changes(hub, to.version).sk,
        );
        let now = self.table.clock.now();
        let mut start = None;
        for _ in 0..MOST_PAGES {
            let (items, next) = self.table.page(&from, &last, start).await?;
            for (index, item) in items.into_iter().enumerate() {
                let (observation, before) = self.read_changes(hub, item).await?;
                row.expect(hub, before, &observation, now)?;
                let Observation {
                    window, changes, ..
                } = observation;
                let its = changes
                    .into_iter()
                    .filter(|change| change.account == account);
                seen.extend(its.map(|change| Seen { window, change }));
                if index % DECODED_AT_ONCE == 0 {
                    tokio::task::yield_now().await;
                }
            }
            match next {
                Some(_) => start = next,
                None => {
                    row.expect_end(hub, to, now)?;
                    self.expect_imported(hub, after, to.version, &row).await?;
                    return Ok(seen);
                }
            }
        }
        Err(endless())
    }
}

#[async_trait]
impl PublishStore for DynamoDb {
    async fn publish(
        &self,
        hub: &HubId,
        publication: Publication<'_>,
    ) -> Result<Written<Head>, StoreError> {
        let (head, recent) = self.hub(hub, None).await?;
        if head.version != publication.base.version {
            return Ok(Written::Lost);
        }
        // Days were imported after the boundary was made: it has to be made again.
        let first = publication.base.version == Version::NONE;
        if first && recent.past() != publication.boundary.map(|boundary| boundary.from) {
            return Ok(Written::Lost);
        }
        let mut new = NewVersion::new(hub, &publication, recent, self.retention)?;
        if !new.fits() {
            // Nobody else writes under this writer's name, and nobody reads it
            // before the transaction says that it is there. What it replaces is
            // left to TTL.
            for part in new.parts.drain(..) {
                self.table.put(part).await?;
            }
            new.replaced.clear();
        }
        let base = AttributeValue::N(publication.base.version.0.to_string());
        let head = Key::head(hub).with_open(&new.head, &HEAD_OPEN)?;
        let head = Write::PutIf(head, "attribute_not_exists(pk) OR version = :base", base);
        let mark = AttributeValue::S(new.mark);
        let recent = "attribute_not_exists(mark) OR mark = :base";
        let recent = Write::PutIf(new.recent, recent, mark);
        let puts = new.headers.into_iter().chain(new.parts).map(Write::Put);
        let deletes = new.replaced.into_iter().map(Write::Delete);
        let writes = [head, recent].into_iter().chain(puts).chain(deletes);
        let writes = writes.collect();
        Ok(if self.table.transact(writes).await? {
            Written::Done(new.head)
        } else {
            Written::Lost
        })
    }

    async fn confirm(
        &self,
        hub: &HubId,
        base: &Head,
        read_from: DateTime<Utc>,
        checked_at: DateTime<Utc>,
    ) -> Result<Written<Head>, StoreError> {
        let sent = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::head(hub).item()))
            .update_expression("SET checked_at = :at, read_from = :from REMOVE unread, doubted")
            .condition_expression("version = :base")
            .expression_attribute_values(":at", attribute(hub, checked_at)?)
            .expression_attribute_values(":from", attribute(hub, read_from)?)
            .expression_attribute_values(":base", AttributeValue::N(base.version.0.to_string()))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Written::Done(Head {
                read_from: Some(read_from),
                checked_at: Some(checked_at),
                unread: None,
                doubted: None,
                ..base.clone()
            })),
            Err(error) if was_refused(&error) => Ok(Written::Lost),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }

    async fn mark_unread(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
    ) -> Result<(), StoreError> {
        self.mark(hub, base, unread, None).await
    }

    async fn mark_doubted(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: &DoubtedList,
    ) -> Result<(), StoreError> {
        self.mark(hub, base, unread, Some(doubted)).await
    }

    async fn forget(&self, hub: &HubId) -> Result<usize, StoreError> {
        let (from, to) = Key::all_of(hub);
        let items = self.table.range(&from, &to, Order::Ascending, None).await?;
        for item in &items {
            self.table.delete(&Key::of(item)).await?;
        }
        Ok(items.len())
    }
}

#[async_trait]
impl ImportStore for DynamoDb {
    async fn import(&self, hub: &HubId, day: PastDay<'_>) -> Result<Written<()>, StoreError> {
        self.import_day(hub, day).await
    }

    async fn imported(&self, hub: &HubId) -> Result<(), StoreError> {
        self.mark_imported(hub).await
    }

    async fn join(&self, hub: &HubId, boundary: ImportBoundary<'_>) -> Result<(), StoreError> {
        self.join_imported(hub, boundary).await
    }
}

#[async_trait]
impl LedgerStore for DynamoDb {
    async fn ledger(&self, channel: &str) -> Result<Ledger, StoreError> {
        self.read_ledger(channel).await
    }

    async fn salvage_ledger(&self, channel: &str) -> Result<Option<Ledger>, StoreError> {
        self.read_records(channel).await
    }

    async fn save_ledger(
        &self,
        channel: &str,
        ledger: &Ledger,
    ) -> Result<Written<Ledger>, StoreError> {
        self.write_ledger(channel, ledger).await
    }

    async fn keep_outbox(&self, outbox: &OutboxId, messages: &[String]) -> Result<(), StoreError> {
        let key = Key::outbox(outbox);
        let encoded =
            codec::encode(&messages).map_err(|error| damaged(&key.to_string(), &error))?;
        let expires_at = expiry(self.table.clock.now(), Days::new(OUTBOX_DAYS));
        let header = key.with(&content("", &encoded))?;
        for item in part_items(&key, &encoded, expires_at) {
            self.table.put(item).await?;
        }
        self.table.put(expiring(header, expires_at)).await
    }

    async fn outbox(&self, outbox: &OutboxId) -> Result<Option<Vec<String>>, StoreError> {
        let key = Key::outbox(outbox);
        let Some(header) = self.table.get(&key).await? else {
            return Ok(None);
        };
        let content: Content = read(header)?;
        let Some(bytes) = self.parts(&key, &content).await? else {
            return Ok(None);
        };
        decode(&key, &bytes, &content).map(Some)
    }
}

#[async_trait]
impl OrganizationStore for DynamoDb {
    async fn organization_head(&self) -> Result<OrganizationHead, StoreError> {
        self.read_organization_head().await
    }

    async fn organization(&self, head: &OrganizationHead) -> Result<Option<Accounts>, StoreError> {
        self.read_organization(head).await
    }

    async fn save_organization(
        &self,
        head: &OrganizationHead,
        accounts: Option<&Accounts>,
    ) -> Result<Written<OrganizationHead>, StoreError> {
        self.write_organization(head, accounts).await
    }
}

#[async_trait]
impl RegionStore for DynamoDb {
    async fn regions(&self, admin: AccountId) -> Result<BTreeSet<Region>, StoreError> {
        let item = self.table.get(&Key::regions(admin)).await?;
        let known: Option<RegionsItem> = item.map(read).transpose()?;
        Ok(known.map(|known| known.regions).unwrap_or_default())
    }

    async fn keep_regions(
        &self,
        admin: AccountId,
        regions: &BTreeSet<Region>,
    ) -> Result<(), StoreError> {
        let regions = regions.clone();
        let item = Key::regions(admin).with(&RegionsItem { regions })?;
        self.table.put(item).await
    }
}

#[async_trait]
impl OnceStore for DynamoDb {
    async fn claim(&self, what: &Once) -> Result<bool, StoreError> {
        #[derive(serde::Serialize)]
        struct Claim {
            write: String,
        }
        let now = self.table.clock.now();
        let write = uuid::Uuid::new_v4().to_string();
        let claim = Key::once(what).with(&Claim {
            write: write.clone(),
        })?;
        let claim = expiring(claim, expiry(now, Days::new(ONCE_DAYS)));
        // TTL deletes late: what has expired is no claim any more.
        let condition = "attribute_not_exists(pk) OR expires_at <= :base";
        let base = AttributeValue::N(now.timestamp().to_string());
        let write = AttributeValue::S(write);
        self.table.put_if(claim, condition, base, &write).await
    }

    async fn release(&self, what: &Once) -> Result<(), StoreError> {
        self.table.delete(&Key::once(what)).await
    }
}

#[async_trait]
impl SchemaStore for DynamoDb {
    async fn probe(&self) -> Result<(), StoreError> {
        let marker = self.table.get(&Key::schema()).await?;
        marker.as_ref().map(items::check).transpose().map(drop)
    }

    async fn sign(&self) -> Result<(), StoreError> {
        let marker = self.table.get(&Key::schema()).await?;
        match marker {
            Some(marker) => items::check(&marker).map(drop),
            None => self.table.sign(&Key::schema()).await,
        }
    }
}
