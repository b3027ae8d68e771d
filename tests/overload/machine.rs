//! What the program takes of the machine, and what others take, by `/proc`.

use std::fs;
use std::time::{Duration, Instant};

/// A process by its number.
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

    /// How many files and connections are open.
    pub(crate) fn files(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0))
            .unwrap()
            .count()
    }

    /// The most memory that is seen during a time.
    pub(crate) async fn peak(self, during: Duration) -> u64 {
        let began = Instant::now();
        let mut peak = self.memory();
        while began.elapsed() < during {
            tokio::time::sleep(Duration::from_millis(100)).await;
            peak = peak.max(self.memory());
        }
        peak
    }

    /// Waits until no more than so many files are open; returns how many.
    pub(crate) async fn settle(self, files: usize) -> usize {
        let settled = async {
            while self.files() > files {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let settled = tokio::time::timeout(crate::PATIENCE, settled).await;
        assert!(
            settled.is_ok(),
            "{} files are open, not {files}",
            self.files()
        );
        self.files()
    }

    /// Processor time used so far, in ticks.
    fn used(self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        // The name before the last bracket may hold anything.
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let times = fields.skip(11).take(2);
        times.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }
}

/// The machine since a moment.
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

    /// The shares of its time, in percent, that the program and this test used,
    /// and that others used.
    pub(crate) fn shares(&self) -> [u64; 2] {
        let now = Self::now(self.process);
        let all = (now.all - self.all).max(1);
        let ours = now.ours - self.ours;
        let others = (now.busy - self.busy).saturating_sub(ours);
        [ours, others].map(|used| used * 100 / all)
    }
}
