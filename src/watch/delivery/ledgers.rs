//! The ledgers of channels, and for how long a delivery is whose.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::watch::calendar::Calendar;
use crate::watch::ports::{Ledger, LedgerStore, StoreError};

/// The times of deliveries and notices.
#[derive(Debug, Clone)]
pub struct DeliverySettings {
    /// How long a delivery whose owner shows no sign of life stays its own.
    /// It must be longer than one call to Slack may take.
    pub lease: Duration,
    /// How long Slack can still take a message after its answer was lost.
    pub taken_within: Duration,
    /// How long a hub may be unread before the channel is told.
    pub stale_after: TimeDelta,
    /// After this nobody waits for another process any more.
    pub stop: CancellationToken,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            taken_within: Duration::from_secs(60),
            stale_after: TimeDelta::hours(2),
            stop: CancellationToken::new(),
        }
    }
}

/// The ledgers in the store.
pub(in crate::watch) struct Ledgers {
    pub(in crate::watch) calendar: Calendar,
    pub(in crate::watch) store: Arc<dyn LedgerStore>,
    pub(in crate::watch) settings: DeliverySettings,
}

impl Ledgers {
    /// The ledger, or what is left of a damaged one: no damage silences a
    /// channel for good.
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
