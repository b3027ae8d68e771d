use serde_json::{Value, json};

use super::*;

fn errors(blocks: Value) -> Vec<String> {
    check_blocks(blocks.as_array().unwrap(), Surface::Message, "/blocks").errors
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn button() -> Value {
    json!({
        "type": "button", "action_id": "share", "text": { "type": "plain_text", "text": "Share" }
    })
}

fn options(count: usize) -> Vec<Value> {
    (0..count)
        .map(|i| json!({ "text": { "type": "plain_text", "text": format!("o{i}") }, "value": format!("v{i}") }))
        .collect()
}

#[test]
fn blocks_that_slack_accepts_are_accepted() {
    let select = json!({
        "type": "static_select", "action_id": "region", "options": options(100),
        "initial_option": options(3)[2], "placeholder": { "type": "plain_text", "text": "Region" }
    });
    let date = json!({ "type": "datepicker", "action_id": "date", "initial_date": "2026-11-20" });
    let blocks = json!([
        { "type": "header", "text": { "type": "plain_text", "text": "x".repeat(150), "emoji": true } },
        section(&"あ".repeat(3_000)),
        { "type": "section", "fields": [{ "type": "mrkdwn", "text": "x".repeat(2_000) }], "accessory": button() },
        { "type": "divider", "block_id": "line" },
        { "type": "context", "elements": [{ "type": "mrkdwn", "text": "as of *now*" }] },
        { "type": "actions", "block_id": "controls", "elements": [select, date, button()] },
        { "type": "rich_text", "elements": [{
            "type": "rich_text_section", "elements": [{ "type": "text", "text": "bold", "style": { "bold": true } }]
        }] },
    ]);
    assert_eq!(errors(blocks), Vec::<String>::new());
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list of cases")]
fn every_limit_is_kept() {
    let long_button = |name: &str, value: Value| {
        let mut button = button();
        button[name] = value;
        json!([{ "type": "actions", "elements": [button] }])
    };
    let plain = |length: usize| json!({ "type": "plain_text", "text": "x".repeat(length) });
    let with = |element: Value| json!([{ "type": "actions", "elements": [element] }]);
    let cases = [
        (
            json!([section(&"あ".repeat(3_001))]),
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            json!([section("")]),
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            json!([{ "type": "section" }]),
            "missing required field: text or fields [json-pointer:/blocks/0]",
        ),
        (
            json!([{ "type": "section", "fields": vec![plain(1); 11] }]),
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            json!([{ "type": "section", "fields": [plain(2_001)] }]),
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            json!([{ "type": "header", "text": plain(151) }]),
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            json!([{ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }]),
            "must be one of: \"plain_text\" [json-pointer:/blocks/0/text/type]",
        ),
        (
            json!([{ "type": "context", "elements": vec![plain(1); 11] }]),
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            json!([{ "type": "context", "elements": [] }]),
            "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            json!([{ "type": "actions", "elements": (0..26).map(|i| { let mut b = button(); b["action_id"] = json!(format!("b{i}")); b }).collect::<Vec<_>>() }]),
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            long_button("text", plain(76)),
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        ),
        (
            long_button("value", json!("x".repeat(2_001))),
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            long_button("action_id", json!("x".repeat(256))),
            "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
        ),
        (
            long_button(
                "url",
                json!(format!("https://e.example/{}", "x".repeat(3_000))),
            ),
            "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
        ),
        (
            long_button("style", json!("green")),
            "must be one of: \"primary\", \"danger\" [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            long_button("color", json!("red")),
            "invalid additional property: color [json-pointer:/blocks/0/elements/0]",
        ),
        (
            with(json!({ "type": "static_select", "options": options(101) })),
            "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            with(
                json!({ "type": "static_select", "options": options(2), "initial_option": options(3)[2] }),
            ),
            "initial_option must be among the options [json-pointer:/blocks/0/elements/0/initial_option]",
        ),
        (
            with(json!({ "type": "overflow", "options": options(6) })),
            "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            with(json!({ "type": "datepicker", "initial_date": "2026-02-30" })),
            "must be a date in the form YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
        ),
        (
            with(json!({ "type": "plain_text_input" })),
            "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            long_button(
                "confirm",
                json!({ "title": plain(101), "text": plain(1), "confirm": plain(1), "deny": plain(1) }),
            ),
            "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
        ),
        (
            json!([{ "type": "divider", "block_id": "a" }, { "type": "divider", "block_id": "a" }]),
            "block_id already exists: a [json-pointer:/blocks/1/block_id]",
        ),
        (
            json!([{ "type": "divider", "block_id": "x".repeat(256) }]),
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
        (
            json!([{ "type": "actions", "elements": [button(), button()] }]),
            "action_id already exists: share [json-pointer:/blocks/0/elements/1/action_id]",
        ),
        (
            json!([{ "type": "spreadsheet" }]),
            "unsupported type: spreadsheet [json-pointer:/blocks/0/type]",
        ),
        (
            Value::from(vec![json!({ "type": "divider" }); 51]),
            "no more than 50 items allowed [json-pointer:/blocks]",
        ),
    ];
    for (blocks, expected) in cases {
        assert_eq!(errors(blocks), [expected]);
    }
}

#[test]
fn the_same_action_may_appear_in_several_blocks() {
    let row = json!({ "type": "actions", "elements": [button()] });
    assert!(errors(json!([row, row])).is_empty());
}

#[test]
fn a_message_is_too_long_before_its_blocks_are() {
    let of = |blocks: usize, each: usize| {
        check_blocks(
            &vec![section(&"x".repeat(each)); blocks],
            Surface::Message,
            "/blocks",
        )
        .too_long()
    };
    // The two measured cases, and one large text.
    assert!(!of(50, 192));
    assert!(of(45, 252));
    assert!(of(5, 2_700));
}

#[test]
fn a_home_view_has_its_own_limits() {
    let home = |blocks: Vec<Value>| json!({ "type": "home", "blocks": blocks });
    assert!(check_home(&home(vec![json!({ "type": "divider" }); 100])).is_empty());
    assert_eq!(
        check_home(&home(vec![json!({ "type": "divider" }); 101])),
        ["no more than 100 items allowed [json-pointer:/view/blocks]"]
    );
    let mut view = home(vec![]);
    view["private_metadata"] = "x".repeat(3_001).into();
    assert_eq!(
        check_home(&view),
        ["must be less than 3001 characters [json-pointer:/view/private_metadata]"]
    );
    let table = json!({ "type": "table", "rows": [[{ "type": "raw_text", "text": "x" }]] });
    assert!(errors(json!([table])).is_empty());
    assert_eq!(
        check_home(&home(vec![table])),
        ["unsupported type: table [json-pointer:/view/blocks/0/type]"]
    );
}

#[test]
fn a_data_table_has_limits_of_its_own() {
    let text = |text: &str| json!({ "type": "raw_text", "text": text });
    let number = json!({ "type": "raw_number", "value": 1, "text": "1" });
    let table = |rows: Vec<Value>| json!({ "type": "data_table", "caption": "Left", "rows": rows });
    let row = || json!([text("a"), number]);
    assert!(errors(json!([table(vec![row(); 101])])).is_empty());
    let set = |name: &str, value: Value| {
        let mut table = table(vec![row(); 2]);
        table[name] = value;
        json!([table])
    };
    for (blocks, words) in [
        (set("caption", Value::Null), "caption"),
        (set("page_size", 101.into()), "must be between 1 and 100"),
        (
            set("row_header_column_index", 2.into()),
            "must be between 0 and 1",
        ),
        (set("title", "x".into()), "additional property: title"),
        (json!([table(vec![row()])]), "no fewer than 2 items"),
        (json!([table(vec![row(); 102])]), "no more than 101 items"),
        (
            json!([table(vec![row(), json!([text("a")])])]),
            "equal lengths",
        ),
        (
            json!([table(vec![json!([text("")]); 2])]),
            "more than 0 characters",
        ),
        (
            json!([table(vec![json!([text(&"x".repeat(2_600))]); 4])]),
            "less than 10001 characters",
        ),
        (
            json!([table(vec![
                json!([{ "type": "rich_text", "elements": [] }]);
                2
            ])]),
            "unsupported type",
        ),
        (
            json!([table(vec![row(); 2]), table(vec![row(); 2])]),
            "only one table",
        ),
    ] {
        let errors = errors(blocks).join("\n");
        assert!(errors.contains(words), "{words} is not in {errors:?}");
    }
}

#[test]
fn a_modal_has_limits_of_its_own() {
    let plain = |text: &str| json!({ "type": "plain_text", "text": text });
    let modal = || {
        json!({
            "type": "modal", "callback_id": "form", "title": plain("Expected for a while"),
            "submit": plain("Save"), "close": plain("Cancel"),
            "blocks": [{
                "type": "input", "block_id": "why", "label": plain("Why"),
                "element": {
                    "type": "plain_text_input", "action_id": "v", "multiline": true,
                    "min_length": 3, "max_length": 500,
                },
            }],
        })
    };
    assert_eq!(check_modal(&modal()), Vec::<String>::new());
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut modal = modal();
        change(&mut modal);
        check_modal(&modal).join("\n")
    };
    let without = |name: &'static str| {
        move |modal: &mut Value| drop(modal.as_object_mut().unwrap().remove(name))
    };
    let set =
        |name: &'static str, value: Value| move |modal: &mut Value| modal[name] = value.clone();
    for (errors, words) in [
        (wrong(&set("type", "home".into())), "/view/type"),
        (wrong(&without("title")), "missing required field: title"),
        (wrong(&without("submit")), "missing required field: submit"),
        (wrong(&without("blocks")), "missing required field: blocks"),
        (wrong(&set("title", plain(&"x".repeat(25)))), "less than 25"),
        (
            wrong(&set("submit", plain(&"x".repeat(25)))),
            "less than 25",
        ),
        (wrong(&set("close", plain(&"x".repeat(25)))), "less than 25"),
        (
            wrong(&set("private_metadata", "x".repeat(3_001).into())),
            "less than 3001",
        ),
        (
            wrong(&set("callback_id", "x".repeat(256).into())),
            "less than 256",
        ),
        (
            wrong(&set("color", "red".into())),
            "additional property: color",
        ),
        (
            wrong(&set("blocks", vec![section("x"); 101].into())),
            "no more than 100 items",
        ),
        (
            wrong(&|modal| modal["blocks"][0]["element"]["max_length"] = 3_001.into()),
            "between 1 and 3000",
        ),
    ] {
        assert!(errors.contains(words), "{words} is not in {errors:?}");
    }
}
