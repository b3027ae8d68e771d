//! One poll: reads a hub's complete list, compares it with the stored state, and publishes the
//! new state.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};

use crate::domain::diff::diff;
use crate::domain::doubt::{AccountList as _, Doubt, Weighed, weigh};
use crate::domain::hub::{HubId, Unread, Version};
use crate::domain::member::{Listed, MemberList, Snapshot, Window};
use crate::domain::readings::Readings;
use crate::policies::rounds::{RACES, READINGS};
use crate::policies::table::DAMAGED;
use crate::watch::calendar::Calendar;
use crate::watch::hubs::WatchedHubs;
use crate::watch::polled::{PollError, Polled};
use crate::watch::ports::{
    Day, Head, ImportBoundary, ListError, MemberSource, PollStore, Publication, StoreError, Written,
};

pub(in crate::watch) struct HubPoll {
    pub(in crate::watch) calendar: Calendar,
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) source: Arc<dyn MemberSource>,
    pub(in crate::watch) store: Arc<dyn PollStore>,
}

impl HubPoll {
    pub(super) async fn run(&self, hub: &HubId) -> Result<Polled, PollError> {
        for _ in 0..RACES {
            if let Written::Done(polled) = self.try_poll(hub).await? {
                return Ok(polled);
            }
        }
        Err(PollError::Contended(hub.clone()))
    }

    /// Reads the head before the list, so that no list is published over a newer state.
    async fn try_poll(&self, hub: &HubId) -> Result<Written<Polled>, PollError> {
        let base = self.store.head(hub).await?;
        let read_from = self.calendar.now();
        match self.read(hub, &base).await {
            Ok(Written::Lost) => Ok(Written::Lost),
            Ok(Written::Done(ListReading::Known { at })) => {
                let readings = self.readings(&base, at);
                let confirmed = self.store.confirm(hub, &base, read_from, at, &readings);
                let confirmed = confirmed.await?;
                Ok(confirmed.map(|head| Polled {
                    head,
                    changes: Vec::new(),
                    first: false,
                }))
            }
            Ok(Written::Done(ListReading::New(new))) => {
                let Written::Done(past) = self.past(hub, &base).await? else {
                    return Ok(Written::Lost);
                };
                let last = new.before.as_ref();
                let last = last.or(past.as_ref().map(|(_, past)| past)).cloned();
                if let Some(last) = last
                    && let Some(doubt) = self.doubt(hub, &base, read_from, &new, &last).await?
                {
                    let hub = hub.clone();
                    return Err(PollError::Doubted { hub, doubt });
                }
                self.publish(hub, &base, read_from, new, past).await
            }
            Err(error) => {
                if let PollError::List(error) = &error {
                    let unread = Unread::new(read_from, error.reason);
                    self.store.mark_unread(hub, &base, unread).await?;
                    let unread = Some(unread);
                    if self.hubs.is_not_enabled(hub, &Head { unread, ..base }) {
                        return Err(PollError::NotEnabled(error.clone()));
                    }
                }
                Err(error)
            }
        }
    }

    /// Doubts a list that differs too much from the `last` one, and marks the hub as doubted.
    /// `None` if the list is accepted.
    async fn doubt(
        &self,
        hub: &HubId,
        base: &Head,
        read_from: DateTime<Utc>,
        new: &NewList,
        last: &Snapshot,
    ) -> Result<Option<Doubt>, StoreError> {
        let (after, earlier) = (base.checked_at, base.doubted.as_ref());
        let (doubt, doubted) = match weigh(&new.list, new.at, last, after, earlier) {
            Weighed::Believed => return Ok(None),
            Weighed::Confirmed(doubt) => {
                tracing::info!(%hub, doubt.before, doubt.now, "accepting a shorter list that a later poll confirmed");
                return Ok(None);
            }
            Weighed::Doubted(doubt, doubted) => (doubt, doubted),
        };
        let unread = Unread::doubted(read_from, doubt);
        self.store.mark_doubted(hub, base, unread, &doubted).await?;
        Ok(Some(doubt))
    }

    /// Reads the list. An account counts as gone only if a second reading doesn't list it either:
    /// a list that changes between pages, or is cut off, can lack existing accounts.
    ///
    /// A reading is accepted if it has all accounts of the one before; the first is compared with
    /// the current snapshot. If accounts keep disappearing, the accounts in either of the last
    /// two readings are used.
    async fn read(&self, hub: &HubId, base: &Head) -> Result<Written<ListReading>, PollError> {
        let mut list = self.list(hub).await?;
        let mut at = self.calendar.now();
        if self.is_known(base, &list, at) {
            return Ok(Written::Done(ListReading::Known { at }));
        }
        let Written::Done(before) = self.baseline(hub, base).await? else {
            return Ok(Written::Lost);
        };
        let members = before.as_deref().map(Snapshot::members).unwrap_or_default();
        let mut missing = list.lacks(members.iter().map(|member| member.listed.account));
        for reading in 2..=READINGS {
            if missing == 0 {
                break;
            }
            tracing::info!(%hub, missing, "reading the list again: accounts are no longer listed");
            let earlier = std::mem::replace(&mut list, self.list(hub).await?);
            at = self.calendar.now();
            missing = list.lacks(earlier.iter().map(|listed| listed.account));
            if missing > 0 && reading == READINGS {
                list = list.or(earlier);
            }
        }
        if self.is_known(base, &list, at) {
            return Ok(Written::Done(ListReading::Known { at }));
        }
        Ok(Written::Done(ListReading::New(NewList {
            list,
            before,
            at,
        })))
    }

