//! A file that says what the accounts are called: `id,name[,unit]`.
//!
//! What is wrong in it is named by line, and the rest is used. It is read again
//! whenever it has changed. Knows nothing of what is done with the names.

use std::collections::btree_map::Entry as Slot;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::domain::directory::{Names, Who, tidy};
use crate::domain::member::AccountId;
use crate::watch::ports::NameSource;

/// 100,000 accounts with long names.
const MAX_BYTES: u64 = 16 << 20;

/// How many wrong lines are named in the log.
const NAMED: usize = 20;

/// A line that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The names in a file.
pub struct NamesFile {
    path: PathBuf,
    read: Mutex<Read>,
}

struct Read {
    names: Arc<Names>,
    /// By what a change of the file is noticed.
    stamp: Option<Stamp>,
    /// Whether the file could not be read the last time.
    failed: bool,
}

type Stamp = (SystemTime, u64);

impl NamesFile {
    /// Reads the file. A file that cannot be read is an error; lines that are
    /// wrong are logged.
    pub async fn open(path: PathBuf) -> anyhow::Result<Self> {
        let stamp = stamp(&path).await?;
        let names = load(&path).await?;
        let read = Read {
            names: Arc::new(names),
            stamp: Some(stamp),
            failed: false,
        };
        Ok(Self {
            path,
            read: Mutex::new(read),
        })
    }

    /// Reads the file again if it is another one by now.
    async fn renew(&self, read: &mut Read) -> anyhow::Result<()> {
        let stamp = stamp(&self.path).await?;
        if read.stamp != Some(stamp) {
            read.names = Arc::new(load(&self.path).await?);
            read.stamp = Some(stamp);
        }
        Ok(())
    }
}

#[async_trait]
impl NameSource for NamesFile {
    async fn names(&self) -> Arc<Names> {
        let mut read = self.read.lock().await;
        let renewed = self.renew(&mut read).await;
        if let (Err(error), false) = (&renewed, read.failed) {
            let path = self.path.display();
            tracing::error!(%path, error = format!("{error:#}"), "the names cannot be read again: the old ones stay");
        }
        read.failed = renewed.is_err();
        Arc::clone(&read.names)
    }
}

async fn stamp(path: &PathBuf) -> anyhow::Result<Stamp> {
    let metadata = tokio::fs::metadata(path).await?;
    ensure!(metadata.is_file(), "it is not a file");
    ensure!(
        metadata.len() <= MAX_BYTES,
        "it is larger than {MAX_BYTES} bytes"
    );
    Ok((metadata.modified()?, metadata.len()))
}

async fn load(path: &PathBuf) -> anyhow::Result<Names> {
    let bytes = tokio::fs::read(path).await.context("it cannot be read")?;
    let (names, problems) = parse(&bytes);
    let path = path.display();
    for problem in problems.iter().take(NAMED) {
        tracing::error!(%path, line = problem.line, problem = problem.what, "a line of the names is not used");
    }
    if let Some(more) = problems.len().checked_sub(NAMED).filter(|more| *more > 0) {
        tracing::error!(%path, more, "more lines of the names are not used");
    }
    tracing::info!(%path, names = names.len(), "the names were read");
    Ok(names)
}

/// The names in a CSV file, and the lines that are not used.
///
/// Line by line: a quote that is not closed costs its line and not the rest.
pub fn parse(bytes: &[u8]) -> (Names, Vec<Problem>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut names = Names::new();
    let mut problems = Vec::new();
    let mut columns = None;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(|byte| b" \t\r,;\"".contains(byte)) {
            continue;
        }
        let mut wrong = |what: String| {
            let line = index + 1;
            problems.push(Problem { line, what });
        };
        let Ok(text) = std::str::from_utf8(line) else {
            wrong("it is not UTF-8: save the file as \"CSV UTF-8\"".to_owned());
            continue;
        };
        if text.matches('"').count() % 2 != 0 {
            wrong("a quote is not closed".to_owned());
            continue;
        }
        let (delimiter, columns) = match columns {
            Some(known) => known,
            None => {
                let delimiter = delimiter(text);
                let heading = heading(&fields(text, delimiter));
                let known = (delimiter, heading.unwrap_or(Columns::PLAIN));
                columns = Some(known);
                if heading.is_some() {
                    continue;
                }
                known
            }
        };
        match columns.read(&fields(text, delimiter)) {
            Err(what) => wrong(what),
            Ok((account, who)) => match names.entry(account) {
                Slot::Vacant(slot) => {
                    slot.insert(who);
                }
                Slot::Occupied(_) => wrong(format!("{account} has a name already")),
            },
        }
    }
    (names, problems)
}

/// What a spreadsheet of this country puts between fields.
fn delimiter(line: &str) -> u8 {
    let first = line.find([',', ';', '\t']);
    first.map_or(b',', |at| line.as_bytes()[at])
}

