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
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::cases::CaseList;
    use crate::domain::diff::{Change, ChangeKind, Observation};
    use crate::domain::directory::{AccountRecord, Directory, Who};
    use crate::domain::facts::{Coverage, HubFacts, HubReport, Mark};
    use crate::domain::hub::{HubId, Version};
    use crate::domain::member::{Counts, MemberStatus};
    use crate::domain::report::Report;
    use crate::domain::scope::Audience;
    use crate::text::Locale;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hub(region: &str) -> HubId {
        format!("111122223333/{region}").parse().unwrap()
    }

    fn facts<'a>(region: &str, observations: &'a [Observation]) -> HubFacts<'a> {
        let mark = Mark {
            date: "2026-11-24".parse().unwrap(),
            at: time("2026-11-24T10:15:00Z"),
        };
        HubFacts {
            hub: HubReport {
                hub: hub(region),
                coverage: Coverage::First { to: mark },
                counts: Counts::default(),
                checked_at: Some(mark.at),
                unread: None,
                damage: None,
                unchecked: None,
                narrowed: false,
            },
            observations,
            members: None,
        }
    }

    fn seen(accounts: std::ops::Range<u64>, from: &str, to: &str) -> Vec<Observation> {
        let change = |account| Change {
            account: AccountId::from_u64(account).unwrap(),
            email: None,
            from: Some(MemberStatus::parse(from)),
            to: Some(MemberStatus::parse(to)),
        };
        vec![Observation {
            version: Version(2),
            window: Window {
                after: Some(time("2026-11-24T10:00:00Z")),
                at: time("2026-11-24T10:15:00Z"),
            },
            changes: accounts.map(change).collect(),
        }]
    }

    fn alert(hubs: Vec<HubFacts<'_>>, name: Option<&str>) -> Option<Alert> {
        let date = "2026-11-24".parse().unwrap();
        let zone = chrono_tz::Asia::Tokyo;
        let record = |name: &str| AccountRecord {
            who: Who {
                name: Some(name.to_owned()),
                unit: Some("Workloads/Prod".to_owned()),
            },
            ..AccountRecord::default()
        };
        let named = |number, name| (AccountId::from_u64(number).unwrap(), record(name));
        let directory = Directory {
            accounts: [named(1, "payments-prod"), named(2, "ledger-prod")].into(),
            organization: None,
        };
        let audience = Audience {
            name: name.map(str::to_owned),
            alert: [
                ChangeKind::Left,
                ChangeKind::Unprotected,
                ChangeKind::Joined,
            ]
            .into(),
            ..Audience::of_everything(zone)
        };
        let report = Report::new(hubs, date, zone).named(&directory);
        let at = time("2026-11-24T10:15:20Z");
        Alert::of(report, CaseList::default(), &audience, (date, at))
    }

    fn read(locale: Locale, alert: &Alert) -> String {
        let text = Voice::new(locale, chrono_tz::Asia::Tokyo).alert(alert);
        let lines = text.small.iter().chain(&text.lead).chain(&text.others);
        let lines = lines.map(Line::plain);
        let lines = text.heading.iter().cloned().chain(lines);
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_alert_names_who_left_where_and_in_which_time() {
        let left = seen(1..3, "Enabled", "Resigned");
        let invited = seen(7..8, "Created", "Invited");
        let facts = || {
            vec![
                facts("eu-west-1", &left),
                facts("us-east-1", &left),
                facts("us-west-2", &invited),
            ]
        };
        let everything = alert(facts(), None).unwrap();
        insta::assert_snapshot!(read(Locale::En, &everything), @r"
        🔴 payments-prod and ledger-prod left Security Hub
        Seen Tue 24 Nov 19:15, changed after 19:00 (Asia/Tokyo)
        🔴 000000000001 payments-prod (Workloads/Prod)  Enabled → Resigned · eu-west-1, us-east-1 · seen Tue 24 Nov 19:15
        🔴 000000000002 ledger-prod (Workloads/Prod)  Enabled → Resigned · eu-west-1, us-east-1 · seen Tue 24 Nov 19:15
        ");
        let part = alert(facts(), Some("Payments")).unwrap();
        insta::assert_snapshot!(read(Locale::Ja, &part), @r"
        🔴 Payments: payments-prod と ledger-prod が離脱しました
        検知: 11月24日(火) 19:15 · 変更は 19:00 以降(JST)
        🔴 000000000001 payments-prod (Workloads/Prod)  有効 → 離脱・辞退 · eu-west-1、us-east-1 · 11月24日(火) 19:15 検知
        🔴 000000000002 ledger-prod (Workloads/Prod)  有効 → 離脱・辞退 · eu-west-1、us-east-1 · 11月24日(火) 19:15 検知
        ");
    }

    #[test]
    fn many_departures_are_one_line_and_other_kinds_are_named_too() {
        let left = seen(1..1001, "Enabled", "Resigned");
        let joined = seen(2000..2001, "Invited", "Enabled");
        let both = vec![facts("eu-west-1", &left), facts("us-east-1", &joined)];
        let both = alert(both, None).unwrap();
        insta::assert_snapshot!(read(Locale::En, &both), @r"
        🔴 1000 accounts left Security Hub
        Seen Tue 24 Nov 19:15, changed after 19:00 (Asia/Tokyo)
        🟢 Joined: 000000002000
        🔴 Left (1000) · eu-west-1 · the next digest lists them
        🟢 000000002000  Invited → Enabled · us-east-1 · seen Tue 24 Nov 19:15
        ");
        insta::assert_snapshot!(read(Locale::Ja, &both), @r"
        🔴 1000アカウント が離脱しました
        検知: 11月24日(火) 19:15 · 変更は 19:00 以降(JST)
        🟢 参加: 000000002000
        🔴 離脱: 1000件 · eu-west-1 · 一覧は次のダイジェストに記載
        🟢 000000002000  招待中 → 有効 · us-east-1 · 11月24日(火) 19:15 検知
        ");
    }

    #[test]
    fn a_renamed_status_or_a_kind_that_no_one_wants_is_no_alert() {
        let renamed = seen(1..201, "Enabled", "ActiveMember");
        assert_eq!(alert(vec![facts("eu-west-1", &renamed)], None), None);
        let removed = seen(1..2, "Enabled", "Removed");
        assert_eq!(alert(vec![facts("eu-west-1", &removed)], None), None);
    }

    #[test]
    fn a_reply_says_who_is_enabled_again() {
        let who = |name: &str| Who {
            name: Some(name.to_owned()),
            unit: None,
        };
        let account = |number| AccountId::from_u64(number).unwrap();
        let comeback = Comeback {
            date: "2026-11-24".parse().unwrap(),
            at: time("2026-11-24T11:00:00Z"),
            watched: vec![hub("eu-west-1"), hub("us-east-1")],
            back: vec![
                ReturnedAccounts {
                    hubs: [hub("eu-west-1"), hub("us-east-1")].into(),
                    accounts: vec![(account(1), who("payments-prod"))],
                },
                ReturnedAccounts {
                    hubs: [hub("us-east-1")].into(),
                    accounts: vec![
                        (account(2), who("ledger-prod")),
                        (account(3), who("web-dev")),
                    ],
                },
            ],
        };
        let said = |locale| {
            let lines = Voice::new(locale, chrono_tz::UTC).comeback_reply(&comeback);
            lines.iter().map(Line::plain).collect::<Vec<_>>()
        };
        assert_eq!(
            said(Locale::En),
            [
                "✅ payments-prod is Enabled again in both Regions",
                "✅ ledger-prod and web-dev are Enabled again in us-east-1",
            ]
        );
        assert_eq!(
            said(Locale::Ja),
            [
                "✅ 再び有効: payments-prod(全2リージョン)",
                "✅ 再び有効: ledger-prod と web-dev(us-east-1)",
            ]
        );
    }
}
