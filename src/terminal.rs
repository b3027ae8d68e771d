//! Documents in a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::text::document::{Document, Line, Span};
use crate::text::guidance::COMMAND;

const STRONG: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
const FAINT: Style = Style::new().dimmed();

/// The document as text with colours; print it through `anstream`, which
/// removes them where no terminal shows them.
pub fn render(document: &Document) -> String {
    let mut text = String::new();
    let mut put = |line: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    };
    put(&format!("{STRONG}{}{STRONG:#}", clean(&document.title)));
    for lead in &document.lead {
        put(&line(lead));
    }
    for list in &document.lists {
        put("");
        put(&line(&list.heading));
        for item in &list.items {
            put(&format!("  {}", line(item)));
        }
    }
    if !document.notes.is_empty() {
        put("");
    }
    // Links to the console are for a browser: their addresses would fill the screen.
    let is_link = |span: &Span| matches!(span, Span::Link { .. });
    for note in document
        .notes
        .iter()
        .filter(|note| !note.0.iter().any(is_link))
    {
        put(&format!("{FAINT}{}{FAINT:#}", plain(note)));
    }
    text
}

fn line(line: &Line) -> String {
    let span = |span: &Span| match span {
        Span::Text(text) => clean(text),
        Span::Strong(text) => format!("{STRONG}{}{STRONG:#}", clean(text)),
        Span::Code(text) => format!("{CODE}{}{CODE:#}", clean(&typed(text))),
        Span::Link { text, url } => format!("{}: {}", clean(text), clean(url)),
    };
    line.0.iter().map(span).collect()
}

/// What is typed in Slack, as it is typed here.
fn typed(text: &str) -> String {
    match text.strip_prefix(COMMAND) {
        Some(query) => format!("securityhub-members show{query}"),
        None => text.to_owned(),
    }
}

/// A line without colours.
fn plain(line: &Line) -> String {
    let span = |span: &Span| match span {
        Span::Code(text) => typed(text),
        Span::Text(text) | Span::Strong(text) | Span::Link { text, .. } => text.clone(),
    };
    clean(&line.0.iter().map(span).collect::<String>())
}

/// Text from AWS must not steer the terminal.
fn clean(text: &str) -> String {
    let shown = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        let document = Document {
            title: "a\u{1b}[2Jb\u{202e}c".to_owned(),
            ..Document::default()
        };
        let text = anstream::adapter::strip_str(&render(&document)).to_string();
        assert_eq!(text, "a[2Jbc\n");
    }
}
