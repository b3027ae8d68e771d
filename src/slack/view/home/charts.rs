//! The table of Regions and the trend of each status, in a monospaced font.

use slack_morphism::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::member::{Counts, MemberStatus};
use crate::domain::order::best_first;
use crate::domain::report::Report;
use crate::slack::view::layout::{cut, section, texts};
use crate::slack::view::mrkdwn;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::Overview;

const SPARK: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A table of Regions and statuses, in a monospaced font.
pub(super) fn table(report: &Report, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let statuses: Vec<_> = best_first(&report.counts)
        .map(|(status, _)| status)
        .collect();
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(statuses.iter().map(|status| cut(&voice.status(status), 20)))
            .collect::<Vec<_>>(),
    ];
    let row = |name: String, counts: &Counts| {
        let numbers = statuses.iter().map(|status| counts.of(status).to_string());
        std::iter::once(name).chain(numbers).collect::<Vec<_>>()
    };
    let total = report.counts.total();
    let total = match report.hubs.len() {
        0 | 1 => words.members(total),
        _ => words.memberships(total),
    };
    let total = row(total, &report.counts);
    rows.push(total);
    if report.hubs.len() > 1 {
        let unknown = || statuses.iter().map(|_| "–".to_owned());
        rows.extend(report.hubs.iter().map(|hub| {
            let name = hubs.name(&hub.hub);
            if hub.is_counted() {
                row(name, &hub.counts)
            } else {
                std::iter::once(name).chain(unknown()).collect()
            }
        }));
    }
    let widths: Vec<_> = (0..=statuses.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |row: Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let gap = " ".repeat(width.saturating_sub(cell.width()));
                if column == 0 {
                    format!("{cell}{gap}")
                } else {
                    format!("{gap}{cell}")
                }
            });
        mrkdwn::escape_fixed(&cells.collect::<Vec<_>>().join("  "))
    };
    fixed(rows.into_iter().map(line))
}

/// Lines in a monospaced font.
fn fixed(lines: impl Iterator<Item = String>) -> Vec<SlackBlock> {
    texts(lines)
        .into_iter()
        .map(|text| section(format!("```{text}```")))
        .collect()
}

/// A sparkline for each status.
pub(super) fn trend(overview: &Overview, voice: &Voice) -> Vec<SlackBlock> {
    let days = &overview.trend;
    if days.iter().filter(|day| day.counts.is_some()).count() < 2 {
        return Vec::new();
    }
    let mut seen = Counts::default();
    for day in days.iter().filter_map(|day| day.counts.as_ref()) {
        seen.merge(day);
    }
    let line = |status: &MemberStatus| {
        let of = |counts: &Counts| counts.of(status);
        let numbers: Vec<_> = days.iter().map(|day| day.counts.as_ref().map(of)).collect();
        let known = || numbers.iter().flatten().copied();
        let (least, most) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
        let line: String = numbers
            .iter()
            .map(|number| spark(*number, least, most))
            .collect();
        let last = known().next_back().unwrap_or(0);
        mrkdwn::escape_fixed(&format!(
            "{line} {last:>6}  {}",
            cut(&voice.status(status), 30)
        ))
    };
    let mut blocks = vec![section(format!(
        "*{}*",
        voice.words().home_trend(days.len())
    ))];
    blocks.extend(fixed(best_first(&seen).map(|(status, _)| line(status))));
    blocks
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
