//! Random histories against an oracle of alerts: members change in two hubs, lists fail, up to
//! three replicas poll and alert, processes are killed or fail at any step, Slack loses answers,
//! and digests are delivered in between. Each change that the channel gets at once is in exactly
//! one alert and in exactly one digest, and no other change is in an alert.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use securityhub_members::domain::diff::Movement;
use securityhub_members::domain::member::{AccountId, MemberStatus, Window};

use super::alerts::alerted;
use super::*;
use crate::support::alert;
use crate::support::channel::Path;
use crate::support::search::Search;
use crate::support::table::Engine;

/// Accounts leave and come back more often than they do anything else.
const STATUSES: [&str; 9] = [
    "-",
    "Invited",
    "Enabled",
    "Enabled",
    "Enabled",
    "Enabled",
    "Resigned",
    "Removed",
    "Quarantined",
];

type FaultAt = Option<(usize, Fault)>;

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
    /// The clock moves.
    Hours(i64),
    /// A process polls, and no one alerts.
    Poll,
    /// One to three processes poll and alert, one of them with a fault, all with failures of
    /// Slack. Others then finish it.
    Alert {
        replicas: usize,
        fault: FaultAt,
        slack: Vec<Mishap>,
    },
    /// A process delivers the digest of the date.
    Deliver { fault: FaultAt, slack: Vec<Mishap> },
}

fn event() -> impl Strategy<Value = Event> {
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
        Mishap::TakenLate(Duration::from_millis(12)),
        Mishap::TakenLate(Duration::from_millis(37)),
        Mishap::TakenOnRelease,
    ]);
    let status = proptest::sample::select(&STATUSES);
    prop_oneof![
        10 => (0..2_usize, 1..3_u64, status)
            .prop_map(|(hub, account, status)| Event::Member { hub, account, status }),
        1 => (0..2_usize, any::<bool>())
            .prop_map(|(hub, readable)| Event::Readable { hub, readable }),
        2 => (0..30_i64).prop_map(Event::Hours),
        1 => Just(Event::Poll),
        7 => (1..4_usize, fault(45), proptest::collection::vec(mishap.clone(), 0..3))
            .prop_map(|(replicas, fault, slack)| Event::Alert { replicas, fault, slack }),
        1 => (fault(40), proptest::collection::vec(mishap, 0..3))
            .prop_map(|(fault, slack)| Event::Deliver { fault, slack }),
    ]
}

type Account = (HubId, u64);
type States = Vec<Option<MemberStatus>>;

#[derive(Default)]
struct Oracle {
    now: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    unreadable: BTreeSet<HubId>,
    read: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    /// Every status that a list had, over the whole history.
    all: BTreeMap<Account, States>,
    /// The same since the last alert or digest.
    pending: BTreeMap<Account, States>,
    /// The accounts of alerts since the last digest that are not back, with their hubs.
    lost: Vec<(u64, BTreeSet<HubId>)>,
    alerts: usize,
    replies: usize,
    last: Option<NaiveDate>,
    faults: usize,
}

impl Oracle {
    /// Reads every readable hub.
    fn look(&mut self, hubs: &[HubId]) {
        for hub in hubs.iter().filter(|hub| !self.unreadable.contains(*hub)) {
            let list = self.now.get(hub).cloned().unwrap_or_default();
            let Some(before) = self.read.insert(hub.clone(), list.clone()) else {
                continue;
            };
            for account in 1..5 {
                let (from, to) = (before.get(&account), list.get(&account));
                if from != to {
                    let place = (hub.clone(), account);
                    for states in [&mut self.all, &mut self.pending] {
                        let states = states.entry(place.clone());
                        let states = states.or_insert_with(|| vec![from.cloned()]);
                        states.push(to.cloned());
                    }
                }
            }
        }
    }

