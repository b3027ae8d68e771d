//! Commands about cases: the answers, the messages in the channel, and the corrections of faulty
//! commands.

use std::collections::BTreeMap;

use chrono::Days;

use super::document::{Document, Line, List, Span};
use super::report::{account, cut};
use super::voice::Voice;
use crate::domain::cases::{Case, CaseState, PersonId, Reason, ReasonError};
use crate::domain::directory::Who;
use crate::domain::member::AccountId;
use crate::domain::query::{CaseCommand, CaseCommandError, CaseLimits, CaseVerb};
use crate::watch::{Candidate, CaseAnswer, Claimed, DecidedCase, Decision};

/// Names come from others, at any length.
const LONGEST_NAME: usize = 100;

/// The end in an example, in days from today, if the limit allows it.
const EXAMPLE_DAYS: Days = Days::new(30);

impl Voice {
    /// The problem of a command about cases, with a correct example.
    pub fn case_fault(
        &self,
        verb: CaseVerb,
        fault: &CaseCommandError,
        limits: CaseLimits,
    ) -> Document {
        let words = self.words();
        let said = match fault {
            CaseCommandError::WhichAccount => words.case_no_account().to_owned(),
            CaseCommandError::OpenQuote => words.case_open_quote().to_owned(),
            CaseCommandError::NoEnd => words.case_no_end().to_owned(),
            CaseCommandError::NotADay { text } if text.is_empty() => words.case_no_end().to_owned(),
            CaseCommandError::NotADay { text } => words.case_not_a_day(&cut(text, LONGEST_NAME)),
            CaseCommandError::NotAfterToday { until } => {
                words.case_not_after_today(&words.date(*until))
            }
            CaseCommandError::TooFar { latest } => words.case_too_far(&words.date(*latest)),
            CaseCommandError::Reason(ReasonError::TooShort) => {
                words.case_no_reason(Reason::SHORTEST, Reason::LONGEST)
            }
            CaseCommandError::Reason(ReasonError::TooLong) => {
                words.case_long_reason(Reason::LONGEST)
            }
        };
        let until = limits.today.checked_add_days(EXAMPLE_DAYS);
        let until = until.unwrap_or(limits.today).min(limits.latest());
        let end = (&*until.to_string(), words.example_reason());
        let example = words.case_typed(verb, "payments-prod", Some(end));
        let example = Line::text(format!("{} ", words.for_example())).with(self.typed(&example));
        self.untitled(vec![Line::strong(said), example])
    }

    /// The answer to a command about cases.
    pub fn case_answer(&self, answer: &CaseAnswer, command: &CaseCommand) -> Document {
        let words = self.words();
        match answer {
            CaseAnswer::List(list) => {
                let taken: Vec<_> = list.open.iter().filter(|case| is_taken(case)).collect();
                self.decided_list(&list.accepted.iter().collect::<Vec<_>>(), &taken)
            }
            CaseAnswer::Several { name, accounts } => {
                let heading = words.matching_accounts();
                let said = words.several_accounts(name);
                self.case_candidates(said, heading, accounts, command)
            }
            CaseAnswer::Nobody {
                name,
                nearest,
                has_names,
            } => {
                let heading = words.similar_accounts();
                let said = words.no_such_account(name);
                let mut document = self.case_candidates(said, heading, nearest, command);
                if !has_names {
                    document.lead.push(Line::text(words.no_names()));
                }
                document
            }
            CaseAnswer::None(Candidate { account, who }) => {
                let name = Span::Strong(called(*account, who));
                let line = pattern(words.no_case(), &[("name", name)]);
                let list = words.case_typed(CaseVerb::List, "", None);
                let id = Span::Code(account.to_string());
                self.untitled(vec![
                    line.and(" · ").with(id),
                    Line(vec![self.typed(&list)]),
                ])
            }
            CaseAnswer::Decided(cases) => {
                let mut lead = Vec::new();
                if cases.len() > 1 {
                    lead.push(Line::text(words.cases_of_account(cases.len())));
                }
                let decision = Decision::of(command);
                let decided = decision.iter().flat_map(|decision| {
                    let of_many = cases.len() > 1;
                    let lines = move |case| self.decided(case, decision, of_many);
                    cases.iter().flat_map(lines)
                });
                lead.extend(decided);
                lead.extend(self.how_to_free(cases));
                self.untitled(lead)
            }
        }
    }

    fn case_candidates(
        &self,
        said: String,
        heading: &str,
        accounts: &[Candidate],
        command: &CaseCommand,
    ) -> Document {
        let line = |one: &Candidate| {
            let command = self.case_typed(&command.about(one.account));
            account(one.account, &one.who, None)
                .and("  ")
                .with(self.typed(&command))
        };
        let list = List {
            heading: Line::strong(heading),
            items: accounts.iter().map(line).collect(),
        };
        let lists = vec![list].into_iter();
        Document {
            lists: lists.filter(|list| !list.items.is_empty()).collect(),
            ..self.untitled(vec![Line::strong(said)])
        }
    }

