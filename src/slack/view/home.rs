//! The App Home tab: open cases and their buttons first, then one section for each thing to know.
//! Long lists open in a modal, so the tab stays short with any number of members.

mod charts;
mod controls;
mod filter;
mod forms;

use std::collections::BTreeSet;

pub use charts::table;
use charts::trend;
use chrono::{DateTime, NaiveDate, Utc};
use controls::controls;
pub use controls::*;
pub use filter::HomeFilter;
pub use forms::{FILTER_FORM, FIND_FORM, NAME, chosen_filter, filter_form, find_form, name_field};
use slack_morphism::prelude::*;

use super::layout::{context, contexts, divider, header, item, joined, section, sections, texts};
use super::list_kind::{self, ListKind};
use super::paging::PageButtons;
use super::{cases, mrkdwn, renamed};
use crate::domain::cases::{Case, CaseList, FailingHubs};
use crate::domain::hub::HubId;
use crate::domain::report::{HubReport, Report};
use crate::text::document::{Document, Line, List, Span};
use crate::text::guidance::COMMAND;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::Overview;

const TURNING: PageButtons = PageButtons {
    previous: PREVIOUS,
    next: NEXT,
};

const PAGE: usize = 15;
/// Changes shown for a chosen date.
const SHOWN_DATE: usize = 60;
/// Open cases with a menu.
const SHOWN_CASES: usize = 5;

/// The content of the tab.
pub struct HomeTab<'a> {
    /// The members and changes.
    pub overview: &'a Overview,
    /// The answer for the chosen date.
    pub on_date: Option<&'a Document>,
    /// All watched hubs.
    pub hubs: &'a [HubId],
    /// The chosen filters.
    pub chosen: &'a HomeFilter,
    /// Whether a live check is running.
    pub checking: bool,
    /// A remark about the person's last press.
    pub remark: Option<&'a str>,
    /// When the next digest is due, if that is known.
    pub next_digest: Option<DateTime<Utc>>,
    /// When the last digest was made, if it had no news and no channel got it.
    pub no_news: Option<DateTime<Utc>>,
}

/// The tab.
pub fn render(home: &HomeTab<'_>, voice: &Voice) -> SlackView {
    let overview = home.overview;
    let words = voice.words();
    let hubs = Hubs::new(voice, &overview.now);
    let open = here(&overview.cases.open, overview);
    let mut blocks = vec![header(&title(home, &open, voice))];
    blocks.extend(home.remark.map(|remark| section(mrkdwn::escape(remark))));
    blocks.extend(freshness(home, &hubs, voice));
    blocks.extend(open_cases(&open, home, voice));
    blocks.extend(renamed::questions(&overview.cases, home.hubs, *voice));
    blocks.push(controls(home.chosen, voice));
    if home.chosen.narrows() {
        blocks.extend(narrowed(home, &hubs, voice));
    }
    if let Some(document) = home.on_date {
        blocks.extend(on_date(document, home.chosen.date, voice));
    }
    blocks.push(divider());
    let known = here(overview.cases.known_gaps(), overview);
    let accepted = here(&overview.cases.accepted, overview);
    for (lines, list, label) in [
        (
            voice.known_gaps(&known, overview.today),
            ListKind::Known,
            words.go_through().to_owned(),
        ),
        (
            voice.expected_cases(&accepted),
            ListKind::Expected,
            words.show_all(accepted.len()),
        ),
        (
            voice.outside(&overview.now, &hubs),
            ListKind::NotMembers,
            words.show_all(overview.now.gaps()),
        ),
        (
            voice.enabled_share(&overview.now, &hubs, &overview.cases.renamed),
            ListKind::Regions,
            words.by_region().to_owned(),
        ),
    ] {
        if !lines.is_empty() {
            blocks.push(list_kind::opener(&lines, list, &label));
        }
    }
    blocks.extend(trend(overview, voice));
    blocks.extend(week(overview, voice));
    blocks.extend(contexts(&voice.gaps_notes(&overview.now)));
    let hint = Line::text(format!("{} ", words.home_hint())).with(Span::Code(COMMAND.to_owned()));
    blocks.extend(contexts(&[hint]));
    // A struct of strings and numbers: this cannot fail.
    let state = serde_json::to_string(home.chosen).unwrap_or_default();
    SlackView::Home(SlackHomeView::new(blocks).with_private_metadata(state))
}

