//! The ledgers of channels, and the times of deliveries.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::policies::delivery::{LEASE, TAKEN_WITHIN};
use crate::watch::calendar::Calendar;
use crate::watch::ports::{Ledger, LedgerStore, StoreError};

/// The times of deliveries and alerts.
#[derive(Debug, Clone)]
pub struct DeliverySettings {
    /// After how long without a renewal another process may take over. Must be longer than a call
    /// to Slack.
    pub lease: Duration,
    /// Slack may still post a message this long after its response was lost.
    pub taken_within: Duration,
    /// The channel gets a notice about a hub that fails for longer.
    pub stale_after: TimeDelta,
    /// Ends every wait for another process.
    pub stop: CancellationToken,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            lease: LEASE,
            taken_within: TAKEN_WITHIN,
            stale_after: TimeDelta::hours(2),
            stop: CancellationToken::new(),
        }
    }
}

/// The ledgers in the store.
pub(in crate::watch) struct Ledgers {
    pub(in crate::watch) calendar: Calendar,
    pub(in crate::watch) store: Arc<dyn LedgerStore>,
    /// The channels of digests.
    pub(in crate::watch) channels: Vec<String>,
    pub(in crate::watch) settings: DeliverySettings,
}

impl Ledgers {
    /// The ledger, or the readable part of a damaged one, so that damage doesn't stop deliveries
    /// for good.
    pub(super) async fn read(&self, channel: &str) -> Result<Ledger, StoreError> {
        match StoreError::set_apart(self.store.ledger(channel).await)? {
            Ok(ledger) => Ok(ledger),
            Err(error) => {
                tracing::error!(event = "table_damaged", channel, %error, "found a damaged ledger");
                self.store.salvage_ledger(channel).await?.ok_or(error)
            }
        }
    }
}
