//! The commands: wires the parts that each one needs, and prints what it found.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use chrono::TimeDelta;
use indicatif::ProgressBar;
use secrecy::SecretString;
use securityhub_members::aws::dynamodb::{DynamoDb, table};
#[cfg(feature = "embedded-store")]
use securityhub_members::aws::embedded::Embedded;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::aws::{caller_account, default_region, sdk_config};
use securityhub_members::clock::{Clock, SystemClock};
use securityhub_members::config::{Config, Needs};
#[cfg(feature = "demo")]
use securityhub_members::demo::run::Running;
use securityhub_members::domain::diff::Change;
use securityhub_members::domain::hub::HubId;
use securityhub_members::domain::query::{self, Query};
use securityhub_members::listener::Limits;
use securityhub_members::rounds::hint;
use securityhub_members::service::{self, Service};
use securityhub_members::slack::channel::DigestChannel;
use securityhub_members::slack::client::SlackApi;
use securityhub_members::slack::inbound::ResponseOrigin;
use securityhub_members::slack::installation::Installation;
use securityhub_members::terminal;
use securityhub_members::text::document::Document;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::ports::Store;
use securityhub_members::watch::{Answer, Outcome, Watch};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{Cli, Command, start_log};

/// A question that could not be understood, or a hub that could not be read.
const INCOMPLETE: u8 = 2;

const QUIET: &str = "error";
const TALKATIVE: &str = "info,dynoxide=error";

/// Runs one command.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let needs = needs(&cli.command);
    let config = cli.settings.check(needs)?;
    let level = match cli.command {
        Command::Serve => TALKATIVE,
        _ => QUIET,
    };
    start_log(config.log_format, level);
    match cli.command {
        Command::Serve => serve(config).await,
        #[cfg(feature = "demo")]
        Command::Demo { port } => demo(&config, port).await,
        Command::Poll { json } => poll(&config, json).await,
        Command::Digest {
            dry_run: true,
            json,
        } => preview(&config, json).await,
        Command::Digest { .. } => digest(&config).await,
        Command::Show { query, json } => show(&config, &query.join(" "), json).await,
        Command::CreateTable => create_table(&config).await,
        Command::Healthcheck => healthcheck(&config).await,
    }
}

/// What is printed when a command fails.
pub(crate) fn complaint(error: &anyhow::Error) -> String {
    let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
    terminal::lines(&causes.join("\n  because: "))
}

fn needs(command: &Command) -> Needs {
    let nothing = Needs::default();
    match command {
        Command::Serve => Needs {
            signing_secret: true,
            bot_token: true,
            channel: true,
        },
        Command::Digest { dry_run, .. } => Needs {
            bot_token: !dry_run,
            channel: true,
            ..nothing
        },
        _ => nothing,
    }
}

/// The use cases on the real services.
struct Connected {
    watch: Arc<Watch>,
    store: Arc<dyn Store>,
    _embedded: Option<Embedded>,
}

/// After `stop` the use cases wait for nobody.
async fn connect(config: &Config, stop: &CancellationToken) -> anyhow::Result<Connected> {
    let sdk = sdk_config(config.regions.first()).await?;
    let mut regions = config.regions.clone();
    if regions.is_empty() {
        regions.push(default_region(&sdk)?);
    }
    let region = regions.first().context("no Region")?;
    let admin = caller_account(&sdk, region).await?;
    let source = SecurityHub::new(&sdk, regions.iter());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (client, embedded) = open_table(config, &sdk).await?;
    let store: Arc<dyn Store> = Arc::new(DynamoDb::new(
        client,
        config.table.clone(),
        config.retention,
        Arc::clone(&clock),
    ));
    store.probe().await.context("the store does not answer")?;
    let hubs = regions
        .into_iter()
        .map(|region| HubId { admin, region })
        .collect();
    let unread_after = TimeDelta::from_std(config.unread_after).unwrap_or(TimeDelta::MAX);
    let source = Arc::new(source);
    let watch = Watch::new(source, Arc::clone(&store), clock, config.zone, hubs);
    Ok(Connected {
        watch: Arc::new(
            watch
                .with_unread_after(unread_after)
                .with_stop(stop.clone()),
        ),
        store,
        _embedded: embedded,
    })
}

/// The embedded store where one is set, else DynamoDB.
#[cfg(feature = "embedded-store")]
async fn open_table(
    config: &Config,
    sdk: &SdkConfig,
) -> anyhow::Result<(Client, Option<Embedded>)> {
    let Some(path) = &config.embedded_store else {
        return Ok((Client::new(sdk), None));
    };
    let embedded = Embedded::start(Some(path), &config.table).await?;
    Ok((embedded.client(), Some(embedded)))
}

