//! An answer as a message: page by page, so that every account is shown, with a button
//! that shares it.

use slack_morphism::prelude::*;

use super::asked::Asked;
use super::layout::{
    MESSAGE_BLOCKS, MESSAGE_CHARS, chars, context, contexts, header, list, messages, section,
    sections,
};
use super::{Content, choices, digest, mrkdwn};
use crate::text::Locale;
use crate::text::document::{Document, Line, Span};

/// Shares the answer to the channel.
pub const SHARE: &str = "answer_share";
/// Shows the page before.
pub const PREVIOUS: &str = "answer_previous";
/// Shows the page after.
pub const NEXT: &str = "answer_next";

/// Whether an answer can be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shareable {
    /// It has the button.
    Yes,
    /// It is of no use to others, or incomplete.
    No,
}

/// An answer for the person who asked: one page of it, with buttons.
pub fn private(
    document: &Document,
    asked: &Asked,
    shareable: Shareable,
    locale: Locale,
) -> Content {
    let pages = pages(document);
    let page = asked.page.min(pages.len().saturating_sub(1));
    let words = locale.words();
    let mut blocks = head(document, page);
    blocks.extend(pages.get(page).into_iter().flatten().cloned().map(section));
    if page + 1 >= pages.len() {
        blocks.extend(contexts(&document.notes));
    }
    if pages.len() > 1 {
        blocks.extend(contexts(&[Line::text(words.page(page + 1, pages.len()))]));
    }
    let button = |label: &str, action: &str, page| {
        let asked = Asked {
            page,
            ..asked.clone()
        };
        button(label, action, &asked)
    };
    let mut buttons = Vec::new();
    if shareable == Shareable::Yes {
        buttons.push(button(words.share_to_channel(), SHARE, 0));
    }
    if page > 0 {
        buttons.push(button(words.previous_page(), PREVIOUS, page - 1));
    }
    if page + 1 < pages.len() {
        buttons.push(button(words.next_page(), NEXT, page + 1));
    }
    blocks.extend(choices::block(&document.choices, locale));
    if !buttons.is_empty() {
        blocks.push(SlackActionsBlock::new(buttons).into());
    }
    Content {
        text: digest::summary(document),
        blocks,
    }
}

/// The answer that is shown until the live check ends: the first page, without buttons.
/// The notification starts with its first line, which says how old it is.
pub fn provisional(document: &Document, asked: &Asked, locale: Locale) -> Content {
    let mut content = private(document, asked, Shareable::No, locale);
    let first = document.lead.first().map(Line::plain).unwrap_or_default();
    content.text = mrkdwn::escape(&format!("{first} — {}", document.title));
    content
        .blocks
        .retain(|block| !matches!(block, SlackBlock::Actions(_)));
    content
}

/// The first page for the channel. `command` shows the others.
pub fn shared(document: &Document, command: Span, user: &str, locale: Locale) -> Content {
    let words = locale.words();
    let pages = pages(document);
    let mut blocks = head(document, 0);
    blocks.extend(pages.first().into_iter().flatten().cloned().map(section));
    if pages.len() > 1 {
        let said = words.page(1, pages.len());
        let line = Line::text(format!("{said} · ")).with(command);
        blocks.extend(contexts(&[line]));
    }
    blocks.extend(contexts(&document.notes));
    // Not escaped: the id is Slack's own.
    blocks.push(context(words.shared_by(&format!("<@{user}>"))));
    Content {
        text: digest::summary(document),
        blocks,
    }
}

/// A document of one page that can't be shared: help, a refusal.
pub fn plain(document: &Document, locale: Locale) -> Content {
    let mut blocks = head(document, 0);
    blocks.extend(choices::block(&document.choices, locale));
    blocks.extend(contexts(&document.notes));
    Content {
        text: digest::summary(document),
        blocks,
    }
}

fn head(document: &Document, page: usize) -> Vec<SlackBlock> {
    let mut blocks = vec![header(&document.title)];
    if page == 0 {
        blocks.extend(sections(&document.lead));
    }
    blocks
}

/// The lists of a document, dealt to pages; at least one.
fn pages(document: &Document) -> Vec<Vec<String>> {
    let around = document
        .lead
        .iter()
        .chain(&document.notes)
        .map(|line| chars(&mrkdwn::line(line)));
    let room = MESSAGE_CHARS.saturating_sub(around.sum::<usize>() + 500);
    let texts = document.all_lists().flat_map(list).collect();
    let mut pages = messages(texts, MESSAGE_BLOCKS - 12, room);
    if pages.is_empty() {
        pages.push(Vec::new());
    }
    pages
}

fn button(label: &str, action: &str, asked: &Asked) -> SlackActionBlockElement {
    // Plain strings and a number: this cannot fail.
    let value = serde_json::to_string(asked).unwrap_or_default();
    SlackBlockButtonElement::new(label.into())
        .with_action_id(action.into())
        .with_value(value)
        .into()
}
