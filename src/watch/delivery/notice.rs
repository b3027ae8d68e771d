//! Makes polling alerts: hubs that have failed for too long, and hubs that have recovered, each
//! reported to a channel once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::held::HeldDelivery;
use super::outcome::{DeliverError, Prepared};
use crate::domain::hub::Unread;
use crate::domain::notice::{Notice, ReturnedHub, UnreadHub};
use crate::domain::scope::Audience;
use crate::watch::calendar::Calendar;
use crate::watch::hubs::WatchedHubs;
use crate::watch::ports::{HeadStore, Ledger, StoreError, Subject};

/// Makes polling alerts.
pub(in crate::watch) struct Notices {
    pub(in crate::watch) calendar: Calendar,
    pub(in crate::watch) hubs: Arc<WatchedHubs>,
    pub(in crate::watch) heads: Arc<dyn HeadStore>,
    pub(in crate::watch) stale_after: TimeDelta,
}

impl Notices {
    /// The alert that a channel has not had yet; `None` if there is none.
    pub(super) async fn news(
        &self,
        ledger: &Ledger,
        audience: &Audience,
    ) -> Result<Option<Notice>, StoreError> {
        let at = self.calendar.now();
        let mut hubs = self.hubs.list().to_vec();
        hubs.retain(|hub| audience.scope.takes_hub(hub));
        let mut notice = Notice {
            date: self.calendar.in_zone(audience.zone).date_of(at),
            at,
            hubs: hubs.clone(),
            unread: Vec::new(),
            back: Vec::new(),
        };
        let hubs: Vec<_> = hubs.iter().collect();
        for (hub, head) in hubs.iter().copied().zip(self.heads.heads(&hubs).await?) {
            // `/readyz` and the digest report the damage.
            let Ok(head) = head else {
                continue;
            };
            if self.hubs.is_not_enabled(hub, &head) {
                continue;
            }
            let known = ledger.unread.get(hub);
            let is_known = |unread: Unread| match unread.doubt {
                Some(_) => ledger.doubted.contains_key(hub),
                None => known.is_some(),
            };
            match (head.unread, known, head.checked_at) {
                (Some(unread), _, checked_at)
                    if is_due(unread, at, self.stale_after) && !is_known(unread) =>
                {
                    notice.unread.push(UnreadHub {
                        hub: hub.clone(),
                        unread,
                        checked_at,
                    });
                }
                (None, Some(since), Some(checked_at)) => notice.back.push(ReturnedHub {
                    hub: hub.clone(),
                    since: *since,
                    checked_at,
                    doubt: ledger.doubted.get(hub).copied(),
                    members: head.day.map_or(0, |day| day.counts.total()),
                }),
                _ => {}
            }
        }
        let is_news = !notice.unread.is_empty() || !notice.back.is_empty();
        Ok(is_news.then_some(notice))
    }

    /// Writes the messages of an alert to the outbox; `None` if there is no alert.
    pub(super) async fn prepare(
        &self,
        held: &mut HeldDelivery<'_>,
    ) -> Result<Option<Prepared>, DeliverError> {
        let audience = held.channel().audience();
        let Some(notice) = self.news(held.ledger(), audience).await? else {
            return Ok(None);
        };
        let messages = held.channel().render_notice(&notice);
        let mut posting = held.posting(Subject::Notice(notice.date), notice.at, messages.len());
        for hub in &notice.back {
            posting.unread.remove(&hub.hub);
            posting.doubted.remove(&hub.hub);
        }
        for hub in notice.unread {
            if let Some(doubt) = hub.unread.doubt {
                posting.doubted.insert(hub.hub.clone(), doubt);
            }
            posting.unread.insert(hub.hub, hub.unread.since);
        }
        held.keep(&posting, &messages).await?;
        Ok(Some((posting, messages)))
    }
}

/// Reports whether a failure needs an alert. A doubted list needs one at once: the missing accounts
/// may really have left.
pub(super) fn is_due(unread: Unread, at: DateTime<Utc>, stale_after: TimeDelta) -> bool {
    unread.doubt.is_some() || at - unread.since >= stale_after
}
