//! The test environment: the bot with its mocks, and helpers to read what arrived in Slack.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_securityhub::config::{Credentials, SharedCredentialsProvider};
use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;
use securityhub_members::app::service::{self, RequestSource, Service};
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::embedded::Embedded;
use securityhub_members::aws::organizations::Organizations;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::aws::table::{self, DynamoDb};
use securityhub_members::clock::{Clock, SystemClock};
use securityhub_members::demo::aws::SimulatedMember;
use securityhub_members::demo::slack::{
    BOT_TOKEN, CHANNEL, Delivery, Ephemeral, Message, Place, Press, SIGNING_SECRET, TEAM,
};
use securityhub_members::demo::{DemoClock, LoopbackServer, MockSlack, SimulatedAws};
use securityhub_members::domain::diff::ChangeKind;
use securityhub_members::domain::hub::HubId;
use securityhub_members::domain::quiet::Quiet;
use securityhub_members::domain::scope::Audience;
use securityhub_members::emails::Emails;
use securityhub_members::listener::Limits;
use securityhub_members::metrics::Metrics;
use securityhub_members::proxy::ProxySettings;
use securityhub_members::schedule::Schedule;
use securityhub_members::slack::admission::{Admission, Allowed};
use securityhub_members::slack::bot::Bot;
use securityhub_members::slack::channel::DigestChannel;
use securityhub_members::slack::client::SlackApi;
use securityhub_members::slack::ids::TeamId;
use securityhub_members::slack::inbound::ResponseOrigin;
use securityhub_members::slack::installation::{Installation, Workspace};
use securityhub_members::slack::replays::Replays;
use securityhub_members::slack::router::{Endpoint, Refused, router};
use securityhub_members::slack::signature::SigningSecrets;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::ports::{Channel as _, Store};
use securityhub_members::watch::{OrganizationUse, Parts, Watch};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

pub(crate) use crate::program::{ADMIN, IRELAND, PATIENCE, id, member};

pub(crate) const VIRGINIA: &str = "us-east-1";
/// The signing secret after a rotation.
pub(crate) const NEXT_SECRET: &str = "0ddba11c0ddba11c0ddba11c0ddba11c";
const TABLE: &str = "securityhub-members";
const POLL_INTERVAL: Duration = Duration::from_secs(900);

pub(crate) struct Setup {
    pub(crate) now: &'static str,
    pub(crate) zone: Tz,
    pub(crate) regions: Vec<String>,
    pub(crate) locale: Locale,
    pub(crate) emails: Emails,
    pub(crate) limits: Limits,
    pub(crate) allowed: Allowed,
    /// The setting of the organization.
    pub(crate) organization: Option<OrganizationUse>,
    /// The channels beside the one without conditions: each has its readers and its language.
    pub(crate) narrow: Vec<(&'static str, Audience, Locale)>,
    /// The changes that the channel gets at once.
    pub(crate) alert: BTreeSet<ChangeKind>,
    /// Whether the channel gets no digest without news.
    pub(crate) quiet: bool,
    /// The interval of polls, on the machine's clock if it is shorter than the usual one.
    pub(crate) poll_interval: Duration,
    /// A short lease also shortens the timeouts for Slack.
    pub(crate) lease: Duration,
    /// The time in which Slack can still post a message after its answer was lost.
    pub(crate) taken_within: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            now: "2026-11-18T10:00:00Z",
            zone: Tz::UTC,
            regions: vec![IRELAND.to_owned()],
            locale: Locale::En,
            emails: Emails::Nowhere,
            limits: Limits::default(),
            allowed: Allowed::default(),
            organization: None,
            narrow: Vec::new(),
            alert: BTreeSet::new(),
            quiet: false,
            poll_interval: POLL_INTERVAL,
            lease: Duration::from_secs(60),
            taken_within: Duration::from_secs(1),
        }
    }
}

impl Setup {
    fn clock(&self) -> DemoClock {
        match self.poll_interval {
            POLL_INTERVAL => DemoClock::frozen_at(time(self.now)),
            _ => DemoClock::running(),
        }
    }
}

