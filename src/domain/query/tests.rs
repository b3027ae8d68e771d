use chrono::{Datelike, Days};
use proptest::prelude::*;

use super::*;

mod model;

/// A Monday.
const TODAY: &str = "2026-11-23";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `expected` is the query's canonical text.
fn check(table: &[(&str, &str)]) {
    check_on(TODAY, table);
}

fn check_on(today: &str, table: &[(&str, &str)]) {
    for (text, expected) in table {
        let canonical = parse(text, day(today)).map(|query| query.to_string());
        assert_eq!(canonical.as_deref(), Ok(*expected), "{text:?}");
    }
}

fn check_impossible(table: &[(&str, &str, Option<&str>)]) {
    for (text, named, last_day) in table {
        let expected = QueryError::ImpossibleDate {
            text: (*named).to_owned(),
            last_day_of_month: last_day.map(day),
        };
        assert_eq!(parse(text, day(TODAY)), Err(expected), "{text:?}");
    }
}

fn suggestion(text: &str) -> Option<String> {
    match parse(text, day(TODAY)) {
        Err(QueryError::Unknown { suggestion, .. }) => suggestion,
        other => panic!("{text:?} is {other:?}"),
    }
}

#[test]
fn no_text_means_now() {
    for text in ["", "  \t\n", "　", "``", "\"\"", "now", "NOW", "今"] {
        assert_eq!(parse(text, day(TODAY)), Ok(Query::Now), "{text:?}");
    }
}

#[test]
fn help_is_recognised_in_every_habit() {
    for text in [
        "help",
        "HELP",
        "?",
        "？",
        "-h",
        "--help",
        "`help`",
        "help?",
        "ヘルプ",
        "使い方",
        "ｈｅｌｐ",
    ] {
        assert_eq!(parse(text, day(TODAY)), Ok(Query::Help), "{text:?}");
    }
}

#[test]
fn a_full_date_is_read_in_every_common_notation() {
    for text in [
        "2026-11-20",
        "2026/11/20",
        "2026.11.20",
        "2026-11/20",
        "20261120",
        "11/20/2026",
        "Nov 20 2026",
        "Nov 20, 2026",
        "Nov. 20, 2026",
        "November 20th, 2026",
        "20 November 2026",
        "20th of November 2026",
        "20-Nov-2026",
        "2026 Nov 20",
        "2026年11月20日",
        "2026 年 11 月 20 日",
        "二〇二六年十一月二十日",
        "２０２６年１１月２０日",
        "２０２６－１１－２０",
        "２０２６ー１１ー２０",
        "2026−11−20",
        "２０２６／１１／２０",
        "20２61120",
    ] {
        check(&[(text, "2026-11-20")]);
    }
    check(&[
        ("2026-1-5", "2026-01-05"),
        ("2024-02-29", "2024-02-29"),
        ("2027-12-31", "2027-12-31"),
        ("1900-01-01", "1900-01-01"),
        ("2200-12-31", "2200-12-31"),
    ]);
}

#[test]
fn quotes_and_punctuation_around_the_text_do_not_matter() {
    for text in [
        "`2026-11-20`",
        "\"2026-11-20\"",
        "“2026-11-20”",
        "「2026-11-20」",
        " 2026-11-20. ",
        "2026-11-20?",
        "2026-11-20。",
        "(2026-11-20)!",
        "on 2026-11-20",
    ] {
        check(&[(text, "2026-11-20")]);
    }
}

#[test]
fn a_bare_month_day_is_the_latest_that_is_not_after_today() {
    check(&[
        ("11/20", "2026-11-20"),
        ("11-20", "2026-11-20"),
        ("11/23", "2026-11-23"),
        ("11/24", "2025-11-24"),
        ("Nov 20", "2026-11-20"),
        ("November 20", "2026-11-20"),
        ("20 Nov", "2026-11-20"),
        ("20th Nov", "2026-11-20"),
        ("the 20th of November", "2026-11-20"),
        ("Dec 1st", "2025-12-01"),
        ("11月20日", "2026-11-20"),
        ("11/20(金)", "2026-11-20"),
        ("11月20日（金）", "2026-11-20"),
        ("十二月一日", "2025-12-01"),
        ("2/29", "2024-02-29"),
        ("20日", "2026-11-20"),
        ("the 24th", "2026-10-24"),
        ("31日", "2026-10-31"),
    ]);
    check_on("2104-02-28", &[("2/29", "2096-02-29")]);
}

#[test]
fn a_day_can_be_said_relative_to_today() {
    check(&[
        ("today", "2026-11-23"),
        ("今日", "2026-11-23"),
        ("本日", "2026-11-23"),
        ("Yesterday", "2026-11-22"),
        ("昨日", "2026-11-22"),
        ("きのう", "2026-11-22"),
        ("day before yesterday", "2026-11-21"),
        ("the day before yesterday", "2026-11-21"),
        ("一昨日", "2026-11-21"),
        ("おととい", "2026-11-21"),
        ("おとつい", "2026-11-21"),
        ("0 days ago", "2026-11-23"),
        ("3 days ago", "2026-11-20"),
        ("three days ago", "2026-11-20"),
        ("a week ago", "2026-11-16"),
        ("2 weeks ago", "2026-11-09"),
        ("1 month ago", "2026-10-23"),
        ("a year ago", "2025-11-23"),
        ("3日前", "2026-11-20"),
        ("３日前", "2026-11-20"),
        ("三日前", "2026-11-20"),
        ("十日前", "2026-11-13"),
        ("2週間前", "2026-11-09"),
        ("2週前", "2026-11-09"),
        ("1か月前", "2026-10-23"),
        ("1ヶ月前", "2026-10-23"),
        ("1カ月前", "2026-10-23"),
        ("一か月前", "2026-10-23"),
        ("1年前", "2025-11-23"),
    ]);
}

