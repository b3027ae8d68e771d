//! The input of the case book: the new changes of each hub, in the order in which they happened.

use chrono::{DateTime, Utc};

use crate::domain::diff::{Change, Observation};
use crate::domain::hub::{HubId, Version};
use crate::domain::member::Snapshot;

/// The new changes of a hub.
#[derive(Debug, Clone, Copy)]
pub struct HubUpdate<'a> {
    /// The hub.
    pub hub: &'a HubId,
    /// The version of `members`.
    pub version: Version,
    /// The changes after the version that the book covers, by version. For a hub that is new to the
    /// book, the changes that are not known from the start.
    pub observations: &'a [Observation],
    /// The members at `version`.
    pub members: &'a Snapshot,
}

/// The changes of all hubs by time. Changes of one hub keep their order, even if the clock was set
/// back.
pub(super) fn in_time<'a>(
    updates: &[HubUpdate<'a>],
) -> impl Iterator<Item = (&'a HubId, DateTime<Utc>, &'a Change)> + use<'a> {
    let mut seen = Vec::new();
    for update in updates {
        let mut latest = DateTime::<Utc>::MIN_UTC;
        for observation in update.observations {
            latest = latest.max(observation.window.at);
            seen.push((latest, update.hub, observation));
        }
    }
    seen.sort_by_key(|(at, hub, observation)| (*at, *hub, observation.version));
    seen.into_iter().flat_map(|(_, hub, observation)| {
        let at = observation.window.at;
        observation
            .changes
            .iter()
            .map(move |change| (hub, at, change))
    })
}
