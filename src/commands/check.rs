//! `check`: checks everything that the bot needs, concurrently, and says what to fix. It
//! posts and writes nothing.

mod accounts;
mod aws;
mod examined;
mod hubs;
mod service;
mod slack;
mod table;
mod webhooks;

use std::process::ExitCode;

use securityhub_members::check::{self, Checkup};
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::names;
use securityhub_members::settings::{Config, InvalidSettings};
use securityhub_members::terminal;

use self::examined::Examined;
use super::print::{put, say, with_spinner};

pub(super) async fn check(
    config: &Config,
    invalid: Option<&InvalidSettings>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let settings = Examined { config, invalid };
    let checkup = with_spinner("Checking …".to_owned(), check_all(settings)).await;
    if json {
        say(terminal::json(&checkup)?);
    } else {
        put(&check::render(&checkup));
    }
    Ok(if checkup.well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn check_all(settings: Examined<'_>) -> Checkup {
    let Examined { config, invalid } = settings;
    let mut findings = check::settings(invalid);
    findings.extend(check::config_file(config));
    findings.extend(check::replaced_channels(config));
    findings.extend(check::deprecated(config));
    // Boxed: together, the SDKs' futures are too large for a debug build's stack.
    let (slack, webhooks, socket, aws) = tokio::join!(
        Box::pin(slack::check_slack(settings)),
        Box::pin(webhooks::check_webhooks(settings)),
        Box::pin(slack::check_socket_mode(settings)),
        Box::pin(aws::check_aws(settings))
    );
    findings.extend(slack.findings);
    findings.extend(webhooks);
    findings.extend(socket);
    findings.extend(check::secrets(config));
    if let Some(secrets) = &config.signing_secrets {
        findings.push(check::signing_secret(secrets));
    }
    findings.extend(aws.findings);
    if let Some(path) = &config.names_file {
        findings.push(check::names_file(&names::read(path).await));
    }
    findings.push(check::clock(&[("Slack", slack.ahead), ("AWS", aws.ahead)]));
    let now = SystemClock.now();
    findings.extend(check::schedules(config, invalid, now));
    Checkup::new(findings)
}