    /// The changes that must be alerted: the changes since the last time, of the wanted kinds.
    fn wanted(&mut self) -> BTreeMap<Account, States> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|(_, account), states| {
            let at = time("2026-11-02T09:00:00Z");
            let movement = Movement {
                account: AccountId::from_u64(*account).unwrap(),
                email: None,
                path: states.clone(),
                last: Window { after: None, at },
            };
            alerted().alert.contains(&movement.kind())
        });
        pending
    }

    /// The accounts that are back, of those that were lost before.
    fn back(&mut self) -> BTreeSet<(u64, HubId)> {
        let read = &self.read;
        let is_enabled = |hub: &HubId, account: u64| {
            let list = read.get(hub);
            list.and_then(|list| list.get(&account)) == Some(&MemberStatus::Enabled)
        };
        let lost = std::mem::take(&mut self.lost).into_iter();
        let (back, lost) = lost.partition::<Vec<_>, _>(|(account, hubs)| {
            hubs.iter().all(|hub| is_enabled(hub, *account))
        });
        self.lost = lost;
        let back = back.into_iter();
        let back = back.flat_map(|(account, hubs)| hubs.into_iter().map(move |hub| (account, hub)));
        back.collect()
    }

    /// The accounts of an alert are lost, each in the hubs of the same change.
    fn lose(&mut self, alert: &[Path]) {
        let mut groups = BTreeMap::<(u64, Vec<String>), BTreeSet<HubId>>::new();
        for path in alert {
            let states = path
                .states
                .iter()
                .map(|state| format!("{state:?}"))
                .collect();
            let group = groups.entry((path.account.as_u64(), states)).or_default();
            assert!(group.insert(path.hub.clone()), "{path} twice");
        }
        let groups = groups.into_iter();
        self.lost
            .extend(groups.map(|((account, _), hubs)| (account, hubs)));
    }
}

fn states_of(paths: &[Path]) -> BTreeMap<Account, States> {
    let mut found = BTreeMap::new();
    for path in paths {
        let place = (path.hub.clone(), path.account.as_u64());
        let known = found.insert(place, path.states.clone());
        assert_eq!(known, None, "{path} in two alerts");
    }
    found
}

