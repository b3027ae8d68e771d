use super::*;
use crate::domain::diff::ChangeKind;

fn report(changes: Vec<ChangeGroup>) -> Report {
    Report {
        changes,
        ..Report::new(Vec::new(), "2026-11-20".parse().unwrap(), chrono_tz::UTC)
    }
}

/// A quiet digest on a Friday after another one.
fn quiet() -> Digest {
    let until = "2026-11-20T09:00:00Z".parse().unwrap();
    Digest {
        date: "2026-11-20".parse().unwrap(),
        time: None,
        audience: Audience::of_everything(chrono_tz::UTC),
        is_joining: false,
        is_rescoped: false,
        lacks_units: false,
        since: "2026-11-19T09:00:00Z".parse().ok(),
        until,
        report: report(Vec::new()),
        cases: DigestCases {
            before: Some(KnownCounts {
                not_enabled: 0,
                resigned: 0,
                outside: 0,
                since: until,
            }),
            ..DigestCases::default()
        },
        is_newly_quiet: false,
        new_not_members: None,
        situation: None,
        is_silent: false,
        heartbeat: None,
        week: None,
        is_first_of_week: false,
        alerts: Vec::new(),
        covered: Covered::new(),
    }
}

/// Reports whether it is due with each value of the setting.
fn due(digest: &Digest) -> [bool; 3] {
    ["daily", "weekly", "changes"].map(|text| {
        let mut digest = digest.clone();
        digest.audience.listing = text.parse().unwrap();
        digest.lists_not_enabled()
    })
}

#[test]
fn a_digest_lists_the_accounts_as_often_as_the_setting_says_and_the_first_one_always() {
    assert_eq!(due(&quiet()), [true, false, false]);
    let first = Digest {
        since: None,
        ..quiet()
    };
    assert_eq!(due(&first), [true, true, true]);
    let monday = Digest {
        week: Some(PastWeek {
            first: "2026-11-09".parse().unwrap(),
            last: "2026-11-15".parse().unwrap(),
            report: report(Vec::new()),
        }),
        is_first_of_week: true,
        ..quiet()
    };
    assert_eq!(due(&monday), [true, true, false]);
    let left = ChangeGroup {
        kind: ChangeKind::Left,
        entries: Vec::new(),
    };
    let changed = Digest {
        report: report(vec![left]),
        ..quiet()
    };
    assert_eq!(due(&changed), [true, false, true]);
    for before in [None, Some(1)] {
        let mut other_counts = quiet();
        let known = other_counts.cases.before.as_mut();
        match before {
            Some(count) => known.unwrap().not_enabled = count,
            None => other_counts.cases.before = None,
        }
        assert_eq!(due(&other_counts), [true, false, true]);
    }
}

#[test]
fn the_first_digest_of_a_week_reports_the_week_before() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    for (previous, date, week) in [
        ("2026-11-22", "2026-11-23", Some("2026-11-16..2026-11-22")),
        // Only from Monday to Friday.
        ("2026-11-20", "2026-11-23", Some("2026-11-16..2026-11-22")),
        ("2026-11-23", "2026-11-24", None),
        ("2026-11-24", "2026-11-29", None),
        // Monday's failed, or there is none.
        ("2026-11-22", "2026-11-24", Some("2026-11-16..2026-11-22")),
        ("2026-11-01", "2026-12-01", Some("2026-11-23..2026-11-29")),
        // A week in two years.
        ("2026-12-31", "2027-01-01", None),
        ("2027-01-03", "2027-01-04", Some("2026-12-28..2027-01-03")),
    ] {
        let found = PastWeek::before(day(date), day(previous));
        let found = found.map(|(first, last)| format!("{first}..{last}"));
        assert_eq!(found.as_deref(), week, "{previous}, then {date}");
    }
}