/// The bot's parts and its environment.
pub(crate) struct World {
    pub(crate) clock: DemoClock,
    pub(crate) aws: SimulatedAws,
    pub(crate) slack: MockSlack,
    pub(crate) watch: Arc<Watch>,
    pub(crate) store: Arc<dyn Store>,
    /// The bot's tasks in progress.
    pub(crate) tasks: TaskTracker,
    embedded: Option<Embedded>,
    api: SlackApi,
    api_url: Url,
    voice: Voice,
    emails: Emails,
    limits: Limits,
    allowed: Allowed,
    narrow: Vec<(&'static str, Audience, Locale)>,
    alert: BTreeSet<ChangeKind>,
    quiet: bool,
    poll_interval: Duration,
    /// The metrics, shared by consecutive services.
    pub(crate) metrics: Metrics,
    requests: RequestSource,
    pub(crate) installation: Installation,
    /// The runtime for polls and answers of the next service, if not the test's.
    pub(crate) work: Option<Handle>,
    _servers: [LoopbackServer; 2],
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let clock = setup.clock();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let aws = SimulatedAws::new(ADMIN);
        for region in &setup.regions {
            aws.set_enabled(region, true);
        }
        let aws_server = LoopbackServer::start(aws.router(), 0).await.unwrap();
        let hub = |region: &String| format!("{ADMIN}/{region}").parse::<HubId>().unwrap();
        let hubs: Vec<_> = setup.regions.iter().map(hub).collect();
        let metrics = Metrics::default();
        let calls = CountCalls::new(metrics.clone());
        let administrators = [(ADMIN.parse().unwrap(), sdk_config(&aws_server.url()))];
        let source = SecurityHub::new(administrators, calls.clone(), Pace::UNLIMITED);
        let embedded = Embedded::start(None, TABLE).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(DynamoDb::new(
            table::counted(&embedded.client(), calls),
            TABLE.to_owned(),
            Days::new(400),
            Arc::clone(&shared),
        ));
        let mut parts = Parts::new(
            Arc::new(source),
            Arc::clone(&store),
            Arc::clone(&shared),
            setup.zone,
            hubs,
        );
        parts.meter = Arc::new(metrics.clone());
        parts.cases.channels = vec![CHANNEL.to_owned()];
        let narrow = setup.narrow.iter().map(|(id, ..)| (*id).to_owned());
        parts.cases.channels.extend(narrow);
        parts.delivery.lease = setup.lease;
        parts.delivery.taken_within = setup.taken_within;
        if let Some(asked) = setup.organization {
            let sdk = sdk_config(&aws_server.url());
            let organizations = Organizations::new(&sdk, &CountCalls::default(), None).await;
            parts.organization = Some((Arc::new(organizations), asked));
        }
        let slack = MockSlack::new(shared);
        let slack_server = slack.serve(None, 0).await.unwrap();
        let api_url: Url = format!("{}/api", slack_server.url()).parse().unwrap();
        Self {
            clock,
            aws,
            slack,
            watch: Arc::new(Watch::new(parts)),
            store,
            tasks: TaskTracker::new(),
            embedded: Some(embedded),
            api: SlackApi::new(&api_url, &BOT_TOKEN.into(), &ProxySettings::default())
                .unwrap()
                .counted_in(metrics.clone()),
            metrics,
            api_url,
            voice: Voice::new(setup.locale, setup.zone),
            emails: setup.emails,
            limits: setup.limits,
            allowed: setup.allowed,
            narrow: setup.narrow,
            alert: setup.alert,
            quiet: setup.quiet,
            poll_interval: setup.poll_interval,
            requests: RequestSource::Endpoint(secrets()),
            installation: Installation::default(),
            work: None,
            _servers: [aws_server, slack_server],
        }
    }

    /// The endpoint without polls and schedule, registered with the mock Slack. The workspace is
    /// known.
    pub(crate) async fn listen(&self) -> LoopbackServer {
        let home = Workspace::Team(TeamId::parse(TEAM).unwrap());
        self.listen_at(Installation::at(home)).await
    }

