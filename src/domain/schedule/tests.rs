use proptest::prelude::*;

use super::*;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn the_digest_comes_at_nine_whatever_daylight_saving_does() {
    for (zone, after, next) in [
        (Tz::UTC, "2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"),
        (
            Tz::Asia__Tokyo,
            "2026-11-22T23:59:00Z",
            "2026-11-23T00:00:00Z",
        ),
        // New York goes from UTC-5 to UTC-4 on 8 March 2026 and back on 1 November.
        (
            Tz::America__New_York,
            "2026-03-07T15:00:00Z",
            "2026-03-08T13:00:00Z",
        ),
        (
            Tz::America__New_York,
            "2026-10-31T14:00:00Z",
            "2026-11-01T14:00:00Z",
        ),
        // London goes to UTC+1 on 29 March 2026 and back on 25 October.
        (
            Tz::Europe__London,
            "2026-03-28T10:00:00Z",
            "2026-03-29T08:00:00Z",
        ),
        (
            Tz::Europe__London,
            "2026-10-24T10:00:00Z",
            "2026-10-25T09:00:00Z",
        ),
    ] {
        let schedule = Schedule::parse("0 9 * * *", zone).unwrap();
        assert_eq!(
            schedule.next_after(time(after)),
            Some(time(next)),
            "{zone} {after}"
        );
    }
}

#[test]
fn an_hour_that_does_not_exist_still_has_its_digest() {
    let schedule = Schedule::parse("30 2 * * *", Tz::America__New_York).unwrap();
    // 02:30 on 8 March 2026 does not exist in New York: clocks go from 02:00 to 03:00.
    let next = schedule.next_after(time("2026-03-08T05:00:00Z")).unwrap();
    assert_eq!(schedule.due_at(next), Some("2026-03-08".parse().unwrap()));
    assert!(next < time("2026-03-08T08:00:00Z"));
}

#[test]
fn an_hour_that_comes_twice_has_one_date() {
    let schedule = Schedule::parse("30 1 * * *", Tz::America__New_York).unwrap();
    let first = schedule.next_after(time("2026-11-01T04:00:00Z")).unwrap();
    let second = schedule.next_after(first).unwrap();
    let date = |time| schedule.due_at(time).unwrap().to_string();
    assert_eq!(date(first), "2026-11-01");
    assert!(date(second) == "2026-11-01" || date(second) == "2026-11-02");
    assert_eq!(date(time("2026-11-02T05:00:00Z")), "2026-11-01");
}

#[test]
fn the_digest_that_is_due_is_the_last_one_that_came() {
    let schedule = Schedule::parse("0 9 * * 1-5", Tz::Asia__Tokyo).unwrap();
    for (now, due) in [
        // Monday 09:00 in Tokyo is midnight UTC.
        ("2026-11-22T23:59:59Z", "2026-11-20"),
        ("2026-11-23T00:00:00Z", "2026-11-23"),
        ("2026-11-23T14:00:00Z", "2026-11-23"),
        ("2026-11-21T12:00:00Z", "2026-11-20"),
    ] {
        assert_eq!(
            schedule.due_at(time(now)),
            Some(due.parse().unwrap()),
            "{now}"
        );
    }
}

#[test]
fn each_time_of_a_day_has_a_digest_of_its_own() {
    let schedule = Schedule::parse("0 9,17 * * 1-5", Tz::Asia__Tokyo).unwrap();
    for (now, due) in [
        // Monday 09:00 in Tokyo is midnight UTC.
        ("2026-11-22T23:59:59Z", "2026-11-20T17:00"),
        ("2026-11-23T00:00:00Z", "2026-11-23T09:00"),
        ("2026-11-23T07:59:59Z", "2026-11-23T09:00"),
        ("2026-11-23T08:00:00Z", "2026-11-23T17:00"),
        ("2026-11-24T00:00:00Z", "2026-11-24T09:00"),
    ] {
        let found = schedule.due_at(time(now)).unwrap();
        assert_eq!(found.to_string(), due, "{now}");
    }
    let next = schedule.next_after(time("2026-11-23T00:00:00Z"));
    assert_eq!(next, Some(time("2026-11-23T08:00:00Z")));
    for (now, due) in [
        ("2026-11-22T15:00:00Z", "2026-11-23"),
        ("2026-11-23T00:00:00Z", "2026-11-23T09:00"),
        ("2026-11-23T12:00:00Z", "2026-11-23T17:00"),
        ("2026-11-21T12:00:00Z", "2026-11-21"),
    ] {
        let found = schedule.due_today(time(now)).to_string();
        assert_eq!(found, due, "{now}");
    }
}

