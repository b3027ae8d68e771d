//! Reads the daily files of an earlier script, such as `20260115.json` with
//! `{"Enabled": ["123456789012"], "Resigned": []}`. Pure.
//!
//! A file is imported completely or not at all: half a list would mean that accounts are gone.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::domain::member::{AccountId, Listed, MemberList, MemberStatus};

/// The limit for a file: 100,000 accounts take less than 2 MB.
pub const MAX_BYTES: usize = 32 << 20;

/// The limit for the name of a status: AWS's names are single words.
const LONGEST_STATUS: usize = 100;

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// The members.
    pub list: MemberList,
    /// The accounts with more than one status in the file. The first one, the worst, is used.
    pub conflicts: Vec<(AccountId, Vec<MemberStatus>)>,
}

/// A file cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// The file is not the expected JSON.
    #[error("{line}:{column}: {what}")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// The text found, or expected.
        what: String,
    },
    /// The file has no account.
    #[error(
        "1:1: must contain at least one account: an empty list would mean that every account is gone"
    )]
    Nobody,
    /// The file is too large for a member list.
    #[error("1:1: must be {} MiB at most", MAX_BYTES >> 20)]
    Size,
}

/// The date in the name of a file, like `20260115.json`.
pub fn date_in(name: &str) -> Option<NaiveDate> {
    let digits = name.strip_suffix(".json")?;
    let plain = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let date = plain.then(|| NaiveDate::parse_from_str(digits, "%Y%m%d"))?;
    date.ok()
}

/// Reads a file.
///
/// # Errors
///
/// The first problem: the size, the JSON, or a field.
pub fn read(bytes: &[u8]) -> Result<KeptFile, BadFile> {
    if bytes.len() > MAX_BYTES {
        return Err(BadFile::Size);
    }
    // The byte order mark of editors on Windows.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let AccountStatuses(accounts) =
        serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
    if accounts.is_empty() {
        return Err(BadFile::Nobody);
    }
    let mut listed = Vec::with_capacity(accounts.len());
    let mut conflicts = Vec::new();
    for (account, mut statuses) in accounts {
        statuses.sort();
        statuses.dedup();
        listed.extend(statuses.first().map(|status| Listed {
            account,
            status: status.clone(),
            email: None,
            invited_at: None,
            updated_at: None,
        }));
        if statuses.len() > 1 {
            conflicts.push((account, statuses));
        }
    }
    Ok(KeptFile {
        list: MemberList::new(listed),
        conflicts,
    })
}

/// The parser's message ends with the position.
fn broken(error: &serde_json::Error) -> BadFile {
    let (line, column) = (error.line(), error.column());
    let said = error.to_string();
    let place = format!(" at line {line} column {column}");
    let what = said.strip_suffix(&place).unwrap_or(&said).to_owned();
    // An empty file has no place.
    let (line, column) = (line.max(1), column.max(1));
    BadFile::Json { line, column, what }
}

/// Every account, with its statuses in the file.
struct AccountStatuses(BTreeMap<AccountId, Vec<MemberStatus>>);

