//! Lists at and above DynamoDB's limits for items and transactions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use securityhub_members::domain::emails::EmailView;

use super::*;
use crate::support::table::Table;

/// AWS's limit for members in a Region.
const MEMBERS: u64 = 10_000;

/// An endless sequence of random numbers (SplitMix64).
fn random() -> impl FnMut() -> u64 {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let mut state = SEED.fetch_add(1 << 32, Ordering::Relaxed);
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Members with incompressible addresses: `letters` characters of about 6 bits.
fn incompressible(count: u64, letters: usize, status: &str) -> Vec<Listed> {
    let mut random = random();
    let alphabet: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut member = |account| {
        let letter = |_| alphabet[(random() % alphabet.len() as u64) as usize];
        let email = (0..letters).map(letter).collect();
        Listed {
            email: Some(email),
            ..listed(account, status)
        }
    };
    (1..=count).map(&mut member).collect()
}

/// Members like those of a large organization: random IDs, addresses made of team, system and
/// stage, invitations in batches, and an update time for each. Without the times, they take half
/// of the bytes.
fn realistic(count: u64) -> Vec<Listed> {
    const TEAMS: [&str; 12] = [
        "payments",
        "search",
        "identity",
        "ledger",
        "risk",
        "mobile",
        "catalog",
        "checkout",
        "platform",
        "insights",
        "pricing",
        "logistics",
    ];
    const SYSTEMS: [&str; 10] = [
        "api",
        "web",
        "batch",
        "events",
        "reports",
        "warehouse",
        "stream",
        "portal",
        "sync",
        "vault",
    ];
    const STAGES: [&str; 4] = ["prod", "staging", "dev", "sandbox"];
    let mut random = random();
    let mut pick = |from: &[&'static str]| from[(random() % from.len() as u64) as usize];
    let mut ids = self::random();
    let start = time("2024-01-01T00:00:00Z");
    let mut member = |index: u64| {
        let (team, system, stage) = (pick(&TEAMS), pick(&SYSTEMS), pick(&STAGES));
        let status = match ids() % 100 {
            0 => "Resigned",
            1 => "Removed",
            2..5 => "Invited",
            _ => "Enabled",
        };
        let invited = start + TimeDelta::minutes((index / 40 * 1440) as i64 + (ids() % 600) as i64);
        Listed {
            email: Some(format!("aws+{team}-{system}-{stage}-{}@example.com", ids() % 1000).into()),
            invited_at: Some(invited),
            updated_at: Some(invited + TimeDelta::seconds((ids() % 864_000) as i64)),
            ..listed(ids() % 1_000_000_000_000, status)
        }
    };
    (0..count).map(&mut member).collect()
}

/// The number of parts of a snapshot or of changes, and their bytes.
async fn size(table: &Table, prefix: &str) -> (usize, usize) {
    let items = table.items(prefix).await;
    let data = items
        .iter()
        .filter_map(|item| item.get("data")?.as_b().ok());
    (items.len(), data.map(|data| data.as_ref().len()).sum())
}

/// Drops the work after this number of polls, as if its process was killed.
async fn stop_after<T>(polls: usize, work: impl Future<Output = T>) {
    let mut work = std::pin::pin!(work);
    for _ in 0..polls {
        let once = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context)));
        assert!(once.await.is_pending(), "it was too quick to die");
        let mut woken = false;
        std::future::poll_fn(|_| match std::mem::replace(&mut woken, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

#[tokio::test]
async fn ten_thousand_members_fit_into_one_item() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let (store, at) = (world.store(), time("2026-11-20T09:00:00Z"));
    let members = snapshot(realistic(MEMBERS), at);
    let Written::Done(head) =
        publish(&store, world.hub(), (&Head::empty(), at), &members, &[]).await
    else {
        panic!("nobody else publishes");
    };
    let (parts, bytes) = size(&world.table, "SNAPSHOT#").await;
    println!("{MEMBERS} members take {bytes} bytes");

    assert_eq!(parts, 1);
    assert!(bytes <= 200_000, "{bytes} bytes");
    assert_current(&store, world.hub(), &head, &members).await;
}

#[tokio::test]
async fn changes_beyond_one_item_are_read_back_in_order() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let hub = world.hub();
    let before = incompressible(MEMBERS, 60, "Enabled");
    world.hubs.set_all(hub, before.clone());
    world.poll().await;
    let gone = before.into_iter().map(|member| Listed {
        status: MemberStatus::Resigned,
        ..member
    });
    world.hubs.set_all(hub, gone);
    let polled = world.poll_at("2026-11-20T10:00:00Z", "").await;
    let (parts, bytes) = size(&world.table, "CHANGES#").await;
    assert!(parts > 1 && bytes > 350_000, "{parts} parts, {bytes} bytes");
    // A small list of changes after a large one.
    world.poll_at("2026-11-20T11:00:00Z", "1 Enabled").await;
    let seen = world
        .store()
        .observations(hub, Version(1), Version(3))
        .await
        .unwrap();
    assert_eq!(seen.len(), 2);
    assert!(
        seen[0].changes == polled.changes,
        "other changes are stored"
    );
    assert_eq!(seen[0].changes.len() as u64, MEMBERS);
    assert_eq!(seen[1].changes.len(), 1);
    // A lost part is an error, not a shorter list.
    let lost = world.table.items("CHANGES#").await.remove(0);
    world.table.delete(lost).await;
    let asked = world
        .store()
        .observations(hub, Version(1), Version(3))
        .await;
    assert!(matches!(asked, Err(StoreError::Damaged { .. })));
}

#[tokio::test]
async fn a_snapshot_beyond_one_transaction_is_whole_or_not_there() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let (store, hub) = (world.store(), world.hub());
    let at = |hour: i64| time("2026-11-20T09:00:00Z") + TimeDelta::hours(hour);
    let done = |written| match written {
        Written::Done(head) => head,
        Written::Lost => panic!("nobody else publishes"),
    };
    let small = snapshot(vec![listed(1, "Enabled")], at(0));
    let base = done(publish(&store, hub, (&Head::empty(), at(0)), &small, &[]).await);

    // A writer that is killed between two parts leaves the old state.
    let large = snapshot(incompressible(20_000, 250, "Enabled"), at(1));
    let publishing = publish(&store, hub, (&base, at(1)), &large, &[]);
    stop_after(9, publishing).await;
    assert_current(&store, hub, &base, &small).await;
    let left = world.table.keys("SNAPSHOT#").await.len();
    assert!(left > 3, "parts of dead writers: {left}");

    // With two writers of the same version, one wins, and all parts are its own.
    let other = snapshot(incompressible(20_000, 250, "Invited"), at(1));
    let (one, two) = tokio::join!(
        publish(&store, hub, (&base, at(1)), &large, &[]),
        publish(&store, hub, (&base, at(1)), &other, &[]),
    );
    let (head, members) = match (one, two) {
        (Written::Done(head), Written::Lost) => (head, large),
        (Written::Lost, Written::Done(head)) => (head, other),
        both => panic!("one of two wins: {both:?}"),
    };
    let parts = head.day.as_ref().unwrap().content.parts;
    assert!(parts > 10, "{parts} parts");
    assert_current(&store, hub, &head, &members).await;
    // A reader with the old header either reads the complete snapshot or finds that it was
    // replaced.
    let old = store
        .snapshot(hub, base.day.as_ref().unwrap())
        .await
        .unwrap();
    assert!(old.is_none_or(|old| *old == small));

    // A small snapshot of the same date deletes the parts of the large one.
    let before = world.table.keys("SNAPSHOT#").await.len();
    let last = done(publish(&store, hub, (&head, at(2)), &small, &[]).await);
    assert_current(&store, hub, &last, &small).await;
    assert_eq!(
        world.table.keys("SNAPSHOT#").await.len(),
        before - parts + 1
    );
    assert_eq!(
        store
            .snapshot(hub, head.day.as_ref().unwrap())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_digest_of_many_messages_is_kept_and_read_in_order() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let store = world.store();
    let emails = incompressible(20_000, 50, "Enabled");
    let lines = emails.iter().filter_map(|member| {
        let email = member.email.as_ref()?;
        email.seen(EmailView::Shown).map(str::to_owned)
    });
    let lines: Vec<_> = lines.collect();
    let messages: Vec<_> = lines.chunks(100).map(|lines| lines.join("\n")).collect();
    let kept = outbox(messages.len());
    store.keep_outbox(&kept, &messages).await.unwrap();
    let (items, bytes) = size(&world.table, "OUTBOX#").await;
    assert!(items > 2 && bytes > 350_000, "{items} items, {bytes} bytes");
    assert!(store.outbox(&kept).await.unwrap() == Some(messages));

    let other = OutboxId {
        nonce: "another".to_owned(),
        ..kept.clone()
    };
    assert_eq!(store.outbox(&other).await.unwrap(), None);
    let lost = world.table.items("OUTBOX#").await.remove(1);
    world.table.delete(lost).await;
    assert_eq!(store.outbox(&kept).await.unwrap(), None, "not a part of it");
}
