//! Cases in forms and in digests that are drawn again.

use super::document::{Line, Span};
use super::voice::Voice;
use crate::domain::cases::Case;

impl Voice {
    /// A case in a choice: "payments-prod · left · day 2".
    pub fn case_choice(&self, case: &Case) -> String {
        let words = self.words();
        let what = words.case_short(case.concern, case.worst());
        let day = words.case_day(case.day);
        format!("{} · {what} · {day}", self.name(case))
    }

    /// A case in the middle of others that are open.
    pub fn no_longer_open(&self, name: &str) -> Line {
        let line = Line::text("✅ ").with(Span::Strong(name.to_owned()));
        line.and(format!(" · {}", self.words().no_longer_open()))
    }
}
