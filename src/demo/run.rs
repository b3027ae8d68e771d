//! The `demo` command: the whole bot on this machine, with mocks of Slack and AWS. The bot polls
//! and posts a month of history before the page opens.

use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_sdk_securityhub::config::{Credentials, SharedCredentialsProvider};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::channels::DemoChannels;
use super::past::{Past, tell_history};
use super::slack::{APP_TOKEN, BOT_TOKEN, MockWorkspace, SIGNING_SECRET};
use super::story::{DemoStory, NextDigest, Poll};
use super::{DemoClock, LoopbackServer, MockSlack, SimulatedAws, history};
use crate::app::rounds::refresh_once;
use crate::app::service::{self, RequestSource, Service};
use crate::aws::calls::CountCalls;
use crate::aws::embedded::Embedded;
use crate::aws::organizations::Organizations;
use crate::aws::pace::Pace;
use crate::aws::securityhub::SecurityHub;
use crate::aws::table::{self, DynamoDb};
use crate::clock::Clock;
use crate::domain::hub::{HubId, Region};
use crate::domain::schedule::Schedule;
use crate::listener::Limits;
use crate::metrics::Metrics;
use crate::problems::Problems;
use crate::proxy::ProxySettings;
use crate::settings::Config;
use crate::slack::channel::DigestChannel;
use crate::slack::client::SlackApi;
use crate::slack::inbound::ResponseOrigin;
use crate::slack::installation::Installation;
use crate::slack::signature::SigningSecrets;
use crate::slack::socket::Timing;
use crate::text::voice::Voice;
use crate::watch::ports::Store;
use crate::watch::{CaseSettings, OrganizationUse, Parts, Refresh, Watch};

const ADMINISTRATOR: &str = "111122223333";
const TABLE: &str = "securityhub-members";

/// The time limit for the first Socket Mode connection.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);

/// The addresses and settings of a running demo.
#[derive(Debug, Clone)]
pub struct Running {
    /// The URL of the page.
    pub page: String,
    /// The URL of the bot's endpoint.
    pub bot: String,
    /// Settings for other commands, so that they use the mocks.
    pub settings: Vec<(&'static str, String)>,
}

/// The options of the demo.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoOptions {
    /// The port of the page on loopback; 0 for any free one.
    pub port: u16,
    /// Whether the bot uses Socket Mode.
    pub over_socket: bool,
    /// Whether there are three channels with conditions, and not one.
    pub channels: bool,
}

