//! Checks of hubs for somebody who waits, and those that brought nothing: what
//! the store does not know of them is remembered here, so that no answer calls
//! a hub unchanged whose last check failed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::join_all;

use super::Watch;
use super::poll::{PollError, Polled};
use super::ports::StoreError;
use crate::domain::hub::{HubId, Unchecked, UncheckedReason, Unread};
use crate::domain::report::HubReport;

/// How long a check may take: reading the longest list twice. Slack takes
/// answers for half an hour.
const CHECK_WITHIN: Duration = Duration::from_secs(600);

/// The last check of each hub, where it failed. One that succeeds takes its
/// predecessor away.
#[derive(Debug, Default)]
pub(super) struct Checks(Mutex<HashMap<HubId, Failed>>);

#[derive(Debug, Clone, Copy)]
struct Failed {
    /// When the check began.
    at: DateTime<Utc>,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    /// The list was not read. The store knows it too, unless it failed as well.
    Unread(Unread),
    Unchecked(UncheckedReason),
}

impl Checks {
    /// A poll of this hub, which began then, has ended.
    pub(super) fn ended(&self, hub: &HubId, at: DateTime<Utc>, result: &Result<Polled, PollError>) {
        let how = match result {
            Ok(_) | Err(PollError::NotEnabled(_)) => None,
            Err(PollError::List(error)) => Some(How::Unread(Unread::new(at, error.reason))),
            Err(PollError::Doubted { doubt, .. }) => Some(How::Unread(Unread::doubted(at, *doubt))),
            Err(PollError::Store(error)) => Some(How::Unchecked(reason(error))),
            Err(PollError::Contended(_)) => Some(How::Unchecked(UncheckedReason::Contended)),
        };
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match how {
            Some(how) => failed.insert(hub.clone(), Failed { at, how }),
            None => failed.remove(hub),
        };
    }

    fn failed(&self, hub: &HubId, at: DateTime<Utc>, reason: UncheckedReason) {
        let how = How::Unchecked(reason);
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.insert(hub.clone(), Failed { at, how });
    }

    fn of(&self, hub: &HubId) -> Option<Failed> {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(hub).copied()
    }

    /// Forgets a hub that is not watched any more.
    pub(super) fn forget(&self, hub: &HubId) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(hub);
    }
}

/// Whether the table could not be read, or what was read could not be stored.
fn reason(error: &StoreError) -> UncheckedReason {
    match error {
        StoreError::Service { operation, .. }
            if !matches!(*operation, "GetItem" | "BatchGetItem" | "Query") =>
        {
            UncheckedReason::NotStored
        }
        _ => UncheckedReason::TableUnreadable,
    }
}

impl Watch {
    /// Polls every hub for an answer. How that went for each is in every
    /// report from then on.
    pub async fn check_hubs(self: &Arc<Self>) {
        let (hubs, began) = (self.hubs(), self.now());
        let check = |hub: &HubId| {
            let (hub, poll) = (hub.clone(), self.join_poll(hub));
            async move {
                if tokio::time::timeout(CHECK_WITHIN, poll).await.is_err() {
                    self.checks.failed(&hub, began, UncheckedReason::TimedOut);
                }
            }
        };
        join_all(hubs.iter().map(check)).await;
        // One that was found meanwhile was not asked.
        for hub in self.hubs().iter().filter(|hub| !hubs.contains(hub)) {
            self.checks.failed(hub, began, UncheckedReason::LeftOut);
        }
    }

    /// A hub as the store knows it, with how its last check failed. It does not
    /// matter any more where another process has read the hub since.
    pub(super) fn with_last_check(&self, hub: HubReport) -> HubReport {
        let Some(Failed { at, how }) = self.checks.of(&hub.hub) else {
            return hub;
        };
        // A time that is still to come is no proof.
        let since = at..=self.now();
        if hub.checked_at.is_some_and(|read| since.contains(&read)) {
            return hub;
        }
        match how {
            How::Unread(unread) => HubReport {
                unread: hub.unread.or(Some(unread)),
                ..hub
            },
            How::Unchecked(reason) => HubReport {
                unchecked: Some(Unchecked { at, reason }),
                ..hub
            },
        }
    }
}
