//! A publication as items: everything that makes a new version of a hub.

use std::cmp::Ordering;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::codec::{self, Columns, Encoded};
use super::items::{self, ChangesItem, Item, Key, damaged, expiring};
use super::recent::Recent;
use crate::domain::diff::Change;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::Window;
use crate::watch::ports::{Before, Content, Day, Head, Publication, StoreError};

/// DynamoDB's limits for one transaction, less some room.
pub(super) const TRANSACTION_ITEMS: usize = 90;
pub(super) const TRANSACTION_BYTES: usize = 3_500_000;

/// The items of a new version.
pub(super) struct NewVersion {
    pub(super) head: Head,
    /// The headers of the dates and of the changes.
    pub(super) headers: Vec<Item>,
    /// The copy of the latest dates.
    pub(super) recent: Item,
    /// How to know that no days were imported since it was made.
    pub(super) mark: String,
    /// The members, and changes that do not fit into their header.
    pub(super) parts: Vec<Item>,
    /// The parts of the snapshot of the same date that is replaced.
    pub(super) replaced: Vec<Key>,
    bytes: usize,
}

impl NewVersion {
    /// The items of a publication, which expire after `retention`; `recent` are
    /// the dates before it.
    pub(super) fn new(
        hub: &HubId,
        publication: &Publication<'_>,
        mut recent: Recent,
        retention: Days,
    ) -> Result<Self, StoreError> {
        let at = publication.window.at;
        let writer = uuid::Uuid::new_v4().simple().to_string();
        let version = publication.base.version.next();
        let expires_at = expiry(at, retention);
        let members = encode(hub, &Columns::from(publication.snapshot))?;
        let key = Key::snapshot(hub, publication.date, version, &writer);
        let changed = last_changes(publication.base);
        let day = Day {
            date: publication.date,
            version,
            taken_at: at,
            checked_at: at,
            counts: publication.snapshot.counts(),
            content: content(&writer, &members),
            expires_at: Some(expires_at),
            before: day_before(publication, retention),
            changed: match publication.changes {
                [] => changed,
                _ => Some(Before {
                    at: version,
                    expires_at,
                }),
            },
        };
        let mut headers = vec![expiring(Key::day(hub, day.date).with(&day)?, expires_at)];
        if let Some((closed, expires_at)) = closed_day(publication, retention) {
            let item = Key::day(hub, closed.date).with(&closed)?;
            headers.push(expiring(item, expires_at));
            recent.enter(closed, expires_at);
        }
        recent.enter(day.clone(), expires_at);
        let recent = recent.at(version, !publication.changes.is_empty());
        let mark = recent.mark.clone();
        let (item, size) = recent.item(hub, expires_at)?;
        let mut new = Self {
            headers,
            recent: item,
            mark,
            parts: part_items(&key, &members, expires_at).collect(),
            replaced: replaced(hub, publication),
            bytes: members.bytes.len() + size,
            head: Head {
                version,
                day: Some(day),
                read_from: Some(publication.read_from),
                checked_at: Some(at),
                unread: None,
                doubted: None,
                fingerprint: publication.fingerprint.to_owned(),
            },
        };
        let written = |before, version, window, changes| {
            let place = Place { version, before };
            ChangesItems::new(hub, place, window, changes, &writer, expires_at)
        };
        if !publication.changes.is_empty() {
            let (window, changes) = (publication.window, publication.changes);
            new.add(written(changed, version, window, changes)?);
        }
        if let Some(boundary) = publication
            .boundary
            .filter(|boundary| !boundary.changes.is_empty())
        {
            new.add(written(
                None,
                Version::NONE,
                boundary.window(),
                boundary.changes,
            )?);
        }
        Ok(new)
    }

    fn add(&mut self, changes: ChangesItems) {
        self.bytes += changes.bytes;
        self.headers.push(changes.header);
        self.parts.extend(changes.parts);
    }

    /// Whether one transaction takes all of it.
    pub(super) fn fits(&self) -> bool {
        let items = 2 + self.headers.len() + self.parts.len() + self.replaced.len();
        items <= TRANSACTION_ITEMS && self.bytes <= TRANSACTION_BYTES
    }
}

/// Where changes stand in their row.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) version: Version,
    /// What brought changes before; `None` where that is not known.
    pub(super) before: Option<Before<Version>>,
}

