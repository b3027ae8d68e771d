//! The text after `status`: statuses and Regions, in any order.
//!
//! It knows how they are typed, but not which exist, because AWS can add statuses.

use std::sync::LazyLock;

use super::Query;
use crate::domain::hub::Region;
use crate::domain::member::MemberStatus;
use crate::domain::naming::{folded, is_skipped};

/// Other names for AWS's statuses.
const CALLED: &[(&str, MemberStatus)] = &[
    ("left", MemberStatus::Resigned),
    ("declined", MemberStatus::Resigned),
    ("離脱", MemberStatus::Resigned),
    ("脱退", MemberStatus::Resigned),
    ("辞退", MemberStatus::Resigned),
    ("脱退・辞退", MemberStatus::Resigned),
    ("離脱・辞退", MemberStatus::Resigned),
    ("関連付け解除", MemberStatus::Removed),
    ("解除", MemberStatus::Removed),
    ("suspended", MemberStatus::AccountSuspended),
    ("アカウント停止", MemberStatus::AccountSuspended),
    ("停止", MemberStatus::AccountSuspended),
    ("削除済み", MemberStatus::Deleted),
    ("削除", MemberStatus::Deleted),
    ("リージョン無効", MemberStatus::RegionDisabled),
    ("メール検証失敗", MemberStatus::EmailVerificationFailed),
    ("招待中", MemberStatus::Invited),
    ("招待", MemberStatus::Invited),
    ("追加済み(未招待)", MemberStatus::Created),
    ("追加済み", MemberStatus::Created),
    ("未招待", MemberStatus::Created),
    ("メール検証中", MemberStatus::EmailVerificationInProgress),
    ("associated", MemberStatus::Enabled),
    ("joined", MemberStatus::Enabled),
    ("有効", MemberStatus::Enabled),
    ("参加", MemberStatus::Enabled),
];

/// Words next to Regions without a meaning.
const BETWEEN: &[&str] = &[
    "in",
    "for",
    "of",
    "and",
    "region",
    "regions",
    "リージョン",
    "と",
    "の",
];

/// Words between two statuses.
const AND: &[&str] = &["and", "or", "と", "&", "+"];

/// `resigned, removed in eu-west-1 and us-east-1`, normalized.
pub(super) fn read(rest: &str) -> Query {
    let mut regions = Vec::new();
    // The words of each status, separated at commas and similar signs.
    let mut said: Vec<Vec<SaidStatus>> = vec![Vec::new()];
    for word in words(rest) {
        if word.begins {
            said.push(Vec::new());
        }
        let Some(current) = said.last_mut() else {
            break;
        };
        if let Some(region) = word.region() {
            while current.last().is_some_and(SaidStatus::is_between) {
                current.pop();
            }
            regions.push(region);
        } else if !word.is_quoted && AND.contains(&word.text.as_str()) {
            said.push(Vec::new());
        } else {
            current.push(word);
        }
    }
    regions.sort();
    regions.dedup();
    let mut statuses: Vec<_> = said
        .iter()
        .flat_map(|words| asked_statuses(words))
        .collect();
    statuses.sort();
    statuses.dedup();
    Query::Status { statuses, regions }
}

struct SaidStatus {
    text: String,
    is_quoted: bool,
    /// Whether a comma or slash precedes it.
    begins: bool,
}

impl SaidStatus {
    fn is_between(&self) -> bool {
        !self.is_quoted && BETWEEN.contains(&self.text.as_str())
    }

    /// `eu-west-1`; `eu-west1` too.
    fn region(&self) -> Option<Region> {
        let text = self.text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if self.is_quoted || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return None;
        }
        let number = text
            .trim_end_matches(|last: char| last.is_ascii_digit())
            .len();
        let (name, number) = text.split_at(number);
        let dash = if name.ends_with('-') { "" } else { "-" };
        text.parse()
            .or_else(|_| format!("{name}{dash}{number}").parse())
            .ok()
    }
}

