//! The `demo` command: the whole bot on this machine, with mocks of Slack and AWS. The bot polls
//! and posts a month of history before the page opens.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_sdk_securityhub::config::{Credentials, SharedCredentialsProvider};
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::slack::{APP_TOKEN, BOT_TOKEN, CHANNEL, MockWorkspace, SAM, SIGNING_SECRET};
use super::story::{DemoStory, NextDigest, Poll};
use super::{DemoClock, LoopbackServer, MockSlack, SimulatedAws, history, words};
use crate::app::problems::Problems;
use crate::app::rounds::{poll_once, refresh_once};
use crate::app::service::{self, RequestSource, Service};
use crate::aws::calls::CountCalls;
use crate::aws::embedded::Embedded;
use crate::aws::organizations::Organizations;
use crate::aws::pace::Pace;
use crate::aws::securityhub::SecurityHub;
use crate::aws::table::{self, DynamoDb};
use crate::clock::Clock;
use crate::domain::cases::{PersonId, Reason};
use crate::domain::hub::{HubId, Region};
use crate::domain::schedule::Schedule;
use crate::listener::Limits;
use crate::metrics::Metrics;
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
use crate::watch::{Decision, OrganizationUse, Parts, Refresh, Watch};

const ADMINISTRATOR: &str = "111122223333";
const TABLE: &str = "securityhub-members";
const POLL_INTERVAL: TimeDelta = TimeDelta::minutes(15);

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

