//! A world: hubs, a Slack and a store, and the processes that use them, from one digest to the
//! next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use chrono::{Days, NaiveDate};
use securityhub_members::aws::table::DynamoDb;
use securityhub_members::clock::{Clock, SystemClock};
use securityhub_members::demo::slack::CHANNEL;
use securityhub_members::domain::hub::{HubId, Version};
use securityhub_members::watch::ports::{
    ChangeStore as _, HeadStore as _, LedgerStore as _, SnapshotStore as _,
};
use serde_json::Value;

use crate::dice::Dice;
use crate::hubs::{Hubs, List, REGIONS};
use crate::posted::{self, Step};
use crate::process::{Death, Moment, Process, Tally, count};
use crate::program::Outside;

/// A killed process is replaced after its lease of a minute. With several successors, one may
/// wait for a second lease.
const PATIENCE: Duration = Duration::from_secs(300);

/// The calls of a start and a poll. Processes that are not first make no others, because they
/// wait for the one that delivers.
const POLL: [&str; 6] = [
    "GetCallerIdentity",
    "auth.test",
    "ListMembers",
    "GetItem",
    "TransactWriteItems",
    "UpdateItem",
];
/// The calls of a delivery, with their minimum number in most digests.
const DELIVERY: [(&str, usize); 4] = [
    ("chat.postMessage", 1),
    ("chat.postMessage", 3),
    ("PutItem", 8),
    ("TransactWriteItems", 4),
];

pub(crate) struct World {
    number: usize,
    outside: Outside,
    hubs: Hubs,
    store: DynamoDb,
    dice: Dice,
    tally: Arc<Tally>,
    dates: Vec<NaiveDate>,
}

impl World {
    pub(crate) async fn new(number: usize, dice: Dice, tally: Arc<Tally>) -> Self {
        let mut outside = Outside::with_table().await;
        outside.set("REGIONS", REGIONS.join(","));
        outside.set("POLL_INTERVAL", "10s");
        Self {
            number,
            hubs: Hubs::new(outside.aws.clone()),
            store: store(&outside),
            outside,
            dice,
            tally,
            dates: Vec::new(),
        }
    }

    /// A digest becomes due. The process that delivers it is killed, and others find its
    /// delivery. While they wait for the lease, more processes start and are killed.
    ///
    /// The digest's date is long past. It is due until a later one is delivered, so the test
    /// needs no real days.
    pub(crate) async fn day(&mut self, kills: usize) {
        let date = match self.dates.last() {
            Some(last) => *last + Days::new(1),
            None => SystemClock.now().date_naive() - Days::new(200),
        };
        self.dates.push(date);
        let schedule = date.format("0 0 %-d %-m *").to_string();
        self.outside.set("DIGEST_SCHEDULE", schedule);
        self.hubs.next_day();
        self.some_change(90);
        if kills > 0 {
            let death = self.death_in_delivery();
            self.lose(vec![death]).await;
        }
        let mut survivors = Vec::new();
        for _ in 0..1 + self.dice.below(2) {
            survivors.push(self.start(Death::Commanded).await);
        }
        let mut left = kills.saturating_sub(1);
        while left > 0 {
            let replicas = (1 + self.dice.below(3)).min(left);
            left -= replicas;
            let deaths = (0..replicas).map(|_| self.death_in_poll()).collect();
            self.lose(deaths).await;
            self.check_snapshots().await;
        }
        self.delivered(date, survivors).await;
        self.check().await;
    }

    /// Starts processes, which are killed while members change.
    async fn lose(&mut self, deaths: Vec<Death>) {
        let mut processes = Vec::new();
        for death in deaths {
            processes.push(self.start(death).await);
        }
        while !processes.iter().all(Process::is_dead) {
            let pause = 100 + self.dice.below(400) as u64;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            self.some_change(6);
        }
        for process in processes {
            process.bury().await;
        }
    }

