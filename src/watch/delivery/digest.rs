//! Makes digests: polls, then collects the changes since the last digest.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;

use super::held::HeldDelivery;
use super::notice::is_due;
use super::outcome::{DeliverError, Prepared};
use crate::domain::alert::AlertMark;
use crate::domain::cases::CaseList;
use crate::domain::digest::{Digest, DigestCases, PastWeek};
use crate::domain::due::Due;
use crate::domain::hub::{Covered, HubId, Version};
use crate::domain::report::{Coverage, Damage, Mark};
use crate::domain::scope::Audience;
use crate::policies::rounds::{LINK_WITHIN, POLL_WITHIN};
use crate::watch::calendar::Calendar;
use crate::watch::cases::Cases;
use crate::watch::history::{History, LoadedHub, Since};
use crate::watch::hubs::WatchedHubs;
use crate::watch::polled::PollError;
use crate::watch::poller::Poller;
use crate::watch::ports::{
    Delivered, KnownDoubts, KnownUnread, Ledger, State, StoreError, Subject,
};
use crate::watch::reports::Reports;

/// Makes digests.
pub(in crate::watch) struct Digests {
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) poller: Arc<Poller>,
    pub(in crate::watch) history: Arc<History>,
    pub(in crate::watch) reports: Arc<Reports>,
    pub(in crate::watch) cases: Arc<Cases>,
}

impl Digests {
    /// Polls, composes the digest, and writes its messages to the outbox. A hub whose poll is late
    /// doesn't delay the others; the digest names it.
    pub(super) async fn prepare(
        &self,
        held: &mut HeldDelivery<'_>,
        due: Due,
    ) -> Result<DigestStep, DeliverError> {
        let audience = held.channel().audience();
        let polls = self.poller.poll_all_within(POLL_WITHIN);
        let mut damaged = Vec::new();
        let mut polled = held.while_alive(polls).await?;
        polled.retain(|(hub, _)| audience.scope.takes_hub(hub));
        for (hub, polled) in polled {
            match polled.as_deref() {
                Some(Err(PollError::Store(error))) if error.is_damage() => damaged.push(hub),
                // The hub was neither read nor marked as failing, so it would look unchanged.
                Some(Err(PollError::Store(error))) => return Err(error.clone().into()),
                _ => {}
            }
        }
        let ledger = held.ledger().clone();
        let basis = Basis::of(&ledger);
        self.cases.learned().await?;
        let cases = self.cases.list();
        let mut digest = self.compose(due, basis, audience, cases).await?;
        // Without their newer cases, these hubs must not look complete.
        damaged.extend(digest.cases.list.damaged.iter().cloned());
        for hub in &damaged {
            digest.is_damaged_in(hub, basis.map(|basis| basis.covered));
        }
        let last = basis.and_then(|basis| basis.last);
        if let Some(last) = last.filter(|_| digest.is_silent) {
            return Ok(DigestStep::Skip(skipped(digest, last)));
        }
        digest.alerts = marks(held, &ledger).await?;
        let messages = held.channel().render(&digest);
        let mut posting = held.posting(Subject::Digest(due), digest.until, messages.len());
        let stale_after = held.stale_after();
        posting.unread.extend(unread_in(&digest, stale_after));
        posting.doubted.extend(doubted_in(&digest));
        posting.known = Some(digest.known());
        posting.is_partial = digest.is_partial();
        posting.situation = digest.situation.take();
        posting.covered = digest.covered;
        held.keep(&posting, &messages).await?;
        Ok(DigestStep::Post((posting, messages)))
    }

    /// The digest that would be made now, from stored data. Stores nothing.
    pub(super) async fn preview(
        &self,
        due: Due,
        ledger: &Ledger,
        audience: &Audience,
    ) -> Result<Digest, StoreError> {
        let cases = self.cases.preview().await?;
        let cases = async { Ok(cases) };
        self.compose(due, Basis::of(ledger), audience, cases).await
    }

    /// The digest of the changes since the last one, from stored data. The cases are read last, so
    /// that the book covers every reported change.
    async fn compose(
        &self,
        due: Due,
        basis: Option<Basis<'_>>,
        audience: &Audience,
        cases: impl Future<Output = Result<CaseList, StoreError>>,
    ) -> Result<Digest, StoreError> {
        let calendar = self.reports.calendar.in_zone(audience.zone);
        let until = calendar.now();
        let (loaded, mut covered) = self.load(basis, &calendar).await?;
        let readings = loaded
            .iter()
            .map(|one| (one.hub.hub.clone(), one.readings.clone()));
        let readings: Vec<_> = readings.collect();
        let today = calendar.date_of(until);
        // The same one for everything that this digest says.
        let directory = self.reports.directory.looked_up().await?;
        let reports = &self.reports;
        let report = reports.current_part(loaded, today, audience, &directory);
        let last = basis.and_then(|basis| basis.last);
        let scope = &audience.scope;
        let is_rescoped = last.is_some_and(|last| last.scope != scope.to_string());
        let since = basis.map(|basis| basis.since);
        // Other conditions count other accounts.
        let before = last.filter(|_| !is_rescoped).and_then(|last| last.known);
        // A quiet channel has the week in its next message.
        let previous = last.map(|last| last.posted().date);
        let week = match is_rescoped {
            true => None,
            false => {
                self.week_before(due.date, previous, audience, &directory)
                    .await?
            }
        };
        let lacks_units = scope.lacks_units(&directory);
        if lacks_units {
            // No change could be assigned, so the next digest begins where this one does.
            covered = basis.map(|basis| basis.covered.clone()).unwrap_or_default();
        }
        let is_first_of_week =
            previous.is_some_and(|date| PastWeek::before(due.date, date).is_some());
        let cases = cases.await?.within(scope, &directory);
        let cases = cases.counted_in(audience.zone, until);
        let mut digest = Digest {
            date: due.date,
            time: due.time,
            audience: audience.clone(),
            since,
            is_joining: basis.is_some() && last.is_none(),
            is_rescoped,
            lacks_units,
            is_first_of_week,
            is_newly_quiet: false,
            new_not_members: None,
            situation: None,
            is_silent: false,
            heartbeat: None,
            until,
            cases: DigestCases::new(cases, &report, since, before),
            report,
            week,
            alerts: Vec::new(),
            covered,
        };
        self.decide_silence(&mut digest, due, basis, readings);
        Ok(digest)
    }

