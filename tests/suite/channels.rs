//! Several channels with conditions: each change is in exactly the digests of the channels that
//! take it, whatever fails, and no channel shows anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use chrono_tz::UTC;
use proptest::prelude::*;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::diff::{ChangeKind, Movement};
use securityhub_members::domain::directory::Who;
use securityhub_members::domain::due::Due;
use securityhub_members::domain::hub::{HubId, UnreadReason};
use securityhub_members::domain::member::{AccountId, MemberStatus, Window};
use securityhub_members::domain::mention::Mentions;
use securityhub_members::domain::quiet::Quiet;
use securityhub_members::domain::schedule::Schedule;
use securityhub_members::domain::scope::{Audience, Scope};
use securityhub_members::watch::DeliverError;
use securityhub_members::watch::ports::{Channel as _, LedgerStore as _};

use crate::support::channel::{Item, Mishap, Path, PostedDigest, TestChannel};
use crate::support::crash::{Fault, Fuse};
use crate::support::search::Search;
use crate::support::table::Engine;
use crate::support::{World, deliver_due, everything, hub, notify, time};

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// The OUs of the accounts 1 to 6. That of the last one is unknown.
const UNITS: [Option<&str>; 6] = [
    Some("Workloads/Prod"),
    Some("Workloads/Prod/EU"),
    Some("Workloads/Dev"),
    Some("Sandbox"),
    Some("Sandbox"),
    None,
];

const STATUSES: [&str; 6] = [
    "-",
    "Invited",
    "Enabled",
    "Resigned",
    "Removed",
    "AccountSuspended",
];

/// The channel that takes everything, and two that don't.
const IDS: [&str; 3] = ["C0ALL", "C0ONE", "C0TWO"];

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

/// The kind of a change along these statuses.
fn kind(states: &[Option<MemberStatus>]) -> ChangeKind {
    let movement = Movement {
        account: account(1),
        email: None,
        path: states.to_vec(),
        last: Window {
            after: None,
            at: time("2026-11-02T09:00:00Z"),
        },
    };
    movement.kind()
}

/// The kinds that are worth a mention if a channel doesn't say otherwise.
const MENTIONED: [ChangeKind; 5] = [
    ChangeKind::Left,
    ChangeKind::Removed,
    ChangeKind::Deleted,
    ChangeKind::Suspended,
    ChangeKind::Unprotected,
];

/// The changes that a channel takes, as a person would check it.
#[derive(Debug, Clone, Default)]
struct Wanted {
    region: Option<usize>,
    /// A prefix of OUs.
    unit: Option<&'static str>,
    accounts: BTreeSet<u64>,
    kinds: Vec<ChangeKind>,
    statuses: Vec<&'static str>,
    /// Whether it gets only digests with news, and one a week.
    quiet: bool,
    /// Whether its digests are due every six hours, and not once a day.
    often: bool,
}

impl Wanted {
    fn audience(&self) -> Audience {
        let scope = self.scope();
        let schedule = self.schedule();
        Audience {
            name: (!scope.is_everything()).then(|| "A team".to_owned()),
            scope,
            quiet: self.quiet.then(|| Quiet::new(&schedule, None).unwrap()),
            mentions: Mentions {
                targets: vec!["S0123ABCD".parse().unwrap()],
                ..Mentions::default()
            },
            ..everything()
        }
    }

    fn scope(&self) -> Scope {
        let unit = |prefix: &str| format!("{prefix}/**").parse().unwrap();
        Scope {
            regions: self
                .region
                .map(|at| hub(REGIONS[at]).region)
                .into_iter()
                .collect(),
            units: self.unit.map(unit).into_iter().collect(),
            accounts: self
                .accounts
                .iter()
                .map(|number| account(*number))
                .collect(),
            kinds: self.kinds.iter().copied().collect(),
            statuses: self
                .statuses
                .iter()
                .map(|text| MemberStatus::parse(text))
                .collect(),
            ..Scope::default()
        }
    }

