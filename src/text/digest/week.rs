//! The week before, in the first digest of a week.

use super::DigestText;
use crate::domain::digest::{Digest, PastWeek};
use crate::domain::report::PeriodLimits;
use crate::text::document::Line;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;

impl Voice {
    /// Adds the week before and the known gaps to the first digest of a week.
    pub(super) fn add_week(&self, text: &mut DigestText, digest: &Digest) {
        if let Some(week) = &digest.week {
            let known: Vec<_> = digest.cases.list.known_gaps().collect();
            text.week = self.past_week(week);
            text.known = self.known_gaps(&known, digest.date);
        }
    }

    /// The days of the week with their changes, and what is not known of it.
    fn past_week(&self, week: &PastWeek) -> Vec<Line> {
        let words = self.words();
        let hubs = Hubs::new(self, &week.report);
        let (first, last) = (week.first, week.last);
        let limits = PeriodLimits::of(hubs.read_to_the_end(), first, last);
        let title = Line::strong(words.last_week());
        let title = title.and(format!(" · {}", words.period(first, last)));
        let days = self.days_with_changes(&week.report);
        if days.is_empty() {
            let is_compared = hubs.compared().next().is_some();
            let known = match is_compared && week.report.unlisted.is_empty() {
                // "No changes" would read as if it were about now.
                true => Some(Line::text(words.quiet_days()).and(self.limits(&hubs, &limits))),
                false => self.changed(&week.report, &hubs, &limits),
            };
            return std::iter::once(title).chain(known).collect();
        }
        let title = title.and(self.limits(&hubs, &limits));
        std::iter::once(title).chain(days).collect()
    }
}
