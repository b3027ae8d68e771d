//! The month before the demo opens: replays its events, polls and digests.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::slack::SAM;
use super::{DemoClock, MockSlack, SimulatedAws, history, words};
use crate::app::rounds::{poll_once, refresh_once};
use crate::clock::Clock;
use crate::domain::cases::{PersonId, Reason};
use crate::domain::schedule::Schedule;
use crate::problems::Problems;
use crate::settings::Config;
use crate::slack::channel::DigestChannel;
use crate::watch::{Decision, Refresh, Watch};

const POLL_INTERVAL: TimeDelta = TimeDelta::minutes(15);

/// The inputs of the replay.
pub(super) struct Past<'a> {
    pub(super) clock: &'a DemoClock,
    pub(super) aws: &'a SimulatedAws,
    pub(super) watch: &'a Arc<Watch>,
    pub(super) channels: &'a [(Arc<DigestChannel>, Schedule)],
    pub(super) slack: &'a MockSlack,
    pub(super) config: &'a Config,
}

/// Replays a month: each event at its time, a poll soon after it and one before midnight, and
/// every digest. Its last digest but one has changes of every kind. Then a colleague goes through
/// the open cases, and the last digest, of the morning on which the demo opens, is quiet.
pub(super) async fn tell_history(
    past: &Past<'_>,
    progress: &impl Fn(u64, u64),
) -> anyhow::Result<()> {
    let schedule = &past.config.schedule;
    let today = past.clock.now();
    let today = schedule.last_up_to(today).unwrap_or(today);
    let bad_day = schedule.last_up_to(today - TimeDelta::seconds(1));
    let bad_day = bad_day.unwrap_or(today - TimeDelta::days(1));
    let now = today + TimeDelta::minutes(5);
    let events = history::month_of_history(bad_day);
    let problems = Problems::default();
    past.slack.set_rate_limit(false);
    let mut happened = 0;
    let mut steps = steps(now, events.iter().map(|(at, _)| *at), past);
    steps.push((bad_day + TimeDelta::hours(6), Step::Review));
    steps.sort();
    for (index, (at, step)) in steps.iter().enumerate() {
        progress(index as u64, steps.len() as u64);
        while let Some((time, event)) = events.get(happened).filter(|(time, _)| time <= at) {
            event.happen(*time, past.aws);
            happened += 1;
        }
        past.clock.set(*at);
        match step {
            Step::Poll => {
                poll_once(past.watch, &problems).await;
                refresh_once(past.watch, Refresh::WhenDue).await;
                for (channel, _) in past.channels {
                    past.watch.deliveries.alert(channel.as_ref()).await?;
                    past.watch.deliveries.notify(channel.as_ref()).await?;
                }
            }
            Step::Digest => {
                for (channel, schedule) in past.channels {
                    if let Some(due) = schedule.due_at(*at) {
                        past.watch.deliveries.deliver(channel.as_ref(), due).await?;
                    }
                }
            }
            Step::Review => review(past).await?,
        }
    }
    past.clock.set(now);
    past.slack.set_rate_limit(true);
    Ok(())
}

/// Sam expects every open case, for a month.
async fn review(past: &Past<'_>) -> anyhow::Result<()> {
    let cases = &past.watch.cases;
    let today = past.clock.now().with_timezone(&past.config.zone);
    let decision = Decision::Accept {
        until: today.date_naive() + Days::new(30),
        why: Reason::parse(words::reviewed(past.config.locale))?,
    };
    let sam = PersonId(SAM.to_owned());
    for case in cases.list().await?.iter() {
        cases.decide(&case.into(), &sam, &decision).await?;
    }
    Ok(())
}

/// The next full quarter of an hour after `at`.
fn next_poll(at: DateTime<Utc>) -> DateTime<Utc> {
    let into = at.timestamp().rem_euclid(POLL_INTERVAL.num_seconds());
    at + POLL_INTERVAL - TimeDelta::seconds(into)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Poll,
    Digest,
    Review,
}

fn steps(
    now: DateTime<Utc>,
    events: impl Iterator<Item = DateTime<Utc>>,
    past: &Past<'_>,
) -> Vec<(DateTime<Utc>, Step)> {
    let mut steps: Vec<_> = events.map(|at| (next_poll(at), Step::Poll)).collect();
    let first = steps.iter().map(|(at, _)| *at).min().unwrap_or(now);
    for (_, schedule) in past.channels {
        let after = |at: &DateTime<Utc>| schedule.next_after(*at);
        let times = std::iter::successors(schedule.next_after(first), after);
        let times = times.take_while(|at| *at < now);
        steps.extend(times.map(|at| (at, Step::Digest)));
    }
    let zone = past.config.zone;
    let evening = NaiveTime::from_hms_opt(23, 50, 0).unwrap_or(NaiveTime::MIN);
    let mut date = first.with_timezone(&zone).date_naive();
    while date < now.with_timezone(&zone).date_naive() {
        let closing = date.and_time(evening).and_local_timezone(zone).latest();
        steps.extend(closing.map(|at| (at.with_timezone(&Utc), Step::Poll)));
        date = date
            .checked_add_days(Days::new(1))
            .unwrap_or(now.date_naive());
    }
    steps.retain(|(at, _)| *at <= now);
    steps.sort();
    steps.dedup();
    steps
}
