//! A calendar as a list of days, without arithmetic. The grammar must find the same days, or ask
//! for clarification.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const WEEKDAYS: [(&str, &str, &str); 7] = [
    ("monday", "mon", "月曜"),
    ("tuesday", "tue", "火曜日"),
    ("wednesday", "wed", "水曜"),
    ("thursday", "thu", "木曜日"),
    ("friday", "fri", "金曜"),
    ("saturday", "sat", "土曜日"),
    ("sunday", "sun", "日曜"),
];

const MONTHS: [&str; 12] = [
    "Jan", "February", "Mar", "April", "May", "June", "Jul", "August", "Sept", "Oct", "November",
    "Dec",
];

/// Weeks back, and their names.
const WEEKS: [(usize, &str, &str); 4] = [
    (0, "this week", "今週"),
    (1, "last week", "先週"),
    (2, "the week before last", "先々週"),
    (3, "3 weeks ago", "3週間前"),
];

/// This day and all days before it.
fn back_from(day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(Some(day), |day| day.pred_opt()).take(5000)
}

/// 0 is Monday.
fn weekday(day: NaiveDate) -> usize {
    day.weekday().num_days_from_monday() as usize
}

/// Monday to Sunday of the week this many weeks back.
fn week(today: NaiveDate, back: usize) -> Vec<NaiveDate> {
    let monday = back_from(today).filter(|day| weekday(*day) == 0).nth(back);
    monday.unwrap().iter_days().take(7).collect()
}

/// The days of a period up to today.
fn so_far(days: Vec<NaiveDate>, today: NaiveDate) -> Vec<NaiveDate> {
    if days[0] > today {
        return days;
    }
    days.into_iter().take_while(|day| *day <= today).collect()
}

fn days(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    first.iter_days().take_while(|day| *day <= last).collect()
}

/// The days of a query; `None` if it is unclear and has suggestions.
fn understood(text: &str, today: NaiveDate) -> Option<Vec<NaiveDate>> {
    match parse(text, today) {
        Ok(Query::On(day)) => Some(vec![day]),
        Ok(Query::Between { first, last }) => Some(days(first, last)),
        Err(QueryError::Unclear { meant, .. }) => {
            assert!(!meant.is_empty(), "{text:?} on {today}");
            None
        }
        other => panic!("{text:?} on {today} is {other:?}"),
    }
}

fn japanese_range() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![
        ("から", ""),
        ("から", "まで"),
        ("〜", ""),
        ("～", ""),
        ("..", ""),
    ])
}

fn english_range() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![
        ("", " to "),
        ("from ", " to "),
        ("", ".."),
        ("", " - "),
        ("", "–"),
        ("", " through "),
        ("between ", " and "),
    ])
}

