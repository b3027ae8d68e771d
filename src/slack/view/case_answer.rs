//! The answer to a command about cases, as one or more messages.

use slack_morphism::prelude::SlackBlock;

use super::layout::{
    MESSAGE_BLOCKS, MESSAGE_CHARS, contexts, header, list, messages, section, sections,
};
use super::{Content, choices, digest};
use crate::text::Locale;
use crate::text::document::{Document, Line};

/// Slack accepts five replies to a command.
const MOST: usize = 5;

/// The characters reserved for title and notes.
const AROUND_CHARS: usize = 1_500;

/// A document as messages, in order. If it exceeds Slack's limits, `more` is the last line.
pub fn messages_of(document: &Document, more: &Line, locale: Locale) -> Vec<Content> {
    let text = digest::summary(document);
    let mut blocks = vec![header(&document.title)];
    blocks.extend(sections(&document.lead));
    let texts = document.all_lists().flat_map(list).collect();
    let mut pages = messages(texts, MESSAGE_BLOCKS - 12, MESSAGE_CHARS - AROUND_CHARS).into_iter();
    blocks.extend(pages.next().into_iter().flatten().map(section));
    let content = |blocks: Vec<SlackBlock>| Content {
        text: text.clone(),
        blocks,
    };
    let mut contents = vec![content(blocks)];
    let others = pages.by_ref().take(MOST - 1);
    contents.extend(others.map(|page| content(page.into_iter().map(section).collect())));
    if let Some(last) = contents.last_mut() {
        last.blocks
            .extend(choices::block(&document.choices, locale));
        last.blocks.extend(contexts(&document.notes));
        if pages.next().is_some() {
            last.blocks.extend(contexts(std::slice::from_ref(more)));
        }
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::document::List;

    #[test]
    fn a_long_list_takes_at_most_five_messages_and_says_where_the_rest_is() {
        let document = |lines: usize| Document {
            title: "Cases".to_owned(),
            lists: vec![List {
                heading: Line::strong("Expected"),
                items: (0..lines).map(|_| Line::text("x".repeat(500))).collect(),
            }],
            ..Document::default()
        };
        let more = Line::text("in a terminal");
        let said = |lines| {
            let contents = messages_of(&document(lines), &more, Locale::En);
            let text = serde_json::to_string(&contents.last().unwrap().blocks).unwrap();
            (contents.len(), text.contains("in a terminal"))
        };
        assert_eq!(said(0), (1, false));
        assert_eq!(said(3), (1, false));
        assert_eq!(said(30), (2, false));
        assert_eq!(said(1_000), (5, true));
    }
}