#[test]
fn tomorrow_is_a_date_in_the_future() {
    check(&[("tomorrow", "2026-11-24"), ("明日", "2026-11-24")]);
}

#[test]
fn a_month_ago_ends_on_the_last_day_of_a_shorter_month() {
    check_on("2026-03-31", &[("1 month ago", "2026-02-28")]);
    check_on("2024-02-29", &[("1 year ago", "2023-02-28")]);
}

#[test]
fn a_bare_weekday_is_always_in_the_past() {
    check(&[
        ("monday", "2026-11-16"),
        ("Mon", "2026-11-16"),
        ("last monday", "2026-11-16"),
        ("on monday", "2026-11-16"),
        ("月曜", "2026-11-16"),
        ("月曜日", "2026-11-16"),
        ("前の月曜", "2026-11-16"),
        ("tuesday", "2026-11-17"),
        ("sunday", "2026-11-22"),
        ("日曜日", "2026-11-22"),
    ]);
}

#[test]
fn a_weekday_of_a_week_is_counted_from_its_monday() {
    for text in [
        "last week wednesday",
        "wednesday last week",
        "wednesday of last week",
        "先週の水曜日",
        "先週水曜",
    ] {
        check_on("2026-11-27", &[(text, "2026-11-18")]);
    }
    check_on(
        "2026-11-27",
        &[
            ("last wednesday", "2026-11-25"),
            ("this wednesday", "2026-11-25"),
            ("今週の水曜日", "2026-11-25"),
            ("先々週の水曜日", "2026-11-11"),
        ],
    );
}

#[test]
fn a_span_is_all_of_its_days() {
    check(&[
        ("last week", "2026-11-16..2026-11-22"),
        ("先週", "2026-11-16..2026-11-22"),
        ("先々週", "2026-11-09..2026-11-15"),
        ("last month", "2026-10-01..2026-10-31"),
        ("先月", "2026-10-01..2026-10-31"),
        ("last year", "2025-01-01..2025-12-31"),
        ("去年", "2025-01-01..2025-12-31"),
        ("昨年", "2025-01-01..2025-12-31"),
        ("october", "2026-10-01..2026-10-31"),
        ("december", "2025-12-01..2025-12-31"),
        ("12月", "2025-12-01..2025-12-31"),
        ("2025-11", "2025-11-01..2025-11-30"),
        ("2025/11", "2025-11-01..2025-11-30"),
        ("november 2025", "2025-11-01..2025-11-30"),
        ("2025年11月", "2025-11-01..2025-11-30"),
        ("2025", "2025-01-01..2025-12-31"),
        ("2025年", "2025-01-01..2025-12-31"),
    ]);
}

#[test]
fn a_span_that_has_begun_ends_today() {
    check(&[
        ("this week", "2026-11-23"),
        ("今週", "2026-11-23"),
        ("this month", "2026-11-01..2026-11-23"),
        ("今月", "2026-11-01..2026-11-23"),
        ("this year", "2026-01-01..2026-11-23"),
        ("今年", "2026-01-01..2026-11-23"),
        ("november", "2026-11-01..2026-11-23"),
        ("2026-11", "2026-11-01..2026-11-23"),
        ("2026年11月", "2026-11-01..2026-11-23"),
        ("last 7 days", "2026-11-17..2026-11-23"),
        ("past 30 days", "2026-10-25..2026-11-23"),
        ("the past week", "2026-11-17..2026-11-23"),
        ("過去7日間", "2026-11-17..2026-11-23"),
        ("直近7日", "2026-11-17..2026-11-23"),
        ("過去3日間", "2026-11-21..2026-11-23"),
        ("過去1か月", "2026-10-24..2026-11-23"),
        ("30d", "2026-10-25..2026-11-23"),
        ("3d", "2026-11-21..2026-11-23"),
        ("2 weeks", "2026-11-10..2026-11-23"),
        ("2 W", "2026-11-10..2026-11-23"),
        ("3mo", "2026-08-24..2026-11-23"),
        ("for 3 days", "2026-11-21..2026-11-23"),
        ("since 3 days", "2026-11-21..2026-11-23"),
        ("3日間", "2026-11-21..2026-11-23"),
        ("2週間", "2026-11-10..2026-11-23"),
        ("1d", "2026-11-23"),
    ]);
}

#[test]
fn a_span_that_lies_ahead_is_left_to_the_caller() {
    check(&[("2026-12", "2026-12-01..2026-12-31")]);
}

#[test]
fn a_range_is_read_in_every_common_notation() {
    for text in [
        "2026-11-01..2026-11-20",
        "2026-11-01...2026-11-20",
        "2026-11-01…2026-11-20",
        "2026.11.01..2026.11.20",
        "2026-11-01~2026-11-20",
        "2026-11-01〜2026-11-20",
        "2026-11-01～2026-11-20",
        "2026-11-01 to 2026-11-20",
        "2026-11-01 - 2026-11-20",
        "2026-11-01 – 2026-11-20",
        "2026-11-01 から 2026-11-20",
        "2026-11-01から2026-11-20まで",
        "2026年11月1日から11月20日まで",
        "from 2026-11-01 to 2026-11-20",
        "between Nov 1 and Nov 20",
        "20261101..20261120",
        "11/1-11/20",
        "2026-11-01-2026-11-20",
        "2026-11-01–2026-11-20",
        "Nov 1-20",
        "2026-11-01..20",
        "11/1〜20日",
        "11/1ー11/20",
        "2026-11-01..3 days ago",
    ] {
        check(&[(text, "2026-11-01..2026-11-20")]);
    }
}

#[test]
fn an_open_range_ends_today() {
    for text in [
        "since 2026-11-16",
        "from 2026-11-16",
        "2026-11-16..",
        "2026-11-16〜",
        "2026-11-16から",
        "2026-11-16以降",
        "since monday",
        "月曜から",
        "2026-11-16..today",
        "2026-11-16 until now",
        "since last week monday",
    ] {
        check(&[(text, "2026-11-16..2026-11-23")]);
    }
}

