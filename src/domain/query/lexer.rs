//! Normalized text → words. Spaces are dropped; every word and number is recognized or marked as
//! unknown.
//!
//! It knows nothing about word order, dates or suggestions. Each token keeps the text as typed.

use std::mem;

use super::folded::Folded;
use super::vocabulary::{ENGLISH, JAPANESE, SIGNS, Spelling, Word};
use crate::domain::naming::is_skipped;

/// A word with its position in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) word: Word,
    /// As typed, before folding.
    pub(super) text: &'a str,
    /// Byte offset of `text` in the whole text.
    pub(super) start: usize,
    /// The number of characters; for a number, of its digits.
    pub(super) length: usize,
}

impl Token<'_> {
    /// Byte offset of the first byte after the token.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Every word of the text, in order. Never fails: unknown text becomes [`Word::Unknown`].
pub(super) fn lex<'a>(folded: &Folded<'a>) -> Vec<Token<'a>> {
    let text = folded.text();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (words, length) = lexeme(&text[at..]);
        let end = at + length;
        let token = |word| Token {
            word,
            text: folded.typed(at..end),
            start: folded.typed_range(at..end).start,
            length: text[at..end].chars().count(),
        };
        tokens.extend(words.into_iter().map(|word| {
            token(if is_spaced_dash(word, &text[..at], &text[end..]) {
                Word::To
            } else {
                word
            })
        }));
        at = end;
    }
    without_stray_signs(joined(folded.whole(), tokens))
}

/// `1 Nov - 5 Nov` is a range; `2026-11-05` is not.
fn is_spaced_dash(word: Word, before: &str, after: &str) -> bool {
    word == Word::Separator('-')
        && before.ends_with(char::is_whitespace)
        && after.starts_with(char::is_whitespace)
}

/// Combines two words: the year of an era, a two-digit year, a time without colons.
fn joined<'a>(whole: &'a str, tokens: Vec<Token<'a>>) -> Vec<Token<'a>> {
    let mut joined: Vec<Token<'a>> = Vec::with_capacity(tokens.len());
    for mut token in tokens {
        let before = joined.last().copied();
        token.word = match (before.map(|before| before.word), token.word) {
            (Some(Word::Era(base)), Word::Number(year @ 1..100)) => {
                joined.pop();
                let start = before.map_or(token.start, |before| before.start);
                token.text = &whole[start..token.end()];
                token.start = start;
                Word::Number(base + year)
            }
            // `Nov '26`, and not `from '20 Nov'`.
            (
                Some(Word::Month(_) | Word::Number(_) | Word::Mark(_) | Word::Quarter),
                Word::ShortYear(year),
            ) => Word::Number(CENTURY + year),
            // 3週間前の月曜, and not 前の月曜.
            (Some(Word::Unit(_) | Word::Mark(_)), Word::Back(1)) if token.text == "前の" => {
                Word::Ago
            }
            (_, Word::ShortYear(year)) => Word::Number(year),
            (Some(Word::At), Word::Number(time)) if matches!(token.length, 4 | 6) => {
                let time = if token.length == 4 { time * 100 } else { time };
                seconds(time / 10_000, time / 100 % 100, time % 100)
            }
            (_, word) => word,
        };
        joined.push(token);
    }
    joined
}

/// The century of a year of two digits.
pub(super) const CENTURY: u64 = 2000;

/// A time of day, if it exists.
fn seconds(hour: u64, minute: u64, second: u64) -> Word {
    // A leap second, and midnight as the end of a day, are valid.
    if hour <= 24 && minute < 60 && second <= 60 {
        Word::Time((hour * 60 + minute) * 60 + second)
    } else {
        Word::Unknown
    }
}

/// Drops the dashes of `--help`, and the period or question mark at the end of a sentence.
fn without_stray_signs(mut tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let is_sign = |token: &Token<'_>| matches!(token.word, Word::Separator(_) | Word::Question);
    while tokens.len() > 1 && tokens.last().is_some_and(is_sign) {
        tokens.pop();
    }
    let opening = tokens.iter().take_while(|token| is_sign(token)).count();
    tokens.drain(..opening.min(tokens.len().saturating_sub(1)));
    tokens
}

/// The words at the beginning of the text (none for a space), and their length of at least one
/// byte.
type Lexeme = (Vec<Word>, usize);

fn lexeme(rest: &str) -> Lexeme {
    known(rest)
        .or_else(|| latin(rest))
        .unwrap_or_else(|| unknown(rest))
}

fn known(rest: &str) -> Option<Lexeme> {
    short_year(rest)
        .or_else(|| skipped(rest))
        .or_else(|| time(rest))
        .or_else(|| digits(rest))
        .or_else(|| entry(rest))
        .or_else(|| kanji_number(rest))
}

