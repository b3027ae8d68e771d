use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::cases::PersonId;
use crate::slack::view::layout::texts;
use crate::text::table::RowGroup;

const ROOM: usize = 11_000;

fn row(id: usize, name: &str, day: Option<u32>) -> Row {
    let id = format!("{id:012}");
    Row {
        line: Line(vec![Span::Code(id.clone())]).and(format!(" {name}")),
        cells: vec![
            Cell::Line(Line::text(name)),
            Cell::Line(Line::text(id)),
            day.map_or(Cell::Line(Line::default()), Cell::Number),
        ],
    }
}

fn table(rows: Vec<Row>) -> Table {
    let group = RowGroup {
        heading: Line::strong("Left"),
        rows,
    };
    Table {
        caption: "Changes".to_owned(),
        columns: vec!["Account", "ID", "Day"],
        groups: vec![group],
    }
}

fn json_of(page: &TablePage) -> Value {
    serde_json::to_value(SlackBlock::from(page.block.clone())).unwrap()
}

fn rows_of(block: &Value) -> &Vec<Value> {
    block["rows"].as_array().unwrap()
}

fn ids(text: &str) -> BTreeSet<String> {
    let digits = text.split(|letter: char| !letter.is_ascii_digit());
    let ids = digits.filter(|digits| digits.len() == 12);
    ids.map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_forms_of_a_page_have_the_same_accounts_within_slacks_limits(
        names in proptest::collection::vec("[a-z<>&*_@!あ\u{202e}\u{200b}\n ]{0,300}", 6..300)
    ) {
        let rows = names.iter().enumerate().map(|(id, name)| row(id, name, Some(1)));
        let table = table(rows.collect());
        let mut all = BTreeSet::new();
        for page in pages(&table, ROOM).unwrap() {
            let block = json_of(&page);
            let rows = rows_of(&block);
            prop_assert!((2..=100).contains(&rows.len()));
            let cells = rows.iter().flat_map(|row| row.as_array().unwrap());
            let texts_of_cells: Vec<_> = cells.map(|cell| cell["text"].as_str().unwrap()).collect();
            prop_assert_eq!(texts_of_cells.len(), rows.len() * 3);
            prop_assert!(texts_of_cells.iter().all(|text| !text.trim().is_empty()));
            prop_assert!(texts_of_cells.iter().map(|text| chars(text)).sum::<usize>() <= 10_000);
            let sections = texts(page.lines);
            prop_assert!(sections.iter().all(|text| chars(text) <= 3_000));
            prop_assert!(sections.iter().map(|text| chars(text)).sum::<usize>() <= ROOM);
            let (in_table, in_sections) = (ids(&block.to_string()), ids(&sections.join("\n")));
            prop_assert_eq!(&in_table, &in_sections);
            prop_assert_eq!(in_table.len(), rows.len() - 1, "no account is on two pages");
            all.extend(in_table);
        }
        prop_assert_eq!(all.len(), names.len());
    }
}

#[test]
fn a_cell_shows_text_of_others_as_it_is_without_what_is_invisible() {
    let cell = |text: &str| shown(&Cell::Line(Line::text(text)), false);
    for (given, wanted) in [
        ("<!channel>", "<!channel>"),
        ("<https://evil.example|AWS>", "<https://evil.example|AWS>"),
        ("right\u{202e}left\u{2066}", "rightleft"),
        ("line\nbreak\ttab", "line break tab"),
        ("", "–"),
        (" \u{200b}\n", "–"),
    ] {
        let cell = serde_json::to_value(cell(given)).unwrap();
        assert_eq!(cell, json!({ "type": "raw_text", "text": wanted }));
    }
}

#[test]
fn a_column_is_a_number_only_if_every_cell_is_one() {
    let block = |last| {
        let rows = (0..6)
            .map(|id| row(id, "x", Some(3)))
            .chain([row(6, "x", last)]);
        json_of(&pages(&table(rows.collect()), ROOM).unwrap()[0])
    };
    let with = |last| rows_of(&block(last))[1][2].clone();
    let number = json!({ "type": "raw_number", "value": 3, "text": "3" });
    assert_eq!(with(Some(4)), number);
    assert_eq!(with(None), json!({ "type": "raw_text", "text": "3" }));
}

#[test]
fn a_person_of_slack_is_shown_by_name() {
    let owner = |person: &str| {
        let person = Span::Person(PersonId(person.to_owned()));
        let line = Line::text("👀 ").with(person).and(" since Fri 09:12");
        serde_json::to_value(shown(&Cell::Line(line), false)).unwrap()
    };
    let elements = json!([
        { "type": "text", "text": "👀 " },
        { "type": "user", "user_id": "U012AB3CD" },
        { "type": "text", "text": " since Fri 09:12" },
    ]);
    let section = json!({ "type": "rich_text_section", "elements": elements });
    assert_eq!(
        owner("U012AB3CD"),
        json!({ "type": "rich_text", "elements": [section] })
    );
    assert_eq!(
        owner("root"),
        json!({ "type": "raw_text", "text": "👀 root since Fri 09:12" })
    );
}

#[test]
fn what_is_short_or_has_a_long_text_stays_sections() {
    let rows = |count| (0..count).map(|id| row(id, "x", None)).collect::<Vec<_>>();
    assert!(pages(&table(rows(5)), ROOM).is_none());
    assert_eq!(pages(&table(rows(6)), ROOM).unwrap().len(), 1);
    let mut long = rows(6);
    long.push(row(6, &"x".repeat(901), None));
    assert!(pages(&table(long), ROOM).is_none());
}
