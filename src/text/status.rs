//! The members in a status, and what to type for those in another.

use super::document::{Document, Line, List};
use super::hubs::Hubs;
use super::voice::Voice;
use crate::domain::hub::Region;
use crate::domain::member::MemberStatus;
use crate::domain::query::{Query, can_be_asked};
use crate::watch::StatusAnswer;

impl Voice {
    pub(super) fn status_answer(&self, answer: &StatusAnswer) -> Document {
        let words = self.words();
        let (status, regions) = match &answer.query {
            Query::Status { status, regions } => (status.as_ref(), &regions[..]),
            _ => (None, &[][..]),
        };
        let hubs = Hubs::new(self, &answer.report);
        let mut lead = vec![Line::strong(self.found(answer, status))];
        if !answer.unwatched.is_empty() {
            let names: Vec<_> = answer.unwatched.iter().map(Region::as_str).collect();
            lead.push(Line::text(
                words.not_watched(&names.join(words.list_separator())),
            ));
        }
        let suggestion = answer.suggestion.as_ref();
        lead.extend(suggestion.map(|query| self.did_you_mean(&self.asking(query))));
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
            lists.extend(self.statuses(answer, regions));
        }
        let mut notes = Vec::new();
        if !answer.report.hubs.is_empty() {
            notes.push(self.counts(&answer.report));
        }
        notes.extend(self.checked(&answer.report, answer.at).map(Line::text));
        Document {
            title: match status {
                Some(status) => words.status_title(&self.status(status)),
                None => words.statuses_title().to_owned(),
            },
            lead,
            lists,
            notes,
            ..Document::default()
        }
    }

    /// How many have the status, and where.
    fn found(&self, answer: &StatusAnswer, status: Option<&MemberStatus>) -> String {
        let words = self.words();
        let hubs = &answer.report.hubs;
        if hubs.is_empty() {
            return words.nowhere_watched().to_owned();
        }
        if hubs.iter().all(|hub| hub.checked_at.is_none()) {
            return words.no_history().to_owned();
        }
        let count = answer.members.iter().map(|group| group.entries.len()).sum();
        match (status, count) {
            (None, _) => self.total(&answer.report),
            (Some(status), 0) => words.nobody_has_status(&self.status(status)),
            (Some(_), count) => words.many(count),
        }
    }

    /// A question about a status, as it is typed in the language of the answer.
    fn asking(&self, query: &Query) -> String {
        let words = self.words();
        let text = query
            .to_string()
            .replacen("status", words.status_keyword(), 1);
        match query {
            Query::Status {
                status: Some(status),
                ..
            } if MemberStatus::KNOWN.contains(status) => {
                text.replacen(status.as_str(), &words.status_typed(status), 1)
            }
            _ => text,
        }
    }

    /// Every status that somebody has, with what to type for its members.
    fn statuses(&self, answer: &StatusAnswer, regions: &[Region]) -> Option<List> {
        let line = |(status, count): (&MemberStatus, u64)| {
            let query = Query::Status {
                status: Some(status.clone()),
                regions: regions.to_vec(),
            };
            let line = Line::strong(self.status(status)).and(format!(" {count}"));
            if can_be_asked(status) {
                line.and("  ").with(self.typed(&self.asking(&query)))
            } else {
                line
            }
        };
        let mut items: Vec<_> = answer.report.counts.iter().map(line).collect();
        items.reverse();
        (!items.is_empty()).then(|| List {
            heading: Line::strong(self.words().home_by_status()),
            items,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::query::parse;
    use crate::text::Locale;

    #[test]
    fn what_is_to_be_typed_asks_for_what_is_meant_and_so_does_every_name_of_a_status() {
        for locale in [Locale::En, Locale::Ja] {
            let voice = Voice {
                locale,
                zone: chrono_tz::UTC,
            };
            let regions = vec!["eu-west-1".parse().unwrap()];
            let mut statuses: Vec<_> = MemberStatus::KNOWN.into_iter().map(Some).collect();
            statuses.extend([None, Some(MemberStatus::Other("onhold".into()))]);
            for status in statuses {
                let name = status.as_ref().map(|status| voice.status(status));
                let query = Query::Status {
                    status,
                    regions: regions.clone(),
                };
                let named = format!("status {} eu-west-1", name.unwrap_or_default());
                for text in [voice.asking(&query), named] {
                    assert_eq!(parse(&text, NaiveDate::MIN).as_ref(), Ok(&query), "{text}");
                }
            }
        }
    }
}
