//! `serve`: the endpoint, the poller and the digest schedule.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use securityhub_members::app::service::{self, RequestSource, STOP_WITHIN, Service};
use securityhub_members::app::work::WorkThreads;
use securityhub_members::clock::SystemClock;
use securityhub_members::files;
use securityhub_members::listener::Limits;
use securityhub_members::remedies;
use securityhub_members::settings::Config;
use securityhub_members::slack::inbound::ResponseOrigin;
use securityhub_members::slack::installation::Installation;
use securityhub_members::slack::route::ProxyRoute;
use securityhub_members::slack::socket::Timing;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connect::{channels, connect, slack, voice, webhooks};

/// The time limit for the exit after the service has stopped: the last log lines, and background
/// tasks.
const AFTER_THE_STOP: Duration = Duration::from_secs(4);

pub(super) async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let files = files::raise_limit();
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| {
        let advice = remedies::listen(error.kind());
        anyhow::Error::from(error).context(format!(
            "failed to listen on LISTEN={}: {advice}",
            config.listen
        ))
    })?;
    let stop = stopped()?;
    let connected = connect(&config, &stop);
    let Some(connected) = stop.run_until_cancelled(connected).await else {
        return Ok(ExitCode::SUCCESS);
    };
    let connected = connected?;
    let threads = WorkThreads::start().context("no thread for polls and answers")?;
    let metrics = connected.metrics;
    let api = slack(&config)?.counted_in(metrics.clone());
    log_proxy(&config);
    let hubs = connected.watch.hubs.list().len();
    tracing::info!(event = "listening", address = %listener.local_addr()?, hubs, files, version = env!("CARGO_PKG_VERSION"), "listening");
    let service = Service {
        watch: connected.watch,
        store: connected.store,
        clock: Arc::new(SystemClock),
        channels: channels(&config, &api),
        webhooks: webhooks(&config)?,
        api,
        origin: ResponseOrigin::of_api(&config.slack_api),
        requests: requests(&config)?,
        voice: voice(&config),
        emails: config.emails,
        poll_interval: config.poll_interval,
        stale_after: config.stale_after,
        limits: Limits::default().within(files),
        allowed: config.allowed.clone(),
        secret_files: config.secret_files.clone(),
        installation: Installation::default(),
        metrics,
        work: threads.handle(),
    };
    service::run(service, listener, stop).await?;
    tracing::info!(event = "stopped", "stopped");
    Ok(ExitCode::SUCCESS)
}

/// Logs which of Slack's hosts are called through the proxy, if there is one.
fn log_proxy(config: &Config) {
    let in_socket_mode = config.app_token.is_some();
    let proxies = config.proxies.as_ref();
    let route =
        proxies.and_then(|proxies| ProxyRoute::of(&config.slack_api, proxies, in_socket_mode));
    if let Some(route) = route {
        let (through, direct) = (route.through.join(","), route.direct.join(","));
        tracing::info!(event = "proxy_used", proxy = %route.proxy, through, direct, "calling Slack through the proxy");
    }
}

/// Socket Mode if there is an app-level token.
fn requests(config: &Config) -> anyhow::Result<RequestSource> {
    if let Some(token) = &config.app_token {
        return Ok(RequestSource::Socket(token.clone(), Timing::default()));
    }
    let secrets = config.signing_secrets.clone();
    Ok(RequestSource::Endpoint(
        secrets.context("SLACK_SIGNING_SECRET is not set")?,
    ))
}

/// Exits if the shutdown hangs. It runs on a thread of its own, which blocked tasks can't delay.
fn end_at_the_latest() {
    std::thread::spawn(|| {
        std::thread::sleep(STOP_WITHIN + AFTER_THE_STOP);
        std::process::exit(1);
    });
}

/// Cancelled by SIGTERM or Ctrl-C.
pub(super) fn stopped() -> anyhow::Result<CancellationToken> {
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
        // Cancel before logging, because a blocked log must not delay the stop.
        token.cancel();
        end_at_the_latest();
        tracing::info!(
            event = "stopping",
            "stopping after acknowledged work is finished"
        );
    });
    Ok(stop)
}
