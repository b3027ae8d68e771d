//! Makes digests: polls, then collects the changes since the last digest.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::held::HeldDelivery;
use super::notice::is_due;
use super::outcome::{DeliverError, Prepared};
use crate::domain::cases::CaseList;
use crate::domain::digest::{Digest, DigestCases};
use crate::domain::hub::{HubFilter, HubId, Version};
use crate::domain::report::{Coverage, Damage, Mark};
use crate::policies::rounds::POLL_WITHIN;
use crate::watch::cases::Cases;
use crate::watch::history::{History, Since};
use crate::watch::hubs::WatchedHubs;
use crate::watch::polled::PollError;
use crate::watch::poller::Poller;
use crate::watch::ports::{Delivered, KnownDoubts, KnownUnread, State, StoreError, Subject};
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
        date: NaiveDate,
    ) -> Result<Prepared, DeliverError> {
        let polls = self.poller.poll_all_within(POLL_WITHIN);
        let mut damaged = Vec::new();
        for (hub, polled) in held.while_alive(polls).await? {
            match polled.as_deref() {
                Some(Err(PollError::Store(error))) if error.is_damage() => damaged.push(hub),
                // The hub was neither read nor marked as failing, so it would look unchanged.
                Some(Err(PollError::Store(error))) => return Err(error.clone().into()),
                _ => {}
            }
        }
        let last = held.ledger().last.clone();
        self.cases.learned().await?;
        let cases = self.cases.list();
        let mut digest = self.compose(date, last.as_ref(), cases).await?;
        // Without their newer cases, these hubs must not look complete.
        damaged.extend(digest.cases.list.damaged.iter().cloned());
        for hub in &damaged {
            digest.is_damaged_in(hub, last.as_ref().map(|last| &last.covered));
        }
        let messages = held.channel().render(&digest);
        let mut posting = held.posting(Subject::Digest(date), digest.until, messages.len());
        let stale_after = held.stale_after();
        posting.unread.extend(unread_in(&digest, stale_after));
        posting.doubted.extend(doubted_in(&digest));
        posting.known = Some(digest.cases.counts(&digest.report, digest.until));
        posting.covered = digest.covered;
        held.keep(&posting, &messages).await?;
        Ok((posting, messages))
    }

    /// The digest that would be made now, from stored data. Stores nothing.
    pub(super) async fn preview(
        &self,
        date: NaiveDate,
        last: Option<&Delivered>,
    ) -> Result<Digest, StoreError> {
        let cases = self.cases.preview().await?;
        self.compose(date, last, async { Ok(cases) }).await
    }

    /// The digest of the changes since the last one, from stored data. The cases are read last, so
    /// that the book covers every reported change.
    async fn compose(
        &self,
        date: NaiveDate,
        last: Option<&Delivered>,
        cases: impl Future<Output = Result<CaseList, StoreError>>,
    ) -> Result<Digest, StoreError> {
        let until = self.reports.calendar.now();
        let reported = |hub: &HubId| last.and_then(|last| Some((last, *last.covered.get(hub)?)));
        let is_gone = |after: Version, now: Version| now > Version::NONE && after > now;
        let since = |hub: &HubId, state: &State| {
            // If the reported history is lost, a new one has begun.
            let reported = reported(hub).filter(|(_, after)| !is_gone(*after, state.head.version));
            // For a hub that no digest covers: everything since its first poll.
            reported.map_or(Since::day(None), |(last, after)| Since {
                mark: Some(Mark {
                    date: self.reports.calendar.date_of(last.until),
                    at: last.until,
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
        // A hub that is no longer monitored keeps its position, in case it returns.
        let mut covered = last.map(|last| last.covered.clone()).unwrap_or_default();
        for one in &loaded {
            if !matches!(one.hub.coverage, Coverage::Missing(_)) {
                covered.insert(one.hub.hub.clone(), one.version);
            }
        }
        let report = self.reports.current_report(
            loaded,
            self.reports.calendar.date_of(until),
            &HubFilter::ALL,
        );
        let (since, before) = (
            last.map(|last| last.until),
            last.and_then(|last| last.known),
        );
        let report = report.await;
        let week = self.week_before(date, last).await?;
        let cases = cases.await?;
        Ok(Digest {
            date,
            since,
            until,
            cases: DigestCases::new(cases, &report, since, before),
            report,
            week,
            covered,
        })
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