/// Those of some cases that are in the chosen hubs. One that is in no hub belongs to all of them.
pub(super) fn here<'a>(
    cases: impl IntoIterator<Item = &'a Case>,
    overview: &Overview,
) -> Vec<&'a Case> {
    let hubs: BTreeSet<_> = overview.now.hubs.iter().map(|hub| &hub.hub).collect();
    let is_here =
        |case: &&Case| case.hubs.is_empty() || case.hubs.keys().any(|hub| hubs.contains(hub));
    cases.into_iter().filter(is_here).collect()
}

/// Every case in the chosen hubs: open, accepted, then known ones.
pub(super) fn all_here(overview: &Overview) -> Vec<&Case> {
    let CaseList {
        open,
        accepted,
        known,
        ..
    } = &overview.cases;
    here([open, accepted, known].into_iter().flatten(), overview)
}

/// The number of open cases. "Nothing is open" needs every list.
fn title(home: &HomeTab<'_>, open: &[&Case], voice: &Voice) -> String {
    let (overview, words) = (home.overview, voice.words());
    match open.len() {
        // A filter hides cases.
        0 if home.chosen.narrows() => words.home_title().to_owned(),
        0 if is_known(&overview.now) && overview.cases.renamed.is_empty() => {
            words.home_clear().to_owned()
        }
        0 => words.home_title().to_owned(),
        1 => words.home_open_one().to_owned(),
        count => words.home_open(count),
    }
}

/// Reports whether every list was read, so that none can hide an account.
fn is_known(report: &Report) -> bool {
    report.is_counted() && report.unlisted.is_empty() && report.hubs.iter().all(is_hub_known)
}

fn is_hub_known(hub: &HubReport) -> bool {
    hub.is_checked() && hub.is_counted() && hub.damage.is_none()
}

/// The first open cases with a menu each, and a button that lists the others.
fn open_cases(open: &[&Case], home: &HomeTab<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let mut blocks: Vec<_> = open
        .iter()
        .take(SHOWN_CASES)
        .map(|case| {
            let case = voice.case(case, home.hubs);
            cases::section(joined(&case.lines), &case, words)
        })
        .collect();
    let more = open.len().saturating_sub(SHOWN_CASES);
    if more > 0 {
        let more = Line::strong(words.more_open(more));
        let label = words.show_all(all_here(home.overview).len());
        blocks.push(list_kind::opener(&[more], ListKind::All, &label));
    }
    blocks
}

/// The tab for a person without access: the reason, and no controls.
pub fn closed(why: &Line, voice: &Voice) -> SlackView {
    let mut blocks = vec![header(voice.words().home_title())];
    blocks.extend(sections(std::slice::from_ref(why)));
    SlackView::Home(SlackHomeView::new(blocks))
}

/// The age of the data, and the lists that could not be read.
fn freshness(home: &HomeTab<'_>, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let overview = home.overview;
    let report = &overview.now;
    let words = voice.words();
    let mut blocks = sections(&voice.unchecked(hubs));
    blocks.extend(sections(&voice.warnings(hubs, overview.at)));
    blocks.extend(owners(overview, voice));
    let checked = voice.checked(report, overview.at);
    let never = || (!report.is_counted()).then(|| words.no_history().to_owned());
    let state = if home.checking {
        Some(words.checking().to_owned())
    } else {
        checked.or_else(never)
    };
    let regions = (!report.hubs.is_empty()).then(|| voice.regions_read(report, is_hub_known));
    let next = home
        .next_digest
        .map(|next| words.next_digest(&voice.moment(next)));
    let silent = home.no_news;
    let silent = silent.map(|at| words.no_news(&voice.moment(at)));
    let state = state.into_iter().chain(regions).chain(silent).chain(next);
    let state: Vec<_> = state.collect();
    let zone = words.with_remark(&state.join(" · "), voice.zone_name());
    if !state.is_empty() {
        blocks.push(context(mrkdwn::line(&Line::text(zone))));
    }
    blocks.extend(contexts(voice.not_enabled(hubs).as_slice()));
    blocks
}

