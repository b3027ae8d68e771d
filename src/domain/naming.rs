//! Names and account IDs as people type them: how they are normalized for comparison, what an
//! account ID looks like, and which name is similar.
//!
//! The code that shows names and the code that reads them share this list of ignored characters,
//! so that every shown name can be typed.

use icu_normalizer::ComposingNormalizerBorrowed;
use strsim::normalized_damerau_levenshtein as similarity;

use super::member::AccountId;

/// Two of three letters (`agp` → `ago`).
pub(super) const NEAR: f64 = 0.6;

/// An account ID: twelve digits of any width. The AWS console also writes groups of four
/// (`1234-5678-9012`), with dashes or spaces between them.
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

/// An account ID whose leading zeros a spreadsheet has dropped. Eight digits are excluded,
/// because they are a date.
pub fn shortened_account_id(text: &str) -> Option<AccountId> {
    let is_short = (9..=11).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    is_short.then(|| format!("{text:0>12}").parse().ok())?
}

/// The key of a name: names with the same key are equal. Width, case, spaces, invisible
/// characters and surrounding punctuation don't count.
pub fn name_key(name: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let bare = folded_name(name);
    // A name can consist of punctuation only.
    let bare = if bare.is_empty() {
        tidy(&folded(name))
    } else {
        bare
    };
    normalizer.normalize(&bare).to_lowercase()
}

/// Letters and digits only, normalized in width and case.
pub fn letters_and_digits(text: &str) -> String {
    let key = name_key(text);
    key.chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

/// A name for comparison: normalized in width, Latin case and spaces, without invisible
/// characters and surrounding punctuation.
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

/// Single spaces between words, none around the text.
pub fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The most similar of the existing names, ignoring case, if one is similar enough.
pub fn nearest_name<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let names = names.into_iter().map(|name| (name.to_lowercase(), name));
    near(&typed, names).into_iter().next()
}

/// The items whose names are similar to `wanted`, best first.
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

/// The text without invisible characters, normalized letter by letter, with Slack's escaping
/// reversed.
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

/// The three characters that Slack escapes.
const ESCAPED: [(&str, char); 3] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];

/// The escaped character at the end of the text, with the length of its escape.
pub(super) fn escaped_end(text: &str) -> Option<(usize, char)> {
    let found = ESCAPED.iter().find(|(escaped, _)| text.ends_with(escaped));
    found.map(|(escaped, letter)| (escaped.len(), *letter))
}

/// Normalizes one character to one character.
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

/// Reports whether a normalized character only separates words.
pub(super) fn is_skipped(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '`')
}

/// Reports whether a character can be dropped at the beginning or end of a text.
pub(super) fn is_around(typed: char) -> bool {
    let c = fold(typed);
    is_skipped(c) || is_meaningless(c) || ";:![]{}<>*_|「」『』【】".contains(c)
}

/// Removes `~` on both sides. A single one marks the end of a range.
pub(super) fn unstruck(text: &str) -> &str {
    let inner = text
        .strip_prefix('~')
        .and_then(|text| text.strip_suffix('~'));
    inner.filter(|inner| !inner.is_empty()).unwrap_or(text)
}

/// Reports whether a character is invisible and changes how others look or read: control
/// characters, direction marks, zero-width characters. The bot's languages don't need them.
/// Variation selectors of emoji are not included.
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

/// Reports whether a character has no meaning in typed text: an invisible one that doesn't
/// separate words, or a variation selector.
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
            let entry = AccountRecord {
                who,
                ..AccountRecord::default()
            };
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
