//! Commands about cases: `ack payments-prod until 31 Dec sold`, `take payments-prod`, `acks`.
//!
//! They change something, so they are not a [`Query`](super::Query). This module owns their words
//! in both languages, and finds where the account begins and ends. It knows neither accounts nor
//! cases.

mod end;
mod meaning;

use super::Named;
use super::folded::{self, Folded};
use crate::domain::cases::Reason;
use crate::domain::naming::{account_id, fold, folded, folded_name, is_around, is_skipped};

pub use end::CaseLimits;
use end::ParsedEnd;
pub use meaning::{CaseCommand, CaseCommandError, CaseRequest, CaseVerb};

/// Parses a command about cases; `None` if the text is something else, possibly a query.
///
/// `text` is as typed, without Slack's escaping.
pub fn case_command(text: &str, limits: CaseLimits) -> Option<CaseRequest> {
    let (verb, rest) = case_verb(text)?;
    let command = match verb {
        CaseVerb::List => Ok(CaseCommand::List),
        CaseVerb::Take => named(rest).map(CaseCommand::Take),
        CaseVerb::GiveBack => named(rest).map(CaseCommand::GiveBack),
        CaseVerb::Withdraw => named(rest).map(CaseCommand::Withdraw),
        CaseVerb::Accept => limits.accept(rest),
    };
    Some(CaseRequest { verb, command })
}

/// The verb of a command about cases, and the text after it.
pub fn case_verb(text: &str) -> Option<(CaseVerb, &str)> {
    let text = unmarked(text.trim());
    let whole = Folded::of(text);
    let start = folded::bare(whole.text()).start;
    let (verb, rest) = verb(&whole.text()[start..])?;
    let at = whole.text().len() - rest.len();
    Some((verb, &text[whole.start_of(at)..]))
}

/// Removes marks for code and bold around the whole text.
fn unmarked(text: &str) -> &str {
    let inner = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
    let inner = ['`', '*'].into_iter().find_map(inner);
    inner.map_or(text, |inner| unmarked(inner.trim()))
}

/// Of two verbs with a common beginning, the longer one comes first.
const VERBS: &[(&str, CaseVerb)] = &[
    ("acks", CaseVerb::List),
    ("ack", CaseVerb::Accept),
    ("unack", CaseVerb::Withdraw),
    ("take", CaseVerb::Take),
    ("untake", CaseVerb::GiveBack),
    ("想定内一覧", CaseVerb::List),
    ("想定内", CaseVerb::Accept),
    ("対応", CaseVerb::Take),
];

/// Suffixes that reverse a Japanese verb.
const CANCEL: &[&str] = &["取り消し", "取消し", "取消"];

/// The verb at the beginning of the normalized text, and the rest.
fn verb(text: &str) -> Option<(CaseVerb, &str)> {
    let ends = |rest: &str| {
        rest.starts_with(|next| is_skipped(next) || "「『".contains(next)) || rest.is_empty()
    };
    let word = |text, word| str::strip_prefix(text, word).filter(|rest| ends(rest));
    for (keyword, verb) in VERBS {
        let Some(rest) = text.strip_prefix(keyword) else {
            continue;
        };
        let is_nothing = |rest: &str| {
            rest.chars()
                .all(|end| end == '.' || end == '?' || is_around(end))
        };
        if *verb == CaseVerb::List {
            return is_nothing(rest).then_some((CaseVerb::List, rest));
        }
        if keyword.is_ascii() {
            return ends(rest).then_some((*verb, rest));
        }
        let after = rest.trim_start();
        let opposite = match verb {
            CaseVerb::Accept => CaseVerb::Withdraw,
            _ => CaseVerb::GiveBack,
        };
        if let Some(rest) = CANCEL.iter().find_map(|cancel| word(after, *cancel)) {
            return Some((opposite, rest));
        }
        if let (CaseVerb::Accept, Some(rest)) = (verb, word(after, "一覧"))
            && is_nothing(rest)
        {
            return Some((CaseVerb::List, rest));
        }
        return ends(rest).then_some((*verb, rest));
    }
    None
}

/// The whole text as an account.
fn named(text: &str) -> Result<Named, CaseCommandError> {
    let text = text.trim();
    let name = match quoted(text) {
        Some(quoted) => folded_name(quoted?.0),
        None => folded_name(text),
    };
    match account_id(&name) {
        Some(account) => Ok(Named::Id(account)),
        None if name.is_empty() => Err(CaseCommandError::WhichAccount),
        None => Ok(Named::Name(name)),
    }
}

/// The text in quotes at the beginning, and the rest; `None` without a quote.
fn quoted(text: &str) -> Option<Result<(&str, &str), CaseCommandError>> {
    let opening = text.chars().next()?;
    let closing = match fold(opening) {
        '「' => '」',
        '『' => '』',
        quote @ ('"' | '\'' | '`') => quote,
        _ => return None,
    };
    let inner = &text[opening.len_utf8()..];
    let end = inner
        .char_indices()
        .find(|(_, next)| fold(*next) == closing);
    Some(match end {
        Some((end, quote)) => Ok((&inner[..end], &inner[end + quote.len_utf8()..])),
        None => Err(CaseCommandError::OpenQuote),
    })
}

impl CaseLimits {
    fn accept(&self, text: &str) -> Result<CaseCommand, CaseCommandError> {
        let text = text.trim_start();
        let (account, end) = match quoted(text) {
            Some(quoted) => {
                let (name, rest) = quoted?;
                (named(name)?, self.end(rest))
            }
            None => self.unquoted(text)?,
        };
        let (until, rest) = end.ok_or(CaseCommandError::NoEnd)?;
        Ok(CaseCommand::Accept {
            account,
            until: until?,
            why: Reason::parse(rest)?,
        })
    }

    /// An account without quotes: one word, an ID in three groups, or everything before `until`
    /// or `for`.
    fn unquoted<'a>(
        &self,
        text: &'a str,
    ) -> Result<(Named, Option<ParsedEnd<'a>>), CaseCommandError> {
        let words: Vec<_> = words_of(text).collect();
        let at = |index: usize| words.get(index).map_or(text.len(), |(start, _)| *start);
        if account_id(text[..at(3)].trim()).is_some() {
            return Ok((named(&text[..at(3)])?, self.end(&text[at(3)..])));
        }
        let opens = |word: &str| matches!(&*folded(word), "until" | "till" | "for");
        if words.first().is_some_and(|(_, word)| opens(word)) {
            return Err(CaseCommandError::WhichAccount);
        }
        let first = named(&text[..at(1)])?;
        if let Some(end) = self.end(&text[at(1)..]) {
            return Ok((first, Some(end)));
        }
        let mut later = words.iter().skip(1).filter(|(_, word)| opens(word));
        match later.next() {
            Some((start, _)) => Ok((named(&text[..*start])?, self.end(&text[*start..]))),
            None => Ok((first, None)),
        }
    }
}

/// Each word with its position.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = move |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(move |word| (start(word), word))
}

#[cfg(test)]
mod tests;
