//! Whether a quiet channel gets a digest.

use super::digest::{Basis, Digests};
use crate::domain::digest::Digest;
use crate::domain::due::Due;
use crate::domain::hub::HubId;
use crate::domain::readings::{Heartbeat, Readings};
use crate::domain::situation::Situation;
use crate::watch::ports::StoreError;

impl Digests {
    /// Decides whether the digest is silent, and what it says of the polls behind it.
    pub(super) async fn decide_silence(
        &self,
        digest: &mut Digest,
        due: Due,
        basis: Option<Basis<'_>>,
    ) -> Result<(), StoreError> {
        let Some(quiet) = digest.audience.quiet.clone() else {
            return Ok(());
        };
        let readings = self.readings(digest).await?;
        let last = basis.and_then(|basis| basis.last);
        let posted = last.map(|last| last.posted());
        // The first digest names no gap.
        let from = posted.map_or(digest.until, |posted| posted.at);
        let from = self.reports.calendar.date_of(from);
        let situation = Situation::new(&digest.report, &digest.cases.list, &readings, from);
        digest.situation = Some(situation);
        let (Some(last), Some(posted)) = (last, posted) else {
            return Ok(());
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
        Ok(())
    }

    /// How often each list was read; none if one can't be known.
    async fn readings(&self, digest: &Digest) -> Result<Vec<(HubId, Readings)>, StoreError> {
        let hubs: Vec<_> = digest.report.hubs.iter().map(|hub| &hub.hub).collect();
        let heads = self.heads.heads(&hubs).await?;
        let of = hubs.into_iter().zip(heads);
        let readings = of.map(|(hub, head)| Some((hub.clone(), head.ok()?.readings)));
        Ok(readings.collect::<Option<_>>().unwrap_or_default())
    }
}
