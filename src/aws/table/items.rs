//! How things look as items of the table: keys, attributes, schema, expiry.
//!
//! | `pk` | `sk` | item |
//! |---|---|---|
//! | `SNAPSHOT#<date>` | `<admin>/<region>#<version>#<writer>#<part>` | a part of the members |
//! | `HUB#<admin>/<region>` | `HEAD` | `ports::Head` |
//! | `HUB#<admin>/<region>` | `DAY#<date>` | `ports::Day` |
//! | `HUB#<admin>/<region>` | `RECENT` | [`super::recent::Recent`] |
//! | `HUB#<admin>/<region>` | `CHANGES#<version>` | [`ChangesItem`] |
//! | `CHANGES#<admin>/<region>` | `<version>#<writer>#<part>` | a part of changes that do not fit into one item |
//! | `ADMIN#<admin>` | `REGIONS` | [`RegionsItem`] |
//! | `DIGEST#<channel>` | `HEAD` | `ports::Ledger` |
//! | `DIGEST#<channel>` | `<date>` | `ports::Delivered` |
//! | `OUTBOX#<channel>` | `<date>#<nonce>#<part>` | a part of the messages of a digest that is being posted |
//! | `ORGANIZATION` | `HEAD` | `ports::OrganizationHead` |
//! | `ORGANIZATION` | `ACCOUNTS#<writer>#<part>` | a part of the organization's accounts |
//! | `ONCE#<sha256>` | `CLAIM` | that something is done, which must happen once |
//! | `SCHEMA` | `HEAD` | the newest schema that a start of the program has used |
//!
//! Days from before the first poll that were imported are items like any other.
//! Their versions are negative, a fixed one for each date, and stand in a key as
//! `-` and their distance from the beginning: so they sort before `000000000000`,
//! by date. A range of versions that begins at an imported day goes on into
//! what was polled, and one that begins at 0, as the first digest's, never sees
//! them. `CHANGES#000000000000` holds what lies between the last imported day
//! and the first poll. The other ways were worse: to count the polled versions
//! up would change what digests have covered; a second key space would make
//! two kinds of history of which every reader would have to know.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::seal;
use crate::domain::hub::{HubId, Region, Version};
use crate::domain::member::{AccountId, Window};
use crate::watch::ports::{Before, Content, Once, OutboxId, StoreError};

pub(super) type Item = HashMap<String, AttributeValue>;

/// Stands in every item. Another number is refused, never guessed at.
pub(super) const SCHEMA: u64 = 1;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(super) fn head(hub: &HubId) -> Self {
        Self::new(format!("HUB#{hub}"), "HEAD")
    }

    /// From where to where the items of a hub are.
    pub(super) fn all_of(hub: &HubId) -> (Self, String) {
        (Self::new(format!("HUB#{hub}"), " "), "~".to_owned())
    }

    pub(super) fn recent(hub: &HubId) -> Self {
        Self::new(format!("HUB#{hub}"), "RECENT")
    }

    pub(super) fn day(hub: &HubId, date: NaiveDate) -> Self {
        Self::new(format!("HUB#{hub}"), format!("DAY#{}", plain(date)))
    }

    pub(super) fn changes(hub: &HubId, version: Version) -> Self {
        Self::new(
            format!("HUB#{hub}"),
            format!("CHANGES#{}", sortable(version)),
        )
    }

    /// Without its number: the parts of a snapshot.
    pub(super) fn snapshot(hub: &HubId, date: NaiveDate, version: Version, writer: &str) -> Self {
        let sk = format!("{hub}#{}#{writer}#", sortable(version));
        Self::new(format!("SNAPSHOT#{}", plain(date)), sk)
    }

    /// Without its number: the parts of a large list of changes.
    pub(super) fn more_changes(hub: &HubId, version: Version, writer: &str) -> Self {
        Self::new(
            format!("CHANGES#{hub}"),
            format!("{}#{writer}#", sortable(version)),
        )
    }

    pub(super) fn regions(admin: AccountId) -> Self {
        Self::new(format!("ADMIN#{admin}"), "REGIONS")
    }

    pub(super) fn ledger(channel: &str) -> Self {
        Self::new(format!("DIGEST#{channel}"), "HEAD")
    }

    pub(super) fn delivered(channel: &str, date: NaiveDate) -> Self {
        Self::new(format!("DIGEST#{channel}"), plain(date))
    }

    /// Without its number: the messages of a digest.
    pub(super) fn outbox(outbox: &OutboxId) -> Self {
        let sk = format!("{}#{}#", plain(outbox.subject.date()), outbox.nonce);
        Self::new(format!("OUTBOX#{}", outbox.channel), sk)
    }

    pub(super) fn organization() -> Self {
        Self::new("ORGANIZATION".to_owned(), "HEAD")
    }

    /// Without its number: the accounts of the organization.
    pub(super) fn organization_parts(writer: &str) -> Self {
        Self::new("ORGANIZATION".to_owned(), format!("ACCOUNTS#{writer}#"))
    }

    pub(super) fn once(what: &Once) -> Self {
        Self::new(format!("ONCE#{}", what.as_str()), "CLAIM")
    }

    pub(super) fn schema() -> Self {
        Self::new("SCHEMA".to_owned(), "HEAD")
    }

    /// Part number `index` of what this key names.
    pub(super) fn part(&self, index: usize) -> Self {
        Self::new(self.pk.clone(), format!("{}{index:04}", self.sk))
    }

    /// The key of an item.
    pub(super) fn of(item: &Item) -> Self {
        Self::new(text(item, "pk").to_owned(), text(item, "sk"))
    }

    pub(super) fn item(&self) -> Item {
        let text = |text: &String| AttributeValue::S(text.clone());
        HashMap::from([
            ("pk".to_owned(), text(&self.pk)),
            ("sk".to_owned(), text(&self.sk)),
        ])
    }

    /// An item with this key, the schema, and these attributes, all of them sealed.
    pub(super) fn with<T: Serialize>(&self, attributes: &T) -> Result<Item, StoreError> {
        self.with_open(attributes, &[])
    }

    /// The same, with some attributes that are updated by themselves.
    pub(super) fn with_open<T: Serialize>(
        &self,
        attributes: &T,
        open: &[&str],
    ) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(attributes)
            .map_err(|error| damaged(&self.to_string(), &error))?;
        item.extend(self.item());
        item.insert("schema".to_owned(), AttributeValue::N(SCHEMA.to_string()));
        seal::close(&mut item, open);
        Ok(item)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

