//! The names file, with the names of accounts.
//!
//! Faults are reported by line, and the other lines are used. The file is read again when it
//! changes. If it becomes unusable, the last good names stay. The use of the names is not known
//! here.

mod fault;
mod field;
mod heading;
mod quotes;
mod table;

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
pub use fault::{NamesFault, NamesProblem};
pub use table::NamesTable;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::domain::directory::Names;
use crate::watch::ports::NameSource;

/// 100,000 accounts with long names.
const MAX_BYTES: u64 = 16 << 20;

/// The longest wait for the file, which may be on a network.
const DEADLINE: Duration = Duration::from_secs(5);

/// The names in a file.
pub struct NamesFile {
    path: PathBuf,
    known: Mutex<KnownNames>,
    problem: StdMutex<Option<String>>,
}

/// The last good state of the file.
struct KnownNames {
    names: Arc<Names>,
    /// Identifies the state of the file that was read; `None` after a failure.
    stamp: Option<FileStamp>,
    /// A read that exceeded its deadline.
    pending: Option<JoinHandle<FileRead>>,
}

/// The result of a read; `None` if the file has not changed.
type FileRead = anyhow::Result<Option<(FileStamp, NamesTable)>>;

/// Changes when the file is replaced, overwritten or touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl NamesFile {
    /// Reads the file, and logs its faults.
    ///
    /// # Errors
    ///
    /// The file cannot be read in time, or has no usable line.
    pub async fn open(path: PathBuf) -> anyhow::Result<Self> {
        let mut known = KnownNames {
            names: Arc::default(),
            stamp: None,
            pending: None,
        };
        known.renew(&path).await?;
        Ok(Self {
            path,
            known: Mutex::new(known),
            problem: StdMutex::default(),
        })
    }

    /// Remembers the outcome of the last read. Returns the one before.
    fn remember(&self, problem: Option<String>) -> Option<String> {
        let mut known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, problem)
    }
}

#[async_trait]
impl NameSource for NamesFile {
    async fn names(&self) -> Arc<Names> {
        let mut known = self.known.lock().await;
        let renewed = known.renew(&self.path).await;
        let problem = renewed.err().map(|error| format!("{error:#}"));
        let before = self.remember(problem.clone());
        let path = self.path.display();
        match problem {
            Some(problem) if before.as_ref() != Some(&problem) => {
                tracing::error!(%path, problem, "failed to read the names file; keeping the last good names");
            }
            None if before.is_some() => {
                tracing::info!(%path, "names file recovered")
            }
            _ => {}
        }
        Arc::clone(&known.names)
    }

    fn problem(&self) -> Option<String> {
        let known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }
}

impl KnownNames {
    /// Reads the file again if it has changed.
    async fn renew(&mut self, path: &Path) -> anyhow::Result<()> {
        let (path, stamp) = (path.to_owned(), self.stamp);
        let look = self.pending.take();
        let mut look = look.unwrap_or_else(|| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || load(&path, stamp))
        });
        let Ok(looked) = tokio::time::timeout(DEADLINE, &mut look).await else {
            self.pending = Some(look);
            bail!("timed out after {} s", DEADLINE.as_secs());
        };
        match looked.context("the read failed")? {
            Ok(None) => {}
            Ok(Some((stamp, table))) => {
                log(&path, &table);
                self.names = Arc::new(table.names);
                self.stamp = Some(stamp);
            }
            Err(error) => {
                self.stamp = None;
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Reads a file as it is now, for `check`.
///
/// # Errors
///
/// The file cannot be read in time, or has no usable line.
pub async fn read(path: &Path) -> anyhow::Result<NamesTable> {
    let path = path.to_owned();
    let look = tokio::task::spawn_blocking(move || load(&path, None));
    let looked = tokio::time::timeout(DEADLINE, look).await;
    let looked = looked.with_context(|| format!("timed out after {} s", DEADLINE.as_secs()))??;
    Ok(looked?.map(|(_, table)| table).unwrap_or_default())
}

/// The file, if it differs from `known`.
fn load(path: &Path, known: Option<FileStamp>) -> FileRead {
    // Opening a pipe would block until a writer opens it.
    let metadata = std::fs::metadata(path).context("it cannot be read")?;
    ensure!(metadata.is_file(), "not a regular file");
    let stamp = FileStamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        bytes: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    };
    if known == Some(stamp) {
        return Ok(None);
    }
    let file = std::fs::File::open(path).context("it cannot be read")?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let read = read.context("it cannot be read")?;
    ensure!(
        read as u64 <= MAX_BYTES,
        "it is larger than {} MiB",
        MAX_BYTES >> 20
    );
    Ok(Some((stamp, NamesTable::parse(&bytes)?)))
}

fn log(path: &Path, table: &NamesTable) {
    let path = path.display();
    for NamesProblem { line, fault } in &table.problems {
        tracing::error!(%path, line, problem = %fault, "ignoring a line of the names file");
    }
    let more = table.unused - table.problems.len();
    if more > 0 {
        tracing::error!(%path, more, "ignoring more lines of the names file");
    }
    tracing::info!(%path, names = table.names.len(), lines = table.lines, "read the names file");
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(file: &NamesFile) -> (usize, Option<String>) {
        (file.names().await.len(), file.problem())
    }

    #[tokio::test]
    async fn a_file_that_changes_is_read_again_and_one_that_breaks_keeps_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("names.csv");
        assert!(NamesFile::open(path.clone()).await.is_err());
        std::fs::write(&path, "000000000001,payments\n").unwrap();
        let file = NamesFile::open(path.clone()).await.unwrap();
        assert_eq!(count(&file).await, (1, None));
        let two = "000000000001,payments\n000000000002,ledger\n";
        std::fs::write(&path, two).unwrap();
        assert_eq!(count(&file).await, (2, None));
        for broken in [
            "",
            "Account ID,Email\n000000000003,hush@example.com\n",
            "\0\0",
        ] {
            std::fs::write(&path, broken).unwrap();
            let (names, problem) = count(&file).await;
            assert_eq!(names, 2, "{broken:?}");
            let problem = problem.unwrap();
            assert!(
                problem.starts_with("line 1: ") && !problem.contains("hush"),
                "{problem}"
            );
        }
        std::fs::write(&path, two).unwrap();
        assert_eq!(count(&file).await, (2, None));
        std::fs::remove_file(&path).unwrap();
        let (names, problem) = count(&file).await;
        assert!(names == 2 && problem.unwrap().contains("cannot be read"));
    }

    #[tokio::test]
    async fn a_pipe_or_a_large_file_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let large = directory.path().join("large");
        let file = std::fs::File::create(&large).unwrap();
        file.set_len(MAX_BYTES + 1).unwrap();
        for (path, said) in [
            (pipe.as_path(), "not a regular file"),
            (directory.path(), "not a regular file"),
            (Path::new("/dev/zero"), "not a regular file"),
            (large.as_path(), "larger than 16 MiB"),
        ] {
            let error = read(path).await.unwrap_err();
            assert!(format!("{error:#}").contains(said), "{error:#}");
        }
    }
}
