//! Answers a question: which snapshots it is about, and what happened between them.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use futures::future::try_join_all;
use serde::Serialize;

use super::Watch;
use super::ports::{Day, Head, StoreError};
use crate::domain::diff::Observation;
use crate::domain::hub::{HubId, Region, Version};
use crate::domain::member::{Counts, Snapshot};
use crate::domain::query::Query;
use crate::domain::report::{Coverage, HubFacts, HubReport, Mark, Nearest, Report};

/// How often a snapshot that was replaced while it was looked for is looked for again.
const RELOADS: usize = 5;

/// What somebody gets who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What happened.
    Report(Reported),
    /// There is nothing to tell about that date.
    NoSnapshot(NoSnapshot),
    /// Somebody asked how to ask.
    Help,
}

/// A report, and what it is an answer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// What was asked.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// The answer.
    pub report: Report,
}

/// The snapshots that there are, for a date that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoSnapshot {
    /// What was asked.
    #[serde(serialize_with = "query_text")]
    pub query: Query,
    /// The date for which there is nothing.
    pub date: NaiveDate,
    /// The date on which the answer is given, in the configured time zone.
    pub today: NaiveDate,
    /// The dates with a snapshot around it.
    pub nearest: Nearest,
    /// The first and the last date with a snapshot; `None` before the first poll.
    pub range: Option<(NaiveDate, NaiveDate)>,
}

fn query_text<S: serde::Serializer>(query: &Query, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(query)
}

/// What was loaded of one hub.
pub(super) struct Loaded {
    pub(super) hub: HubReport,
    pub(super) observations: Vec<Observation>,
    pub(super) members: Option<Snapshot>,
    /// The version at the end.
    pub(super) version: Version,
}

impl Loaded {
    pub(super) fn facts(&self) -> HubFacts<'_> {
        HubFacts {
            hub: self.hub.clone(),
            observations: &self.observations,
            members: self.members.as_ref(),
        }
    }

    /// A hub without a snapshot, as it is now.
    fn unknown(hub: &HubId, head: &Head) -> Self {
        let mut loaded = Self::missing(hub, Nearest::default());
        loaded.hub.checked_at = head.checked_at;
        loaded.hub.unread = head.unread;
        loaded
    }

    fn missing(hub: &HubId, nearest: Nearest) -> Self {
        Self {
            hub: HubReport {
                hub: hub.clone(),
                coverage: Coverage::Missing(nearest),
                counts: Counts::default(),
                checked_at: None,
                unread: None,
            },
            observations: Vec::new(),
            members: None,
            version: Version::NONE,
        }
    }
}

impl Watch {
    /// Answers a question. [`Query::Now`] polls every hub first; a hub that
    /// cannot be read is shown as it was last seen.
    pub async fn answer(self: &Arc<Self>, query: &Query) -> Result<Answer, StoreError> {
        if *query == Query::Now {
            self.poll_all().await;
        }
        self.answer_from_store(query).await
    }

    /// The same from what is stored, without polling.
    pub async fn answer_from_store(&self, query: &Query) -> Result<Answer, StoreError> {
        self.answer_in(query, None).await
    }

    /// The same for the hubs in one Region, or for all.
    pub async fn answer_in(
        &self,
        query: &Query,
        region: Option<&Region>,
    ) -> Result<Answer, StoreError> {
        let hubs: Vec<_> = self.hubs_in(region).collect();
        let now = self.now();
        let today = self.date_of(now);
        let (from, to) = match query {
            Query::Help => return Ok(Answer::Help),
            Query::Now => {
                return Ok(Answer::Report(Reported {
                    query: query.clone(),
                    at: now,
                    today,
                    report: self.report_now(&hubs, today).await?,
                }));
            }
            Query::On(date) => (None, *date),
            Query::Between { from, to } => (Some(*from), *to),
        };
        if to <= today {
            let loaded = try_join_all(hubs.iter().map(|hub| self.load_past(hub, from, to)));
            let loaded = loaded.await?;
            let covered = |loaded: &Loaded| !matches!(loaded.hub.coverage, Coverage::Missing(_));
            if loaded.iter().any(covered) {
                let facts = loaded.iter().map(Loaded::facts).collect();
                return Ok(Answer::Report(Reported {
                    query: query.clone(),
                    at: now,
                    today,
                    report: Report::new(facts, to, self.zone()),
                }));
            }
        }
        let (nearest, range) = self.around(&hubs, to).await?;
        Ok(Answer::NoSnapshot(NoSnapshot {
            query: query.clone(),
            date: to,
            today,
            nearest,
            range,
        }))
    }

    /// What changed today, and how things are.
    async fn report_now(&self, hubs: &[&HubId], today: NaiveDate) -> Result<Report, StoreError> {
        let yesterday = today.pred_opt().unwrap_or(today);
        let load = |hub| async move {
            let base = self.store.day_up_to(hub, yesterday).await?;
            let from = base.as_ref().map(mark);
            let after = base.map_or(Version::NONE, |day| day.version);
            let mut loaded = self.load_head(hub, from, after).await?;
            loaded.hub.coverage = self.today_or_missing(&loaded.hub, today);
            Ok::<_, StoreError>(loaded)
        };
        let loaded = try_join_all(hubs.iter().copied().map(load)).await?;
        let facts = loaded.iter().map(Loaded::facts).collect();
        Ok(Report::new(facts, today, self.zone()))
    }

    /// What today's changes can be told of: a hub that was not read today has
    /// no changes today because nobody looked.
    pub(super) fn today_or_missing(&self, hub: &HubReport, today: NaiveDate) -> Coverage {
        match hub.checked_at.map(|at| self.date_of(at)) {
            Some(date) if date < today => Coverage::Missing(Nearest {
                before: Some(date),
                after: None,
            }),
            _ => hub.coverage,
        }
    }

