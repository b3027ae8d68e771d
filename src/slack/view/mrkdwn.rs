//! Lines of a document in Slack's `mrkdwn`.
//!
//! Only this file turns text from AWS and from users into markup. It escapes the text so that it
//! can't format, link or mention anything.
//! <https://docs.slack.dev/messaging/formatting-message-text>

use crate::domain::cases::PersonId;
use crate::domain::mention::MentionTarget;
use crate::slack::ids::UserId;
use crate::text::document::{Line, Span, is_invisible};

/// A line as `mrkdwn`.
pub fn line(line: &Line) -> String {
    line.0.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Text(text) => escape(text),
        Span::Strong(text) | Span::Many { text, .. } => around('*', escape(text).trim()),
        Span::Code(text) => around('`', escape_fixed(text).trim()),
        // A name given in a terminal is none of Slack's.
        Span::Person(person) => {
            user(person).map_or_else(|| escape(&person.0), |user| format!("<@{user}>"))
        }
        Span::Mention(target) => match target {
            MentionTarget::Group(id) => format!("<!subteam^{id}>"),
            MentionTarget::Person(id) => format!("<@{id}>"),
            MentionTarget::Here => "<!here>".to_owned(),
            MentionTarget::Channel => "<!channel>".to_owned(),
        },
        Span::Link { text, url } => match address(url) {
            Some(url) => format!("<{url}|{}>", escape(text)),
            None => escape(text),
        },
    }
}

/// An address in markup, if it can't be anything else.
fn address(url: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>|\"'`".contains(&byte);
    let is_address = url.starts_with("https://") && url.bytes().all(is_plain);
    is_address.then(|| url.replace('&', "&amp;"))
}

/// The Slack user ID of a person who has one.
pub fn user(person: &PersonId) -> Option<&str> {
    let person = person.0.as_str();
    let capitals = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_id = person.starts_with(UserId::LETTERS) && person.bytes().all(capitals);
    UserId::parse(person).filter(|_| is_id).map(|_| person)
}

/// Marks around empty text would format what follows.
fn around(mark: char, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{mark}{text}{mark}")
    }
}

/// The end of a text, usually most of it, that needs no escaping: visible ASCII without
/// Slack's control characters. Returns where it begins.
fn harmless_from(text: &str) -> usize {
    let harmless = |byte: u8| matches!(byte, b' '..=b'~') && !b"&<>`*~_".contains(&byte);
    let last = text.bytes().rposition(|byte| !harmless(byte));
    last.map_or(0, |last| last + 1)
}

/// Escapes Slack's control characters, disables formatting characters, and removes invisible
/// ones.
pub fn escape(text: &str) -> String {
    let (head, harmless) = text.split_at(harmless_from(text));
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for (index, letter) in head.char_indices() {
        let joined = || {
            let next = text.get(index + letter.len_utf8()..);
            let next = next.and_then(|rest| rest.chars().next());
            before.is_alphanumeric() && next.is_some_and(char::is_alphanumeric)
        };
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '`' => escaped.push('ˋ'),
            '*' => escaped.push('∗'),
            '~' => escaped.push('∼'),
            // Slack ignores an underscore between letters.
            '_' if !joined() => escaped.push('＿'),
            '\n' | '\r' | '\t' => escaped.push(' '),
            letter if is_invisible(letter) => {}
            letter => escaped.push(letter),
        }
        before = letter;
    }
    escaped + harmless
}

/// Escapes text in a code block without changing its width.
pub fn escape_fixed(text: &str) -> String {
    if harmless_from(text) == 0 {
        return text.to_owned();
    }
    let shown = text.chars().filter(|letter| !is_invisible(*letter));
    let plain: String = shown
        .map(|letter| if letter == '`' { '\'' } else { letter })
        .collect();
    plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The same for several lines.
pub fn escape_fixed_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape_fixed).collect();
    lines.join("\n")
}

/// Reverses Slack's escaping of what a person typed, which covers three characters.
pub fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}

/// Cleans text for places without formatting, such as options.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| !is_invisible(*letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_format_link_or_mention() {
        for (text, harmless) in [
            ("<!channel>", "&lt;!channel&gt;"),
            (
                "<https://evil.example|AWS>",
                "&lt;https://evil.example|AWS&gt;",
            ),
            ("a & b", "a &amp; b"),
            ("&lt;", "&amp;lt;"),
            ("`x` *y* ~z~", "ˋxˋ ∗y∗ ∼z∼"),
            ("_sneaky_", "＿sneaky＿"),
            ("aws_prod_1@example.com", "aws_prod_1@example.com"),
            ("line\nbreak", "line break"),
            ("right\u{202e}left", "rightleft"),
        ] {
            assert_eq!(escape(text), harmless);
        }
    }

    #[test]
    fn plain_text_keeps_all_but_what_is_invisible() {
        assert_eq!(plain("<a> `b`\u{202e}c\u{7}"), "<a> `b`c");
    }

    #[test]
    fn only_an_address_becomes_a_link() {
        let link = |url: &str| {
            let (text, url) = ("Tue <b>".to_owned(), url.to_owned());
            line(&Line(vec![Span::Link { text, url }]))
        };
        assert_eq!(
            link("https://example.slack.com/archives/C1/p1?thread_ts=1.2&cid=C1"),
            "<https://example.slack.com/archives/C1/p1?thread_ts=1.2&amp;cid=C1|Tue &lt;b&gt;>"
        );
        for other in [
            "",
            "!channel",
            "javascript:alert(1)",
            "https://example.com/> <!channel",
            "https://example.com/|x",
            "https://example.com/ x",
        ] {
            assert_eq!(link(other), "Tue &lt;b&gt;", "{other}");
        }
    }

    #[test]
    fn only_an_id_of_slack_is_mentioned() {
        for (person, shown) in [
            ("U012AB3CD", "<@U012AB3CD>"),
            ("W012AB3CD", "<@W012AB3CD>"),
            ("root", "root"),
            ("Ursula", "Ursula"),
            ("<!channel>", "&lt;!channel&gt;"),
        ] {
            let person = Span::Person(PersonId(person.to_owned()));
            assert_eq!(span(&person), shown);
        }
    }

    #[test]
    fn a_line_is_decorated() {
        let decorated = line(
            &Line::strong("2 left")
                .and(" in ")
                .with(Span::Code("123".into())),
        );
        assert_eq!(decorated, "*2 left* in `123`");
    }
}