impl<'de> Deserialize<'de> for AccountStatuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Statuses;

        impl<'de> Visitor<'de> for Statuses {
            type Value = AccountStatuses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    r#"statuses with their accounts, such as {"Enabled": ["123456789012"]}"#,
                )
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AccountStatuses, A::Error> {
                let mut accounts = BTreeMap::<_, Vec<_>>::new();
                while let Some(name) = map.next_key::<String>()? {
                    let name = name.trim();
                    if name.is_empty() || name.len() > LONGEST_STATUS {
                        return Err(A::Error::custom("must be the name of a status"));
                    }
                    let status = MemberStatus::parse(name);
                    for account in map.next_value::<Vec<AccountId>>()? {
                        accounts.entry(account).or_default().push(status.clone());
                    }
                }
                Ok(AccountStatuses(accounts))
            }
        }

        deserializer.deserialize_map(Statuses)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statuses(text: &str) -> Vec<String> {
        let file = read(text.as_bytes()).unwrap();
        let listed = file.list.iter();
        listed
            .map(|one| format!("{} {}", one.account, one.status))
            .collect()
    }

    #[test]
    fn a_file_is_a_list_of_members_by_status() {
        for (text, expected) in [
            (
                r#"{"Enabled": ["000000000002", "000000000001"], "Resigned": ["000000000003"]}"#,
                &[
                    "000000000001 Enabled",
                    "000000000002 Enabled",
                    "000000000003 Resigned",
                ][..],
            ),
            // An unknown status, an old name, and other spellings.
            (
                "\u{feff}{\"Quarantined\": [\"000000000001\"], \"ASSOCIATED\": [\"000000000002\"], \"Removed\": []}\r\n",
                &["000000000001 Quarantined", "000000000002 Enabled"],
            ),
            // Named twice with one status, and a status that comes twice.
            (
                r#"{"Enabled": ["000000000001", "000000000001"], "Enabled": ["000000000002"]}"#,
                &["000000000001 Enabled", "000000000002 Enabled"],
            ),
        ] {
            assert_eq!(statuses(text), expected, "{text}");
        }
    }

    #[test]
    fn of_two_statuses_the_more_serious_is_used_and_reported() {
        let file = read(br#"{"Enabled": ["000000000001"], "Resigned": ["000000000001"]}"#).unwrap();
        let (account, statuses) = &file.conflicts[0];
        assert_eq!(account.as_u64(), 1);
        assert_eq!(statuses, &[MemberStatus::Resigned, MemberStatus::Enabled]);
        assert_eq!(
            file.list.iter().next().unwrap().status,
            MemberStatus::Resigned
        );
    }

    #[test]
    fn a_broken_file_says_where_and_what_is_expected() {
        for (text, said) in [
            // The comma is missing after the first list.
            (
                "{\n  \"Enabled\": [\"123456789012\"]\n  \"Resigned\": []\n}",
                "3:3: expected `,` or `}`",
            ),
            (
                r#"{"Enabled": ["12345"]}"#,
                r#"1:21: "12345" must be an AWS account ID of twelve digits, such as 123456789012"#,
            ),
            (
                r#"{"Enabled": [123456789012]}"#,
                "1:25: invalid type: integer `123456789012`, expected a string",
            ),
            (
                r#"["123456789012"]"#,
                r#"1:0: invalid type: sequence, expected statuses with their accounts, such as {"Enabled": ["123456789012"]}"#,
            ),
            ("", "1:1: EOF while parsing a value"),
            (
                "{\"Enabled\": [\"123456789012\"",
                "1:27: EOF while parsing a list",
            ),
            (
                "{}",
                "1:1: must contain at least one account: an empty list would mean that every account is gone",
            ),
            (
                r#"{"Enabled": []}"#,
                "1:1: must contain at least one account: an empty list would mean that every account is gone",
            ),
            (
                r#"{"Enabled": ["123456789012"]} {}"#,
                "1:31: trailing characters",
            ),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, said.replace("1:0:", "1:1:"), "{text}");
        }
    }

    #[test]
    fn only_the_name_of_a_day_has_a_date() {
        for (name, date) in [
            ("20260115.json", Some("2026-01-15")),
            ("20240229.json", Some("2024-02-29")),
            ("20260229.json", None),
            ("2026-01-15.json", None),
            ("+2026011.json", None),
            ("２０２６０１１５.json", None),
            ("20260115.json.gz", None),
            ("20260115", None),
            (".json", None),
        ] {
            assert_eq!(
                date_in(name),
                date.map(|date| date.parse().unwrap()),
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_the_error_names_the_place(bytes in any::<Vec<u8>>()) {
            named_or_read(&bytes)?;
        }

        #[test]
        fn any_edited_file_is_read_or_the_error_names_the_place(
            cut in 0..90_usize,
            put in "[ \\n{}\\[\\]\",:0-9a-z]{0,6}",
            length in 0..8_usize,
        ) {
            let text = "{\"Enabled\": [\"123456789012\",\n \"210987654321\"],\n \"Resigned\": [\"000000000001\"]}";
            let mut text = text.to_owned();
            let cut = cut.min(text.len());
            text.replace_range(cut..(cut + length).min(text.len()), &put);
            named_or_read(text.as_bytes())?;
        }

        #[test]
        fn a_list_by_status_is_read_back(accounts in proptest::collection::btree_map(
            0..1_000_000_000_000_u64,
            proptest::sample::select(MemberStatus::KNOWN.to_vec()),
            1..40,
        )) {
            let mut file = BTreeMap::<_, Vec<_>>::new();
            for (account, status) in &accounts {
                let status = file.entry(status.to_string()).or_default();
                status.push(format!("{account:012}"));
            }
            let file = read(serde_json::to_string(&file).unwrap().as_bytes()).unwrap();
            prop_assert!(file.conflicts.is_empty());
            let listed = file.list.iter();
            let listed: BTreeMap<_, _> = listed
                .map(|one| (one.account.as_u64(), one.status.clone()))
                .collect();
            prop_assert_eq!(listed, accounts);
        }
    }

    fn named_or_read(bytes: &[u8]) -> Result<(), TestCaseError> {
        if let Err(BadFile::Json { line, column, what }) = read(bytes) {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            prop_assert!((1..=lines).contains(&line), "line {line} of {lines}");
            prop_assert!(column >= 1 && !what.is_empty() && !what.contains(" at line "));
        }
        Ok(())
    }
}
