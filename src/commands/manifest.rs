//! `manifest`: prints the manifest of the Slack app. It needs no settings. If there are several
//! channels, it asks for the scopes of both kinds, public and private.

use std::process::ExitCode;

use clap::Args;
use securityhub_members::settings::Config;
use securityhub_members::slack::manifest::{ChannelKinds, Manifest, PublicUrl, RequestTarget};
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
    /// Add the scope for private channels
    #[arg(long)]
    private_channel: bool,
    /// Add the scope for public channels, the default for one channel
    #[arg(long)]
    public_channel: bool,
    /// Print JSON for Slack's API
    #[arg(long)]
    json: bool,
}

impl Wanted {
    fn channels(&self, config: &Config) -> ChannelKinds {
        match (self.public_channel, self.private_channel) {
            (true, true) => ChannelKinds::Both,
            (false, true) => ChannelKinds::Private,
            (false, false) if config.slack_channels().count() > 1 => ChannelKinds::Both,
            (_, false) => ChannelKinds::Public,
        }
    }
}

pub(super) fn manifest(config: &Config, wanted: &Wanted) -> anyhow::Result<ExitCode> {
    let manifest = Manifest {
        target: wanted
            .url
            .clone()
            .map_or(RequestTarget::Socket, RequestTarget::Address),
        channels: wanted.channels(config),
    };
    if wanted.json {
        say(terminal::json(&manifest.json())?);
    } else {
        put(&manifest.yaml());
    }
    Ok(ExitCode::SUCCESS)
}
