//! The table of Regions, and the trend, in a monospaced font.

use slack_morphism::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::member::{Counts, MemberStatus};
use crate::domain::order::best_first;
use crate::domain::report::days_between;
use crate::slack::view::layout::{section, sections, texts};
use crate::slack::view::mrkdwn;
use crate::text::document::Line;
use crate::text::home::not_enabled;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::Overview;

const SPARK: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The number of members in each status, and a table of Regions that fits on a phone.
pub fn table(overview: &Overview, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let (words, report) = (voice.words(), &overview.now);
    let statuses = best_first(&report.counts);
    let statuses = statuses.map(|(status, count)| format!("{} {count}", voice.status(status)));
    let statuses: Vec<_> = statuses.collect();
    let mut blocks = sections(&[Line::text(statuses.join(" · "))]);
    let mut rows = vec![[
        words.region().to_owned(),
        voice.status(&MemberStatus::Enabled),
        words.others().to_owned(),
    ]];
    rows.extend(report.hubs.iter().map(|hub| {
        let name = hubs.name(&hub.hub);
        let name = match hub.unread {
            None => name,
            Some(unread) => {
                let days = days_between(unread.since, overview.today, voice.zone);
                format!("{name} ⚠️ {}", words.days(days))
            }
        };
        let numbers = match hub.is_counted() {
            true => [
                hub.counts.of(&MemberStatus::Enabled),
                not_enabled(&hub.counts, &[]),
            ]
            .map(|count| count.to_string()),
            false => ["–", "–"].map(str::to_owned),
        };
        let [enabled, others] = numbers;
        [name, enabled, others]
    }));
    blocks.extend(fixed(aligned(&rows).into_iter()));
    blocks
}

/// The rows with names on the left and numbers on the right of their columns.
fn aligned(rows: &[[String; 3]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let [first, second, third] = [width(0), width(1), width(2)];
    let gap = |width: usize, cell: &str| " ".repeat(width.saturating_sub(cell.width()));
    let line = |[name, enabled, others]: &[String; 3]| {
        let (a, b, c) = (gap(first, name), gap(second, enabled), gap(third, others));
        mrkdwn::escape_fixed(&format!("{name}{a}  {b}{enabled}  {c}{others}"))
    };
    rows.iter().map(line).collect()
}

/// Lines in a monospaced font.
fn fixed(lines: impl Iterator<Item = String>) -> Vec<SlackBlock> {
    texts(lines)
        .into_iter()
        .map(|text| section(format!("```{text}```")))
        .collect()
}

/// The number of members that aren't Enabled, as a line. It leaves out statuses in question, which
/// may be Enabled.
pub(super) fn trend(overview: &Overview, voice: &Voice) -> Vec<SlackBlock> {
    let questions = &overview.cases.renamed;
    let number = |counts: &Counts| not_enabled(counts, questions);
    let numbers = overview.trend.iter();
    let numbers = numbers.map(|day| day.counts.as_ref().map(number));
    // The history may be younger.
    let numbers: Vec<_> = numbers.skip_while(Option::is_none).collect();
    let known: Vec<_> = numbers.iter().flatten().copied().collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return Vec::new();
    };
    if known.len() < 2 {
        return Vec::new();
    }
    let words = voice.words();
    let least = known.iter().copied().min().unwrap_or(0);
    let most = known.iter().copied().max().unwrap_or(0);
    let line = numbers.iter().map(|number| spark(*number, least, most));
    let line: String = line.collect();
    let title = words.trend(numbers.len(), *first, *last);
    let mut range = words.trend_range(least, most);
    if !questions.is_empty() {
        let without = words.trend_without(&voice.in_question(questions));
        range = format!("{range} · {}", mrkdwn::escape(&without));
    }
    vec![section(format!("*{title}*\n`{line}` {range}"))]
}

/// One day of a sparkline; a day without a poll is a gap.
fn spark(number: Option<u64>, least: u64, most: u64) -> char {
    let Some(number) = number else { return '·' };
    let top = SPARK.len() as u64 - 1;
    let step = match most - least {
        0 => u64::from(most > 0),
        range => (number - least) * top / range,
    };
    usize::try_from(step)
        .ok()
        .and_then(|step| SPARK.get(step))
        .copied()
        .unwrap_or('█')
}