fn fields(line: &str, delimiter: u8) -> Vec<String> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter)
        .from_reader(line.as_bytes());
    let first = reader.into_records().next().and_then(Result::ok);
    let fields = first.iter().flatten().map(tidy);
    fields.collect()
}

/// In which column what stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    id: usize,
    name: usize,
    unit: Option<usize>,
}

impl Columns {
    const PLAIN: Self = Self {
        id: 0,
        name: 1,
        unit: Some(2),
    };

    fn read(self, fields: &[String]) -> Result<(AccountId, Who), String> {
        let field = |column: usize| fields.get(column).filter(|field| !field.is_empty());
        let id = field(self.id).ok_or("it has no account id")?;
        let digits: String = id.chars().filter(|letter| *letter != '-').collect();
        let account = digits.parse().map_err(|_| {
            format!("{id:?} is not an account id: twelve digits (a spreadsheet drops zeros at the start)")
        })?;
        let name = field(self.name).ok_or_else(|| format!("{account} has no name"))?;
        let who = Who {
            name: Some(name.clone()),
            unit: self.unit.and_then(field).cloned(),
        };
        Ok((account, who))
    }
}

/// The columns that a heading names; `None` when the line is no heading.
fn heading(fields: &[String]) -> Option<Columns> {
    let first = fields.first()?;
    if first.chars().any(|letter| letter.is_ascii_digit()) {
        return None;
    }
    let column = |names: &[&str]| {
        let plain = |field: &String| field.to_lowercase().replace(['_', '-', ' '], "");
        fields
            .iter()
            .position(|field| names.contains(&plain(field).as_str()))
    };
    let id = column(&["id", "accountid", "account"]);
    let name = column(&["name", "accountname"]);
    Some(match (id, name) {
        (Some(id), Some(name)) => Columns {
            id,
            name,
            unit: column(&["unit", "ou", "organizationalunit"]),
        },
        _ => Columns::PLAIN,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was read, like `1 payments (Prod)`, then what is wrong.
    fn read(bytes: &[u8]) -> Vec<String> {
        let (names, problems) = parse(bytes);
        let name = |(account, who): (&AccountId, &Who)| {
            let unit = who.unit.as_ref().map(|unit| format!(" ({unit})"));
            let name = who.name.as_deref().unwrap_or_default();
            format!("{} {name}{}", account.as_u64(), unit.unwrap_or_default())
        };
        let problems = problems.iter().map(Problem::to_string);
        names.iter().map(name).chain(problems).collect()
    }

    #[test]
    fn a_file_of_names_is_read_however_it_was_saved() {
        let expected = ["1 payments (Prod)", "2 data, lake"];
        for text in [
            "000000000001,payments,Prod\n000000000002,\"data, lake\"\n",
            "000000000001,payments,Prod\r\n\r\n000000000002,\"data, lake\",\r\n",
            "\u{feff}id,name,unit\n000000000001,payments,Prod\n000000000002,\"data, lake\"",
            "\n \n,,\nアカウント,名前\n000000000001, payments ,\t Prod\n\"000000000002\",\"data,  lake\"",
            "0000-0000-0001;payments;Prod\n0000-0000-0002;data, lake\n",
            "Account ID,ARN,Email,Account name,OU\n000000000001,arn,a@example.com,payments,Prod\n000000000002,arn,b@example.com,\"data, lake\",\n",
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_line_is_named_and_the_rest_is_used() {
        let mut file = b"000000000001,payments\n1234567,short\n000000000002\n\n".to_vec();
        file.extend(b"000000000003,\x83f\x81[\x83^\n000000000004,\"open\n");
        file.extend(b"000000000001,again\nid,name\n000000000005,last");
        assert_eq!(
            read(&file),
            [
                "1 payments",
                "5 last",
                "line 2: \"1234567\" is not an account id: twelve digits (a spreadsheet drops zeros at the start)",
                "line 3: 000000000002 has no name",
                "line 5: it is not UTF-8: save the file as \"CSV UTF-8\"",
                "line 6: a quote is not closed",
                "line 7: 000000000001 has a name already",
                "line 8: \"id\" is not an account id: twelve digits (a spreadsheet drops zeros at the start)",
            ]
        );
        assert!(read(b"").is_empty());
    }

    #[tokio::test]
    async fn a_file_that_changes_is_read_again_and_one_that_goes_keeps_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("names.csv");
        assert!(NamesFile::open(path.clone()).await.is_err());
        std::fs::write(&path, "000000000001,payments\n").unwrap();
        let file = NamesFile::open(path.clone()).await.unwrap();
        assert_eq!(file.names().await.len(), 1);
        std::fs::write(&path, "000000000001,payments\n000000000002,ledger\n").unwrap();
        assert_eq!(file.names().await.len(), 2);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(file.names().await.len(), 2);
    }
}