    fn schedule(&self) -> Schedule {
        let text = if self.often {
            "0 */6 * * *"
        } else {
            "0 9 * * *"
        };
        Schedule::parse(text, UTC).unwrap()
    }

    fn takes_hub(&self, of: &HubId) -> bool {
        self.region.is_none_or(|at| hub(REGIONS[at]) == *of)
    }

    fn takes_account(&self, number: u64) -> bool {
        let unit = UNITS[usize::try_from(number).unwrap() - 1];
        let is_below = |prefix: &str| {
            let rest = unit.and_then(|unit| unit.strip_prefix(prefix));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        (self.accounts.is_empty() || self.accounts.contains(&number))
            && self.unit.is_none_or(is_below)
    }

    fn takes_path(&self, states: &[Option<MemberStatus>]) -> bool {
        let kind = kind(states);
        let has = |text: &&str| {
            let status = MemberStatus::parse(text);
            let mut states = states.iter();
            states.any(|state| match state {
                Some(state) => *state == status,
                None => status == MemberStatus::Deleted,
            })
        };
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.statuses.is_empty() || self.statuses.iter().any(has))
    }

    fn takes_every_event(&self) -> bool {
        self.kinds.is_empty() && self.statuses.is_empty()
    }
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let kinds = vec![
        ChangeKind::Left,
        ChangeKind::Removed,
        ChangeKind::Suspended,
        ChangeKind::Deleted,
        ChangeKind::Joined,
    ];
    let kinds = proptest::sample::subsequence(kinds, 0..3);
    let statuses = proptest::sample::subsequence(vec!["Resigned", "Removed", "Deleted"], 1..3);
    (
        proptest::option::weighted(0.4, 0..2_usize),
        proptest::option::weighted(
            0.5,
            proptest::sample::select(vec!["Workloads", "Workloads/Prod", "Sandbox", "Nowhere"]),
        ),
        proptest::option::weighted(0.3, proptest::collection::btree_set(1..7_u64, 1..4)),
        proptest::option::weighted(0.3, kinds),
        proptest::option::weighted(0.2, statuses),
        proptest::bool::weighted(0.8),
        any::<bool>(),
    )
        .prop_map(
            |(region, unit, accounts, kinds, statuses, quiet, often)| Wanted {
                region,
                unit,
                accounts: accounts.unwrap_or_default(),
                kinds: kinds.unwrap_or_default(),
                statuses: statuses.unwrap_or_default(),
                quiet,
                often,
            },
        )
}

