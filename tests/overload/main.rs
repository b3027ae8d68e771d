//! Sustained overload: every command is acknowledged in time, concurrent work is shared, the rest
//! is rejected with a message, and no resources leak.
#![cfg(feature = "demo")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what was measured is a result too")]

mod answers;
mod machine;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "other tests look at more of it")]
mod program;
#[path = "../program/tap.rs"]
mod tap;
mod wave;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use answers::Answers;
use machine::{Machine, Process};
use program::{IRELAND, Outside, PATIENCE, Serving, member};
use tap::{Listener, Tap};
use wave::{Ack, Latency, Sent, Wave};

/// Commands a second.
const RATE: u32 = 500;
/// The duration of a `ListMembers` request.
const LISTING: Duration = Duration::from_secs(2);
/// The limit for memory during a wave, in a debug build.
const PEAK_KIB: u64 = 150 * 1024;
/// The limit for growth after a second wave: memory that the heap keeps.
const LEFT_KIB: u64 = 16 * 1024;
/// The number of concurrent jobs. Each may leave a kept-alive connection to the store.
const JOBS: usize = 64;
/// The allowance for other connections, which are closed later.
const FILES: usize = 32;

struct Overload {
    serving: Serving,
    process: Process,
    answers: Arc<Answers>,
    address: String,
    /// Open files before the first wave.
    files: usize,
    _outside: Outside,
    _tap: Tap,
}

impl Overload {
    async fn begin() -> Self {
        let mut outside = Outside::with_table().await;
        let members = (0..40).map(|number| member(number, "Enabled"));
        outside.aws.set_members(IRELAND, members.collect());
        let answers = Arc::new(Answers::new(LISTING));
        let tap = Tap::start(&outside, Arc::clone(&answers) as Arc<dyn Listener>).await;
        for (name, address) in &tap.settings {
            // The store is not under test, so it is not behind the tap.
            if *name != "AWS_ENDPOINT_URL_DYNAMODB" {
                outside.set(name, address);
            }
        }
        let serving = outside.serve().await;
        let digest = outside.slack.wait_for(PATIENCE, |workspace| {
            workspace
                .calls
                .iter()
                .any(|call| call.method == "chat.postMessage")
                .then_some(())
        });
        digest.await.unwrap();
        let slack = tap
            .settings
            .iter()
            .find(|(name, _)| *name == "SLACK_API_URL");
        let process = Process::new(serving.child.id().unwrap());
        Self {
            process,
            files: process.files(),
            address: slack.unwrap().1.trim_end_matches("/api").to_owned(),
            serving,
            answers,
            _outside: outside,
            _tap: tap,
        }
    }

    fn wave(&self, name: &'static str, seconds: u32) -> Wave {
        Wave::new(name, self.serving.port, &self.address, RATE, seconds)
    }

    /// Runs a wave whose commands must all be acknowledged. Returns the remaining memory.
    async fn endure(&self, name: &'static str, seconds: u32) -> u64 {
        let wave = self.wave(name, seconds);
        let during = Duration::from_secs(seconds.into());
        let (before, listed) = (self.process.memory(), self.answers.listings());
        let (machine, began) = (Machine::now(self.process), Instant::now());
        let (sent, peak, healthy) = tokio::join!(
            wave.send(),
            self.process.peak(during),
            healthy(self.serving.port, during),
        );
        let shares = machine.shares();
        let accepted = accepted(&sent);
        self.answers.wait_for(&accepted).await;
        let endured = Endured {
            name,
            sent: sent.len(),
            accepted: accepted.len(),
            latency: wave::latency(&sent),
            listings: self.answers.listings() - listed,
            took: began.elapsed(),
            files: self.process.settle(self.files + JOBS + FILES).await,
            memory: [before, peak, self.process.memory()],
            shares,
        };
        println!("{endured}; /healthz {healthy}");
        for one in &sent {
            assert_ne!(
                one.ack,
                Ack::None,
                "{name}: {} was not acknowledged",
                one.id
            );
        }
        self.answers.check(&sent);
        endured.check();
        endured.memory[2]
    }

