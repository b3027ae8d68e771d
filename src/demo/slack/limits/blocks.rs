//! The rules for each type of block.

use serde_json::Value;

use super::elements::{ACCESSORIES, ACTIONS, Allowed, IMAGES, INPUTS};
use super::{Check, Fields, Kind, Surface};

impl Check {
    pub(super) fn block(&mut self, block: &Value, pointer: &str) {
        let Some(fields) = self.object(block, pointer) else {
            return;
        };
        self.action_ids.clear();
        self.string(fields, "block_id", 1, 255, pointer);
        if let Some(id) = fields.get("block_id").and_then(Value::as_str)
            && !self.block_ids.insert(id.to_owned())
        {
            self.error(
                &format!("block_id already exists: {id}"),
                &format!("{pointer}/block_id"),
            );
        }
        match fields.get("type").and_then(Value::as_str) {
            Some("section") => self.section(fields, pointer),
            Some("header") => {
                self.only(fields, &["text", "block_id", "level"], pointer);
                self.required_text(fields, "text", Kind::Plain, 150, pointer);
            }
            Some("divider") => self.only(fields, &["block_id"], pointer),
            Some("context") => self.context(fields, pointer),
            Some("actions") => {
                self.only(fields, &["elements", "block_id"], pointer);
                self.elements(fields, ACTIONS, pointer);
            }
            Some("image") => self.image(fields, true, pointer),
            Some("input") => self.input(fields, pointer),
            Some("rich_text") => {
                self.only(fields, &["elements", "block_id"], pointer);
                self.rich_text(fields, pointer);
            }
            Some("markdown") if self.surface == Surface::Message => {
                self.only(fields, &["text", "block_id"], pointer);
                self.markdown += self.visible_text(fields, 12_000, pointer);
            }
            Some("table") if self.surface == Surface::Message => self.table(fields, pointer),
            Some("data_table") if self.surface != Surface::Modal => {
                self.data_table(fields, pointer);
            }
            Some(other) => self.error(
                &format!("unsupported type: {other}"),
                &format!("{pointer}/type"),
            ),
            None => self.error("missing required field: type", pointer),
        }
    }

    fn section(&mut self, fields: &Fields, pointer: &str) {
        self.only(
            fields,
            &["text", "fields", "accessory", "block_id", "expand"],
            pointer,
        );
        self.boolean(fields, "expand", pointer);
        self.text_field(fields, "text", Kind::Either, 3_000, pointer);
        if fields.contains_key("fields") {
            for (index, field) in self
                .array(fields, "fields", (1, 10), pointer)
                .iter()
                .enumerate()
            {
                self.text(
                    field,
                    Kind::Either,
                    2_000,
                    &format!("{pointer}/fields/{index}"),
                );
            }
        } else if !fields.contains_key("text") {
            self.error("missing required field: text or fields", pointer);
        }
        if let Some(accessory) = fields.get("accessory") {
            self.element(accessory, ACCESSORIES, &format!("{pointer}/accessory"));
        }
    }

    fn context(&mut self, fields: &Fields, pointer: &str) {
        self.only(fields, &["elements", "block_id"], pointer);
        for (index, element) in self
            .array(fields, "elements", (1, 10), pointer)
            .iter()
            .enumerate()
        {
            let here = format!("{pointer}/elements/{index}");
            match element.get("type").and_then(Value::as_str) {
                Some("image") => self.element(element, IMAGES, &here),
                _ => self.text(element, Kind::Either, 3_000, &here),
            }
        }
    }

    fn elements(&mut self, fields: &Fields, allowed: Allowed, pointer: &str) {
        for (index, element) in self
            .array(fields, "elements", (1, 25), pointer)
            .iter()
            .enumerate()
        {
            self.element(element, allowed, &format!("{pointer}/elements/{index}"));
        }
    }

    fn input(&mut self, fields: &Fields, pointer: &str) {
        self.only(
            fields,
            &[
                "label",
                "element",
                "dispatch_action",
                "block_id",
                "hint",
                "optional",
            ],
            pointer,
        );
        self.required_text(fields, "label", Kind::Plain, 2_000, pointer);
        self.text_field(fields, "hint", Kind::Plain, 2_000, pointer);
        self.boolean(fields, "optional", pointer);
        self.boolean(fields, "dispatch_action", pointer);
        if let Some(element) = self.required(fields, "element", pointer) {
            self.element(element, INPUTS, &format!("{pointer}/element"));
        }
    }

    pub(super) fn image(&mut self, fields: &Fields, block: bool, pointer: &str) {
        self.only(
            fields,
            if block {
                &["image_url", "slack_file", "alt_text", "title", "block_id"]
            } else {
                &["image_url", "slack_file", "alt_text"]
            },
            pointer,
        );
        if !fields.contains_key("slack_file") {
            self.required(fields, "image_url", pointer);
        }
        self.url(fields, "image_url", pointer);
        self.required(fields, "alt_text", pointer);
        self.string(fields, "alt_text", 0, 2_000, pointer);
        self.text_field(fields, "title", Kind::Plain, 2_000, pointer);
    }

    pub(super) fn rich_text(&mut self, fields: &Fields, pointer: &str) {
        const CONTAINERS: [&str; 4] = [
            "rich_text_section",
            "rich_text_list",
            "rich_text_preformatted",
            "rich_text_quote",
        ];
        const INLINE: [&str; 9] = [
            "text",
            "link",
            "emoji",
            "user",
            "usergroup",
            "channel",
            "broadcast",
            "date",
            "color",
        ];
        let nested = fields.get("type").and_then(Value::as_str);
        let items = self.array(fields, "elements", (0, usize::MAX), pointer);
        for (index, element) in items.iter().enumerate() {
            let here = format!("{pointer}/elements/{index}");
            let Some(element) = self.object(element, &here) else {
                continue;
            };
            let kind = element
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let fits = match nested {
                Some("rich_text") => CONTAINERS.contains(&kind),
                Some("rich_text_list") => kind == "rich_text_section",
                _ => INLINE.contains(&kind),
            };
            if !fits {
                self.error(
                    &format!("unsupported type: {kind}"),
                    &format!("{here}/type"),
                );
            } else if CONTAINERS.contains(&kind) {
                if kind == "rich_text_list" {
                    self.required(element, "style", &here);
                    self.one_of(element, "style", &["bullet", "ordered"], &here);
                }
                self.rich_text(element, &here);
            } else {
                let field = match kind {
                    "text" => "text",
                    "link" => "url",
                    "emoji" => "name",
                    "user" => "user_id",
                    "channel" => "channel_id",
                    _ => continue,
                };
                self.required(element, field, &here);
                self.string(element, field, 1, usize::MAX - 1, &here);
                let seen = element.get("text").or_else(|| element.get(field));
                self.findings.characters += seen
                    .and_then(Value::as_str)
                    .map_or(0, |text| text.chars().count());
            }
        }
    }
}
