//! Failed polls that the store doesn't know. They are kept in memory, so that no answer reports
//! "no changes" for a hub whose last poll failed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::calendar::Calendar;
use super::polled::{PollError, Polled};
use super::ports::StoreError;
use crate::domain::hub::{HubId, Unchecked, UncheckedReason, Unread};
use crate::domain::report::HubReport;

/// The last poll of each hub, if it failed. A successful poll removes the entry.
pub(super) struct FailedChecks {
    calendar: Calendar,
    failed: Mutex<HashMap<HubId, Failed>>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    /// When the poll began.
    at: DateTime<Utc>,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    /// The list could not be read. The store knows this too, unless it failed as well.
    Unread(Unread),
    Unchecked(UncheckedReason),
}

impl FailedChecks {
    pub(super) fn new(calendar: Calendar) -> Self {
        Self {
            calendar,
            failed: Mutex::default(),
        }
    }

    fn failed(&self) -> MutexGuard<'_, HashMap<HubId, Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the end of a poll that began at `at`.
    pub(super) fn ended(&self, hub: &HubId, at: DateTime<Utc>, result: &Result<Polled, PollError>) {
        let how = match result {
            Ok(_) | Err(PollError::NotEnabled(_)) => None,
            Err(PollError::List(error)) => Some(How::Unread(Unread::new(at, error.reason))),
            Err(PollError::Doubted { doubt, .. }) => Some(How::Unread(Unread::doubted(at, *doubt))),
            Err(PollError::Store(error)) => Some(How::Unchecked(reason(error))),
            Err(PollError::Contended(_)) => Some(How::Unchecked(UncheckedReason::Contended)),
        };
        let mut failed = self.failed();
        match how {
            Some(how) => failed.insert(hub.clone(), Failed { at, how }),
            None => failed.remove(hub),
        };
    }

    /// Forgets a hub that is no longer monitored.
    pub(super) fn forget(&self, hub: &HubId) {
        self.failed().remove(hub);
    }

    /// Records a check that began at `at` and was cancelled or not started.
    pub(super) fn unchecked(&self, hub: &HubId, at: DateTime<Utc>, reason: UncheckedReason) {
        let how = How::Unchecked(reason);
        self.failed().insert(hub.clone(), Failed { at, how });
    }

    /// Adds a failed last poll to a hub's stored data, unless another process has read the hub
    /// since.
    pub(super) fn with_last_check(&self, hub: HubReport) -> HubReport {
        let last = self.failed().get(&hub.hub).copied();
        let Some(Failed { at, how }) = last else {
            return hub;
        };
        // A time in the future proves nothing.
        let since = at..=self.calendar.now();
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

/// Distinguishes a table that could not be read from one that rejected the result.
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
