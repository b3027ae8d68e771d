//! Names and account IDs as people write them: what is dropped and folded before
//! two of them are compared, what an account ID looks like, and which name is near.
//!
//! Whoever shows a name and whoever reads one uses this one list of letters: what is
//! dropped from one is dropped from the other.

use icu_normalizer::ComposingNormalizerBorrowed;
use strsim::normalized_damerau_levenshtein as similarity;

use super::member::AccountId;

/// Two letters of three (`agp` → `ago`).
pub(super) const NEAR: f64 = 0.6;

/// An account ID: twelve digits of any width, also in three groups of four, as AWS's
/// console writes it (`1234-5678-9012`), with dashes or spaces between them.
pub fn account_id(text: &str) -> Option<AccountId> {
    let folded = folded(text);
    let text = folded.trim().trim_end_matches(['.', '?']);
    for between in ['-', ' '] {
        let groups: Vec<_> = text.split(between).collect();
        if groups.len() == 3 && groups.iter().all(|group| group.len() == 4) {
            return groups.concat().parse().ok();
        }
    }
    text.parse().ok()
}

/// An account ID whose leading zeros a spreadsheet has dropped; eight digits are a
/// date.
pub fn shortened_account_id(text: &str) -> Option<AccountId> {
    let is_short = (9..=11).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    is_short.then(|| format!("{text:0>12}").parse().ok())?
}

/// By what a name is known: two names with one key are the same name. Width, case,
/// spaces, letters that nobody sees and what surrounds it do not count.
pub fn name_key(name: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let bare = folded_name(name);
    // A name that is nothing but punctuation is a name all the same.
    let bare = if bare.is_empty() {
        tidy(&folded(name))
    } else {
        bare
    };
    normalizer.normalize(&bare).to_lowercase()
}

/// Letters and digits alone, in one width and case.
pub fn letters_and_digits(text: &str) -> String {
    let key = name_key(text);
    key.chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

/// A name as it is compared: without regard to width, to the case of Latin letters, to spaces, to letters that nobody
/// sees, and to what surrounds it.
pub fn folded_name(name: &str) -> String {
    let folded = folded(name);
    let mut bare = folded.as_str();
    loop {
        let inner = bare
            .trim_start_matches(is_around)
            .trim_end_matches(|end| matches!(end, '.' | '?') || is_around(end));
        let inner = unstruck(inner);
        if inner.len() == bare.len() {
            break;
        }
        bare = inner;
    }
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Free text with single spaces and none around it.
pub fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The nearest of some names that exist, where one is near, without regard to case.
pub fn nearest_name<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let names = names.into_iter().map(|name| (name.to_lowercase(), name));
    near(&typed, names).into_iter().next()
}

/// What goes by a name that is near to `wanted`, the nearest first; of equals the first.
pub(super) fn near<T>(
    wanted: &str,
    names: impl IntoIterator<Item = (impl AsRef<str>, T)>,
) -> Vec<T> {
    let names = names.into_iter();
    let names = names.map(|(name, of)| (similarity(name.as_ref(), wanted), of));
    let mut near: Vec<_> = names.filter(|(nearness, _)| *nearness >= NEAR).collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.into_iter().map(|(_, of)| of).collect()
}

/// The same text without what nobody sees, folded letter by letter, with the
/// characters that Slack escapes as they were typed.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !is_meaningless(*letter)) {
        folded.push(fold(letter));
        if let Some((length, letter)) = escaped_end(&folded) {
            folded.truncate(folded.len() - length);
            folded.push(letter);
        }
    }
    folded
}

/// What Slack writes for the three characters that mean something to it.
const ESCAPED: [(&str, char); 3] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];

/// The length of an escaped character at the end of the text, and that character.
pub(super) fn escaped_end(text: &str) -> Option<(usize, char)> {
    let found = ESCAPED.iter().find(|(escaped, _)| text.ends_with(escaped));
    found.map(|(escaped, letter)| (escaped.len(), *letter))
}

/// Folds one character to one character.
pub(super) fn fold(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '〜' | '∼' | '〰' => '~',
        '−' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '─' => '-',
        '⁄' | '∕' => '/',
        '“' | '”' | '„' | '‟' | '〝' | '〟' => '"',
        '‘' | '’' | '‚' | '‛' => '\'',
        '、' | '､' => ',',
        '。' | '｡' => '.',
        _ => c,
    }
    .to_ascii_lowercase()
}

