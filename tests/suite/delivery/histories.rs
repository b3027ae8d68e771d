//! Random histories against a simple oracle: members change in two hubs, up to three replicas
//! poll, digests are delivered, days are skipped, the clock jumps, lists can't be read, processes
//! are killed or fail at any step and restart, Slack loses answers, and people take cases.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::cases::{CaseState, PersonId};
use securityhub_members::domain::hub::Version;
use securityhub_members::domain::member::{AccountId, MemberStatus};
use securityhub_members::watch::{CaseId, Decision, PollError, SharedPoll, Watch};

use super::*;
use crate::support::channel::Item;
use crate::support::notify;
use crate::support::search::Search;
use crate::support::table::Engine;

const STATUSES: [&str; 6] = [
    "-",
    "Invited",
    "Enabled",
    "Resigned",
    "Removed",
    "Quarantined",
];

/// An event of a history.
#[derive(Debug, Clone)]
enum Event {
    /// An account changes to a status.
    Member {
        hub: usize,
        account: u64,
        status: &'static str,
    },
    /// A hub's list starts or stops failing.
    Readable { hub: usize, readable: bool },
    /// The clock moves, possibly backwards.
    Hours(i64),
    /// A process polls with a fault, then another one without.
    Poll(Option<(usize, Fault)>),
    /// This many processes poll concurrently.
    Polls(usize),
    /// A process polls and posts alerts, with a fault and failures of Slack. Others then finish
    /// it.
    Notify {
        fault: Option<(usize, Fault)>,
        slack: Vec<Mishap>,
    },
    /// Two people take an open case at once: one press with a fault, then both, one twice.
    Take {
        account: u64,
        fault: Option<(usize, Fault)>,
    },
    /// One to three processes deliver, one of them with a fault, all with failures of Slack.
    /// Others then finish it.
    Deliver {
        replicas: usize,
        fault: Option<(usize, Fault)>,
        slack: Vec<Mishap>,
    },
}

fn event() -> impl Strategy<Value = Event> {
    // About the number of steps that a process has, so that most of them are covered.
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
        Mishap::TakenOnRelease,
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
        2 => (1..5_u64, fault(12)).prop_map(|(account, fault)| Event::Take { account, fault }),
        4 => (1..4_usize, fault(30), proptest::collection::vec(mishap, 0..4))
            .prop_map(|(replicas, fault, slack)| Event::Deliver { replicas, fault, slack }),
    ]
}

type Account = (HubId, u64);
type Step = (Option<MemberStatus>, Option<MemberStatus>);

/// An account's case: the hubs in which it is not Enabled.
#[derive(Debug, Default)]
struct OpenCase {
    hubs: BTreeSet<HubId>,
    /// Whether something happened since the first poll; otherwise it is known from the start.
    open: bool,
    owner: Option<PersonId>,
}

/// The expected reports: the steps of each account between consecutive lists.
#[derive(Default)]
struct Oracle {
    now: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    unreadable: Vec<HubId>,
    /// When the first of consecutive failed polls was.
    unread_since: BTreeMap<HubId, DateTime<Utc>>,
    read: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    steps: BTreeMap<Account, Vec<Step>>,
    cases: BTreeMap<u64, OpenCase>,
    /// The dates of the digests, in order of delivery.
    dates: Vec<NaiveDate>,
    /// The number of processes with a fault.
    faults: usize,
}

impl Oracle {
    /// Reports whether a digest of that date may follow the last one: one per date. A date more
    /// than a day in the future comes from a wrong clock, and must not stop later digests.
    fn may_follow(&self, date: NaiveDate, today: NaiveDate) -> bool {
        let last = self.dates.last();
        last.is_none_or(|&last| last < date || last > today + TimeDelta::days(1))
    }

