//! The week before the first digest of a week.

use chrono::NaiveDate;

use super::digest::Digests;
use crate::domain::digest::PastWeek;
use crate::domain::directory::Directory;
use crate::domain::scope::Audience;
use crate::watch::ports::StoreError;

impl Digests {
    /// The week before a digest, if the one of the date `previous` was in an earlier week. A channel's first digest
    /// has none: it is the baseline. Nor has one with dates of its own, because the history is kept
    /// by the dates of the bot.
    pub(super) async fn week_before(
        &self,
        date: NaiveDate,
        previous: Option<NaiveDate>,
        audience: &Audience,
        directory: &Directory,
    ) -> Result<Option<PastWeek>, StoreError> {
        if audience.zone != self.reports.calendar.zone() {
            return Ok(None);
        }
        let week = previous.and_then(|previous| PastWeek::before(date, previous));
        let Some((first, last)) = week else {
            return Ok(None);
        };
        let hubs = self.hubs.list();
        let hubs: Vec<_> = hubs.iter().collect();
        let loaded = self.history.load_past(&hubs, first, last).await?;
        let report = self.reports.part(loaded, last, audience, directory);
        Ok(Some(PastWeek {
            first,
            last,
            report,
        }))
    }
}
