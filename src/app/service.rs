//! The service: the endpoint or Socket Mode, the poller and the digest schedule, until the
//! stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::health::{self, Health};
use crate::app::problems::Problems;
use crate::app::rounds::Rounds;
use crate::clock::{Clock, SystemClock};
use crate::domain::emails::Emails;
use crate::domain::schedule::Schedule;
use crate::listener::{self, Limits};
use crate::log::LogThrottle;
use crate::metrics::Metrics;
use crate::secrets::{self, Secret, SecretFile};
use crate::slack::admission::{Admission, Allowed};
use crate::slack::bot::Bot;
use crate::slack::channel::DigestChannel;
use crate::slack::client::SlackApi;
use crate::slack::inbound::ResponseOrigin;
use crate::slack::installation::Installation;
use crate::slack::replays::Replays;
use crate::slack::router::{self, Endpoint, Refused};
use crate::slack::signature::SigningSecrets;
use crate::slack::socket::{SocketMode, Timing};
use crate::text::voice::Voice;
use crate::watch::Watch;
use crate::watch::ports::Store;

/// The time limit for acknowledged work after the stop.
pub const STOP_WITHIN: Duration = Duration::from_secs(25);

/// The source of Slack's requests.
#[derive(Debug, Clone)]
pub enum RequestSource {
    /// Slack calls the endpoint. These secrets verify its requests.
    Endpoint(SigningSecrets),
    /// Socket Mode, with this app-level token.
    Socket(Secret, Timing),
}

/// The parts of the service.
pub struct Service {
    /// The use cases.
    pub watch: Arc<Watch>,
    /// The store of the use cases, for `/readyz`.
    pub store: Arc<dyn Store>,
    /// The clock of schedules.
    pub clock: Arc<dyn Clock>,
    /// Calls to Slack.
    pub api: SlackApi,
    /// The origin that answers may be sent to.
    pub origin: ResponseOrigin,
    /// The source of Slack's requests.
    pub way: RequestSource,
    /// The channel of the digest.
    pub channel: Arc<DigestChannel>,
    /// The language and time zone of messages.
    pub voice: Voice,
    /// The places that show email addresses.
    pub emails: Emails,
    /// The schedule of the digest.
    pub schedule: Schedule,
    /// The interval between polls of a hub.
    pub poll_interval: Duration,
    /// The age at which data is stale.
    pub stale_after: Duration,
    /// The limits of a connection to the endpoint.
    pub limits: Limits,
    /// The people and channels that may use the bot.
    pub allowed: Allowed,
    /// The files with secrets, which are read again when they change.
    pub secret_files: Vec<SecretFile>,
    /// The app's workspace, which Slack confirms while the service runs.
    pub installation: Installation,
    /// The metrics, shared with the clients of AWS and Slack and with the use cases.
    pub metrics: Metrics,
    /// Where polls, digests and answers are worked on.
    pub work: Handle,
}

/// Serves on `listener` until `stop`, then finishes acknowledged work.
pub async fn run(
    service: Service,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let tasks = TaskTracker::new();
    let metrics = service.metrics.clone();
    let problems = Problems::new(metrics.clone());
    let intake = Intake::new(&service, &tasks, &problems);
    let app = intake.routes(&service);
    let socket = intake.socket_mode(&service);
    follow_slack_and_secrets(&service, &tasks, &problems, &stop);
    let recalled = recall(
        Arc::clone(&service.watch),
        Arc::clone(&service.store),
        metrics.clone(),
    );
    let rounds = Rounds {
        watch: service.watch,
        channel: service.channel,
        clock: service.clock,
        metrics,
        problems,
    };
    let poller = rounds
        .clone()
        .poll_until(stop.clone(), service.poll_interval);
    let recalling = stop.clone();
    let poller = async move {
        recalling.run_until_cancelled(recalled).await;
        poller.await;
    };
    let poller = tasks.spawn_on(poller, &service.work);
    let deliverer = rounds.deliver_until(stop.clone(), service.schedule);
    let deliverer = tasks.spawn_on(deliverer, &service.work);
    let (stopped, parting) = (stop.clone(), tasks.clone());
    let socket = tasks.spawn(async move {
        match socket {
            Some(socket) => socket.run(stopped, parting).await,
            None => stopped.cancelled().await,
        }
    });
    // If the server ends for any reason, this stops the loops too.
    let ending = stop.clone().drop_guard();
    let server = listener::serve(listener, app, service.limits, stop.clone());
    let serving = async {
        server.await;
        drop(ending);
    };
    let finish = async {
        let ((), polled, delivered, heard) = tokio::join!(
            serving,
            ended(poller, &stop),
            ended(deliverer, &stop),
            ended(socket, &stop)
        );
        tasks.close();
        tasks.wait().await;
        polled.and(delivered).and(heard)
    };
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        served = finish => served,
        () = late => {
            tracing::warn!(tasks = tasks.len(), "stopped with unfinished work; the next start resumes it");
            Ok(())
        }
    }
}

