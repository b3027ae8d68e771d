//! Text normalized for parsing: width, case, dashes and quotes, Slack's escaping, invisible
//! characters.
//!
//! It works on characters, and records the position of each in the typed text. It knows no words.

use std::ops::Range;

use crate::domain::naming::{escaped_end, fold, is_around, is_meaningless, is_skipped, unstruck};

/// Normalized text with positions in the typed text.
#[derive(Debug, Clone)]
pub(super) struct Folded<'a> {
    typed: &'a str,
    text: String,
    /// For each byte of `text`, the bytes of `typed` that its character was read from.
    places: Vec<(usize, usize)>,
}

impl<'a> Folded<'a> {
    pub(super) fn of(typed: &'a str) -> Self {
        let mut folded = Self {
            typed,
            text: String::with_capacity(typed.len()),
            places: Vec::with_capacity(typed.len()),
        };
        for (start, letter) in typed.char_indices() {
            if !is_meaningless(letter) {
                folded.push(fold(letter), (start, start + letter.len_utf8()));
                folded.unescape();
            }
        }
        folded
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The whole typed text.
    pub(super) fn whole(&self) -> &'a str {
        self.typed
    }

    /// The range of the typed text for a range of the normalized text.
    pub(super) fn typed_range(&self, range: Range<usize>) -> Range<usize> {
        match self.places.get(range.clone()) {
            Some([(start, end)]) => *start..*end,
            Some([(start, _), .., (_, end)]) => *start..*end,
            _ => 0..0,
        }
    }

    /// The position in the typed text for a position in the normalized text.
    pub(super) fn start_of(&self, at: usize) -> usize {
        let place = self.places.get(at);
        place.map_or(self.typed.len(), |(start, _)| *start)
    }

    /// The typed text for a range of the normalized text.
    pub(super) fn typed(&self, range: Range<usize>) -> &'a str {
        &self.typed[self.typed_range(range)]
    }

    fn push(&mut self, letter: char, place: (usize, usize)) {
        self.text.push(letter);
        self.places.resize(self.text.len(), place);
    }

    /// Reverses escaping, also if the text was escaped several times.
    fn unescape(&mut self) {
        let Some((length, letter)) = escaped_end(&self.text) else {
            return;
        };
        let start = self.text.len() - length;
        let range = self.typed_range(start..self.text.len());
        self.text.truncate(start);
        self.places.truncate(start);
        self.push(letter, (range.start, range.end));
    }
}

/// The text without surrounding quotes, brackets, punctuation and Slack's formatting marks, and
/// without the name of the program, which people repeat.
pub(super) fn bare(folded: &str) -> Range<usize> {
    let mut range = 0..folded.len();
    loop {
        let text = &folded[range.clone()];
        let inner = unnamed(unstruck(trimmed(text)));
        if inner.len() == text.len() {
            return range;
        }
        let start = range.start + (inner.as_ptr() as usize - text.as_ptr() as usize);
        range = start..start + inner.len();
    }
}

fn trimmed(text: &str) -> &str {
    let text = text.trim_matches(is_around);
    // A single question mark asks for help.
    let unquestioned = text.trim_end_matches(|end| end == '?' || is_around(end));
    if unquestioned.is_empty() {
        text
    } else {
        unquestioned
    }
}

/// Removes the program's name: `/securityhub-members yesterday`,
/// `securityhub-members show yesterday`.
fn unnamed(text: &str) -> &str {
    let unslashed = text.strip_prefix('/').unwrap_or(text);
    match after_word(unslashed, env!("CARGO_PKG_NAME")) {
        Some(rest) => after_word(rest, "show").unwrap_or(rest),
        None => text,
    }
}

/// The text after this word, if the text begins with it.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(word)?;
    let ends = rest.chars().next().is_none_or(is_skipped);
    ends.then(|| rest.trim_start_matches(is_skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_dropped_and_the_typed_text_is_kept() {
        let folded = Folded::of("yester\u{200b}day\u{fe0f}");
        assert_eq!(folded.text(), "yesterday");
        assert_eq!(folded.typed(0..9), "yester\u{200b}day");
        assert_eq!(folded.typed(6..9), "day");
        assert_eq!(Folded::of("Ｎｏｖ　２０").typed(4..6), "２０");
    }

    #[test]
    fn escaped_characters_are_read_as_themselves() {
        let escaped = Folded::of("r&amp;amp;d &lt;1&gt;");
        assert_eq!(escaped.text(), "r&d <1>");
        assert_eq!(escaped.typed(0..3), "r&amp;amp;d");
    }

    #[test]
    fn quotes_and_punctuation_around_a_text_are_removed() {
        let program = env!("CARGO_PKG_NAME");
        for text in [
            "`today`".to_owned(),
            "*~today~*".to_owned(),
            "~~today~~".to_owned(),
            "_\u{feff}today_?!".to_owned(),
            "&lt;today&gt;".to_owned(),
            format!("/{program} today"),
            format!("/{program}   {program} show today"),
            format!("`{program} show \"today\"`"),
        ] {
            let folded = Folded::of(&text);
            assert_eq!(&folded.text()[bare(folded.text())], "today", "{text:?}");
        }
        for (text, inner) in [("?", "?"), ("`?`", "?"), ("2026-11-16~", "2026-11-16~")] {
            assert_eq!(&text[bare(text)], inner);
        }
    }
}