/// An event of a history.
#[derive(Debug, Clone)]
enum Event {
    Member {
        hub: usize,
        account: u64,
        status: &'static str,
    },
    /// A hub's list starts or stops failing.
    Readable {
        hub: usize,
        readable: bool,
    },
    Hours(i64),
    Poll,
    /// A channel is configured, and the service starts.
    Add {
        channel: usize,
        fault: Option<(usize, Fault)>,
    },
    /// Several channels are due at once. One delivery has a fault, all have failures of Slack.
    Deliver {
        channels: Vec<usize>,
        fault: Option<(usize, Fault)>,
        slack: Vec<Mishap>,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let fault = |steps: usize| {
        let fault = (1..steps, proptest::sample::select(&Fault::ALL));
        proptest::option::weighted(0.6, fault)
    };
    let mishap = proptest::sample::select(vec![
        Mishap::None,
        Mishap::Refused,
        Mishap::Busy(std::time::Duration::from_secs(3600)),
        Mishap::AnswerLost,
        Mishap::RequestLost,
    ]);
    let channels = proptest::sample::subsequence(vec![0, 1, 2], 1..4).prop_shuffle();
    prop_oneof![
        9 => (0..2_usize, 1..7_u64, proptest::sample::select(&STATUSES))
            .prop_map(|(hub, account, status)| Event::Member { hub, account, status }),
        1 => (0..2_usize, any::<bool>())
            .prop_map(|(hub, readable)| Event::Readable { hub, readable }),
        6 => (1..30_i64).prop_map(Event::Hours),
        3 => Just(Event::Poll),
        3 => (0..3_usize, fault(12)).prop_map(|(channel, fault)| Event::Add { channel, fault }),
        9 => (channels, fault(30), proptest::collection::vec(mishap, 0..3))
            .prop_map(|(channels, fault, slack)| Event::Deliver { channels, fault, slack }),
    ]
}

type Step = (Option<MemberStatus>, Option<MemberStatus>);

/// The changes that a channel must still report: the steps of each account in each hub.
#[derive(Debug, Default)]
struct Owed {
    steps: BTreeMap<(HubId, u64), Vec<Step>>,
    digests: usize,
    /// The last digest, posted or not.
    due: Option<Due>,
    /// When the last digest was posted.
    posted: Option<DateTime<Utc>>,
    /// Whether the last digest named a list that can't be read.
    partial: bool,
    /// The hubs that nobody has read for more than a day since the last digest.
    gaps: BTreeSet<HubId>,
}

/// The findings of polls, and the reports to each configured channel.
#[derive(Default)]
struct Oracle {
    now: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    read: BTreeMap<HubId, BTreeMap<u64, MemberStatus>>,
    unreadable: BTreeSet<HubId>,
    /// When each hub was last read.
    polled: BTreeMap<HubId, DateTime<Utc>>,
    /// Every step since the first poll.
    all: BTreeMap<(HubId, u64), Vec<Step>>,
    owed: BTreeMap<usize, Owed>,
    faults: usize,
    digests: usize,
    narrow: usize,
    silent: usize,
}

impl Oracle {
    fn look(&mut self, hubs: &[HubId], now: DateTime<Utc>) {
        for hub in hubs.iter().filter(|hub| !self.unreadable.contains(*hub)) {
            let before = self.polled.insert(hub.clone(), now);
            if before.is_some_and(|before| now - before > TimeDelta::hours(36)) {
                for owed in self.owed.values_mut() {
                    owed.gaps.insert(hub.clone());
                }
            }
            let list = self.now.get(hub).cloned().unwrap_or_default();
            let Some(before) = self.read.insert(hub.clone(), list.clone()) else {
                continue;
            };
            for number in 1..7 {
                let step = (before.get(&number).cloned(), list.get(&number).cloned());
                if step.0 == step.1 {
                    continue;
                }
                let key = (hub.clone(), number);
                self.all.entry(key.clone()).or_default().push(step.clone());
                for owed in self.owed.values_mut() {
                    owed.steps
                        .entry(key.clone())
                        .or_default()
                        .push(step.clone());
                }
            }
        }
    }

    /// A channel beside others that have had a digest begins now, another one at the first poll.
    fn add(&mut self, channel: usize) {
        if self.owed.contains_key(&channel) {
            return;
        }
        let is_beside = self.owed.values().any(|owed| owed.digests > 0);
        let steps = if is_beside {
            BTreeMap::new()
        } else {
            self.all.clone()
        };
        let owed = Owed {
            steps,
            ..Owed::default()
        };
        self.owed.insert(channel, owed);
    }
}

/// The reported paths of a channel, in the order of the lists.
fn reported(digest: &PostedDigest) -> BTreeSet<String> {
    let path = |path: &Path| format!("{} {path}", path.hub);
    digest.paths.iter().map(path).collect()
}

fn expected(owed: &Owed, wanted: &Wanted) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for ((hub, number), steps) in &owed.steps {
        let first = steps[0].0.clone();
        let states: Vec<_> = std::iter::once(first)
            .chain(steps.iter().map(|step| step.1.clone()))
            .collect();
        if wanted.takes_hub(hub) && wanted.takes_account(*number) && wanted.takes_path(&states) {
            let path = Path {
                hub: hub.clone(),
                account: account(*number),
                states,
            };
            paths.insert(format!("{hub} {path}"));
        }
    }
    paths
}

