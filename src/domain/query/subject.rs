//! Questions that begin with what they are about: `account 123456789012`, `status resigned eu-west-1`.
//!
//! Owns how accounts, statuses and Regions are typed. Which of them exist is not asked here: AWS may invent a status any
//! day, and only the store knows the accounts.

use std::sync::LazyLock;

use super::lexer::{fold, is_around, is_skipped};
use super::{Named, Query, QueryError};
use crate::domain::hub::Region;
use crate::domain::member::{AccountId, MemberStatus};

/// What a text can be about, by its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Account,
    Status,
}

/// The longer of two that begin alike comes first.
pub(super) const SUBJECTS: &[&str] = &[
    "account",
    "acct",
    "アカウント",
    "ｱｶｳﾝﾄ",
    "statuses",
    "status",
    "state",
    "状態",
    "ステータス",
    "ｽﾃｰﾀｽ",
];

fn subject(keyword: &str) -> Subject {
    match keyword {
        "account" | "acct" | "アカウント" | "ｱｶｳﾝﾄ" => Subject::Account,
        _ => Subject::Status,
    }
}

/// What people call a status beside AWS's own name of it.
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

/// Words between a status and its Regions that add nothing.
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

/// None if the text does not say what it is about.
pub(super) fn read(text: &str) -> Option<Result<Query, QueryError>> {
    let text: String = text.chars().map(fold).collect();
    if let Some(account) = account_id(&text) {
        return Some(Ok(Query::Account(Named::Id(account))));
    }
    let (subject, rest) = about(&text)?;
    Some(match subject {
        Subject::Account => account(rest),
        Subject::Status => Ok(status(rest)),
    })
}

/// The subject, and what is said of it.
fn about(text: &str) -> Option<(Subject, &str)> {
    let (keyword, rest) = SUBJECTS
        .iter()
        .find_map(|keyword| Some((*keyword, text.strip_prefix(keyword)?)))?;
    // `statement`, and the status アカウント停止.
    let runs_on = rest.starts_with(|next: char| next.is_alphabetic())
        && (keyword.is_ascii() || known_status(text).is_some());
    (!runs_on).then(|| (subject(keyword), rest))
}

fn account(rest: &str) -> Result<Query, QueryError> {
    let name = folded_name(rest);
    match account_id(&name) {
        Some(account) => Ok(Query::Account(Named::Id(account))),
        None if name.is_empty() => Err(QueryError::WhichAccount),
        None => Ok(Query::Account(Named::Name(name))),
    }
}

/// `123456789012`, and as AWS's console writes it: `1234-5678-9012`.
fn account_id(text: &str) -> Option<AccountId> {
    let text = text.trim_end_matches(['.', '?']);
    let groups: Vec<_> = text.split('-').collect();
    let is_grouped = groups.len() == 3 && groups.iter().all(|group| group.len() == 4);
    if is_grouped {
        groups.concat().parse().ok()
    } else {
        text.parse().ok()
    }
}

/// A name as it is compared: without regard to width, to the case of Latin letters, to spaces, and to what surrounds it.
pub fn folded_name(name: &str) -> String {
    let folded: String = name.chars().map(fold).collect();
    let bare = folded
        .trim_start_matches(is_around)
        .trim_end_matches(|end| matches!(end, '.' | '?') || is_around(end));
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `resigned eu-west-1, us-east-1`: Regions stand before or after the status.
fn status(rest: &str) -> Query {
    let words = words(rest);
    let mut words = &words[..];
    let mut regions = Vec::new();
    while let [first, after @ ..] = words
        && let Some(region) = first.region()
    {
        regions.push(region);
        words = after;
    }
    while let [before @ .., last] = words {
        match last.region() {
            Some(region) => regions.push(region),
            None if !regions.is_empty() && last.is_between() => {}
            None => break,
        }
        words = before;
    }
    regions.sort();
    regions.dedup();
    let name: String = words.iter().map(|word| word.text.as_str()).collect();
    Query::Status {
        status: asked_status(&name),
        regions,
    }
}

struct Said {
    text: String,
    is_quoted: bool,
}

impl Said {
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

/// The words of folded text. What stands in quotes is one word and a part of the status.
fn words(text: &str) -> Vec<Said> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !is_skipped(c) || c == '"') {
        rest = &rest[start..];
        let quoted = rest.strip_prefix('"');
        let (word, after) = match quoted {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(is_skipped).unwrap_or(rest.len())),
        };
        words.push(Said {
            text: word.to_owned(),
            is_quoted: quoted.is_some(),
        });
        rest = after;
    }
    words
}