    /// Reads every readable hub.
    fn look(&mut self, hubs: &[HubId], now: DateTime<Utc>) {
        for hub in hubs {
            if self.unreadable.contains(hub) {
                self.unread_since.entry(hub.clone()).or_insert(now);
                continue;
            }
            self.unread_since.remove(hub);
            let list = self.now.get(hub).cloned().unwrap_or_default();
            let Some(before) = self.read.insert(hub.clone(), list.clone()) else {
                for (account, _) in list.iter().filter(|(_, status)| is_gap(status)) {
                    let case = self.cases.entry(*account).or_default();
                    case.hubs.insert(hub.clone());
                }
                continue;
            };
            for account in 1..5 {
                let step = (before.get(&account), list.get(&account));
                if step.0 != step.1 {
                    let steps = self.steps.entry((hub.clone(), account)).or_default();
                    steps.push((step.0.cloned(), step.1.cloned()));
                    self.follow(hub, account, step.0, step.1);
                }
            }
        }
    }

    /// Applies a change to the account's case.
    fn follow(
        &mut self,
        hub: &HubId,
        account: u64,
        from: Option<&MemberStatus>,
        to: Option<&MemberStatus>,
    ) {
        let case = self.cases.entry(account).or_default();
        let had = case.hubs.contains(hub);
        let began = match (from, to) {
            (_, Some(MemberStatus::Enabled)) => {
                case.hubs.remove(hub);
                if case.hubs.is_empty() {
                    *case = OpenCase::default();
                }
                return;
            }
            (Some(MemberStatus::Enabled), _) => true,
            // The condition stays until the account is no longer listed.
            (_, Some(_)) if had => false,
            (_, None) if had => true,
            (_, Some(status)) => is_gap(status),
            // A withdrawn invitation.
            (_, None) => false,
        };
        if began {
            if !case.open {
                case.owner = None;
            }
            case.open = true;
            case.hubs.insert(hub.clone());
        }
    }

    /// The accounts whose case is open, or known from the start.
    fn accounts(&self, open: bool) -> Vec<AccountId> {
        let cases = self.cases.iter();
        let cases = cases.filter(|(_, case)| !case.hubs.is_empty() && case.open == open);
        let accounts = cases.map(|(account, _)| format!("{account:012}").parse().unwrap());
        accounts.collect()
    }
}

fn is_gap(status: &MemberStatus) -> bool {
    !matches!(status, MemberStatus::Enabled | MemberStatus::Invited)
}

/// The steps in the digests, in order.
fn posted_steps(digests: &[PostedDigest]) -> BTreeMap<Account, Vec<Step>> {
    let mut posted = BTreeMap::<_, Vec<Step>>::new();
    for path in digests.iter().flat_map(|digest| &digest.paths) {
        let steps = path.states.windows(2);
        let steps = steps.map(|step| (step[0].clone(), step[1].clone()));
        let account = (path.hub.clone(), path.account.as_u64());
        posted.entry(account).or_default().extend(steps);
    }
    posted
}

