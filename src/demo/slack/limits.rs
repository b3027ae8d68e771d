//! Slack's limits for blocks and views.
//!
//! Numbers and structure are from the Block Kit reference (docs.slack.dev, "Block Kit blocks",
//! "elements" and "composition objects"). Errors have the format of Slack's lines,
//! `[ERROR] … [json-pointer:…]`. Lengths count Unicode characters. The rules for blocks and
//! elements are in `limits/`.

mod blocks;
mod elements;
mod tables;

use std::collections::HashSet;

use serde_json::{Map, Value};

/// The surface that shows the blocks, which decides the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A message, an ephemeral message, or a reply through a `response_url`.
    Message,
    /// The Home tab.
    Home,
    /// A modal.
    Modal,
}

impl Surface {
    fn max_blocks(self) -> usize {
        match self {
            Self::Message => 50,
            Self::Home | Self::Modal => 100,
        }
    }
}

/// The errors in some blocks, and the amount of text.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Such as `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
    pub errors: Vec<String>,
    /// The number of characters in all visible text.
    pub characters: usize,
    /// The number of blocks.
    pub blocks: usize,
}

/// Slack rejects messages above about this many characters, and also counts something for each
/// block. The rule is not published; the number fits slackapi/bolt-js issues 2509 (13,297
/// characters in markdown blocks) and 2867 (9,597 characters in 50 blocks are accepted, 11,341 in
/// 45 are not).
const MESSAGE_CHARACTERS: usize = 13_200;
const CHARACTERS_FOR_A_BLOCK: usize = 60;

impl Findings {
    /// Reports whether Slack rejects a message with these blocks as `msg_blocks_too_long`.
    #[must_use]
    pub fn too_long(&self) -> bool {
        self.characters + self.blocks * CHARACTERS_FOR_A_BLOCK > MESSAGE_CHARACTERS
    }
}

/// Checks an array of blocks. `pointer` is its JSON pointer, such as `/blocks`.
#[must_use]
pub fn check_blocks(blocks: &[Value], surface: Surface, pointer: &str) -> Findings {
    let mut check = Check::new(surface, blocks.len());
    if blocks.len() > surface.max_blocks() {
        check.error(
            &format!("no more than {} items allowed", surface.max_blocks()),
            pointer,
        );
    }
    for (index, block) in blocks.iter().enumerate() {
        check.block(block, &format!("{pointer}/{index}"));
    }
    if check.markdown > 12_000 {
        check.error(
            "markdown blocks must be less than 12001 characters together",
            pointer,
        );
    }
    check.findings
}

/// Checks a Home view. JSON pointers in the errors begin with `/view`.
#[must_use]
pub fn check_home(view: &Value) -> Vec<String> {
    check_view(view, "home", Surface::Home, &[])
}

/// Checks the view of a modal. The sentences point into `/view`.
#[must_use]
pub fn check_modal(view: &Value) -> Vec<String> {
    const KNOWN: [&str; 6] = [
        "title",
        "submit",
        "close",
        "clear_on_close",
        "notify_on_close",
        "submit_disabled",
    ];
    let mut errors = check_view(view, "modal", Surface::Modal, &KNOWN);
    let mut check = Check::new(Surface::Modal, 0);
    if let Some(fields) = view.as_object() {
        check.required_text(fields, "title", Kind::Plain, 24, "/view");
        check.text_field(fields, "submit", Kind::Plain, 24, "/view");
        check.text_field(fields, "close", Kind::Plain, 24, "/view");
        check.boolean(fields, "clear_on_close", "/view");
        check.boolean(fields, "notify_on_close", "/view");
        let blocks = fields.get("blocks").and_then(Value::as_array);
        let has_input = blocks
            .into_iter()
            .flatten()
            .any(|one| one["type"] == "input");
        if has_input {
            check.required(fields, "submit", "/view");
        }
    }
    errors.extend(check.findings.errors);
    errors
}

fn check_view(view: &Value, kind: &str, surface: Surface, more: &[&str]) -> Vec<String> {
    let Some(fields) = view.as_object() else {
        return vec!["must be an object [json-pointer:/view]".to_owned()];
    };
    let mut errors = Vec::new();
    if fields.get("type").and_then(Value::as_str) != Some(kind) {
        errors.push(format!(
            "must be one of: \"{kind}\" [json-pointer:/view/type]"
        ));
    }
    for (name, limit) in [
        ("private_metadata", 3_000),
        ("callback_id", 255),
        ("external_id", 255),
    ] {
        match fields.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.chars().count() <= limit => {}
            Some(Value::String(_)) => errors.push(format!(
                "must be less than {} characters [json-pointer:/view/{name}]",
                limit + 1
            )),
            Some(_) => errors.push(format!("must be a string [json-pointer:/view/{name}]")),
        }
    }
    const KNOWN: [&str; 5] = [
        "type",
        "blocks",
        "private_metadata",
        "callback_id",
        "external_id",
    ];
    let is_known = |name: &str| KNOWN.contains(&name) || more.contains(&name);
    for name in fields.keys().filter(|name| !is_known(name)) {
        errors.push(format!(
            "invalid additional property: {name} [json-pointer:/view]"
        ));
    }
    match fields.get("blocks").and_then(Value::as_array) {
        Some(blocks) => errors.extend(check_blocks(blocks, surface, "/view/blocks").errors),
        None => errors.push("missing required field: blocks [json-pointer:/view]".to_owned()),
    }
    errors
}

/// The types of text objects allowed in a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Either,
}

struct Check {
    surface: Surface,
    block_ids: HashSet<String>,
    action_ids: HashSet<String>,
    tables: usize,
    markdown: usize,
    findings: Findings,
}

