//! The accounts that a command about cases may mean, to choose from.

use super::case_commands::called;
use super::document::Choice;
use super::voice::Voice;
use crate::domain::query::CaseCommand;
use crate::watch::{Candidate, CaseAnswer};

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
}
