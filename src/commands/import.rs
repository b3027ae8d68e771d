//! `import`: imports the files of a daily script as the history of a hub.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use indicatif::{ProgressBar, ProgressStyle};
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::domain::hub::HubId;
use securityhub_members::import::{BadFile, MAX_BYTES, date_in, read};
use securityhub_members::settings::Config;
use securityhub_members::terminal::{self, counted};
use securityhub_members::watch::{Imported, KeptList, SkipReason};
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::connect;
use super::print::{complain, say};

/// The files to import, and how to date them.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Files named YYYYMMDD.json, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Administrator and Region of the lists, such as 111122223333/eu-west-1 [default: the only one]
    #[arg(long)]
    hub: Option<HubId>,
    /// Time at which the script ran
    ///
    /// It decides the date in TIMEZONE: 20260115.json, written at 22:00 UTC, counts for
    /// 2026-01-16 in Tokyo.
    #[arg(long, value_name = "HH:MM", default_value = "00:00", value_parser = time)]
    taken_at: NaiveTime,
    /// Time zone of --taken-at and of the file names
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    taken_in: Tz,
    /// Print the result without writing it
    #[arg(long)]
    dry_run: bool,
}

fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "must be a time such as 00:30".to_owned())
}

pub(super) async fn import(config: &Config, files: &Files) -> anyhow::Result<ExitCode> {
    let mut found = FoundFiles::default();
    for path in &files.paths {
        found.look(path, true)?;
    }
    let lists = found.read(files);
    let connected = connect(config, &CancellationToken::new()).await?;
    let hub = hub(files.hub.as_ref(), &connected.watch.hubs.list())?;
    let now = SystemClock.now();
    let keep_from = now.checked_sub_days(config.retention).unwrap_or(now);
    let bar = ProgressBar::new(lists.len() as u64);
    bar.set_style(ProgressStyle::with_template(
        "Importing {bar:30} {pos}/{len} days",
    )?);
    let progress = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let watch = &connected.watch;
    let imported = watch
        .importer
        .import(&hub, lists, keep_from, files.dry_run, progress);
    let imported = imported.await?;
    bar.finish_and_clear();
    for (date, left) in &imported.skipped {
        say(format_args!("Skipped {date}: {}", why(*left, keep_from)));
    }
    say(summary(&hub, &imported, files.dry_run));
    Ok(if found.broken > 0 {
        complain(format_args!(
            "Failed to read {}. The others were imported.",
            counted(found.broken, "file")
        ));
        ExitCode::from(INCOMPLETE)
    } else {
        ExitCode::SUCCESS
    })
}

pub(super) fn hub(wanted: Option<&HubId>, watched: &[HubId]) -> anyhow::Result<HubId> {
    let names: Vec<_> = watched.iter().map(HubId::to_string).collect();
    let names = names.join(", ");
    match (wanted, watched) {
        (Some(wanted), _) if watched.contains(wanted) => Ok(wanted.clone()),
        (Some(wanted), _) => bail!("{wanted} is not monitored: choose --hub from {names}"),
        (None, [only]) => Ok(only.clone()),
        (None, _) => bail!("more than one member list: choose one with --hub from {names}"),
    }
}

fn why(left: SkipReason, keep_from: DateTime<Utc>) -> String {
    match left {
        SkipReason::Polled(date) => format!("the bot has its own history since {date}"),
        SkipReason::Expired => format!(
            "older than RETENTION_DAYS allows: history begins at {}",
            keep_from.format("%Y-%m-%d %H:%M UTC")
        ),
        SkipReason::NotTheLast => "a later list has the same date".to_owned(),
    }
}

fn summary(hub: &HubId, imported: &Imported, dry_run: bool) -> String {
    let would = if dry_run {
        "Dry run, nothing written. "
    } else {
        ""
    };
    let days = |dates: &[NaiveDate]| match (dates.first(), dates.last()) {
        (Some(first), Some(last)) if first != last => {
            format!("{} ({first} to {last})", dates.len())
        }
        (Some(only), _) => format!("1 ({only})"),
        _ => "0".to_owned(),
    };
    format!(
        "{would}{hub}: new days: {}, changed: {}, unchanged: {}; {}",
        days(&imported.new),
        days(&imported.changed),
        imported.same,
        counted(imported.changes, "account change"),
    )
}

/// The files that were found.
#[derive(Default)]
struct FoundFiles {
    files: Vec<(NaiveDate, PathBuf)>,
    looked: usize,
    broken: usize,
}

/// The limit for files and folders: twice a century of days.
const MOST_ENTRIES: usize = 100_000;

impl FoundFiles {
    /// Skips and reports files without a date in their name. Follows a link only if it is
    /// named itself, not inside a folder.
    fn look(&mut self, path: &Path, named: bool) -> anyhow::Result<()> {
        let shown = || terminal::lines(&path.display().to_string());
        self.looked += 1;
        if self.looked > MOST_ENTRIES {
            bail!("more than {MOST_ENTRIES} files and folders: name only the folder of the lists");
        }
        let found = if named {
            path.metadata()
        } else {
            path.symlink_metadata()
        };
        let found = found.with_context(|| format!("failed to read {}", shown()))?;
        if found.is_dir() {
            let entries = path.read_dir();
            let entries = entries.with_context(|| format!("failed to list {}", shown()))?;
            let mut entries = entries
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>()?;
            entries.sort();
            return entries.iter().try_for_each(|entry| self.look(entry, false));
        }
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        match name.and_then(date_in) {
            Some(date) => self.files.push((date, path.to_owned())),
            None => say(format_args!(
                "Skipped {}: its name must be YYYYMMDD.json",
                shown()
            )),
        }
        Ok(())
    }

    /// The lists, by date. A broken file is reported and skipped.
    fn read(&mut self, wanted: &Files) -> Vec<KeptList> {
        self.files.sort();
        let mut lists = Vec::new();
        for (date, path) in &self.files {
            let shown = terminal::lines(&path.display().to_string());
            let file = match open(path) {
                Ok(file) => file,
                Err(problem) => {
                    self.broken += 1;
                    let line = format!("{shown}:{problem}");
                    complain(terminal::lines(&line));
                    continue;
                }
            };
            for (account, statuses) in &file.conflicts {
                let names: Vec<_> = statuses.iter().map(ToString::to_string).collect();
                let (names, taken) = (names.join(" and "), &statuses[0]);
                let line = format!("{shown}: {account} has the statuses {names}: using {taken}");
                say(terminal::lines(&line));
            }
            let time = date.and_time(wanted.taken_at);
            // If a clock skips or repeats the hour, take the later time.
            let at = wanted.taken_in.from_local_datetime(&time).latest();
            let at = at.map_or_else(|| time.and_utc(), |at| at.with_timezone(&Utc));
            lists.push(KeptList {
                at,
                list: file.list,
            });
        }
        lists
    }
}

fn open(path: &Path) -> Result<securityhub_members::import::KeptFile, String> {
    let mut bytes = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    // A pipe or a device can block its reader forever.
    let found = path.metadata().map_err(|error| format!(" {error}"))?;
    if !found.is_file() {
        return Err(" not a regular file".to_owned());
    }
    let read_all =
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read_all.map_err(|error| format!(" {error}"))?;
    read(&bytes).map_err(|problem: BadFile| problem.to_string())
}