/// Runs until `stop`. Calls `progress` with each step of the history and the number of steps, and
/// `ready` once the bot runs.
///
/// # Errors
///
/// If a port can't be bound, or the history can't be replayed.
pub async fn run(
    config: &Config,
    options: DemoOptions,
    stop: CancellationToken,
    progress: impl Fn(u64, u64),
    ready: impl FnOnce(&Running),
) -> anyhow::Result<()> {
    let DemoOptions {
        port, over_socket, ..
    } = options;
    let channels = match options.channels {
        true => DemoChannels::three(config)?,
        false => DemoChannels::one(config),
    };
    let world = World::new(config, &channels).await?;
    let (clock, aws, watch) = (&world.clock, &world.aws, &world.watch);
    let slack = MockSlack::new(Arc::new(clock.clone()));
    channels.open(&slack);
    let alerted = Arc::new(OnceLock::new());
    let story = story(&world, Arc::clone(&alerted), config);
    let slack_server = page(&slack, story, port).await?;
    let api_url: Url = format!("{}/api", slack_server.url()).parse()?;
    let api = SlackApi::new(&api_url, &BOT_TOKEN.into(), &ProxySettings::default())?
        .counted_in(world.metrics.clone());
    let voice = Voice::new(config.locale, config.zone);
    let quick = channels.connected(config, &api, Some(Duration::ZERO));
    let past = Past {
        clock,
        aws,
        watch,
        channels: &quick,
        slack: &slack,
        config,
    };
    let replayed = tell_history(&past, &progress);
    let Some(replayed) = stop.run_until_cancelled(replayed).await else {
        return Ok(());
    };
    replayed?;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let bot = format!("http://{}", listener.local_addr()?);
    slack.set_bot_url(&bot);
    let from = request_source(&slack, over_socket)?;
    // A person may send a command as soon as `ready` is called.
    let installation = Installation::default();
    installation.learn(&api, &Problems::default(), &stop).await;
    let running = Running {
        page: slack_server.url(),
        bot,
        settings: settings(&world, &api_url, &channels, config),
    };
    let channels = channels.connected(config, &api, None);
    // From now on, the story waits for alerts.
    drop(
        alerted.set(
            channels
                .iter()
                .map(|(channel, _)| Arc::clone(channel))
                .collect(),
        ),
    );
    let origin = ResponseOrigin::of_api(&api_url);
    let service = world.service(config, (api, origin, from), (channels, voice), installation);
    let announcing = async {
        if over_socket {
            let connected = |workspace: &MockWorkspace| (workspace.sockets > 0).then_some(());
            slack.wait_for(CONNECTED_WITHIN, connected).await?;
        }
        ready(&running);
        anyhow::Ok(())
    };
    let announcing = stop.run_until_cancelled(announcing);
    let (served, announced) =
        tokio::join!(service::run(service, listener, stop.clone()), announcing);
    served?;
    announced.unwrap_or(Ok(()))
}

async fn page(slack: &MockSlack, story: DemoStory, port: u16) -> anyhow::Result<LoopbackServer> {
    let served = slack.serve(Some(Arc::new(story)), port).await;
    served.with_context(|| {
        format!("failed to listen on 127.0.0.1:{port}: choose another port with --port")
    })
}

/// The demo's AWS, and the parts of the bot that use it.
struct World {
    clock: DemoClock,
    aws: SimulatedAws,
    aws_server: LoopbackServer,
    embedded: Embedded,
    store: Arc<dyn Store>,
    watch: Arc<Watch>,
    metrics: Metrics,
}

impl World {
    async fn new(config: &Config, channels: &DemoChannels) -> anyhow::Result<Self> {
        let clock = DemoClock::running();
        let aws = SimulatedAws::new(ADMINISTRATOR);
        aws.set_organization(history::organization());
        let aws_server = LoopbackServer::start(aws.router(), 0).await?;
        let sdk = sdk_config(&aws_server.url());
        let hubs = hubs()?;
        let metrics = Metrics::default();
        let calls = CountCalls::new(metrics.clone());
        let organizations = Organizations::new(&sdk, &calls, None).await;
        let administrators = [(ADMINISTRATOR.parse()?, sdk)];
        let source = SecurityHub::new(administrators, calls.clone(), Pace::UNLIMITED);
        let embedded = Embedded::start(None, TABLE).await?;
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let store: Arc<dyn Store> = Arc::new(DynamoDb::new(
            table::counted(&embedded.client(), calls),
            TABLE.to_owned(),
            config.retention,
            Arc::clone(&shared_clock),
        ));
        let (source, zone) = (Arc::new(source), config.zone);
        let watch = Watch::new(Parts {
            meter: Arc::new(metrics.clone()),
            organization: Some((Arc::new(organizations), OrganizationUse::Required)),
            cases: CaseSettings {
                channels: channels.configs.iter().map(|one| one.id.clone()).collect(),
                ..CaseSettings::default()
            },
            ..Parts::new(source, Arc::clone(&store), shared_clock, zone, hubs)
        });
        Ok(Self {
            clock,
            aws,
            aws_server,
            embedded,
            store,
            watch: Arc::new(watch),
            metrics,
        })
    }