    /// Waits for the digest of a date, then kills the remaining processes.
    async fn delivered(&self, date: NaiveDate, survivors: Vec<Process>) {
        let delivered = async {
            loop {
                let ledger = self.store.ledger(CHANNEL).await.unwrap();
                if ledger.last.is_some_and(|last| last.date == date) {
                    return assert_eq!(ledger.open, None);
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let delivered = tokio::time::timeout(PATIENCE, delivered).await;
        for process in survivors {
            let log = process.kill().await;
            assert!(
                delivered.is_ok(),
                "world {}: {date} was not delivered: {log}",
                self.number
            );
            let takeovers = log
                .matches("taking over a delivery whose lease expired")
                .count();
            count(&self.tally.takeovers, takeovers);
        }
    }

    async fn start(&mut self, death: Death) -> Process {
        let dice = self.dice.another();
        Process::start(&self.outside, death, dice, Arc::clone(&self.tally)).await
    }

    fn death_in_delivery(&mut self) -> Death {
        if self.dice.percent(15) {
            return Death::Sometime(Duration::from_millis(500 + self.dice.below(4_000) as u64));
        }
        let (call, most) = self.dice.pick(&DELIVERY);
        self.at_call(call, most)
    }

    fn death_in_poll(&mut self) -> Death {
        if self.dice.percent(30) {
            return Death::Sometime(Duration::from_millis(self.dice.below(1_500) as u64));
        }
        let call = self.dice.pick(&POLL);
        self.at_call(call, 2)
    }

    fn at_call(&mut self, call: &'static str, most: usize) -> Death {
        let moment = match self.dice.below(3) {
            0 => Moment::Before,
            // A late renewal can lead to a second wait for the lease.
            1 if call != "PutItem" => {
                Moment::OnItsWay(Duration::from_millis(self.dice.below(3_000) as u64))
            }
            _ => Moment::After,
        };
        Death::AtCall(call, 1 + self.dice.below(most), moment)
    }

    fn some_change(&mut self, most: usize) {
        let accounts = self.dice.below(most + 1);
        self.hubs.change(&mut self.dice, accounts);
    }

    /// Asserts that every stored snapshot is a list that the hub had.
    async fn check_snapshots(&self) {
        for hub in Hubs::ids() {
            if let Some(list) = self.stored(&hub).await {
                assert!(
                    self.hubs.was(&hub, &list),
                    "world {}: {hub} was never like this",
                    self.number
                );
                count(&self.tally.snapshots, 1);
            }
        }
    }

    async fn stored(&self, hub: &HubId) -> Option<List> {
        loop {
            let head = self.store.head(hub).await.unwrap();
            let day = head.day?;
            if let Some(snapshot) = self.store.snapshot(hub, &day).await.unwrap() {
                let members = snapshot.members().iter().map(|one| &one.listed);
                let member = members.map(|one| (one.account.as_u64(), one.status.clone()));
                return Some(member.collect());
            }
            // A request of the last killed process may arrive only now.
            let newer = self.store.head(hub).await.unwrap().version;
            assert!(
                newer > head.version,
                "{hub}: the head names a snapshot that is not there"
            );
        }
    }

    /// Asserts that there is one complete digest for each date, and that every stored change up
    /// to the last digest is in exactly one of them.
    async fn check(&self) {
        let digests = posted::digests(&self.outside.slack);
        let dates: Vec<_> = digests.iter().map(|digest| digest.date.clone()).collect();
        let wanted: Vec<_> = self.dates.iter().map(ToString::to_string).collect();
        assert_eq!(dates, wanted, "world {}: one digest a date", self.number);
        let ledger = self.store.ledger(CHANNEL).await.unwrap();
        let covered = ledger.last.unwrap().covered;
        let mut wanted = BTreeMap::<u64, Vec<Step>>::new();
        for hub in Hubs::ids() {
            let seen = self.store.observations(&hub, Version::NONE, covered[&hub]);
            for observation in seen.await.unwrap() {
                for change in observation.changes {
                    let steps = wanted.entry(change.account.as_u64()).or_default();
                    steps.push((change.from, change.to));
                }
            }
        }
        let posted = posted::steps(&digests);
        assert_eq!(posted, wanted, "world {}: every change once", self.number);
        self.check_snapshots().await;
    }

    /// Asserts that the final data and the reported changes match the hubs.
    pub(crate) async fn end(self) {
        let run = self.outside.run(&["show", "--json"]).await;
        assert_eq!(run.code, 0, "{run:?}");
        let shown = standing(&serde_json::from_str(&run.out).unwrap());
        let mut listed = BTreeMap::new();
        for hub in Hubs::ids() {
            let now = self.hubs.now(&hub);
            assert_eq!(
                self.stored(&hub).await.as_ref(),
                Some(now),
                "world {}",
                self.number
            );
            let unprotected = now.iter().filter(|(_, status)| !status.is_protected());
            listed.extend(
                unprotected
                    .map(|(account, status)| (account.to_string(), status.as_str().to_owned())),
            );
            let head = self.store.head(&hub).await.unwrap();
            let seen = self.store.observations(&hub, Version::NONE, head.version);
            self.hubs.steps(&hub, &seen.await.unwrap());
        }
        assert_eq!(shown, listed, "world {}", self.number);
        let digests = posted::digests(&self.outside.slack);
        count(&self.tally.digests, digests.len());
        count(
            &self.tally.messages,
            digests.iter().map(|digest| digest.messages).sum(),
        );
        count(
            &self.tally.changes,
            posted::steps(&digests).values().map(Vec::len).sum(),
        );
    }
}

/// The status of every account that isn't Enabled, in the JSON of `show`.
fn standing(answer: &Value) -> BTreeMap<String, String> {
    let groups = answer["report"]["report"]["standing"].as_array().unwrap();
    let group = |group: &Value| {
        let status = group["status"].as_str().unwrap().to_owned();
        let entries = group["entries"].as_array().unwrap().clone();
        let account = |entry: Value| entry["account"].as_str().unwrap().to_owned();
        entries
            .into_iter()
            .map(move |entry| (account(entry), status.clone()))
            .collect::<Vec<_>>()
    };
    groups.iter().flat_map(group).collect()
}

/// The store of the processes, without a tap.
pub(crate) fn store(outside: &Outside) -> DynamoDb {
    let endpoint = outside.environment.iter();
    let endpoint = endpoint
        .clone()
        .find(|(name, _)| *name == "AWS_ENDPOINT_URL_DYNAMODB");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(endpoint.unwrap().1.clone())
        .build();
    DynamoDb::new(
        Client::from_conf(config),
        "securityhub-members".to_owned(),
        Days::new(400),
        Arc::new(SystemClock),
    )
}