/// Letters and digits, folded: what a status is known by.
fn key(text: &str) -> String {
    text.chars()
        .map(fold)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Every name of a known status, and what it is compared by; AWS's own come first.
static NAMES: LazyLock<Vec<(&str, String, MemberStatus)>> = LazyLock::new(|| {
    const KNOWN: &[MemberStatus] = &MemberStatus::KNOWN;
    let known = KNOWN.iter().map(|status| (status.as_str(), status));
    let called = CALLED.iter().map(|(called, status)| (*called, status));
    let names = known.chain(called);
    names
        .map(|(name, status)| (name, key(name), status.clone()))
        .collect()
});

fn known_status(text: &str) -> Option<MemberStatus> {
    let key = key(text);
    let found = NAMES.iter().find(|(_, name, _)| *name == key);
    found.map(|(.., status)| status.clone())
}

/// None where nothing is said that a status could be known by.
fn asked_status(text: &str) -> Option<MemberStatus> {
    known_status(text).or_else(|| {
        let key = key(text);
        (!key.is_empty()).then_some(MemberStatus::Other(key))
    })
}

/// Whether a status that AWS gave is the one that somebody asked for. An unknown one is compared by its letters and
/// digits, without regard to case and width.
pub fn is_called(status: &MemberStatus, asked: &MemberStatus) -> bool {
    match (status, asked) {
        (MemberStatus::Other(status), MemberStatus::Other(asked)) => key(status) == key(asked),
        (status, asked) => status == asked,
    }
}

/// Whether a status has anything by which it can be asked for.
pub fn can_be_asked(status: &MemberStatus) -> bool {
    !key(status.as_str()).is_empty()
}

/// How an asked status is typed so that it is read as itself.
pub(super) fn typed(status: &MemberStatus) -> String {
    let name = match status {
        MemberStatus::Other(name) => key(name),
        known => known.as_str().to_owned(),
    };
    if BETWEEN.contains(&name.as_str()) {
        format!("\"{name}\"")
    } else {
        name
    }
}

/// `resigned` is not a question: `status resigned` is. And `acount 123456789012` has a letter too few.
pub(super) fn suggest(
    text: &str,
    nearest: impl Fn(&str, &[&'static str]) -> Option<&'static str>,
) -> Option<String> {
    let is_japanese = !text.is_ascii();
    if known_status(text).is_some() {
        let keyword = if is_japanese { "状態" } else { "status" };
        return Some(format!("{keyword} {text}"));
    }
    let end = text.find(|c: char| is_skipped(fold(c)) || fold(c).is_ascii_digit());
    let (keyword, rest) = text.split_at(end.unwrap_or(text.len()));
    let keyword: String = keyword.chars().map(fold).collect();
    if let Some(near) = nearest(&keyword, SUBJECTS) {
        return Some(
            format!("{near} {}", rest.trim_start())
                .trim_end()
                .to_owned(),
        );
    }
    let names: Vec<_> = NAMES.iter().map(|(name, ..)| *name).collect();
    let near = nearest(&key(text), &names).and_then(known_status)?;
    Some(format!("status {}", typed(&near)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_understood_as_itself() {
        for keyword in SUBJECTS {
            assert!(about(keyword).is_some(), "{keyword}");
        }
    }

    #[test]
    fn what_people_call_a_status_names_one_status() {
        for (called, status) in CALLED {
            assert_eq!(known_status(called).as_ref(), Some(status), "{called}");
        }
    }
}