/// The owners of the failing hubs that are shown.
fn owners(overview: &Overview, voice: &Voice) -> Vec<SlackBlock> {
    let all = FailingHubs {
        hub: None,
        at: overview.at,
    };
    let shown: Vec<_> = overview
        .now
        .hubs
        .iter()
        .map(|hub| hub.hub.clone())
        .collect();
    let failing = overview.cases.failing.iter();
    let failing: Vec<_> = failing
        .filter(|one| shown.contains(&one.hub))
        .cloned()
        .collect();
    contexts(&voice.owners_of_failing(&all, &failing, &shown))
}

/// The changes of the last week: in all, and on each day.
fn week(overview: &Overview, voice: &Voice) -> Vec<SlackBlock> {
    let week = Hubs::new(voice, &overview.week);
    let summary = voice.summary(&overview.week, &week).plain();
    let lead = Line::strong(voice.words().home_week())
        .and(" · ")
        .and(summary);
    let days = voice.days_with_changes(&overview.week);
    let lines: Vec<_> = std::iter::once(lead).chain(days).collect();
    sections(&lines)
}

/// The result of a filter: the members with the chosen status, or those that aren't Enabled.
fn narrowed(home: &HomeTab<'_>, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let HomeFilter {
        admin,
        region,
        status,
        ..
    } = home.chosen;
    let parts = [
        admin.map(|admin| admin.to_string()),
        region.as_ref().map(ToString::to_string),
        status.as_ref().map(|status| voice.status(status)),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let said = Line::text(words.filtered(&parts.join(" · ")));
    let clear = SlackBlockButtonElement::new(words.filter_clear().into())
        .with_action_id(CLEAR_FILTER.into());
    let mut blocks = vec![list_kind::with_button(&[said], clear)];
    blocks.extend(members(home, hubs, voice));
    blocks
}

/// The answer for a chosen date, in place.
fn on_date(document: &Document, date: Option<NaiveDate>, voice: &Voice) -> Vec<SlackBlock> {
    let query = date.map(|date| date.to_string()).unwrap_or_default();
    let mut blocks = vec![
        divider(),
        section(format!("*{}*", mrkdwn::escape(&document.title))),
    ];
    blocks.extend(sections(&document.lead));
    blocks.extend(lists_in_short(&document.lists, SHOWN_DATE, &query, voice));
    blocks.extend(contexts(&document.notes));
    blocks
}

/// The first lines of some lists, the number of the others, and the command that shows
/// them. Accounts that share a line count as others.
fn lists_in_short(lists: &[List], most: usize, query: &str, voice: &Voice) -> Vec<SlackBlock> {
    let mut left = most;
    let mut lines = Vec::new();
    let mut hidden = 0;
    for list in lists {
        let (shown, others) = list.items.split_at(list.items.len().min(left));
        left -= shown.len();
        hidden += shown.iter().filter_map(Line::together).sum::<usize>();
        hidden += others.iter().map(Line::things).sum::<usize>();
        if !shown.is_empty() {
            lines.push(mrkdwn::line(&list.heading));
            lines.extend(shown.iter().map(item));
        }
    }
    if hidden > 0 {
        let more = Line::text(voice.words().more(hidden)).and(" ");
        lines.push(mrkdwn::line(&more.with(voice.typed(query))));
    }
    texts(lines).into_iter().map(section).collect()
}

/// The members that aren't Enabled, or those with the chosen status.
fn members(home: &HomeTab<'_>, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let overview = home.overview;
    let list = match &overview.chosen {
        Some(group) => Some(voice.group(group, hubs)),
        None => voice.not_enabled_list(&overview.now, hubs),
    };
    let Some(list) = list else {
        let report = &overview.now;
        let line = if !report.is_counted() {
            words.no_history().to_owned()
        } else if !is_known(report) {
            // A list that was not read may hide an account.
            return Vec::new();
        } else if report.counts.total() == 0 {
            voice.total(report)
        } else {
            words.all_enabled().to_owned()
        };
        return sections(&[Line::text(line)]);
    };
    let pages = list.items.len().div_ceil(PAGE).max(1);
    let page = home.chosen.page.min(pages - 1);
    let heading = std::iter::once(mrkdwn::line(&list.heading));
    let lines = heading.chain(list.items.iter().skip(page * PAGE).take(PAGE).map(item));
    let mut blocks: Vec<_> = texts(lines).into_iter().map(section).collect();
    blocks.extend(TURNING.blocks(page, pages, words));
    blocks
}
