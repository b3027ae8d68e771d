//! The members in a status, and the commands for other statuses.

use std::collections::BTreeSet;

use super::document::{Choice, Document, Line, List};
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::hub::Region;
use crate::domain::member::MemberStatus;
use crate::domain::order::best_first;
use crate::domain::query::{Query, can_be_asked, typed_status};
use crate::watch::StatusAnswer;

impl Voice {
    pub(super) fn status_answer(&self, answer: &StatusAnswer) -> Document {
        let words = self.words();
        let (statuses, regions) = match &answer.query {
            Query::Status { statuses, regions } => (&statuses[..], &regions[..]),
            _ => (&[][..], &[][..]),
        };
        let names: Vec<_> = statuses.iter().map(|one| self.status(one)).collect();
        let names = names.join(words.list_separator());
        let hubs = Hubs::new(self, &answer.report);
        let mut lead = self.unchecked(&hubs);
        lead.push(Line::strong(self.found(answer, &names)).and(self.not_read(&hubs)));
        if !answer.unwatched.is_empty() {
            let names: Vec<_> = answer.unwatched.iter().map(Region::as_str).collect();
            lead.push(Line::text(
                words.not_watched(&names.join(words.list_separator())),
            ));
        }
        let suggestion = answer.suggestion.as_ref();
        let mut choices: Vec<_> = suggestion
            .map(|query| self.choice(query))
            .into_iter()
            .collect();
        lead.extend(suggestion.map(|_| Line::text(words.did_you_mean(1))));
        if suggestion.is_none() && answer.members.is_empty() && statuses.iter().any(is_unknown) {
            let known: Vec<_> = MemberStatus::KNOWN
                .iter()
                .map(|one| self.status(one))
                .collect();
            let known = known.join(words.list_separator());
            lead.push(Line::text(words.known_statuses(&known)));
        }
        if !regions.is_empty() || answer.report.hubs.is_empty() {
            lead.extend(self.not_enabled(&hubs));
        }
        lead.extend(self.warnings(&hubs, answer.at));
        let mut lists: Vec<_> = answer
            .members
            .iter()
            .map(|group| self.group(group, &hubs))
            .collect();
        if lists.is_empty() {
            lists.extend(self.statuses(answer));
            choices.extend(self.status_choices(answer, regions));
        }
        let mut notes = Vec::new();
        if !answer.report.hubs.is_empty() {
            notes.push(self.counts(&answer.report, &hubs));
        }
        notes.extend(self.checked(&answer.report, answer.at).map(Line::text));
        Document {
            title: if names.is_empty() {
                words.statuses_title().to_owned()
            } else {
                words.status_title(&names)
            },
            lead,
            lists,
            notes,
            choices,
            ..Document::default()
        }
    }

    /// The number of members in the statuses, or of all members if no status is named.
    fn found(&self, answer: &StatusAnswer, statuses: &str) -> String {
        let words = self.words();
        let hubs = &answer.report.hubs;
        if hubs.is_empty() {
            return words.nowhere_watched().to_owned();
        }
        if hubs.iter().all(|hub| hub.checked_at.is_none()) {
            return words.no_history().to_owned();
        }
        let members = answer.members.iter().flat_map(|group| &group.entries);
        let accounts: BTreeSet<_> = members.map(|entry| entry.account).collect();
        match accounts.len() {
            _ if statuses.is_empty() => self.total(&answer.report),
            0 => words.status_of_no_member(statuses),
            count => words.many(count),
        }
    }

    /// A query, as it is typed in the language of the answer.
    pub fn asking(&self, query: &Query) -> String {
        let words = self.words();
        let (statuses, regions) = match query {
            Query::Account(account) => return format!("{} {account}", words.account_keyword()),
            Query::Status { statuses, regions } => (statuses, regions),
            query => return query.to_string(),
        };
        let typed = |status: &MemberStatus| {
            if MemberStatus::KNOWN.contains(status) {
                words.status_typed(status)
            } else {
                typed_status(status)
            }
        };
        let statuses: Vec<_> = statuses.iter().map(typed).collect();
        let regions = regions.iter().map(|region| region.as_str().to_owned());
        let parts = [words.status_keyword().to_owned(), statuses.join(", ")];
        let parts = parts.into_iter().chain(regions);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }

    /// Every status that a member has.
    fn statuses(&self, answer: &StatusAnswer) -> Option<List> {
        let line = |(status, count): (&MemberStatus, u64)| {
            Line::strong(self.status(status)).and(format!(" {count}"))
        };
        let items: Vec<_> = best_first(&answer.report.counts).map(line).collect();
        (!items.is_empty()).then(|| List {
            heading: Line::strong(self.words().by_status()),
            items,
        })
    }

    /// The members in each status.
    fn status_choices(&self, answer: &StatusAnswer, regions: &[Region]) -> Vec<Choice> {
        let counts = best_first(&answer.report.counts);
        let choice = |(status, count): (&MemberStatus, u64)| {
            let query = Query::Status {
                statuses: vec![status.clone()],
                regions: regions.to_vec(),
            };
            Choice {
                label: format!("{} ({count})", self.status(status)),
                ..self.choice(&query)
            }
        };
        let asked = counts.filter(|(status, _)| can_be_asked(status));
        asked.map(choice).collect()
    }
}

/// Reports whether the status is none that AWS documents.
fn is_unknown(status: &MemberStatus) -> bool {
    matches!(status, MemberStatus::Other(_))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::query::parse;
    use crate::text::Locale;

    #[test]
    fn an_account_is_asked_for_in_the_language_of_the_answer() {
        let query = parse("account 123456789012", NaiveDate::MIN).unwrap();
        let asked = [Locale::En, Locale::Ja]
            .map(|locale| Voice::new(locale, chrono_tz::UTC).asking(&query));
        assert_eq!(asked, ["account 123456789012", "アカウント 123456789012"]);
        for text in asked {
            assert_eq!(parse(&text, NaiveDate::MIN).as_ref(), Ok(&query), "{text}");
        }
    }

    #[test]
    fn a_typed_command_asks_for_its_query_and_so_does_every_name_of_a_status() {
        for locale in [Locale::En, Locale::Ja] {
            let voice = Voice::new(locale, chrono_tz::UTC);
            let regions = vec!["eu-west-1".parse().unwrap()];
            let mut asked: Vec<_> = MemberStatus::KNOWN.map(|status| vec![status]).to_vec();
            let other = MemberStatus::Other("onhold".into());
            let known = [MemberStatus::Resigned, MemberStatus::Enabled];
            asked.extend([vec![], vec![other.clone()], known.to_vec()]);
            asked.push(vec![MemberStatus::Removed, other]);
            for statuses in asked {
                let names: Vec<_> = statuses.iter().map(|status| voice.status(status)).collect();
                let query = Query::Status {
                    statuses,
                    regions: regions.clone(),
                };
                let names = names.join(voice.words().list_separator());
                let named = format!("status {names} eu-west-1");
                for text in [voice.asking(&query), named] {
                    assert_eq!(parse(&text, NaiveDate::MIN).as_ref(), Ok(&query), "{text}");
                }
            }
        }
    }
}