    pub(crate) async fn listen_at(&self, installation: Installation) -> LoopbackServer {
        let bot = Bot::new(
            Arc::clone(&self.watch),
            self.api.clone(),
            self.voice,
            self.emails,
            Admission::new(self.allowed.clone(), installation),
            self.tasks.clone(),
            self.metrics.clone(),
        );
        let bot = bot.posting_to(self.channels());
        let endpoint = Endpoint {
            bot: Arc::new(bot),
            secrets: secrets(),
            origin: ResponseOrigin::of_api(&self.api_url),
            clock: Arc::new(SystemClock),
            metrics: self.metrics.clone(),
            replays: Replays::default(),
            refused: Refused::default(),
        };
        let server = LoopbackServer::start(router(Arc::new(endpoint)), 0).await;
        let server = server.unwrap();
        self.slack.set_bot_url(&server.url());
        server
    }

    /// The whole service, with the digest at 09:00, after Slack has confirmed the workspace.
    pub(crate) async fn serve(&self) -> Running {
        let running = self.serve_unknown().await;
        let known = tokio::time::timeout(PATIENCE, self.installation.known());
        known.await.unwrap();
        running
    }

    /// The whole service as soon as it listens.
    pub(crate) async fn serve_unknown(&self) -> Running {
        let service = Service {
            watch: Arc::clone(&self.watch),
            store: Arc::clone(&self.store),
            clock: Arc::new(self.clock.clone()),
            api: self.api.clone(),
            origin: ResponseOrigin::of_api(&self.api_url),
            requests: self.requests.clone(),
            channels: self.channels(),
            webhooks: Vec::new(),
            voice: self.voice,
            emails: self.emails,
            poll_interval: self.poll_interval,
            stale_after: Duration::from_secs(7200),
            limits: self.limits,
            secret_files: Vec::new(),
            allowed: self.allowed.clone(),
            installation: self.installation.clone(),
            metrics: self.metrics.clone(),
            work: self.work.clone().unwrap_or_else(Handle::current),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        self.slack.set_bot_url(&url);
        let stop = CancellationToken::new();
        let task = tokio::spawn(service::run(service, listener, stop.clone()));
        Running { url, stop, task }
    }

    /// The channel of the digests, without pauses between messages.
    pub(crate) fn channel(&self) -> DigestChannel {
        let with_emails = self.emails.in_messages();
        DigestChannel::new(
            self.api.clone(),
            CHANNEL.to_owned(),
            self.voice,
            with_emails,
        )
        .for_audience(Audience {
            alert: self.alert.clone(),
            quiet: self.quiet.then(|| {
                let daily = Schedule::parse("0 9 * * *", self.voice.zone).unwrap();
                Quiet::new(&daily, None).unwrap()
            }),
            ..Audience::of_everything(self.voice.zone)
        })
        .with_pace(Duration::ZERO)
    }

    /// The channel with conditions that has this ID.
    pub(crate) fn narrow(&self, id: &str) -> DigestChannel {
        let narrow = self.narrow.iter().find(|(narrow, ..)| *narrow == id);
        let (id, audience, locale) = narrow.unwrap();
        let voice = Voice::new(*locale, audience.zone);
        let emails = self.emails.in_messages();
        DigestChannel::new(self.api.clone(), (*id).to_owned(), voice, emails)
            .for_audience(audience.clone())
            .with_pace(Duration::ZERO)
    }

    /// All channels, with digests at 09:00.
    fn channels(&self) -> Vec<(Arc<DigestChannel>, Schedule)> {
        let narrow = self.narrow.iter().map(|(id, ..)| self.narrow(id));
        let channels = std::iter::once(self.channel()).chain(narrow);
        let schedule = |channel: &DigestChannel| {
            Schedule::parse("0 9 * * *", channel.audience().zone).unwrap()
        };
        channels
            .map(|channel| {
                let schedule = schedule(&channel);
                (Arc::new(channel), schedule)
            })
            .collect()
    }

    /// A client of Slack that bypasses the bot.
    pub(crate) fn api(&self) -> SlackApi {
        self.api.clone()
    }

    /// Sets the permissions for the next start.
    pub(crate) fn allow(&mut self, allowed: Allowed) {
        self.allowed = allowed;
    }

    /// Sets the source of requests for the next start.
    pub(crate) fn come_by(&mut self, requests: RequestSource) {
        self.slack
            .set_socket_mode(matches!(requests, RequestSource::Socket(..)));
        self.requests = requests;
    }

    /// The URL of the mock Slack, without a path.
    pub(crate) fn slack_url(&self) -> String {
        self.api_url.origin().ascii_serialization()
    }

    /// Makes the store unreachable.
    pub(crate) fn lose_the_store(&mut self) {
        self.embedded = None;
    }

    /// Deletes the table.
    pub(crate) async fn delete_the_table(&self) {
        let client = self.embedded.as_ref().unwrap().client();
        let unprotected = client.update_table().table_name(TABLE);
        let unprotected = unprotected.deletion_protection_enabled(false);
        unprotected.send().await.unwrap();
        client
            .delete_table()
            .table_name(TABLE)
            .send()
            .await
            .unwrap();
    }

    /// Records a schema in the table, as a release with that schema does.
    pub(crate) async fn sign_the_table(&self, schema: u64) {
        let client = self.embedded.as_ref().unwrap().client();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = client.put_item().table_name(TABLE);
        put.item("pk", text("SCHEMA"))
            .item("sk", text("HEAD"))
            .item("schema", AttributeValue::N(schema.to_string()))
            .send()
            .await
            .unwrap();
    }

    pub(crate) fn set(&self, now: &str) {
        self.clock.set(time(now));
    }

    /// Polls every hub. All must be readable.
    pub(crate) async fn poll(&self) {
        for (hub, polled) in self.watch.poller.poll_all().await {
            assert!(polled.is_ok(), "{hub}: {polled:?}");
        }
    }

    /// At `now`, sets the statuses of accounts in Ireland, like `"1 Enabled, 2 Invited"` (`-`:
    /// not listed), and polls.
    pub(crate) async fn poll_at(&self, now: &str, members: &str) {
        self.set(now);
        self.list(members);
        self.poll().await;
    }

    /// Sets the statuses of accounts in Ireland.
    pub(crate) fn list(&self, members: &str) {
        let mut list = self.aws.members(IRELAND);
        for one in members.split(", ").filter(|one| !one.is_empty()) {
            let (number, status) = one.split_once(' ').unwrap();
            let number = number.parse().unwrap();
            list.retain(|member| member.account_id != id(number));
            if status != "-" {
                list.push(member(number, status));
            }
        }
        self.aws.set_members(IRELAND, list);
    }

    /// Sends the command, waits for the answer, and returns the message.
    pub(crate) async fn ask(&self, user: &str, text: &str) -> Ephemeral {
        let delivery = self.slack.command(user, CHANNEL, text).await;
        assert_eq!(delivery.error, None, "{text}");
        self.answered(user).await
    }

    /// The newest ephemeral message of this person, once it is an answer.
    pub(crate) async fn answered(&self, user: &str) -> Ephemeral {
        let answer = self.slack.wait_for(PATIENCE, |workspace| {
            let newest = workspace.ephemerals(user).pop()?;
            (!newest.text.starts_with('🔎')).then_some(newest)
        });
        answer.await.unwrap()
    }

    /// Presses a button of an ephemeral message.
    pub(crate) async fn press(&self, user: &str, on: &Ephemeral, action: &str) -> Delivery {
        let place = Place::Ephemeral { ts: on.ts.clone() };
        let delivery = self.slack.act(user, &place, &Press::click(action)).await;
        let delivery = delivery.unwrap();
        assert!(delivery.acknowledged(), "{delivery:?}");
        delivery
    }

    /// Waits until all tasks of the bot have ended.
    pub(crate) async fn finish(&self) {
        self.tasks.close();
        let finished = tokio::time::timeout(PATIENCE, self.tasks.wait());
        finished.await.unwrap();
    }

    /// Waits for this many messages in the channel, without replies.
    pub(crate) async fn messages(&self, count: usize) -> Vec<Message> {
        let messages = self.slack.wait_for(PATIENCE, |workspace| {
            let messages = workspace.messages(CHANNEL);
            (messages.len() >= count).then_some(messages)
        });
        let messages = messages.await.unwrap();
        assert_eq!(messages.len(), count);
        messages
    }

    /// Asserts that Slack accepted all requests of the bot.
    pub(crate) fn assert_slack_took_everything(&self) {
        for call in self.slack.calls() {
            assert!(call.ok(), "{} {}", call.method, call.answer);
        }
    }
}

/// The running service.
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Stops the service, and waits for its end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.stopped().await;
    }

    /// Waits for the service's end.
    pub(crate) async fn stopped(self) {
        let stopped = tokio::time::timeout(PATIENCE, self.task);
        stopped.await.unwrap().unwrap().unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Retries until the response is as expected.
    pub(crate) async fn get_until(
        &self,
        path: &str,
        right: impl Fn(u16, &str) -> bool,
    ) -> (u16, String) {
        let asking = async {
            loop {
                let (status, body) = self.get(path).await;
                if right(status, &body) {
                    return (status, body);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap()
    }
}

fn secrets() -> SigningSecrets {
    let both = [SIGNING_SECRET, NEXT_SECRET].map(SecretString::from);
    SigningSecrets::new(both.to_vec()).unwrap()
}

/// Requests without a response time out soon and are retried.
fn sdk_config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let attempt = Duration::from_secs(2);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(IRELAND))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(attempt)
                .build(),
        )
        .endpoint_url(url)
        .build()
}

