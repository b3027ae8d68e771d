//! Random histories against an obvious oracle: members that come, go and
//! vanish in two hubs, polls by up to three replicas, digests, days without a
//! run, a clock that jumps, lists that cannot be read, processes that die or
//! fail at any step and are started again, and a Slack that loses answers.

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::hub::Version;
use securityhub_members::domain::member::MemberStatus;

use super::*;
use crate::support::cases;
use crate::support::channel::Item;
use crate::support::table::Engine;

const STATUSES: [&str; 6] = [
    "-",
    "Invited",
    "Enabled",
    "Resigned",
    "Removed",
    "Quarantined",
];

/// What happens next.
#[derive(Debug, Clone)]
enum Event {
    /// An account goes to a status.
    Member {
        hub: usize,
        account: u64,
        status: &'static str,
    },
    /// A hub's list can no longer be read, or can be again.
    Readable { hub: usize, readable: bool },
    /// The clock moves; back, too.
    Hours(i64),
    /// A process polls, with a fault; then one without a fault does.
    Poll(Option<(usize, Fault)>),
    /// That many processes poll at once.
    Polls(usize),
    /// A process polls and tells of unread hubs, with a fault and on a bad day
    /// of Slack; then others do until it is done.
    Notify {
        fault: Option<(usize, Fault)>,
        slack: Vec<Mishap>,
    },
    /// One to three processes deliver, one of them with a fault and all on a
    /// bad day of Slack; then others do until it is done.
    Deliver {
        replicas: usize,
        fault: Option<(usize, Fault)>,
        slack: Vec<Mishap>,
    },
}

fn event() -> impl Strategy<Value = Event> {
    // At one of about that many steps, so that most of them are reached.
    let fault = |steps: usize| {
        let fault = (1..steps, proptest::sample::select(&Fault::ALL));
        proptest::option::weighted(0.7, fault)
    };
    let mishap = proptest::sample::select(vec![
        Mishap::None,
        Mishap::Refused,
        Mishap::Busy(Duration::from_secs(3600)),
        Mishap::AnswerLost,
        Mishap::RequestLost,
        Mishap::TakenLate(Duration::from_millis(10)),
        Mishap::TakenLate(Duration::from_millis(12)),
        Mishap::TakenLate(Duration::from_millis(21)),
        Mishap::TakenLate(Duration::from_millis(37)),
        Mishap::TakenLate(Duration::from_millis(49)),
        Mishap::TakenWhenTold,
    ]);
    let status = proptest::sample::select(&STATUSES);
    prop_oneof![
        8 => (0..2_usize, 1..5_u64, status)
            .prop_map(|(hub, account, status)| Event::Member { hub, account, status }),
        3 => (0..2_usize, any::<bool>())
            .prop_map(|(hub, readable)| Event::Readable { hub, readable }),
        5 => (-20..60_i64).prop_map(Event::Hours),
        2 => fault(10).prop_map(Event::Poll),
        1 => (2..4_usize).prop_map(Event::Polls),
        3 => (fault(20), proptest::collection::vec(mishap.clone(), 0..3))
            .prop_map(|(fault, slack)| Event::Notify { fault, slack }),
        4 => (1..4_usize, fault(30), proptest::collection::vec(mishap, 0..4))
            .prop_map(|(replicas, fault, slack)| Event::Deliver { replicas, fault, slack }),
    ]
}

type Account = (HubId, u64);
type Step = (Option<MemberStatus>, Option<MemberStatus>);

/// What has to be told: the steps of each account between the lists that were
/// read, one after the other.
#[derive(Default)]
struct Oracle {
    now: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    unreadable: Vec<HubId>,
    /// When the first look of an unbroken row of vain ones was.
    unread_since: BTreeMap<HubId, DateTime<Utc>>,
    read: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    steps: BTreeMap<Account, Vec<Step>>,
    /// The dates of the digests, in the order in which they came.
    dates: Vec<NaiveDate>,
    /// How many processes met a fault.
    faults: usize,
}

impl Oracle {
    /// Whether a digest of that date may follow the last one: each date has
    /// one. A date that has not come, by more than the day by which two clocks
    /// may differ, is a wrong clock's. It must not keep the bot silent until
    /// then.
    fn may_follow(&self, date: NaiveDate, today: NaiveDate) -> bool {
        let last = self.dates.last();
        last.is_none_or(|&last| last < date || last > today + TimeDelta::days(1))
    }