/// The changes that led to a version: the header carries them where they fit.
pub(super) struct ChangesItems {
    pub(super) header: Item,
    pub(super) parts: Vec<Item>,
    pub(super) bytes: usize,
}

impl ChangesItems {
    pub(super) fn new(
        hub: &HubId,
        place: Place,
        window: Window,
        changes: &[Change],
        writer: &str,
        expires_at: i64,
    ) -> Result<Self, StoreError> {
        let version = place.version;
        let encoded = encode(hub, &changes)?;
        let bytes = encoded.bytes.len();
        let header = ChangesItem {
            version,
            window,
            count: changes.len(),
            content: content(writer, &encoded),
            before: place.before,
        };
        let mut header = Key::changes(hub, version).with(&header)?;
        let mut parts = Vec::new();
        if encoded.parts().len() == 1 {
            let data = AttributeValue::B(Blob::new(encoded.bytes));
            header.insert("data".to_owned(), data);
        } else {
            let key = Key::more_changes(hub, version, writer);
            parts.extend(part_items(&key, &encoded, expires_at));
        }
        Ok(Self {
            header: expiring(header, expires_at),
            parts,
            bytes,
        })
    }
}

/// When TTL may delete what was written at `time`, in Unix seconds.
pub(super) fn expiry(time: DateTime<Utc>, days: Days) -> i64 {
    let expiry = time.checked_add_days(days);
    expiry.unwrap_or(DateTime::<Utc>::MAX_UTC).timestamp()
}

/// How to find encoded bytes, and to know them again.
pub(super) fn content(writer: &str, encoded: &Encoded) -> Content {
    Content {
        writer: writer.to_owned(),
        parts: encoded.parts().len(),
        codec: codec::CODEC.to_owned(),
        sha256: encoded.sha256.clone(),
    }
}

/// Encoded bytes as items.
pub(super) fn part_items<'a>(
    key: &'a Key,
    encoded: &'a Encoded,
    expires_at: i64,
) -> impl Iterator<Item = Item> + 'a {
    let parts = encoded.parts().enumerate();
    parts.map(move |(index, bytes)| items::part(&key.part(index), bytes, expires_at))
}

pub(super) fn encode<T: serde::Serialize>(hub: &HubId, value: &T) -> Result<Encoded, StoreError> {
    codec::encode(value).map_err(|error| damaged(&format!("a new snapshot of {hub}"), &error))
}

/// The version of a hub that last brought changes.
fn last_changes(base: &Head) -> Option<Before<Version>> {
    match &base.day {
        Some(day) => day.changed,
        // The row begins.
        None => Some(Before {
            at: Version::NONE,
            expires_at: 0,
        }),
    }
}

/// The date before the one of a publication.
fn day_before(publication: &Publication<'_>, retention: Days) -> Option<Before<NaiveDate>> {
    let imported = publication.boundary.map(|boundary| boundary.from);
    let base = publication.base.day.as_ref().or(imported)?;
    let before = Before {
        at: base.date,
        expires_at: until(base, retention),
    };
    match base.date.cmp(&publication.date) {
        Ordering::Less => Some(before),
        Ordering::Equal => base.before,
        // A clock was wrong: the row is not in the order of the dates.
        Ordering::Greater => None,
    }
}

/// When TTL may delete a snapshot, in Unix seconds.
pub(super) fn until(day: &Day, retention: Days) -> i64 {
    day.expires_at
        .unwrap_or_else(|| expiry(day.taken_at, retention))
}

/// The header of the date that a publication closes, and when it expires: until
/// when its snapshot was found unchanged is known only now.
fn closed_day(publication: &Publication<'_>, retention: Days) -> Option<(Day, i64)> {
    let base = publication.base;
    let day = base.day.as_ref()?;
    let closed = Day {
        checked_at: base.checked_at.unwrap_or(day.taken_at),
        expires_at: Some(until(day, retention)),
        ..day.clone()
    };
    (day.date < publication.date).then(|| (closed, until(day, retention)))
}

/// The parts of the snapshot of the same date that a publication replaces.
fn replaced(hub: &HubId, publication: &Publication<'_>) -> Vec<Key> {
    let base = publication.base.day.as_ref();
    let Some(day) = base.filter(|day| day.date == publication.date) else {
        return Vec::new();
    };
    let key = Key::snapshot(hub, day.date, day.version, &day.content.writer);
    (0..day.content.parts)
        .map(|index| key.part(index))
        .collect()
}