/// Whether a folded character parts words and adds nothing.
pub(super) fn is_skipped(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '`')
}

/// Whether a character adds nothing at the beginning or the end of a text.
pub(super) fn is_around(typed: char) -> bool {
    let c = fold(typed);
    is_skipped(c) || is_meaningless(c) || ";:![]{}<>*_|「」『』【】".contains(c)
}

/// `~yesterday~`; one sign alone is the end of a range.
pub(super) fn unstruck(text: &str) -> &str {
    let inner = text
        .strip_prefix('~')
        .and_then(|text| text.strip_suffix('~'));
    inner.filter(|inner| !inner.is_empty()).unwrap_or(text)
}

/// Whether a letter is not seen itself and changes how others are seen or read:
/// controls, marks of direction, what has no width. No language of ours needs
/// one; the variation selector of an emoji is none of them.
pub fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a letter means nothing in what people type: an invisible one that does not part words, or what chooses
/// between two drawings of the letter before it.
pub fn is_meaningless(letter: char) -> bool {
    let selects_a_drawing = matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    (is_invisible(letter) || selects_a_drawing) && !letter.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::{AccountRecord, Directory, Found, Who};
    use crate::domain::query::{Named, Query, parse};

    #[test]
    fn an_account_id_is_read_alike_wherever_it_is_written() {
        let today = "2026-11-25".parse().unwrap();
        for (text, account) in [
            ("012345678901", Some(12_345_678_901)),
            ("0123-4567-8901", Some(12_345_678_901)),
            ("0123 4567 8901", Some(12_345_678_901)),
            ("0123–4567–8901", Some(12_345_678_901)),
            ("０１２３４５６７８９０１", Some(12_345_678_901)),
            ("0123\u{200b}-4567-8901", Some(12_345_678_901)),
            (" 012345678901\u{3000}", Some(12_345_678_901)),
            ("01-2345678901", None),
            ("0123-45678901", None),
            ("0-1-2-3-4-5-6-7-8-9-0-1", None),
            ("0123-4567 8901", None),
            ("012 345 678 901", None),
            ("2026-11-20 1234", None),
            ("12345678901", None),
            ("0123456789012", None),
        ] {
            let account = account.and_then(AccountId::from_u64);
            assert_eq!(account_id(text), account, "{text:?}");
            let asked = match parse(&format!("account {text}"), today) {
                Ok(Query::Account(Named::Id(id))) => Some(id),
                _ => None,
            };
            assert_eq!(asked, account, "asked for: {text:?}");
            let found = match Directory::default().find(text) {
                Found::One(id) => Some(id),
                _ => None,
            };
            assert_eq!(found, account, "looked for: {text:?}");
            let file = format!("id,name\n{text},payments\n");
            let read = crate::names::NamesTable::parse(file.as_bytes()).ok();
            let read = read.and_then(|table| table.names.keys().next().copied());
            assert_eq!(read, account, "in a file: {text:?}");
        }
    }

    #[test]
    fn a_name_is_found_however_its_letters_are_written() {
        let today = "2026-11-25".parse().unwrap();
        for (name, typed) in [
            ("payments-prod", "ＰＡＹＭＥＮＴＳ－ｐｒｏｄ"),
            ("payments–prod", "payments-prod"),
            ("payments–prod", "payments–prod"),
            ("Log Archive", "“log\u{200b}   archive”"),
            ("データ基盤", "ﾃﾞｰﾀ基盤"),
            ("[sandbox]", "[sandbox]"),
            ("R&D", "r&amp;d"),
        ] {
            let who = Who {
                name: Some(name.to_owned()),
                unit: None,
            };
            let account = AccountId::from_u64(1).unwrap();
            let entry = AccountRecord { who, state: None };
            let directory = Directory {
                accounts: [(account, entry)].into(),
                organization: None,
            };
            let Ok(Query::Account(Named::Name(asked))) = parse(&format!("account {typed}"), today)
            else {
                panic!("{typed:?} is a name");
            };
            assert_eq!(directory.find(&asked), Found::One(account), "{typed:?}");
        }
    }
}
