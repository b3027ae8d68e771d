//! The table: complete data is read back, one of two writers loses, and damage is reported with
//! its item.

mod foreign;
mod limits;
mod once;
mod refusals;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::UTC;
use securityhub_members::aws::table::schema;
use securityhub_members::domain::diff::{Change, diff};
use securityhub_members::domain::hub::{HubFilter, HubId, Unread, UnreadReason, Version};
use securityhub_members::domain::member::{Listed, MemberList, MemberStatus, Snapshot, Window};
use securityhub_members::domain::query::Query;
use securityhub_members::domain::readings::Readings;
use securityhub_members::domain::report::{Coverage, Damage};
use securityhub_members::watch::ports::{
    ChangeStore as _, Delivered, Delivery, Head, HeadStore as _, Ledger, LedgerStore as _,
    MessageId, OutboxId, Publication, PublishStore as _, SchemaStore as _, SnapshotStore as _,
    Stage, Store, StoreError, Subject, Written,
};

use crate::support::hubs::listed;
use crate::support::table::{Engine, Item, text};
use crate::support::{World, changes, date, deliver_today, hub, time};

/// A snapshot of these members, as of a poll at `at`.
fn snapshot(members: Vec<Listed>, at: DateTime<Utc>) -> Snapshot {
    let list = MemberList::new(members);
    Snapshot::at_end_of_poll(list, None, Window { after: None, at })
}

async fn publish(
    store: &impl Store,
    hub: &HubId,
    (base, at): (&Head, DateTime<Utc>),
    snapshot: &Snapshot,
    changes: &[Change],
) -> Written<Head> {
    let publication = Publication {
        base,
        date: at.date_naive(),
        read_from: at,
        window: Window {
            after: base.read_from,
            at,
        },
        snapshot,
        fingerprint: "f",
        readings: Readings::default(),
        changes,
        boundary: None,
    };
    store.publish(hub, publication).await.unwrap()
}

/// Asserts that the store has exactly this data.
async fn assert_current(store: &impl Store, hub: &HubId, head: &Head, expected: &Snapshot) {
    assert_eq!(&store.head(hub).await.unwrap(), head);
    let day = head.day.clone().unwrap();
    let header = store.day_up_to(hub, day.date).await.unwrap();
    assert_eq!(header.as_ref(), Some(&day));
    let stored = store.snapshot(hub, &day).await.unwrap();
    assert!(
        stored.as_deref() == Some(expected),
        "another snapshot is stored"
    );
}

#[tokio::test]
async fn of_two_publishers_of_one_version_one_loses_and_leaves_nothing() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let (store, hub) = (world.store(), world.hub());
    let mut base = Head::empty();
    for round in 0..4 {
        let at = time("2026-11-20T09:00:00Z") + TimeDelta::hours(round * 5);
        let one = snapshot(vec![listed(1, "Enabled")], at);
        let two = snapshot(vec![listed(2, "Enabled"), listed(3, "Invited")], at);
        let from = |to: &Snapshot| diff(&Snapshot::default(), to);
        let (seen_by_one, seen_by_two) = (from(&one), from(&two));
        let (first, second) = tokio::join!(
            publish(&store, hub, (&base, at), &one, &seen_by_one),
            publish(&store, hub, (&base, at), &two, &seen_by_two),
        );
        let (head, written, seen) = match (first, second) {
            (Written::Done(head), Written::Lost) => (head, one, seen_by_one),
            (Written::Lost, Written::Done(head)) => (head, two, seen_by_two),
            both => panic!("one of two wins: {both:?}"),
        };
        assert_eq!(head.version, base.version.next());
        assert_current(&store, hub, &head, &written).await;
        let seen_in_store = store.observations(hub, base.version, head.version).await;
        assert_eq!(seen_in_store.unwrap()[0].changes, seen);
        base = head;
    }
    // 09:00, 14:00 and 19:00 on one date, 00:00 on the next.
    assert_eq!(world.table.keys("SNAPSHOT#").await.len(), 2);
    assert_eq!(world.table.keys("HUB#").await.len(), 2 + 2 + 4);
}

#[tokio::test]
async fn a_quiet_poll_that_lost_the_race_confirms_nothing() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let (store, hub) = (world.store(), world.hub());
    world.list("1 Enabled");
    let old = world.poll().await.head;
    let new = world
        .poll_at("2026-11-20T10:00:00Z", "1 Resigned")
        .await
        .head;
    let late = time("2026-11-20T10:01:00Z");
    let confirmed = store
        .confirm(hub, &old, late, late, &old.readings)
        .await
        .unwrap();
    assert_eq!(confirmed, Written::Lost);
    assert_eq!(store.head(hub).await.unwrap(), new);
}

