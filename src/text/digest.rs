//! The digest: the verdict with names first, then open cases and their owners. Every change and
//! every account is in its thread.

mod alert;
mod audience;
mod case;
mod mention;
mod notes;
mod others;
mod tables;
mod thread;
mod week;

use chrono::NaiveDate;

use super::document::{Document, Line};
use super::hubs::Hubs;
use super::regions::FailingText;
use super::table::ThreadPart;
use super::voice::Voice;
use crate::domain::cases::{Case, Concern, RenamedStatus};
use crate::domain::diff::ChangeKind;
use crate::domain::digest::Digest;
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;
use crate::domain::order;
use crate::domain::report::{HubReport, PeriodLimits, Report, days_between};
use crate::watch::CaseId;
pub use mention::mentioning;

/// The most cases that the first message names.
const NAMED: usize = 5;

/// The most accounts that a line about many accounts names.
const NAMES: usize = 3;

/// The most accounts that a verdict names: notifications are short.
const IN_VERDICT: usize = 2;

/// A digest in a language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestText {
    /// The text of a notification.
    pub notification: String,
    /// The verdict, if something happened.
    pub heading: Option<String>,
    /// Small print below the heading.
    pub small: Vec<Line>,
    /// A summary in a few lines.
    pub lead: Vec<Line>,
    /// Actions for the failing Regions that `lead` names.
    pub failing: Option<FailingText>,
    /// The first open cases, one by one.
    pub cases: Vec<CaseText>,
    /// The first open cases, combined in a few lines.
    pub open: Vec<Line>,
    /// All cases that `cases` or `open` names.
    pub named: Vec<CaseId>,
    /// The number of cases in every state.
    pub all: usize,
    /// The date of the digest.
    pub date: NaiveDate,
    /// The statuses that AWS seems to have renamed.
    pub questions: Vec<QuestionText>,
    /// More cases, and changes that need no action.
    pub others: Vec<Line>,
    /// The changes of the week before, in the first digest of a week.
    pub week: Vec<Line>,
    /// The accounts that were not Enabled from the start, by OU, in the same digest.
    pub known: Vec<Line>,
    /// Remarks on what was known before.
    pub notes: Vec<Line>,
    /// The thread: every change and every account.
    pub thread: Vec<ThreadPart>,
}

/// A status that AWS seems to have renamed, in the first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionText {
    /// The new name.
    pub status: MemberStatus,
    /// The question.
    pub lines: Vec<Line>,
    /// The number of accounts.
    pub accounts: usize,
}

/// A case in the first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseText {
    /// The case.
    pub id: CaseId,
    /// The name and what happened.
    pub lines: Vec<Line>,
    /// The changes that an alert is about, as small print.
    pub details: Vec<Line>,
    /// Whether someone works on it.
    pub taken: bool,
    /// The console page with the members of its first Region, if it is known.
    pub console: Option<String>,
}

impl From<DigestText> for Document {
    /// Without buttons, for a terminal.
    fn from(text: DigestText) -> Self {
        let mut lead = text.small;
        lead.extend(text.lead);
        lead.extend(text.failing.into_iter().flat_map(|failing| failing.owners));
        let title = text.heading.unwrap_or_else(|| {
            let first = (!lead.is_empty()).then(|| lead.remove(0));
            first.map(|line| line.plain()).unwrap_or_default()
        });
        let cases = text.cases.into_iter();
        lead.extend(cases.flat_map(|case| case.lines.into_iter().chain(case.details)));
        lead.extend(text.open);
        lead.extend(
            text.questions
                .into_iter()
                .flat_map(|question| question.lines),
        );
        lead.extend(text.others);
        lead.extend(text.week);
        lead.extend(text.known);
        Self {
            title,
            lead,
            lists: text.thread.iter().flat_map(ThreadPart::lists).collect(),
            notes: text.notes,
            ..Self::default()
        }
    }
}

impl Voice {
    /// A digest.
    pub fn digest(&self, digest: &Digest) -> DigestText {
        let hubs = Hubs::new(self, &digest.report);
        let mut text = match self.news(digest) {
            news if news.is_empty() => self.quiet_digest(digest, &hubs),
            news => self.eventful_digest(digest, &hubs, &news),
        };
        let counts = [
            self.known(digest),
            self.resigned(digest),
            self.expected(&digest.cases.list.accepted),
            self.not_members(digest),
            self.alerted(digest),
            self.zone_of(digest),
        ];
        text.notes.extend(joined(counts));
        text.notes.extend(self.heartbeat(digest, &hubs));
        text.notes.extend(self.coverage_notes(&hubs));
        text.notes.extend(self.gaps_notes(&digest.report));
        text.questions = self.questions(digest, text.heading.is_some());
        self.add_week(&mut text, digest);
        text.failing = self.failing_text(&hubs, &digest.cases.list.failing, digest.until);
        text.thread = self.thread(digest, &hubs);
        let named = digest.cases.list.open.iter().take(NAMED);
        text.named = named.map(CaseId::from).collect();
        text.all = digest.cases.list.iter().count();
        text.date = digest.date;
        self.address(&mut text, digest.audience.name.as_deref());
        text.mention(digest.mentions());
        text
    }

