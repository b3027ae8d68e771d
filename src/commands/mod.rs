//! The commands: each wires the parts it needs, and prints the result.

mod cases;
mod check;
mod config;
mod connect;
#[cfg(feature = "embedded-store")]
mod copies;
mod create_table;
#[cfg(feature = "demo")]
mod demo;
mod digest;
mod healthcheck;
mod import;
mod manifest;
mod poll;
mod print;
mod restart_history;
mod serve;
mod show;

use std::process::ExitCode;

pub(crate) use cases::CaseWords;
pub(crate) use import::Files;
pub(crate) use manifest::Wanted;
pub(crate) use print::{complain, complain_of_panics, complain_to, printed, put};
#[cfg(feature = "demo")]
use securityhub_members::demo::run::DemoOptions;
use securityhub_members::domain::query::CaseVerb;
use securityhub_members::log::{self, Log};
use securityhub_members::settings::{Config, Needs};
use securityhub_members::terminal;

use crate::{Cli, Command};

/// The exit code if a query was not understood, or a member list not read.
const INCOMPLETE: u8 = 2;

const QUIET: &str = "error";
const TALKATIVE: &str = "info,dynoxide=error";

/// Runs one command.
pub(crate) async fn run(cli: Cli, log: &Log) -> anyhow::Result<ExitCode> {
    let settings = cli.settings.with_file();
    let settings = settings.with_proxies(std::env::var_os);
    let settings = settings.with_variables(|name| std::env::var_os(name));
    let (config, invalid) = settings.examine(needs(&cli.command));
    // `check` prints invalid settings with its other findings, `config` after the valid ones.
    let invalid = match (invalid, &cli.command) {
        (Some(invalid), Command::Check { .. } | Command::Config) => Some(invalid),
        (Some(invalid), _) => return Err(invalid.into()),
        (None, _) => None,
    };
    let level = match cli.command {
        Command::Serve => TALKATIVE,
        _ => QUIET,
    };
    log::start(log, config.log_format, level);
    warn_of_deprecated(&config);
    warn_of_exposed(&config);
    warn_of_replaced(&config);
    match cli.command {
        Command::Serve => serve::serve(config).await,
        #[cfg(feature = "demo")]
        Command::Demo {
            port,
            socket,
            channels,
        } => {
            let options = DemoOptions {
                port,
                over_socket: socket,
                channels,
            };
            demo::demo(&config, options).await
        }
        Command::Poll { json } => poll::poll(&config, json).await,
        Command::Digest {
            dry_run: true,
            json,
            channel,
        } => digest::preview(&config, channel.as_deref(), json).await,
        Command::Digest { channel, .. } => digest::digest(&config, channel.as_deref()).await,
        Command::Show { query, json } => show::show(&config, &query.join(" "), json).await,
        Command::Ack(words) => cases::decide(&config, CaseVerb::Accept, &words).await,
        Command::Unack(words) => cases::decide(&config, CaseVerb::Withdraw, &words).await,
        Command::Take(words) => cases::decide(&config, CaseVerb::Take, &words).await,
        Command::Untake(words) => cases::decide(&config, CaseVerb::GiveBack, &words).await,
        Command::Acks { json } => cases::list(&config, json).await,
        Command::Manifest(wanted) => manifest::manifest(&config, &wanted),
        Command::Config => config::config(&settings, invalid),
        Command::Check { json } => Box::pin(check::check(&config, invalid.as_ref(), json)).await,
        Command::Import(files) => import::import(&config, &files).await,
        Command::RestartHistory { hub } => restart_history::restart_history(&config, &hub).await,
        Command::CreateTable => create_table::create_table(&config).await,
        #[cfg(feature = "embedded-store")]
        Command::Backup { file } => copies::back_up(&config, file).await,
        #[cfg(feature = "embedded-store")]
        Command::Restore { file } => copies::restore(&config, file).await,
        Command::Healthcheck => healthcheck::healthcheck(&config).await,
    }
}

/// Logs which settings are given under a deprecated name.
fn warn_of_deprecated(config: &Config) {
    for setting in &config.deprecated {
        tracing::warn!(
            name = setting.deprecated_name,
            instead = setting.name,
            event = "setting_deprecated",
            "using a deprecated setting name"
        );
    }
}

/// Logs that channels of the configuration file get nothing.
fn warn_of_replaced(config: &Config) {
    if config.replaced_channels > 0 {
        tracing::warn!(
            channels = config.replaced_channels,
            event = "channels_replaced",
            "ignoring the channels of the configuration file: SLACK_CHANNEL takes precedence"
        );
    }
}

/// Logs which secrets others can read.
fn warn_of_exposed(config: &Config) {
    for name in &config.exposed {
        tracing::warn!(
            name,
            event = "secret_on_command_line",
            "found a secret on the command line, visible in ps; set it in the environment or in a file"
        );
    }
    for file in config.secret_files.iter().filter(|file| file.is_open) {
        tracing::warn!(
            name = %file.name,
            event = "secret_file_open",
            "found a secret file that other users can read or write; restrict it to the bot's user"
        );
    }
}

/// The text that a failed command prints.
pub(crate) fn complaint(error: &anyhow::Error) -> String {
    let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
    terminal::lines(&causes.join("\n  because: "))
}

fn needs(command: &Command) -> Needs {
    let nothing = Needs::default();
    let calls = Needs {
        network: true,
        ..nothing
    };
    match command {
        Command::Serve | Command::Check { .. } | Command::Config => Needs {
            signing_secret: true,
            bot_token: true,
            channel: true,
            network: true,
        },
        Command::Digest { dry_run, .. } => Needs {
            bot_token: !dry_run,
            channel: true,
            ..calls
        },
        _ if is_local(command) => nothing,
        _ => calls,
    }
}

/// Reports whether a command calls nothing but this machine.
fn is_local(command: &Command) -> bool {
    match command {
        Command::Manifest(_) | Command::Healthcheck => true,
        #[cfg(feature = "demo")]
        Command::Demo { .. } => true,
        #[cfg(feature = "embedded-store")]
        Command::Backup { .. } | Command::Restore { .. } => true,
        _ => false,
    }
}
