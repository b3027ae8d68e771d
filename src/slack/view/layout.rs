//! Lines into blocks and messages, within Slack's limits.
//!
//! Slack rejects a message that is over a limit. Lengths are
//! counted in characters of the escaped text, which is what Slack counts.

use slack_morphism::prelude::*;

use super::mrkdwn;
use crate::text::document::{Line, List};

/// Section text: 3,000. Some room is left everywhere.
pub(super) const SECTION_CHARS: usize = 2_900;
/// All text in the blocks of one message: about 13,200.
pub(super) const MESSAGE_CHARS: usize = 11_500;
/// Blocks in a message: 50.
pub(super) const MESSAGE_BLOCKS: usize = 44;
/// Plain text of a header: 150.
const HEADER_CHARS: usize = 150;

/// The number of characters, as Slack counts.
pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

/// At most `most` characters, with "…" where something was cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if chars(text) <= most {
        return text.to_owned();
    }
    text.chars()
        .take(most.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// A heading block.
pub(super) fn header(text: &str) -> SlackBlock {
    let text = SlackBlockPlainText::new(cut(&mrkdwn::plain(text), HEADER_CHARS));
    SlackHeaderBlock::new(text.into()).into()
}

fn markdown(text: String) -> SlackBlockMarkDownText {
    // Verbatim, so that Slack adds no links and mentions.
    SlackBlockMarkDownText::new(text).with_verbatim(true)
}

/// A block of text.
pub(super) fn section(text: String) -> SlackBlock {
    let text = SlackBlockText::MarkDown(markdown(text));
    SlackSectionBlock::new().with_text(text).into()
}

/// Lines as the text of one section.
pub fn joined(lines: &[Line]) -> String {
    let lines: Vec<_> = lines.iter().map(mrkdwn::line).collect();
    cut(&lines.join("\n"), SECTION_CHARS)
}

/// A block of small text.
pub(super) fn context(text: String) -> SlackBlock {
    let text = SlackContextBlockElement::MarkDown(markdown(text));
    SlackContextBlock::new(vec![text]).into()
}

/// A line between blocks.
pub(super) fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

/// Lines as texts of at most a section each, in order. No line is lost; one
/// that is too long for a section is cut.
pub(super) fn texts(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut used = 0;
    for line in lines {
        let line = cut(&line, SECTION_CHARS);
        let length = chars(&line);
        match texts.last_mut() {
            Some(text) if used + 1 + length <= SECTION_CHARS => {
                text.push('\n');
                text.push_str(&line);
                used += 1 + length;
            }
            _ => {
                texts.push(line);
                used = length;
            }
        }
    }
    texts
}

/// Document lines as small blocks.
pub(super) fn contexts(lines: &[Line]) -> Vec<SlackBlock> {
    texts(lines.iter().map(mrkdwn::line))
        .into_iter()
        .map(context)
        .collect()
}

/// Document lines as text blocks.
pub(super) fn sections(lines: &[Line]) -> Vec<SlackBlock> {
    texts(lines.iter().map(mrkdwn::line))
        .into_iter()
        .map(section)
        .collect()
}

/// A list with its heading, as texts of at most a section each.
pub(super) fn list(list: &List) -> Vec<String> {
    texts(std::iter::once(mrkdwn::line(&list.heading)).chain(list.items.iter().map(item)))
}

/// One line of a list.
pub(super) fn item(line: &Line) -> String {
    format!("• {}", mrkdwn::line(line))
}

/// Texts dealt to messages, in order: each message gets at most `blocks`
/// texts and `most` characters.
pub(super) fn messages(texts: Vec<String>, blocks: usize, most: usize) -> Vec<Vec<String>> {
    let mut messages: Vec<Vec<String>> = Vec::new();
    let mut used = 0;
    for text in texts {
        let length = chars(&text);
        match messages.last_mut() {
            Some(message) if message.len() < blocks && used + length <= most => {
                message.push(text);
                used += length;
            }
            _ => {
                messages.push(vec![text]);
                used = length;
            }
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_line_is_lost_and_no_limit_is_passed(
            lengths in proptest::collection::vec(0..400_usize, 0..200)
        ) {
            let line = |(number, length): (usize, usize)| format!("{number}{}", "あ".repeat(length));
            let lines: Vec<_> = lengths.into_iter().enumerate().map(line).collect();
            let texts = texts(lines.iter().cloned());
            prop_assert!(texts.iter().all(|text| chars(text) <= SECTION_CHARS));
            let messages = messages(texts.clone(), MESSAGE_BLOCKS, MESSAGE_CHARS);
            for message in &messages {
                prop_assert!(message.len() <= MESSAGE_BLOCKS);
                prop_assert!(message.iter().map(|text| chars(text)).sum::<usize>() <= MESSAGE_CHARS);
            }
            prop_assert_eq!(messages.concat(), texts.clone());
            if !lines.is_empty() {
                prop_assert_eq!(texts.join("\n"), lines.join("\n"));
            }
        }
    }

    #[test]
    fn a_cut_text_ends_with_an_ellipsis() {
        assert_eq!(cut("12345", 5), "12345");
        assert_eq!(cut("123456", 5), "1234…");
    }
}
