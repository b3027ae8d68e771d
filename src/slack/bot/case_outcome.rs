//! The outcome of a decision on several cases, by a button or a form, and what the person reads of
//! it.

use crate::domain::cases::{Case, CaseState, PersonId};
use crate::slack::ids::UserId;
use crate::slack::inbound::PostedMessage;
use crate::slack::view::{self, Content, cases};
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::ports::StoreError;
use crate::watch::{CaseId, Cases, Claimed, DecidedCase, Decision};

/// The outcome of a decision on several cases.
#[derive(Debug, Default)]
pub(super) struct CaseOutcome {
    /// The cases that were decided.
    decided: Vec<DecidedCase>,
    /// The number of cases that had ended.
    ended: usize,
    /// The number of accepted cases, which stay as they are.
    accepted: usize,
    /// The error because of which the rest is undecided.
    pub(super) failure: Option<StoreError>,
}

impl CaseOutcome {
    /// Decides on these cases, one after the other. Without `over_accepted`, accepted ones stay as
    /// they are.
    ///
    /// # Errors
    ///
    /// If the store fails before the first decision.
    pub(super) async fn of_decision(
        cases: &Cases,
        wanted: &[CaseId],
        decision: &Decision,
        user: &UserId,
        over_accepted: bool,
    ) -> Result<Self, StoreError> {
        let by = PersonId(user.to_string());
        let list = cases.list().await?;
        let mut outcome = Self::default();
        for id in wanted {
            match id.find(&list) {
                None => {
                    outcome.ended += 1;
                    continue;
                }
                Some(case) if !over_accepted && matches!(case.state, CaseState::Accepted(_)) => {
                    outcome.accepted += 1;
                    continue;
                }
                Some(_) => {}
            }
            match cases.decide(id, &by, decision).await {
                Ok(Some(case)) => outcome.decided.push(case),
                Ok(None) => outcome.ended += 1,
                Err(error) => {
                    outcome.failure = Some(error);
                    break;
                }
            }
        }
        Ok(outcome)
    }

    /// Nothing was decided.
    pub(super) fn failed(error: StoreError) -> Self {
        Self {
            failure: Some(error),
            ..Self::default()
        }
    }

    /// The changed cases, as they were before.
    pub(super) fn changed(&self) -> Vec<&Case> {
        let changed = self.decided.iter().filter(|one| one.is_new);
        changed.map(|one| &one.before).collect()
    }

    /// The answer for the person.
    pub(super) fn lines(&self, decision: &Decision, voice: Voice) -> Vec<Line> {
        let words = voice.words();
        let decided = self.decided.iter();
        let mut lines: Vec<_> = decided
            .flat_map(|one| voice.decided(one, decision, false))
            .collect();
        // Of many cases, some of which others have, the rest was taken.
        if let [one] = &self.decided[..] {
            lines.extend(voice.how_to_free(std::slice::from_ref(one)));
        }
        match (lines.is_empty(), self.ended) {
            (_, 0) => {}
            (true, 1) => lines.push(Line::text(words.case_ended())),
            (_, ended) => lines.push(Line::text(words.cases_ended(ended))),
        }
        if self.accepted > 0 {
            lines.push(Line::text(words.cases_expected(self.accepted)));
        }
        if self.failure.is_some() {
            lines.push(Line::text(words.failed()));
        }
        lines
    }

    /// The answer next to the message that the person pressed; `posted` if everybody sees it.
    pub(super) fn answer(
        &self,
        decision: &Decision,
        posted: Option<&PostedMessage>,
        voice: Voice,
    ) -> Content {
        let words = voice.words();
        let mut content = view::lines(&self.lines(decision, voice));
        // The menu of an old message doesn't show who has the case.
        if let (Decision::Take, [one], Some(posted)) = (decision, &self.decided[..], posted)
            && let (Claimed::Done(case), false) = (&one.claimed, one.is_new)
        {
            let button = cases::give_back(case, posted.thread(), words);
            content.blocks.push(button);
        }
        content
    }
}
