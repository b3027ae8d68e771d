//! What to type: help, refusals, and answers about dates without a snapshot.

use super::document::{Document, Line, Span};
use super::voice::Voice;
use crate::domain::query::{Query, QueryError};
use crate::watch::NoSnapshot;

/// The command, as people type it.
pub const COMMAND: &str = "/securityhub-members";

impl Voice {
    pub(super) fn no_snapshot(&self, none: &NoSnapshot) -> Document {
        let words = self.words();
        let date = words.date(none.date);
        let first = match none.query {
            _ if none.date > none.today => words.in_the_future(&date),
            Query::Between { first, .. } => words.no_snapshot_in(&words.period(first, none.date)),
            _ => words.no_snapshot(&date),
        };
        let nearest = [none.nearest.before, none.nearest.after];
        let dates: Vec<_> = nearest.into_iter().flatten().collect();
        let mut lead = vec![Line::strong(first)];
        if !dates.is_empty() {
            let mut line = Line::text(words.nearest(""));
            for (index, date) in dates.iter().enumerate() {
                let separator = if index == 0 {
                    ""
                } else {
                    words.list_separator()
                };
                line = line.and(separator).with(Span::Code(date.to_string()));
            }
            lead.push(line);
        }
        lead.push(Line::text(match none.range {
            Some((first, last)) => words.range(&words.date(first), &words.date(last)),
            None => words.no_history().to_owned(),
        }));
        Document {
            title: match &none.query {
                Query::Between { first, last } => words.period_title(&words.period(*first, *last)),
                _ => words.date_title(&date),
            },
            lead,
            ..Document::default()
        }
    }

    /// What to type instead.
    pub fn refusal(&self, error: &QueryError) -> Document {
        let words = self.words();
        let (first, second) = match error {
            QueryError::ImpossibleDate {
                text,
                last_day_of_month,
            } => (
                words.impossible_date(text),
                last_day_of_month.map(|last| {
                    let said = words.last_day(&words.date(last));
                    Line::text(said + " ").with(self.typed(&last.to_string()))
                }),
            ),
            QueryError::WhichAccount => (words.which_account().to_owned(), None),
            QueryError::Unknown { text, suggestion } => (
                words.not_understood(text),
                suggestion.as_ref().map(|text| self.did_you_mean(text)),
            ),
        };
        let mut lead = vec![Line::strong(first)];
        lead.extend(second);
        Document {
            notes: self.usage(),
            ..self.untitled(lead)
        }
    }

    /// A question, as it is typed.
    pub(super) fn typed(&self, query: &str) -> Span {
        Span::Code(format!("{COMMAND} {query}"))
    }

    pub(super) fn did_you_mean(&self, query: &str) -> Line {
        let said = self.words().did_you_mean("\0");
        let (before, after) = said.split_once('\0').unwrap_or((&said, ""));
        Line::text(before).with(self.typed(query)).and(after)
    }

    pub(super) fn help(&self) -> Document {
        Document {
            title: self.words().help_title().to_owned(),
            lead: self.usage(),
            ..Document::default()
        }
    }

    pub(super) fn untitled(&self, lead: Vec<Line>) -> Document {
        Document {
            title: self.words().home_title().to_owned(),
            lead,
            ..Document::default()
        }
    }

    fn usage(&self) -> Vec<Line> {
        let line = |(typed, meaning): &(&str, &str)| {
            let typed = format!("{COMMAND} {typed}").trim_end().to_owned();
            Line(vec![Span::Code(typed)]).and(format!(" — {meaning}"))
        };
        self.words().help().iter().map(line).collect()
    }
}
