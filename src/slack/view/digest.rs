//! A digest as messages: a summary for the channel, and a thread with every account if
//! the first message has no room for all.

use slack_morphism::prelude::SlackBlock;

use super::layout::{
    MESSAGE_BLOCKS, MESSAGE_CHARS, chars, contexts, header, item, list, messages, section, sections,
};
use super::{Content, layout, mrkdwn};
use crate::text::Words;
use crate::text::document::{Document, Line, List};

/// The number of lines of a list in the first message, the largest that fits.
const SHOWN: [usize; 4] = [10, 6, 3, 1];

/// The messages: the first for the channel, the others for its thread.
pub fn render(document: &Document, words: Words) -> Vec<Content> {
    let text = summary(document);
    let (shown, parent) = parent(document, words);
    let mut rendered = vec![Content {
        text,
        blocks: parent,
    }];
    let is_shown = |list: &List| list.items.len() <= shown;
    if document.details.is_empty() && document.lists.iter().all(is_shown) {
        return rendered;
    }
    let texts = document.all_lists().flat_map(list).collect();
    // One block and its text go to the page number.
    let pages = messages(texts, MESSAGE_BLOCKS - 1, MESSAGE_CHARS - 200);
    let count = pages.len();
    rendered.extend(pages.into_iter().enumerate().map(|(index, page)| {
        let title = words.full_list(index + 1, count);
        let mut blocks = contexts(&[Line::text(title.clone())]);
        blocks.extend(page.into_iter().map(section));
        Content {
            text: title,
            blocks,
        }
    }));
    rendered
}

/// The text of the notification.
pub fn summary(document: &Document) -> String {
    let first = document.lead.first().map(Line::plain).unwrap_or_default();
    layout::cut(
        &mrkdwn::escape(&format!("{} — {first}", document.title)),
        1_000,
    )
}

/// The first message, and the number of lines of each list that fit into it.
fn parent(document: &Document, words: Words) -> (usize, Vec<SlackBlock>) {
    let mut head = vec![header(&document.title)];
    head.extend(sections(&document.lead));
    let tail = contexts(&document.notes);
    let lines = document
        .lead
        .iter()
        .chain(&document.notes)
        .map(mrkdwn::line);
    let around: usize = lines.map(|line| chars(&line)).sum();
    let room = MESSAGE_CHARS.saturating_sub(around + chars(&document.title));
    let fits = |texts: &Vec<String>| {
        let used: usize = texts.iter().map(|text| chars(text)).sum();
        used <= room && head.len() + texts.len() + tail.len() <= MESSAGE_BLOCKS
    };
    let all = SHOWN
        .into_iter()
        .map(|shown| (shown, in_short(document, shown, words)));
    let fitting = all.into_iter().find(|(_, texts)| fits(texts));
    let (shown, texts) = fitting.unwrap_or_else(|| (0, in_short(document, 0, words)));
    let texts = texts.into_iter().map(section);
    (shown, head.into_iter().chain(texts).chain(tail).collect())
}

/// The headings, the first lines of each list, and the number of the others.
fn in_short(document: &Document, shown: usize, words: Words) -> Vec<String> {
    let short = |list: &List| {
        let more: usize = list.items.iter().skip(shown).map(Line::things).sum();
        let heading = mrkdwn::line(&list.heading);
        let more = (more > 0).then(|| mrkdwn::escape(&words.in_thread(more)));
        let lines = list.items.iter().take(shown).map(item);
        layout::texts(std::iter::once(heading).chain(lines).chain(more))
    };
    let mut texts: Vec<_> = document.lists.iter().flat_map(short).collect();
    if !document.details.is_empty() {
        texts.push(mrkdwn::escape(words.ids_in_thread()));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Locale;
    use crate::text::document::Span;

    #[test]
    fn the_rest_in_the_thread_is_counted_by_accounts_and_not_by_lines() {
        let many = |accounts| {
            Line(vec![Span::Many {
                text: format!("{accounts} accounts"),
                accounts,
            }])
        };
        let alone = |number: u32| Line::text(format!("`{number}`"));
        let items = (0..10).map(alone).chain([many(400), many(403)]);
        let items = items.chain((10..12).map(alone)).collect();
        let document = Document {
            title: "Digest".to_owned(),
            lists: vec![List {
                heading: Line::text("Left (815)"),
                items,
            }],
            ..Document::default()
        };
        let first = render(&document, Locale::En.words()).remove(0);
        let shown = serde_json::to_string(&first.blocks).unwrap();
        assert!(shown.contains("… and 805 more in the thread"), "{shown}");
    }
}