    /// The open cases that no earlier digest reported.
    fn news<'a>(&self, digest: &'a Digest) -> Vec<&'a Case> {
        let open = digest.cases.list.open.iter();
        open.filter(|case| digest.cases.news.contains(&case.key))
            .collect()
    }

    fn eventful_digest(&self, digest: &Digest, hubs: &Hubs<'_>, news: &[&Case]) -> DigestText {
        let groups = by_event(news);
        let verdicts = groups
            .iter()
            .map(|(event, cases)| self.verdict(event, cases));
        let verdicts: Vec<_> = verdicts.collect();
        let mark = news.first().map_or("", |case| self.mark(case));
        let heading = verdicts.first().cloned().unwrap_or_default();
        let open = &digest.cases.list.open;
        let date = self.words().short_date(digest.date);
        let small = Line::text(format!("{date} · {}", self.scope(digest, hubs)));
        let mut lead = self.unchecked(hubs);
        lead.extend(self.warnings(hubs, digest.until));
        lead.extend(self.beginning(digest));
        let more = open.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| Line::text(self.words().and_more_open(more)));
        let watched = watched(&digest.report);
        let renamed = self.first_renaming(digest);
        let mut others = Vec::new();
        others.extend(self.other_verdicts(&groups, open));
        others.extend(more);
        others.extend(self.other_changes(digest));
        let verdicts: Vec<_> = verdicts.into_iter().chain(renamed).collect();
        DigestText {
            notification: format!("{mark} {}", verdicts.join(" · ")),
            heading: Some(format!("{mark} {heading}")),
            small: vec![small],
            lead,
            cases: open
                .iter()
                .take(NAMED)
                .map(|case| self.case(case, &watched))
                .collect(),
            others,
            ..DigestText::default()
        }
    }

    /// The lines with which a first digest introduces itself, and the channel's conditions if they
    /// are news.
    fn beginning(&self, digest: &Digest) -> Vec<Line> {
        let is_first = digest.since.is_none();
        let first = is_first.then(|| Line::text(self.words().digest_first()));
        first.into_iter().chain(self.channel_gets(digest)).collect()
    }

    fn verdict(&self, (concern, how): &(Concern, Option<ChangeKind>), cases: &[&Case]) -> String {
        let names = self.names(cases, IN_VERDICT);
        self.words().verdict(*concern, *how, &names)
    }

    /// A digest without new open cases.
    fn quiet_digest(&self, digest: &Digest, hubs: &Hubs<'_>) -> DigestText {
        let words = self.words();
        let open = &digest.cases.list.open;
        let warnings = self.warnings(hubs, digest.until);
        let verdict = self.quiet_verdict(digest, hubs);
        let mut lead = self.unchecked(hubs);
        let first = warnings.first().map(Line::plain);
        let is_warning = verdict.plain().starts_with('⚠');
        let scope = match verdict.0.is_empty() {
            true => Line::text(self.scope(digest, hubs)),
            false => verdict
                .clone()
                .and(format!(" · {}", self.scope(digest, hubs))),
        };
        if is_warning {
            lead.push(scope);
            lead.extend(warnings);
        } else {
            lead.extend(warnings);
            lead.push(scope);
        }
        let named: Vec<_> = open.iter().take(NAMED).collect();
        let mut notification = vec![first.unwrap_or_default(), verdict.plain()];
        notification.retain(|part| !part.is_empty());
        if let [first, ..] = &named[..] {
            let names = self.names(&open.iter().collect::<Vec<_>>(), IN_VERDICT);
            notification.push(format!("{names} · {}", words.case_day(first.day)));
        }
        let mut others = Vec::new();
        let more = open.len().saturating_sub(NAMED);
        others.extend((more > 0).then(|| Line::text(words.and_more_open(more))));
        others.extend(self.other_changes(digest));
        lead.extend(self.beginning(digest));
        DigestText {
            notification: notification.join(" · "),
            lead,
            open: self.open_cases(&named, &watched(&digest.report)),
            others,
            ..DigestText::default()
        }
    }

    /// Contains "✅" only if nothing is open, every list was read, and the organization has no new
    /// account that isn't a member.
    fn quiet_verdict(&self, digest: &Digest, hubs: &Hubs<'_>) -> Line {
        let words = self.words();
        if let Some(empty) = self.no_accounts(digest) {
            return empty;
        }
        let (report, open) = (&digest.report, digest.cases.list.open.len());
        let by_number = || digest.cases.new_outside(report);
        let new_outside = digest.new_not_members.unwrap_or_else(by_number);
        if let Some(renamed) = self.first_renaming(digest) {
            return Line::strong(renamed);
        }
        let known = self
            .no_changes_but_failing(report, hubs)
            .or_else(|| self.changed(report, hubs, &PeriodLimits::default()));
        let Some(known) = known else {
            return Line::default();
        };
        let all_clear = words.no_changes();
        let is_clear = known.plain() == all_clear;
        // Such a channel doesn't know what else happened, so it has no all-clear.
        let is_partial = digest.audience.scope.selects_events();
        match (is_clear, open, new_outside) {
            (true, 0, _) if is_partial => Line::strong(words.no_changes_of_these()),
            (false, 0, _) if is_partial => known,
            (true, 0, 0) => Line::strong(all_clear),
            (true, 0, new) => Line::strong(words.new_outside(new)),
            (true, open, _) => Line::strong(words.nothing_new(open)),
            (false, 0, _) if report.changes.is_empty() => known,
            (false, 0, _) => known.and(format!(" · {}", words.nothing_open())),
            (false, open, _) => Line::text("🟠 ")
                .append(known)
                .and(format!(" · {}", words.still_open(open))),
        }
    }

    /// "since Thu 30 Apr 09:00 (Asia/Tokyo) · 801 accounts, all 17 Regions read". If all were read,
    /// open cases leave no room for the accounts, and none for the time zone if there is no news.
    /// A verdict that says how many Regions were read stands for the rest.
    fn scope(&self, digest: &Digest, hubs: &Hubs<'_>) -> String {
        let words = self.words();
        let report = &digest.report;
        let is_after = self.zone_of(digest).is_some();
        let since = digest.since.map(|since| {
            let days = days_between(since, self.local(digest.until).date(), self.zone);
            let zone = (!is_after).then(|| self.zone_name());
            words.digest_since(&self.moment(since), zone, days)
        });
        let since = since.unwrap_or_else(|| words.times_in(self.zone_name()));
        let has_news = !self.news(digest).is_empty();
        if !has_news && self.no_changes_but_failing(report, hubs).is_some() {
            return since;
        }
        let read = self.regions_read(report, HubReport::is_read);
        let has_unread = report.hubs.iter().any(|hub| !hub.is_read());
        let accounts = words.accounts_count(usize::try_from(report.accounts).unwrap_or(usize::MAX));
        match digest.cases.list.open.is_empty() || has_unread {
            true => format!("{since} · {accounts} · {read}"),
            false => format!("{since} · {read}"),
        }
    }

    /// The question about the first renamed status.
    fn first_renaming(&self, digest: &Digest) -> Option<String> {
        let renamed = digest.cases.list.renamed.first();
        renamed.map(|renamed| self.renaming(renamed))
    }

    /// The questions. Without a heading the first one is the verdict.
    fn questions(&self, digest: &Digest, has_heading: bool) -> Vec<QuestionText> {
        let watched = watched(&digest.report);
        let renamed = digest.cases.list.renamed.iter().enumerate();
        let question = |(index, renamed): (usize, &RenamedStatus)| {
            let title = (has_heading || index > 0).then(|| self.renaming(renamed));
            let mut lines: Vec<_> = title.into_iter().map(Line::strong).collect();
            lines.push(self.status_question(renamed, &watched));
            QuestionText {
                status: renamed.status.clone(),
                lines,
                accounts: renamed.accounts.len(),
            }
        };
        renamed.map(question).collect()
    }
}

/// Remarks in one line, which takes fewer lines on a phone than each of them alone.
fn joined(remarks: impl IntoIterator<Item = Option<Line>>) -> Option<Line> {
    let remarks = remarks.into_iter().flatten();
    remarks.reduce(|line, remark| line.and(" · ").append(remark))
}

/// The hubs of a report.
fn watched(report: &Report) -> Vec<HubId> {
    report.hubs.iter().map(|hub| hub.hub.clone()).collect()
}

/// An event, and its cases.
type Event<'a> = ((Concern, Option<ChangeKind>), Vec<&'a Case>);

/// The cases by event, the worst first.
fn by_event<'a>(cases: &[&'a Case]) -> Vec<Event<'a>> {
    let mut groups = Vec::<Event<'_>>::new();
    for case in cases {
        let event = (case.concern, case.worst());
        match groups.iter_mut().find(|(other, _)| *other == event) {
            Some((_, group)) => group.push(case),
            None => groups.push((event, vec![case])),
        }
    }
    groups.sort_by_key(|((concern, how), _)| order::event(*concern, *how));
    groups
}
