//! The next steps for a case that a command didn't change: choose the account that was meant, or
//! ask the owner.

use super::case_commands::{called, pattern};
use super::document::{Choice, Line, Span};
use super::voice::Voice;
use crate::domain::query::{CaseCommand, CaseVerb};
use crate::watch::{Candidate, CaseAnswer, Claimed, DecidedCase};

impl Voice {
    /// The same command for each account that may be meant.
    pub fn case_choices(&self, answer: &CaseAnswer, command: &CaseCommand) -> Vec<Choice> {
        let accounts = match answer {
            CaseAnswer::Several { accounts, .. } => accounts,
            CaseAnswer::Nobody { nearest, .. } => nearest,
            _ => return Vec::new(),
        };
        let name = |one: &Candidate| called(one.account, &one.who);
        let has_namesake = |one: &Candidate| {
            let mut others = accounts.iter().filter(|other| other.account != one.account);
            others.any(|other| name(other) == name(one))
        };
        let choice = |one: &Candidate| {
            let typed = self.case_typed(&command.about(one.account));
            Choice {
                label: match has_namesake(one) {
                    true => format!("{} · {}", one.account, name(one)),
                    false => name(one),
                },
                query: typed.clone(),
                typed,
            }
        };
        accounts.iter().map(choice).collect()
    }

    /// The next step for cases that another person has; `None` if there are none.
    pub fn how_to_free(&self, decided: &[DecidedCase]) -> Option<Line> {
        let words = self.words();
        let verb = |verb| Span::Code(words.case_typed(verb, "", None).trim_end().to_owned());
        let spans = [
            ("untake", verb(CaseVerb::GiveBack)),
            ("ack", verb(CaseVerb::Accept)),
        ];
        let mut claims = decided.iter().map(|one| &one.claimed);
        let is_of_other = claims.any(|claimed| matches!(claimed, Claimed::Other(_)));
        is_of_other.then(|| pattern(words.how_to_free(), &spans))
    }
}
