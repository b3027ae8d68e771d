//! Random histories in which the service returns wrong lists for a few minutes: no digest reports
//! an account that never left, and every real departure is reported.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::UTC;
use proptest::prelude::*;
use securityhub_members::domain::member::MemberStatus;

use super::some;
use crate::support::World;
use crate::support::channel::TestChannel;
use crate::support::crash::{Fault, Fuse};
use crate::support::hubs::listed;
use crate::support::search::Search;
use crate::support::table::Engine;

/// Always listed.
const STAYING: std::ops::Range<u64> = 0..12;
/// Change one by one.
const MOVING: std::ops::Range<u64> = 12..18;
/// Change together: more than half of the list.
const TOGETHER: std::ops::Range<u64> = 18..40;

#[derive(Debug, Clone)]
enum Event {
    /// An account of [`MOVING`] changes.
    Moves(u64),
    /// All of [`TOGETHER`] change.
    AllMove,
    /// For less than five minutes, the list has only these accounts. It is polled at both ends
    /// with a fault, then the real list is polled.
    Lie {
        listed: Vec<u64>,
        minutes: i64,
        fault: Option<(usize, Fault)>,
    },
    /// Time passes, and up to three replicas poll.
    Poll { minutes: i64, replicas: usize },
    /// A day passes, and a digest is delivered.
    Deliver,
}

fn event() -> impl Strategy<Value = Event> {
    let few = proptest::collection::vec(0..40_u64, 0..7);
    let fault = (1..12_usize, proptest::sample::select(&Fault::ALL));
    let fault = proptest::option::of(fault);
    prop_oneof![
        3 => MOVING.prop_map(Event::Moves),
        2 => Just(Event::AllMove),
        4 => (few, 0..5_i64, fault)
            .prop_map(|(listed, minutes, fault)| Event::Lie { listed, minutes, fault }),
        4 => (0..40_i64, 1..4_usize)
            .prop_map(|(minutes, replicas)| Event::Poll { minutes, replicas }),
        2 => Just(Event::Deliver),
    ]
}

struct Life {
    world: World,
    channel: TestChannel,
    /// Whether each account is really listed.
    there: BTreeMap<u64, bool>,
}

impl Life {
    fn be_honest(&self) {
        let there = self.there.iter().filter(|(_, there)| **there);
        let list = there.map(|(account, _)| listed(*account, "Enabled"));
        self.world.hubs.set_all(self.world.hub(), list);
    }

    fn turn(&mut self, account: u64) {
        if let Some(there) = self.there.get_mut(&account) {
            *there = !*there;
        }
    }

    async fn happen(&mut self, event: &Event) {
        let world = &self.world;
        match event {
            Event::Moves(account) => self.turn(*account),
            Event::AllMove => TOGETHER.for_each(|account| self.turn(account)),
            Event::Lie {
                listed: few,
                minutes,
                fault,
            } => {
                let few = few.iter().filter(|account| self.there[*account]);
                let few = few.map(|account| listed(*account, "Enabled"));
                world.hubs.set_all(world.hub(), few);
                let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
                let watch = world.watch_over(world.fused_store(&fuse));
                fuse.run(watch.poller.poll_all()).await;
                world.clock.advance(TimeDelta::minutes(*minutes));
                world.watch().poller.poll_all().await;
                self.be_honest();
                world.watch().poller.poll_all().await;
            }
            Event::Poll { minutes, replicas } => {
                world.clock.advance(TimeDelta::minutes(*minutes));
                let replicas =
                    (0..*replicas).map(|_| async { world.watch().poller.poll_all().await });
                futures::future::join_all(replicas).await;
            }
            Event::Deliver => {
                world.clock.advance(TimeDelta::days(1));
                world.deliver(&self.channel).await.unwrap();
            }
        }
        self.be_honest();
    }

    /// Asserts that the changes in the digests form one path without gaps.
    fn check(&self) {
        let mut states: BTreeMap<u64, Option<MemberStatus>> = some(0..40)
            .into_iter()
            .map(|one| (one.account.as_u64(), Some(one.status)))
            .collect();
        for path in self
            .channel
            .digests()
            .iter()
            .flat_map(|digest| &digest.paths)
        {
            let account = path.account.as_u64();
            assert!(!STAYING.contains(&account), "{account} never left: {path}");
            let state = states.get_mut(&account).unwrap();
            assert_eq!(Some(&*state), path.states.first(), "{account}: {path}");
            *state = path.states.last().unwrap().clone();
        }
        for (account, there) in &self.there {
            assert_eq!(states[account].is_some(), *there, "{account}");
        }
    }
}

async fn live(engine: &Engine, history: &[Event]) {
    let world = World::in_engine(engine, "2026-11-02T09:00:00Z", UTC).await;
    world.hubs.set_all(world.hub(), some(0..40));
    world.poll().await;
    let mut life = Life {
        world,
        channel: TestChannel::new(),
        there: (0..40).map(|account| (account, true)).collect(),
    };
    for event in history {
        life.happen(event).await;
    }
    for _ in 0..3 {
        let (minutes, replicas) = (10, 1);
        life.happen(&Event::Poll { minutes, replicas }).await;
    }
    life.world.poll().await;
    life.happen(&Event::Deliver).await;
    life.check();
}

#[test]
fn no_digest_reports_an_account_that_never_left_and_each_departure_is_reported() {
    let search = Search {
        file: file!(),
        cases: 16,
        shrinks: 400,
    };
    let histories = proptest::collection::vec(event(), 4..24);
    search.run(&histories, async |engine, history| {
        live(engine, &history).await;
        [("histories with lies", 1)]
    });
}