#[test]
fn a_span_at_the_end_of_a_range_is_inside_it() {
    check(&[
        ("since last week", "2026-11-16..2026-11-23"),
        ("since november", "2026-11-01..2026-11-23"),
        ("september..october", "2026-09-01..2026-10-31"),
        ("2026-09 - 2026-10", "2026-09-01..2026-10-31"),
    ]);
}

#[test]
fn a_bare_right_end_is_not_before_the_left() {
    check(&[
        ("12/28..1/3", "2025-12-28..2026-01-03"),
        ("2024-12-28..1/3", "2024-12-28..2025-01-03"),
        ("2027-12-28..1/3", "2027-12-28..2028-01-03"),
        ("10月1日〜20日", "2026-10-01..2026-10-20"),
        ("25日〜5日", "2026-10-25..2026-11-05"),
        ("friday..monday", "2026-11-13..2026-11-16"),
        ("monday..friday", "2026-11-16..2026-11-20"),
        ("2200-12-30..12/31", "2200-12-30..2200-12-31"),
    ]);
}

#[test]
fn a_bare_left_end_is_read_as_of_the_right() {
    check(&[
        ("december..january", "2025-12-01..2026-01-31"),
        ("october to november 2025", "2025-10-01..2025-11-30"),
        ("Nov 1 to Nov 20, 2025", "2025-11-01..2025-11-20"),
        ("11/1〜2025/11/20", "2025-11-01..2025-11-20"),
    ]);
}

#[test]
fn a_bare_right_end_that_is_still_to_come_becomes_today() {
    check(&[
        ("11/1..11/30", "2026-11-01..2026-11-23"),
        ("20日〜25日", "2026-11-20..2026-11-23"),
    ]);
    check_on("2026-12-30", &[("12/28..1/3", "2026-12-28..2026-12-30")]);
}

/// The problem and the suggestions for text that is unclear.
fn meant(text: &str, today: &str) -> (Unclear, Vec<String>) {
    match parse(text, day(today)) {
        Err(QueryError::Unclear {
            why,
            meant,
            text: typed,
        }) => {
            assert!(text.contains(&typed), "{text:?}: {typed:?}");
            (why, meant.iter().map(Query::to_string).collect())
        }
        other => panic!("{text:?} is {other:?}"),
    }
}

#[test]
fn a_range_that_ends_before_it_starts_is_asked_about() {
    for (text, expected) in [
        ("2026-11-20..2026-11-01", &["2026-11-01..2026-11-20"][..]),
        ("11/20..11/1", &["2026-11-01..2026-11-20"]),
        ("today..yesterday", &["2026-11-22..2026-11-23"]),
        ("today..last week", &["2026-11-16..2026-11-23"]),
        (
            "friday to monday last week",
            &["2026-11-20..2026-11-23", "2026-11-13..2026-11-16"],
        ),
        (
            "先々週の金曜から月曜",
            &["2026-11-13..2026-11-16", "2026-11-06..2026-11-09"],
        ),
    ] {
        let (why, meant) = meant(text, TODAY);
        assert_eq!(why, Unclear::EndsBeforeStart, "{text}");
        assert_eq!(meant, expected, "{text}");
    }
}

#[test]
fn a_weekday_in_a_range_belongs_to_the_week_of_the_range() {
    // A Wednesday.
    check_on(
        "2026-11-25",
        &[
            ("monday to friday last week", "2026-11-16..2026-11-20"),
            ("last week monday to friday", "2026-11-16..2026-11-20"),
            ("last week: from monday to friday", "2026-11-16..2026-11-20"),
            (
                "from monday to friday of last week",
                "2026-11-16..2026-11-20",
            ),
            ("monday..wednesday last week", "2026-11-16..2026-11-18"),
            ("last week mon-fri", "2026-11-16..2026-11-20"),
            ("先々週の月曜から金曜", "2026-11-09..2026-11-13"),
            ("先週の月〜金", "2026-11-16..2026-11-20"),
            ("先週の月から水まで", "2026-11-16..2026-11-18"),
            (
                "the week before last, monday to friday",
                "2026-11-09..2026-11-13",
            ),
            ("mon to fri the week before last", "2026-11-09..2026-11-13"),
            ("monday to friday 2 weeks ago", "2026-11-09..2026-11-13"),
            (
                "friday last week to monday this week",
                "2026-11-20..2026-11-23",
            ),
            ("monday to friday", "2026-11-16..2026-11-20"),
            ("monday to wednesday", "2026-11-16..2026-11-18"),
            ("monday to tuesday", "2026-11-23..2026-11-24"),
            ("昨日と今日", "2026-11-24..2026-11-25"),
            ("monday to 2026-11-20", "2026-11-16..2026-11-20"),
            ("monday to yesterday", "2026-11-23..2026-11-24"),
            ("this week monday to friday", "2026-11-23..2026-11-25"),
            ("monday before last", "2026-11-16"),
        ],
    );
    check_on(
        "2026-11-24",
        &[
            ("this week monday to wednesday", "2026-11-23..2026-11-24"),
            ("今週の月曜から水曜", "2026-11-23..2026-11-24"),
        ],
    );
}

