//! Statuses that AWS seems to have renamed: the question, and people's answers.

use super::document::{Line, Span};
use super::voice::Voice;
use crate::domain::cases::{PersonId, RenamedStatus, StatusMeaning};
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;

impl Voice {
    /// "AWS seems to have renamed “Enabled” to “Active”".
    pub fn renaming(&self, renamed: &RenamedStatus) -> String {
        let (old, new) = (&MemberStatus::Enabled, &renamed.status);
        self.words()
            .status_renamed(&self.status(old), &self.status(new))
    }

    /// "*312 accounts*  Enabled → *Active* · all 17 Regions · by Thu 19 Nov 09:00 · *Does it mean
    /// Enabled?*". `watched` is every hub.
    pub fn status_question(&self, renamed: &RenamedStatus, watched: &[HubId]) -> Line {
        let path = [MemberStatus::Enabled, renamed.status.clone()].map(Some);
        let line = self.path(Line(vec![self.many(renamed.accounts.len())]), &path);
        let line = match self.regions(&renamed.hubs, watched) {
            Some(places) => line.and(format!(" · {places}")),
            None => line,
        };
        let words = self.words();
        let seen = words.by_moment(&self.moment(renamed.since));
        line.and(format!(" · {seen} · "))
            .with(Span::Strong(words.does_it_mean_enabled().to_owned()))
    }

    /// "“Active” counts as Enabled · @ann, Fri 10 Apr 09:12".
    pub fn status_decision(&self, status: &MemberStatus, meaning: &StatusMeaning) -> Line {
        let (words, name) = (self.words(), self.status(status));
        let decided = match meaning.is_enabled {
            true => words.counts_as_enabled(&name),
            false => words.does_not_count(&name),
        };
        let line = by(decided, &meaning.by);
        line.and(format!(", {}", self.moment(meaning.at)))
    }

    /// "“Active” is in question again · @ann".
    pub fn status_undecided(&self, status: &MemberStatus, who: &PersonId) -> Line {
        by(self.words().in_question_again(&self.status(status)), who)
    }
}

fn by(said: String, who: &PersonId) -> Line {
    Line::text(format!("{said} · ")).with(Span::Person(who.clone()))
}
