//! Documents in a terminal.

use std::fmt::{Display, Write as _};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::domain::query::case_verb;
use crate::masking::mask;
use crate::text::document::{Document, Line, Span, is_invisible};
use crate::text::guidance::COMMAND;

const STRONG: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
const FAINT: Style = Style::new().dimmed();

/// The document as text with colors. Print it through `anstream`, which removes them if there
/// is no terminal.
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
    for list in document.all_lists() {
        put("");
        put(&line(&list.heading));
        for item in &list.items {
            put(&format!("  {}", line(item)));
        }
    }
    if !document.choices.is_empty() {
        put("");
    }
    for choice in &document.choices {
        let command = format!("{COMMAND} {}", choice.typed);
        put(&format!("  {}", line(&Line(vec![Span::Code(command)]))));
    }
    if !document.notes.is_empty() {
        put("");
    }
    for note in &document.notes {
        put(&format!("{FAINT}{}{FAINT:#}", plain(note)));
    }
    text
}

/// A number with its noun, such as `1 line` or `2 lines`.
pub fn counted(count: impl Display, noun: &str) -> String {
    match count.to_string().as_str() {
        "1" => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

fn line(line: &Line) -> String {
    let span = |span: &Span| match span {
        Span::Text(text) | Span::Link { text, .. } => clean(text),
        Span::Strong(text) | Span::Many { text, .. } => {
            format!("{STRONG}{}{STRONG:#}", clean(text))
        }
        Span::Code(text) => format!("{CODE}{}{CODE:#}", clean(&typed(text))),
        Span::Person(person) => clean(&person.0),
        Span::Mention(target) => format!("@{target}"),
    };
    line.0.iter().map(span).collect()
}

/// A Slack command in the form for the terminal.
fn typed(text: &str) -> String {
    let Some(query) = text.strip_prefix(COMMAND) else {
        return text.to_owned();
    };
    match case_verb(query) {
        Some((verb, rest)) => {
            let typed = format!("securityhub-members {} {}", verb.as_str(), rest.trim());
            typed.trim_end().to_owned()
        }
        None => format!("securityhub-members show{query}"),
    }
}

/// A line without colors.
fn plain(line: &Line) -> String {
    let span = |span: &Span| match span {
        Span::Code(text) => typed(text),
        Span::Person(person) => person.to_string(),
        Span::Mention(target) => format!("@{target}"),
        Span::Text(text)
        | Span::Strong(text)
        | Span::Many { text, .. }
        | Span::Link { text, .. } => text.clone(),
    };
    clean(&line.0.iter().map(span).collect::<String>())
}

/// Escape codes in AWS's text must not control the terminal, and the text may quote a secret.
fn clean(text: &str) -> String {
    let shown = |letter: &char| !is_invisible(*letter);
    let text: String = text.chars().filter(shown).collect();
    mask(&text).into_owned()
}

/// Escapes control characters in text of one or more lines, such as an error.
pub fn lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(clean).collect();
    lines.join("\n")
}

/// JSON in which characters that control a terminal are escaped. The value is the same.
///
/// # Errors
///
/// If the value can't be JSON, such as a map whose keys aren't text.
pub fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string_pretty(value)?;
    let json = mask(&json);
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter == '\n' || !is_invisible(letter) {
            escaped.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_aws_cannot_control_the_terminal() {
        let document = Document {
            title: "a\u{1b}[2Jb\u{202e}c".to_owned(),
            ..Document::default()
        };
        let text = anstream::adapter::strip_str(&render(&document)).to_string();
        assert_eq!(text, "a[2Jbc\n");
    }

    #[test]
    fn a_command_of_slack_is_shown_as_it_is_typed_here() {
        for (slack, here) in [
            ("yesterday", "show yesterday"),
            ("", "show"),
            ("acks", "acks"),
            ("想定内一覧", "acks"),
            ("対応 取消 payments-prod", "untake payments-prod"),
            ("ack x until 31 Dec sold", "ack x until 31 Dec sold"),
        ] {
            let slack = format!("{COMMAND} {slack}");
            let here = format!("securityhub-members {here}");
            assert_eq!(typed(slack.trim_end()), here);
        }
    }

    #[test]
    fn json_and_errors_cannot_steer_the_terminal_and_mean_the_same() {
        let hostile = "a\u{9b}2J\u{1b}]0;x\u{7}\u{202e}b\u{e0041}日本\n\"";
        let json = json(&[hostile]).unwrap();
        assert!(
            json.chars()
                .all(|letter| letter == '\n' || !is_invisible(letter))
        );
        assert!(json.contains("日本") && json.contains(r"\u009b"), "{json}");
        let read: Vec<String> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, [hostile]);
        assert_eq!(lines("one\u{1b}[2J\r\n two\u{9b}"), "one[2J\n two");
    }
}