#[tokio::test]
async fn three_replicas_that_poll_at_once_see_a_change_once() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let replicas = [world.watch(), world.watch(), world.watch()];
    let mut version = Version::NONE;
    for status in ["Enabled", "Resigned", "Enabled", "Removed", "Enabled"] {
        world.clock.advance(TimeDelta::minutes(15));
        world.hubs.set(world.hub(), 1, status);
        let polls = replicas.iter().map(|watch| watch.poller.poll_all());
        for polled in futures::future::join_all(polls).await {
            assert!(polled[0].1.is_ok(), "{polled:?}");
        }
        let head = world.store().head(world.hub()).await.unwrap();
        assert_eq!(head.version, version.next());
        version = head.version;
    }
    let path = "Flapped 1: Enabled → Resigned → Enabled → Removed → Enabled";
    assert_eq!(changes(&world.on("2026-11-20").await), [path]);
}

#[tokio::test]
async fn data_older_than_the_retention_is_hidden_before_dynamodb_deletes_it() {
    let world = World::at("2026-11-01T09:00:00Z", UTC).await;
    let store = world.table.store_keeping(&world.clock, 10);
    let watch = world.watch_over(std::sync::Arc::new(
        world.table.store_keeping(&world.clock, 10),
    ));
    let mut first = None;
    for (at, status) in [
        ("2026-11-01T09:00:00Z", "Enabled"),
        ("2026-11-02T09:00:00Z", "Resigned"),
        ("2026-11-08T09:00:00Z", "Enabled"),
    ] {
        world.set(at);
        world.hubs.set(world.hub(), 1, status);
        watch.poller.poll_all().await;
        let head = store.head(world.hub()).await.unwrap();
        first = first.or(head.day);
    }
    world.set("2026-11-12T08:59:59Z");
    let day = |day: Option<securityhub_members::watch::ports::Day>| day.unwrap().date;
    let (hub, from, to) = (world.hub(), date("2026-11-01"), date("2026-11-30"));
    assert_eq!(
        day(store.day_from(hub, from).await.unwrap()),
        date("2026-11-02")
    );
    world.set("2026-11-12T09:00:00Z");
    let days = store.days(hub, from, to).await.unwrap();
    let days: Vec<_> = days.iter().map(|day| day.date).collect();
    assert_eq!(days, [date("2026-11-08")]);
    assert_eq!(
        store.day_up_to(hub, date("2026-11-05")).await.unwrap(),
        None
    );
    assert_eq!(
        day(store.day_from(hub, from).await.unwrap()),
        date("2026-11-08")
    );
    assert_eq!(store.snapshot(hub, &first.unwrap()).await.unwrap(), None);
    let seen = store
        .observations(hub, Version::NONE, Version(9))
        .await
        .unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].version, Version(3));
    // Nothing was deleted.
    assert_eq!(world.table.keys("SNAPSHOT#").await.len(), 3);
    let expiry = &world.table.items("SNAPSHOT#2026-11-01").await[0]["expires_at"];
    let expected = time("2026-11-11T09:00:00Z").timestamp();
    assert_eq!(expiry, &AttributeValue::N(expected.to_string()));
}

#[tokio::test]
async fn a_hub_that_fails_for_longer_than_the_retention_does_not_affect_the_others() {
    let mut world = World::at("2026-11-01T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    let keeping = || std::sync::Arc::new(world.table.store_keeping(&world.clock, 10));
    world.list("1 Enabled");
    world.hubs.set(&world.watched[1], 2, "Enabled");
    world.watch_over(keeping()).poller.poll_all().await;
    world
        .hubs
        .fail(&world.watched[1], UnreadReason::AccessDenied);
    world.set("2026-11-10T09:00:00Z");
    world.watch_over(keeping()).poller.poll_all().await;
    world.set("2026-11-12T09:00:00Z");
    world.list("1 Resigned");
    let watch = world.watch_over(keeping());
    let channel = crate::support::channel::TestChannel::new();
    deliver_today(&watch, &channel).await.unwrap();
    let posted = channel.digests().remove(0);
    assert_eq!(posted.unread, [world.watched[1].clone()]);
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);
    watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    watch.live.answer(&Query::Now).await.unwrap();
    // It is readable again, and a new history begins.
    world.hubs.recover(&world.watched[1]);
    world.hubs.set(&world.watched[1], 2, "Resigned");
    let polls = watch.poller.poll_all().await;
    let polled = polls[1].1.as_ref().as_ref().unwrap();
    assert!(polled.first);
    assert_eq!(polled.head.version, Version(2));
}

/// Every item of a table with everything stored once.
async fn full_table() -> (World, OutboxId, Vec<Item>) {
    let world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    world.poll().await;
    world.poll_at("2026-11-20T09:00:00Z", "1 Resigned").await;
    let outbox = outbox(2);
    let store = world.store();
    let messages = ["one".to_owned(), "two".to_owned()];
    store.keep_outbox(&outbox, &messages).await.unwrap();
    store
        .save_ledger("C0TEST", &Ledger::default())
        .await
        .unwrap();
    let items = world.table.items("").await;
    (world, outbox, items)
}