pub(crate) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The first `count` members, with the status that `status` returns.
pub(crate) fn members(
    count: usize,
    status: impl Fn(usize) -> &'static str,
) -> Vec<SimulatedMember> {
    let statuses = (0..count).map(|number| (number, status(number)));
    statuses
        .filter(|(_, status)| *status != "-")
        .map(|(number, status)| member(number, status))
        .collect()
}

/// Blocks as lines of text, with elements as `[…]`.
pub(crate) fn read(blocks: &[Value]) -> String {
    let mut lines = Vec::new();
    for block in blocks {
        let elements = block["elements"].as_array().into_iter().flatten();
        match block["type"].as_str().unwrap() {
            "header" => lines.push(format!("# {}", block["text"]["text"].as_str().unwrap())),
            "section" => lines.push(block["text"]["text"].as_str().unwrap().to_owned()),
            "context" => lines
                .extend(elements.map(|element| format!("~ {}", element["text"].as_str().unwrap()))),
            "actions" => {
                let pressable = elements.map(|element| {
                    let name = ["text", "placeholder"]
                        .iter()
                        .find_map(|name| element[name]["text"].as_str());
                    let chosen = element["initial_option"]["text"]["text"].as_str();
                    format!("[{}]", name.or(chosen).unwrap_or("?"))
                });
                lines.push(pressable.collect::<Vec<_>>().join(" "));
            }
            "divider" => lines.push("---".to_owned()),
            "data_table" => {
                lines.push(format!("# {}", block["caption"].as_str().unwrap()));
                lines.extend(rows(block).iter().map(|row| row.join(" | ")));
            }
            other => panic!("an unexpected block: {other}"),
        }
    }
    lines.join("\n")
}

/// The cells of a table, row by row.
pub(crate) fn rows(table: &Value) -> Vec<Vec<String>> {
    fn cell(value: &Value) -> String {
        let own = ["text", "user_id"]
            .iter()
            .find_map(|name| value[name].as_str());
        let inner = value["elements"].as_array().into_iter().flatten().map(cell);
        own.map_or_else(|| inner.collect(), str::to_owned)
    }
    let rows = table["rows"].as_array().unwrap().iter();
    rows.map(|row| row.as_array().unwrap().iter().map(cell).collect())
        .collect()
}

/// Every account ID in a text, in order.
pub(crate) fn accounts(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_ascii_digit())
        .filter(|digits| digits.len() == 12)
        .map(str::to_owned)
        .collect()
}
