//! The same content without blocks, for when Slack rejects them: complete, only less
//! readable.

use serde_json::{Value, json};

/// Blocks in a view: 100.
const VIEW_BLOCKS: usize = 100;

/// Reports whether the same message without blocks may be taken.
pub fn is_about_blocks(code: &str) -> bool {
    code.starts_with("invalid_blocks") || matches!(code, "msg_too_long" | "msg_blocks_too_long")
}

/// Reports whether the same message without a table may be taken. Slack doesn't document how a
/// workspace without tables refuses one.
pub fn is_about_table(code: &str) -> bool {
    is_about_blocks(code) || matches!(code, "invalid_arguments" | "invalid_block")
}

/// Reports whether the same view in plain text may be taken.
pub fn is_about_view(code: &str) -> bool {
    is_about_blocks(code) || matches!(code, "invalid_arguments" | "view_too_large")
}

/// The texts of blocks, in order.
fn texts(content: &Value) -> impl Iterator<Item = &str> {
    let blocks = content.get("blocks").and_then(Value::as_array);
    blocks.into_iter().flatten().flat_map(|block| {
        let own = block.pointer("/text/text").and_then(Value::as_str);
        let elements = block.get("elements").and_then(Value::as_array);
        let small = elements.into_iter().flatten();
        own.into_iter()
            .chain(small.filter_map(|element| element.get("text")?.as_str()))
    })
}

/// A message's texts instead of its blocks.
#[must_use]
pub fn message(content: &Value) -> Value {
    let mut plain = content.clone();
    if let Some(fields) = plain.as_object_mut() {
        let text = texts(content).collect::<Vec<_>>().join("\n");
        fields.remove("blocks");
        fields.insert("text".to_owned(), text.into());
        // Otherwise Slack turns addresses in the text into links.
        fields.insert("parse".to_owned(), "none".into());
    }
    plain
}

/// A view's texts, without controls.
#[must_use]
pub fn view(view: &Value) -> Value {
    let block =
        |text: &str| json!({ "type": "section", "text": { "type": "plain_text", "text": text } });
    let blocks: Vec<_> = texts(view).take(VIEW_BLOCKS).map(block).collect();
    let mut plain = view.clone();
    if let Some(fields) = plain.as_object_mut() {
        fields.insert("blocks".to_owned(), blocks.into());
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Value {
        json!({
            "text": "short",
            "response_type": "ephemeral",
            "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": "Title" } },
                { "type": "section", "text": { "type": "mrkdwn", "text": "• `1` left" } },
                { "type": "divider" },
                { "type": "context", "elements": [
                    { "type": "mrkdwn", "text": "43 members" },
                    { "type": "mrkdwn", "text": "Checked" },
                ] },
                { "type": "actions", "elements": [
                    { "type": "button", "text": { "type": "plain_text", "text": "Share" } },
                ] },
            ],
        })
    }

    #[test]
    fn a_message_without_blocks_is_complete() {
        assert_eq!(
            message(&content()),
            json!({
                "text": "Title\n• `1` left\n43 members\nChecked",
                "parse": "none",
                "response_type": "ephemeral",
            })
        );
    }

    #[test]
    fn a_view_in_plain_text_is_complete() {
        let mut view_with = content();
        view_with["type"] = "home".into();
        let plain = view(&view_with);
        assert_eq!(texts(&plain).count(), 4);
        assert_eq!(plain["type"], "home");
        assert_eq!(plain["blocks"][0]["text"]["type"], "plain_text");
    }
}
