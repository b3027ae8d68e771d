//! The audience of a digest: the name of a channel's part in the first line, the channel's
//! conditions, and the warning that no account is in it.

use super::DigestText;
use crate::domain::digest::Digest;
use crate::domain::report::HubReport;
use crate::domain::scope::Scope;
use crate::text::document::{Line, Span};
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;

/// The most values of a condition that a digest shows.
const SHOWN: usize = 5;

impl Voice {
    /// Names the channel's part in the notification and in the first line.
    pub(super) fn address(&self, text: &mut DigestText, name: Option<&str>) {
        let Some(name) = name else {
            return;
        };
        text.notification = self.addressed(name, &text.notification);
        if let Some(heading) = &mut text.heading {
            *heading = self.addressed(name, heading);
        } else if let Some(first) = text.lead.first_mut() {
            first.0 = self.addressed_line(name, std::mem::take(&mut first.0));
        }
    }

    /// "🔴 Payments: ledger-prod left Security Hub".
    fn addressed(&self, name: &str, verdict: &str) -> String {
        let (mark, verdict) = split_mark(verdict);
        format!("{mark}{}", self.words().addressed(name, verdict))
    }

    fn addressed_line(&self, name: &str, mut spans: Vec<Span>) -> Vec<Span> {
        match spans.first_mut() {
            // A mark alone, before an emphasized verdict.
            Some(Span::Text(mark)) if split_mark(mark).1.is_empty() => {
                let rest = spans.split_off(1);
                spans.extend(self.addressed_line(name, rest));
            }
            Some(Span::Text(text) | Span::Strong(text)) => *text = self.addressed(name, text),
            _ => spans.insert(0, Span::Text(format!("{name}: "))),
        }
        spans
    }

    /// The channel's conditions, at its first digest and after they changed.
    pub(super) fn channel_gets(&self, digest: &Digest) -> Option<Line> {
        let words = self.words();
        let scope = &digest.audience.scope;
        let is_special = !scope.is_everything() || digest.audience.quiet.is_some();
        let is_first = digest.since.is_none() && is_special;
        let intro = match (digest.is_joining, digest.is_rescoped) {
            (true, _) => words.channel_joins(),
            (_, true) => words.channel_rescoped(),
            (false, false) if is_first => words.channel_gets(),
            (false, false) if digest.is_newly_quiet => return Some(Line::text(words.now_quiet())),
            (false, false) => return None,
        };
        let line = Line::text(format!("{intro} "));
        let line = match scope.is_everything() {
            true => line.and(words.gets_everything()),
            false => self.conditions(line, scope),
        };
        let line = match digest.audience.quiet {
            Some(_) => line.and(format!(" · {}", words.stays_quiet())),
            None => line,
        };
        let schedule = digest.audience.schedule.as_ref();
        Some(
            match schedule.and_then(|schedule| schedule.next_after(digest.until)) {
                Some(next) => {
                    let next = words.next_digest(&self.moment(next));
                    line.and(format!(" · {next}"))
                }
                None => line,
            },
        )
    }

    /// The proof that a quiet channel has missed nothing.
    pub(super) fn heartbeat(&self, digest: &Digest, hubs: &Hubs<'_>) -> Option<Line> {
        let (words, heartbeat) = (self.words(), digest.heartbeat.as_ref()?);
        let from = words.short_date(heartbeat.from);
        let gap = words.exact_span(heartbeat.longest_gap);
        let region = hubs.name(&heartbeat.longest_gap_in);
        Some(Line::text(match heartbeat.polls {
            1 => words.heartbeat_once(&from, &gap, &region),
            polls => words.heartbeat(&from, polls, &gap, &region),
        }))
    }

    /// "OUs `Workloads/Prod/**` · changes `left`, `removed`": the values as in the settings.
    fn conditions(&self, mut line: Line, scope: &Scope) -> Line {
        let words = self.words();
        for (index, (name, values)) in scope.conditions().into_iter().enumerate() {
            let before = if index > 0 { " · " } else { "" };
            line = line.and(format!("{before}{} ", words.condition(name)));
            for (index, value) in values.iter().take(SHOWN).enumerate() {
                if index > 0 {
                    line = line.and(words.list_separator());
                }
                line = line.with(Span::Code(value.clone()));
            }
            if values.len() > SHOWN {
                line = line.and(words.and_more("", values.len() - SHOWN).trim_end());
            }
        }
        line
    }

    /// A channel without accounts has nothing to report, and no all-clear.
    pub(super) fn no_accounts(&self, digest: &Digest) -> Option<Line> {
        let (words, report) = (self.words(), &digest.report);
        let scope = &digest.audience.scope;
        let is_empty = report.accounts == 0 && report.changes.is_empty() && report.gaps() == 0;
        let is_read = !report.hubs.is_empty() && report.hubs.iter().all(HubReport::is_read);
        let has_condition = !scope.takes_all_accounts();
        if digest.lacks_units {
            Some(Line::strong(words.no_units_known()))
        } else if scope.selects_hubs() && report.hubs.is_empty() {
            Some(Line::strong(words.no_region_fits()))
        } else if has_condition && is_empty && is_read && digest.cases.list.open.is_empty() {
            Some(Line::strong(words.no_account_fits()))
        } else {
            None
        }
    }
}

/// The emoji at the beginning, with the space after it, and the rest.
pub(super) fn split_mark(text: &str) -> (&str, &str) {
    let end = text.find(' ').map_or(0, |space| space + 1);
    let (mark, rest) = text.split_at(end);
    match mark.chars().any(char::is_alphanumeric) {
        true => ("", text),
        false => (mark, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Locale;

    #[test]
    fn the_name_follows_the_mark_and_the_sentence_goes_on() {
        for (verdict, english, japanese) in [
            (
                "✅ No changes",
                "✅ Payments: no changes",
                "✅ Payments: No changes",
            ),
            (
                "🔴 ledger-prod left Security Hub",
                "🔴 Payments: ledger-prod left Security Hub",
                "🔴 Payments: ledger-prod left Security Hub",
            ),
            ("変更なし", "Payments: 変更なし", "Payments: 変更なし"),
            (
                "✅ 変更なし",
                "✅ Payments: 変更なし",
                "✅ Payments: 変更なし",
            ),
            ("Nolan left", "Payments: Nolan left", "Payments: Nolan left"),
        ] {
            for (locale, wanted) in [(Locale::En, english), (Locale::Ja, japanese)] {
                let voice = Voice::new(locale, chrono_tz::UTC);
                assert_eq!(voice.addressed("Payments", verdict), wanted);
                let spans = match verdict.split_once(' ') {
                    Some(("✅", rest)) => {
                        vec![Span::Text("✅ ".to_owned()), Span::Strong(rest.to_owned())]
                    }
                    _ => vec![Span::Strong(verdict.to_owned())],
                };
                let line = Line(voice.addressed_line("Payments", spans));
                assert_eq!(line.plain(), wanted);
            }
        }
    }
}
