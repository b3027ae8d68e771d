//! One account: its status in every hub, and its history.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Choice, Document, Line, List, Span};
use super::hubs::Hubs;
use super::report::{account, cut};
use super::voice::Voice;
use crate::domain::account::{AccountEvent, Presence};
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;
use crate::domain::query::{Named, Query};
use crate::watch::{AccountAnswer, AccountHistory, AccountMatch, Candidate};

/// Names and addresses come from others, at any length.
const LONGEST: usize = 100;

impl Voice {
    pub(super) fn account(&self, answer: &AccountAnswer) -> Document {
        match &answer.known {
            AccountMatch::History(history) => self.account_history(history, answer),
            AccountMatch::Several { name, accounts } => {
                let words = self.words();
                let heading = words.matching_accounts();
                self.candidates(words.several_accounts(name), heading, accounts)
            }
            AccountMatch::Nobody {
                name,
                nearest,
                has_names,
            } => {
                let words = self.words();
                let heading = words.similar_accounts();
                let mut document = self.candidates(words.no_such_account(name), heading, nearest);
                if !has_names {
                    document.lead.push(Line::text(words.no_names()));
                }
                document
            }
        }
    }

    /// Accounts that may be meant.
    fn candidates(&self, said: String, heading: &str, accounts: &[Candidate]) -> Document {
        let line = |one: &Candidate| account(one.account, &one.who, None);
        let list = List {
            heading: Line::strong(heading),
            items: accounts.iter().map(line).collect(),
        };
        let choice = |one: &Candidate| Choice {
            label: one.who.called(one.account),
            ..self.choice(&Query::Account(Named::Id(one.account)))
        };
        Document {
            choices: accounts.iter().map(choice).collect(),
            lists: vec![list]
                .into_iter()
                .filter(|list| !list.items.is_empty())
                .collect(),
            ..self.untitled(vec![Line::strong(said)])
        }
    }

    fn account_history(&self, history: &AccountHistory, answer: &AccountAnswer) -> Document {
        let words = self.words();
        let hubs = Hubs::of(self, &history.hubs, &history.not_enabled);
        let is_known =
            !history.happened.is_empty() || history.now.iter().any(|one| one.status.is_some());
        let is_damaged = history.hubs.iter().any(|hub| hub.damage.is_some());
        let mut lead = self.unchecked(&hubs);
        let status = Line::strong(match (is_known, history.since) {
            (false, _) if is_damaged => words.history_unreadable().to_owned(),
            (true, _) => self.statuses_of(&history.now),
            (false, Some(since)) => words.never_listed(&words.date(since)),
            (false, None) => words.no_history().to_owned(),
        });
        lead.push(status.and(self.not_read(&hubs)));
        if history.hubs.is_empty() {
            lead.extend(self.not_enabled(&hubs));
        }
        let unit = history.who.unit.as_deref();
        let unit = unit.map(|unit| words.unit(&cut(unit, LONGEST)));
        let email = self.email(&history.email);
        let email = email.map(|email| cut(email, LONGEST));
        lead.extend(unit.into_iter().chain(email).map(Line::text));
        lead.extend(self.warnings(&hubs, answer.at));
        let mut notes = Vec::new();
        if let (true, Some(since)) = (is_known, history.since) {
            notes.push(Line::text(if history.happened.is_empty() {
                words.unchanged_since(&words.date(since))
            } else {
                words.history_since(&words.date(since))
            }));
        }
        notes.extend(self.checked_in(&history.hubs, answer.at).map(Line::text));
        let name = history.who.name.as_deref().map(|name| cut(name, LONGEST));
        Document {
            title: words.account_title(&history.account.to_string(), name.as_deref()),
            lead,
            lists: if is_known {
                self.account_lists(history, &hubs)
            } else {
                Vec::new()
            },
            notes,
            ..Document::default()
        }
    }

    /// The statuses of an account; with several hubs, each with its number of hubs.
    fn statuses_of(&self, now: &[Presence]) -> String {
        let admins = now.iter().map(|one| one.hub.admin);
        let several_admins = admins.collect::<BTreeSet<_>>().len() > 1;
        let mut by_status = BTreeMap::<Option<&MemberStatus>, usize>::new();
        for one in now {
            *by_status.entry(one.status.as_ref()).or_default() += 1;
        }
        let said = |(status, count): (&Option<&MemberStatus>, &usize)| {
            let status = self.status_or_absent(*status);
            match now.len() {
                1 => status,
                _ => self.words().status_in(&status, *count, several_admins),
            }
        };
        let said: Vec<_> = by_status.iter().rev().map(said).collect();
        said.join(" · ")
    }

    fn account_lists(&self, history: &AccountHistory, hubs: &Hubs<'_>) -> Vec<List> {
        let words = self.words();
        let now = List {
            heading: Line::strong(words.account_now()),
            items: self.presences(&history.now, hubs),
        };
        let happened = history.happened.iter();
        let happened = List {
            heading: Line::strong(words.account_happened(history.happened.len())),
            items: happened.map(|one| self.happening(one, hubs)).collect(),
        };
        let mut lists = vec![now, happened];
        lists.retain(|list| !list.items.is_empty());
        lists
    }

    /// One line for all hubs with the same status since the same day.
    fn presences(&self, now: &[Presence], hubs: &Hubs<'_>) -> Vec<Line> {
        let words = self.words();
        let mut alike = BTreeMap::<_, Vec<HubId>>::new();
        for one in now {
            let invited = one.invited_at.map(|at| self.local(at).date());
            // Hubs that list the account come first.
            let key = (one.status.is_none(), one.status.as_ref(), one.days, invited);
            alike.entry(key).or_default().push(one.hub.clone());
        }
        let line = |((_, status, days, invited), together): (_, Vec<HubId>)| {
            let (days, invited): (Option<u32>, Option<chrono::NaiveDate>) = (days, invited);
            let mut line = Line::strong(self.status_or_absent(status));
            if let Some(days) = days {
                line = line.and(format!(" · {}", words.days(days)));
            }
            line = line.and(hubs.phrase(&together));
            match invited {
                Some(date) => line.and(format!(" · {}", words.invited_on(&words.date(date)))),
                None => line,
            }
        };
        alike.into_iter().map(line).collect()
    }

    fn happening(&self, one: &AccountEvent, hubs: &Hubs<'_>) -> Line {
        let words = self.words();
        let after = one.window.after.map(|after| self.local(after));
        Line::text(words.window(after, self.local(one.window.at)))
            .and("  ")
            .with(Span::Strong(words.event(one.kind).to_owned()))
            .and(format!(
                "  {} → {}",
                self.status_or_absent(one.from.as_ref()),
                self.status_or_absent(one.to.as_ref()),
            ))
            .and(hubs.phrase(&one.hubs))
    }

    pub(super) fn status_or_absent(&self, status: Option<&MemberStatus>) -> String {
        status.map_or_else(
            || self.words().absent().to_owned(),
            |status| self.status(status),
        )
    }
}
