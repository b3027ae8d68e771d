//! The findings in a terminal. Print them through `anstream`.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Checkup, Finding, Verdict};
use crate::terminal::{self, counted};

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// A line for each finding with the remedy below it, then the number of failures and warnings.
pub fn render(checkup: &Checkup) -> String {
    let widths = checkup.findings.iter().map(|finding| finding.topic.len());
    let width = widths.max().unwrap_or_default();
    let mut text = String::new();
    for finding in &checkup.findings {
        put(&mut text, finding, width);
    }
    let (wrong, notes) = (
        checkup.number_of(Verdict::Wrong),
        checkup.number_of(Verdict::Note),
    );
    let end = match (wrong, notes) {
        (0, 0) => "All checks passed.".to_owned(),
        (0, notes) => format!("Passed with {}.", counted(notes, "warning")),
        (wrong, 0) => format!("{wrong} failed."),
        (wrong, notes) => format!("{wrong} failed, {}.", counted(notes, "warning")),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{STRONG}{end}{STRONG:#}");
    text
}

fn put(text: &mut String, finding: &Finding, width: usize) {
    let (mark, color) = match finding.verdict {
        Verdict::Well => ('✓', AnsiColor::Green),
        Verdict::Wrong => ('✗', AnsiColor::Red),
        Verdict::Note => ('!', AnsiColor::Yellow),
    };
    let color = color.on_default();
    // Some of AWS's errors have several lines.
    let column = format!("\n{:1$}", "", width + 4);
    let detail = terminal::lines(&finding.detail).replace('\n', &column);
    let topic = &finding.topic;
    let _ = writeln!(text, "{color}{mark}{color:#} {topic:width$}  {detail}");
    if let Some(remedy) = &finding.remedy {
        let remedy = terminal::lines(remedy);
        let _ = writeln!(text, "{:1$}{FAINT}→ {remedy}{FAINT:#}", "", width + 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_its_mark_and_what_to_do_about_it() {
        let checkup = Checkup::new(vec![
            Finding::well("Slack token", "belongs to the bot"),
            Finding::wrong("Table", "is\u{1b}[2J\nmissing", "run create-table"),
            Finding::note("Table backups", "off"),
        ]);
        let text = anstream::adapter::strip_str(&render(&checkup)).to_string();
        insta::assert_snapshot!(text, @r"
        ✓ Slack token    belongs to the bot
        ✗ Table          is[2J
                         missing
                         → run create-table
        ! Table backups  off

        1 failed, 1 warning.
        ");
    }
}