#[cfg(not(feature = "embedded-store"))]
async fn open_table(_: &Config, sdk: &SdkConfig) -> anyhow::Result<(Client, Option<Embedded>)> {
    Ok((Client::new(sdk), None))
}

/// This build has no embedded store.
#[cfg(not(feature = "embedded-store"))]
enum Embedded {}

fn voice(config: &Config) -> Voice {
    Voice {
        locale: config.locale,
        zone: config.zone,
    }
}

fn token(config: &Config) -> anyhow::Result<&SecretString> {
    config
        .bot_token
        .as_ref()
        .context("SLACK_BOT_TOKEN is not set")
}

fn channel(config: &Config, api: SlackApi) -> anyhow::Result<DigestChannel> {
    let id = config.channel.clone().context("SLACK_CHANNEL is not set")?;
    let with_emails = config.emails.in_messages();
    Ok(DigestChannel::new(api, id, voice(config), with_emails))
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "LISTEN={} cannot be used: another program may have it",
            config.listen
        )
    })?;
    let stop = stopped()?;
    let connected = connect(&config, &stop).await?;
    let api = SlackApi::new(&config.slack_api, token(&config)?)?;
    let hubs = connected.watch.hubs().len();
    tracing::info!(address = %listener.local_addr()?, hubs, version = env!("CARGO_PKG_VERSION"), "listening");
    let service = Service {
        watch: connected.watch,
        store: connected.store,
        clock: Arc::new(SystemClock),
        channel: Arc::new(channel(&config, api.clone())?),
        api,
        origin: ResponseOrigin::of_api(&config.slack_api),
        secrets: config
            .signing_secrets
            .clone()
            .context("SLACK_SIGNING_SECRET is not set")?,
        voice: voice(&config),
        emails: config.emails,
        schedule: config.schedule.clone(),
        poll_interval: config.poll_interval,
        unread_after: config.unread_after,
        limits: Limits::default(),
        allowed: config.allowed.clone(),
        installation: Installation::default(),
    };
    service::run(service, listener, stop).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Cancelled by SIGTERM or Ctrl-C.
fn stopped() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what was acknowledged is finished first");
        token.cancel();
    });
    Ok(stop)
}

#[cfg(feature = "demo")]
async fn demo(config: &Config, port: u16) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new(0);
    bar.set_style(indicatif::ProgressStyle::with_template(
        "Telling a month of history {bar:30} {percent}%",
    )?);
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let ready = |running: &Running| {
        bar.finish_and_clear();
        anstream::println!("Open {}/ (Ctrl-C stops it)", running.page);
        anstream::println!("The bot listens at {}", running.bot);
        anstream::println!(
            "\nTo try the other commands on the demo's services, in another terminal:"
        );
        for (name, value) in &running.settings {
            anstream::println!("  export {name}={value}");
        }
        anstream::println!("  securityhub-members show yesterday");
    };
    securityhub_members::demo::run::run(config, port, stopped()?, progress, ready).await?;
    Ok(ExitCode::SUCCESS)
}

/// Shows that something goes on, where a terminal is there to show it.
async fn with_spinner<T>(what: String, work: impl Future<Output = T>) -> T {
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    let done = work.await;
    bar.finish_and_clear();
    done
}

async fn poll(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs().len();
    let polled = with_spinner(format!("Polling {hubs} hubs …"), connected.watch.poll_all()).await;
    let mut failed = false;
    let mut lines = Vec::new();
    for (hub, result) in &polled {
        let line = match result.as_ref() {
            Ok(polled) => {
                let members = polled.head.day.as_ref().map_or(0, |day| day.counts.total());
                let changes = polled.changes.len();
                if !json {
                    let note = if polled.first { ", the first poll" } else { "" };
                    anstream::println!("{hub}: members {members}, changes {changes}{note}");
                }
                json!({ "hub": hub, "members": members, "changes": changed(&polled.changes, config), "version": polled.head.version })
            }
            Err(error) => {
                failed = true;
                if !json {
                    anstream::println!("{hub}: not read: {}", terminal::lines(&error.to_string()));
                }
                json!({ "hub": hub, "error": error.to_string() })
            }
        };
        lines.push(line);
    }
    if json {
        anstream::println!("{}", terminal::json(&lines)?);
    }
    Ok(if failed {
        ExitCode::from(INCOMPLETE)
    } else {
        ExitCode::SUCCESS
    })
}

