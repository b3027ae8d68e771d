//! Commands to type: help, refusals, and answers about dates without data.

use chrono::NaiveDate;

use super::document::{Choice, Document, Line, Span};
use super::hubs::HubNames;
use super::voice::Voice;
use crate::domain::query::{self, Note, Query, QueryError, Unclear};
use crate::watch::NoSnapshot;

/// The command, as people type it.
pub const COMMAND: &str = "/securityhub-members";

impl Voice {
    pub(super) fn no_snapshot(&self, none: &NoSnapshot) -> Document {
        let words = self.words();
        let date = words.date(none.date);
        let first = match none.query {
            _ if none.date > none.today => words.in_the_future(&date),
            Query::Between { first, .. } => words.no_data(&words.period(first, none.date)),
            _ => words.no_data(&date),
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
        match none.range {
            Some((first, last)) => lead.push(Line::text(
                words.range(&words.date(first), &words.date(last)),
            )),
            None if none.damaged.is_empty() => lead.push(Line::text(words.no_history())),
            None => {}
        }
        let names = HubNames::new(self, none.damaged.iter());
        lead.extend(self.damaged_history(&names.list(none.damaged.iter())));
        let choices = dates.into_iter().map(|date| self.choice(&Query::On(date)));
        Document {
            choices: choices.collect(),
            title: match &none.query {
                Query::Between { first, last } => words.period_title(&words.period(*first, *last)),
                _ => words.date_title(&date),
            },
            lead,
            ..Document::default()
        }
    }

    /// Says that a text is not a query, with the queries that may be meant.
    pub fn refusal(&self, error: &QueryError, today: NaiveDate) -> Document {
        let words = self.words();
        let mut meant = Vec::new();
        let first = match error {
            QueryError::ImpossibleDate {
                text,
                last_day_of_month,
            } => {
                meant.extend(last_day_of_month.map(Query::On));
                words.impossible_date(text)
            }
            QueryError::Unclear {
                text,
                why,
                meant: readings,
            } => {
                meant.extend(readings.iter().cloned());
                match why {
                    Unclear::EndsBeforeStart => words.ends_before_start(text),
                    Unclear::WrongWeekday(date) => words.wrong_weekday(text, &words.date(*date)),
                }
            }
            QueryError::WhichAccount => words.which_account().to_owned(),
            QueryError::Unknown { text, suggestion } => {
                let suggestion = suggestion.as_ref();
                meant.extend(suggestion.and_then(|text| query::parse(text, today).ok()));
                words.not_understood(text)
            }
        };
        let mut lead = vec![Line::strong(first)];
        match (meant.len(), error) {
            (0, QueryError::Unknown { .. }) => lead.push(Line::text(words.try_these())),
            (0, _) => {}
            (count, _) => lead.push(Line::text(words.did_you_mean(count))),
        }
        Document {
            notes: self.usage(),
            choices: meant.iter().map(|query| self.choice(query)).collect(),
            ..self.untitled(lead)
        }
    }

    /// A query as a button, and as text to type.
    pub(super) fn choice(&self, query: &Query) -> Choice {
        let words = self.words();
        let typed = self.asking(query);
        Choice {
            label: match query {
                Query::On(date) => words.date(*date),
                Query::Between { first, last } => words.period(*first, *last),
                _ => typed.clone(),
            },
            query: query.to_string(),
            typed,
        }
    }

    /// The answer with remarks on how its query was read.
    #[must_use]
    pub fn noted(&self, mut answer: Document, notes: &[Note]) -> Document {
        // The changes come first.
        let place = answer.lead.len().min(1);
        answer.lead.splice(place..place, self.remarks(notes));
        answer
    }

    /// Remarks on how a query was read, if it can be read in several ways.
    pub fn remarks(&self, notes: &[Note]) -> Vec<Line> {
        notes.iter().map(|note| self.remark(note)).collect()
    }

    fn remark(&self, note: &Note) -> Line {
        let words = self.words();
        match note {
            Note::UntilToday { asked } => Line::text(words.until_today(&words.date(*asked))),
            Note::Read { text, date, others } => {
                let mut line = Line::text(words.read_as(text, &words.date(*date)));
                for other in others {
                    let instead = words.write_instead(&words.date(*other));
                    line = line
                        .and(format!(" {instead} "))
                        .with(Span::Code(other.to_string()));
                }
                line
            }
        }
    }

    /// The command with this query.
    pub fn typed(&self, query: &str) -> Span {
        Span::Code(format!("{COMMAND} {query}").trim_end().to_owned())
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