/// Text that sorts as versions do.
fn sortable(version: Version) -> String {
    const FAR: i64 = 1_000_000_000_000;
    match version.0 {
        polled @ 0.. => format!("{polled:012}"),
        imported => format!("-{:012}", FAR.saturating_add(imported).max(0)),
    }
}

/// Dates beyond year 9999 would not sort: they are the ends of time.
fn plain(date: NaiveDate) -> String {
    use chrono::Datelike as _;
    match date.year() {
        ..=-1 => "0000-00-00".to_owned(),
        0..=9999 => date.to_string(),
        _ => "9999-99-99".to_owned(),
    }
}

pub(super) fn damaged(item: &str, problem: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        item: item.to_owned(),
        problem: problem.to_string(),
    }
}

/// Reads an item, after a look at its schema.
pub(super) fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let name = check(&item)?;
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|error| damaged(&name, &error))
}

/// An attribute that is text, or nothing.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map_or("", String::as_str)
}

/// The item's name, if its schema is ours and its seal holds.
pub(super) fn check(item: &Item) -> Result<String, StoreError> {
    let name = Key::of(item).to_string();
    let schema = item.get("schema").and_then(|value| value.as_n().ok());
    match schema.and_then(|schema| schema.parse().ok()) {
        Some(SCHEMA) if seal::holds(item) => Ok(name),
        Some(SCHEMA) => Err(damaged(
            &name,
            &"it was altered, or copied from another place or time",
        )),
        Some(found) => Err(StoreError::Schema {
            item: name,
            found,
            known: SCHEMA,
        }),
        None => Err(damaged(&name, &"it has no schema number")),
    }
}

/// When TTL may delete an item, in Unix seconds.
pub(super) fn expiry(item: &Item) -> Option<i64> {
    number(item, "expires_at")
}

/// Whether an item should be gone: TTL deletes late.
pub(super) fn is_expired(item: &Item, now: DateTime<Utc>) -> bool {
    expiry(item).is_some_and(|expiry| expiry <= now.timestamp())
}

/// One part of encoded bytes.
pub(super) fn part(key: &Key, bytes: &[u8], expires_at: i64) -> Item {
    let mut item = key.item();
    item.insert("schema".to_owned(), AttributeValue::N(SCHEMA.to_string()));
    item.insert("data".to_owned(), AttributeValue::B(Blob::new(bytes)));
    expiring(item, expires_at)
}

/// The bytes of a part.
pub(super) fn data(mut item: Item) -> Result<Vec<u8>, StoreError> {
    let data = item.remove("data");
    let name = check(&item)?;
    match data {
        Some(AttributeValue::B(blob)) => Ok(blob.into_inner()),
        _ => Err(damaged(&name, &"it has no data")),
    }
}

/// A number in an attribute.
pub(super) fn number(item: &Item, name: &str) -> Option<i64> {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|value| value.parse().ok())
}

/// The changes that led to a version.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ChangesItem {
    pub(super) version: Version,
    pub(super) window: Window,
    pub(super) count: usize,
    pub(super) content: Content,
    /// The version before it that brought changes; `None` where that is not known.
    #[serde(default)]
    pub(super) before: Option<Before<Version>>,
}

/// The Regions that were found for an administrator.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RegionsItem {
    pub(super) regions: BTreeSet<Region>,
}

/// Adds when TTL may delete an item, in Unix seconds.
pub(super) fn expiring(mut item: Item, expires_at: i64) -> Item {
    item.insert(
        "expires_at".to_owned(),
        AttributeValue::N(expires_at.to_string()),
    );
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_versions_do_with_imported_days_before_what_was_polled() {
        let imported = |date: &str| Version::imported(date.parse().unwrap());
        let versions = [
            Version::BEGINNING,
            Version::BEGINNING.next(),
            imported("1970-01-01"),
            imported("2026-01-15"),
            imported("2026-01-16"),
            imported("9999-12-31"),
            Version::NONE,
            Version(1),
            Version(9_999_999),
        ];
        assert!(versions.is_sorted());
        let keys: Vec<_> = versions.into_iter().map(sortable).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(sortable(Version(12)), "000000000012");
        assert!(Version::imported(NaiveDate::MAX).is_imported());
    }
}
