//! Alerts: who left, with the menus of a digest, and the reply when they are back.

use std::collections::BTreeSet;

use super::{DigestText, IN_VERDICT, NAMED, NAMES, watched};
use crate::domain::alert::{Alert, AlertMark, Comeback, ReturnedAccounts};
use crate::domain::bulk::MANY;
use crate::domain::cases::{Case, Concern};
use crate::domain::digest::Digest;
use crate::domain::member::{AccountId, Window};
use crate::domain::report::{ChangeEntry, ChangeGroup};
use crate::text::document::{Line, Span};
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::CaseId;

impl Voice {
    /// An alert about changes.
    pub fn alert(&self, alert: &Alert) -> DigestText {
        let report = &alert.report;
        let hubs = Hubs::new(self, report);
        let watched = watched(report);
        let verdicts: Vec<_> = report
            .changes
            .iter()
            .map(|group| self.alert_verdict(group))
            .collect();
        let groups = report.changes.iter();
        let (many, few): (Vec<_>, Vec<_>) = groups.partition(|group| group.accounts() >= MANY);
        let entries = || few.iter().flat_map(|group| &group.entries);
        let accounts: BTreeSet<_> = entries().map(|entry| entry.account).collect();
        let cases = alert.cases.iter();
        let cases: Vec<_> = cases
            .filter(|case| accounts.contains(&case.key.account))
            .take(NAMED)
            .collect();
        let is_named = |entry: &ChangeEntry| {
            let mut cases = cases.iter();
            cases.any(|case| has_change(case, entry))
        };
        let mut others: Vec<_> = many
            .iter()
            .map(|group| self.many_changed(group, &hubs))
            .collect();
        for group in &few {
            let entries = group.entries.iter().filter(|entry| !is_named(entry));
            let mark = self.kind_mark(group);
            others.extend(
                entries
                    .map(|entry| Line::text(format!("{mark} ")).append(self.change(entry, &hubs))),
            );
        }
        let texts = cases.iter().map(|case| {
            let mut text = self.case(case, &watched);
            let entries = entries().filter(|entry| has_change(case, entry));
            text.details
                .extend(entries.map(|entry| self.steps(entry, &hubs)));
            text
        });
        let mut text = DigestText {
            notification: verdicts.join(" · "),
            heading: verdicts.first().cloned(),
            small: self.alert_window(alert).into_iter().collect(),
            lead: verdicts.iter().skip(1).map(Line::text).collect(),
            cases: texts.collect(),
            named: cases.iter().map(|case| CaseId::from(*case)).collect(),
            all: cases.len(),
            date: alert.date,
            others,
            ..DigestText::default()
        };
        self.address(&mut text, alert.audience.name.as_deref());
        text.mention(alert.mentions());
        text
    }

    /// "🔴 payments-prod and ledger-prod left Security Hub".
    fn alert_verdict(&self, group: &ChangeGroup) -> String {
        let words = self.words();
        let count = group.accounts();
        let mut seen = BTreeSet::new();
        let entries = group.entries.iter();
        let entries = entries.filter(|entry| seen.insert(entry.account));
        let names: Vec<_> = entries
            .take(IN_VERDICT)
            .map(|entry| entry.who.called(entry.account))
            .collect();
        let names = match count {
            MANY.. => words.many(count),
            _ => words.names(&names, count),
        };
        match group.kind.is_departure() {
            true => {
                let verdict = words.verdict(Concern::NotEnabled, Some(group.kind), &names);
                format!("{} {verdict}", self.kind_mark(group))
            }
            false => format!("{}: {names}", words.kind_name(group.kind)),
        }
    }

