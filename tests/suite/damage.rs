//! Tables with missing, altered or swapped items: every answer is correct or reports damage.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use chrono_tz::UTC;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use securityhub_members::domain::digest::Digest;
use securityhub_members::domain::hub::HubFilter;
use securityhub_members::domain::member::MemberList;
use securityhub_members::domain::query::{Named, Query};
use securityhub_members::domain::report::{Coverage, Damage, HubReport, Nearest, Report};
use securityhub_members::watch::ports::{LedgerStore as _, StoreError};
use securityhub_members::watch::{AccountMatch, Answer, KeptList, Outcome, PollError, Watch};

use crate::support::channel::TestChannel;
use crate::support::hubs::listed;
use crate::support::search::cases;
use crate::support::table::{Item, text};
use crate::support::{World, changes, counts, date, deliver_today, everything, hub, standing};

/// A request to the table's data.
#[derive(Debug, Clone)]
enum Question {
    Ask(Query),
    Home,
    Digest,
}

fn questions() -> Vec<Question> {
    let days: Vec<NaiveDate> = (16..=23)
        .map(|day| date(&format!("2026-11-{day}")))
        .collect();
    let mut questions = vec![Question::Home, Question::Digest, Question::Ask(Query::Now)];
    let mut ask = |query| questions.push(Question::Ask(query));
    for (index, &first) in days.iter().enumerate() {
        ask(Query::On(first));
        for &last in days[index + 1..].iter().step_by(3) {
            ask(Query::Between { first, last });
        }
    }
    for account in 1..=4_u64 {
        let id = format!("{account:012}").parse().unwrap();
        ask(Query::Account(Named::Id(id)));
    }
    ask(Query::Status {
        statuses: Vec::new(),
        regions: Vec::new(),
    });
    questions
}

/// The answer, without the times of checks.
#[derive(Debug, Clone, PartialEq)]
enum Learnt {
    /// A normal answer.
    Said(Vec<String>),
    /// Damage was reported.
    Damaged,
}

fn is_damaged(hubs: &[HubReport]) -> bool {
    hubs.iter().any(|hub| hub.damage.is_some())
}

fn said(report: &Report) -> Vec<String> {
    let mut said = changes(report);
    said.extend(standing(report));
    said.push(counts(&report.counts));
    said.push(report.accounts.to_string());
    for hub in &report.hubs {
        let coverage = match hub.coverage {
            Coverage::Compared { from, to } => format!("{} to {}", from.date, to.date),
            Coverage::First { to } => format!("from {}", to.date),
            Coverage::Missing(nearest) => format!("{nearest:?}"),
        };
        said.push(format!("{} {coverage} {:?}", hub.hub, hub.unread));
    }
    said
}

async fn learn(watch: &Arc<Watch>, question: &Question) -> Learnt {
    let learnt = try_to_learn(watch, question).await;
    match learnt {
        Ok(learnt) => learnt,
        Err(StoreError::Damaged { .. } | StoreError::Schema { .. }) => Learnt::Damaged,
        Err(error) => panic!("{question:?}: {error}"),
    }
}

async fn try_to_learn(watch: &Arc<Watch>, question: &Question) -> Result<Learnt, StoreError> {
    let today = watch.calendar.today();
    let (hubs, said) = match question {
        Question::Home => {
            let overview = watch.overviews.overview(&HubFilter::ALL, None).await?;
            let mut described = said(&overview.now);
            described.extend(said(&overview.week));
            (overview.now.hubs, described)
        }
        Question::Digest => {
            let digest = watch
                .deliveries
                .preview("C0TEST", &everything(), today)
                .await?;
            let mut described = said(&digest.report);
            described.push(format!("{:?} {:?}", digest.since, digest.covered));
            (digest.report.hubs, described)
        }
        Question::Ask(query) => match watch.answers.answer_from_store(query).await? {
            Answer::Report(reported) => {
                let described = said(&reported.report);
                (reported.report.hubs, described)
            }
            Answer::NoSnapshot(none) if !none.damaged.is_empty() => return Ok(Learnt::Damaged),
            Answer::NoSnapshot(none) => {
                let described = format!("{:?} {:?}", none.nearest, none.range);
                (Vec::new(), vec![described])
            }
            Answer::Account(answer) => match answer.known {
                AccountMatch::History(history) => {
                    let described = format!(
                        "{:?} {:?} {:?}",
                        history.now, history.happened, history.since
                    );
                    (history.hubs, vec![described])
                }
                other => panic!("a history expected, not {other:?}"),
            },
            Answer::Status(answer) => {
                let described = said(&answer.report);
                (answer.report.hubs, described)
            }
            Answer::Help => panic!("no answer"),
        },
    };
    Ok(match is_damaged(&hubs) {
        true => Learnt::Damaged,
        false => Learnt::Said(said),
    })
}

