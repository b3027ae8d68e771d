//! The week before, in the first digest of a week.

use crate::domain::digest::PastWeek;
use crate::domain::report::PeriodLimits;
use crate::text::document::Line;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;

impl Voice {
    /// The days of the week with their changes, and what is not known of it.
    pub(super) fn past_week(&self, week: &PastWeek) -> Vec<Line> {
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