    /// A command about cases, as it is typed in this language.
    pub(super) fn case_typed(&self, command: &CaseCommand) -> String {
        let account = command.account().map(ToString::to_string);
        let account = account.unwrap_or_default();
        let end = match command {
            CaseCommand::Accept { until, why, .. } => Some((until.to_string(), why.as_str())),
            _ => None,
        };
        let end = end.as_ref().map(|(until, why)| (until.as_str(), *why));
        self.words().case_typed(command.verb(), &account, end)
    }

    /// The result of a decision for a case. `with_admin` names the administrator too.
    pub fn decided(&self, one: &DecidedCase, decision: &Decision, with_admin: bool) -> Vec<Line> {
        let words = self.words();
        let name = ("name", Span::Strong(name(&one.before)));
        let mut lines = match (&one.claimed, decision) {
            (Claimed::Ended, Decision::Accept { why, .. }) if one.is_new => {
                let why = ("why", Span::Text(why.as_str().to_owned()));
                vec![pattern(words.case_closed(), &[name, why])]
            }
            (Claimed::Ended, _) => vec![pattern(words.case_changed_now(), &[name])],
            (Claimed::Done(case) | Claimed::Other(case), _) => self.stands(case, one, decision),
        };
        if let Some(first) = lines.first_mut() {
            let mut line = first.clone().and(" · ");
            line = line.with(Span::Code(one.before.key.account.to_string()));
            if let Some(admin) = one.before.key.admin.filter(|_| with_admin) {
                line = line.and(format!(" · {} ", words.under_administrator()));
                line = line.with(Span::Code(admin.to_string()));
            }
            *first = line;
        }
        lines
    }

    /// The state of a case after a decision.
    fn stands(&self, case: &Case, one: &DecidedCase, decision: &Decision) -> Vec<Line> {
        let words = self.words();
        let name = ("name", Span::Strong(name(case)));
        let said = match (&case.state, decision) {
            (CaseState::Taken(_), Decision::Take) if one.is_new => words.case_taken(),
            (CaseState::Taken(_), Decision::Take | Decision::GiveBack) => match one.claimed {
                Claimed::Other(_) => words.case_of_other(),
                _ => words.case_taken_already(),
            },
            (CaseState::Accepted(_), Decision::Accept { .. }) if one.is_new => {
                words.case_accepted()
            }
            (CaseState::Accepted(_), Decision::Accept { .. }) => words.case_accepted_already(),
            (_, Decision::GiveBack) if one.is_new => words.case_given_back(),
            (_, Decision::GiveBack) => words.case_free_already(),
            (_, Decision::Withdraw) if one.is_new => words.case_withdrawn(),
            (_, Decision::Withdraw) => words.case_not_accepted(),
            _ => words.case_changed_now(),
        };
        let mut spans = vec![name];
        spans.extend(self.parts(&case.state));
        let mut lines = vec![pattern(said, &spans)];
        if let (true, Decision::Accept { .. }, before @ CaseState::Accepted(_)) =
            (one.is_new, decision, &one.before.state)
        {
            lines.push(pattern(words.case_replaced(), &self.parts(before)));
        }
        lines
    }

    /// The owner of a case, with its times and reason.
    fn parts(&self, state: &CaseState) -> Vec<(&'static str, Span)> {
        let words = self.words();
        match state {
            CaseState::Taken(assignment) => vec![
                ("who", Span::Person(assignment.by.clone())),
                ("since", Span::Text(self.moment(assignment.at))),
            ],
            CaseState::Accepted(acceptance) => vec![
                ("who", Span::Person(acceptance.by.clone())),
                ("date", Span::Text(words.date(acceptance.until))),
                ("why", Span::Text(acceptance.why.as_str().to_owned())),
            ],
            CaseState::Open | CaseState::Known => Vec::new(),
        }
    }

    /// The accepted cases with owner, reason and end; then those that are taken.
    fn decided_list(&self, accepted: &[&Case], taken: &[&Case]) -> Document {
        let words = self.words();
        let list = |heading: String, cases: &[&Case]| List {
            heading: Line::strong(heading),
            items: cases.iter().map(|case| self.listed(case)).collect(),
        };
        let mut lists = vec![
            list(words.every_accepted(accepted.len()), accepted),
            list(words.every_taken(taken.len()), taken),
        ];
        lists.retain(|list| !list.items.is_empty());
        let lead = if lists.is_empty() {
            vec![Line::text(words.nothing_accepted_or_taken())]
        } else {
            Vec::new()
        };
        self.with_zone(Document {
            title: words.acks_title().to_owned(),
            lead,
            lists,
            ..Document::default()
        })
    }

    fn listed(&self, case: &Case) -> Line {
        let words = self.words();
        let short = words.case_short(case.concern, case.worst());
        let mut line = Line::strong(name(case)).and(format!(" · {short} · "));
        line = match &case.state {
            CaseState::Accepted(acceptance) => {
                let until = words.date(acceptance.until);
                let said = words.expected_until(&until, acceptance.why.as_str());
                let line = line.and(format!("{said} · "));
                line.with(Span::Person(acceptance.by.clone()))
            }
            CaseState::Taken(assignment) => {
                let line = line.and("👀 ").with(Span::Person(assignment.by.clone()));
                line.and(words.taken_by_since(&self.moment(assignment.at)))
            }
            CaseState::Open | CaseState::Known => line,
        };
        line.and(" · ")
            .with(Span::Code(case.key.account.to_string()))
    }