/// An intact history with all earlier versions of its items.
struct Good {
    world: World,
    items: Vec<Item>,
    earlier: Vec<(usize, Item)>,
    learnt: Vec<(Question, Learnt)>,
}

type Name = (String, String);

fn name(item: &Item) -> Name {
    (text(item, "pk").to_owned(), text(item, "sk").to_owned())
}

/// Two hubs over a week: days with changes, without changes and without polls, several polls on
/// one day, and digests to two channels.
async fn good_history() -> Good {
    let mut world = World::at("2026-11-16T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    let mut all = BTreeMap::<Name, Vec<Item>>::new();
    let channels = [TestChannel::new(), TestChannel::named("C0OTHER")];
    for (at, first, second, digests) in [
        (
            "16T09:00",
            "1 Enabled, 2 Enabled, 3 Invited",
            "1 Enabled",
            &[0][..],
        ),
        ("16T12:00", "3 Enabled", "", &[]),
        ("17T09:00", "", "2 Enabled", &[0, 1]),
        ("17T10:00", "2 Resigned", "", &[]),
        ("18T09:00", "", "", &[0]),
        ("20T09:00", "4 Enabled", "1 Resigned", &[1]),
        ("20T15:00", "1 Removed", "", &[]),
        ("21T09:00", "2 Enabled", "1 Enabled", &[0]),
        ("22T09:00", "1 Enabled", "2 Removed", &[]),
        ("22T18:00", "3 Resigned", "", &[]),
    ] {
        world.set(&format!("2026-11-{at}:00Z"));
        for (hub, members) in world.watched.iter().zip([first, second]) {
            for member in members.split(", ").filter(|member| !member.is_empty()) {
                let (account, status) = member.split_once(' ').unwrap();
                world.hubs.set(hub, account.parse().unwrap(), status);
            }
        }
        world.poll().await;
        for &channel in digests {
            world.deliver(&channels[channel]).await.unwrap();
        }
        for item in world.table.items("").await {
            let values = all.entry(name(&item)).or_default();
            if values.last() != Some(&item) {
                values.push(item);
            }
        }
    }
    world.set("2026-11-22T20:00:00Z");
    let items = world.table.items("").await;
    let mut earlier = Vec::new();
    for (index, item) in items.iter().enumerate() {
        for value in all.remove(&name(item)).into_iter().flatten() {
            if value != *item {
                earlier.push((index, value));
            }
        }
    }
    let watch = world.watch();
    let mut learnt = Vec::new();
    for question in questions() {
        let right = learn(&watch, &question).await;
        assert_ne!(right, Learnt::Damaged, "{question:?}");
        learnt.push((question, right));
    }
    Good {
        world,
        items,
        earlier,
        learnt,
    }
}

/// A manipulation of the table.
#[derive(Debug, Clone)]
enum Deed {
    Delete(usize),
    /// One item over another of its kind.
    CopyOver(usize, usize),
    /// Two items of a kind swapped.
    Swap(usize, usize),
    RollBack(usize),
    Alter(usize, usize),
    Drop(usize, usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let one = || any::<u16>().prop_map(usize::from);
    prop_oneof![
        2 => one().prop_map(Deed::Delete),
        4 => (one(), one()).prop_map(|(from, to)| Deed::CopyOver(from, to)),
        3 => (one(), one()).prop_map(|(one, other)| Deed::Swap(one, other)),
        4 => one().prop_map(Deed::RollBack),
        4 => (one(), one()).prop_map(|(item, attribute)| Deed::Alter(item, attribute)),
        3 => (one(), one()).prop_map(|(item, attribute)| Deed::Drop(item, attribute)),
    ]
}

/// Items of one kind could be confused.
fn kind(item: &Item) -> (String, String) {
    let (pk, sk) = name(item);
    let word = |text: &str| {
        text.split(['#', '-', '0', '1', '2'])
            .next()
            .unwrap()
            .to_owned()
    };
    (word(&pk), word(&sk))
}

fn at(item: &Item, place: &Item) -> Item {
    let mut moved = item.clone();
    for key in ["pk", "sk"] {
        moved.insert(key.to_owned(), place[key].clone());
    }
    moved
}

fn altered(value: &AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::S(text) => AttributeValue::S(format!("{text}x")),
        AttributeValue::N(number) => {
            AttributeValue::N((number.parse::<i64>().unwrap() - 1).to_string())
        }
        AttributeValue::B(blob) => {
            let mut bytes = blob.clone().into_inner();
            *bytes.last_mut().unwrap() ^= 1;
            AttributeValue::B(Blob::new(bytes))
        }
        AttributeValue::M(values) => {
            let mut values = values.clone();
            if let Some(value) = values.values_mut().next() {
                *value = altered(value);
            }
            AttributeValue::M(values)
        }
        AttributeValue::L(values) => AttributeValue::L(values[1..].to_vec()),
        _ => AttributeValue::S("x".to_owned()),
    }
}

impl Good {
    /// The items that a manipulation writes and removes.
    fn done(&self, deed: &Deed) -> (Vec<Item>, Vec<Item>) {
        let one = |index: &usize| &self.items[index % self.items.len()];
        let like = |item: &Item, index: &usize| {
            let alike = self.items.iter().filter(|other| kind(other) == kind(item));
            let alike: Vec<_> = alike.collect();
            alike[index % alike.len()].clone()
        };
        let attribute = |item: &Item, index: &usize| {
            let names = item.keys().filter(|name| *name != "pk" && *name != "sk");
            let mut names: Vec<_> = names.collect();
            names.sort();
            names[index % names.len()].clone()
        };
        match deed {
            Deed::Delete(item) => (Vec::new(), vec![one(item).clone()]),
            Deed::CopyOver(from, to) => {
                let from = one(from);
                (vec![at(from, &like(from, to))], Vec::new())
            }
            Deed::Swap(item, other) => {
                let item = one(item);
                let other = like(item, other);
                (vec![at(item, &other), at(&other, item)], Vec::new())
            }
            Deed::RollBack(index) => {
                let (_, value) = &self.earlier[index % self.earlier.len()];
                (vec![value.clone()], Vec::new())
            }
            Deed::Alter(item, index) => {
                let mut item = one(item).clone();
                let name = attribute(&item, index);
                let value = altered(&item[&name]);
                item.insert(name, value);
                (vec![item], Vec::new())
            }
            Deed::Drop(item, index) => {
                let mut item = one(item).clone();
                let name = attribute(&item, index);
                item.remove(&name);
                (vec![item], Vec::new())
            }
        }
    }

    /// Manipulates the table, checks all answers, and restores it.
    async fn try_out(&self, deed: &Deed) -> Result<usize, TestCaseError> {
        let (written, deleted) = self.done(deed);
        for item in &written {
            self.world.table.put(item.clone()).await;
        }
        for item in &deleted {
            self.world.table.delete(item.clone()).await;
        }
        let names: Vec<_> = written.iter().chain(&deleted).map(name).collect();
        let watch = self.world.watch();
        let mut damaged = 0;
        let mut wrong = None;
        // Concurrently, because damaged items are read again after a pause.
        let asked = self
            .learnt
            .iter()
            .map(|(question, _)| learn(&watch, question));
        let asked = futures::future::join_all(asked).await;
        for ((question, right), learnt) in self.learnt.iter().zip(asked) {
            match learnt {
                Learnt::Damaged => damaged += 1,
                said if said == *right => {}
                said => {
                    wrong = Some(format!(
                        "{deed:?} {names:?}\n{question:?}\n{said:?}\n{right:?}"
                    ));
                    break;
                }
            }
        }
        for item in &self.items {
            if names.contains(&name(item)) {
                self.world.table.put(item.clone()).await;
            }
        }
        match wrong {
            Some(wrong) => Err(TestCaseError::fail(wrong)),
            None => Ok(damaged),
        }
    }
}

#[test]
fn no_damage_makes_an_answer_silently_wrong() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let good = runtime.block_on(good_history());
    // Each deletion and each rollback once; other manipulations at random.
    let mut damaged = 0;
    let items = good.items.len();
    for item in 0..items {
        let deed = Deed::Delete(item);
        damaged += usize::from(runtime.block_on(good.try_out(&deed)).unwrap() > 0);
    }
    let values = good.earlier.len();
    for value in 0..values {
        let deed = Deed::RollBack(value);
        damaged += usize::from(runtime.block_on(good.try_out(&deed)).unwrap() > 0);
    }
    assert!(damaged > items / 4, "{damaged} of {items} and {values}");
    let config = Config {
        // Each case takes a second.
        cases: cases(16),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&deed(), |deed| {
        runtime.block_on(good.try_out(&deed)).map(drop)
    });
    if let Err(wrong) = tried {
        panic!("{wrong}");
    }
    println!("items {items}, earlier values {values}, said to be damaged {damaged}");
}

