//! Whether a quiet channel gets a digest.

use super::digest::{Basis, Digests};
use crate::domain::digest::Digest;
use crate::domain::due::Due;
use crate::domain::hub::HubId;
use crate::domain::readings::{Heartbeat, Readings};
use crate::domain::situation::Situation;

impl Digests {
    /// Decides whether the digest is silent, and what it says of the polls behind it: the readings of
    /// the lists that it is about.
    pub(super) fn decide_silence(
        &self,
        digest: &mut Digest,
        due: Due,
        basis: Option<Basis<'_>>,
        mut readings: Vec<(HubId, Readings)>,
    ) {
        let Some(quiet) = digest.audience.quiet.clone() else {
            return;
        };
        readings.retain(|(hub, _)| digest.report.hubs.iter().any(|one| one.hub == *hub));
        let last = basis.and_then(|basis| basis.last);
        let posted = last.map(|last| last.posted());
        // The first digest names no gap.
        let from = posted.map_or(digest.until, |posted| posted.at);
        let from = self.reports.calendar.date_of(from);
        let situation = Situation::new(&digest.report, &digest.cases.list, &readings, from);
        digest.situation = Some(situation);
        let (Some(last), Some(posted)) = (last, posted) else {
            return;
        };
        digest.is_newly_quiet = last.situation.is_none();
        let known = last.situation.as_ref();
        digest.new_not_members = known.map(|known| known.new_not_members(&digest.report));
        let has_gap = readings
            .iter()
            .any(|(_, one)| one.long_gaps(from).next().is_some());
        if (digest.report.changes.is_empty() || has_gap) && !digest.is_partial() {
            digest.heartbeat = Heartbeat::of(&readings, from);
        }
        let has_alerts = basis.is_some_and(|basis| basis.has_alerts);
        let before = last.situation.clone().unwrap_or_default();
        digest.is_silent = !digest.is_newly_quiet
            && !has_alerts
            && !last.is_partial
            && !digest.has_news(&before)
            && !quiet.is_heartbeat(due, digest.until, posted.date, posted.at);
    }
}
