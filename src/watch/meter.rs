//! An observer of polls, for metrics.

use std::time::Duration;

use super::polled::{PollError, Polled};
use crate::domain::hub::HubId;

/// Observes every poll, and hubs that are no longer monitored.
pub trait Meter: Send + Sync {
    /// A poll of `hub` ended with this result after this time.
    fn polled(&self, hub: &HubId, result: &Result<Polled, PollError>, took: Duration);

    /// `hub` is no longer monitored.
    fn left(&self, hub: &HubId);
}

/// Ignores everything.
impl Meter for () {
    fn polled(&self, _: &HubId, _: &Result<Polled, PollError>, _: Duration) {}
    fn left(&self, _: &HubId) {}
}
