//! `manifest`: prints the manifest of the Slack app. It needs no settings.

use std::process::ExitCode;

use clap::Args;
use securityhub_members::slack::manifest::{Manifest, PublicUrl, RequestTarget};
use securityhub_members::terminal;

use super::print::{put, say};

/// The features of the app.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Public https address of the bot, without a path
    #[arg(long, required_unless_present = "socket_mode")]
    url: Option<PublicUrl>,
    /// Use Socket Mode, which needs no public address
    #[arg(long, conflicts_with = "url")]
    socket_mode: bool,
    /// Add the scope for a private channel
    #[arg(long)]
    private_channel: bool,
    /// Print JSON for Slack's API
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