#[test]
fn a_length_is_a_length() {
    check_on(
        "2026-11-25",
        &[
            ("11月1日から5日間", "2026-11-01..2026-11-05"),
            ("20日から3日間", "2026-11-20..2026-11-22"),
            ("20日までの3日間", "2026-11-18..2026-11-20"),
            ("11月1日から1週間", "2026-11-01..2026-11-07"),
            ("10月1日から1か月", "2026-10-01..2026-10-31"),
            ("for 3 days from 20 Nov", "2026-11-20..2026-11-22"),
            ("3 days starting 20 Nov", "2026-11-20..2026-11-22"),
            ("5 days from 1 Nov", "2026-11-01..2026-11-05"),
            ("from 1 Nov for 5 days", "2026-11-01..2026-11-05"),
            ("2026-11-01 for a week", "2026-11-01..2026-11-07"),
            ("2026-11-01..5 days", "2026-11-01..2026-11-05"),
            ("3 days to 20 Nov", "2026-11-18..2026-11-20"),
            ("1 day from 20 Nov", "2026-11-20"),
            ("24日から5日間", "2026-11-24..2026-11-25"),
            ("2027-01-01 for 3 days", "2027-01-01..2027-01-03"),
        ],
    );
    check_impossible(&[("0 days from 20 Nov", "0 days from 20 Nov", None)]);
}

#[test]
fn days_of_one_month_are_of_the_latest_month_that_has_both() {
    check_on(
        "2026-03-05",
        &[
            ("28日〜30日", "2026-01-28..2026-01-30"),
            ("1日〜3日", "2026-03-01..2026-03-03"),
            ("28日〜2日", "2026-02-28..2026-03-02"),
            ("16 – 22 Feb", "2026-02-16..2026-02-22"),
            ("16-22 Feb 2026", "2026-02-16..2026-02-22"),
            ("28 – 3 Mar 2026", "2026-02-28..2026-03-03"),
            ("Feb 16-22, 2026", "2026-02-16..2026-02-22"),
            ("2026-12-28..3", "2026-12-28..2027-01-03"),
            ("1〜3日", "2026-03-01..2026-03-03"),
        ],
    );
}

/// The chosen date, and the others that the answer mentions.
fn taken(text: &str) -> (String, Vec<String>) {
    let understood = understand(text, day("2026-11-25"), Tz::UTC).unwrap();
    let others = understood.notes.iter().flat_map(|note| match note {
        Note::Read { others, .. } => others.clone(),
        Note::UntilToday { .. } => panic!("{text}"),
    });
    (
        understood.query.to_string(),
        others.map(|date| date.to_string()).collect(),
    )
}

#[test]
fn digits_with_two_readings_are_month_first_and_the_answer_says_so() {
    for (text, date, others) in [
        ("05/11/2026", "2026-05-11", &["2026-11-05"][..]),
        ("05-11-2026", "2026-05-11", &["2026-11-05"]),
        ("5/11", "2026-05-11", &["2026-11-05"]),
        ("11/5", "2026-11-05", &["2026-05-11"]),
        ("05/11/26", "2026-05-11", &["2026-11-05"]),
        ("20 Nov 26", "2026-11-20", &["2020-11-26"]),
        ("05.11.2026", "2026-11-05", &[]),
        ("5.11.2026", "2026-11-05", &[]),
        ("05.11.26", "2026-11-05", &[]),
        ("5.11.", "2026-11-05", &[]),
        ("20/11/2026", "2026-11-20", &[]),
        ("11/20/2026", "2026-11-20", &[]),
        ("11.20.2026", "2026-11-20", &[]),
        ("20/11", "2026-11-20", &[]),
        ("20/11/26", "2026-11-20", &["2020-11-26"]),
        ("11/20/26", "2026-11-20", &[]),
        ("11/11/2026", "2026-11-11", &[]),
        ("26/11/20", "2026-11-20", &["2020-11-26"]),
        ("2026/11/05", "2026-11-05", &[]),
        ("2026.11.05", "2026-11-05", &[]),
        // The weekday decides.
        ("Thu 05/11/2026", "2026-11-05", &[]),
        ("05/11/2026 (Mon)", "2026-05-11", &[]),
        ("11/5(木)", "2026-11-05", &[]),
        ("Nov '26", "2026-11-01..2026-11-25", &[]),
        ("Nov ’25", "2025-11-01..2025-11-30", &[]),
        ("Nov 2025", "2025-11-01..2025-11-30", &[]),
        ("20 Nov '25", "2025-11-20", &[]),
        ("Nov 20, 26", "2026-11-20", &[]),
        ("20-Nov-26", "2026-11-20", &["2020-11-26"]),
        // The other end decides.
        (
            "05/11/2026..20/11/2026",
            "2026-11-05..2026-11-20",
            &["2026-05-11"],
        ),
        ("05.11. - 20.11.", "2026-11-05..2026-11-20", &[]),
        ("11/5〜7日", "2026-11-05..2026-11-07", &[]),
    ] {
        let others: Vec<_> = others.iter().map(|date| (*date).to_owned()).collect();
        assert_eq!(taken(text), (date.to_owned(), others), "{text}");
    }
}

#[test]
fn a_period_that_is_cut_at_today_says_so() {
    let asked = |text: &str| understand(text, day(TODAY), Tz::UTC).unwrap().notes;
    for (text, last) in [
        ("20日〜25日", "2026-11-25"),
        ("this week monday to friday", "2026-11-27"),
        ("5 days from 22 Nov", "2026-11-26"),
    ] {
        assert_eq!(
            asked(text),
            [Note::UntilToday { asked: day(last) }],
            "{text}"
        );
    }
    assert_eq!(asked("this month"), []);
}

#[test]
fn a_weekday_that_contradicts_its_date_is_asked_about() {
    for (text, date, expected) in [
        (
            "Mon 20 Nov 2026",
            "2026-11-20",
            &["2026-11-20", "2026-11-16"][..],
        ),
        (
            "2026-11-20(木)",
            "2026-11-20",
            &["2026-11-20", "2026-11-19"],
        ),
        ("Fri 21 Nov", "2026-11-21", &["2026-11-21", "2025-11-21"]),
        ("20日(火)", "2026-11-20", &["2026-11-20", "2026-10-20"]),
        (
            "yesterday (Mon)",
            "2026-11-22",
            &["2026-11-22", "2026-11-16"],
        ),
        (
            "Mon 16 – Mon 22 Nov 2026",
            "2026-11-22",
            &["2026-11-16..2026-11-22"],
        ),
    ] {
        let (why, meant) = meant(text, TODAY);
        assert_eq!(why, Unclear::WrongWeekday(day(date)), "{text}");
        assert_eq!(meant, expected, "{text}");
    }
}