    /// A hub as it is now, with what happened after the version `after`.
    pub(super) async fn load_head(
        &self,
        hub: &HubId,
        from: Option<Mark>,
        after: Version,
    ) -> Result<Loaded, StoreError> {
        for _ in 0..RELOADS {
            let head = self.store.head(hub).await?;
            let Some(day) = head.day.clone() else {
                return Ok(Loaded::unknown(hub, &head));
            };
            let Some(members) = self.store.snapshot(hub, &day).await? else {
                if self.store.day_up_to(hub, day.date).await?.is_none() {
                    // Its last snapshot is older than what is kept.
                    return Ok(Loaded::unknown(hub, &head));
                }
                continue;
            };
            let observations = self.store.observations(hub, after, day.version).await?;
            // What was seen since the first poll was compared with the first poll.
            let first = observations.first().and_then(|first| first.window.after);
            let from = from.or(first.map(|at| Mark {
                date: self.date_of(at),
                at,
            }));
            return Ok(Loaded {
                hub: hub_report(hub, &head, &with_age(day.clone(), &head), from),
                version: day.version,
                observations,
                members: Some(members),
            });
        }
        Err(vanished(hub))
    }

    /// A hub on the date `to`, with what happened since `from`, or since the
    /// latest earlier date if that is not given.
    async fn load_past(
        &self,
        hub: &HubId,
        from: Option<NaiveDate>,
        to: NaiveDate,
    ) -> Result<Loaded, StoreError> {
        for _ in 0..RELOADS {
            let end = self.store.day_up_to(hub, to).await?;
            let base = match from {
                None => match to.pred_opt() {
                    Some(before) => self.store.day_up_to(hub, before).await?,
                    None => None,
                },
                Some(from) => match self.store.day_up_to(hub, from).await? {
                    Some(base) => Some(base),
                    None => self.store.day_from(hub, from).await?,
                },
            };
            let in_period = |end: &Day| match from {
                None => end.date == to,
                Some(_) => base.as_ref().is_none_or(|base| end.date > base.date),
            };
            let Some(end) = end.filter(in_period) else {
                return Ok(Loaded::missing(hub, self.nearest(hub, to).await?));
            };
            // A date that was closed knows when it was last read; most are.
            let end = if end.checked_at > end.taken_at {
                end
            } else {
                with_age(end, &self.store.head(hub).await?)
            };
            let Some(members) = self.store.snapshot(hub, &end).await? else {
                continue;
            };
            let after = base.as_ref().map_or(Version::NONE, |base| base.version);
            let observations = self.store.observations(hub, after, end.version);
            return Ok(Loaded {
                observations: observations.await?,
                members: Some(members),
                version: end.version,
                hub: HubReport {
                    hub: hub.clone(),
                    coverage: coverage(base.as_ref().map(mark), &end),
                    counts: end.counts.clone(),
                    checked_at: Some(end.checked_at),
                    unread: None,
                },
            });
        }
        Err(vanished(hub))
    }

    async fn nearest(&self, hub: &HubId, date: NaiveDate) -> Result<Nearest, StoreError> {
        let after = match date.succ_opt() {
            Some(next) => self.store.day_from(hub, next).await?,
            None => None,
        };
        let before = self.store.day_up_to(hub, date).await?;
        Ok(Nearest {
            before: before.map(|day| day.date),
            after: after.map(|day| day.date),
        })
    }

    /// The nearest dates with a snapshot of any hub, and the whole range.
    async fn around(
        &self,
        hubs: &[&HubId],
        date: NaiveDate,
    ) -> Result<(Nearest, Option<(NaiveDate, NaiveDate)>), StoreError> {
        let look = |hub| async move {
            let first = self.store.day_from(hub, NaiveDate::MIN).await?;
            let last = self.store.day_up_to(hub, NaiveDate::MAX).await?;
            let range = first.zip(last).map(|(first, last)| (first.date, last.date));
            Ok::<_, StoreError>((self.nearest(hub, date).await?, range))
        };
        let found = try_join_all(hubs.iter().copied().map(look)).await?;
        let nearest = Nearest {
            before: found.iter().filter_map(|(nearest, _)| nearest.before).max(),
            after: found.iter().filter_map(|(nearest, _)| nearest.after).min(),
        };
        let first = found
            .iter()
            .filter_map(|(_, range)| Some(range.as_ref()?.0))
            .min();
        let last = found
            .iter()
            .filter_map(|(_, range)| Some(range.as_ref()?.1))
            .max();
        Ok((nearest, first.zip(last)))
    }
}

pub(super) fn mark(day: &Day) -> Mark {
    Mark {
        date: day.date,
        at: day.checked_at,
    }
}

/// A snapshot that is the current one was found unchanged by the last poll.
fn with_age(day: Day, head: &Head) -> Day {
    Day {
        checked_at: head
            .checked_at
            .filter(|_| head.version == day.version)
            .unwrap_or(day.checked_at),
        ..day
    }
}

fn coverage(from: Option<Mark>, to: &Day) -> Coverage {
    let to = mark(to);
    from.map_or(Coverage::First { to }, |from| Coverage::Compared {
        from,
        to,
    })
}

fn hub_report(hub: &HubId, head: &Head, day: &Day, from: Option<Mark>) -> HubReport {
    HubReport {
        hub: hub.clone(),
        coverage: coverage(from, day),
        counts: day.counts.clone(),
        checked_at: head.checked_at,
        unread: head.unread,
    }
}

fn vanished(hub: &HubId) -> StoreError {
    StoreError::Damaged {
        item: format!("the snapshot of {hub}"),
        problem: "its header is there and its members are not".to_owned(),
    }
}