struct Run {
    world: World,
    channels: Vec<TestChannel>,
    wanted: Vec<Wanted>,
    oracle: Oracle,
}

impl Run {
    async fn new(engine: &Engine, narrow: &[Wanted]) -> Self {
        let mut world = World::in_engine(engine, "2026-11-02T09:00:00Z", UTC).await;
        world.watched = REGIONS.map(hub).to_vec();
        world.channels.clear();
        let who = |(number, unit): (u64, &Option<&str>)| {
            let who = Who {
                name: Some(format!("account-{number}")),
                unit: unit.map(str::to_owned),
            };
            (account(number), who)
        };
        world.names = Arc::new((1..).zip(&UNITS).map(who).collect());
        let mut wanted = vec![Wanted::default()];
        wanted.extend_from_slice(narrow);
        let channels = IDS
            .iter()
            .zip(&wanted)
            .map(|(id, wanted)| TestChannel::named(id).for_audience(wanted.audience()));
        Self {
            channels: channels.collect(),
            world,
            wanted,
            oracle: Oracle::default(),
        }
    }

    async fn happen(&mut self, event: &Event) {
        match event {
            Event::Member {
                hub,
                account,
                status,
            } => {
                let hub = &self.world.watched[*hub];
                self.world.hubs.set(hub, *account, status);
                let now = self.oracle.now.entry(hub.clone()).or_default();
                match *status {
                    "-" => now.remove(account),
                    status => now.insert(*account, MemberStatus::parse(status)),
                };
            }
            Event::Readable { hub, readable } => {
                let hub = &self.world.watched[*hub];
                self.oracle.unreadable.remove(hub);
                if *readable {
                    self.world.hubs.recover(hub);
                } else {
                    self.world.hubs.fail(hub, UnreadReason::ServiceError);
                    self.oracle.unreadable.insert(hub.clone());
                }
            }
            Event::Hours(hours) => self.world.clock.advance(TimeDelta::hours(*hours)),
            Event::Poll => {
                self.world.watch().poller.poll_all().await;
                self.oracle
                    .look(&self.world.watched, self.world.clock.now());
            }
            Event::Add { channel, fault } => self.add(*channel, *fault).await,
            Event::Deliver {
                channels,
                fault,
                slack,
            } => self.deliver(channels, *fault, slack).await,
        }
    }

    async fn add(&mut self, channel: usize, fault: Option<(usize, Fault)>) {
        // The one that takes everything is always there.
        for channel in BTreeSet::from([0, channel]) {
            if !self.world.channels.contains(&IDS[channel]) {
                self.world.channels.push(IDS[channel]);
            }
        }
        let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
        let watch = self.world.watch_over(self.world.fused_store(&fuse));
        fuse.run(watch.deliveries.begin()).await;
        self.oracle.faults += usize::from(fuse.was_reached());
        self.world.watch().deliveries.begin().await.unwrap();
        self.oracle.add(0);
        self.oracle.add(channel);
    }

