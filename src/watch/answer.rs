//! Answers a question: which snapshots it is about, and what happened between them.
//!
//! `account.rs` answers questions about one account, `status.rs` those about a status.

mod account;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use futures::future::try_join_all;
use serde::Serialize;

use super::Watch;
use super::ports::{Day, Head, State, StoreError};
use crate::domain::diff::Observation;
use crate::domain::gaps::{Among, Gaps};
use crate::domain::hub::{HubFilter, HubId, Version};
use crate::domain::member::{Counts, Snapshot};
use crate::domain::query::Query;
use crate::domain::report::{Coverage, HubFacts, HubReport, Mark, Nearest, Report};

pub use account::{AccountAnswer, AccountHistory, Candidate, Known};
pub use status::StatusAnswer;

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
    /// What is known of the account that was asked for.
    Account(AccountAnswer),
    /// The members in a status, or how many are in each.
    Status(StatusAnswer),
    /// Somebody asked how to ask.
    Help,
}

impl Answer {
    /// The same answer for eyes that must not see addresses.
    #[must_use]
    pub fn without_emails(self) -> Self {
        match self {
            Self::Report(reported) => Self::Report(Reported {
                report: reported.report.without_emails(),
                ..reported
            }),
            Self::Account(answer) => Self::Account(answer.without_emails()),
            Self::Status(answer) => Self::Status(answer.without_emails()),
            other @ (Self::NoSnapshot(_) | Self::Help) => other,
        }
    }
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
    pub(super) members: Option<Arc<Snapshot>>,
    /// The version at the end.
    pub(super) version: Version,
    /// The headers of its latest dates.
    pub(super) recent: Vec<Day>,
    /// Set where Security Hub was never enabled, and nobody said it should be.
    pub(super) not_enabled: bool,
}

/// Where the report on a hub begins.
#[derive(Clone, Copy)]
pub(super) struct Since {
    /// The snapshot that it is compared with.
    pub(super) mark: Option<Mark>,
    /// The version of it.
    pub(super) after: Version,
}

impl Since {
    /// With the end of that date; with the first poll where there is none.
    pub(super) fn day(day: Option<&Day>) -> Self {
        Self {
            mark: day.map(mark),
            after: day.map_or(Version::NONE, |day| day.version),
        }
    }
}

/// The first and the last snapshot of a report on the past.
struct Period {
    base: Option<Day>,
    end: Option<Day>,
}

impl Loaded {
    pub(super) fn facts(&self) -> HubFacts<'_> {
        HubFacts {
            hub: self.hub.clone(),
            observations: &self.observations,
            members: self.members.as_deref(),
        }
    }

    /// A hub without a snapshot, as it is now.
    fn unknown(hub: &HubId, state: State) -> Self {
        let mut loaded = Self::missing(hub, Nearest::default());
        loaded.hub.checked_at = state.head.checked_at;
        loaded.hub.unread = state.head.unread;
        loaded.recent = state.recent;
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
            recent: Vec::new(),
            not_enabled: false,
        }
    }
}

/// An answer that many get.
pub(super) type Given = Result<Arc<Answer>, StoreError>;

impl Watch {
    /// Answers [`Query::Now`]: everybody who asks while it is made gets the one
    /// answer.
    pub async fn check(self: &Arc<Self>) -> Given {
        let watch = Arc::clone(self);
        let check = async move { watch.answer(&Query::Now).await.map(Arc::new) };
        self.checking.join(check).await
    }

