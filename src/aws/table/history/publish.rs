//! A publication as items: everything that makes a new version of a hub, in one transaction. It
//! is conditional on the state that the new list was compared with.

use std::cmp::Ordering;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::changes::{BoundaryItems, NewChanges};
use super::days::until;
use super::heads::{OPEN, attribute, number};
use super::recent::Recent;
use super::snapshots;
use crate::aws::table::DynamoDb;
use crate::aws::table::access::{Order, Write};
use crate::aws::table::codec::Columns;
use crate::aws::table::item::{expires_after, expiring, sealed, sealed_but};
use crate::aws::table::keys::{Key, Range};
use crate::aws::table::parts::{self, Transaction};
use crate::domain::doubt::DoubtedList;
use crate::domain::hub::{HubId, Unread, Version};
use crate::domain::readings::Readings;
use crate::watch::ports::{
    Before, Content, Day, Head, Publication, PublishStore, StoreError, Written,
};

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
        // Days were imported after the boundary was computed, so compute it again.
        let first = publication.base.version == Version::NONE;
        if first && recent.past() != publication.boundary.map(|boundary| boundary.from) {
            return Ok(Written::Lost);
        }
        let (head, transaction) = new_version(hub, &publication, recent, self.retention)?;
        Ok(if self.table.write(transaction).await? {
            Written::Done(head)
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
        readings: &Readings,
    ) -> Result<Written<Head>, StoreError> {
        let key = Key::head(hub);
        let update = self
            .table
            .update(&key)
            .update_expression("SET checked_at = :at, read_from = :from, readings = :readings REMOVE unread, doubted")
            .condition_expression("version = :base")
            .expression_attribute_values(":at", attribute(&key, checked_at)?)
            .expression_attribute_values(":from", attribute(&key, read_from)?)
            .expression_attribute_values(":readings", attribute(&key, readings)?)
            .expression_attribute_values(":base", number(base.version));
        Ok(if self.table.send(update).await? {
            Written::Done(Head {
                read_from: Some(read_from),
                checked_at: Some(checked_at),
                unread: None,
                doubted: None,
                readings: readings.clone(),
                ..base.clone()
            })
        } else {
            Written::Lost
        })
    }

    async fn mark_unread(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
    ) -> Result<(), StoreError> {
        self.mark_head(hub, base, unread, None).await
    }

    async fn mark_doubted(
        &self,
        hub: &HubId,
        base: &Head,
        unread: Unread,
        doubted: &DoubtedList,
    ) -> Result<(), StoreError> {
        self.mark_head(hub, base, unread, Some(doubted)).await
    }

    async fn forget(&self, hub: &HubId) -> Result<usize, StoreError> {
        let all = Range::hub(hub);
        let items = self.table.range(&all, Order::Ascending, None).await?;
        for item in &items {
            self.table.delete(&Key::of(item)).await?;
        }
        Ok(items.len())
    }
}

/// The head of a new version, and everything written with it. `recent` has the dates before it.
fn new_version(
    hub: &HubId,
    publication: &Publication<'_>,
    mut recent: Recent,
    retention: Days,
) -> Result<(Head, Transaction), StoreError> {
    let base = publication.base;
    let writer = parts::new_writer();
    let expires_at = expires_after(publication.window.at, retention);
    let key = Key::snapshot(hub, publication.date, base.version.next(), &writer);
    let members = parts::encode(&key, &Columns::from(publication.snapshot))?;
    let content = parts::content(&writer, &members);
    let head = new_head(publication, content, expires_at, retention);
    let item = sealed_but(&Key::head(hub), &head, &OPEN)?;
    let is_base = "attribute_not_exists(pk) OR version = :base";
    let mut new = Transaction {
        writes: vec![Write::PutIf(item, is_base, number(base.version))],
        parts: parts::items(&key, &members, expires_at).collect(),
        replaced: replaced(hub, publication),
        bytes: members.bytes.len(),
    };
    let closed = closed_day(publication, retention);
    for (day, expires_at) in closed
        .into_iter()
        .chain(head.day.clone().map(|day| (day, expires_at)))
    {
        let item = sealed(&Key::day(hub, day.date), &day)?;
        new.writes.push(Write::Put(expiring(item, expires_at)));
        recent.enter(day, expires_at);
    }
    let recent = recent.at(head.version, !publication.changes.is_empty());
    let mark = AttributeValue::S(recent.mark.clone());
    let (item, size) = recent.item(hub, expires_at)?;
    let is_mark = "attribute_not_exists(mark) OR mark = :base";
    new.writes.push(Write::PutIf(item, is_mark, mark));
    new.bytes += size;
    let polled = NewChanges {
        version: head.version,
        before: last_changes(base),
        window: publication.window,
        changes: publication.changes,
    };
    if let Some(changes) = polled.items(hub, &writer, expires_at)? {
        new.writes.push(Write::Put(changes.header));
        new.parts.extend(changes.parts);
        new.bytes += changes.bytes;
    }
    if let Some(boundary) = publication.boundary {
        let boundary = BoundaryItems::new(hub, boundary, &writer, expires_at)?;
        new.writes.extend(boundary.writes);
        new.parts.extend(boundary.parts);
        new.bytes += boundary.bytes;
    }
    Ok((head, new))
}

fn new_head(
    publication: &Publication<'_>,
    content: Content,
    expires_at: i64,
    retention: Days,
) -> Head {
    let (at, version) = (publication.window.at, publication.base.version.next());
    let own = Before {
        at: version,
        expires_at,
    };
    let day = Day {
        date: publication.date,
        version,
        taken_at: at,
        checked_at: at,
        counts: publication.snapshot.counts(),
        content,
        expires_at: Some(expires_at),
        before: day_before(publication, retention),
        changed: match publication.changes {
            [] => last_changes(publication.base),
            _ => Some(own),
        },
    };
    Head {
        version,
        day: Some(day),
        read_from: Some(publication.read_from),
        checked_at: Some(at),
        unread: None,
        doubted: None,
        fingerprint: publication.fingerprint.to_owned(),
        readings: publication.readings.clone(),
    }
}

fn last_changes(base: &Head) -> Option<Before<Version>> {
    match &base.day {
        Some(day) => day.changed,
        // This is the first version, so nothing precedes it.
        None => Some(Before {
            at: Version::NONE,
            expires_at: 0,
        }),
    }
}

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
        // A clock was wrong, so the dates are not in the order of the versions.
        Ordering::Greater => None,
    }
}

/// The header of the date that a publication closes, and its expiry. Only now is it known how
/// long polls found its snapshot unchanged.
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

fn replaced(hub: &HubId, publication: &Publication<'_>) -> Vec<Key> {
    let base = publication.base.day.as_ref();
    let same = base.filter(|day| day.date == publication.date);
    same.map_or_else(Vec::new, |day| snapshots::parts(hub, day))
}