    /// Every hub that can be read is read.
    fn look(&mut self, hubs: &[HubId], now: DateTime<Utc>) {
        for hub in hubs {
            if self.unreadable.contains(hub) {
                self.unread_since.entry(hub.clone()).or_insert(now);
                continue;
            }
            self.unread_since.remove(hub);
            let list = self.now.get(hub).cloned().unwrap_or_default();
            let Some(before) = self.read.insert(hub.clone(), list.clone()) else {
                continue;
            };
            for account in 1..5 {
                let step = (before.get(&account), list.get(&account));
                if step.0 != step.1 {
                    let steps = self.steps.entry((hub.clone(), account)).or_default();
                    steps.push((step.0.cloned(), step.1.cloned()));
                }
            }
        }
    }
}

/// What a search has tried.
#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    histories: usize,
    events: usize,
    /// Processes that died or failed at a chosen request.
    faults: usize,
    digests: usize,
    notices: usize,
}

/// The steps that the digests told, in their order.
fn told(digests: &[Told]) -> BTreeMap<Account, Vec<Step>> {
    let mut told = BTreeMap::<_, Vec<Step>>::new();
    for path in digests.iter().flat_map(|digest| &digest.paths) {
        let steps = path.states.windows(2);
        let steps = steps.map(|step| (step[0].clone(), step[1].clone()));
        let account = (path.hub.clone(), path.account.as_u64());
        told.entry(account).or_default().extend(steps);
    }
    told
}