    async fn deliver(
        &mut self,
        channels: &[usize],
        fault: Option<(usize, Fault)>,
        slack: &[Mishap],
    ) {
        let due: Vec<_> = channels
            .iter()
            .copied()
            .filter(|channel| self.oracle.owed.contains_key(channel))
            .collect();
        let world = World {
            lease: std::time::Duration::from_millis(300),
            ..self.world.clone()
        };
        // The first one has the fault, and all are delivered at once.
        let fuse = fault.map_or_else(Fuse::default, |(step, fault)| Fuse::at(step, fault));
        let mut before = Vec::new();
        for (index, at) in due.iter().enumerate() {
            let channel = &self.channels[*at];
            before.push((channel.digests().len(), self.last(*at).await));
            if index == 0 {
                channel.then(slack.iter().copied());
            }
        }
        let deliveries = due.iter().enumerate().map(|(index, at)| {
            let (world, fuse, channel) = (&world, &fuse, self.channels[*at].clone());
            let due = self.due(*at);
            async move {
                if index == 0 {
                    let watch = world.watch_over(world.fused_store(fuse));
                    let fused = fuse.channel(channel);
                    let delivery = watch.deliveries.deliver(&fused, due);
                    let _ = fuse.run(delivery).await;
                } else {
                    let watch = world.watch();
                    let _ = watch.deliveries.deliver(&channel, due).await;
                }
            }
        });
        futures::future::join_all(deliveries).await;
        self.oracle.faults += usize::from(fuse.was_reached());
        for at in &due {
            let watch = self.world.watch();
            while let Err(error) = deliver_due(&watch, &self.channels[*at], self.due(*at)).await {
                assert!(matches!(error, DeliverError::Post(_)), "{error}");
            }
        }
        // A channel that has the digest polls nothing.
        let mut due: Vec<_> = due.into_iter().zip(before).collect();
        for index in (0..due.len()).rev() {
            let (at, (_, last)) = due[index];
            if self.last(at).await == last {
                due.remove(index);
            }
        }
        if !due.is_empty() {
            self.oracle
                .look(&self.world.watched, self.world.clock.now());
        }
        for (at, (before, _)) in due {
            self.check(at, before);
        }
    }

    fn due(&self, at: usize) -> Due {
        let schedule = self.wanted[at].schedule();
        schedule.due_today(self.world.clock.now())
    }

    /// When the last digest of a channel was made, posted or not.
    async fn last(&self, at: usize) -> Option<DateTime<Utc>> {
        let ledger = self.world.store().ledger(IDS[at]).await.unwrap();
        ledger.last.map(|last| last.until)
    }

    fn check(&mut self, at: usize, before: usize) {
        let digests = self.channels[at].digests();
        let new = &digests[before..];
        assert!(new.len() <= 1, "one digest for each time: {digests:#?}");
        let (wanted, due) = (&self.wanted[at], self.due(at));
        let owed = self.oracle.owed.get_mut(&at).unwrap();
        assert!(owed.due < Some(due), "{due} a second time");
        owed.due = Some(due);
        let now = self.world.clock.now();
        let mut unreadable = self.oracle.unreadable.iter();
        let is_unread = unreadable.any(|hub| wanted.takes_hub(hub));
        let is_this_week = owed.posted.map(|at| at.iso_week()) == Some(now.iso_week());
        let gaps = std::mem::take(&mut owed.gaps);
        let has_gap = gaps.iter().any(|hub| wanted.takes_hub(hub));
        let is_early = wanted.schedule().due_at(now) < Some(due);
        let Some(digest) = new.last() else {
            assert!(wanted.quiet && is_this_week, "a heartbeat for {wanted:?}");
            assert!(!is_early, "a person asked for it");
            assert!(
                !is_unread && !owed.partial && !has_gap,
                "silent about a list"
            );
            let news = expected(owed, wanted);
            assert!(news.is_empty(), "silent about {news:?}");
            owed.steps.clear();
            self.oracle.silent += 1;
            return;
        };
        let mut touched = owed.steps.keys();
        let is_touched =
            touched.any(|(hub, number)| wanted.takes_hub(hub) && wanted.takes_account(*number));
        let may_be_silent = wanted.quiet && is_this_week && !is_early && !owed.partial && !has_gap;
        assert!(
            !may_be_silent || is_unread || is_touched,
            "no news for {wanted:?}: {digest:#?}"
        );
        (owed.posted, owed.partial) = (Some(now), is_unread);
        let paths = reported(digest);
        assert_eq!(paths.len(), digest.paths.len(), "each change once");
        assert_eq!(paths, expected(owed, wanted), "{}: {wanted:?}", IDS[at]);
        // A channel's first digest mentions no one, and there are neither alerts nor accepted cases.
        let mut changed = digest.paths.iter();
        let is_worth_it = changed.any(|path| MENTIONED.contains(&kind(&path.states)));
        let is_first = digest.since.is_none() || owed.digests == 0;
        assert_eq!(digest.mentions, is_worth_it && !is_first, "{digest:#?}");
        owed.steps.clear();
        owed.digests += 1;
        self.oracle.digests += 1;
        self.oracle.narrow += usize::from(at > 0 && !paths.is_empty());
        let unread: Vec<_> = self.oracle.unreadable.iter().cloned().collect();
        let unread: Vec<_> = unread
            .into_iter()
            .filter(|hub| wanted.takes_hub(hub))
            .collect();
        assert_eq!(
            digest.unread, unread,
            "a silent list in its Regions is named"
        );
        let shown = digest.open.iter().chain(&digest.known);
        for shown in shown {
            assert!(
                wanted.takes_account(shown.as_u64()),
                "{shown} for {wanted:?}"
            );
        }
        if wanted.takes_every_event() {
            self.check_lists(at, digest);
        }
    }