    /// The state of each hub with its changes since the last digest, and the versions where the next
    /// one begins.
    async fn load(
        &self,
        basis: Option<Basis<'_>>,
        calendar: &Calendar,
    ) -> Result<(Vec<LoadedHub>, Covered), StoreError> {
        let reported = |hub: &HubId| {
            let basis = basis?;
            Some((basis.since, *basis.covered.get(hub)?))
        };
        let is_gone = |after: Version, now: Version| now > Version::NONE && after > now;
        let since = |hub: &HubId, state: &State| {
            // If the reported history is lost, a new one has begun.
            let reported = reported(hub).filter(|(_, after)| !is_gone(*after, state.head.version));
            // For a hub that no digest covers: everything since its first poll.
            reported.map_or(Since::day(None), |(at, after)| Since {
                mark: Some(Mark {
                    date: calendar.date_of(at),
                    at,
                }),
                after,
            })
        };
        let hubs = self.hubs.list();
        let hubs: Vec<_> = hubs.iter().collect();
        let mut loaded = self.history.load_heads(&hubs, since).await?;
        for one in &mut loaded {
            let reported = reported(&one.hub.hub);
            if reported.is_some_and(|(_, after)| is_gone(after, one.version)) {
                one.hub.damage.get_or_insert(Damage::Restarted);
            }
        }
        // A hub that is no longer monitored keeps its position, in case it returns. One that the
        // channel doesn't take moves on, so that other conditions later report nothing old.
        let mut covered = basis.map(|basis| basis.covered.clone()).unwrap_or_default();
        for one in &loaded {
            if !matches!(one.hub.coverage, Coverage::Missing(_)) {
                covered.insert(one.hub.hub.clone(), one.version);
            }
        }
        Ok((loaded, covered))
    }
}

/// The alerts since the last digest, which reports the same changes, with their addresses if Slack
/// says them in time.
async fn marks(
    held: &mut HeldDelivery<'_>,
    ledger: &Ledger,
) -> Result<Vec<AlertMark>, DeliverError> {
    let channel = held.channel();
    let links = ledger.alerts.iter().map(async |alert| {
        let link = tokio::time::timeout(LINK_WITHIN, channel.permalink(&alert.message));
        link.await.ok().flatten()
    });
    let links = held.while_alive(join_all(links)).await?;
    let alerts = ledger.alerts.iter().zip(links);
    let marks = alerts.map(|(alert, link)| AlertMark {
        at: alert.at,
        link,
        accounts: alert
            .accounts
            .iter()
            .flat_map(|group| group.accounts.iter().copied())
            .collect(),
    });
    Ok(marks.collect())
}

/// The next step at the time of a digest.
pub(super) enum DigestStep {
    /// Post it.
    Post(Prepared),
    /// Only record that it had no news.
    Skip(Delivered),
}

/// A digest without news, after another one.
fn skipped(digest: Digest, last: &Delivered) -> Delivered {
    Delivered {
        date: digest.date,
        time: digest.time,
        until: digest.until,
        message: last.message.clone(),
        silent: Some(last.posted()),
        is_partial: false,
        situation: digest.situation,
        known: last.known,
        scope: digest.audience.scope.to_string(),
        covered: digest.covered,
    }
}

/// The versions at which a digest begins.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    since: DateTime<Utc>,
    covered: &'a Covered,
    /// The channel's last digest; `None` for the first one of a channel beside others.
    pub(super) last: Option<&'a Delivered>,
    /// Whether the channel has had alerts since.
    pub(super) has_alerts: bool,
}

impl<'a> Basis<'a> {
    /// `None` for the first digest of all, which reports everything since the first poll.
    fn of(ledger: &'a Ledger) -> Option<Self> {
        let start = ledger.start.as_ref();
        let start = start.filter(|start| !start.covered.is_empty());
        match (&ledger.last, start) {
            (Some(last), _) => Some(Self {
                since: last.posted().at,
                covered: &last.covered,
                last: Some(last),
                has_alerts: !ledger.alerts.is_empty(),
            }),
            (None, Some(start)) => Some(Self {
                since: start.at,
                covered: &start.covered,
                last: None,
                has_alerts: !ledger.alerts.is_empty(),
            }),
            (None, None) => None,
        }
    }
}

/// The hubs that a digest reports as failing for longer than the threshold, or as doubted: they
/// need no alert.
fn unread_in(digest: &Digest, stale_after: TimeDelta) -> KnownUnread {
    let hubs = digest.report.hubs.iter();
    let unread = hubs.filter_map(|hub| Some((hub.hub.clone(), hub.unread?)));
    unread
        .filter(|(_, unread)| is_due(*unread, digest.until, stale_after))
        .map(|(hub, unread)| (hub, unread.since))
        .collect()
}

/// The hubs that a digest reports as doubted.
fn doubted_in(digest: &Digest) -> KnownDoubts {
    let hubs = digest.report.hubs.iter();
    let doubted = hubs.filter_map(|hub| Some((hub.hub.clone(), hub.unread?.doubt?)));
    doubted.collect()
}