/// Runs until `stop`, in Socket Mode if `over_socket`. Calls `progress` with each step of the
/// history and the number of steps, and `ready` once the bot runs.
pub async fn run(
    config: &Config,
    port: u16,
    over_socket: bool,
    stop: CancellationToken,
    progress: impl Fn(u64, u64),
    ready: impl FnOnce(&Running),
) -> anyhow::Result<()> {
    let world = World::new(config).await?;
    let (clock, aws, watch) = (&world.clock, &world.aws, &world.watch);
    let slack = MockSlack::new(Arc::new(clock.clone()));
    let story = story(clock, aws, watch, config);
    let slack_server = slack
        .serve(Some(Arc::new(story)), port)
        .await
        .with_context(|| {
            format!("failed to listen on 127.0.0.1:{port}: choose another port with --port")
        })?;
    let api_url: Url = format!("{}/api", slack_server.url()).parse()?;
    let api = SlackApi::new(&api_url, &BOT_TOKEN.into(), &ProxySettings::default())?
        .counted_in(world.metrics.clone());
    let voice = Voice::new(config.locale, config.zone);
    let channel = || {
        let with_emails = config.emails.in_messages();
        DigestChannel::new(api.clone(), CHANNEL.to_owned(), voice, with_emails)
    };
    let quick = channel().with_pace(Duration::ZERO);
    let past = Past {
        clock,
        aws,
        watch,
        channel: &quick,
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
    let way = request_source(&slack, over_socket)?;
    // A person may send a command as soon as `ready` is called.
    let installation = Installation::default();
    installation.learn(&api, &Problems::default(), &stop).await;
    let running = Running {
        page: slack_server.url(),
        bot,
        settings: settings(&world, &api_url, config),
    };
    let channels = vec![(Arc::new(channel()), config.schedule.clone())];
    let origin = ResponseOrigin::of_api(&api_url);
    let service = world.service(config, (api, origin, way), (channels, voice), installation);
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
    async fn new(config: &Config) -> anyhow::Result<Self> {
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
        (api, origin, way): (SlackApi, ResponseOrigin, RequestSource),
        (channels, voice): (Vec<(Arc<DigestChannel>, Schedule)>, Voice),
        installation: Installation,
    ) -> Service {
        Service {
            watch: Arc::clone(&self.watch),
            store: Arc::clone(&self.store),
            clock: Arc::new(self.clock.clone()),
            api,
            origin,
            way,
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

/// How Slack's requests reach the bot.
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
fn settings(world: &World, slack: &Url, config: &Config) -> Vec<(&'static str, String)> {
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
        ("SLACK_CHANNEL", CHANNEL.to_owned()),
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

fn story(clock: &DemoClock, aws: &SimulatedAws, watch: &Arc<Watch>, config: &Config) -> DemoStory {
    let watch = Arc::clone(watch);
    let poll: Poll = Arc::new(move || {
        let watch = Arc::clone(&watch);
        Box::pin(async move {
            watch.poller.poll_all().await;
            refresh_once(&watch, Refresh::WhenDue).await;
        })
    });
    let schedule = config.schedule.clone();
    let next: NextDigest = Arc::new(move |now| schedule.next_after(now).unwrap_or(now));
    DemoStory::new(clock.clone(), aws.clone(), poll, next).in_language(config.locale)
}

/// What the replay needs.
struct Past<'a> {
    clock: &'a DemoClock,
    aws: &'a SimulatedAws,
    watch: &'a Arc<Watch>,
    channel: &'a DigestChannel,
    slack: &'a MockSlack,
    config: &'a Config,
}

/// Replays a month: each event at its time, a poll soon after it and one before midnight, and
/// every digest. Its last digest but one has changes of every kind. Then a colleague goes through
/// the open cases, and the last digest, of the morning on which the demo opens, is quiet.
async fn tell_history(past: &Past<'_>, progress: &impl Fn(u64, u64)) -> anyhow::Result<()> {
    let schedule = &past.config.schedule;
    let today = past.clock.now();
    let today = schedule.last_up_to(today).unwrap_or(today);
    let bad_day = schedule.last_up_to(today - TimeDelta::seconds(1));
    let bad_day = bad_day.unwrap_or(today - TimeDelta::days(1));
    let now = today + TimeDelta::minutes(5);
    let events = history::month_of_history(bad_day);
    let problems = Problems::default();
    past.slack.set_rate_limit(false);
    let mut happened = 0;
    let mut steps = steps(now, events.iter().map(|(at, _)| *at), past.config);
    steps.push((bad_day + TimeDelta::hours(6), Step::Review));
    steps.sort();
    for (index, (at, step)) in steps.iter().enumerate() {
        progress(index as u64, steps.len() as u64);
        while let Some((time, event)) = events.get(happened).filter(|(time, _)| time <= at) {
            event.happen(*time, past.aws);
            happened += 1;
        }
        past.clock.set(*at);
        match step {
            Step::Poll => {
                poll_once(past.watch, &problems).await;
                refresh_once(past.watch, Refresh::WhenDue).await;
                past.watch.deliveries.notify(past.channel).await?;
            }
            Step::Digest => {
                if let Some(due) = past.config.schedule.due_at(*at) {
                    past.watch.deliveries.deliver(past.channel, due).await?;
                }
            }
            Step::Review => review(past).await?,
        }
    }
    past.clock.set(now);
    past.slack.set_rate_limit(true);
    Ok(())
}

/// Sam expects every open case, for a month.
async fn review(past: &Past<'_>) -> anyhow::Result<()> {
    let cases = &past.watch.cases;
    let today = past.clock.now().with_timezone(&past.config.zone);
    let decision = Decision::Accept {
        until: today.date_naive() + Days::new(30),
        why: Reason::parse(words::reviewed(past.config.locale))?,
    };
    let sam = PersonId(SAM.to_owned());
    for case in cases.list().await?.iter() {
        cases.decide(&case.into(), &sam, &decision).await?;
    }
    Ok(())
}

/// The next full quarter of an hour after `at`.
fn next_poll(at: DateTime<Utc>) -> DateTime<Utc> {
    let into = at.timestamp().rem_euclid(POLL_INTERVAL.num_seconds());
    at + POLL_INTERVAL - TimeDelta::seconds(into)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Poll,
    Digest,
    Review,
}

fn steps(
    now: DateTime<Utc>,
    events: impl Iterator<Item = DateTime<Utc>>,
    config: &Config,
) -> Vec<(DateTime<Utc>, Step)> {
    let mut steps: Vec<_> = events.map(|at| (next_poll(at), Step::Poll)).collect();
    let first = steps.iter().map(|(at, _)| *at).min().unwrap_or(now);
    let mut digest = config.schedule.next_after(first);
    while let Some(at) = digest.filter(|at| *at < now) {
        steps.push((at, Step::Digest));
        digest = config.schedule.next_after(at);
    }
    let evening = NaiveTime::from_hms_opt(23, 50, 0).unwrap_or(NaiveTime::MIN);
    let mut date = first.with_timezone(&config.zone).date_naive();
    while date < now.with_timezone(&config.zone).date_naive() {
        let closing = date
            .and_time(evening)
            .and_local_timezone(config.zone)
            .latest();
        steps.extend(closing.map(|at| (at.with_timezone(&Utc), Step::Poll)));
        date = date
            .checked_add_days(Days::new(1))
            .unwrap_or(now.date_naive());
    }
    steps.retain(|(at, _)| *at <= now);
    steps.sort();
    steps.dedup();
    steps
}
