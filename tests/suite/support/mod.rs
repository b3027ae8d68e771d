//! The test environment: a table, hubs, a clock and a channel, in a world that tests control.

pub(crate) mod channel;
pub(crate) mod clock;
pub(crate) mod crash;
pub(crate) mod hmac;
pub(crate) mod hubs;
pub(crate) mod receiver;
pub(crate) mod regions;
pub(crate) mod search;
pub(crate) mod table;
pub(crate) mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use securityhub_members::clock::Clock as _;
use securityhub_members::domain::directory::Names;
use securityhub_members::domain::due::Due;
use securityhub_members::domain::hub::{HubId, UnreadReason};
use securityhub_members::domain::member::MemberStatus;
use securityhub_members::domain::query::Query;
use securityhub_members::domain::report::Report;
use securityhub_members::domain::scope::Audience;
use securityhub_members::watch::ports::{NameSource, Store};
use securityhub_members::watch::{
    Answer, CaseSettings, DeliverError, DeliverySettings, NoSnapshot, Outcome, Parts, Polled,
    Reported, Watch,
};

use channel::TestChannel;
use clock::TestClock;
use crash::Fuse;
use hubs::{ScriptedHubs, ScriptedRegions};
use table::{Engine, Table};

pub(crate) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The readers of a channel without conditions.
pub(crate) fn everything() -> Audience {
    Audience::of_everything(chrono_tz::UTC)
}

pub(crate) fn hub(region: &str) -> HubId {
    format!("111122223333/{region}").parse().unwrap()
}

/// Delivers today's digest, even if this machine is too slow for a short lease.
pub(crate) async fn deliver_today(
    watch: &Watch,
    channel: &TestChannel,
) -> Result<Outcome, DeliverError> {
    deliver_due(watch, channel, watch.calendar.today().into()).await
}

/// Delivers this digest, even if this machine is too slow for a short lease.
pub(crate) async fn deliver_due(
    watch: &Watch,
    channel: &TestChannel,
    due: Due,
) -> Result<Outcome, DeliverError> {
    until_confirmed(async || watch.deliveries.deliver(channel, due).await).await
}

/// Alerts the channel, even if this machine is too slow for a short lease.
pub(crate) async fn notify(watch: &Watch, channel: &TestChannel) -> Result<bool, DeliverError> {
    until_confirmed(async || watch.deliveries.notify(channel).await).await
}

/// Posts alerts about changes, even if this machine is too slow for a short lease.
pub(crate) async fn alert(watch: &Watch, channel: &TestChannel) -> Result<usize, DeliverError> {
    until_confirmed(async || watch.deliveries.alert(channel).await).await
}

/// Tries again as the schedule does.
async fn until_confirmed<T>(
    attempt: impl AsyncFn() -> Result<T, DeliverError>,
) -> Result<T, DeliverError> {
    for _ in 0..100 {
        match attempt().await {
            Err(DeliverError::Unconfirmed) => {}
            outcome => return outcome,
        }
    }
    panic!("the lease ended a hundred times")
}

/// Names that don't change.
struct FixedNames(Arc<Names>);

#[async_trait]
impl NameSource for FixedNames {
    async fn names(&self) -> Arc<Names> {
        Arc::clone(&self.0)
    }
}

/// One table, one or more hubs, and the time.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) hubs: ScriptedHubs,
    pub(crate) table: Table,
    pub(crate) zone: Tz,
    /// The names and OUs of accounts.
    pub(crate) names: Arc<Names>,
    /// The configured channels.
    pub(crate) channels: Vec<&'static str>,
    /// Methods without a hub use the first one.
    pub(crate) watched: Vec<HubId>,
    /// The lease of a delivery. Short by default, so that a process that follows a failed one
    /// doesn't wait. [`deliver_today`] allows for a machine that is slower.
    pub(crate) lease: Duration,
    /// The time in which Slack can still post a message after its answer was lost.
    pub(crate) taken_within: Duration,
}

impl World {
    /// A world at `now` with one empty hub.
    pub(crate) async fn at(now: &str, zone: Tz) -> Self {
        Self::in_engine(&Engine::start().await, now, zone).await
    }

    pub(crate) async fn in_engine(engine: &Engine, now: &str, zone: Tz) -> Self {
        Self {
            clock: TestClock::at(time(now)),
            hubs: ScriptedHubs::default(),
            table: engine.table().await,
            zone,
            names: Arc::default(),
            channels: vec!["C0TEST"],
            watched: vec![hub("eu-west-1")],
            lease: Duration::from_millis(10),
            taken_within: Duration::from_millis(50),
        }
    }

    pub(crate) fn hub(&self) -> &HubId {
        &self.watched[0]
    }

    pub(crate) fn store(&self) -> impl Store + use<> {
        self.table.store(&self.clock)
    }

    /// The store of a process with this fuse below the SDK.
    pub(crate) fn fused_store(&self, fuse: &Fuse) -> Arc<dyn Store> {
        Arc::new(self.table.fused_store(&self.clock, fuse, 1))
    }

    /// The same with the SDK's retries.
    pub(crate) fn persistent_store(&self, fuse: &Fuse) -> Arc<dyn Store> {
        Arc::new(self.table.fused_store(&self.clock, fuse, 3))
    }

    /// A new process, which knows only the table.
    pub(crate) fn watch(&self) -> Arc<Watch> {
        self.watch_over(Arc::new(self.store()))
    }

    pub(crate) fn watch_over(&self, store: Arc<dyn Store>) -> Arc<Watch> {
        Arc::new(Watch::new(self.parts_over(store)))
    }