type Fields = Map<String, Value>;

impl Check {
    fn new(surface: Surface, blocks: usize) -> Self {
        Self {
            surface,
            block_ids: HashSet::new(),
            action_ids: HashSet::new(),
            tables: 0,
            markdown: 0,
            findings: Findings {
                blocks,
                ..Findings::default()
            },
        }
    }

    fn error(&mut self, what: &str, pointer: &str) {
        self.findings
            .errors
            .push(format!("{what} [json-pointer:{pointer}]"));
    }

    fn object<'v>(&mut self, value: &'v Value, pointer: &str) -> Option<&'v Fields> {
        let object = value.as_object();
        if object.is_none() {
            self.error("must be an object", pointer);
        }
        object
    }

    /// Slack rejects unknown properties.
    fn only(&mut self, fields: &Fields, known: &[&str], pointer: &str) {
        for name in fields.keys() {
            if name != "type" && !known.contains(&name.as_str()) {
                self.error(&format!("invalid additional property: {name}"), pointer);
            }
        }
    }

    fn required<'v>(&mut self, fields: &'v Fields, name: &str, pointer: &str) -> Option<&'v Value> {
        let value = fields.get(name);
        if value.is_none() {
            self.error(&format!("missing required field: {name}"), pointer);
        }
        value
    }

    fn length(&mut self, text: &str, min: usize, max: usize, pointer: &str) {
        let length = text.chars().count();
        if length > max {
            self.error(
                &format!("must be less than {} characters", max + 1),
                pointer,
            );
        }
        if length < min {
            self.error(
                &format!("must be more than {} characters", min - 1),
                pointer,
            );
        }
    }

    /// Checks the length of a string field. An absent field is valid.
    fn string(&mut self, fields: &Fields, name: &str, min: usize, max: usize, pointer: &str) {
        match fields.get(name) {
            None => {}
            Some(Value::String(text)) => self.length(text, min, max, &format!("{pointer}/{name}")),
            Some(_) => self.error("must be a string", &format!("{pointer}/{name}")),
        }
    }

    fn boolean(&mut self, fields: &Fields, name: &str, pointer: &str) {
        if fields.get(name).is_some_and(|value| !value.is_boolean()) {
            self.error("must be a boolean", &format!("{pointer}/{name}"));
        }
    }

    fn one_of(&mut self, fields: &Fields, name: &str, allowed: &[&str], pointer: &str) {
        if let Some(value) = fields.get(name)
            && !value.as_str().is_some_and(|text| allowed.contains(&text))
        {
            let allowed = allowed.join("\", \"");
            self.error(
                &format!("must be one of: \"{allowed}\""),
                &format!("{pointer}/{name}"),
            );
        }
    }

    fn array<'v>(
        &mut self,
        fields: &'v Fields,
        name: &str,
        limits: (usize, usize),
        pointer: &str,
    ) -> &'v [Value] {
        let (min, max) = limits;
        let here = format!("{pointer}/{name}");
        match fields.get(name) {
            Some(Value::Array(items)) => {
                if items.len() > max {
                    self.error(&format!("no more than {max} items allowed"), &here);
                }
                if items.len() < min {
                    self.error(&format!("no fewer than {min} items allowed"), &here);
                }
                items
            }
            Some(_) => {
                self.error("must be an array", &here);
                &[]
            }
            None => {
                self.error(&format!("missing required field: {name}"), pointer);
                &[]
            }
        }
    }

    fn url(&mut self, fields: &Fields, name: &str, pointer: &str) {
        self.string(fields, name, 1, 3_000, pointer);
        if let Some(text) = fields.get(name).and_then(Value::as_str)
            && url::Url::parse(text).is_err()
        {
            self.error("must be a valid URL", &format!("{pointer}/{name}"));
        }
    }

    fn text(&mut self, value: &Value, kind: Kind, max: usize, pointer: &str) {
        let Some(fields) = self.object(value, pointer) else {
            return;
        };
        match fields.get("type").and_then(Value::as_str) {
            Some("plain_text") => {
                self.only(fields, &["text", "emoji"], pointer);
                self.boolean(fields, "emoji", pointer);
            }
            Some("mrkdwn") if kind == Kind::Either => {
                self.only(fields, &["text", "verbatim"], pointer);
                self.boolean(fields, "verbatim", pointer);
            }
            _ if kind == Kind::Plain => {
                self.error("must be one of: \"plain_text\"", &format!("{pointer}/type"));
            }
            _ => self.error(
                "must be one of: \"plain_text\", \"mrkdwn\"",
                &format!("{pointer}/type"),
            ),
        }
        self.visible_text(fields, max, pointer);
    }

    /// Checks the required string `text`, which is visible; returns its length.
    fn visible_text(&mut self, fields: &Fields, max: usize, pointer: &str) -> usize {
        let text = self.required(fields, "text", pointer);
        self.string(fields, "text", 1, max, pointer);
        let length = text
            .and_then(Value::as_str)
            .map_or(0, |text| text.chars().count());
        self.findings.characters += length;
        length
    }

    fn text_field(&mut self, fields: &Fields, name: &str, kind: Kind, max: usize, pointer: &str) {
        if let Some(value) = fields.get(name) {
            self.text(value, kind, max, &format!("{pointer}/{name}"));
        }
    }

    fn required_text(
        &mut self,
        fields: &Fields,
        name: &str,
        kind: Kind,
        max: usize,
        pointer: &str,
    ) {
        if let Some(value) = self.required(fields, name, pointer) {
            self.text(value, kind, max, &format!("{pointer}/{name}"));
        }
    }
}

#[cfg(test)]
mod tests;