#[test]
fn quarters_and_iso_weeks_are_understood() {
    check(&[
        ("Q4", "2026-10-01..2026-11-23"),
        ("q3", "2026-07-01..2026-09-30"),
        ("Q3 2025", "2025-07-01..2025-09-30"),
        ("Q3/2025", "2025-07-01..2025-09-30"),
        ("Q3 '25", "2025-07-01..2025-09-30"),
        ("2025Q3", "2025-07-01..2025-09-30"),
        ("2025-Q3", "2025-07-01..2025-09-30"),
        ("3Q", "2026-07-01..2026-09-30"),
        ("3rd quarter", "2026-07-01..2026-09-30"),
        ("third quarter of 2025", "2025-07-01..2025-09-30"),
        ("last quarter", "2026-07-01..2026-09-30"),
        ("this quarter", "2026-10-01..2026-11-23"),
        ("第3四半期", "2026-07-01..2026-09-30"),
        ("第三四半期", "2026-07-01..2026-09-30"),
        ("2025年第3四半期", "2025-07-01..2025-09-30"),
        ("前四半期", "2026-07-01..2026-09-30"),
        ("今四半期", "2026-10-01..2026-11-23"),
        ("2026-W47", "2026-11-16..2026-11-22"),
        ("2026W47", "2026-11-16..2026-11-22"),
        ("W47", "2026-11-16..2026-11-22"),
        ("week 47", "2026-11-16..2026-11-22"),
        ("week 47 of 2025", "2025-11-17..2025-11-23"),
        ("第47週", "2026-11-16..2026-11-22"),
        ("2026年第47週", "2026-11-16..2026-11-22"),
        ("2026-W47-5", "2026-11-20"),
        ("week 53", "2020-12-28..2021-01-03"),
        ("Q1 to Q3", "2026-01-01..2026-09-30"),
        ("Q3 to Q1", "2025-07-01..2026-03-31"),
    ]);
    check_impossible(&[
        ("Q5", "Q5", None),
        ("2025-W53", "2025-W53", None),
        ("2026-W47-8", "2026-W47-8", None),
    ]);
}

#[test]
fn a_date_is_read_as_files_machines_and_messages_write_it() {
    for text in [
        "Fri 20 Nov 2026",
        "Friday, 20 November 2026",
        "Fri, 20 Nov 2026 09:00:00 +0000",
        "20 Nov 2026 (Fri)",
        "Nov 20 (Fri)",
        "Nov 20, Fri",
        "20th (Fri)",
        "Fri 20",
        "Fri 20 Nov 09:00",
        "20261120",
        "20261120.json",
        "2026-11-20.json.gz",
        "2026-11-20T09:00:00Z",
        "2026-11-20t09:00:00.123+00:00",
        "2026-11-20T090000Z",
        "20261120T0900Z",
        "2026-11-20 09:00",
        "2026-11-20 24:00",
        "2026-11-20 at 9:00",
        "令和8年11月20日",
        "令和八年十一月二十日",
        "R8.11.20",
        "r8/11/20",
        "11月20日金曜日",
        "11月20日(金曜日)",
        "11月20日(金) 09:00",
        "2026年11月20日(金)の変更",
        "changes on 20 Nov",
        "what changed on Nov 20?",
        "~2026-11-20~",
        "*2026-11-20*",
        "_2026-11-20_",
        "/securityhub-members 2026-11-20",
        "securityhub-members show 2026-11-20",
        "2026-11-20!!",
        "2026-11-20;",
    ] {
        check(&[(text, "2026-11-20")]);
    }
    check(&[
        ("令和元年11月20日", "2019-11-20"),
        ("令和8年", "2026-01-01..2026-11-23"),
        ("昨日の変更", "2026-11-22"),
        ("昨日は?", "2026-11-22"),
        ("yesterday's changes", "2026-11-22"),
        ("last week's monday", "2026-11-16"),
        ("in november", "2026-11-01..2026-11-23"),
        ("in the last 7 days", "2026-11-17..2026-11-23"),
        ("*2026-11-20*..*2026-11-22*", "2026-11-20..2026-11-22"),
        ("month before last", "2026-09-01..2026-09-30"),
        ("first of november", "2026-11-01"),
    ]);
    for invisible in [
        '\u{200b}', '\u{feff}', '\u{200e}', '\u{2060}', '\u{fe0f}', '\u{ad}',
    ] {
        for text in [
            format!("yesterday{invisible}"),
            format!("{invisible}yesterday"),
            format!("yester{invisible}day"),
            format!("2026-{invisible}11-22"),
            format!("昨{invisible}日"),
        ] {
            check(&[(text.as_str(), "2026-11-22")]);
        }
    }
}

#[test]
fn a_timestamp_is_the_date_on_which_it_falls_in_the_zone() {
    for (text, zone, date) in [
        ("2026-11-20T16:00:00Z", Tz::Asia__Tokyo, "2026-11-21"),
        ("2026-11-20T14:59:59Z", Tz::Asia__Tokyo, "2026-11-20"),
        ("2026-11-20T01:00:00+09:00", Tz::UTC, "2026-11-19"),
        ("2026-11-20T01:00:00+0900", Tz::Asia__Tokyo, "2026-11-20"),
        ("2026-11-20T23:00:00-05:00", Tz::UTC, "2026-11-21"),
        ("2026-11-20T23:00:00", Tz::Asia__Tokyo, "2026-11-20"),
        ("2026-11-20 01:00 JST", Tz::UTC, "2026-11-19"),
        // Japan had daylight saving time in 1950.
        ("1950-05-07 23:30 JST", Tz::Asia__Tokyo, "1950-05-07"),
        ("1950-05-08 09:30 JST", Tz::UTC, "1950-05-07"),
    ] {
        let query = understand(text, day(TODAY), zone).map(|understood| understood.query);
        assert_eq!(query, Ok(Query::On(day(date))), "{text}");
    }
}

