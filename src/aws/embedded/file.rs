//! The file of the embedded store: locked for one process, readable by one user, with complete
//! copies.
//!
//! SQLite keeps the latest writes in a second file, `…-wal`, and moves them into the first one
//! later. So a copy of the first file alone lacks changes, or everything, and an old `…-wal`
//! next to a restored file undoes the restore. [`back_up`] and [`restore`] handle both files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};

use crate::policies::table::BACKUP_WAITS;

/// Read and write for the user that runs the bot, nothing for others.
const PRIVATE: u32 = 0o600;

/// Another process uses the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the embedded store {} is in use by another process{}: stop that process first (`backup` works while it runs)",
    .path.display(),
    .process.map_or_else(String::new, |id| format!(" ({id})"))
)]
pub struct InUse {
    /// The file.
    pub path: PathBuf,
    /// The other process, if it is known.
    pub process: Option<u32>,
}

/// The file of a store, locked against other processes while this value exists.
///
/// The lock is on a file of its own, `….lock`: SQLite's locks on the store are lost when anything
/// else in the process opens and closes that file.
pub(super) struct Claim {
    path: PathBuf,
    _lock: File,
}

impl Claim {
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        let path = real(path)?;
        ensure!(
            !path.exists() || path.is_file(),
            "{} must be a file",
            path.display()
        );
        let lock = beside(&path, ".lock");
        let mut file = private()
            .read(true)
            .create(true)
            .truncate(false)
            .open(&lock)
            .with_context(|| format!("failed to write {}", lock.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                // The owner's process ID is helpful, but not required.
                let _ = file.read_to_string(&mut process);
                let process = process.trim().parse().ok();
                return Err(InUse { path, process }.into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| {
                    format!(
                        "failed to lock {}: the embedded store needs a local file system",
                        lock.display()
                    )
                });
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { path, _lock: file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file, and SQLite's files next to it, readable only for this user, even if an
    /// earlier release or an operator created them.
    pub(super) fn close_to_others(&self) -> anyhow::Result<()> {
        for suffix in ["", "-wal", "-shm"] {
            let path = beside(&self.path, suffix);
            if path.exists() {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(PRIVATE))
                    .with_context(|| {
                        format!("failed to restrict {} to its user", path.display())
                    })?;
            }
        }
        Ok(())
    }

    /// Creates a missing store. `make` fills an empty, private file, which then becomes the
    /// store. If the process is killed here, no store exists.
    pub(super) fn place_new(
        &self,
        make: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let new = empty(&beside(&self.path, ".new"))?;
        make(&new)?;
        put(&new, &self.path)
    }
}

/// Rejects a file without the bot's table, which would mean an empty history.
pub(super) fn expect_table(path: &Path, table: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let found = open(path).and_then(|store| has_table(&store, table));
    let found = found.with_context(|| not_ours(path))?;
    ensure!(
        found,
        "the embedded store {shown} has no table {table}: it was copied without its -wal file, or \
         TABLE_NAME has changed. Restore a backup with `securityhub-members restore`, or move \
         the file away to start with an empty history"
    );
    Ok(())
}

/// The message about a file that cannot be opened.
pub(super) fn not_ours(path: &Path) -> String {
    format!(
        "failed to open the embedded store {}: it must be a file that this program created, or a \
         new file in a writable folder",
        path.display()
    )
}

/// Copies a store to a file, even while a process uses it. Returns the size of the copy in
/// bytes.
///
/// # Errors
///
/// Fails if the store is missing, lacks the table, or is damaged, or if the copy cannot be
/// written. An existing file then stays unchanged.
pub fn back_up(store: &Path, table: &str, to: &Path) -> anyhow::Result<u64> {
    let (store, to) = (real(store)?, real(to)?);
    ensure!(
        store.is_file(),
        "the embedded store {} does not exist: check EMBEDDED_STORE",
        store.display()
    );
    refuse_same(&store, &to)?;
    expect_table(&store, table)?;
    let part = empty(&beside(&to, ".part"))?;
    let copied = copy_into(&store, &part).and_then(|()| verify(&part, table));
    if let Err(error) = copied {
        discard(&part);
        return Err(error.context(format!("failed to back up {}", store.display())));
    }
    put(&part, &to)?;
    Ok(to.metadata()?.len())
}

/// Replaces a store, which no process uses, with a backup. Returns the path of the previous
/// store, if there was one.
///
/// # Errors
///
/// Fails if another process uses the store, or if the backup is damaged or lacks the table. The
/// store then stays unchanged.
pub fn restore(
    from: &Path,
    store: &Path,
    table: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<PathBuf>> {
    let claim = Claim::new(store)?;
    let (from, store) = (real(from)?, claim.path().to_owned());
    ensure!(
        from.is_file(),
        "the backup {} does not exist",
        from.display()
    );
    refuse_same(&store, &from)?;
    let staged = stage(&from, &beside(&store, ".restore"))?;
    if let Err(error) = merge(&staged).and_then(|()| verify(&staged, table)) {
        discard(&staged);
        return Err(error.context(format!(
            "failed to restore {}; {} is unchanged",
            from.display(),
            store.display()
        )));
    }
    let kept = set_aside(&store, now)?;
    put(&staged, &store)?;
    Ok(kept)
}

/// A copy of a backup that SQLite may change. It includes the `-wal` file, if the backup is a
/// plain copy of both files.
fn stage(from: &Path, staged: &Path) -> anyhow::Result<PathBuf> {
    discard(staged);
    for suffix in ["", "-wal"] {
        let (from, to) = (beside(from, suffix), beside(staged, suffix));
        if from.is_file() {
            let mut source = File::open(&from).with_context(|| from.display().to_string())?;
            let mut target = private().create_new(true).open(&to)?;
            std::io::copy(&mut source, &mut target)?;
        }
    }
    Ok(staged.to_owned())
}

/// Keeps the previous store under another name. Its main file stays in place until the restored
/// one replaces it, so that there is a store at every moment.
fn set_aside(store: &Path, now: DateTime<Utc>) -> anyhow::Result<Option<PathBuf>> {
    let name = format!(".before-{}", now.format("%Y%m%dT%H%M%SZ"));
    let kept = beside(store, &name);
    let was_there = store.exists();
    if was_there {
        // A damaged store cannot be merged. Both of its files are kept then.
        let _ = merge(store);
        std::fs::hard_link(store, &kept)
            .or_else(|_| std::fs::copy(store, &kept).map(drop))
            .with_context(|| format!("failed to keep {}", store.display()))?;
    }
    let wal = beside(store, "-wal");
    if wal.exists() {
        std::fs::rename(&wal, beside(&kept, "-wal"))?;
    }
    let _ = std::fs::remove_file(beside(store, "-shm"));
    Ok(was_there.then_some(kept))
}

/// Updates the main file while the engine uses it, so that a copy of that file alone, though not
/// supported, is not an empty history.
pub(super) fn checkpoint(path: &Path) -> anyhow::Result<()> {
    open(path)?.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

/// Moves the content of the `-wal` file into the main file, and removes the `-wal` file.
fn merge(path: &Path) -> anyhow::Result<()> {
    let store = open(path)?;
    let mode: String =
        store.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    ensure!(mode == "delete", "failed to merge its -wal file");
    Ok(())
}

fn copy_into(store: &Path, to: &Path) -> anyhow::Result<()> {
    let name = to.to_str().context("the path must be UTF-8")?;
    open(store)?.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

fn verify(path: &Path, table: &str) -> anyhow::Result<()> {
    let store = open(path)?;
    let found: String = store.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    ensure!(found == "ok", "it is damaged: {found}");
    ensure!(
        has_table(&store, table)?,
        "it has no table {table}: it is another program's file, or was copied without its -wal file"
    );
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(path, flags)?;
    store.busy_timeout(BACKUP_WAITS)?;
    Ok(store)
}

/// The engine's own list of its tables.
fn has_table(store: &Connection, table: &str) -> anyhow::Result<bool> {
    let sql = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_tables'";
    let engine: i64 = store.query_row(sql, [], |row| row.get(0))?;
    if engine == 0 {
        return Ok(false);
    }
    let sql = "SELECT COUNT(*) FROM _tables WHERE table_name = ?1";
    Ok(store.query_row(sql, [table], |row| row.get::<_, i64>(0))? > 0)
}

fn refuse_same(store: &Path, other: &Path) -> anyhow::Result<()> {
    let own = ["", "-wal", "-shm", ".lock"].map(|suffix| beside(store, suffix));
    if own.iter().any(|path| path == other) {
        bail!(
            "{} is part of the embedded store: choose another file",
            other.display()
        );
    }
    Ok(())
}

/// The path without links. The file itself may be missing.
fn real(path: &Path) -> anyhow::Result<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Ok(path);
    }
    let name = path
        .file_name()
        .with_context(|| format!("{} must be a file", path.display()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .with_context(|| format!("the folder {} does not exist", folder.display()))?;
    Ok(folder.join(name))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens for writing. A created file is private from the first moment.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(PRIVATE);
    options
}

/// Creates an empty, private file, and replaces the leftovers of an earlier attempt.
fn empty(path: &Path) -> anyhow::Result<PathBuf> {
    discard(path);
    private()
        .create_new(true)
        .open(path)
        .with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path.to_owned())
}

/// Moves a complete file into place atomically, and makes it survive a power cut.
fn put(from: &Path, to: &Path) -> anyhow::Result<()> {
    File::open(from)?.sync_all()?;
    std::fs::rename(from, to).with_context(|| format!("failed to replace {}", to.display()))?;
    if let Some(folder) = to.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn discard(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(path, suffix));
    }
}

#[cfg(test)]
mod tests;