    /// Stops the program during a wave. Acknowledged commands still get their answers.
    async fn stop_in_the_middle(self) {
        let wave = self.wave("stop", 4).send();
        let stop = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let stopping = Instant::now();
            self.serving.tell_to_stop().await;
            stopping
        };
        let (sent, stopping) = tokio::join!(wave, stop);
        let (code, log) = self.serving.ended(PATIENCE).await;
        let stopped = stopping.elapsed();
        assert_eq!(code, 0, "{}", tail(&log));
        assert!(
            !log.contains("unfinished") && !log.contains("panicked"),
            "{}",
            tail(&log)
        );
        let accepted = accepted(&sent);
        let turned_away = sent.iter().filter(|one| matches!(one.ack, Ack::None));
        println!(
            "stop: {} accepted and answered, {} turned away, ended after {stopped:.1?}",
            accepted.len(),
            turned_away.clone().count()
        );
        for one in turned_away {
            assert!(
                one.over >= stopping,
                "{} was turned away before the stop",
                one.id
            );
        }
        assert!(!accepted.is_empty());
        self.answers.check(&sent);
    }
}

/// The measurements of a wave.
struct Endured {
    name: &'static str,
    sent: usize,
    accepted: usize,
    latency: Latency,
    listings: usize,
    took: Duration,
    files: usize,
    /// Before, at most, and after, in KiB.
    memory: [u64; 3],
    /// CPU shares in percent: program and test, and others.
    shares: [u64; 2],
}

impl fmt::Display for Endured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, peak, after] = self.memory;
        let [ours, others] = self.shares;
        write!(
            f,
            "{}: {} sent, {} accepted and answered, {} refused; acknowledged after {}; \
             {} listings in {:.1?}; memory {before} KiB, at most {peak} KiB, then {after} KiB; \
             {} files open; {ours} % of the machine used, and {others} % by others",
            self.name,
            self.sent,
            self.accepted,
            self.sent - self.accepted,
            self.latency,
            self.listings,
            self.took,
            self.files,
        )
    }
}

impl Endured {
    fn check(&self) {
        let [before, peak, _] = self.memory;
        assert!(self.accepted >= JOBS, "{self}");
        // One check at a time, shared by all commands.
        assert!(self.listings as u64 <= self.took.as_secs() + 3, "{self}");
        assert!(peak.saturating_sub(before) < PEAK_KIB, "{self}");
        self.latency.check(self.shares[1]);
    }
}

fn accepted(sent: &[Sent]) -> Vec<String> {
    let accepted = sent.iter().filter(|one| matches!(one.ack, Ack::Checking));
    accepted.map(|one| one.id.clone()).collect()
}

/// Requests `/healthz` continuously; every response must be successful.
async fn healthy(port: u16, during: Duration) -> String {
    let began = Instant::now();
    let (mut asked, mut longest) = (0, Duration::ZERO);
    while began.elapsed() < during {
        let asking = Instant::now();
        let answer = reqwest::get(format!("http://127.0.0.1:{port}/healthz")).await;
        assert_eq!(answer.unwrap().status(), 200);
        longest = longest.max(asking.elapsed());
        asked += 1;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    format!("{asked} times good, the slowest after {longest:.0?}")
}

/// `OVERLOAD_SECONDS` is the length of each of the two waves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overload_is_acknowledged_in_time_shares_its_work_and_leaves_nothing_behind() {
    let seconds = std::env::var("OVERLOAD_SECONDS").map_or(10, |text| text.parse().unwrap());
    assert!(seconds <= 240, "what was signed before would be stale");
    let overload = Overload::begin().await;
    // Allocates what is kept: connections, threads, the heap's first growth.
    overload.endure("warm-up", 2).await;
    let first = overload.endure("first", seconds).await;
    let second = overload.endure("second", seconds).await;
    assert!(
        second < first + LEFT_KIB,
        "{first} KiB, after as much again {second} KiB"
    );
    overload.stop_in_the_middle().await;
}

fn tail(log: &str) -> &str {
    let from = log.len().saturating_sub(2_000);
    log.get(from..).unwrap_or(log)
}