/// The only item with this key.
async fn item(world: &World, key: &str) -> Item {
    let mut items = world.table.items("").await;
    items.retain(|item| format!("{} {}", text(item, "pk"), text(item, "sk")) == key);
    assert_eq!(items.len(), 1, "{key}");
    items.remove(0)
}

/// Deletes it.
async fn delete(world: &World, key: &str) -> Item {
    let item = item(world, key).await;
    world.table.delete(item.clone()).await;
    item
}

/// Two hubs with a digest on the 19th. On the 20th, account 1 of the first and account 2 of the
/// second left.
async fn two_departures() -> (World, TestChannel) {
    let channel = TestChannel::new();
    let mut world = World::at("2026-11-19T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    world.list("1 Enabled");
    world.hubs.set(&world.watched[1], 2, "Enabled");
    deliver(&world, &channel).await;
    world.hubs.set(&world.watched[1], 2, "Resigned");
    world.poll_at("2026-11-20T08:00:00Z", "1 Resigned").await;
    world.set("2026-11-20T09:00:00Z");
    (world, channel)
}

/// A new process delivers today's digest.
async fn deliver(world: &World, channel: &TestChannel) -> Outcome {
    world.deliver(channel).await.unwrap()
}

/// The digest that a new process would deliver today.
async fn preview(world: &World) -> Digest {
    let (watch, readers) = (world.watch(), everything());
    let previewed = watch.deliveries.preview("C0TEST", &readers, world.today());
    previewed.await.unwrap()
}

#[tokio::test]
async fn a_digest_names_the_damaged_hub_reports_the_others_and_the_next_one_has_the_rest() {
    let (world, channel) = two_departures().await;
    let changes = delete(&world, "HUB#111122223333/eu-west-1 CHANGES#000000000002").await;
    let watch = world.watch();
    deliver_today(&watch, &channel).await.unwrap();
    let posted = channel.digests().pop().unwrap();
    assert_eq!(posted.unknown, [world.hub().clone()]);
    assert_eq!(posted.changes(), ["2: Enabled → Resigned"]);
    let answer = world.now().await;
    assert_eq!(answer.hubs[0].damage, Some(Damage::History));
    assert_eq!(answer.hubs[1].damage, None);
    // The audit reports the missing item until it is back.
    let audited = watch.audit.run().await;
    let error = audited[0].1.as_ref().unwrap_err().to_string();
    assert!(
        error.starts_with("HUB#111122223333/eu-west-1 CHANGES#000000000002"),
        "{error}"
    );
    assert!(audited[1].1.is_ok());
    world.table.put(changes).await;
    assert!(watch.audit.run().await[0].1.is_ok());
    assert!(watch.audit.run().await.is_empty());
    world.set("2026-11-21T09:00:00Z");
    deliver(&world, &channel).await;
    let posted = channel.digests().pop().unwrap();
    assert!(posted.unknown.is_empty());
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);
}

