//! Modals: their frame, and texts in them.

use serde_json::{Value, json};
use slack_morphism::prelude::SlackBlock;

use super::{Content, layout};
use crate::text::Words;
use crate::text::document::Line;

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

/// An answer, without its buttons: they would change the message that it is in.
pub fn answer(title: &str, content: &Content, words: Words) -> Value {
    let is_shown = |block: &&SlackBlock| !matches!(block, SlackBlock::Actions(_));
    let blocks: Vec<_> = content.blocks.iter().filter(is_shown).collect();
    if blocks.is_empty() {
        let text = layout::section(content.text.clone());
        return modal(title, words.form_close(), json!([text]));
    }
    modal(title, words.form_close(), json!(blocks))
}