fn outbox(messages: usize) -> OutboxId {
    OutboxId {
        channel: "C0TEST".to_owned(),
        subject: Subject::Digest(date("2026-11-20").into()),
        nonce: "nonce".to_owned(),
        messages,
    }
}

/// Reads everything; returns the first error.
async fn read_all(world: &World, outbox: &OutboxId) -> Result<(), StoreError> {
    let (store, hub) = (world.store(), world.hub());
    store.head(hub).await?;
    store.states(&[hub]).await?.remove(0)?;
    for day in store
        .days(hub, date("2026-01-01"), date("2026-12-31"))
        .await?
    {
        let found = store.snapshot(hub, &day).await?;
        assert!(found.is_some(), "the snapshot of {} is missing", day.date);
    }
    store.observations(hub, Version::NONE, Version(9)).await?;
    store.ledger("C0TEST").await?;
    store.outbox(outbox).await?;
    Ok(())
}

#[tokio::test]
async fn an_item_of_another_schema_is_refused_and_named() {
    let (world, outbox, items) = full_table().await;
    read_all(&world, &outbox).await.unwrap();
    assert_eq!(items.len(), 2 + 2 + 2 + 1 + 2 + 1);
    for item in items {
        let mut newer = item.clone();
        newer.insert("schema".to_owned(), AttributeValue::N("2".to_owned()));
        world.table.put(newer).await;
        let error = read_all(&world, &outbox).await.unwrap_err();
        let name = format!("{} {}", text(&item, "pk"), text(&item, "sk"));
        let expected = format!(
            "{name} has schema 2, this version knows schema 1: run the newer version that wrote it"
        );
        assert_eq!(error.to_string(), expected);
        let mut foreign = item.clone();
        foreign.remove("schema");
        world.table.put(foreign).await;
        let error = read_all(&world, &outbox).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{name} is damaged: it has no schema number")
        );
        world.table.put(item).await;
    }
    read_all(&world, &outbox).await.unwrap();
}

#[tokio::test]
async fn an_altered_byte_is_noticed_wherever_it_is() {
    let (world, outbox, items) = full_table().await;
    let mut altered = 0;
    for item in items {
        let Some(AttributeValue::B(data)) = item.get("data") else {
            continue;
        };
        let mut bytes = data.clone().into_inner();
        *bytes.last_mut().unwrap() ^= 1;
        let mut wrong = item.clone();
        wrong.insert("data".to_owned(), AttributeValue::B(Blob::new(bytes)));
        world.table.put(wrong).await;
        let error = read_all(&world, &outbox).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("missing or altered"), "{error}");
        world.table.put(item).await;
        altered += 1;
    }
    assert_eq!(
        altered, 5,
        "two snapshots, one list of changes, one outbox, the recent dates"
    );
}

#[tokio::test]
async fn a_snapshot_that_does_not_add_up_to_its_header_is_damaged() {
    let (world, _, _) = full_table().await;
    let store = world.store();
    let mut day = store.head(world.hub()).await.unwrap().day.unwrap();
    day.counts.add(&MemberStatus::Enabled, 1);
    let error = store.snapshot(world.hub(), &day).await.unwrap_err();
    assert!(error.to_string().contains("do not add up"), "{error}");
}

#[tokio::test]
async fn a_date_whose_members_are_lost_is_damaged_and_not_an_empty_list() {
    let (world, _, _) = full_table().await;
    let lost = world.table.items("SNAPSHOT#2026-11-19").await.remove(0);
    world.table.delete(lost).await;
    let asked = world.on("2026-11-19").await;
    assert_eq!(asked.hubs[0].damage, Some(Damage::History), "{asked:?}");
    assert!(matches!(asked.hubs[0].coverage, Coverage::Missing(_)));
    // Other dates still have answers, because these need only its header.
    assert_eq!(
        changes(&world.on("2026-11-20").await),
        ["Left 1: Enabled → Resigned"]
    );
}