#[test]
fn a_day_on_which_two_schedules_have_one_time_has_one_digest() {
    let daily = Schedule::parse("0 9 * * *", Tz::UTC).unwrap();
    for (other, sunday, monday) in [
        ("0 9 * * 1", "2026-11-22", "2026-11-23"),
        ("30 12 * * 1", "2026-11-22", "2026-11-23T12:30"),
        ("30 7 * * 1", "2026-11-22", "2026-11-23T09:00"),
    ] {
        let other = Schedule::parse(other, Tz::Asia__Tokyo).unwrap();
        let both = daily.clone().and(&other);
        let due = |at| both.due_at(time(at)).unwrap().to_string();
        assert_eq!(due("2026-11-22T23:00:00Z"), sunday, "{other:?}");
        assert_eq!(due("2026-11-23T23:00:00Z"), monday, "{other:?}");
    }
}

#[test]
fn a_skipped_hour_with_two_digests_has_the_later_one() {
    // Clocks in New York go from 02:00 to 03:00 on 8 March 2026.
    let schedule = Schedule::parse("0,30 2 * * *", Tz::America__New_York).unwrap();
    let next = schedule.next_after(time("2026-03-08T05:00:00Z")).unwrap();
    assert_eq!(next, time("2026-03-08T07:00:00Z"));
    assert_eq!(
        schedule.due_at(next).unwrap().to_string(),
        "2026-03-08T02:30"
    );
    assert_eq!(
        schedule.next_after(next),
        Some(time("2026-03-09T06:00:00Z"))
    );
}

#[test]
fn a_schedule_that_fires_more_than_once_an_hour_all_day_is_refused() {
    for (text, times) in [
        ("*/30 * * * *", 48),
        ("* * * * *", 1440),
        ("0-24 9 * * *", 25),
    ] {
        // The result is the same with or without repeated hours.
        for zone in [Tz::UTC, Tz::America__New_York, Tz::Pacific__Apia] {
            let error = Schedule::parse(text, zone).unwrap_err();
            let said = format!(
                "{text:?} must fire at most 24 times a day, not {times}: use fewer minutes or hours, or ALERT for immediate alerts"
            );
            assert_eq!(error.to_string(), said);
        }
    }
    for text in ["0 * * * *", "@hourly", "*/5 9-10 29 2 *", "0 */6 * * *"] {
        assert!(Schedule::parse(text, Tz::UTC).is_ok(), "{text}");
    }
}

#[test]
fn a_schedule_that_names_one_time_in_a_roundabout_way_is_taken() {
    for text in [
        "0 9 * * *",
        "0,0 9,9 * * *",
        "0-0 9-9 * * *",
        "*/60 */24 * * *",
        "0 9 L * *",
        "0 9 15W * *",
        "0 9 * * MON#1",
        "0 9 29 2 *",
        "@daily",
        "@weekly",
        "@yearly",
    ] {
        for zone in [Tz::UTC, Tz::America__New_York, Tz::Pacific__Apia] {
            assert!(Schedule::parse(text, zone).is_ok(), "{text} {zone}");
        }
    }
}

#[test]
fn a_day_that_a_zone_skipped_is_no_end_of_the_digests() {
    for (zone, after, next) in [
        // Samoa went from Thursday 29 to Saturday 31 December 2011.
        (
            Tz::Pacific__Apia,
            "2011-12-29T19:00:00Z",
            "2011-12-30T19:00:00Z",
        ),
        (
            Tz::Pacific__Fakaofo,
            "2011-12-29T20:00:00Z",
            "2011-12-30T20:00:00Z",
        ),
        // Kwajalein went from 20 to 22 August 1993.
        (
            Tz::Pacific__Kwajalein,
            "1993-08-20T21:00:00Z",
            "1993-08-21T21:00:00Z",
        ),
        // Manila went from 30 December 1844 to 1 January 1845.
        (
            Tz::Asia__Manila,
            "1844-12-31T01:00:00Z",
            "1845-01-01T00:56:00Z",
        ),
    ] {
        let schedule = Schedule::parse("0 9 * * *", zone).unwrap();
        let found = schedule.next_after(time(after)).unwrap();
        let late = found - time(next);
        assert!(late.abs() < TimeDelta::minutes(5), "{zone} {found}");
        assert_eq!(schedule.last_up_to(found), Some(found), "{zone}");
        assert!(schedule.last_up_to(found - TimeDelta::seconds(1)).unwrap() <= time(after));
    }
}

