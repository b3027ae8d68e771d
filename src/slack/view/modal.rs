//! Modals: their frame, and texts in them.

use serde_json::{Value, json};
use slack_morphism::prelude::SlackBlock;

use super::{Content, layout, mrkdwn};
use crate::text::Words;
use crate::text::document::{Document, Line};

/// A modal without a form.
pub(super) fn modal(title: &str, close: &str, blocks: Value) -> Value {
    json!({
        "type": "modal",
        "title": plain(title),
        "close": plain(close),
        "blocks": blocks,
    })
}

/// Text without formatting.
pub(super) fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

/// The modal until its content is there. `name` is its external ID.
pub fn loading(name: &str, title: &str, words: Words) -> Value {
    let mut view = said(title, &[Line::text(words.form_loading())], words);
    view["external_id"] = name.into();
    view
}

/// Some lines.
pub fn said(title: &str, lines: &[Line], words: Words) -> Value {
    let blocks = layout::sections(lines);
    modal(title, words.form_close(), json!(blocks))
}

/// Adds a text above the blocks of a modal.
pub fn say_above(view: &mut Value, text: &str) {
    let text = json!(layout::section(mrkdwn::escape(text)));
    if let Some(blocks) = view["blocks"].as_array_mut() {
        blocks.insert(0, text);
    }
}

/// The most blocks of a document's lists: a view has at most 100.
const LIST_BLOCKS: usize = 80;

/// A document on one page. Its choices are lines: a button would answer elsewhere.
pub fn document(title: &str, document: &Document, words: Words) -> Value {
    let mut blocks = vec![layout::header(&document.title)];
    blocks.extend(layout::sections(&document.lead));
    let choices = document.choices.iter();
    let choices: Vec<_> = choices
        .map(|choice| format!("• {}", mrkdwn::escape(&choice.label)))
        .collect();
    blocks.extend(layout::texts(choices).into_iter().map(layout::section));
    let mut lists: Vec<_> = document.all_lists().flat_map(layout::list).collect();
    let hidden = lists.split_off(lists.len().min(LIST_BLOCKS));
    blocks.extend(lists.into_iter().map(layout::section));
    let mut notes = Vec::new();
    let lines = hidden
        .iter()
        .map(|text| text.lines().count())
        .sum::<usize>();
    if lines > 0 {
        notes.push(Line::text(words.cut_off(lines)));
    }
    notes.extend(document.notes.iter().cloned());
    blocks.extend(layout::contexts(&notes));
    modal(title, words.form_close(), json!(blocks))
}

/// The content of a message, without its buttons: they would change the message that it is in.
pub fn content(title: &str, content: &Content, words: Words) -> Value {
    let is_shown = |block: &&SlackBlock| !matches!(block, SlackBlock::Actions(_));
    let blocks: Vec<_> = content.blocks.iter().filter(is_shown).collect();
    if blocks.is_empty() {
        let text = layout::section(content.text.clone());
        return modal(title, words.form_close(), json!([text]));
    }
    modal(title, words.form_close(), json!(blocks))
}
