//! Interactive elements in blocks: their IDs, their state, and a person's actions.
//!
//! Publishing a view or message adds missing IDs and the initial state. An interaction finds the
//! element and builds the action of Slack's payload.

use serde_json::{Map, Value, json};

/// A person's action on an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Clicks a button.
    Click,
    /// Selects the option with this value: select menu, overflow menu, radio buttons.
    Option(String),
    /// Selects these options: checkboxes, multi-select menus.
    Options(Vec<String>),
    /// Picks a date (`YYYY-MM-DD`) or a time (`HH:mm`).
    Date(String),
    /// Types a text.
    Text(String),
}

/// An input to the element with this `action_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// The block ID, if several blocks have the same action.
    pub block_id: Option<String>,
    /// The element's `action_id`.
    pub action_id: String,
    /// The person's input.
    pub input: Input,
}

impl Press {
    /// A click on a button.
    #[must_use]
    pub fn click(action_id: &str) -> Self {
        Self::with(action_id, Input::Click)
    }

    /// Any other input.
    #[must_use]
    pub fn with(action_id: &str, input: Input) -> Self {
        Self {
            block_id: None,
            action_id: action_id.to_owned(),
            input,
        }
    }

    /// The same, in this block only.
    #[must_use]
    pub fn in_block(mut self, block_id: &str) -> Self {
        self.block_id = Some(block_id.to_owned());
        self
    }
}

/// The interactive elements of a block.
fn elements(block: &Value) -> Vec<&Value> {
    let single = ["accessory", "element"]
        .iter()
        .filter_map(|name| block.get(name));
    let list = block
        .get("elements")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    single
        .chain(list)
        .filter(|element| interactive(element))
        .collect()
}

fn interactive(element: &Value) -> bool {
    let kind = element["type"].as_str().unwrap_or_default();
    !kind.starts_with("rich_text") && !matches!(kind, "image" | "mrkdwn" | "plain_text" | "")
}

/// Adds the IDs that Slack generates for blocks and elements without one.
pub(super) fn add_ids(blocks: &mut [Value], mut next: impl FnMut() -> u64) {
    for block in blocks {
        if let Some(fields) = block.as_object_mut() {
            fields
                .entry("block_id")
                .or_insert_with(|| format!("b{:04x}", next()).into());
            for name in ["accessory", "element"] {
                if let Some(element) = fields.get_mut(name) {
                    add_action_id(element, &mut next);
                }
            }
            if let Some(Value::Array(elements)) = fields.get_mut("elements") {
                for element in elements {
                    add_action_id(element, &mut next);
                }
            }
        }
    }
}

fn add_action_id(element: &mut Value, next: &mut impl FnMut() -> u64) {
    if interactive(element)
        && let Some(fields) = element.as_object_mut()
    {
        fields
            .entry("action_id")
            .or_insert_with(|| format!("a{:04x}", next()).into());
    }
}

/// The state of blocks: block_id → action_id → value.
///
/// Slack keeps a person's choice while block_id and action_id stay the same, and ignores a new
/// `initial_…` (slackapi/bolt-js issue 974). `kept` is the earlier state. To clear a choice,
/// publish the element with another block_id.
pub(super) fn state(blocks: &[Value], kept: &Map<String, Value>) -> Map<String, Value> {
    let mut values = Map::new();
    for block in blocks {
        let Some(block_id) = block["block_id"].as_str() else {
            continue;
        };
        let mut actions = Map::new();
        for element in elements(block) {
            let (Some(action_id), Some(value)) = (element["action_id"].as_str(), initial(element))
            else {
                continue;
            };
            let before = kept
                .get(block_id)
                .and_then(|actions| actions.get(action_id));
            let before = before.filter(|before| still_offered(element, before));
            actions.insert(action_id.to_owned(), before.cloned().unwrap_or(value));
        }
        if !actions.is_empty() {
            values.insert(block_id.to_owned(), actions.into());
        }
    }
    values
}