/// Runs a history, and counts. Faults are processes that were killed or failed at a chosen request.
async fn live(engine: &Engine, history: &[Event]) -> [(&'static str, usize); 5] {
    let mut world = World::in_engine(engine, "2026-11-02T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    let channel = TestChannel::new();
    let mut oracle = Oracle::default();
    for event in history {
        happen(&world, &channel, &mut oracle, event).await;
    }
    // In the end, everything is reported.
    world.clock.set(time("2027-11-02T09:00:00Z"));
    let event = Event::Deliver {
        replicas: 1,
        fault: None,
        slack: vec![],
    };
    happen(&world, &channel, &mut oracle, &event).await;
    read_everything(&world).await;
    [
        ("histories", 1),
        ("events", history.len()),
        ("faults", oracle.faults),
        ("digests", channel.digests().len()),
        ("notices", channel.notices().len()),
    ]
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
                world.hubs.recover(hub);
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
            poll(world, oracle, 1).await;
            oracle.look(&world.watched, world.clock.now());
        }
        Event::Polls(processes) => {
            poll(world, oracle, *processes).await;
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
            poll(world, oracle, 1).await;
            oracle.look(&world.watched, world.clock.now());
            while let Err(error) = notify(&world.watch(), channel).await {
                assert!(matches!(error, DeliverError::Post(_)), "{error}");
            }
            heal(world, channel, &fuse).await;
            check_notices(world, channel, oracle);
        }
        Event::Take { account, fault } => take(world, oracle, *account, *fault).await,
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
            while let Err(error) = world.deliver(channel).await {
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

/// Processes without a fault poll at once. If the table doesn't answer in time, as on a very slow
/// machine, they poll again, as the schedule does.
async fn poll(world: &World, oracle: &Oracle, processes: usize) {
    for _ in 0..100 {
        let polls = (0..processes).map(|_| async { world.watch().poller.poll_all().await });
        let polls = futures::future::join_all(polls).await.concat();
        let is_read = |(hub, polled): &(HubId, SharedPoll)| {
            let is_readable = !oracle.unreadable.contains(hub);
            match &**polled {
                Ok(_) => assert!(is_readable, "{hub} was read"),
                Err(PollError::List(_)) => assert!(!is_readable, "{hub} was not read"),
                Err(error) => {
                    println!("polling {hub} again: {error}");
                    return false;
                }
            }
            true
        };
        if polls.iter().all(is_read) {
            return;
        }
    }
    panic!("the table failed a hundred times")
}

/// Two people press *I'm on it* of an open case, one of them twice.
async fn take(world: &World, oracle: &mut Oracle, account: u64, fault: Option<(usize, Fault)>) {
    let account_id: AccountId = format!("{account:012}").parse().unwrap();
    let list = world.watch().cases.list().await.unwrap();
    let Some(case) = list.open.iter().find(|case| case.key.account == account_id) else {
        return;
    };
    let id = CaseId::from(case);
    let [ann, ben] = ["UANN", "UBEN"].map(|name| PersonId(name.to_owned()));
    let press = async |watch: &Watch, by: &PersonId| {
        let pressed = watch.cases.decide(&id, by, &Decision::Take).await;
        pressed.ok().flatten().map(|decided| decided.claimed)
    };
    let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
    let watch = world.watch_over(world.fused_store(&fuse));
    fuse.run(press(&watch, &ann)).await;
    oracle.faults += usize::from(fuse.was_reached());
    let (one, other) = (world.watch(), world.watch());
    tokio::join!(press(&one, &ben), press(&other, &ann));
    let again = press(&one, &ann).await;
    assert!(again.is_some(), "the case is open");
    let list = world.watch().cases.list().await.unwrap();
    let now = list.open.iter().find(|case| case.key == id.key).unwrap();
    let CaseState::Taken(owner) = &now.state else {
        panic!("nobody has {now:?}");
    };
    let known = oracle.cases.entry(account).or_default();
    if let Some(before) = &known.owner {
        assert_eq!(&owner.by, before, "the first person keeps it");
    }
    known.owner = Some(owner.by.clone());
}

/// Lets late messages arrive, and searches for duplicates: first the process with the fault, then
/// one without.
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

/// Reports whether the channel was last alerted that the hub is failing (`true`) or has recovered
/// (`false`). Asserts that no alert is repeated.
fn known(channel: &TestChannel, hub: &HubId) -> bool {
    let mut known = false;
    for item in channel.items() {
        match item {
            Item::Digest(digest) => {
                let minutes = digest.unread_for.iter().find(|(unread, _)| unread == hub);
                known |= minutes.is_some_and(|(_, minutes)| *minutes >= 120);
            }
            Item::Notice(news) => {
                if news.unread.contains(hub) {
                    assert!(!known, "{hub} is reported as failing twice");
                    known = true;
                }
                if news.back.contains(hub) {
                    assert!(
                        known,
                        "{hub} is reported as recovered, but was not reported as failing"
                    );
                    known = false;
                }
            }
            Item::Alert(_) | Item::Reply(_) => {}
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

/// Asserts that every stored snapshot is complete: its parts, count and hash.
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
            (&last.damaged, &last.unchecked),
            (&vec![], &vec![]),
            "nothing else is unknown"
        );
        let Oracle { cases, .. } = &*oracle;
        assert_eq!(last.open, oracle.accounts(true), "open: {cases:#?}");
        assert_eq!(last.known, oracle.accounts(false), "known: {cases:#?}");
        assert_eq!(
            posted_steps(&digests),
            oracle.steps,
            "every change once: {digests:#?}"
        );
    }
}

#[test]
fn in_any_history_every_change_is_reported_once_and_no_date_twice() {
    let search = Search {
        file: file!(),
        cases: 16,
        shrinks: 400,
    };
    let histories = proptest::collection::vec(event(), 4..32);
    search.run(&histories, async |engine, history| {
        live(engine, &history).await
    });
}