proptest! {
    #[test]
    fn weekdays_are_those_of_the_week_that_is_named(
        (from, to) in (0..7_usize, 0..7_usize),
        (back, english, japanese) in select(WEEKS.to_vec()),
        (opens, between) in english_range(),
        (dash, closes) in japanese_range(),
        today in any_day(),
    ) {
        let week = week(today, back);
        let ((long, short, kanji), (longer, shorter, kanjier)) = (WEEKDAYS[from], WEEKDAYS[to]);
        for text in [
            format!("{opens}{long}{between}{longer} {english}"),
            format!("{opens}{short}{between}{shorter} of {english}"),
            format!("{english} {opens}{long}{between}{longer}"),
            format!("{english}: {short}{between}{shorter}"),
            format!("{japanese}の{kanji}{dash}{kanjier}{closes}"),
            format!("{japanese}{kanji}{dash}{japanese}{kanjier}{closes}"),
            format!("{kanji}{dash}{japanese}の{kanjier}{closes}"),
        ] {
            let found = understood(&text, today);
            if from <= to {
                prop_assert_eq!(found, Some(so_far(week[from..=to].to_vec(), today)), "{}", text);
            } else {
                prop_assert_eq!(found, None, "{}", text);
            }
        }
    }

    #[test]
    fn weekdays_without_a_week_are_the_latest_that_are_over(
        (from, to) in (0..7_usize, 0..7_usize),
        (opens, between) in english_range(),
        (dash, closes) in japanese_range(),
        today in any_day(),
    ) {
        let last = back_from(today).skip(1).find(|day| weekday(*day) == to).unwrap();
        let first = back_from(last).find(|day| weekday(*day) == from).unwrap();
        for text in [
            format!("{opens}{}{between}{}", WEEKDAYS[from].0, WEEKDAYS[to].1),
            format!("{}{dash}{}{closes}", WEEKDAYS[from].2, WEEKDAYS[to].2),
        ] {
            prop_assert_eq!(understood(&text, today), Some(days(first, last)), "{}", text);
        }
    }

    #[test]
    fn a_weekday_alone_is_one_day(
        on in 0..7_usize,
        (back, english, japanese) in select(WEEKS.to_vec()),
        today in any_day(),
    ) {
        let expected = vec![week(today, back)[on]];
        for text in [
            format!("{} {english}", WEEKDAYS[on].0),
            format!("{english}, {}", WEEKDAYS[on].1),
            format!("{japanese}の{}", WEEKDAYS[on].2),
        ] {
            prop_assert_eq!(understood(&text, today), Some(expected.clone()), "{}", text);
        }
        let latest = back_from(today).skip(1).find(|day| weekday(*day) == on);
        prop_assert_eq!(understood(WEEKDAYS[on].0, today), Some(vec![latest.unwrap()]));
    }

    #[test]
    fn days_of_a_month_run_forward(
        (from, to) in (1..=31_u32, 1..=31_u32),
        (opens, between) in english_range(),
        (dash, closes) in japanese_range(),
        today in any_day(),
    ) {
        let of_one_month = |first: &NaiveDate| first.with_day(to).map(|last| (*first, last));
        let first = |day: &NaiveDate| day.day() == from;
        let expected = if from <= to {
            back_from(today).filter(first).find_map(|day| of_one_month(&day)).unwrap()
        } else {
            let first = back_from(today).find(first).unwrap();
            (first, first.iter_days().find(|day| day.day() == to).unwrap())
        };
        for text in [
            format!("{opens}{from}th{between}{to}th"),
            format!("{from}日{dash}{to}日{closes}"),
        ] {
            let found = understood(&text, today);
            let expected = so_far(days(expected.0, expected.1), today);
            // Over the end of a month and into the future, the reverse can be meant.
            if from <= to || found.is_some() {
                prop_assert_eq!(found, Some(expected), "{}", text);
            }
        }
    }

    #[test]
    fn dates_without_a_year_run_forward_over_the_new_year(
        (month, day) in (1..=12_u32, 1..=28_u32),
        (until, last) in (1..=12_u32, 1..=28_u32),
        (opens, between) in english_range(),
        (dash, closes) in japanese_range(),
        today in any_day(),
    ) {
        let is = |month, day| move |date: &NaiveDate| (date.month(), date.day()) == (month, day);
        let first = back_from(today).find(is(month, day)).unwrap();
        let end = first.iter_days().find(is(until, last)).unwrap();
        let (one, two) = (MONTHS[month as usize - 1], MONTHS[until as usize - 1]);
        for text in [
            format!("{opens}{day} {one}{between}{last} {two}"),
            format!("{opens}{one} {day}{between}{two} {last}"),
            format!("{month}月{day}日{dash}{until}月{last}日{closes}"),
        ] {
            let found = understood(&text, today);
            if end <= today || found.is_some() {
                prop_assert_eq!(found, Some(so_far(days(first, end), today)), "{}", text);
            }
        }
    }

    #[test]
    fn full_dates_are_never_swapped(
        (a, b) in (any_day(), 0..800_i64),
        (opens, between) in english_range(),
        today in any_day(),
    ) {
        let b = a + chrono::TimeDelta::days(b - 400);
        for (a, b) in [
            (a.to_string(), b.to_string()),
            (a.format("%d.%m.%Y").to_string(), b.format("%-d.%-m.%Y").to_string()),
            (a.format("%a %-d %b %Y").to_string(), b.format("%B %-d, %Y (%A)").to_string()),
            (a.format("%Y%m%d").to_string(), b.format("%Y/%m/%d").to_string()),
        ] {
            // In a run of dashes and numbers, their positions decide.
            prop_assume!(between != "–");
            let text = format!("{opens}{a}{between}{b}");
            let (first, last) = (parse(&a, today), parse(&b, today));
            let (Ok(Query::On(first)), Ok(Query::On(last))) = (first, last) else {
                panic!("{text}");
            };
            let expected = (first <= last).then(|| days(first, last));
            prop_assert_eq!(understood(&text, today), expected, "{}", text);
        }
    }

    #[test]
    fn a_length_is_counted_from_its_first_day(
        (month, day, length) in (1..=12_u32, 1..=28_u32, 1..60_usize),
        today in any_day(),
    ) {
        let is = |date: &NaiveDate| (date.month(), date.day()) == (month, day);
        let first = back_from(today).find(is).unwrap();
        let name = MONTHS[month as usize - 1];
        for text in [
            format!("{month}月{day}日から{length}日間"),
            format!("{length} days from {day} {name}"),
            format!("for {length} days from {name} {day}"),
            format!("{name} {day} for {length} days"),
            format!("{first} for {length} days"),
            format!("{first}..{length}d"),
        ] {
            let expected = so_far(first.iter_days().take(length).collect(), today);
            prop_assert_eq!(understood(&text, today), Some(expected), "{}", text);
        }
        let mut last: Vec<_> = back_from(today).take(length).collect();
        last.reverse();
        for text in [
            format!("{length}d"),
            format!("{length} days"),
            format!("last {length} days"),
            format!("過去{length}日間"),
            format!("{length}日間"),
        ] {
            prop_assert_eq!(understood(&text, today), Some(last.clone()), "{}", text);
        }
    }

    #[test]
    fn quarters_and_weeks_are_those_of_the_calendar(
        number in 1..=4_u32,
        iso in 1..=52_u32,
        today in any_day(),
    ) {
        let quarter = |day: &NaiveDate| day.month0() / 3 + 1;
        let latest = back_from(today).find(|day| quarter(day) == number).unwrap();
        let mut days: Vec<_> = back_from(latest).take_while(|day| quarter(day) == number).collect();
        days.reverse();
        let year = latest.year();
        let whole: Vec<_> = days[0].iter_days().take_while(|day| quarter(day) == number).collect();
        let expected = so_far(whole, today);
        for text in [
            format!("Q{number}"),
            format!("Q{number} {year}"),
            format!("{year}Q{number}"),
            format!("{year}年第{number}四半期"),
            format!("第{number}四半期"),
        ] {
            prop_assert_eq!(understood(&text, today), Some(expected.clone()), "{}", text);
        }
        let of_week = |day: &NaiveDate| day.iso_week().week() == iso;
        let latest = back_from(today).find(of_week).unwrap();
        let year = latest.iso_week().year();
        let monday = back_from(latest).find(|day| weekday(*day) == 0).unwrap();
        let expected = so_far(monday.iter_days().take(7).collect(), today);
        for text in [
            format!("week {iso}"),
            format!("W{iso:02}"),
            format!("{year}-W{iso:02}"),
            format!("week {iso} of {year}"),
            format!("第{iso}週"),
        ] {
            prop_assert_eq!(understood(&text, today), Some(expected.clone()), "{}", text);
        }
    }
}
