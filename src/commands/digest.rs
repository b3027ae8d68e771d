//! `digest`: polls every hub, and posts or prints today's digests.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use securityhub_members::app::channels::hint;
use securityhub_members::app::rounds::refresh_once;
use securityhub_members::domain::emails;
use securityhub_members::domain::naming::name_key;
use securityhub_members::settings::{ChannelConfig, Config};
use securityhub_members::terminal::{self, counted};
use securityhub_members::watch::{DeliverError, Outcome, Refresh};
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::{advised, any_channel, channel_voice, connect, slack};
use super::print::{complain, print, say, with_spinner};

pub(super) async fn digest(config: &Config, wanted: Option<&str>) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let api = slack(config)?;
    let channels = chosen(config, wanted)?;
    let deliveries = &connected.watch.deliveries;
    refresh_once(&connected.watch, Refresh::AtStart).await;
    deliveries.begin().await.map_err(advised)?;
    let mut failure = None;
    for channel in channels {
        let digests = any_channel(config, channel, &api)?;
        let due = channel.schedule.due_today(connected.watch.calendar.now());
        let what = "Polling, then posting the digest …".to_owned();
        let delivered = deliveries.deliver(digests.as_ref(), due);
        // A channel that fails doesn't block the others.
        match with_spinner(what, delivered).await {
            Ok(outcome) => {
                let last = deliveries.last.of(digests.id());
                let is_silent = last.is_some_and(|last| last.is_silent());
                say(posted(&outcome, is_silent, config, channel));
            }
            Err(error) => {
                let hint = match hint(digests.as_ref(), &error) {
                    "" => "the digest was not posted; no change is lost: run the command again",
                    hint => hint,
                };
                let error = match error {
                    DeliverError::Store(error) => advised(error),
                    error => anyhow::Error::from(error).context(hint),
                };
                let error = match named(config, channel) {
                    Some(name) => error.context(name),
                    None => error,
                };
                if let Some(earlier) = failure.replace(error) {
                    complain(format_args!("{earlier:#}"));
                }
            }
        }
    }
    failure.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn posted(outcome: &Outcome, is_silent: bool, config: &Config, channel: &ChannelConfig) -> String {
    let place = named(config, channel);
    match outcome {
        Outcome::Posted { due, messages, .. } => {
            let messages = counted(*messages, "message");
            let place = place.map(|name| format!(" in {name}")).unwrap_or_default();
            format!("Posted the {due} digest{place} ({messages}).")
        }
        Outcome::Silent { due } | Outcome::AlreadyDelivered { due } if is_silent => {
            let place = place.unwrap_or_else(|| "The channel".to_owned());
            format!("{place}: no {due} digest, because there is no news.")
        }
        Outcome::Silent { due } | Outcome::AlreadyDelivered { due } => {
            let place = place.unwrap_or_else(|| "The channel".to_owned());
            format!("{place} already has the {due} digest.")
        }
    }
}

/// The channel, if there are several.
fn named(config: &Config, channel: &ChannelConfig) -> Option<String> {
    let is_one_of_many = config.channels.len() > 1;
    is_one_of_many.then(|| match &channel.audience.name {
        Some(name) => format!("{} ({name})", channel.id),
        None => channel.id.clone(),
    })
}

/// The channels with this ID or name; all of them if none is wanted.
fn chosen<'a>(config: &'a Config, wanted: Option<&str>) -> anyhow::Result<Vec<&'a ChannelConfig>> {
    let channels = config.channels.iter();
    let is_wanted = |channel: &&ChannelConfig| {
        let name = channel.audience.name.as_deref();
        wanted.is_none_or(|wanted| {
            let is_name = name.is_some_and(|name| name_key(name) == name_key(wanted));
            channel.id == wanted || is_name
        })
    };
    let found: Vec<_> = channels.clone().filter(is_wanted).collect();
    if let (true, Some(wanted)) = (found.is_empty(), wanted) {
        let known: Vec<_> = channels.map(|one| one.id.as_str()).collect();
        bail!(
            "--channel {wanted}: no such channel in the settings; there are: {}",
            known.join(", ")
        );
    }
    Ok(found)
}

pub(super) async fn preview(
    config: &Config,
    wanted: Option<&str>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let channels = chosen(config, wanted)?;
    let connected = connect(config, &CancellationToken::new()).await?;
    let hubs = connected.watch.hubs.list().len();
    let work = async {
        connected.watch.poller.poll_all().await;
        refresh_once(&connected.watch, Refresh::AtStart).await;
    };
    with_spinner(format!("Reading {} …", counted(hubs, "member list")), work).await;
    let deliveries = &connected.watch.deliveries;
    let mut digests = Vec::new();
    for channel in channels {
        let due = channel.schedule.due_today(connected.watch.calendar.now());
        let digest = deliveries.preview(&channel.id, &channel.audience, due);
        digests.push((channel, digest.await.map_err(advised)?));
    }
    let is_checked = digests.iter().all(|(_, digest)| digest.report.is_checked());
    if json {
        let emails = config.emails.at_home();
        // One digest is an object, as before there were several channels.
        let texts = || match &digests[..] {
            [(_, digest)] => terminal::json(digest),
            digests => {
                let digests = digests.iter();
                let by_channel = digests.map(|(channel, digest)| (channel.id.as_str(), digest));
                terminal::json(&by_channel.collect::<BTreeMap<_, _>>())
            }
        };
        say(emails::serialized(emails, texts)?);
    } else {
        for (channel, digest) in &digests {
            if let Some(name) = named(config, channel) {
                say(format_args!("── {name} ──"));
            }
            if digest.is_silent {
                say("Would be skipped, because the channel is quiet and there is no news:");
            }
            print(&channel_voice(config, channel).digest(digest).into());
        }
    }
    Ok(if is_checked {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(INCOMPLETE)
    })
}