/// Asks Slack for the app's workspace, and follows the files with secrets. Neither the start
/// nor the polls wait for it.
fn follow_slack_and_secrets(
    service: &Service,
    tasks: &TaskTracker,
    problems: &Problems,
    stop: &CancellationToken,
) {
    let (installation, api) = (service.installation.clone(), service.api.clone());
    let (unknown, stopped) = (problems.clone(), stop.clone());
    tasks.spawn(async move { installation.learn(&api, &unknown, &stopped).await });
    // Signatures use real time, not the demo's.
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let files = service.secret_files.clone();
    tasks.spawn(secrets::follow(
        files,
        clock,
        problems.clone(),
        stop.clone(),
    ));
}

/// Sets the metrics from stored data, so that a failing hub has its age right after the
/// start.
async fn recall(watch: Arc<Watch>, store: Arc<dyn Store>, metrics: Metrics) {
    for hub in watch.hubs.list().iter() {
        // If the store can't be read, the polls log it.
        if let Ok(head) = store.head(hub).await {
            let counts = head.day.as_ref().map(|day| &day.counts);
            metrics.known(hub, head.checked_at, counts);
        }
    }
}

/// Waits for a loop. If it panics, the service stops: its supervisor restarts it, but would
/// not notice a service that never polls.
async fn ended(task: JoinHandle<()>, stop: &CancellationToken) -> std::io::Result<()> {
    let ended = task.await;
    if ended.is_err() {
        tracing::error!("stopping: a loop of the service panicked");
        stop.cancel();
    }
    ended.map_err(std::io::Error::other)
}

/// The intake of requests, over HTTP or Socket Mode.
struct Intake {
    bot: Arc<Bot>,
    metrics: Metrics,
    problems: Problems,
}

impl Intake {
    fn new(service: &Service, tasks: &TaskTracker, problems: &Problems) -> Self {
        let metrics = service.metrics.clone();
        let bot = Bot::new(
            Arc::clone(&service.watch),
            service.api.clone(),
            service.voice,
            service.emails,
            Admission::new(service.allowed.clone(), service.installation.clone()),
            tasks.clone(),
            metrics.clone(),
        );
        let bot = bot.working_on(service.work.clone());
        let bot = bot.scheduled(service.schedule.clone());
        Self {
            bot: Arc::new(bot),
            metrics,
            problems: problems.clone(),
        }
    }

    /// The health endpoints and, over HTTP, those for Slack.
    fn routes(&self, service: &Service) -> Router {
        let health = Health {
            watch: Arc::clone(&service.watch),
            store: Arc::clone(&service.store),
            stale_after: service.stale_after,
            metrics: self.metrics.clone(),
            problems: self.problems.clone(),
            not_ready: LogThrottle::default(),
        };
        let health = health::router(Arc::new(health));
        let app = match &service.way {
            RequestSource::Socket(..) => health,
            RequestSource::Endpoint(secrets) => {
                let endpoint = Endpoint {
                    bot: Arc::clone(&self.bot),
                    secrets: secrets.clone(),
                    origin: service.origin.clone(),
                    // Slack's signatures use real time, not the schedule's clock.
                    clock: Arc::new(SystemClock),
                    metrics: self.metrics.clone(),
                    replays: Replays::default(),
                    refused: Refused::default(),
                };
                router::router(Arc::new(endpoint)).merge(health)
            }
        };
        app.layer(CatchPanicLayer::new())
    }

    /// `None` if Slack calls the HTTP endpoint.
    fn socket_mode(self, service: &Service) -> Option<SocketMode> {
        let RequestSource::Socket(token, timing) = &service.way else {
            return None;
        };
        Some(SocketMode {
            bot: self.bot,
            api: service.api.clone(),
            token: token.clone(),
            origin: service.origin.clone(),
            clock: Arc::new(SystemClock),
            metrics: self.metrics,
            problems: self.problems,
            replays: Replays::default(),
            timing: *timing,
        })
    }
}
