//! The heads of the hubs, which every poll updates, also without changes.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::aws::table::DynamoDb;
use crate::aws::table::item::{self, damaged, read};
use crate::aws::table::keys::{Item, Key};
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{HubId, Unread, Version};
use crate::watch::ports::{Head, HeadStore, StoreError, Undamaged};

/// Attributes that are updated in place. The seal can't cover them.
pub(super) const OPEN: [&str; 5] = ["checked_at", "read_from", "unread", "doubted", "readings"];

/// The head of a hub; [`Head::empty`] where there is none.
pub(super) fn read_head(item: Option<Item>) -> Result<Head, StoreError> {
    let Some(item) = item else {
        return Ok(Head::empty());
    };
    let key = Key::of(&item);
    let head: Head = read(item)?;
    let is_whole = match &head.day {
        Some(day) => {
            day.version == head.version && head.checked_at.is_some() && head.read_from.is_some()
        }
        None => head.version == Version::NONE,
    };
    match is_whole {
        true => Ok(head),
        false => Err(damaged(&key, &"it lacks what belongs to its version")),
    }
}

#[async_trait]
impl HeadStore for DynamoDb {
    async fn head(&self, hub: &HubId) -> Result<Head, StoreError> {
        read_head(self.table.get(&Key::head(hub)).await?)
    }

    async fn heads(&self, hubs: &[&HubId]) -> Result<Vec<Undamaged<Head>>, StoreError> {
        let keys: Vec<_> = hubs.iter().map(|hub| Key::head(hub)).collect();
        let mut found = self.table.get_all(&keys).await?;
        let heads = keys.iter().map(|key| read_head(found.remove(key)));
        heads.map(StoreError::set_apart).collect()
    }
}

impl DynamoDb {
    /// Marks a hub as failing, with the doubted list if that is the reason. If another poll has
    /// succeeded since `base`, nothing is written, and that is no error.
    pub(super) async fn mark_head(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: Option<&DoubtedList>,
    ) -> Result<(), StoreError> {
        let key = Key::head(hub);
        let unread = Unread {
            since: base.unread.map_or(unread.since, |earlier| earlier.since),
            ..unread
        };
        let set = "SET unread = :unread, version = if_not_exists(version, :none), \
                   #schema = if_not_exists(#schema, :schema)";
        let mut update = self
            .table
            .update(&key)
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":unread", attribute(&key, unread)?)
            .expression_attribute_values(":none", number(Version::NONE))
            .expression_attribute_values(":schema", item::schema());
        update = match doubted {
            Some(doubted) => update
                .update_expression(format!("{set}, doubted = :doubted"))
                .expression_attribute_values(":doubted", attribute(&key, doubted)?),
            None => update.update_expression(set),
        };
        update = match base.checked_at {
            Some(seen) => update
                .condition_expression("checked_at = :seen")
                .expression_attribute_values(":seen", attribute(&key, seen)?),
            None => update.condition_expression("attribute_not_exists(checked_at)"),
        };
        self.table.send(update).await.map(drop)
    }
}

pub(super) fn attribute<T: Serialize>(key: &Key, value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value)
        .map_err(|error| damaged(key, &error))
}

pub(super) fn number(version: Version) -> AttributeValue {
    AttributeValue::N(version.0.to_string())
}