    /// Without conditions on events, a channel has every account of its own that isn't Enabled.
    fn check_lists(&self, at: usize, digest: &PostedDigest) {
        let wanted = &self.wanted[at];
        let lists = self.oracle.read.iter();
        let lists = lists.filter(|(hub, _)| wanted.takes_hub(hub));
        let members = lists.flat_map(|(_, list)| list);
        let members = members.filter(|(number, _)| wanted.takes_account(**number));
        let numbers: BTreeSet<_> = members.clone().map(|(number, _)| *number).collect();
        assert_eq!(digest.accounts, numbers.len() as u64, "totals are its own");
        let is_gap = |status: &MemberStatus| !status.is_protected() && !status.is_pending();
        let gaps = members.filter(|(_, status)| is_gap(status));
        let gaps: BTreeSet<_> = gaps.map(|(number, _)| account(*number)).collect();
        let shown = digest.open.iter().chain(&digest.known);
        let shown: BTreeSet<_> = shown.copied().collect();
        let missing: Vec<_> = gaps.difference(&shown).collect();
        assert!(missing.is_empty(), "{missing:?} for {wanted:?}");
    }
}

async fn live(engine: &Engine, narrow: &[Wanted], history: &[Event]) -> Oracle {
    let mut run = Run::new(engine, narrow).await;
    let add = Event::Add {
        channel: 0,
        fault: None,
    };
    run.happen(&add).await;
    for event in history {
        run.happen(event).await;
    }
    // In the end, every channel has everything.
    run.world.clock.set(time("2027-11-02T09:00:00Z"));
    let last = Event::Deliver {
        channels: vec![2, 1, 0],
        fault: None,
        slack: vec![],
    };
    run.happen(&last).await;
    for (at, owed) in &run.oracle.owed {
        assert!(owed.steps.is_empty(), "{}: {owed:?}", IDS[*at]);
    }
    run.oracle
}

#[test]
fn with_any_channels_each_change_is_in_the_digests_of_those_that_take_it() {
    let search = Search {
        file: file!(),
        cases: 10,
        shrinks: 300,
    };
    let narrow = proptest::collection::vec(wanted(), 2);
    let histories = (narrow, proptest::collection::vec(event(), 6..40));
    search.run(&histories, async |engine, (narrow, history)| {
        let oracle = live(engine, &narrow, &history).await;
        [
            ("histories", 1),
            ("faults", oracle.faults),
            ("digests", oracle.digests),
            ("of them narrow and with changes", oracle.narrow),
            ("silent", oracle.silent),
        ]
    });
}

/// Two channels of a world with the accounts 1 and 4: one that takes everything, and a team's.
async fn team(unit: &'static str) -> Run {
    let narrow = Wanted {
        unit: Some(unit),
        ..Wanted::default()
    };
    let engine = Engine::start().await;
    Run::new(&engine, &[narrow, Wanted::default()]).await
}

