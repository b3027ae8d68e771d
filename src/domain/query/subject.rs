//! Queries that begin with their subject: `account 123456789012`, `status resigned eu-west-1`.
//!
//! It knows how accounts are typed, and distinguishes accounts from statuses. Only the store
//! knows which accounts exist.

use super::status::{self, known_status};
use super::{Named, Query, QueryError};
use crate::domain::naming::{
    account_id, fold, folded, folded_name, is_skipped, shortened_account_id,
};

/// The subject of a query, by its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QuerySubject {
    Account,
    Status,
}

/// Of two with a common beginning, the longer one comes first.
const SUBJECTS: &[(&str, QuerySubject)] = &[
    ("account", QuerySubject::Account),
    ("acct", QuerySubject::Account),
    ("アカウント", QuerySubject::Account),
    ("ｱｶｳﾝﾄ", QuerySubject::Account),
    ("statuses", QuerySubject::Status),
    ("status", QuerySubject::Status),
    ("state", QuerySubject::Status),
    ("状態", QuerySubject::Status),
    ("ステータス", QuerySubject::Status),
    ("ｽﾃｰﾀｽ", QuerySubject::Status),
];

/// The words that a query can begin with.
pub(super) fn keywords() -> Vec<&'static str> {
    SUBJECTS.iter().map(|(keyword, _)| *keyword).collect()
}

/// `None` if the normalized text has no subject.
pub(super) fn read(text: &str) -> Option<Result<Query, QueryError>> {
    if let Some(account) = account_id(text) {
        return Some(Ok(Query::Account(Named::Id(account))));
    }
    let (subject, rest) = about(text)?;
    match subject {
        QuerySubject::Account => account(rest),
        QuerySubject::Status => Some(Ok(status::read(rest))),
    }
}

/// The subject, and the text after it.
fn about(text: &str) -> Option<(QuerySubject, &str)> {
    let (keyword, subject, rest) = SUBJECTS
        .iter()
        .find_map(|(keyword, subject)| Some((keyword, *subject, text.strip_prefix(keyword)?)))?;
    // Not in `statement`, nor in the status アカウント停止.
    let runs_on = rest.starts_with(|next: char| next.is_alphabetic())
        && (keyword.is_ascii() || known_status(text).is_some());
    (!runs_on).then_some((subject, rest))
}

/// `None` for an ID without its leading zeros, so that the answer asks for the full one.
fn account(rest: &str) -> Option<Result<Query, QueryError>> {
    let name = folded_name(rest);
    match account_id(&name) {
        Some(account) => Some(Ok(Query::Account(Named::Id(account)))),
        None if name.is_empty() => Some(Err(QueryError::WhichAccount)),
        None if shortened_account_id(&name).is_some() => None,
        None => Some(Ok(Query::Account(Named::Name(name)))),
    }
}

/// `resigned` is not a query, but `status resigned` is. `acount 123456789012` lacks a letter.
pub(super) fn suggest(
    text: &str,
    nearest: impl Fn(&str, &[&'static str]) -> Option<&'static str>,
) -> Option<String> {
    let whole = folded(text);
    let is_japanese = !text.is_ascii();
    let id = match about(&whole) {
        Some((QuerySubject::Account, rest)) => folded_name(rest),
        _ => folded_name(&whole),
    };
    if let Some(account) = shortened_account_id(&id) {
        return Some(format!(
            "{} {account}",
            if is_japanese {
                "アカウント"
            } else {
                "account"
            }
        ));
    }
    if known_status(text).is_some() {
        let keyword = if is_japanese { "状態" } else { "status" };
        return Some(format!("{keyword} {text}"));
    }
    let end = text.find(|c: char| is_skipped(fold(c)) || fold(c).is_ascii_digit());
    let (keyword, rest) = text.split_at(end.unwrap_or(text.len()));
    if let Some(near) = nearest(&folded(keyword), &keywords()) {
        return Some(
            format!("{near} {}", rest.trim_start())
                .trim_end()
                .to_owned(),
        );
    }
    let near = nearest(&status::key(text), &status::names()).and_then(known_status)?;
    Some(format!("status {}", status::typed(&near)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_understood_as_itself() {
        for keyword in keywords() {
            assert!(about(keyword).is_some(), "{keyword}");
        }
    }
}
