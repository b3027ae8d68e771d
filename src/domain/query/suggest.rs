//! "Did you mean": the most similar text that parses.
//!
//! It compares spellings. A correction counts only if the grammar accepts it.

use std::ops::Range;

use strsim::normalized_damerau_levenshtein as similarity;

use super::folded::Folded;
use super::lexer::{Token, lex};
use super::subject;
use super::vocabulary::{ENGLISH, JAPANESE, Word};
use crate::domain::naming::{NEAR, folded};

/// One of two characters in Japanese (昨曰 → 昨日).
const NEAR_IN_JAPANESE: f64 = 0.5;

/// Whole phrases must be more similar: `next week` is not a misspelled `last week`.
const NEAR_AS_A_WHOLE: f64 = 0.8;

/// Subjects and statuses, because other words are as long.
const NEAR_SUBJECT: f64 = 0.7;

/// Words up to this length must also begin alike, because too many are similar: `cat` is not a
/// misspelled `sat`.
const SHORT: usize = 4;

/// Phrases that people split or join differently, so that no single word is similar.
const PHRASES: &[&str] = &[
    "yesterday",
    "day before yesterday",
    "last week",
    "last month",
    "last year",
    "last monday",
    "this week",
    "this month",
    "this year",
];

/// The most similar text that `parses` accepts: first with each unknown word corrected, then as a
/// whole.
pub(super) fn suggest(text: &str, parses: impl Fn(&str) -> bool) -> Option<String> {
    subject::suggest(text, near_subject)
        .filter(|corrected| parses(corrected))
        .or_else(|| word_by_word(text).filter(|corrected| parses(corrected)))
        .or_else(|| as_a_whole(text).filter(|corrected| parses(corrected)))
}

fn near_subject(typed: &str, spellings: &[&'static str]) -> Option<&'static str> {
    let is_near = |spelling: &str, nearness: f64| {
        nearness >= NEAR_SUBJECT && spelling.chars().count() > SHORT
    };
    best(&typed.to_lowercase(), spellings.iter().copied(), is_near)
}

fn word_by_word(text: &str) -> Option<String> {
    let tokens = lex(&Folded::of(text));
    if tokens.iter().all(|token| token.word != Word::Unknown) {
        return None;
    }
    let (first, last) = (tokens.first()?, tokens.last()?);
    let mut corrected = text[first.start..last.end()].to_owned();
    // Backwards, so that the positions of earlier words stay valid.
    for (place, token) in tokens.iter().enumerate().rev() {
        let range: Range<usize> = token.start - first.start..token.end() - first.start;
        if token.word == Word::Unknown {
            corrected.replace_range(range, nearest(&folded(token.text))?);
        } else if place > 0 && lacks_plural(tokens[place - 1], *token) {
            corrected.insert(range.end, 's');
        }
    }
    Some(corrected)
}

/// `3 day` parses, but should be corrected in the answer.
fn lacks_plural(number: Token<'_>, unit: Token<'_>) -> bool {
    matches!(number.word, Word::Number(2..))
        && ["day", "week", "month", "year"]
            .iter()
            .any(|singular| unit.text.eq_ignore_ascii_case(singular))
}

fn nearest(typed: &str) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    let is_near = |spelling: &str, nearness: f64| {
        let threshold = if spelling.is_ascii() {
            NEAR
        } else {
            NEAR_IN_JAPANESE
        };
        let is_long = spelling.chars().count() >= SHORT;
        nearness >= threshold && (is_long || spelling.chars().next() == typed.chars().next())
    };
    let spellings = ENGLISH
        .iter()
        .chain(JAPANESE)
        .map(|(spelling, _)| *spelling);
    best(&typed, spellings, is_near)
}

fn as_a_whole(text: &str) -> Option<String> {
    let typed = folded(text).to_lowercase();
    let japanese = JAPANESE.iter().map(|(spelling, _)| *spelling);
    let is_near = |spelling: &str, nearness: f64| {
        nearness
            >= if spelling.is_ascii() {
                NEAR_AS_A_WHOLE
            } else {
                NEAR
            }
    };
    best(&typed, PHRASES.iter().copied().chain(japanese), is_near).map(str::to_owned)
}

/// The first of equally similar words. The tables have more likely words first.
fn best(
    typed: &str,
    spellings: impl Iterator<Item = &'static str>,
    is_near: impl Fn(&str, f64) -> bool,
) -> Option<&'static str> {
    let length = typed.chars().count();
    spellings
        // Comparing is slow, and most words differ too much in length.
        .filter(|spelling| is_near(spelling, most_similar(length, spelling)))
        .map(|spelling| (spelling, similarity(typed, spelling)))
        .filter(|(spelling, nearness)| is_near(spelling, *nearness))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|(spelling, _)| spelling)
}

/// The maximum similarity to a text of `length` characters: every missing character is a
/// difference.
fn most_similar(length: usize, spelling: &str) -> f64 {
    let other = spelling.chars().count();
    let (shorter, longer) = (length.min(other), length.max(other).max(1));
    shorter as f64 / longer as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_more_similar_than_its_length_allows(
            typed in "[a-e日月]{0,9}",
            spelling in "[a-e日月]{1,9}",
        ) {
            let most = most_similar(typed.chars().count(), &spelling);
            prop_assert!(similarity(&typed, &spelling) <= most + 1e-12);
        }
    }
}