/// Reports whether the element still has the earlier choice.
fn still_offered(element: &Value, before: &Value) -> bool {
    if before["type"] != element["type"] {
        return false;
    }
    match before["selected_option"]["value"].as_str() {
        Some(value) => find_option(element, value).is_some(),
        None => true,
    }
}

/// The initial state of an element; `None` for buttons and overflow menus.
fn initial(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (name, from) = match kind {
        "button" | "overflow" | "workflow_button" => return None,
        "static_select" | "radio_buttons" => ("selected_option", "initial_option"),
        "checkboxes" | "multi_static_select" => ("selected_options", "initial_options"),
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        _ => ("value", "initial_value"),
    };
    let empty = if name == "selected_options" {
        json!([])
    } else {
        Value::Null
    };
    let value = element.get(from).cloned().unwrap_or(empty);
    Some(json!({ "type": kind, name: value }))
}

fn find_option<'v>(element: &'v Value, value: &str) -> Option<&'v Value> {
    let groups = element.get("option_groups").and_then(Value::as_array);
    groups
        .into_iter()
        .flatten()
        .filter_map(|group| group.get("options")?.as_array())
        .chain(element.get("options").and_then(Value::as_array))
        .flatten()
        .find(|option| option["value"] == value)
}

/// Finds the element and builds the entry for `actions`.
///
/// # Errors
///
/// A sentence for people, if the element doesn't exist or doesn't offer the choice.
pub(super) fn action(blocks: &[Value], press: &Press, action_ts: &str) -> Result<Value, String> {
    let (block, element) = blocks
        .iter()
        .filter(|block| {
            press
                .block_id
                .as_deref()
                .is_none_or(|id| block["block_id"] == id)
        })
        .flat_map(|block| {
            elements(block)
                .into_iter()
                .map(move |element| (block, element))
        })
        .find(|(_, element)| element["action_id"] == press.action_id.as_str())
        .ok_or_else(|| format!("there is no element {:?} here", press.action_id))?;
    let kind = element["type"].as_str().unwrap_or_default();
    let mut action = json!({
        "type": kind,
        "action_id": press.action_id,
        "block_id": block["block_id"],
        "action_ts": action_ts,
    });
    let choose = |value: &String| {
        find_option(element, value)
            .cloned()
            .ok_or_else(|| format!("{:?} does not offer {value:?}", press.action_id))
    };
    match (kind, &press.input) {
        ("button", Input::Click) => {
            action["text"] = element["text"].clone();
            for name in ["value", "style"] {
                if let Some(found) = element.get(name) {
                    action[name] = found.clone();
                }
            }
        }
        ("static_select" | "overflow" | "radio_buttons", Input::Option(value)) => {
            action["selected_option"] = choose(value)?;
        }
        ("checkboxes" | "multi_static_select", Input::Options(values)) => {
            action["selected_options"] = values
                .iter()
                .map(choose)
                .collect::<Result<Vec<_>, _>>()?
                .into();
        }
        ("datepicker", Input::Date(date)) => action["selected_date"] = date.clone().into(),
        ("timepicker", Input::Date(time)) => action["selected_time"] = time.clone().into(),
        (_, Input::Text(text)) if kind.ends_with("_input") => action["value"] = text.clone().into(),
        (kind, input) => return Err(format!("a {kind} does not take {input:?}")),
    }
    for name in [
        "initial_option",
        "initial_options",
        "initial_date",
        "initial_time",
        "placeholder",
    ] {
        if let Some(found) = element.get(name) {
            action[name] = found.clone();
        }
    }
    Ok(action)
}

/// The new state after an action; `None` for elements without state.
pub(super) fn chosen(action: &Value) -> Option<Value> {
    let name = [
        "selected_option",
        "selected_options",
        "selected_date",
        "selected_time",
    ]
    .into_iter()
    .find(|name| action.get(name).is_some())
    .or_else(|| {
        action["type"]
            .as_str()?
            .ends_with("_input")
            .then_some("value")
    })?;
    (action["type"] != "overflow").then(|| json!({ "type": action["type"], name: action[name] }))
}