#[test]
fn a_range_of_one_day_is_that_day() {
    check(&[
        ("2026-11-20..2026-11-20", "2026-11-20"),
        ("monday..monday", "2026-11-16"),
        ("since today", "2026-11-23"),
    ]);
}

#[test]
fn a_date_that_does_not_exist_is_named_with_the_last_day_of_its_month() {
    check_impossible(&[
        ("2026-02-30", "2026-02-30", Some("2026-02-28")),
        (
            "２０２６－０２－３０",
            "２０２６－０２－３０",
            Some("2026-02-28"),
        ),
        ("2024-02-30", "2024-02-30", Some("2024-02-29")),
        ("20260230", "20260230", Some("2026-02-28")),
        ("2026年2月30日", "2026年2月30日", Some("2026-02-28")),
        ("2月30日", "2月30日", Some("2026-02-28")),
        ("Feb 30", "Feb 30", Some("2026-02-28")),
        ("Feb 30, 2024", "Feb 30, 2024", Some("2024-02-29")),
        ("9/31", "9/31", Some("2026-09-30")),
        ("31/02", "31/02", Some("2026-02-28")),
        ("31.02.2026", "31.02.2026", Some("2026-02-28")),
        ("令和8年2月30日", "令和8年2月30日", Some("2026-02-28")),
        ("11/31", "11/31", Some("2025-11-30")),
        ("2026-02-30..2026-03-05", "2026-02-30", Some("2026-02-28")),
        ("11/1..11/31", "11/31", Some("2026-11-30")),
        ("2026-11-01..31", "31", Some("2026-11-30")),
        ("since Feb 30", "Feb 30", Some("2026-02-28")),
        (
            "2026-02-01から2026-02-30まで",
            "2026-02-30",
            Some("2026-02-28"),
        ),
    ]);
}

#[test]
fn a_month_that_does_not_exist_has_no_last_day() {
    check_impossible(&[
        ("2026-13-01", "2026-13-01", None),
        ("2026-13-05", "2026-13-05", None),
        ("2026-13", "2026-13", None),
        ("13/13", "13/13", None),
        ("2026年13月1日", "2026年13月1日", None),
        ("2026-00-10", "2026-00-10", None),
    ]);
}

#[test]
fn a_date_outside_the_calendar_is_impossible() {
    check_impossible(&[
        ("9999999999 days ago", "9999999999 days ago", None),
        (
            "99999999999999999999999 weeks ago",
            "99999999999999999999999 weeks ago",
            None,
        ),
        (
            "9223372036854775807 years ago",
            "9223372036854775807 years ago",
            None,
        ),
        ("past 99999999999 months", "past 99999999999 months", None),
        ("last 0 days", "last 0 days", None),
        ("3026-11-20", "3026-11-20", None),
        ("3026-02-30", "3026-02-30", None),
        ("99999-11-20", "99999-11-20", None),
        ("1899-12-31", "1899-12-31", None),
        ("2200-12-28..1/3", "1/3", None),
    ]);
}

