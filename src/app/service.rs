//! The service: the endpoint or Socket Mode, the poller and the digest schedule, until the
//! stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::channels::ChannelRounds;
use crate::app::health::{self, Health};
use crate::app::rounds::Rounds;
use crate::clock::{Clock, SystemClock};
use crate::domain::emails::Emails;
use crate::domain::schedule::Schedule;
use crate::listener::{self, Limits};
use crate::log::LogThrottle;
use crate::metrics::Metrics;
use crate::problems::Problems;
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
use crate::watch::ports::{Channel, Store};

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
    pub requests: RequestSource,
    /// The channels of Slack that get digests and polling alerts, each with the schedule of its
    /// digest.
    pub channels: Vec<(Arc<DigestChannel>, Schedule)>,
    /// The other channels, which have no buttons and threads.
    pub webhooks: Vec<(Arc<dyn Channel>, Schedule)>,
    /// The language and time zone of messages.
    pub voice: Voice,
    /// The places that show email addresses.
    pub emails: Emails,
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
    /// The runtime that polls, delivers and answers.
    pub work: Handle,
}

/// Serves on `listener` until `stop`, then finishes acknowledged work.
///
/// # Errors
///
/// If the listener fails. Nothing else ends it: a failing service or channel is tried again.
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
        clock: service.clock,
        metrics,
        problems,
    };
    let told = watch::Sender::new(());
    let mut loops = JoinSet::new();
    for (channel, schedule) in of_any_kind(service.channels, service.webhooks) {
        rounds.metrics.posts_to(channel.id());
        let channel = ChannelRounds {
            rounds: rounds.clone(),
            channel,
        };
        let alerts = channel.clone().alert_until(stop.clone(), told.subscribe());
        loops.spawn_on(tasks.track_future(alerts), &service.work);
        let digests = channel.deliver_until(stop.clone(), schedule);
        loops.spawn_on(tasks.track_future(digests), &service.work);
    }
    let poller = rounds.poll_until(stop.clone(), service.poll_interval, told);
    let recalling = stop.clone();
    let poller = async move {
        recalling.run_until_cancelled(recalled).await;
        poller.await;
    };
    loops.spawn_on(tasks.track_future(poller), &service.work);
    let (stopped, parting) = (stop.clone(), tasks.clone());
    loops.spawn(tasks.track_future(async move {
        match socket {
            Some(socket) => socket.run(stopped, parting).await,
            None => stopped.cancelled().await,
        }
    }));
    // If the server ends for any reason, this stops the loops too.
    let ending = stop.clone().drop_guard();
    let server = listener::serve(listener, app, service.limits, stop.clone());
    let serving = async {
        server.await;
        drop(ending);
    };
    let finish = async {
        let ((), ended) = tokio::join!(serving, ended(loops, &stop));
        tasks.close();
        tasks.wait().await;
        ended
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

/// The channels of Slack and the others, which have the same loops.
fn of_any_kind(
    channels: Vec<(Arc<DigestChannel>, Schedule)>,
    webhooks: Vec<(Arc<dyn Channel>, Schedule)>,
) -> impl Iterator<Item = (Arc<dyn Channel>, Schedule)> {
    let channels = channels.into_iter();
    let channels = channels.map(|(channel, schedule)| (channel as Arc<dyn Channel>, schedule));
    channels.chain(webhooks)
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

/// Waits for all loops. If one panics, the service stops: its supervisor restarts it, but would
/// not notice a service that never polls.
async fn ended(mut loops: JoinSet<()>, stop: &CancellationToken) -> std::io::Result<()> {
    let mut all = Ok(());
    while let Some(ended) = loops.join_next().await {
        if ended.is_err() {
            tracing::error!("stopping: a loop of the service panicked");
            stop.cancel();
        }
        all = all.and(ended.map_err(std::io::Error::other));
    }
    all
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
        let bot = bot.posting_to(service.channels.clone());
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
        let app = match &service.requests {
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
        let RequestSource::Socket(token, timing) = &service.requests else {
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
