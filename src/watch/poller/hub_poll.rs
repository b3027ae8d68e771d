//! One poll: a hub's complete list, compared with the state in the store, and
//! published as its new state.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};

use crate::domain::diff::diff;
use crate::domain::doubt::{AccountList as _, Doubt, Weighed, weigh};
use crate::domain::hub::{HubId, Unread, Version};
use crate::domain::member::{Listed, MemberList, Snapshot, Window};
use crate::policies::table::DAMAGED;
use crate::watch::calendar::Calendar;
use crate::watch::hubs::WatchedHubs;
use crate::watch::polled::{PollError, Polled};
use crate::watch::ports::{
    Day, Head, ImportBoundary, ListError, MemberSource, PollStore, Publication, StoreError, Written,
};

/// How often a poll that loses the race to publish starts over.
const RACES: usize = 5;

/// How often a list is read at most until a reading lacks nobody whom the one
/// before had.
const READINGS: usize = 5;

/// Reads the list of a hub and publishes it.
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

    /// Reads the head first and the list after it: a list that is older than
    /// the head must never be published over it.
    async fn try_poll(&self, hub: &HubId) -> Result<Written<Polled>, PollError> {
        let base = self.store.head(hub).await?;
        let read_from = self.calendar.now();
        match self.read(hub, &base).await {
            Ok(Written::Lost) => Ok(Written::Lost),
            Ok(Written::Done(Reading::Known { at })) => {
                let confirmed = self.store.confirm(hub, &base, read_from, at).await?;
                Ok(confirmed.map(|head| Polled {
                    head,
                    changes: Vec::new(),
                    first: false,
                }))
            }
            Ok(Written::Done(Reading::New(new))) => {
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

    /// The reason why a list is too different from the `last` one to be believed at
    /// once; the hub is marked so. `None` when it is believed.
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

    /// Reads the list. An account that is no longer listed is believed to be
    /// gone when a second reading does not list it either: a list that changes
    /// while its pages are read, or breaks off, can lack what is there.
    ///
    /// So a reading is believed when it lacks nobody whom the one before had;
    /// what comes before the first is the current snapshot. Of a list from which
    /// accounts go on vanishing, what is left in the last two readings is taken.
    async fn read(&self, hub: &HubId, base: &Head) -> Result<Written<Reading>, PollError> {
        let mut list = self.list(hub).await?;
        let mut at = self.calendar.now();
        if self.is_known(base, &list, at) {
            return Ok(Written::Done(Reading::Known { at }));
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
            return Ok(Written::Done(Reading::Known { at }));
        }
        Ok(Written::Done(Reading::New(NewList { list, before, at })))
    }

    async fn list(&self, hub: &HubId) -> Result<MemberList, ListError> {
        Ok(MemberList::new(self.source.list(hub).await?))
    }

    /// Reports whether the current snapshot says the same, of the same date.
    fn is_known(&self, base: &Head, list: &MemberList, at: DateTime<Utc>) -> bool {
        let day = base.day.as_ref();
        day.is_some_and(|day| day.date == self.closing_date(base, at))
            && base.fingerprint == fingerprint(list.iter())
    }

    /// The date that a poll at this time closes. A clock that was set back must
    /// not open a date that is closed.
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

    /// The last imported day, which the first poll of a hub joins.
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

    /// The snapshot to compare with; `None` when there never was one, or when
    /// it is no longer kept.
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
        // Its header expires with it.
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

/// The outcome of reading a list.
enum Reading {
    /// The same as the head says already.
    Known { at: DateTime<Utc> },
    /// Something else.
    New(NewList),
}

/// A list that the head does not say yet.
struct NewList {
    list: MemberList,
    /// The current snapshot.
    before: Option<Arc<Snapshot>>,
    /// When it had been read.
    at: DateTime<Utc>,
}

/// Hex SHA-256 over every account with its status, ordered by account.
fn fingerprint<'a>(accounts: impl Iterator<Item = &'a Listed>) -> String {
    let mut text = String::new();
    for member in accounts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {}", member.account, member.status);
    }
    hex::encode(Sha256::digest(text))
}