#[test]
fn at_midnights_that_the_clock_skips_the_digest_of_the_day_comes_later() {
    // Beirut goes from 00:00 to 01:00 on 29 March 2026.
    for text in ["0 0 * * *", "30 0 * * *", "*/60 */24 * * *"] {
        let schedule = Schedule::parse(text, Tz::Asia__Beirut).unwrap();
        let next = schedule.next_after(time("2026-03-28T12:00:00Z"));
        assert_eq!(next, Some(time("2026-03-28T22:00:00Z")), "{text}");
        let date = |at| schedule.due_at(time(at)).unwrap().to_string();
        assert_eq!(date("2026-03-28T21:59:59Z"), "2026-03-28");
        assert_eq!(date("2026-03-28T22:00:00Z"), "2026-03-29");
    }
}

#[test]
fn a_clock_that_goes_back_to_the_day_before_takes_no_digest_back() {
    // Until 2011 St John's went from 00:01 back to 23:01 of the day before.
    let schedule = Schedule::parse("0 0 * * *", Tz::America__St_Johns).unwrap();
    let first = time("2010-11-07T02:30:00Z");
    assert_eq!(
        schedule.next_after(time("2010-11-06T12:00:00Z")),
        Some(first)
    );
    for later in ["02:30", "02:31", "03:00", "03:30", "12:00"] {
        let later = time(&format!("2010-11-07T{later}:00Z"));
        assert_eq!(schedule.last_up_to(later), Some(first));
        assert_eq!(schedule.due_at(later), Some("2010-11-07".parse().unwrap()));
        assert_eq!(
            schedule.next_after(later),
            Some(time("2010-11-08T03:30:00Z"))
        );
    }
}

proptest! {
    /// In any zone, digests come in order, and `last_up_to` and `due_at` agree with `next_after`.
    #[test]
    fn no_digest_is_due_twice(
        zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        minutes in proptest::collection::btree_set(0..60_u32, 1..3),
        hours in proptest::collection::btree_set(0..24_u32, 1..4),
        days in proptest::sample::select(vec!["* * *", "* * 1-5", "L * *", "29 2 *", "*/3 6-9 *"]),
        from in -2_500_000_000_i64..4_000_000_000,
    ) {
        let list = |values: &std::collections::BTreeSet<u32>| {
            values.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
        };
        let text = format!("{} {} {days}", list(&minutes), list(&hours));
        let schedule = Schedule::parse(&text, zone).unwrap();
        let has_one = minutes.len() * hours.len() == 1;
        let mut at = DateTime::from_timestamp(from, 0).unwrap();
        let mut last = schedule.due_at(at).unwrap();
        for _ in 0..8 {
            let next = schedule.next_after(at).unwrap();
            prop_assert!(next > at);
            prop_assert_eq!(schedule.last_up_to(next), Some(next));
            prop_assert_eq!(schedule.due_at(next - TimeDelta::seconds(1)), Some(last));
            let due = schedule.due_at(next).unwrap();
            prop_assert!(due > last, "{} after {}", due, last);
            prop_assert_eq!(due.time.is_none(), has_one);
            prop_assert!(!has_one || due.date > last.date);
            (at, last) = (next, due);
        }
    }
}

#[test]
fn a_schedule_without_five_fields_is_refused() {
    for text in [
        "",
        "9",
        "0 9 * *",
        "0 0 9 * * *",
        "0 25 * * *",
        "x * * * *",
        "0 9 31 2 *",
        "0 9 * * * 2026",
        "@reboot",
    ] {
        assert!(Schedule::parse(text, Tz::UTC).is_err(), "{text}");
    }
}