#[tokio::test]
async fn nothing_is_published_over_a_head_that_is_lost_or_an_older_one() {
    let (world, _) = two_departures().await;
    let head = item(&world, "HUB#111122223333/eu-west-1 HEAD").await;
    world.poll_at("2026-11-20T10:00:00Z", "1 Enabled").await;
    world.list("3 Enabled");
    for older in [Some(head), None] {
        let lost = delete(&world, "HUB#111122223333/eu-west-1 HEAD").await;
        if let Some(older) = older {
            world.table.put(older).await;
        }
        let before = world.table.items("HUB#111122223333/eu-west-1").await;
        let polls = world.watch().poller.poll_all().await;
        let error = polls[0].1.as_ref().as_ref().unwrap_err();
        assert!(
            matches!(error, PollError::Store(StoreError::Damaged { .. })),
            "{error}"
        );
        assert!(polls[1].1.is_ok());
        let after = world.table.items("HUB#111122223333/eu-west-1").await;
        assert_eq!(after, before);
        assert_eq!(world.now().await.hubs[0].damage, Some(Damage::History));
        let cases = world.watch().cases.list().await.unwrap();
        assert_eq!(cases.damaged, [hub("eu-west-1")]);
        world.table.put(lost).await;
    }
    assert_eq!(world.poll().await.changes.len(), 1);
}