    async fn list(&self, hub: &HubId) -> Result<MemberList, ListError> {
        Ok(MemberList::new(self.source.list(hub).await?))
    }

    /// Reports whether the current snapshot has the same content and date.
    fn is_known(&self, base: &Head, list: &MemberList, at: DateTime<Utc>) -> bool {
        let day = base.day.as_ref();
        day.is_some_and(|day| day.date == self.closing_date(base, at))
            && base.fingerprint == fingerprint(list.iter())
    }

    /// The readings of the list with one that ended at this time.
    fn readings(&self, base: &Head, at: DateTime<Utc>) -> Readings {
        let date = self.calendar.date_of(at);
        base.readings.and(date, at, base.checked_at)
    }

    /// The date that a poll at this time closes. If the clock was set back, a closed date must
    /// not be opened again.
    fn closing_date(&self, base: &Head, at: DateTime<Utc>) -> NaiveDate {
        let today = self.calendar.date_of(at);
        let last = base.day.as_ref().map(|day| day.date);
        let last = last.filter(|last| !self.calendar.is_ahead(*last));
        last.map_or(today, |last| last.max(today))
    }

    async fn publish(
        &self,
        hub: &HubId,
        base: &Head,
        read_from: DateTime<Utc>,
        NewList { list, before, at }: NewList,
        past: Option<(Day, Arc<Snapshot>)>,
    ) -> Result<Written<Polled>, PollError> {
        let window = Window {
            after: base.read_from,
            at,
        };
        let snapshot = &Snapshot::at_end_of_poll(list, before.as_deref(), window);
        let last = base.day.as_ref().map(|day| day.date);
        if let Some(last) = last.filter(|last| self.calendar.is_ahead(*last)) {
            tracing::error!(%hub, %last, "last snapshot has a future date: a clock was wrong");
        }
        let changes = before
            .as_ref()
            .map_or_else(Vec::new, |before| diff(before, snapshot));
        let between = past.as_ref();
        let between = between.map_or_else(Vec::new, |(_, members)| diff(members, snapshot));
        let accounts = snapshot.members().iter().map(|member| &member.listed);
        let publication = Publication {
            base,
            date: self.closing_date(base, window.at),
            read_from,
            window,
            snapshot,
            fingerprint: &fingerprint(accounts),
            readings: self.readings(base, window.at),
            changes: &changes,
            boundary: past.as_ref().map(|(from, _)| ImportBoundary {
                from,
                at: window.at,
                changes: &between,
            }),
        };
        let published = self.store.publish(hub, publication).await?;
        Ok(published.map(|head| Polled {
            head,
            changes,
            first: before.is_none(),
        }))
    }

    /// The last imported day, if this is the hub's first poll.
    async fn past(
        &self,
        hub: &HubId,
        base: &Head,
    ) -> Result<Written<Option<(Day, Arc<Snapshot>)>>, StoreError> {
        if base.version != Version::NONE {
            return Ok(Written::Done(None));
        }
        let Some(day) = self.store.day_up_to(hub, NaiveDate::MAX).await? else {
            return Ok(Written::Done(None));
        };
        let members = self.store.snapshot(hub, &day).await?;
        Ok(members.map_or(Written::Lost, |members| Written::Done(Some((day, members)))))
    }

    /// The snapshot to compare with; `None` if there was none, or if it has expired.
    async fn baseline(
        &self,
        hub: &HubId,
        base: &Head,
    ) -> Result<Written<Option<Arc<Snapshot>>>, StoreError> {
        let Some(day) = &base.day else {
            return Ok(Written::Done(None));
        };
        if let Some(snapshot) = self.store.snapshot(hub, day).await? {
            return Ok(Written::Done(Some(snapshot)));
        }
        if self.store.head(hub).await?.version != base.version {
            return Ok(Written::Lost);
        }
        // The header expires together with its snapshot.
        let header = self.store.day_up_to(hub, day.date).await?;
        if header.is_some_and(|header| header.version == day.version) {
            let read = async || {
                let snapshot = self.store.snapshot(hub, day).await?;
                snapshot.ok_or_else(|| StoreError::vanished(hub))
            };
            let snapshot = DAMAGED.run(read, StoreError::next).await?;
            return Ok(Written::Done(Some(snapshot)));
        }
        tracing::error!(%hub, date = %day.date, "restarting history: the last snapshot is older than the retention");
        Ok(Written::Done(None))
    }
}

/// The result of reading a list.
enum ListReading {
    /// The same as in the stored head.
    Known { at: DateTime<Utc> },
    /// A different list.
    New(NewList),
}

/// A list that differs from the stored head.
struct NewList {
    list: MemberList,
    /// The current snapshot.
    before: Option<Arc<Snapshot>>,
    /// When the reading ended.
    at: DateTime<Utc>,
}

/// SHA-256 in hex over every account ID with its status, by account ID.
fn fingerprint<'a>(accounts: impl Iterator<Item = &'a Listed>) -> String {
    let mut text = String::new();
    for member in accounts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {}", member.account, member.status);
    }
    hex::encode(Sha256::digest(text))
}