/// The words of normalized text. Quoted text is one word and part of a status.
fn words(text: &str) -> Vec<SaidStatus> {
    let parts = |c: char| is_skipped(c) || c == '/';
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !parts(c) || c == '"') {
        let begins = rest[..start].contains([',', '/']);
        rest = &rest[start..];
        let quoted = rest.strip_prefix('"');
        let (word, after) = match quoted {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(parts).unwrap_or(rest.len())),
        };
        words.push(SaidStatus {
            text: word.to_owned(),
            is_quoted: quoted.is_some(),
            begins,
        });
        rest = after;
    }
    words
}

/// Letters and digits, normalized: the key of a status.
pub(super) fn key(text: &str) -> String {
    folded(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Every name of the known statuses, with its key. AWS's own names come first.
static NAMES: LazyLock<Vec<(&str, String, MemberStatus)>> = LazyLock::new(|| {
    const KNOWN: &[MemberStatus] = &MemberStatus::KNOWN;
    let known = KNOWN.iter().map(|status| (status.as_str(), status));
    let called = CALLED.iter().map(|(called, status)| (*called, status));
    let names = known.chain(called);
    names
        .map(|(name, status)| (name, key(name), status.clone()))
        .collect()
});

pub(super) fn known_status(text: &str) -> Option<MemberStatus> {
    let key = key(text);
    let found = NAMES.iter().find(|(_, name, _)| *name == key);
    found.map(|(.., status)| status.clone())
}

/// Every name for a known status in queries.
pub(super) fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, ..)| *name).collect()
}

/// One status, unless all words are known statuses: `enabled resigned`, 有効と離脱.
fn asked_statuses(words: &[SaidStatus]) -> Vec<MemberStatus> {
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let name = words.concat();
    let parts: Vec<&str> = name.split('と').collect();
    known_status(&name)
        .map(|status| vec![status])
        .or_else(|| known_statuses(&words))
        .or_else(|| parts.iter().map(|part| known_status(part)).collect())
        .unwrap_or_else(|| asked_status(&name).into_iter().collect())
}

/// The longest known status is "email verification in progress".
const LONGEST: usize = 5;

/// The statuses in the words, each as long as possible; `None` if a word is left over.
fn known_statuses(words: &[&str]) -> Option<Vec<MemberStatus>> {
    if words.is_empty() {
        return Some(Vec::new());
    }
    (1..=words.len().min(LONGEST)).rev().find_map(|length| {
        let (first, rest) = words.split_at(length);
        let status = known_status(&first.concat())?;
        let rest = known_statuses(rest)?;
        Some([vec![status], rest].concat())
    })
}

/// `None` without letters and digits.
fn asked_status(text: &str) -> Option<MemberStatus> {
    known_status(text).or_else(|| {
        let key = key(text);
        (!key.is_empty()).then_some(MemberStatus::Other(key))
    })
}

/// Reports whether a status from AWS is the one in the query. Unknown ones are compared by
/// letters and digits, ignoring case and width.
pub fn is_called(status: &MemberStatus, asked: &MemberStatus) -> bool {
    match (status, asked) {
        (MemberStatus::Other(status), MemberStatus::Other(asked)) => key(status) == key(asked),
        (status, asked) => status == asked,
    }
}

/// Reports whether a query can name the status.
pub fn can_be_asked(status: &MemberStatus) -> bool {
    !key(status.as_str()).is_empty()
}

/// The text that is parsed as this status.
pub fn typed(status: &MemberStatus) -> String {
    let name = match status {
        MemberStatus::Other(name) => key(name),
        known => known.as_str().to_owned(),
    };
    if BETWEEN.contains(&name.as_str()) || AND.contains(&name.as_str()) {
        format!("\"{name}\"")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_a_status_names_one_status() {
        for (called, status) in CALLED {
            assert_eq!(known_status(called).as_ref(), Some(status), "{called}");
        }
    }
}
