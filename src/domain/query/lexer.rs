//! Text → words: widths folded, spaces dropped, every word and number recognised or marked unknown.
//!
//! Owns characters. Knows nothing of word order, dates or suggestions; each token keeps the text as it was typed.

use super::vocabulary::{ENGLISH, Entry, JAPANESE, SIGNS, Word};

/// A word, and where in the text it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) word: Word,
    /// As typed, before folding.
    pub(super) text: &'a str,
    /// Byte offset of `text` in the whole.
    pub(super) start: usize,
}

impl Token<'_> {
    /// Byte offset of the first byte after the token.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The text without the quotes, brackets and punctuation that surround it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_around)
}

/// Whether a character adds nothing at the beginning or the end of a text.
pub(super) fn is_around(typed: char) -> bool {
    let c = fold(typed);
    is_skipped(c) || ";:![]{}<>*_|「」『』【】".contains(c)
}

/// Every word of the text, in order. Never fails: what is not understood is [`Word::Unknown`].
pub(super) fn lex(text: &str) -> Vec<Token<'_>> {
    let folded: String = text.chars().map(fold).collect();
    let mut tokens = Vec::new();
    let mut rest = folded.as_str();
    let mut start = 0;
    while !rest.is_empty() {
        let (words, length) = lexeme(rest);
        let (lexed, unread) = rest.split_at(length);
        let end = start + width(&text[start..], lexed.chars().count());
        tokens.extend(words.into_iter().map(|word| Token {
            word: if is_spaced_dash(word, &text[..start], &text[end..]) {
                Word::To
            } else {
                word
            },
            text: &text[start..end],
            start,
        }));
        (rest, start) = (unread, end);
    }
    without_stray_signs(tokens)
}

/// Folds one character to one character, so that positions in the folded and the typed text agree.
pub(super) fn fold(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '〜' => '~',
        '−' | '‐' | '‑' | '–' | '—' | '―' => '-',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        '、' | '､' => ',',
        '。' | '｡' => '.',
        _ => c,
    }
    .to_ascii_lowercase()
}

pub(super) fn is_skipped(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '`')
}

/// Bytes that the first `chars` characters take.
fn width(text: &str, chars: usize) -> usize {
    text.chars().take(chars).map(char::len_utf8).sum()
}

/// `1 Nov - 5 Nov` is a range; `2026-11-05` is not.
fn is_spaced_dash(word: Word, before: &str, after: &str) -> bool {
    word == Word::Separator('-')
        && before.ends_with(char::is_whitespace)
        && after.starts_with(char::is_whitespace)
}

/// Drops the dashes of `--help` and the full stop or question mark at the end of a sentence.
fn without_stray_signs(mut tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let is_sign = |token: &Token<'_>| matches!(token.word, Word::Separator(_) | Word::Question);
    while tokens.len() > 1 && tokens.last().is_some_and(is_sign) {
        tokens.pop();
    }
    let opening = tokens.iter().take_while(|token| is_sign(token)).count();
    tokens.drain(..opening.min(tokens.len().saturating_sub(1)));
    tokens
}

/// The words that the text begins with (none for a space) and how many bytes they take: at least one character.
type Lexeme = (Vec<Word>, usize);

fn lexeme(rest: &str) -> Lexeme {
    known(rest)
        .or_else(|| latin(rest))
        .unwrap_or_else(|| unknown(rest))
}

fn known(rest: &str) -> Option<Lexeme> {
    skipped(rest)
        .or_else(|| digits(rest))
        .or_else(|| entry(rest))
        .or_else(|| kanji_number(rest))
}

fn skipped(rest: &str) -> Option<Lexeme> {
    run(rest, is_skipped).map(|space| (vec![], space.len()))
}

fn digits(rest: &str) -> Option<Lexeme> {
    let run = run(rest, |c| c.is_ascii_digit())?;
    // Digits alone fail to parse only when there are too many of them.
    Some((
        vec![Word::Number(run.parse().unwrap_or(u64::MAX))],
        run.len(),
    ))
}

fn latin(rest: &str) -> Option<Lexeme> {
    let run = run(rest, |c| c.is_ascii_alphabetic())?;
    let words = ENGLISH
        .iter()
        .find(|(spelling, _)| *spelling == run)
        .map_or(vec![Word::Unknown], |(_, words)| words.to_vec());
    Some((words, run.len()))
}

fn entry(rest: &str) -> Option<Lexeme> {
    let (spelling, words): &Entry = JAPANESE
        .iter()
        .chain(SIGNS)
        .filter(|(spelling, _)| rest.starts_with(spelling))
        .max_by_key(|(spelling, _)| spelling.len())?;
    Some((words.to_vec(), spelling.len()))
}

/// 三, 二十, 十一, 二〇二六.
fn kanji_number(rest: &str) -> Option<Lexeme> {
    let run = run(rest, |c| c == '十' || kanji_digit(c).is_some())?;
    let (tens, ones) = run
        .chars()
        .fold((0_u64, 0_u64), |(tens, ones), c| match kanji_digit(c) {
            Some(digit) => (tens, ones.saturating_mul(10).saturating_add(digit)),
            None => (tens.saturating_add(ones.max(1).saturating_mul(10)), 0),
        });
    Some((vec![Word::Number(tens.saturating_add(ones))], run.len()))
}

fn kanji_digit(c: char) -> Option<u64> {
    let digits = "〇一二三四五六七八九".chars().zip(0..);
    digits
        .into_iter()
        .find(|(digit, _)| *digit == c)
        .map(|(_, value)| value)
}

/// Everything up to the next thing that is known, as one word: it is corrected as a whole.
fn unknown(rest: &str) -> Lexeme {
    let end = rest
        .char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .find(|&at| known(&rest[at..]).is_some() || latin(&rest[at..]).is_some())
        .unwrap_or(rest.len());
    (vec![Word::Unknown], end)
}

/// The characters at the start that belong, if there is at least one.
fn run(rest: &str, belongs: impl Fn(char) -> bool) -> Option<&str> {
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::Unit;
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        lex(text).into_iter().map(|token| token.word).collect()
    }

    #[test]
    fn the_longest_japanese_word_wins() {
        use Word::{Ago, Mark, Now, Number, Offset};
        assert_eq!(words("一昨日"), [Offset(-2)]);
        assert_eq!(words("一日前"), [Number(1), Mark(Unit::Day), Ago]);
        assert_eq!(words("今"), [Now]);
        assert_eq!(words("今日"), [Offset(0)]);
    }

    #[test]
    fn kanji_numbers_are_read_by_place_and_by_tens() {
        for (text, value) in [
            ("三", 3),
            ("十", 10),
            ("十一", 11),
            ("二十", 20),
            ("三十一", 31),
            ("二〇二六", 2026),
        ] {
            assert_eq!(words(text), [Word::Number(value)], "{text}");
        }
    }

    #[test]
    fn tokens_keep_the_text_as_it_was_typed() {
        let typed: Vec<_> = lex("Ｎｏｖ　２０")
            .into_iter()
            .map(|token| (token.text, token.start))
            .collect();
        assert_eq!(typed, [("Ｎｏｖ", 0), ("２０", 12)]);
    }

    #[test]
    fn every_spelling_reads_as_its_own_meaning() {
        for (spelling, meaning) in ENGLISH.iter().chain(JAPANESE).chain(SIGNS) {
            assert_eq!(words(spelling), *meaning, "{spelling}");
        }
    }
}
