//! `backup` and `restore`: copies of the embedded store.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use securityhub_members::aws::embedded;
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::settings::Config;

use super::print::say;

pub(super) async fn back_up(config: &Config, to: PathBuf) -> anyhow::Result<ExitCode> {
    let (store, table) = (store(config)?.to_owned(), config.table.clone());
    let shown = (store.display().to_string(), to.display().to_string());
    let copy = tokio::task::spawn_blocking(move || embedded::back_up(&store, &table, &to));
    let bytes = copy.await??;
    say(format_args!(
        "Backed up {} to {} ({bytes} bytes).",
        shown.0, shown.1
    ));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(config: &Config, from: PathBuf) -> anyhow::Result<ExitCode> {
    let (store, table) = (store(config)?.to_owned(), config.table.clone());
    let shown = (store.display().to_string(), from.display().to_string());
    let now = SystemClock.now();
    let copy = tokio::task::spawn_blocking(move || embedded::restore(&from, &store, &table, now));
    let kept = copy.await??;
    say(format_args!("Restored {} from {}.", shown.0, shown.1));
    if let Some(kept) = kept {
        say(format_args!(
            "The previous store is kept as {}.",
            kept.display()
        ));
    }
    say(
        "Before you start the bot, preview its next digest: `securityhub-members digest --dry-run`.",
    );
    Ok(ExitCode::SUCCESS)
}

fn store(config: &Config) -> anyhow::Result<&Path> {
    let path = config.embedded_store.as_deref();
    path.context(
        "EMBEDDED_STORE is not set: backup and restore work on the embedded store only; for \
         DynamoDB, use point-in-time recovery (docs/operations.md, Restoring the table)",
    )
}