#[tokio::test]
async fn a_history_that_was_deleted_begins_again_and_one_digest_says_so() {
    let (world, channel) = two_departures().await;
    deliver(&world, &channel).await;
    for item in world.table.items("HUB#111122223333/eu-west-1").await {
        world.table.delete(item).await;
    }
    world.set("2026-11-21T09:00:00Z");
    world.list("1 Enabled");
    world.watch().poller.poll_all().await;
    let previewed = preview(&world).await;
    assert_eq!(previewed.report.hubs[0].damage, Some(Damage::Restarted));
    assert_eq!(previewed.report.hubs[1].damage, None);
    deliver(&world, &channel).await;
    world.set("2026-11-22T09:00:00Z");
    world.list("1 Resigned");
    deliver(&world, &channel).await;
    let posted = channel.digests().pop().unwrap();
    assert_eq!(posted.changes(), ["1: Enabled → Resigned"]);
    let previewed = preview(&world).await;
    assert_eq!(previewed.report.hubs[0].damage, None);
}

#[tokio::test]
async fn a_ledger_that_is_lost_altered_or_older_goes_on_from_the_last_digest() {
    let (world, channel) = two_departures().await;
    let older = item(&world, "DIGEST#C0TEST HEAD").await;
    deliver(&world, &channel).await;
    let ledger = world.store().ledger("C0TEST").await.unwrap();
    let current = delete(&world, "DIGEST#C0TEST HEAD").await;
    let mut altered = current.clone();
    altered.insert("last".to_owned(), AttributeValue::Null(true));
    for damaged in [None, Some(older), Some(altered)] {
        if let Some(damaged) = damaged {
            world.table.put(damaged).await;
        }
        let outcome = deliver(&world, &channel).await;
        let due = world.today().into();
        assert_eq!(outcome, Outcome::AlreadyDelivered { due });
        let previewed = preview(&world).await;
        assert_eq!(previewed.covered, ledger.last.as_ref().unwrap().covered);
    }
    assert_eq!(channel.digests().len(), 2);
}

#[tokio::test]
async fn data_of_release_0_2_0_is_read_without_a_finding() {
    let (world, channel) = two_departures().await;
    deliver(&world, &channel).await;
    let right = world.on("2026-11-20").await;
    for mut item in world.table.items("").await {
        // Head and ledger contain days, which contain the links.
        for name in ["seal", "before"] {
            item.remove(name);
        }
        if let Some(AttributeValue::M(day)) = item.get_mut("day") {
            day.retain(|name, _| !["before", "changed", "expires_at"].contains(&name.as_str()));
        }
        world.table.put(item).await;
    }
    assert_eq!(world.on("2026-11-20").await, right);
    world.poll_at("2026-11-21T09:00:00Z", "1 Enabled").await;
    let report = world.on("2026-11-21").await;
    assert_eq!(changes(&report), ["Joined 1: Resigned → Enabled"]);
    assert_eq!(report.hubs[0].damage, None);
    for (hub, audited) in world.watch().audit.run().await {
        assert!(audited.is_ok(), "{hub}: {audited:?}");
    }
}