#[tokio::test]
async fn a_missing_table_is_named_with_the_command_that_creates_it() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let mut missing = world.clone();
    missing.table.name = "nowhere".to_owned();
    let (store, hub) = (missing.store(), world.hub());
    let now = time("2026-11-20T09:00:00Z");
    let unread = Unread::new(now, UnreadReason::Throttled);
    let empty = Head::empty();
    let members = snapshot(vec![listed(1, "Enabled")], now);
    let publication = Publication {
        base: &empty,
        date: now.date_naive(),
        read_from: now,
        window: Window {
            after: None,
            at: now,
        },
        snapshot: &members,
        fingerprint: "f",
        readings: Readings::default(),
        changes: &[],
        boundary: None,
    };
    let errors = [
        store.probe().await.unwrap_err(),
        store.head(hub).await.unwrap_err(),
        store.publish(hub, publication).await.unwrap_err(),
        store
            .confirm(hub, &empty, now, now, &empty.readings)
            .await
            .unwrap_err(),
        store
            .mark_unread(hub, &Head::empty(), unread)
            .await
            .unwrap_err(),
        store.day_up_to(hub, now.date_naive()).await.unwrap_err(),
        store
            .save_ledger("C0TEST", &Ledger::default())
            .await
            .unwrap_err(),
        store
            .keep_outbox(&outbox(1), &["one".to_owned()])
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::NoTable { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            "the table nowhere does not exist: run `securityhub-members create-table`, or fix TABLE_NAME or AWS_REGION"
        );
    }
    world.store().probe().await.unwrap();
}

#[tokio::test]
async fn of_two_who_write_one_revision_of_the_ledger_one_loses() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let store = world.store();
    let open = |owner: &str| {
        Some(Delivery {
            subject: Subject::Digest(date("2026-11-20").into()),
            owner: owner.to_owned(),
            stage: Stage::Claimed,
        })
    };
    let done = Delivered {
        date: date("2026-11-20"),
        time: None,
        until: time("2026-11-20T09:00:00Z"),
        covered: [(world.hub().clone(), Version(7))].into(),
        message: MessageId("1.000100".to_owned()),
        silent: None,
        situation: None,
        is_partial: false,
        known: None,
        scope: String::new(),
    };
    let mut base = Ledger::default();
    for round in 0..6 {
        let one = Ledger {
            open: open("one"),
            ..base.clone()
        };
        // Every second write is a transaction.
        let two = match round % 2 {
            0 => Ledger {
                open: open("two"),
                ..base.clone()
            },
            _ => Ledger {
                open: None,
                last: Some(done.clone()),
                ..base.clone()
            },
        };
        let (one_written, two_written) = tokio::join!(
            store.save_ledger("C0TEST", &one),
            store.save_ledger("C0TEST", &two)
        );
        let (written, wanted) = match (one_written.unwrap(), two_written.unwrap()) {
            (Written::Done(written), Written::Lost) => (written, one),
            (Written::Lost, Written::Done(written)) => (written, two),
            both => panic!("one of two wins: {both:?}"),
        };
        assert_eq!(
            written,
            Ledger {
                revision: base.revision + 1,
                ..wanted
            }
        );
        assert_eq!(store.ledger("C0TEST").await.unwrap(), written);
        base = written;
    }
    let concluded = Ledger {
        open: None,
        last: Some(done),
        ..base
    };
    store.save_ledger("C0TEST", &concluded).await.unwrap();
    let keys = world.table.keys("DIGEST#").await;
    assert_eq!(keys, ["DIGEST#C0TEST 2026-11-20", "DIGEST#C0TEST HEAD"]);
}

#[tokio::test]
async fn the_table_is_created_once_with_expiry_and_protection() {
    let engine = Engine::start().await;
    let created = schema::create(&engine.client, "members").await.unwrap();
    assert!(created.new);
    let again = schema::create(&engine.client, "members").await.unwrap();
    assert!(!again.new);
    assert_eq!(again.recovery, created.recovery);
    let described = engine
        .client
        .describe_table()
        .table_name("members")
        .send()
        .await;
    let described = described.unwrap().table.unwrap();
    assert_eq!(described.deletion_protection_enabled, Some(true));
    let keys = described.key_schema();
    let keys: Vec<_> = keys.iter().map(|key| key.attribute_name()).collect();
    assert_eq!(keys, ["pk", "sk"]);
    let expiry = engine
        .client
        .describe_time_to_live()
        .table_name("members")
        .send()
        .await;
    let expiry = expiry.unwrap().time_to_live_description.unwrap();
    assert_eq!(expiry.attribute_name(), Some("expires_at"));
}

#[tokio::test]
async fn a_slow_failed_poll_does_not_hide_a_faster_successful_one() {
    let world = World::at("2026-11-20T08:00:00Z", UTC).await;
    world.list("1 Enabled");
    let base = world.poll().await.head;
    world.poll_at("2026-11-20T09:00:00Z", "").await;
    let unread = Unread::new(time("2026-11-20T08:30:00Z"), UnreadReason::TimedOut);
    let store = world.store();
    store.mark_unread(world.hub(), &base, unread).await.unwrap();
    assert_eq!(store.head(world.hub()).await.unwrap().unread, None);
    let base = store.head(world.hub()).await.unwrap();
    store.mark_unread(world.hub(), &base, unread).await.unwrap();
    assert_eq!(store.head(world.hub()).await.unwrap().unread, Some(unread));
}
