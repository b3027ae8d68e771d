//! Hears how polls go, to measure them.

use std::time::Duration;

use super::polled::{PollError, Polled};
use crate::domain::hub::HubId;

/// Hears of each poll, whoever asked for it, and of hubs that are gone.
pub trait Meter: Send + Sync {
    /// A poll of `hub` took this long and ended so.
    fn polled(&self, hub: &HubId, result: &Result<Polled, PollError>, took: Duration);

    /// `hub` is not watched any more.
    fn left(&self, hub: &HubId);
}

/// Measures nothing.
impl Meter for () {
    fn polled(&self, _: &HubId, _: &Result<Polled, PollError>, _: Duration) {}
    fn left(&self, _: &HubId) {}
}