#[tokio::test]
async fn a_date_that_is_missing_among_old_ones_is_not_taken_for_a_day_without_a_poll() {
    let world = World::at("2026-09-30T09:00:00Z", UTC).await;
    for day in 1..=45_u64 {
        world.clock.advance(chrono::TimeDelta::days(1));
        let status = ["Enabled", "Resigned"][usize::from(day % 10 == 0)];
        world.hubs.set(world.hub(), 1, status);
        world.poll().await;
    }
    let asked = Query::On(date("2026-10-03"));
    let right = world.on("2026-10-03").await;
    assert_eq!(right.hubs[0].damage, None);
    delete(&world, "HUB#111122223333/eu-west-1 DAY#2026-10-03").await;
    for query in [asked, Query::On(date("2026-10-04"))] {
        match world.ask(&query).await {
            Answer::Report(reported) => assert!(is_damaged(&reported.report.hubs), "{query}"),
            other => panic!("{query}: {other:?}"),
        }
    }
    assert!(world.watch().audit.run().await[0].1.is_err());
}

#[tokio::test]
async fn damage_of_one_hub_hides_the_nearest_dates_of_no_other() {
    let mut world = World::at("2026-11-18T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    world.hubs.set(&world.watched[1], 2, "Enabled");
    world.poll_at("2026-11-18T09:00:00Z", "1 Enabled").await;
    world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    let key = "HUB#111122223333/eu-west-1 DAY#2026-11-18";
    let mut item = world.table.items("HUB#").await;
    item.retain(|item| format!("{} {}", text(item, "pk"), text(item, "sk")) == key);
    let mut item = item.remove(0);
    item.insert("version".to_owned(), AttributeValue::S("seven".to_owned()));
    world.table.put(item).await;
    let none = world.nothing_on("2026-11-25").await;
    assert_eq!(none.damaged, [world.hub().clone()]);
    assert_eq!(none.nearest.before, Some(date("2026-11-20")));
    assert_eq!(none.range, Some((date("2026-11-18"), date("2026-11-20"))));
    let report = world.on("2026-11-10").await;
    assert_eq!(report.hubs[0].damage, Some(Damage::History));
    let nearest = Nearest {
        before: None,
        after: Some(date("2026-11-18")),
    };
    assert_eq!(report.hubs[1].coverage, Coverage::Missing(nearest));
}

#[tokio::test]
async fn imported_days_and_their_changes_are_missed_too() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    let kept = |day: u32, status: &str| KeptList {
        at: format!("2026-11-{day}T00:30:00Z").parse().unwrap(),
        list: MemberList::new(vec![listed(1, status)]),
    };
    let lists = vec![
        kept(10, "Enabled"),
        kept(11, "Resigned"),
        kept(12, "Enabled"),
    ];
    let keep_from = "2026-01-01T00:00:00Z".parse().unwrap();
    let (watch, hub) = (world.watch(), world.hub());
    watch
        .importer
        .import(hub, lists, keep_from, false, |_, _| ())
        .await
        .unwrap();
    world.poll_at("2026-11-20T09:00:00Z", "1 Resigned").await;
    let account = Query::Account(Named::Id("000000000001".parse().unwrap()));
    let is_whole = async || match world.ask(&account).await {
        Answer::Account(answer) => match answer.known {
            AccountMatch::History(history) => !is_damaged(&history.hubs),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert!(is_whole().await);
    let mut missed = 0;
    for item in world.table.items("HUB#").await {
        let sk = text(&item, "sk");
        if sk.starts_with("CHANGES#") || sk.starts_with("DAY#") {
            world.table.delete(item.clone()).await;
            // The head contains the current day, so the answer is correct.
            assert_eq!(is_whole().await, sk == "DAY#2026-11-20", "{sk}");
            assert!(world.watch().audit.run().await[0].1.is_err(), "{sk}");
            world.table.put(item).await;
            missed += 1;
        }
    }
    assert_eq!(missed, 2 + 1 + 4);
    assert!(is_whole().await);
}