/// The changes, with addresses where they may be shown.
fn changed(changes: &[Change], config: &Config) -> Vec<Change> {
    let shown = config.emails.at_home();
    let change = |change: &Change| Change {
        email: change.email.clone().filter(|_| shown),
        ..change.clone()
    };
    changes.iter().map(change).collect()
}

async fn digest(config: &Config) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let api = SlackApi::new(&config.slack_api, token(config)?)?;
    let channel = channel(config, api)?;
    let today = connected.watch.today();
    let what = "Polling, then posting the digest …".to_owned();
    match with_spinner(what, connected.watch.deliver(&channel, today)).await {
        Ok(Outcome::Posted { date, messages, .. }) => {
            anstream::println!("The digest of {date} is in the channel: {messages} messages.");
        }
        Ok(Outcome::AlreadyDelivered { date }) => {
            anstream::println!("The channel has the digest of {date} already.");
        }
        Err(error) => {
            let hint = hint(&error);
            let error = anyhow::Error::from(error);
            return Err(if hint.is_empty() {
                error
            } else {
                error.context(hint)
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn preview(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs().len();
    with_spinner(format!("Polling {hubs} hubs …"), connected.watch.poll_all()).await;
    let channel = config
        .channel
        .as_deref()
        .context("SLACK_CHANNEL is not set")?;
    let mut digest = connected
        .watch
        .preview(channel, connected.watch.today())
        .await?;
    if !config.emails.at_home() {
        digest.report = digest.report.without_emails();
    }
    if json {
        anstream::println!("{}", terminal::json(&digest)?);
    } else {
        print(&voice(config).digest(&digest));
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, text: &str, json: bool) -> anyhow::Result<ExitCode> {
    let voice = Voice {
        locale: config.locale.answering(text),
        ..voice(config)
    };
    let today = SystemClock.now().with_timezone(&config.zone).date_naive();
    let query = match query::parse(text, today) {
        Ok(Query::Help) => {
            print(&voice.answer(&Answer::Help));
            return Ok(ExitCode::SUCCESS);
        }
        Ok(query) => query,
        Err(error) => {
            anstream::eprint!("{}", terminal::render(&voice.refusal(&error)));
            return Ok(ExitCode::from(INCOMPLETE));
        }
    };
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs().len();
    let answer = connected.watch.answer(&query);
    let mut answer = with_spinner(format!("Looking at {hubs} hubs …"), answer).await?;
    if let (Answer::Report(reported), false) = (&mut answer, config.emails.at_home()) {
        reported.report = reported.report.clone().without_emails();
    }
    if json {
        anstream::println!("{}", terminal::json(&answer)?);
    } else {
        print(&voice.answer(&answer));
    }
    Ok(ExitCode::SUCCESS)
}

fn print(document: &Document) {
    anstream::print!("{}", terminal::render(document));
}

async fn create_table(config: &Config) -> anyhow::Result<ExitCode> {
    let sdk = sdk_config(config.regions.first()).await?;
    let client = Client::new(&sdk);
    let what = format!("Creating the table {} …", config.table);
    let created = with_spinner(what, table::create(&client, &config.table)).await?;
    let table = &config.table;
    let state = if created.new {
        "was created"
    } else {
        "was there already"
    };
    let recovery = if created.recovery {
        "on"
    } else {
        "not known to this endpoint"
    };
    anstream::println!(
        "The table {table} {state}. Expiry: expires_at. Point-in-time recovery: {recovery}."
    );
    Ok(ExitCode::SUCCESS)
}

async fn healthcheck(config: &Config) -> anyhow::Result<ExitCode> {
    const DEADLINE: Duration = Duration::from_secs(3);
    let ask = async {
        let ip = config.listen.ip();
        let own = if ip.is_ipv4() {
            IpAddr::from(Ipv4Addr::LOCALHOST)
        } else {
            Ipv6Addr::LOCALHOST.into()
        };
        let ip = if ip.is_unspecified() { own } else { ip };
        let mut stream = TcpStream::connect((ip, config.listen.port())).await?;
        stream
            .write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            .await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = tokio::time::timeout(DEADLINE, ask)
        .await
        .context("no answer in time")??;
    if answer.split_whitespace().nth(1) != Some("200") {
        bail!("the service is not well");
    }
    Ok(ExitCode::SUCCESS)
}