    /// The same from what is stored; `None` when no hub was ever read. Nobody
    /// is checked for it.
    pub async fn last_known(self: &Arc<Self>) -> Result<Option<Arc<Answer>>, StoreError> {
        let watch = Arc::clone(self);
        let look = async move { watch.answer_from_store(&Query::Now).await.map(Arc::new) };
        let answer = self.looking.join(look).await?;
        let was_read = match &*answer {
            Answer::Report(reported) => {
                let mut hubs = reported.report.hubs.iter();
                hubs.any(|hub| hub.checked_at.is_some())
            }
            _ => false,
        };
        Ok(Some(answer).filter(|_| was_read))
    }

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
        self.answer_in(query, &HubFilter::ALL).await
    }

    /// The same for some of the hubs.
    pub async fn answer_in(&self, query: &Query, filter: &HubFilter) -> Result<Answer, StoreError> {
        let hubs = self.hubs_in(filter);
        let hubs: Vec<_> = hubs.iter().collect();
        let now = self.now();
        let today = self.date_of(now);
        let (from, to) = match query {
            Query::Help => return Ok(Answer::Help),
            Query::Now => {
                return Ok(Answer::Report(Reported {
                    query: query.clone(),
                    at: now,
                    today,
                    report: self.report_now(&hubs, today, filter).await?,
                }));
            }
            Query::Account(named) => {
                let answer = self.account(query, named, &hubs).await?;
                return Ok(Answer::Account(answer));
            }
            Query::Status { status, regions } => {
                let answer = self.status(query, status.as_ref(), regions, &hubs).await?;
                return Ok(Answer::Status(answer));
            }
            Query::On(date) => (None, *date),
            Query::Between { from, to } => (Some(*from), *to),
        };
        if to <= today {
            let loaded = self.load_past(&hubs, from, to).await?;
            let covered = |loaded: &Loaded| !matches!(loaded.hub.coverage, Coverage::Missing(_));
            if loaded.iter().any(covered) {
                return Ok(Answer::Report(Reported {
                    query: query.clone(),
                    at: now,
                    today,
                    report: self.report(loaded, to, filter).await,
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
    async fn report_now(
        &self,
        hubs: &[&HubId],
        today: NaiveDate,
        filter: &HubFilter,
    ) -> Result<Report, StoreError> {
        let yesterday = today.pred_opt().unwrap_or(today);
        let since = |_: &HubId, state: &State| Since::day(state.day_up_to(yesterday));
        let mut loaded = self.load_heads(hubs, since).await?;
        for one in &mut loaded {
            one.hub.coverage = self.today_or_missing(&one.hub, today);
        }
        Ok(self.current_report(loaded, today, filter).await)
    }

    /// A report of what was loaded and is so now: with what the organization
    /// says that the hubs do not.
    pub(super) async fn current_report(
        &self,
        loaded: Vec<Loaded>,
        today: NaiveDate,
        filter: &HubFilter,
    ) -> Report {
        let enabled = loaded.iter().filter(|one| !one.not_enabled);
        let facts: Vec<_> = enabled.map(Loaded::facts).collect();
        let gaps = self.gaps(&facts, filter).await;
        let report = self.report(loaded, today, filter).await;
        report.with_organization(gaps)
    }

    /// What the organization says that these hubs do not. Among the hubs of one
    /// administrator nobody is outside: another one may list them.
    pub(super) async fn gaps(&self, hubs: &[HubFacts<'_>], filter: &HubFilter) -> Option<Gaps> {
        let among = Among::of(filter.region.as_ref());
        let directory = self.directory().await;
        match filter.admin {
            Some(_) => None,
            None => Gaps::between(&directory, hubs, among),
        }
    }

    /// A report of what was loaded.
    pub(super) async fn report(
        &self,
        loaded: Vec<Loaded>,
        as_of: NaiveDate,
        filter: &HubFilter,
    ) -> Report {
        let (loaded, not_enabled) = without_the_not_enabled(loaded);
        let facts = loaded.iter().map(Loaded::facts).collect();
        let report = Report::new(facts, as_of, self.zone());
        let report = report.named(self.directory().await.as_ref());
        self.with_gaps(report, not_enabled, filter)
    }

    /// The report, with what it does not know of.
    pub(super) fn with_gaps(
        &self,
        report: Report,
        not_enabled: Vec<HubId>,
        filter: &HubFilter,
    ) -> Report {
        let mut unlisted = self.unlisted();
        unlisted.retain(|one| filter.admin.is_none_or(|admin| admin == one.admin));
        Report {
            not_enabled,
            unlisted,
            ..report
        }
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

    /// The hubs as they are now, each with what happened since some time.
    pub(super) async fn load_heads(
        &self,
        hubs: &[&HubId],
        since: impl Fn(&HubId, &State) -> Since,
    ) -> Result<Vec<Loaded>, StoreError> {
        let mut loading = Loading::of(hubs);
        for _ in 0..RELOADS {
            let hubs = loading.missing();
            let states = self.store.states(&hubs).await?;
            let days: Vec<_> = states.iter().map(|state| state.head.day.clone()).collect();
            let members = self.members(&hubs, &days).await?;
            let mut loads = Vec::with_capacity(hubs.len());
            for ((hub, state), members) in hubs.into_iter().zip(states).zip(members) {
                let since = since(hub, &state);
                loads.push(self.load_head(hub, state, members, since));
            }
            loading.add(try_join_all(loads).await?);
            if loading.missing().is_empty() {
                break;
            }
        }
        loading.done()
    }

    /// `None` when its snapshot was replaced meanwhile.
    async fn load_head(
        &self,
        hub: &HubId,
        state: State,
        members: Option<Arc<Snapshot>>,
        since: Since,
    ) -> Result<Option<Loaded>, StoreError> {
        let Some(day) = state.head.day.clone() else {
            let not_enabled = self.is_not_enabled(hub, &state.head);
            return Ok(Some(Loaded {
                not_enabled,
                ..Loaded::unknown(hub, state)
            }));
        };
        let Some(members) = members else {
            // Its last snapshot may be older than what is kept.
            let kept = self.store.day_up_to(hub, day.date).await?;
            return Ok(kept.is_none().then(|| Loaded::unknown(hub, state)));
        };
        let observations = if state.changed > since.after {
            let seen = self.store.observations(hub, since.after, day.version);
            seen.await?
        } else {
            Vec::new()
        };
        // What was seen since the first poll was compared with the first poll.
        let first = observations.first().and_then(|first| first.window.after);
        let from = since.mark.or(first.map(|at| Mark {
            date: self.date_of(at),
            at,
        }));
        let version = day.version;
        Ok(Some(Loaded {
            hub: hub_report(hub, &state.head, &with_age(day, &state.head), from),
            version,
            observations,
            members: Some(members),
            recent: state.recent,
            not_enabled: false,
        }))
    }

    /// The members of the snapshots that there are, hub by hub.
    async fn members(
        &self,
        hubs: &[&HubId],
        days: &[Option<Day>],
    ) -> Result<Vec<Option<Arc<Snapshot>>>, StoreError> {
        let hubs = hubs.iter().zip(days);
        let wanted: Vec<_> = hubs
            .filter_map(|(hub, day)| Some((*hub, day.as_ref()?)))
            .collect();
        let mut found = self.store.snapshots(&wanted).await?.into_iter();
        let members = days
            .iter()
            .map(|day| day.as_ref().and_then(|_| found.next().flatten()));
        Ok(members.collect())
    }

    /// The hubs on the date `to`, with what happened since `from`, or since the
    /// latest earlier date if that is not given.
    async fn load_past(
        &self,
        hubs: &[&HubId],
        from: Option<NaiveDate>,
        to: NaiveDate,
    ) -> Result<Vec<Loaded>, StoreError> {
        let mut loading = Loading::of(hubs);
        for _ in 0..RELOADS {
            let hubs = loading.missing();
            let states = self.store.states(&hubs).await?;
            let mut periods = Vec::with_capacity(hubs.len());
            for (hub, state) in hubs.iter().zip(&states) {
                periods.push(self.period(hub, state, from, to));
            }
            let periods = try_join_all(periods).await?;
            let ends: Vec<_> = periods.iter().map(|period| period.end.clone()).collect();
            let members = self.members(&hubs, &ends).await?;
            let mut loads = Vec::with_capacity(hubs.len());
            let states = states.into_iter().zip(periods).zip(members);
            for (hub, ((state, period), members)) in hubs.into_iter().zip(states) {
                loads.push(self.load_period(hub, state, period, members, to));
            }
            loading.add(try_join_all(loads).await?);
            if loading.missing().is_empty() {
                break;
            }
        }
        loading.done()
    }

    /// Which snapshots of a hub a question about the past is about.
    async fn period(
        &self,
        hub: &HubId,
        state: &State,
        from: Option<NaiveDate>,
        to: NaiveDate,
    ) -> Result<Period, StoreError> {
        let end = self.day_up_to(hub, state, to).await?;
        let base = match from {
            None => match to.pred_opt() {
                Some(before) => self.day_up_to(hub, state, before).await?,
                None => None,
            },
            Some(from) => match self.day_up_to(hub, state, from).await? {
                Some(base) => Some(base),
                None => self.store.day_from(hub, from).await?,
            },
        };
        let in_period = |end: &Day| match from {
            None => end.date == to,
            Some(_) => base.as_ref().is_none_or(|base| end.date > base.date),
        };
        Ok(Period {
            end: end.filter(in_period),
            base,
        })
    }

    /// The header of the latest date up to `date`.
    async fn day_up_to(
        &self,
        hub: &HubId,
        state: &State,
        date: NaiveDate,
    ) -> Result<Option<Day>, StoreError> {
        match state.day_up_to(date) {
            None if state.has_older() => self.store.day_up_to(hub, date).await,
            day => Ok(day.cloned()),
        }
    }

    /// `None` when its snapshot was replaced meanwhile.
    async fn load_period(
        &self,
        hub: &HubId,
        state: State,
        period: Period,
        members: Option<Arc<Snapshot>>,
        to: NaiveDate,
    ) -> Result<Option<Loaded>, StoreError> {
        let Some(end) = period.end else {
            let nearest = self.nearest(hub, to).await?;
            return Ok(Some(Loaded {
                not_enabled: self.is_not_enabled(hub, &state.head),
                ..Loaded::missing(hub, nearest)
            }));
        };
        let Some(members) = members else {
            return Ok(None);
        };
        // A date that was closed knows when it was last read; most are.
        let end = if end.checked_at > end.taken_at {
            end
        } else {
            with_age(end, &state.head)
        };
        let since = Since::day(period.base.as_ref());
        let observations = self.store.observations(hub, since.after, end.version);
        Ok(Some(Loaded {
            observations: observations.await?,
            members: Some(members),
            version: end.version,
            hub: HubReport {
                hub: hub.clone(),
                coverage: coverage(since.mark, &end),
                counts: end.counts.clone(),
                checked_at: Some(end.checked_at),
                unread: None,
            },
            recent: state.recent,
            not_enabled: false,
        }))
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

/// Hubs of which some are loaded. One whose snapshot was replaced while it was
/// looked for is missing, and looked for again.
struct Loading<'a> {
    hubs: &'a [&'a HubId],
    loaded: BTreeMap<HubId, Loaded>,
}

impl<'a> Loading<'a> {
    fn of(hubs: &'a [&'a HubId]) -> Self {
        let loaded = BTreeMap::new();
        Self { hubs, loaded }
    }

    fn missing(&self) -> Vec<&'a HubId> {
        let hubs = self.hubs.iter().copied();
        hubs.filter(|hub| !self.loaded.contains_key(*hub)).collect()
    }

    fn add(&mut self, loaded: Vec<Option<Loaded>>) {
        let loaded = loaded.into_iter().flatten();
        self.loaded
            .extend(loaded.map(|loaded| (loaded.hub.hub.clone(), loaded)));
    }

    fn done(mut self) -> Result<Vec<Loaded>, StoreError> {
        let hubs = self.hubs.iter();
        hubs.map(|hub| self.loaded.remove(*hub).ok_or_else(|| vanished(hub)))
            .collect()
    }
}

/// What was loaded of hubs that are watched, and the names of those that are
/// not enabled.
pub(super) fn without_the_not_enabled(all: Vec<Loaded>) -> (Vec<Loaded>, Vec<HubId>) {
    let (not_enabled, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.not_enabled);
    let names = not_enabled.into_iter().map(|one| one.hub.hub);
    (rest, names.collect())
}

fn mark(day: &Day) -> Mark {
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
