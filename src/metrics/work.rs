//! The metrics of Slack's requests: their number, their acknowledgements, and the jobs after
//! them.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::Metrics;

/// Slack's limit is 3 s.
const ACKNOWLEDGEMENT_SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0,
];
/// From an answer with stored data to a poll of every hub.
const JOB_SECONDS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabels {
    path: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobName {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobOutcome {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VersionLabels {
    version: &'static str,
}

/// The kinds of jobs after an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// A live check.
    Check,
    /// A command that is answered from stored data.
    Answer,
    /// A button below an answer.
    Button,
    /// The Home tab.
    Home,
}

impl Job {
    const ALL: [Self; 4] = [Self::Check, Self::Answer, Self::Button, Self::Home];

    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Answer => "answer",
            Self::Button => "button",
            Self::Home => "home",
        }
    }
}

#[derive(Clone)]
pub(super) struct WorkMetrics {
    requests: Family<RequestLabels, Counter>,
    acknowledged: Family<PathLabels, Histogram, fn() -> Histogram>,
    running: Family<JobName, Gauge>,
    jobs: Family<JobOutcome, Counter>,
    duration: Family<JobName, Histogram, fn() -> Histogram>,
}

impl WorkMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let acknowledged: fn() -> Histogram = || Histogram::new(ACKNOWLEDGEMENT_SECONDS);
        let duration: fn() -> Histogram = || Histogram::new(JOB_SECONDS);
        let work = Self {
            requests: Family::default(),
            acknowledged: Family::new_with_constructor(acknowledged),
            running: Family::default(),
            jobs: Family::default(),
            duration: Family::new_with_constructor(duration),
        };
        // Create the series now: an alert misses an increase that creates its series.
        for kind in Job::ALL.map(Job::name) {
            drop(work.running.get_or_create(&JobName { kind }));
            for outcome in ["done", "failed", "refused"] {
                drop(work.jobs.get_or_create(&JobOutcome { kind, outcome }));
            }
        }
        registry.register(
            "slack_requests",
            "HTTP requests from Slack, by path and status",
            work.requests.clone(),
        );
        registry.register(
            "slack_acknowledgement_seconds",
            "Time to the acknowledgement of a request from Slack, by path; Slack waits for 3 s",
            work.acknowledged.clone(),
        );
        registry.register(
            "jobs_running",
            "Jobs in progress after an acknowledgement, by kind",
            work.running.clone(),
        );
        registry.register(
            "jobs",
            "Jobs after an acknowledgement, by kind and outcome; refused: too many at once",
            work.jobs.clone(),
        );
        registry.register(
            "job_duration_seconds",
            "Duration of jobs after an acknowledgement, by kind",
            work.duration.clone(),
        );
        let build = Family::<VersionLabels, Gauge>::default();
        let version = env!("CARGO_PKG_VERSION");
        build.get_or_create(&VersionLabels { version }).set(1);
        registry.register(
            "build_info",
            "Version of the running program; always 1",
            build,
        );
        work
    }
}

impl WorkMetrics {
    /// Observes the time until a request of this path or kind was acknowledged.
    pub(super) fn acknowledged(&self, path: &'static str, took: Duration) {
        let acknowledged = self.acknowledged.get_or_create(&PathLabels { path });
        acknowledged.observe(took.as_secs_f64());
    }
}

impl Metrics {
    /// Counts a request from Slack with its HTTP status and duration.
    pub fn request(&self, path: &'static str, status: u16, took: Duration) {
        let labels = RequestLabels { path, status };
        self.work.requests.get_or_create(&labels).inc();
        self.work.acknowledged(path, took);
    }

    /// Starts counting a job, which runs until the returned guard is dropped.
    pub fn job_begins(&self, job: Job) -> Working {
        let name = JobName { kind: job.name() };
        self.work.running.get_or_create(&name).inc();
        Working {
            metrics: self.clone(),
            job,
            since: Instant::now(),
            outcome: "failed",
        }
    }

    /// Counts a job that was rejected because too many are running.
    pub fn job_refused(&self, job: Job) {
        self.count(job, "refused");
    }

    fn count(&self, job: Job, outcome: &'static str) {
        let kind = job.name();
        let labels = JobOutcome { kind, outcome };
        self.work.jobs.get_or_create(&labels).inc();
    }
}

/// A running job. If it is dropped before [`done`](Self::done), it has failed.
#[derive(Debug)]
pub struct Working {
    metrics: Metrics,
    job: Job,
    since: Instant,
    outcome: &'static str,
}

impl Working {
    /// The job succeeded.
    pub fn done(mut self) {
        self.outcome = "done";
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let name = JobName {
            kind: self.job.name(),
        };
        self.metrics.work.running.get_or_create(&name).dec();
        let duration = self.metrics.work.duration.get_or_create(&name);
        duration.observe(self.since.elapsed().as_secs_f64());
        self.metrics.count(self.job, self.outcome);
    }
}