#[test]
fn a_misspelling_is_answered_with_the_nearest_text_that_parses() {
    for (text, expected) in [
        ("yesterdy", "yesterday"),
        ("Yesterdya", "yesterday"),
        ("yester day", "yesterday"),
        ("lst monday", "last monday"),
        ("last mondya", "last monday"),
        ("lastweek", "last week"),
        ("tody", "today"),
        ("hlep", "help"),
        ("3 day agp", "3 days ago"),
        ("2 wekes ago", "2 weeks ago"),
        ("novmber 20", "november 20"),
        ("yesterdy..tody", "yesterday..today"),
        ("`yesterdy`", "yesterday"),
        ("昨曰", "昨日"),
        ("一作日", "一昨日"),
        ("先習の月曜日", "先週の月曜日"),
        ("acount 123456789012", "account 123456789012"),
        ("12345678901", "account 012345678901"),
        ("account 12345678901", "account 012345678901"),
        ("アカウント 12345678901", "アカウント 012345678901"),
        ("Acount Prod", "account Prod"),
        ("statsu resigned", "status resigned"),
        ("statu", "status"),
        ("resigned", "status resigned"),
        ("RegionDisabled", "status RegionDisabled"),
        ("resigend", "status Resigned"),
        ("離脱", "状態 離脱"),
        ("アカウント停止", "状態 アカウント停止"),
    ] {
        assert_eq!(suggestion(text).as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn nothing_is_suggested_where_nothing_is_near() {
    for text in [
        "hello world",
        "next week",
        "来週",
        "cat",
        "11:20",
        "2026-11/20/1",
        "monday..tuesday..friday",
        "2026-11-01-20",
        "a..b..c",
        "..",
        "---",
        "..2026-11-20",
        "last last",
        "the",
        "まで",
        "日",
        "🦀",
    ] {
        assert_eq!(suggestion(text), None, "{text:?}");
    }
}

#[test]
fn an_account_is_asked_for_by_its_id_or_its_name() {
    for text in [
        "123456789012",
        "１２３４５６７８９０１２",
        "`123456789012`",
        "123456789012?",
        "1234-5678-9012",
        "account 123456789012",
        "Account: 1234-5678-9012",
        "acct 123456789012",
        "アカウント 123456789012",
        "アカウント123456789012",
        "account　１２３４５６７８９０１２.",
    ] {
        check(&[(text, "account 123456789012")]);
    }
    check(&[
        ("account Prod-Payments", "account prod-payments"),
        ("account \"Team  A\"", "account team a"),
        ("account R&amp;D", "account r&d"),
        ("account ~R&amp;D &lt;old&gt;~", "account r&d <old"),
        ("account Prod\u{200b}\u{fe0f}", "account prod"),
        ("アカウント 本番", "account 本番"),
        ("アカウント本番", "account 本番"),
        ("アカウント「本番　環境」", "account 本番 環境"),
        ("account status", "account status"),
        ("account 2026-11-20", "account 2026-11-20"),
        ("account 停止", "account 停止"),
    ]);
}

#[test]
fn a_date_without_separators_is_no_account() {
    check(&[
        ("20261120", "2026-11-20"),
        ("2026", "2026-01-01..2026-11-23"),
    ]);
}

#[test]
fn an_account_question_without_an_account_says_so() {
    for text in ["account", "アカウント", "account \"\"", "acct ?"] {
        assert_eq!(
            parse(text, day(TODAY)),
            Err(QueryError::WhichAccount),
            "{text}"
        );
    }
}

#[test]
fn a_status_is_asked_for_in_any_spelling() {
    check(&[
        ("status resigned", "status Resigned"),
        ("status enabled, resigned", "status Resigned, Enabled"),
        ("status enabled and resigned", "status Resigned, Enabled"),
        ("status resigned removed", "status Resigned, Removed"),
        (
            "status region disabled or left",
            "status Resigned, RegionDisabled",
        ),
        (
            "status resigned/removed in eu-west-1",
            "status Resigned, Removed eu-west-1",
        ),
        ("status resigned, on hold", "status Resigned, onhold"),
        ("状態 有効、離脱", "status Resigned, Enabled"),
        ("状態 有効と離脱", "status Resigned, Enabled"),
        ("status pending enabled", "status pendingenabled"),
        ("STATUS RESIGNED", "status Resigned"),
        ("status left", "status Resigned"),
        ("status account suspended", "status AccountSuspended"),
        ("status ACCOUNT_SUSPENDED", "status AccountSuspended"),
        ("status region disabled", "status RegionDisabled"),
        (
            "status email verification in progress",
            "status EmailVerificationInProgress",
        ),
        ("status associated", "status Enabled"),
        ("状態 離脱", "status Resigned"),
        ("状態 脱退・辞退", "status Resigned"),
        ("ステータス 追加済み(未招待)", "status Created"),
        ("状態 アカウント停止", "status AccountSuspended"),
        ("状態有効", "status Enabled"),
        ("status On_Hold", "status onhold"),
        ("status 'on hold'", "status onhold"),
        ("status", "status"),
        ("statuses?", "status"),
        ("状態", "status"),
    ]);
}

#[test]
fn a_status_is_asked_for_in_one_region_or_in_several() {
    for text in [
        "status resigned eu-west-1 us-east-1",
        "status resigned us-east-1, eu-west-1",
        "status resigned in eu-west-1 and us-east-1",
        "status resigned region EU-WEST-1、us-east1",
        "status us-east-1 eu-west-1 resigned us-east-1",
        "状態 離脱 リージョン eu-west-1 us-east-1",
    ] {
        check(&[(text, "status Resigned eu-west-1 us-east-1")]);
    }
    check(&[
        ("status in eu-west-1", "status eu-west-1"),
        (
            "status region disabled eu-west-1",
            "status RegionDisabled eu-west-1",
        ),
        ("status \"in\" eu-west-1", "status \"in\" eu-west-1"),
        ("status \"a-b-1\"", "status ab1"),
    ]);
}

#[test]
fn a_status_is_compared_as_it_is_typed() {
    for (status, asked) in [("On_Hold", "on hold"), ("Resigned", "離脱"), ("ＯＮ", "on")] {
        let query = parse(&format!("status {asked}"), day(TODAY)).unwrap();
        let Query::Status { statuses, .. } = query else {
            panic!("{query:?}");
        };
        let [asked] = <[MemberStatus; 1]>::try_from(statuses).unwrap();
        assert!(is_called(&MemberStatus::parse(status), &asked), "{status}");
        assert!(!is_called(&MemberStatus::Enabled, &asked));
    }
}

#[test]
fn an_unknown_text_is_named_as_it_was_typed() {
    insta::assert_debug_snapshot!(parse(" `Next Wéek` ", day(TODAY)), @r#"
    Err(
        Unknown {
            text: "Next Wéek",
            suggestion: None,
        },
    )
    "#);
}

#[test]
fn very_long_text_is_cut_between_two_characters() {
    let long = "昨日".repeat(150);
    let expected = QueryError::Unknown {
        text: "昨日".repeat(100),
        suggestion: None,
    };
    assert_eq!(parse(&long, day(TODAY)), Err(expected));
    assert_eq!(parse(&" ".repeat(300), day(TODAY)), Ok(Query::Now));
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..=70_000_u64).prop_map(|days| day("1950-01-01") + Days::new(days))
}

/// The calendar to its ends, where arithmetic overflows.
fn extreme_day() -> impl Strategy<Value = NaiveDate> {
    prop_oneof![
        Just(NaiveDate::MIN),
        Just(NaiveDate::MAX),
        Just(day("1900-01-01")),
        Just(day("2200-12-31")),
        any_day(),
    ]
}

/// The grammar's own words in any order reach deeper code than random characters.
fn word_salad() -> impl Strategy<Value = String> {
    let spellings: Vec<&str> = [vocabulary::ENGLISH, vocabulary::JAPANESE, vocabulary::SIGNS]
        .iter()
        .flat_map(|table| table.iter().map(|(spelling, _)| *spelling))
        .collect();
    let subjects = subject::keywords().into_iter();
    let others = [
        "resigned",
        "AccountSuspended",
        "On_Hold",
        "離脱",
        "in",
        "region",
        "eu-west-1",
        "us-east1",
        "リージョン",
        "\"",
        "Prod",
        "本番",
        "-",
        "_",
        "!",
        "123456789012",
    ];
    let subjects: Vec<&str> = subjects.chain(others).collect();
    let piece = prop_oneof![
        2 => proptest::sample::select(subjects).prop_map(str::to_owned),
        3 => proptest::sample::select(spellings).prop_map(str::to_owned),
        2 => (0..40_u64).prop_map(|n| n.to_string()),
        1 => (1890..2210_u64).prop_map(|n| n.to_string()),
        1 => any::<u64>().prop_map(|n| n.to_string()),
    ];
    let gap = proptest::sample::select(vec!["", " "]);
    proptest::collection::vec((piece, gap), 1..8).prop_map(|pieces| {
        let pieces = pieces.into_iter().map(|(piece, gap)| piece + gap);
        pieces.collect()
    })
}

/// Notations that never refer to the future.
fn bare_or_relative() -> impl Strategy<Value = String> {
    let weekday = || {
        proptest::sample::select(vec![
            "mon",
            "tuesday",
            "水曜",
            "木曜日",
            "fri",
            "sat",
            "日曜",
        ])
    };
    let month = || proptest::sample::select(vec!["jan", "february", "may", "august", "nov", "dec"]);
    let span = proptest::sample::select(vec![
        "today",
        "yesterday",
        "一昨日",
        "this week",
        "last week",
        "this month",
        "先月",
        "this year",
        "去年",
    ]);
    prop_oneof![
        weekday().prop_map(str::to_owned),
        weekday().prop_map(|w| format!("last week {w}")),
        (weekday(), weekday()).prop_map(|(a, b)| format!("{a}..{b}")),
        month().prop_map(str::to_owned),
        (month(), month()).prop_map(|(a, b)| format!("{a} to {b}")),
        (month(), 1..=28).prop_map(|(m, d)| format!("{m} {d}")),
        (1..=12, 1..=28).prop_map(|(m, d)| format!("{m}/{d}")),
        (1..=12, 1..=28, 1..=12, 1..=28).prop_map(|(m, d, n, e)| format!("{m}/{d}..{n}/{e}")),
        (1..=12, 1..=28).prop_map(|(m, d)| format!("since {m}/{d}")),
        (1..=31).prop_map(|d| format!("{d}日")),
        (1..=31, 1..=31).prop_map(|(d, e)| format!("{d}日〜{e}日")),
        (0..=999).prop_map(|n| format!("{n} days ago")),
        (0..=99).prop_map(|n| format!("{n}か月前")),
        (1..=99).prop_map(|n| format!("past {n} weeks")),
        span.prop_map(str::to_owned),
    ]
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ' ' => '\u{3000}',
            '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
            c => c,
        })
        .collect()
}

proptest! {
    #[test]
    fn no_text_on_any_day_panics(text in ".*", salad in word_salad(), today in extreme_day()) {
        let _ = parse(&text, today);
        let _ = parse(&salad, today);
    }

    #[test]
    fn every_query_round_trips_through_its_canonical_text(
        salad in prop_oneof![word_salad(), bare_or_relative()],
        today in extreme_day(),
        tomorrow in any_day(),
    ) {
        if let Ok(query) = parse(&salad, today) {
            // Outside the supported years, `today` has no canonical text.
            prop_assume!((1901..=2199).contains(&today.year()));
            prop_assert_eq!(parse(&query.to_string(), tomorrow), Ok(query));
        }
    }

    #[test]
    fn account_and_status_queries_round_trip(
        subject in proptest::sample::select(subject::keywords()),
        said in prop_oneof![".{0,40}", "[ -~]{0,40}", word_salad()],
        today in any_day(),
    ) {
        let text = format!("{subject} {said}");
        if let Ok(query) = parse(&text, today) {
            prop_assert_eq!(parse(&query.to_string(), today), Ok(query.clone()));
            prop_assert_eq!(parse(&text.to_ascii_uppercase(), today), Ok(query.clone()));
            prop_assert_eq!(parse(&full_width(&text), today), Ok(query));
        }
    }

    #[test]
    fn canonical_text_round_trips_on_any_day(a in any_day(), b in any_day(), today in any_day()) {
        let mut queries = vec![Query::Now, Query::Help, Query::On(a)];
        if a != b {
            queries.push(Query::Between { first: a.min(b), last: a.max(b) });
        }
        for query in queries {
            prop_assert_eq!(parse(&query.to_string(), today), Ok(query));
        }
    }

    #[test]
    fn bare_and_relative_forms_are_never_in_the_future(text in bare_or_relative(), today in any_day()) {
        match parse(&text, today) {
            Ok(Query::On(date)) => prop_assert!(date <= today),
            Ok(Query::Between { first, last }) => prop_assert!(first < last && last <= today),
            // `11/20..11/1` is unclear.
            Err(QueryError::Unclear { why: Unclear::EndsBeforeStart, meant, .. }) => {
                prop_assert!(!meant.is_empty(), "{:?}", text);
            }
            other => prop_assert!(false, "{:?} is {:?}", text, other),
        }
    }

    #[test]
    fn full_width_text_means_the_same_as_half_width(
        text in prop_oneof!["[ -~]{0,20}", word_salad(), bare_or_relative()],
        today in any_day(),
    ) {
        prop_assert_eq!(parse(&full_width(&text), today).ok(), parse(&text, today).ok());
    }

    #[test]
    fn every_suggestion_parses(text in "[a-z]{1,10}( [a-z]{2,6})?", today in any_day()) {
        if let Err(QueryError::Unknown { suggestion: Some(suggestion), .. }) = parse(&text, today) {
            prop_assert!(parse(&suggestion, today).is_ok());
        }
    }
}