/// Lives through a history.
async fn live(engine: &Engine, history: &[Event]) -> Tried {
    let mut world = World::in_engine(engine, "2026-11-02T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    let channel = TestChannel::new();
    let mut oracle = Oracle::default();
    for event in history {
        happen(&world, &channel, &mut oracle, event).await;
    }
    // In the end everything is told.
    world.clock.set(time("2027-11-02T09:00:00Z"));
    let event = Event::Deliver {
        replicas: 1,
        fault: None,
        slack: vec![],
    };
    happen(&world, &channel, &mut oracle, &event).await;
    read_everything(&world).await;
    Tried {
        histories: 1,
        events: history.len(),
        faults: oracle.faults,
        digests: channel.digests().len(),
        notices: channel.notices().len(),
    }
}

#[expect(clippy::too_many_lines, reason = "one step for each kind of event")]
async fn happen(world: &World, channel: &TestChannel, oracle: &mut Oracle, event: &Event) {
    match event {
        Event::Member {
            hub,
            account,
            status,
        } => {
            let hub = &world.watched[*hub];
            world.hubs.set(hub, *account, status);
            let now = oracle.now.entry(hub.clone()).or_default();
            match *status {
                "-" => now.remove(account),
                status => now.insert(*account, MemberStatus::parse(status)),
            };
        }
        Event::Readable { hub, readable } => {
            let hub = &world.watched[*hub];
            oracle.unreadable.retain(|unreadable| unreadable != hub);
            if *readable {
                world.hubs.mend(hub);
            } else {
                world.hubs.fail(hub, UnreadReason::ServiceError);
                oracle.unreadable.push(hub.clone());
            }
        }
        Event::Hours(hours) => world.clock.advance(TimeDelta::hours(*hours)),
        Event::Poll(fault) => {
            let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
            let watch = world.watch_over(world.fused_store(&fuse));
            fuse.run(watch.poller.poll_all()).await;
            oracle.faults += usize::from(fuse.was_reached());
            read_everything(world).await;
            world.watch().poller.poll_all().await;
            oracle.look(&world.watched, world.clock.now());
        }
        Event::Polls(processes) => {
            let processes =
                (0..*processes).map(|_| async { world.watch().poller.poll_all().await });
            futures::future::join_all(processes).await;
            oracle.look(&world.watched, world.clock.now());
        }
        Event::Notify { fault, slack } => {
            channel.then(slack.iter().copied());
            let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
            let watch = world.watch_over(world.fused_store(&fuse));
            let fused = fuse.channel(channel.clone());
            let round = async {
                watch.poller.poll_all().await;
                let _ = watch.deliveries.notify(&fused).await;
            };
            fuse.run(round).await;
            oracle.faults += usize::from(fuse.was_reached());
            world.watch().poller.poll_all().await;
            oracle.look(&world.watched, world.clock.now());
            while let Err(error) = world.watch().deliveries.notify(channel).await {
                assert!(matches!(error, DeliverError::Post(_)), "{error}");
            }
            heal(world, channel, &fuse).await;
            check_notices(world, channel, oracle);
        }
        Event::Deliver {
            replicas,
            fault,
            slack,
        } => {
            let due = oracle.may_follow(world.today(), world.today());
            channel.then(slack.iter().copied());
            let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
            let patient = World {
                lease: Duration::from_millis(300),
                ..world.clone()
            };
            let fused = fuse.channel(channel.clone());
            let first = async {
                let watch = patient.watch_over(world.fused_store(&fuse));
                let _ = fuse
                    .run(watch.deliveries.deliver(&fused, world.today()))
                    .await;
            };
            let others = (1..*replicas).map(|_| async {
                let _ = patient
                    .watch()
                    .deliveries
                    .deliver(channel, world.today())
                    .await;
            });
            tokio::join!(first, futures::future::join_all(others));
            oracle.faults += usize::from(fuse.was_reached());
            while let Err(error) = deliver(world, channel).await {
                assert!(matches!(error, DeliverError::Post(_)), "{error}");
            }
            heal(world, channel, &fuse).await;
            if due {
                oracle.look(&world.watched, world.clock.now());
            }
            check(world, channel, oracle, due);
        }
    }
}

/// What Slack takes too late is there now, and copies are looked for: by the
/// process with the fault, then by one without.
async fn heal(world: &World, channel: &TestChannel, fuse: &Fuse) {
    channel.let_all_arrive();
    let watch = world.watch_over(world.fused_store(fuse));
    let fused = fuse.channel(channel.clone());
    let _ = fuse.run(watch.deliveries.remove_copies(&fused)).await;
    world
        .watch()
        .deliveries
        .remove_copies(channel)
        .await
        .unwrap();
}

/// What the channel was told of a hub: that it is unread (`true`), that it is
/// read again (`false`); nothing is told twice.
fn known(channel: &TestChannel, hub: &HubId) -> bool {
    let mut known = false;
    for item in channel.told() {
        match item {
            Item::Digest(told) => {
                let minutes = told.unread_for.iter().find(|(unread, _)| unread == hub);
                known |= minutes.is_some_and(|(_, minutes)| *minutes >= 120);
            }
            Item::Notice(news) => {
                if news.unread.contains(hub) {
                    assert!(!known, "{hub} is told as unread twice");
                    known = true;
                }
                if news.back.contains(hub) {
                    assert!(
                        known,
                        "{hub} is told to be back and was not told to be away"
                    );
                    known = false;
                }
            }
        }
    }
    known
}

fn check_notices(world: &World, channel: &TestChannel, oracle: &Oracle) {
    for hub in &world.watched {
        let known = known(channel, hub);
        match oracle.unread_since.get(hub) {
            None => assert!(!known, "{hub} is read and the channel does not know it"),
            Some(since) if world.clock.now() - *since >= TimeDelta::hours(2) => {
                assert!(known, "{hub} is unread and the channel does not know it");
            }
            Some(_) => {}
        }
    }
}

/// Every snapshot that the table has is whole: its parts, count and hash.
async fn read_everything(world: &World) {
    let store = world.store();
    for hub in &world.watched {
        let days = store.days(hub, NaiveDate::MIN, NaiveDate::MAX);
        for day in days.await.unwrap() {
            let snapshot = store.snapshot(hub, &day).await.unwrap();
            assert!(snapshot.is_some(), "{hub} has no members on {}", day.date);
        }
        let head = store.head(hub).await.unwrap();
        let observations = store.observations(hub, Version::NONE, head.version);
        observations.await.unwrap();
    }
}

fn check(world: &World, channel: &TestChannel, oracle: &mut Oracle, due: bool) {
    let digests = channel.digests();
    for digest in &digests[oracle.dates.len()..] {
        assert!(
            oracle.may_follow(digest.date, world.today()),
            "one digest a date: {digests:#?}"
        );
        oracle.dates.push(digest.date);
    }
    if due {
        let last = digests.last().unwrap();
        assert_eq!(last.date, world.today());
        let mut unread = oracle.unreadable.clone();
        unread.sort();
        assert_eq!(last.unread, unread, "silence is provable");
        assert_eq!(
            told(&digests),
            oracle.steps,
            "every change once: {digests:#?}"
        );
    }
}

#[test]
fn in_any_history_every_change_is_told_once_and_no_date_twice() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let engine = runtime.block_on(Engine::start());
    let (cases, tried) = (cases(16), Cell::new(Tried::default()));
    let mut search = TestRunner::new(Config {
        source_file: Some(file!()),
        max_shrink_iters: 400,
        ..Config::with_cases(cases)
    });
    let histories = proptest::collection::vec(event(), 4..32);
    let found = search.run(&histories, |history| {
        tried.set(tried.get() + runtime.block_on(live(&engine, &history)));
        Ok(())
    });
    println!("{:?}", tried.get());
    if let Err(counterexample) = found {
        panic!("{counterexample}");
    }
}

impl std::ops::Add for Tried {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            histories: self.histories + other.histories,
            events: self.events + other.events,
            faults: self.faults + other.faults,
            digests: self.digests + other.digests,
            notices: self.notices + other.notices,
        }
    }
}
