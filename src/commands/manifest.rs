//! `manifest`: prints the manifest of the Slack app. It needs no setting.

use std::process::ExitCode;

use clap::Args;
use securityhub_members::slack::manifest::{Manifest, PublicUrl, RequestTarget};
use securityhub_members::terminal;

use super::print::{put, say};

/// The features of the app.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The bot's own address, https and without a path: Slack's requests go there
    #[arg(long, required_unless_present = "socket_mode")]
    url: Option<PublicUrl>,
    /// For Socket Mode (SLACK_APP_TOKEN): the bot needs no address
    #[arg(long, conflicts_with = "url")]
    socket_mode: bool,
    /// The digest goes to a private channel
    #[arg(long)]
    private_channel: bool,
    /// Print JSON, as Slack's API takes it
    #[arg(long)]
    json: bool,
}

pub(super) fn manifest(wanted: &Wanted) -> anyhow::Result<ExitCode> {
    let manifest = Manifest {
        way: wanted
            .url
            .clone()
            .map_or(RequestTarget::Socket, RequestTarget::Address),
        private_channel: wanted.private_channel,
    };
    if wanted.json {
        say(terminal::json(&manifest.json())?);
    } else {
        put(&manifest.yaml());
    }
    Ok(ExitCode::SUCCESS)
}