/// Spaces and quotes, emphasis, and the end of a sentence.
fn skipped(rest: &str) -> Option<Lexeme> {
    // An apostrophe ends the run, because it can belong to a year.
    let mut is_first = true;
    let is_part =
        |c| (is_skipped(c) || "*_!:;".contains(c)) && (mem::take(&mut is_first) || c != '\'');
    run(rest, is_part).map(|space| (vec![], space.len()))
}

/// `'26`.
fn short_year(rest: &str) -> Option<Lexeme> {
    let digits = digits_of(rest.strip_prefix('\'')?)?;
    (digits.len() == 2).then(|| (vec![Word::ShortYear(number(digits))], 1 + digits.len()))
}

/// `09:00`, `9:00:00.123`.
fn time(rest: &str) -> Option<Lexeme> {
    let mut parts = Vec::new();
    let mut end = 0;
    loop {
        let digits = digits_of(&rest[end..])?;
        if digits.len() > 2 || (digits.len() == 1 && !parts.is_empty()) {
            return None;
        }
        parts.push(number(digits));
        end += digits.len();
        if !rest[end..].starts_with(':') || digits_of(&rest[end + 1..]).is_none() {
            break;
        }
        end += 1;
    }
    let time = match *parts {
        [hour, minute] => seconds(hour, minute, 0),
        [hour, minute, second] => {
            let fraction = rest[end..].strip_prefix('.').and_then(digits_of);
            end += fraction.map_or(0, |digits| 1 + digits.len());
            seconds(hour, minute, second)
        }
        _ => return None,
    };
    Some((vec![time], end))
}

fn digits(rest: &str) -> Option<Lexeme> {
    let digits = digits_of(rest)?;
    Some((vec![Word::Number(number(digits))], digits.len()))
}

fn digits_of(rest: &str) -> Option<&str> {
    run(rest, |c| c.is_ascii_digit())
}

/// Digits fail to parse only if there are too many.
fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or(u64::MAX)
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
    let (spelling, words): &Spelling = JAPANESE
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

/// Everything up to the next known word, as one word, so that it is corrected as a whole.
fn unknown(rest: &str) -> Lexeme {
    let end = rest
        .char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .find(|&at| known(&rest[at..]).is_some() || latin(&rest[at..]).is_some())
        .unwrap_or(rest.len());
    (vec![Word::Unknown], end)
}

/// The longest matching run of characters at the start, if not empty.
fn run(rest: &str, mut belongs: impl FnMut(char) -> bool) -> Option<&str> {
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::Unit;
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        let words = lex(&Folded::of(text)).into_iter();
        words.map(|token| token.word).collect()
    }

    #[test]
    fn the_longest_japanese_word_wins() {
        use Word::{Ago, Back, Mark, Nth, Number, Offset};
        assert_eq!(words("一昨日"), [Offset(-2)]);
        assert_eq!(words("一日前"), [Number(1), Mark(Unit::Day), Ago]);
        assert_eq!(words("今"), [Word::Now]);
        assert_eq!(words("今日"), [Offset(0)]);
        assert_eq!(
            words("第3四半期"),
            [Nth, Number(3), Word::Unit(Unit::Quarter)]
        );
        assert_eq!(words("前四半期"), [Back(1), Word::Unit(Unit::Quarter)]);
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
    fn words_that_belong_together_are_one() {
        use Word::{At, Month, Number, Plus, Separator, Time, Zone};
        assert_eq!(words("令和八"), [Number(2026)]);
        assert_eq!(words("nov '26"), [Month(11), Number(2026)]);
        assert_eq!(words("nov ’26"), [Month(11), Number(2026)]);
        assert_eq!(words("'20 nov"), [Number(20), Month(11)]);
        assert_eq!(
            words("t0930z"),
            [At, Time(34_200), Zone(chrono_tz::Tz::UTC)]
        );
        assert_eq!(words("t093015"), [At, Time(34_215)]);
        assert_eq!(words("9:30"), [Time(34_200)]);
        assert_eq!(
            words("09:30:15.250+09:00"),
            [Time(34_215), Plus, Time(32_400)]
        );
        assert_eq!(
            words("11:20-01:00"),
            [Time(40_800), Separator('-'), Time(3_600)]
        );
        assert_eq!(words("25:00"), [Word::Unknown]);
    }

    #[test]
    fn tokens_keep_the_text_as_it_was_typed() {
        let typed: Vec<_> = lex(&Folded::of("Ｎｏｖ　２０"))
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
