//! The line of a message that notifies people.

use super::DigestText;
use super::audience::split_mark;
use crate::domain::mention::MentionTarget;
use crate::text::document::{Line, Span};

/// The line with the mentions before it.
pub fn mentioning(targets: &[MentionTarget], line: Line) -> Line {
    let mut spans = Vec::new();
    for target in targets {
        spans.push(Span::Mention(target.clone()));
        spans.push(Span::Text(" ".to_owned()));
    }
    spans.extend(line.0);
    Line(spans)
}

impl DigestText {
    /// Mentions these in the first line below the heading, with what it is about. Not in the text of
    /// the notification, where Slack would count the mention a second time.
    pub(super) fn mention(&mut self, targets: &[MentionTarget]) {
        if targets.is_empty() {
            return;
        }
        match (&self.heading, self.lead.first_mut()) {
            (Some(heading), _) => {
                let (_, verdict) = split_mark(heading);
                let line = mentioning(targets, Line::text(verdict));
                self.lead.insert(0, line);
            }
            (None, Some(first)) => *first = mentioning(targets, std::mem::take(first)),
            (None, None) => {}
        }
    }
}