#[tokio::test]
async fn a_channel_that_is_added_later_reports_no_history_and_loses_nothing_after() {
    let mut run = team("Workloads").await;
    run.world.channels = vec![IDS[0]];
    run.world.list("1 Enabled, 4 Enabled");
    run.world.poll().await;
    run.world.deliver(&run.channels[0]).await.unwrap();
    run.world.list("1 Resigned");
    run.world.set("2026-11-03T09:00:00Z");
    run.world.deliver(&run.channels[0]).await.unwrap();
    run.world.channels.push(IDS[1]);
    let (watch, audience) = (run.world.watch(), run.channels[1].audience().clone());
    let preview = watch
        .deliveries
        .preview(IDS[1], &audience, run.world.today());
    let preview = preview.await.unwrap();
    assert!(preview.is_joining && preview.report.changes.is_empty());
    // The bot restarts with the second channel. Slack is down for its first digest.
    run.world.watch().deliveries.begin().await.unwrap();
    run.world.list("1 Enabled");
    run.world.set("2026-11-04T09:00:00Z");
    run.channels[1].then([Mishap::Refused]);
    run.world.deliver(&run.channels[1]).await.unwrap_err();
    run.world.list("1 Removed");
    run.world.set("2026-11-05T09:00:00Z");
    run.world.deliver(&run.channels[1]).await.unwrap();
    let digests = run.channels[1].digests();
    let paths = ["1: Resigned → Enabled → Removed"];
    assert_eq!(digests[0].changes(), paths);
    assert_eq!(digests[0].since, Some(time("2026-11-03T09:00:00Z")));
}

#[tokio::test]
async fn channels_that_begin_together_report_everything_whichever_is_first() {
    let run = team("Workloads").await;
    let mut world = run.world.clone();
    world.channels = vec![IDS[0], IDS[1]];
    world.watch().deliveries.begin().await.unwrap();
    world.list("1 Enabled, 4 Enabled");
    world.poll().await;
    world.set("2026-11-03T03:00:00Z");
    world.list("1 Resigned, 4 Resigned");
    world.poll().await;
    world.set("2026-11-03T08:00:00Z");
    world.deliver(&run.channels[1]).await.unwrap();
    world.set("2026-11-03T09:00:00Z");
    world.deliver(&run.channels[0]).await.unwrap();
    let team = run.channels[1].digests();
    assert_eq!(team[0].changes(), ["1: Enabled → Resigned"]);
    let all = run.channels[0].digests();
    let both = ["1: Enabled → Resigned", "4: Enabled → Resigned"];
    assert_eq!(all[0].changes(), both);
    assert_eq!((team[0].since, all[0].since), (None, None));
}

#[tokio::test]
async fn other_conditions_report_nothing_old() {
    let mut run = team("Sandbox").await;
    run.world.channels = vec![IDS[0], IDS[1]];
    run.world.list("1 Enabled, 4 Enabled");
    run.world.poll().await;
    run.world.deliver(&run.channels[1]).await.unwrap();
    run.world.set("2026-11-03T09:00:00Z");
    run.world.list("1 Resigned");
    run.world.deliver(&run.channels[1]).await.unwrap();
    let wider = run.channels[1].for_audience(Audience {
        name: Some("Wider".to_owned()),
        scope: Scope {
            accounts: [account(1), account(4)].into(),
            ..Scope::default()
        },
        ..everything()
    });
    run.world.set("2026-11-04T09:00:00Z");
    run.world.list("4 Removed");
    run.world.deliver(&wider).await.unwrap();
    let digests = run.channels[1].digests();
    assert_eq!(digests[1].changes(), Vec::<String>::new());
    assert_eq!(digests[2].changes(), ["4: Enabled → Removed"]);
    // The case is open all the same.
    assert_eq!(digests[2].open, [account(1), account(4)]);
}

#[tokio::test]
async fn a_channel_that_replaces_the_one_with_everything_continues_where_it_ended() {
    let mut run = team("Workloads").await;
    run.world.channels = vec![IDS[0], IDS[1]];
    run.world.list("1 Enabled, 4 Enabled");
    run.world.poll().await;
    for channel in &run.channels[..2] {
        run.world.deliver(channel).await.unwrap();
    }
    run.world.set("2026-11-02T15:00:00Z");
    run.world.list("4 Resigned");
    run.world.poll().await;
    run.world.channels[0] = IDS[2];
    run.world.watch().deliveries.begin().await.unwrap();
    run.world.set("2026-11-03T09:00:00Z");
    run.world.deliver(&run.channels[2]).await.unwrap();
    let digests = run.channels[2].digests();
    assert_eq!(digests[0].changes(), ["4: Enabled → Resigned"]);
}

