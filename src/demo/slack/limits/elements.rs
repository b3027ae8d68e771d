//! The rules for each interactive element and composition object.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveTime};
use serde_json::Value;

use super::{Check, Fields, Kind};

/// The elements allowed in a block, in groups.
pub(super) type Allowed = &'static [&'static [&'static str]];

/// Elements allowed as the accessory of a section.
pub(super) const ACCESSORIES: Allowed = &[CHOICES, BUTTONS, &["image"]];

/// Elements allowed in an actions block.
pub(super) const ACTIONS: Allowed = &[CHOICES, BUTTONS, &["datetimepicker"]];

/// Elements allowed in an input block.
pub(super) const INPUTS: Allowed = &[CHOICES, TYPED, &["datetimepicker"]];

/// The only element allowed next to text in a context block.
pub(super) const IMAGES: Allowed = &[&["image"]];

const BUTTONS: &[&str] = &["button", "overflow"];

const TYPED: &[&str] = &[
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
];

const CHOICES: &[&str] = &[
    "datepicker",
    "timepicker",
    "static_select",
    "multi_static_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "checkboxes",
    "radio_buttons",
];

impl Check {
    pub(super) fn element(&mut self, element: &Value, allowed: Allowed, pointer: &str) {
        let Some(fields) = self.object(element, pointer) else {
            return;
        };
        let Some(kind) = fields.get("type").and_then(Value::as_str) else {
            self.error("missing required field: type", pointer);
            return;
        };
        if !allowed.iter().any(|group| group.contains(&kind)) {
            self.error(
                &format!("unsupported type: {kind}"),
                &format!("{pointer}/type"),
            );
            return;
        }
        if kind == "image" {
            self.image(fields, false, pointer);
            return;
        }
        self.string(fields, "action_id", 1, 255, pointer);
        if let Some(id) = fields.get("action_id").and_then(Value::as_str)
            && !self.action_ids.insert(id.to_owned())
        {
            self.error(
                &format!("action_id already exists: {id}"),
                &format!("{pointer}/action_id"),
            );
        }
        if let Some(confirm) = fields.get("confirm") {
            self.confirm(confirm, &format!("{pointer}/confirm"));
        }
        self.text_field(fields, "placeholder", Kind::Plain, 150, pointer);
        self.boolean(fields, "focus_on_load", pointer);
        match kind {
            "button" => self.button(fields, pointer),
            "overflow" => {
                self.only(fields, &["action_id", "options", "confirm"], pointer);
                self.options(fields, "options", (1, 5), "overflow", pointer);
            }
            "checkboxes" | "radio_buttons" => self.boxes(fields, kind, pointer),
            "static_select" | "multi_static_select" => self.select(fields, kind, pointer),
            "datepicker" | "timepicker" | "datetimepicker" => self.picker(fields, kind, pointer),
            kind if TYPED.contains(&kind) => self.typed_input(fields, kind, pointer),
            _ => {}
        }
    }

    fn button(&mut self, fields: &Fields, pointer: &str) {
        const KNOWN: &[&str] = &[
            "text",
            "action_id",
            "url",
            "value",
            "style",
            "confirm",
            "accessibility_label",
        ];
        self.only(fields, KNOWN, pointer);
        self.required_text(fields, "text", Kind::Plain, 75, pointer);
        self.url(fields, "url", pointer);
        self.string(fields, "value", 0, 2_000, pointer);
        self.string(fields, "accessibility_label", 0, 75, pointer);
        self.one_of(fields, "style", &["primary", "danger"], pointer);
    }

    fn boxes(&mut self, fields: &Fields, kind: &str, pointer: &str) {
        let initial = if kind == "checkboxes" {
            "initial_options"
        } else {
            "initial_option"
        };
        self.only(
            fields,
            &["action_id", "options", initial, "confirm", "focus_on_load"],
            pointer,
        );
        self.options(fields, "options", (1, 10), kind, pointer);
        self.initial(fields, initial, pointer);
    }

    fn select(&mut self, fields: &Fields, kind: &str, pointer: &str) {
        let initial = if kind == "static_select" {
            "initial_option"
        } else {
            "initial_options"
        };
        self.only(
            fields,
            &[
                "action_id",
                "options",
                "option_groups",
                initial,
                "confirm",
                "max_selected_items",
                "focus_on_load",
                "placeholder",
            ],
            pointer,
        );
        match (
            fields.contains_key("options"),
            fields.contains_key("option_groups"),
        ) {
            (true, false) => self.options(fields, "options", (1, 100), kind, pointer),
            (false, true) => {
                let groups = self.array(fields, "option_groups", (1, 100), pointer);
                for (index, group) in groups.iter().enumerate() {
                    let here = format!("{pointer}/option_groups/{index}");
                    let Some(group) = self.object(group, &here) else {
                        continue;
                    };
                    self.only(group, &["label", "options"], &here);
                    self.required_text(group, "label", Kind::Plain, 75, &here);
                    self.options(group, "options", (1, 100), kind, &here);
                }
            }
            _ => self.error(
                "exactly one of options and option_groups is required",
                pointer,
            ),
        }
        self.initial(fields, initial, pointer);
    }

    fn options(
        &mut self,
        fields: &Fields,
        name: &str,
        limits: (usize, usize),
        kind: &str,
        pointer: &str,
    ) {
        let mut values = HashSet::new();
        let boxes = matches!(kind, "checkboxes" | "radio_buttons");
        let text = if boxes { Kind::Either } else { Kind::Plain };
        for (index, option) in self.array(fields, name, limits, pointer).iter().enumerate() {
            let here = format!("{pointer}/{name}/{index}");
            let Some(option) = self.object(option, &here) else {
                continue;
            };
            let url: &[&str] = if kind == "overflow" { &["url"] } else { &[] };
            self.only(
                option,
                &[&["text", "value", "description"], url].concat(),
                &here,
            );
            self.required_text(option, "text", text, 75, &here);
            self.text_field(option, "description", text, 75, &here);
            self.required(option, "value", &here);
            self.string(option, "value", 1, 150, &here);
            self.url(option, "url", &here);
            if let Some(value) = option.get("value").and_then(Value::as_str)
                && !values.insert(value)
            {
                self.error(
                    &format!("duplicate option value: {value}"),
                    &format!("{here}/value"),
                );
            }
        }
    }

    /// The initial option must equal one of the options.
    fn initial(&mut self, fields: &Fields, name: &str, pointer: &str) {
        let Some(initial) = fields.get(name) else {
            return;
        };
        let groups = fields.get("option_groups").and_then(Value::as_array);
        let offered: Vec<&Value> = groups
            .into_iter()
            .flatten()
            .filter_map(|group| group.get("options")?.as_array())
            .chain(fields.get("options").and_then(Value::as_array))
            .flatten()
            .collect();
        let chosen: Vec<&Value> = match (name, initial) {
            ("initial_options", Value::Array(items)) if !items.is_empty() => items.iter().collect(),
            ("initial_options", _) => {
                self.error(
                    "must be an array with at least 1 item",
                    &format!("{pointer}/{name}"),
                );
                return;
            }
            _ => vec![initial],
        };
        if !chosen
            .iter()
            .all(|option| offered.iter().any(|other| same_option(option, other)))
        {
            self.error(
                &format!("{name} must be among the options"),
                &format!("{pointer}/{name}"),
            );
        }
    }

    fn picker(&mut self, fields: &Fields, kind: &str, pointer: &str) {
        let initial = match kind {
            "datepicker" => "initial_date",
            "timepicker" => "initial_time",
            _ => "initial_date_time",
        };
        self.only(
            fields,
            &[
                "action_id",
                initial,
                "confirm",
                "focus_on_load",
                "placeholder",
                "timezone",
            ],
            pointer,
        );
        let Some(value) = fields.get(initial) else {
            return;
        };
        let valid = match (kind, value) {
            ("datepicker", Value::String(text)) => {
                text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
            }
            ("timepicker", Value::String(text)) => {
                text.len() == 5 && NaiveTime::parse_from_str(text, "%H:%M").is_ok()
            }
            ("datetimepicker", Value::Number(seconds)) => seconds.is_i64(),
            _ => false,
        };
        if !valid {
            let shape = match kind {
                "datepicker" => "must be a date in the form YYYY-MM-DD",
                "timepicker" => "must be a time in the form HH:mm",
                _ => "must be seconds since the epoch",
            };
            self.error(shape, &format!("{pointer}/{initial}"));
        }
    }

    fn typed_input(&mut self, fields: &Fields, kind: &str, pointer: &str) {
        if kind == "plain_text_input" {
            self.string(fields, "initial_value", 0, 3_000, pointer);
            self.boolean(fields, "multiline", pointer);
            const KNOWN: &[&str] = &[
                "action_id",
                "initial_value",
                "multiline",
                "min_length",
                "max_length",
                "dispatch_action_config",
                "focus_on_load",
                "placeholder",
            ];
            self.only(fields, KNOWN, pointer);
            for (name, least) in [("min_length", 0), ("max_length", 1)] {
                let length = fields.get(name).map(Value::as_u64);
                if length.is_some_and(|length| length.is_none_or(|one| one < least || one > 3_000))
                {
                    let text = format!("must be between {least} and 3000");
                    self.error(&text, &format!("{pointer}/{name}"));
                }
            }
        }
        if kind == "number_input" {
            self.required(fields, "is_decimal_allowed", pointer);
        }
    }

    fn confirm(&mut self, confirm: &Value, pointer: &str) {
        let Some(fields) = self.object(confirm, pointer) else {
            return;
        };
        self.only(
            fields,
            &["title", "text", "confirm", "deny", "style"],
            pointer,
        );
        self.required_text(fields, "title", Kind::Plain, 100, pointer);
        self.required_text(fields, "text", Kind::Either, 300, pointer);
        self.required_text(fields, "confirm", Kind::Plain, 30, pointer);
        self.required_text(fields, "deny", Kind::Plain, 30, pointer);
        self.one_of(fields, "style", &["primary", "danger"], pointer);
    }
}

/// Text and value must be the same. `emoji` may be missing on one side.
fn same_option(left: &Value, right: &Value) -> bool {
    ["/value", "/text/text", "/text/type"]
        .iter()
        .all(|pointer| left.pointer(pointer) == right.pointer(pointer))
}