    fn kind_mark(&self, group: &ChangeGroup) -> &'static str {
        let name = self.words().kind_name(group.kind);
        name.split(' ').next().unwrap_or_default()
    }

    /// "seen Tue 24 Nov 10:15, since 10:00 (Asia/Tokyo)".
    fn alert_window(&self, alert: &Alert) -> Option<Line> {
        let words = self.words();
        let Window { after, at } = alert.window()?;
        let (at, zone) = (self.local(at), self.zone_name());
        let since = after.map(|after| self.local(after));
        let since = since.map(|since| match since.date() == at.date() {
            true => since.format("%H:%M").to_string(),
            false => words.moment(since),
        });
        Some(Line::text(words.alert_seen(
            &words.moment(at),
            since.as_deref(),
            zone,
        )))
    }

    /// "Enabled → *Resigned* · all 17 Regions · seen Tue 24 Nov 10:15".
    fn steps(&self, entry: &ChangeEntry, hubs: &Hubs<'_>) -> Line {
        let path = self.path(Line::default(), &entry.path);
        let seen = self.words().seen(&self.moment(entry.last.at));
        let mut line = path.and(hubs.phrase(&entry.hubs)).and(format!(" · {seen}"));
        if let Some(Span::Text(first)) = line.0.first_mut() {
            *first = first.trim_start().to_owned();
        }
        line
    }

    /// One line for a kind with so many accounts: "🔴 Left (1000): all 17 Regions".
    fn many_changed(&self, group: &ChangeGroup, hubs: &Hubs<'_>) -> Line {
        let words = self.words();
        let there: BTreeSet<_> = group.entries.iter().flat_map(|entry| &entry.hubs).collect();
        let there: Vec<_> = there.into_iter().cloned().collect();
        Line::strong(words.kind(group.kind, group.accounts()))
            .and(hubs.phrase(&there))
            .and(format!(" · {}", words.alert_ids_follow()))
    }

    /// The reply to an alert: "✅ payments-prod is Enabled again in all 17 Regions".
    pub fn comeback_reply(&self, comeback: &Comeback) -> Vec<Line> {
        let words = self.words();
        let line = |group: &ReturnedAccounts| {
            let names = group.accounts.iter().take(NAMES);
            let names: Vec<_> = names.map(|(account, who)| who.called(*account)).collect();
            let count = group.accounts.len();
            let names = words.names(&names, count);
            let places = self.regions(&group.hubs, &comeback.watched);
            Line::text(words.enabled_again(&names, count, places.as_deref()))
        };
        comeback.back.iter().map(line).collect()
    }

    /// The alerts since the last digest: "Alerted Tue 10:15: payments-prod".
    pub(super) fn alerted(&self, digest: &Digest) -> Option<Line> {
        let words = self.words();
        let entries = digest
            .report
            .changes
            .iter()
            .flat_map(|group| &group.entries);
        let who = |account: AccountId| {
            let mut entries = entries.clone();
            let entry = entries.find(|entry| entry.account == account)?;
            Some(entry.who.called(account))
        };
        let mut line = Line::default();
        for mark in &digest.alerts {
            let names: Vec<_> = mark.accounts.iter().filter_map(|one| who(*one)).collect();
            if names.is_empty() {
                continue;
            }
            let count = names.len();
            let names = words.names(&names[..count.min(NAMES)], count);
            let separator = if line.0.is_empty() { "" } else { " · " };
            line = self
                .alert_mark(line.and(separator), mark)
                .and(words.alerted_names(&names));
        }
        (!line.0.is_empty()).then_some(line)
    }

    /// "Alerted Tue 10:15", with a link to the alert.
    fn alert_mark(&self, line: Line, mark: &AlertMark) -> Line {
        let at = self.words().weekday_time(self.local(mark.at));
        let text = self.words().alerted_at(&at);
        match mark.link.clone() {
            Some(url) => line.with(Span::Link { text, url }),
            None => line.and(text),
        }
    }
}

fn has_change(case: &Case, entry: &ChangeEntry) -> bool {
    case.key.account == entry.account
        && entry
            .hubs
            .iter()
            .any(|hub| case.key.admin == Some(hub.admin))
}

#[cfg(test)]
mod tests;