    /// The message in the channel after a decision on an account's cases.
    pub fn case_news(&self, cases: &[&Case], decision: &Decision, by: &PersonId) -> Line {
        let words = self.words();
        let accounts: BTreeMap<_, _> = cases
            .iter()
            .map(|case| (case.key.account, name(case)))
            .collect();
        let names: Vec<_> = accounts.into_values().collect();
        let mut spans = vec![
            ("who", Span::Person(by.clone())),
            ("name", Span::Strong(words.names(&names, names.len()))),
        ];
        let said = match decision {
            Decision::Take => words.news_taken(),
            Decision::GiveBack => words.news_given_back(),
            Decision::Withdraw => words.news_withdrawn(),
            Decision::Accept { until, why } => {
                spans.push(("date", Span::Text(words.date(*until))));
                spans.push(("why", Span::Text(why.as_str().to_owned())));
                words.news_accepted()
            }
        };
        let line = pattern(said, &spans);
        match (cases.len(), names.len()) {
            (count @ 2.., 1) => line.and(format!(" · {}", words.news_of_admins(count))),
            _ => line,
        }
    }
}

fn is_taken(case: &Case) -> bool {
    matches!(case.state, CaseState::Taken(_))
}

fn name(case: &Case) -> String {
    called(case.key.account, &case.who)
}

pub(super) fn called(account: AccountId, who: &Who) -> String {
    cut(&who.called(account), LONGEST_NAME)
}

/// Replaces placeholders such as `{name}` by spans.
pub(super) fn pattern(text: &str, spans: &[(&str, Span)]) -> Line {
    let mut line = Line::default();
    for (index, part) in text.split(['{', '}']).enumerate() {
        let span = spans
            .iter()
            .find(|(name, _)| *name == part && index % 2 == 1);
        match span {
            Some((_, span)) => line = line.with(span.clone()),
            None if index % 2 == 0 && !part.is_empty() => line = line.and(part),
            None => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::case_command;
    use crate::text::Locale;

    fn limits() -> CaseLimits {
        CaseLimits {
            today: "2026-11-26".parse().unwrap(),
            longest: Days::new(90),
        }
    }

    #[test]
    fn a_wrong_command_is_answered_with_a_right_one() {
        for (locale, text, said) in [
            (Locale::En, "ack", "Name the account by its ID"),
            (Locale::En, "ack x", "Say until when or for how long"),
            (
                Locale::En,
                "ack x until then sold",
                "“then” is neither a date",
            ),
            (
                Locale::En,
                "ack x until today sold",
                "must be after today, not Thu 26 Nov 2026.",
            ),
            (
                Locale::En,
                "ack x for 91d sold",
                "can be Wed 24 Feb 2027 at the latest",
            ),
            (
                Locale::En,
                "ack x for 9d",
                "Say why, in 3 to 500 characters.",
            ),
            (Locale::En, "take “x", "isn't closed"),
            (Locale::Ja, "想定内", "アカウントを ID か正確な名前で"),
            (Locale::Ja, "想定内 x", "期限か期間に続けて"),
            (Locale::Ja, "想定内 x 昨日まで 売却", "期限は明日以降に"),
            (Locale::Ja, "想定内 x 9日間", "理由を3〜500文字で"),
            (Locale::Ja, "対応 取消", "アカウントを ID か正確な名前で"),
        ] {
            let voice = Voice::new(locale, chrono_tz::Tz::UTC);
            let request = case_command(text, limits()).unwrap();
            let fault = request.command.unwrap_err();
            let document = voice.case_fault(request.verb, &fault, limits());
            let lead: Vec<_> = document.lead.iter().map(Line::plain).collect();
            assert!(lead[0].contains(said), "{text}: {lead:?}");
            let Some(Span::Code(example)) = document.lead[1].0.last() else {
                panic!("{text}: no example");
            };
            let example = case_command(example, limits()).unwrap();
            assert_eq!(example.verb, request.verb, "{text}: {lead:?}");
            assert!(example.command.is_ok(), "{text}: {lead:?}");
        }
    }

    #[test]
    fn a_command_that_is_offered_means_the_same() {
        for text in [
            "ack x until 2026-12-31 sold: `all` of it",
            "take x",
            "untake x",
            "unack x",
        ] {
            let command = case_command(text, limits()).unwrap().command.unwrap();
            let command = command.about("123456789012".parse().unwrap());
            for locale in [Locale::En, Locale::Ja] {
                let typed = Voice::new(locale, chrono_tz::Tz::UTC).case_typed(&command);
                let read = case_command(&typed, limits()).unwrap().command;
                assert_eq!(read.as_ref(), Ok(&command), "{typed}");
            }
        }
    }
}
