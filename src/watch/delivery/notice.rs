//! Makes a notice: which hubs have been unread for too long, and which are
//! read again, as far as the channel does not know it.

use chrono::{DateTime, Utc};

use super::hold::Hold;
use super::{DeliverError, Prepared};
use crate::domain::hub::Unread;
use crate::domain::notice::{Notice, ReturnedHub, UnreadHub};
use crate::watch::Watch;
use crate::watch::ports::{Ledger, StoreError, Subject};

impl Watch {
    /// What the channel does not know yet; `None` when it knows everything.
    pub(super) async fn news(&self, ledger: &Ledger) -> Result<Option<Notice>, StoreError> {
        let at = self.now();
        let hubs = self.hubs();
        let mut notice = Notice {
            date: self.date_of(at),
            at,
            hubs: hubs.to_vec(),
            unread: Vec::new(),
            back: Vec::new(),
        };
        let hubs: Vec<_> = hubs.iter().collect();
        for (hub, head) in hubs.iter().copied().zip(self.store.heads(&hubs).await?) {
            // `/readyz` and the digest say that it is damaged.
            let Ok(head) = head else {
                continue;
            };
            if self.is_not_enabled(hub, &head) {
                continue;
            }
            let known = ledger.unread.get(hub);
            let is_known = |unread: Unread| match unread.doubt {
                Some(_) => ledger.doubted.contains_key(hub),
                None => known.is_some(),
            };
            match (head.unread, known, head.checked_at) {
                (Some(unread), _, checked_at) if self.is_due(unread, at) && !is_known(unread) => {
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

    /// Whether a channel has to hear of it. A doubted list does not wait: what it
    /// lacks may be news.
    pub(super) fn is_due(&self, unread: Unread, at: DateTime<Utc>) -> bool {
        unread.doubt.is_some() || at - unread.since >= self.unread_after
    }

    /// Puts the messages into the outbox.
    pub(super) async fn prepare_notice(
        &self,
        hold: &mut Hold<'_>,
    ) -> Result<Option<Prepared>, DeliverError> {
        let Some(notice) = self.news(hold.ledger()).await? else {
            return Ok(None);
        };
        let messages = hold.channel().render_notice(&notice);
        let mut posting = hold.posting(Subject::Notice(notice.date), notice.at, messages.len());
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
        hold.keep(&posting, &messages).await?;
        Ok(Some((posting, messages)))
    }
}
