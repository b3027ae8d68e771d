//! `digest`: polls every hub, and posts or prints today's digest.

use std::process::ExitCode;

use anyhow::Context as _;
use securityhub_members::app::rounds::{hint, refresh_once};
use securityhub_members::domain::emails;
use securityhub_members::settings::Config;
use securityhub_members::terminal::{self, counted};
use securityhub_members::watch::{DeliverError, Outcome, Refresh};
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::{advised, channel, connect, slack, voice};
use super::print::{print, say, with_spinner};

pub(super) async fn digest(config: &Config) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let api = slack(config)?;
    let channel = channel(config, api)?;
    refresh_once(&connected.watch, Refresh::AtStart).await;
    let today = connected.watch.calendar.today();
    let what = "Polling, then posting the digest …".to_owned();
    match with_spinner(what, connected.watch.deliveries.deliver(&channel, today)).await {
        Ok(Outcome::Posted { date, messages, .. }) => {
            let messages = counted(messages, "message");
            say(format_args!("Posted the {date} digest ({messages})."));
        }
        Ok(Outcome::AlreadyDelivered { date }) => {
            say(format_args!("The channel already has the {date} digest."));
        }
        Err(DeliverError::Store(error)) => return Err(advised(error)),
        Err(error) => {
            let hint = match hint(&error) {
                "" => "the digest was not posted; no change is lost: run the command again",
                hint => hint,
            };
            return Err(anyhow::Error::from(error).context(hint));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn preview(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs.list().len();
    let work = async {
        connected.watch.poller.poll_all().await;
        refresh_once(&connected.watch, Refresh::AtStart).await;
    };
    with_spinner(format!("Reading {} …", counted(hubs, "member list")), work).await;
    let channel = config
        .channels
        .first()
        .context("SLACK_CHANNEL is not set")?;
    let today = connected.watch.calendar.today();
    let digest = &connected.watch.deliveries;
    let digest = digest.preview(&channel.id, &channel.audience, today).await;
    let digest = digest.map_err(advised)?;
    if json {
        let emails = config.emails.at_home();
        say(emails::serialized(emails, || terminal::json(&digest))?);
    } else {
        print(&voice(config).digest(&digest).into());
    }
    Ok(if digest.report.is_checked() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(INCOMPLETE)
    })
}
