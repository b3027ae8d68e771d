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

/// How long the last lines may take to be read.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);
/// How long work in the background, like reading a file, may take to end.
const IDLE_WITHIN: Duration = Duration::from_secs(1);

/// Tells a Slack workspace when AWS Security Hub member accounts join, decline,
/// leave or are removed.
///
/// Every setting is a flag and an environment variable. AWS settings are the
/// SDK's own: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and so on. RUST_LOG
/// chooses what is logged, of libraries info at most.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
// The help shows no values: one may be a secret in a wrong place.
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
                                                  what to create the Slack app from
  securityhub-members create-table                once
  securityhub-members check                       is everything in its place?
  securityhub-members serve                       run the bot
  securityhub-members show                        what changed today, checked now
  securityhub-members show yesterday
  securityhub-members show 2026-11-01..2026-11-20 --json
  securityhub-members digest --dry-run            what the next digest would say";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot: the endpoint for Slack, the poller, the digest schedule
    ///
    /// Stops cleanly on SIGTERM and Ctrl-C: what was acknowledged is finished.
    Serve,
    /// Try everything on this machine, with stand-ins for AWS and Slack and a page to look at
    #[cfg(feature = "demo")]
    Demo {
        /// The port of the page on 127.0.0.1; 0 takes any free one
        #[arg(long, default_value_t = 4000)]
        port: u16,
        /// In Socket Mode: Slack's requests come over connections that the bot opens
        #[arg(long)]
        socket: bool,
    },
    /// Poll every hub once and store what it has
    Poll {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Poll every hub, then post today's digest unless the channel has it
    Digest {
        /// Print the digest instead of posting it
        #[arg(long)]
        dry_run: bool,
        /// Print JSON (with --dry-run)
        #[arg(long, requires = "dry_run")]
        json: bool,
    },
    /// Answer a question in the terminal, as the slash command does in Slack
    Show {
        /// A date, a span, or nothing for a check now; `help` lists what can be asked
        query: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the manifest of the Slack app, to paste when the app is created
    Manifest(commands::Wanted),
    /// Make the files that a daily script kept history of a hub
    ///
    /// Each file is the member list of a day: YYYYMMDD.json holds
    /// {"Enabled": ["123456789012"], "Resigned": []}. Days before the hub's
    /// first poll become history like any other: `show` and the Home tab know
    /// them, and no digest tells of them. Importing the same again changes
    /// nothing; what comes later fills the gaps. A broken file is named with
    /// line and column, the others go in, and the exit code is 2.
    Import(commands::Files),
    /// Look at settings, Slack, AWS and the table, and say what to mend
    ///
    /// It posts nothing and writes nothing. Exit code: 0 when all is well, 1
    /// when something is wrong; notes do not count.
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete the history of one hub: its next poll begins a new one
    ///
    /// For a damaged history that cannot be restored (docs/operations.md). The
    /// next digest says that changes before the new beginning are unknown.
    RestartHistory {
        /// The hub, like 123456789012/eu-west-1
        #[arg(long)]
        hub: securityhub_members::domain::hub::HubId,
    },
    /// Create the DynamoDB table with its key, expiry and protection
    CreateTable,
    /// Copy the embedded store to a file, also while the bot runs
    ///
    /// Replaces the file at once when the copy is whole and checked.
    #[cfg(feature = "embedded-store")]
    Backup {
        /// Where the backup goes
        file: std::path::PathBuf,
    },
    /// Put a backup in place of the embedded store, while the bot is stopped
    ///
    /// The backup is checked first. The store from before is kept next to it.
    #[cfg(feature = "embedded-store")]
    Restore {
        /// The backup
        file: std::path::PathBuf,
    },
    /// Ask the running service whether it is alive
    #[command(hide = true)]
    Healthcheck,
}

fn main() -> ExitCode {
    masking::remember_environment();
    // Nobody can be told of a failure here: what it would be told on is what failed.
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
    // A file that cannot be read to its end must not hold up the exit.
    runtime.shutdown_timeout(IDLE_WITHIN);
    code
}

/// The place of the log, past the lock and the panics of `eprintln`.
fn standard_error() -> std::io::Result<File> {
    std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map(File::from)
}

/// Reads the command line.
fn parse() -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let cli = Cli::from_arg_matches(&matches);
    cli.map_err(|error| error.format(&mut command))
}

/// Prints help, or what is wrong with the command line: that quotes it, and there
/// may be a secret in it.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().ansi().to_string();
    if error.use_stderr() {
        commands::complain(text.trim_end());
    } else {
        commands::put(&text);
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