#[tokio::test]
async fn while_no_ou_is_known_no_change_is_lost() {
    let mut run = team("Workloads").await;
    run.world.channels = vec![IDS[0], IDS[1]];
    let names = std::mem::take(&mut run.world.names);
    run.world.list("1 Enabled, 4 Enabled");
    run.world.poll().await;
    run.world.deliver(&run.channels[1]).await.unwrap();
    run.world.set("2026-11-03T09:00:00Z");
    run.world.list("1 Resigned");
    run.world.deliver(&run.channels[1]).await.unwrap();
    run.world.names = names;
    run.world.set("2026-11-04T09:00:00Z");
    run.world.deliver(&run.channels[1]).await.unwrap();
    let changes: Vec<_> = run.channels[1].digests();
    let changes: Vec<_> = changes.iter().map(PostedDigest::changes).collect();
    assert_eq!(
        changes,
        [vec![], vec![], vec!["1: Enabled → Resigned".to_owned()]]
    );
}

#[tokio::test]
async fn a_failing_region_is_told_where_it_is_covered() {
    let run = team("Workloads").await;
    let mut world = run.world.clone();
    world.channels = IDS.to_vec();
    let regional = |region: &str| Audience {
        name: Some(region.to_owned()),
        scope: Scope {
            regions: [hub(region).region].into(),
            ..Scope::default()
        },
        ..everything()
    };
    let (here, there) = (
        run.channels[1].for_audience(regional("eu-west-1")),
        run.channels[2].for_audience(regional("us-east-1")),
    );
    world.poll().await;
    world.fail(UnreadReason::AccessDenied);
    world.watch().poller.poll_all().await;
    world.set("2026-11-02T12:00:00Z");
    world.watch().poller.poll_all().await;
    for (channel, told) in [(&run.channels[0], true), (&here, true), (&there, false)] {
        assert_eq!(notify(&world.watch(), channel).await.unwrap(), told);
    }
    let items = there.items();
    assert_eq!(items, Vec::<Item>::new());
}

#[tokio::test]
async fn a_status_that_was_renamed_is_asked_about_in_a_small_channel_too() {
    let run = team("Workloads").await;
    let mut world = run.world.clone();
    world.channels = vec![IDS[0], IDS[1]];
    let many: Vec<_> = (1..131).map(|number| format!("{number} Enabled")).collect();
    world.list(&many.join(", "));
    world.poll().await;
    world.deliver(&run.channels[1]).await.unwrap();
    let renamed: Vec<_> = (1..131).map(|number| format!("{number} Active")).collect();
    world.set("2026-11-03T09:00:00Z");
    world.list(&renamed.join(", "));
    let audience = run.channels[1].for_audience(Audience {
        name: Some("Two".to_owned()),
        scope: Scope {
            accounts: [account(7), account(8)].into(),
            ..Scope::default()
        },
        ..everything()
    });
    world.poll().await;
    let watch = world.watch();
    let scope = securityhub_members::watch::ports::Channel::audience(&audience);
    let digest = watch.deliveries.preview(IDS[1], scope, world.today());
    let digest = digest.await.unwrap();
    assert_eq!(
        digest.cases.list.renamed[0].accounts,
        [account(7), account(8)]
    );
    assert_eq!(digest.cases.list.open, vec![]);
    let bulk = &digest.report.bulk_changes;
    assert_eq!(bulk.len(), 1);
    assert!(bulk[0].renamed);
    assert_eq!(bulk[0].accounts, [account(7), account(8)]);
    assert_eq!(digest.report.accounts, 2);
}
