//! `import`: makes the files that a daily script kept history of a hub.

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
use securityhub_members::terminal;
use securityhub_members::watch::{Imported, KeptList, SkipReason};
use tokio_util::sync::CancellationToken;

use super::INCOMPLETE;
use super::connect::connect;
use super::print::{complain, say};

/// Which files, and what they are.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Files called YYYYMMDD.json, and folders that hold some
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Whose lists these are, like 111122223333/eu-west-1 [default: the only hub]
    #[arg(long)]
    hub: Option<HubId>,
    /// When on the day in its name a file was written: with it the list comes to the right
    /// date in TIMEZONE. 20260115.json of a script that ran at 22:00 UTC is of 2026-01-16 in Tokyo
    #[arg(long, value_name = "HH:MM", default_value = "00:00", value_parser = time)]
    taken_at: NaiveTime,
    /// The time zone of the names and of --taken-at
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    taken_in: Tz,
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
}

fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "not a time like 00:30".to_owned())
}

pub(super) async fn import(config: &Config, files: &Files) -> anyhow::Result<ExitCode> {
    let mut found = Found::default();
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
        say(format_args!(
            "{date} is left out: {}",
            why(*left, keep_from)
        ));
    }
    say(summary(&hub, &imported, files.dry_run));
    Ok(if found.broken > 0 {
        complain(format_args!(
            "Files that could not be read: {}. The others went in.",
            found.broken
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
        (Some(wanted), _) => bail!("{wanted} is not watched: --hub is one of {names}"),
        (None, [only]) => Ok(only.clone()),
        (None, _) => bail!("say whose lists these are: --hub is one of {names}"),
    }
}

fn why(left: SkipReason, keep_from: DateTime<Utc>) -> String {
    match left {
        SkipReason::Polled(date) => format!("from {date} on the bot keeps history itself"),
        SkipReason::Expired => format!(
            "RETENTION_DAYS keeps nothing from before {}",
            keep_from.format("%Y-%m-%d %H:%M UTC")
        ),
        SkipReason::NotTheLast => "another list of that date was taken later".to_owned(),
    }
}

fn summary(hub: &HubId, imported: &Imported, dry_run: bool) -> String {
    let would = if dry_run { "Nothing was written. " } else { "" };
    let days = |dates: &[NaiveDate]| match (dates.first(), dates.last()) {
        (Some(first), Some(last)) if first != last => {
            format!("{} ({first} to {last})", dates.len())
        }
        (Some(only), _) => format!("1 ({only})"),
        _ => "0".to_owned(),
    };
    format!(
        "{would}{hub}: new days {}, changed {}, there already {}; changes of accounts between them: {}",
        days(&imported.new),
        days(&imported.changed),
        imported.same,
        imported.changes,
    )
}

/// The files that were found.
#[derive(Default)]
struct Found {
    files: Vec<(NaiveDate, PathBuf)>,
    looked: usize,
    broken: usize,
}

/// How many files and folders are looked at: a century of days, and as many again.
const MOST_ENTRIES: usize = 100_000;

impl Found {
    /// Files that have no date in their name are told and left out. Links are
    /// followed where they are named, and not in folders.
    fn look(&mut self, path: &Path, named: bool) -> anyhow::Result<()> {
        let shown = || terminal::lines(&path.display().to_string());
        self.looked += 1;
        if self.looked > MOST_ENTRIES {
            bail!("more than {MOST_ENTRIES} files and folders: name the folder of the lists alone");
        }
        let found = if named {
            path.metadata()
        } else {
            path.symlink_metadata()
        };
        let found = found.with_context(|| format!("{} cannot be looked at", shown()))?;
        if found.is_dir() {
            let entries = path.read_dir();
            let entries = entries.with_context(|| format!("{} cannot be listed", shown()))?;
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
                "{}: left out: not called YYYYMMDD.json",
                shown()
            )),
        }
        Ok(())
    }

    /// The lists, by date. What is wrong with a file is told, and the rest goes on.
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
                let line = format!("{shown}: {account} is {names}: {taken} is taken");
                say(terminal::lines(&line));
            }
            let time = date.and_time(wanted.taken_at);
            // At an hour that a clock skips or has twice, the later one.
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
    // A pipe or a device can keep its reader waiting for ever.
    let found = path.metadata().map_err(|error| format!(" {error}"))?;
    if !found.is_file() {
        return Err(" not a regular file".to_owned());
    }
    let read_all =
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read_all.map_err(|error| format!(" {error}"))?;
    read(&bytes).map_err(|problem: BadFile| problem.to_string())
}