    /// The parts of a new process.
    pub(crate) fn parts(&self) -> Parts {
        self.parts_over(Arc::new(self.store()))
    }

    fn parts_over(&self, store: Arc<dyn Store>) -> Parts {
        let (hubs, clock) = (Arc::new(self.hubs.clone()), Arc::new(self.clock.clone()));
        Parts {
            delivery: DeliverySettings {
                lease: self.lease,
                taken_within: self.taken_within,
                ..DeliverySettings::default()
            },
            cases: CaseSettings {
                channels: self.channels.iter().map(|&id| id.to_owned()).collect(),
                ..CaseSettings::default()
            },
            names: Some(Arc::new(FixedNames(Arc::clone(&self.names)))),
            ..Parts::new(hubs, store, clock, self.zone, self.watched.clone())
        }
    }

    /// A new process that lists its hubs.
    pub(crate) async fn finding(&self, regions: &ScriptedRegions) -> Arc<Watch> {
        let mut parts = self.parts();
        parts.hubs.clear();
        parts.finder = Some(Arc::new(regions.clone()));
        let watch = Arc::new(Watch::new(parts));
        watch.find_hubs().await;
        watch
    }

    /// Sets statuses in the first hub, like `"1 Enabled, 2 Invited, 3 -"`; `-` is "not listed".
    pub(crate) fn list(&self, members: &str) {
        for member in members.split(", ") {
            let (account, status) = member.split_once(' ').unwrap();
            self.hubs.set(self.hub(), account.parse().unwrap(), status);
        }
    }

    pub(crate) fn fail(&self, reason: UnreadReason) {
        self.hubs.fail(self.hub(), reason);
    }

    pub(crate) fn set(&self, now: &str) {
        self.clock.set(time(now));
    }

    /// Polls every hub, without failures; returns the result for the first one.
    pub(crate) async fn poll(&self) -> Polled {
        let mut polls = self.watch().poller.poll_all().await;
        for (hub, polled) in &polls {
            assert!(polled.is_ok(), "{hub}: {polled:?}");
        }
        polls.retain(|(hub, _)| hub == self.hub());
        let (_, polled) = polls.remove(0);
        polled.as_ref().as_ref().unwrap().clone()
    }

    /// Sets statuses at `now`, and polls.
    pub(crate) async fn poll_at(&self, now: &str, members: &str) -> Polled {
        self.set(now);
        if !members.is_empty() {
            self.list(members);
        }
        self.poll().await
    }

    /// The same, and the report on that date.
    pub(crate) async fn poll_and_report(&self, now: &str, members: &str) -> Report {
        self.poll_at(now, members).await;
        self.on(&self.today().to_string()).await
    }

    pub(crate) async fn ask(&self, query: &Query) -> Answer {
        self.watch().answers.answer_from_store(query).await.unwrap()
    }

    /// The report on a date with data.
    pub(crate) async fn on(&self, day: &str) -> Report {
        self.report(&Query::On(date(day))).await.report
    }

    /// The report on a period, both days inclusive.
    pub(crate) async fn between(&self, first: &str, last: &str) -> Report {
        let (first, last) = (date(first), date(last));
        self.report(&Query::Between { first, last }).await.report
    }

    /// The answer to [`Query::Now`].
    pub(crate) async fn now(&self) -> Report {
        match self.watch().live.answer(&Query::Now).await.unwrap() {
            Answer::Report(reported) => reported.report,
            other => panic!("a report expected, not {other:?}"),
        }
    }

    /// A new process delivers today's digest.
    pub(crate) async fn deliver(&self, channel: &TestChannel) -> Result<Outcome, DeliverError> {
        deliver_today(&self.watch(), channel).await
    }

    async fn report(&self, query: &Query) -> Reported {
        match self.ask(query).await {
            Answer::Report(reported) => reported,
            other => panic!("a report expected, not {other:?}"),
        }
    }

    /// The answer for a date without a snapshot.
    pub(crate) async fn nothing_on(&self, day: &str) -> NoSnapshot {
        match self.ask(&Query::On(date(day))).await {
            Answer::NoSnapshot(answer) => answer,
            other => panic!("no snapshot expected, not {other:?}"),
        }
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.clock.now().with_timezone(&self.zone).date_naive()
    }
}

/// The changes of a report, like `Left 2: Enabled → Resigned`.
pub(crate) fn changes(report: &Report) -> Vec<String> {
    let of = |status: &Option<MemberStatus>| {
        let status = status.as_ref();
        status.map_or("-".to_owned(), MemberStatus::to_string)
    };
    let mut lines = Vec::new();
    for group in &report.changes {
        for entry in &group.entries {
            let path: Vec<_> = entry.path.iter().map(of).collect();
            let (kind, account) = (group.kind, entry.account.as_u64());
            lines.push(format!("{kind:?} {account}: {}", path.join(" → ")));
        }
    }
    lines
}

/// The open gaps of a report, like `Resigned 2: 3 days`.
pub(crate) fn standing(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &report.standing {
        for entry in &group.entries {
            let (account, days) = (entry.account.as_u64(), entry.days);
            lines.push(format!("{} {account}: {days} days", group.status));
        }
    }
    lines
}

/// The counts of a report, like `Resigned 1, Enabled 2`.
pub(crate) fn counts(counts: &securityhub_members::domain::member::Counts) -> String {
    let counts = counts
        .iter()
        .map(|(status, number)| format!("{status} {number}"));
    counts.collect::<Vec<_>>().join(", ")
}
