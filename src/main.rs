//! The program: reads the command line, runs one command, decides the exit code.

mod commands;

use std::fs::File;
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use securityhub_members::log::Log;
use securityhub_members::masking;
use securityhub_members::settings::Settings;

/// The time limit for writing the last lines of the log.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);
/// The time limit for background work at the end, such as reading a file.
const IDLE_WITHIN: Duration = Duration::from_secs(1);

/// Report changes of AWS Security Hub member accounts to Slack.
///
/// Every setting is a flag, an environment variable and a key of a configuration file, in this
/// order of precedence. Set AWS credentials and endpoints
/// with the SDK's own variables, such as AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL.
/// RUST_LOG sets the log levels; libraries never log more than info. Diagnostics are in
/// English only.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
// The help shows no values: a misplaced secret could be among them.
#[command(mut_args = |arg| arg.hide_env_values(true))]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  securityhub-members demo                        try everything on this machine
  securityhub-members manifest --url https://bot.example.com
                                                  print the manifest of the Slack app
  securityhub-members create-table                create the table, once
  securityhub-members check                       check settings, Slack, AWS and the table
  securityhub-members config                      print all settings with their origin
  securityhub-members serve                       run the bot
  securityhub-members show                        show today's changes, after a live check
  securityhub-members show yesterday
  securityhub-members show 2026-11-01..2026-11-20 --json
  securityhub-members digest --dry-run            preview the next digest";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot: Slack endpoint, poller and digest schedule
    ///
    /// Stops cleanly on SIGTERM and Ctrl-C: it finishes acknowledged work first.
    Serve,
    /// Try everything on this machine, with mocks of AWS and Slack
    #[cfg(feature = "demo")]
    Demo {
        /// Port of the page on 127.0.0.1; 0 for any free one
        #[arg(long, default_value_t = 4000)]
        port: u16,
        /// Use Socket Mode
        #[arg(long)]
        socket: bool,
        /// Use three channels, with conditions, alerts and quiet days
        #[arg(long)]
        channels: bool,
    },
    /// Read every member list once, and store it
    Poll {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read every member list, and post the digest that is due to every channel
    ///
    /// Posts nothing to a channel that already has the digest that is due.
    Digest {
        /// Print the digest instead of posting it
        #[arg(long)]
        dry_run: bool,
        /// Print JSON (with --dry-run)
        #[arg(long, requires = "dry_run")]
        json: bool,
        /// Only the channel with this ID or name
        #[arg(long)]
        channel: Option<String>,
    },
    /// Print the answer to a query, as the slash command does
    Show {
        /// Date, period, account or status; nothing for a live check; `help` lists all
        query: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Accept the cases of an account until a date, with a reason
    ///
    /// ACCOUNT until DATE REASON, or ACCOUNT for LENGTH REASON. ACCOUNT is an ID or an exact
    /// name. Until then digests count the case as expected. It ends early if the case
    /// changes. At most ACK_MAX.
    Ack(commands::CaseWords),
    /// Withdraw the acceptance of an account's cases
    Unack(commands::CaseWords),
    /// List accepted cases with reasons, then taken ones
    Acks {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Work on the cases of an account
    Take(commands::CaseWords),
    /// Give back the cases of an account
    Untake(commands::CaseWords),
    /// Print the manifest to create the Slack app from
    Manifest(commands::Wanted),
    /// Import daily snapshot files as history
    ///
    /// Each file is the member list of one day, such as 20260115.json with
    /// {"Enabled": ["123456789012"], "Resigned": []}. Days before the first poll of the
    /// member list become history: `show` and the Home tab include them, digests do not.
    /// Importing a file again changes nothing, and later imports fill gaps. A broken file is
    /// reported with line and column, the others are imported, and the exit code is 2.
    Import(commands::Files),
    /// Check settings, Slack, AWS and the table
    ///
    /// Posts and writes nothing, and says how to fix each problem. The exit code is 1 if a
    /// check failed, otherwise 0. Warnings do not count.
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print all settings, and where each comes from
    ///
    /// The output is a configuration file: save it, and name it with --config. Secrets are
    /// hidden. The exit code is 1 if a setting is missing or invalid.
    Config,
    /// Delete the history of one member list
    ///
    /// Use it for a damaged history that cannot be restored (docs/operations.md). The next
    /// poll starts a new history, and the next digest says that earlier changes are unknown.
    RestartHistory {
        /// Administrator and Region, such as 123456789012/eu-west-1
        #[arg(long)]
        hub: securityhub_members::domain::hub::HubId,
    },
    /// Create the DynamoDB table
    CreateTable,
    /// Copy the embedded store to a file
    ///
    /// Works while the bot runs. The copy replaces an existing file once it is complete and
    /// verified.
    #[cfg(feature = "embedded-store")]
    Backup {
        /// File to write
        file: std::path::PathBuf,
    },
    /// Replace the embedded store with a backup
    ///
    /// Stop the bot first. The backup is verified, and the previous store is kept next to it.
    #[cfg(feature = "embedded-store")]
    Restore {
        /// Backup to restore
        file: std::path::PathBuf,
    },
    /// Check that the running service is alive
    #[command(hide = true)]
    Healthcheck,
}

fn main() -> ExitCode {
    masking::remember_environment();
    // A failure here cannot be reported: standard error itself has failed.
    let Ok(log) = standard_error().and_then(Log::to) else {
        return ExitCode::FAILURE;
    };
    let log = Flushed(log);
    let log = &log.0;
    commands::complain_to(log);
    commands::complain_of_panics();
    let code = match parse() {
        Ok(cli) => run(cli, log).unwrap_or_else(|error| {
            commands::complain(commands::complaint(&error));
            ExitCode::FAILURE
        }),
        Err(error) => usage(&error),
    };
    commands::printed(code)
}

/// Writes the last lines at the end, also after a panic.
struct Flushed(Log);

impl Drop for Flushed {
    fn drop(&mut self) {
        self.0.flush(FLUSH_WITHIN);
    }
}

fn run(cli: Cli, log: &Log) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(commands::run(cli, log));
    // A file whose read never ends must not delay the exit.
    runtime.shutdown_timeout(IDLE_WITHIN);
    code
}

/// Standard error without the lock and the panics of `eprintln`.
fn standard_error() -> std::io::Result<File> {
    std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map(File::from)
}

/// Reads the command line.
fn parse() -> Result<Cli, clap::Error> {
    let mut command = with_fixed_usage(Cli::command());
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let cli = Cli::from_arg_matches(&matches);
    cli.map_err(|error| error.format(&mut command))
}

/// Fixes the usage line of each sub-command: clap's own lists every setting that is in the
/// environment, as if it were required.
fn with_fixed_usage(mut command: clap::Command) -> clap::Command {
    command.build();
    command.mut_subcommands(|mut subcommand| {
        let usage = subcommand.render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").to_owned();
        subcommand.override_usage(usage)
    })
}

/// Prints help, or the error about the command line. Both are masked: the error quotes the
/// command line, which may contain a secret.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().ansi().to_string();
    if error.use_stderr() {
        commands::complain(text.trim_end());
    } else {
        commands::put(&text);
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
