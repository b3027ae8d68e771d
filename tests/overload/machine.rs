//! The resources of the program and of other processes, from `/proc`.

use std::fs;
use std::time::{Duration, Instant};

/// The HTTP clients look every 90 seconds for connections that have been idle for 90 seconds.
const IDLE_WITHIN: Duration = Duration::from_secs(200);

/// A process by its ID.
#[derive(Clone, Copy)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self(id)
    }

    /// Resident memory in KiB.
    pub(crate) fn memory(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    /// The number of open files and connections.
    pub(crate) fn files(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0))
            .unwrap()
            .count()
    }

    /// The maximum memory during a time, in KiB.
    pub(crate) async fn peak(self, during: Duration) -> u64 {
        let began = Instant::now();
        let mut peak = self.memory();
        while began.elapsed() < during {
            tokio::time::sleep(Duration::from_millis(100)).await;
            peak = peak.max(self.memory());
        }
        peak
    }

    /// Waits until at most this many files are open; returns the number.
    pub(crate) async fn settle(self, files: usize) -> usize {
        let settled = async {
            while self.files() > files {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let settled = tokio::time::timeout(IDLE_WITHIN, settled).await;
        assert!(
            settled.is_ok(),
            "{} files are open, not {files}",
            self.files()
        );
        self.files()
    }

    /// CPU time so far, in ticks.
    fn used(self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        // The name in parentheses can contain any characters.
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let times = fields.skip(11).take(2);
        times.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }
}

/// The machine's CPU time since a moment.
pub(crate) struct Machine {
    process: Process,
    all: u64,
    busy: u64,
    ours: u64,
}

impl Machine {
    pub(crate) fn now(process: Process) -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap();
        let line = stat.lines().next().unwrap().split_whitespace();
        // user, nice, system, idle, iowait, irq, softirq, steal
        let ticks: Vec<u64> = line
            .skip(1)
            .take(8)
            .map(|ticks| ticks.parse().unwrap())
            .collect();
        let all = ticks.iter().sum();
        Self {
            process,
            all,
            busy: all - ticks[3] - ticks[4],
            ours: process.used() + Process(std::process::id()).used(),
        }
    }

    /// The CPU shares, in percent, of the program together with this test, and of others.
    pub(crate) fn shares(&self) -> [u64; 2] {
        let now = Self::now(self.process);
        let all = (now.all - self.all).max(1);
        let ours = now.ours - self.ours;
        let others = (now.busy - self.busy).saturating_sub(ours);
        [ours, others].map(|used| used * 100 / all)
    }
}