    fn service(
        &self,
        config: &Config,
        (api, origin, from): (SlackApi, ResponseOrigin, RequestSource),
        (channels, voice): (Vec<(Arc<DigestChannel>, Schedule)>, Voice),
        installation: Installation,
    ) -> Service {
        Service {
            watch: Arc::clone(&self.watch),
            store: Arc::clone(&self.store),
            clock: Arc::new(self.clock.clone()),
            api,
            origin,
            requests: from,
            channels,
            webhooks: Vec::new(),
            voice,
            emails: config.emails,
            poll_interval: config.poll_interval,
            stale_after: config.stale_after,
            limits: Limits::default(),
            secret_files: Vec::new(),
            allowed: config.allowed.clone(),
            installation,
            metrics: self.metrics.clone(),
            work: Handle::current(),
        }
    }
}

/// The source of Slack's requests.
fn request_source(slack: &MockSlack, over_socket: bool) -> anyhow::Result<RequestSource> {
    if over_socket {
        slack.set_socket_mode(true);
        return Ok(RequestSource::Socket(APP_TOKEN.into(), Timing::default()));
    }
    let secrets = SigningSecrets::new(vec![SIGNING_SECRET.into()]);
    Ok(RequestSource::Endpoint(
        secrets.context("the demo's secret")?,
    ))
}

/// Settings for other commands, so that they use the mocks with the demo's dates and language.
fn settings(
    world: &World,
    slack: &Url,
    channels: &DemoChannels,
    config: &Config,
) -> Vec<(&'static str, String)> {
    let regions = [history::REGIONS.as_slice(), &[history::UNREADABLE_REGION]].concat();
    vec![
        ("AWS_ACCESS_KEY_ID", "demo".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "demo".to_owned()),
        ("AWS_ENDPOINT_URL", world.aws_server.url()),
        ("AWS_ENDPOINT_URL_DYNAMODB", world.embedded.url().to_owned()),
        ("REGIONS", regions.join(",")),
        ("SLACK_API_URL", slack.to_string()),
        ("SLACK_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("SLACK_SIGNING_SECRET", SIGNING_SECRET.to_owned()),
        channels.setting(),
        ("TIMEZONE", config.zone.to_string()),
        ("LOCALE", config.locale.to_string()),
    ]
}

/// An SDK configuration for the mock, regardless of environment variables.
fn sdk_config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("demo", "demo", None, None, "demo");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(SdkRegion::new(history::REGIONS[0]))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .build()
}

fn hubs() -> anyhow::Result<Vec<HubId>> {
    let regions = history::REGIONS
        .into_iter()
        .chain([history::UNREADABLE_REGION]);
    let hub = |region: &str| {
        let region: Region = region.parse()?;
        Ok(HubId {
            admin: ADMINISTRATOR.parse()?,
            region,
        })
    };
    regions.map(hub).collect()
}

/// The channels that get alerts, once the page is open.
type Alerted = Arc<OnceLock<Vec<Arc<DigestChannel>>>>;

fn story(world: &World, alerted: Alerted, config: &Config) -> DemoStory {
    let watch = Arc::clone(&world.watch);
    let poll: Poll = Arc::new(move || {
        let (watch, alerted) = (Arc::clone(&watch), Arc::clone(&alerted));
        Box::pin(async move {
            watch.poller.poll_all().await;
            refresh_once(&watch, Refresh::WhenDue).await;
            for channel in alerted.get().into_iter().flatten() {
                if let Err(error) = watch.deliveries.alert(channel.as_ref()).await {
                    tracing::warn!(%error, "failed to deliver an alert; the bot tries again after its next poll");
                }
            }
        })
    });
    // The mornings are those of the first channel.
    let schedule = config.schedule.clone();
    let next: NextDigest = Arc::new(move |now| schedule.next_after(now).unwrap_or(now));
    let (clock, aws) = (world.clock.clone(), world.aws.clone());
    DemoStory::new(clock, aws, poll, next).in_language(config.locale)
}
