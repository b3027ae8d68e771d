//! The grammar of queries: any text, on any day.

use chrono::{Datelike as _, NaiveDate};
use securityhub_members::domain::query::{Named, Query, QueryError, parse};

/// The bytes are two days of four bytes each, and a text.
pub(crate) fn check(bytes: &[u8]) {
    let Some((days, text)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let [a, b, c, d, e, f, g, h] = *days;
    let (today, later) = (day([a, b, c, d]), day([e, f, g, h]));
    let text = String::from_utf8_lossy(text);
    let parsed = parse(&text, today);
    match &parsed {
        Ok(query) => check_query(query, &text, today, later),
        Err(error) => check_error(error, &text, today),
    }
    // Case and width don't matter.
    assert_eq!(
        parse(&text.to_ascii_uppercase(), today).ok(),
        parsed.as_ref().ok().cloned(),
        "{text:?} in capitals"
    );
    assert_eq!(
        parse(&full_width(&text), today).ok(),
        parsed.ok(),
        "{text:?} in full width"
    );
}

/// Any day of the calendar, mostly between 1900 and 2200.
fn day([kind, rest @ ..]: [u8; 4]) -> NaiveDate {
    let [x, y, z] = rest.map(i32::from);
    let number = (x << 16) | (y << 8) | z;
    match kind {
        0xff => Some(NaiveDate::MIN),
        0xfe => Some(NaiveDate::MAX),
        // Day 1 is 1 January of the year 1.
        0xf0.. => NaiveDate::from_num_days_from_ce_opt(number * 8 - 60_000_000),
        _ => NaiveDate::from_num_days_from_ce_opt(693_000 + number % 111_000),
    }
    .unwrap_or(NaiveDate::MAX)
}

fn check_query(query: &Query, text: &str, today: NaiveDate, later: NaiveDate) {
    let dates = match query {
        Query::Now | Query::Help => vec![],
        Query::Account(Named::Id(_)) => vec![],
        Query::Account(Named::Name(name)) => {
            assert!(!name.is_empty(), "{text:?}");
            vec![]
        }
        Query::Status { statuses, regions } => {
            assert!(
                statuses.is_sorted_by(|a, b| a < b),
                "{text:?}: {statuses:?}"
            );
            assert!(regions.is_sorted_by(|a, b| a < b), "{text:?}: {regions:?}");
            vec![]
        }
        Query::On(date) => vec![*date],
        Query::Between { first, last } => {
            assert!(first < last, "{text:?} on {today}: {query:?}");
            vec![*first, *last]
        }
    };
    // Outside the supported years, a query can't name `today`.
    if !(1901..=2199).contains(&today.year()) {
        return;
    }
    for date in dates {
        assert!((1900..=2200).contains(&date.year()), "{text:?}: {date}");
    }
    let canonical = query.to_string();
    for day in [today, later] {
        assert_eq!(
            parse(&canonical, day).as_ref(),
            Ok(query),
            "{text:?} on {today} means {canonical:?}, which means something else on {day}"
        );
    }
}

fn check_error(error: &QueryError, text: &str, today: NaiveDate) {
    match error {
        QueryError::ImpossibleDate {
            text: named,
            last_day_of_month,
        } => {
            assert!(!named.is_empty() && text.contains(named.as_str()));
            if let Some(last) = last_day_of_month {
                assert_ne!(last.month(), last.succ_opt().unwrap().month(), "{text:?}");
            }
        }
        QueryError::WhichAccount => {}
        QueryError::Unclear {
            text: typed, meant, ..
        } => {
            assert!(text.contains(typed.as_str()), "{text:?}: {typed:?}");
            for query in meant {
                let canonical = query.to_string();
                assert_eq!(parse(&canonical, today).as_ref(), Ok(query), "{text:?}");
            }
        }
        QueryError::Unknown {
            text: typed,
            suggestion,
        } => {
            assert!(typed.chars().count() <= 200 && text.contains(typed.as_str()));
            if let Some(suggestion) = suggestion {
                let understood = parse(suggestion, today);
                assert!(
                    understood.is_ok(),
                    "{text:?}: {suggestion:?} is {understood:?}"
                );
            }
        }
    }
}

/// The text in full-width characters, as a Japanese keyboard types it.
fn full_width(text: &str) -> String {
    let wide = |letter| match letter {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}
