//! Compares this machine's clock with the services'.

use chrono::TimeDelta;

use super::Finding;
use crate::remedies;

/// AWS rejects requests with a larger difference, and the bot rejects those of Slack.
const MOST: TimeDelta = TimeDelta::minutes(5);
/// Clocks synchronized by NTP differ by less.
const USUAL: TimeDelta = TimeDelta::minutes(1);

/// The finding, from how far our clock is ahead of each service's, if the service reported
/// its time.
pub fn clock(ahead: &[(&str, Option<TimeDelta>)]) -> Finding {
    const TOPIC: &str = "Clock";
    let differences = ahead
        .iter()
        .filter_map(|(name, ahead)| Some((*name, (*ahead)?)));
    let worst = differences.max_by_key(|(_, ahead)| ahead.abs());
    let Some((name, ahead)) = worst else {
        return Finding::note(TOPIC, "not checked: no service reported its time");
    };
    let side = if ahead < TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    let seconds = ahead.num_seconds().abs();
    let detail = format!("{seconds} s {side} {name}'s");
    if ahead.abs() > MOST {
        let detail = format!("{detail}; Slack and AWS reject requests beyond 300 s");
        Finding::wrong(TOPIC, detail, remedies::CLOCK)
    } else if ahead.abs() > USUAL {
        let detail = format!("{detail}; Slack and AWS reject requests beyond 300 s");
        Finding::note(TOPIC, detail).advising(remedies::CLOCK)
    } else {
        Finding::well(TOPIC, format!("within {} s of {name}'s", seconds.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn a_clock_is_wrong_where_signatures_fail_and_worth_a_note_long_before() {
        for (slack, aws, verdict, said) in [
            (Some(0), Some(-1), Verdict::Well, "within 1 s of AWS's"),
            (Some(60), None, Verdict::Well, "within 60 s of Slack's"),
            (Some(61), Some(2), Verdict::Note, "61 s ahead of Slack's"),
            (None, Some(-300), Verdict::Note, "300 s behind AWS's"),
            (Some(3), Some(-301), Verdict::Wrong, "301 s behind AWS's"),
            (None, None, Verdict::Note, "not checked"),
        ] {
            let found = clock(&[
                ("Slack", slack.map(TimeDelta::seconds)),
                ("AWS", aws.map(TimeDelta::seconds)),
            ]);
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.detail.contains(said), "{found:?}");
        }
    }
}