/// Runs a history, and counts.
async fn live(engine: &Engine, history: &[Event]) -> [(&'static str, usize); 6] {
    let mut world = World::in_engine(engine, "2026-11-02T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    let channel = TestChannel::new().for_audience(alerted());
    let mut oracle = Oracle::default();
    for hub in &world.watched {
        for account in 1..5 {
            world.hubs.set(hub, account, "Enabled");
            let now = oracle.now.entry(hub.clone()).or_default();
            now.insert(account, MemberStatus::Enabled);
        }
    }
    poll(&world, &mut oracle).await;
    assert_eq!(alert(&world.watch(), &channel).await.unwrap(), 0);
    for event in history {
        happen(&world, &channel, &mut oracle, event).await;
    }
    world.clock.set(time("2027-11-02T09:00:00Z"));
    let last = Event::Deliver {
        fault: None,
        slack: vec![],
    };
    happen(&world, &channel, &mut oracle, &last).await;
    [
        ("histories", 1),
        ("events", history.len()),
        ("faults", oracle.faults),
        ("alerts", oracle.alerts),
        ("replies", oracle.replies),
        ("digests", channel.digests().len()),
    ]
}

async fn poll(world: &World, oracle: &mut Oracle) {
    for _ in 0..100 {
        let polls = world.watch().poller.poll_all().await;
        let is_read = |(hub, polled): &(HubId, _)| -> bool {
            let polled: &securityhub_members::watch::SharedPoll = polled;
            polled.is_ok() || oracle.unreadable.contains(hub)
        };
        if polls.iter().all(is_read) {
            return oracle.look(&world.watched);
        }
    }
    panic!("the table failed a hundred times")
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
            if *readable {
                oracle.unreadable.remove(hub);
                world.hubs.recover(hub);
            } else {
                oracle.unreadable.insert(hub.clone());
                world.hubs.fail(hub, UnreadReason::ServiceError);
            }
        }
        Event::Hours(hours) => world.clock.advance(TimeDelta::hours(*hours)),
        Event::Poll => poll(world, oracle).await,
        Event::Alert {
            replicas,
            fault,
            slack,
        } => {
            channel.then(slack.iter().copied());
            let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
            let patient = World {
                lease: Duration::from_millis(300),
                ..world.clone()
            };
            let fused = fuse.channel(channel.clone());
            let first = async {
                let watch = patient.watch_over(world.fused_store(&fuse));
                let round = async {
                    watch.poller.poll_all().await;
                    let _ = watch.deliveries.alert(&fused).await;
                };
                fuse.run(round).await;
            };
            let others = (1..*replicas).map(|_| async {
                let watch = patient.watch();
                watch.poller.poll_all().await;
                let _ = watch.deliveries.alert(channel).await;
            });
            tokio::join!(first, futures::future::join_all(others));
            oracle.faults += usize::from(fuse.was_reached());
            poll(world, oracle).await;
            while let Err(error) = alert(&world.watch(), channel).await {
                assert!(matches!(error, DeliverError::Post(_)), "{error}");
            }
            heal(world, channel).await;
            let replies = channel.replies().split_off(oracle.replies);
            let said: Vec<_> = replies.concat();
            let said = said
                .into_iter()
                .map(|(account, hub)| (account.as_u64(), hub));
            let said: Vec<_> = said.collect();
            let back = oracle.back();
            assert_eq!(said.len(), back.len(), "{said:?} and not {back:?}");
            assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), back);
            let alerts = channel.alerts().split_off(oracle.alerts);
            assert_eq!(states_of(&alerts.concat()), oracle.wanted(), "{alerts:#?}");
            for alert in &alerts {
                oracle.lose(alert);
            }
            oracle.alerts += alerts.len();
            oracle.replies += replies.len();
        }
        Event::Deliver { fault, slack } => {
            let due = oracle.last.is_none_or(|last| last < world.today());
            channel.then(slack.iter().copied());
            let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
            let watch = world.watch_over(world.fused_store(&fuse));
            let fused = fuse.channel(channel.clone());
            let delivery = watch.deliveries.deliver(&fused, world.today());
            let _ = fuse.run(delivery).await;
            oracle.faults += usize::from(fuse.was_reached());
            while let Err(error) = world.deliver(channel).await {
                assert!(matches!(error, DeliverError::Post(_)), "{error}");
            }
            heal(world, channel).await;
            if due {
                oracle.look(&world.watched);
                oracle.pending.clear();
                oracle.lost.clear();
                oracle.last = Some(world.today());
                check_digests(channel, oracle);
            }
        }
    }
    assert_eq!(channel.alerts().len(), oracle.alerts, "{event:?}");
    assert_eq!(channel.replies().len(), oracle.replies, "{event:?}");
}

async fn heal(world: &World, channel: &TestChannel) {
    channel.let_all_arrive();
    let watch = world.watch();
    watch.deliveries.remove_copies(channel).await.unwrap();
}

/// Every step is in exactly one digest.
fn check_digests(channel: &TestChannel, oracle: &Oracle) {
    let mut posted = BTreeMap::<Account, States>::new();
    for path in channel.digests().iter().flat_map(|digest| &digest.paths) {
        let place = (path.hub.clone(), path.account.as_u64());
        let states = posted
            .entry(place)
            .or_insert_with(|| path.states[..1].to_vec());
        assert_eq!(states.last(), path.states.first(), "{path}");
        states.extend(path.states[1..].iter().cloned());
    }
    assert_eq!(posted, oracle.all, "every change once");
}

#[test]
fn in_any_history_each_fitting_change_is_in_one_alert_and_in_one_digest() {
    let search = Search {
        file: file!(),
        cases: 16,
        shrinks: 400,
    };
    let histories = proptest::collection::vec(event(), 8..40);
    search.run(&histories, async |engine, history| {
        live(engine, &history).await
    });
}
