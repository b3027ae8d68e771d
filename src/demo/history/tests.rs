use super::*;

fn now() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

#[test]
fn the_story_is_sorted_repeatable_and_ends_before_now() {
    for days in 0..7 {
        let now = now() + TimeDelta::days(days);
        let story = month_of_history(now);
        assert!(story.is_sorted_by_key(|(at, _)| *at));
        assert!(
            story
                .iter()
                .all(|(at, _)| *at < now && *at >= now - TimeDelta::days(30))
        );
        assert_eq!(story, month_of_history(now));
    }
}

#[test]
fn account_numbers_differ_and_have_twelve_digits() {
    let mut numbers: Vec<String> = FOUNDERS
        .iter()
        .chain(&NEWCOMERS)
        .map(|name| account_id(name))
        .collect();
    assert!(numbers.iter().all(|number| number.len() == 12));
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), FOUNDERS.len() + NEWCOMERS.len());
}

/// On any weekday, no account accepts uninvited, leaves twice or leaves before joining.
#[test]
fn every_event_makes_sense_for_the_state_it_meets() {
    for days in 0..7 {
        let aws = SimulatedAws::new("111122223333");
        for (at, event) in month_of_history(now() + TimeDelta::days(days)) {
            let status = aws
                .members(&event.region)
                .into_iter()
                .find(|member| member.account_id == event.account)
                .map(|member| member.status);
            let status = status.as_deref();
            let fits = match &event.what {
                EventKind::Invited { .. } => matches!(status, None | Some("Resigned")),
                EventKind::Accepted | EventKind::Declined => status == Some("Invited"),
                EventKind::Left
                | EventKind::Suspended
                | EventKind::Status(_)
                | EventKind::Removed => status == Some("Enabled"),
                EventKind::Deleted => status.is_some(),
                EventKind::Unreadable | EventKind::Readable => event.region == UNREADABLE_REGION,
            };
            assert!(fits, "{event:?} meets {status:?}");
            event.happen(at, &aws);
        }
    }
}
