//! The App Home tab: the most important on top, under 100 blocks with any number of
//! members.

mod charts;
mod controls;
mod filter;

use std::collections::BTreeSet;

use charts::{table, trend};
use chrono::NaiveDate;
pub use controls::*;
use controls::{button, controls};
pub use filter::HomeFilter;
use slack_morphism::prelude::*;

use super::layout::{contexts, divider, header, item, section, sections, texts};
use super::{cases, mrkdwn, renamed};
use crate::domain::cases::Case;
use crate::domain::hub::HubId;
use crate::domain::report::{HubReport, Report};
use crate::text::Label;
use crate::text::document::{Document, Line, List, Span};
use crate::text::guidance::COMMAND;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::Overview;

const PAGE: usize = 15;
/// Changes shown for today, for the week, and for a chosen date.
const SHOWN_TODAY: usize = 10;
const SHOWN_WEEK: usize = 10;
const SHOWN_DATE: usize = 60;
/// Open cases with a menu, and lines that name the others.
const SHOWN_CASES: usize = 10;
const SHOWN_LINES: usize = 10;
/// Accounts shown of the gaps between the organization and the member lists.
const SHOWN_GAPS: usize = 10;

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
}

/// The tab.
pub fn render(home: &HomeTab<'_>, voice: &Voice) -> SlackView {
    let overview = home.overview;
    let words = voice.words();
    let now = Hubs::new(voice, &overview.now);
    let week = Hubs::new(voice, &overview.week);
    let open = open(overview);
    let mut blocks = vec![header(&title(overview, &open, voice))];
    blocks.extend(freshness(home, &now, voice));
    blocks.extend(open_cases(&open, home.hubs, voice));
    blocks.extend(renamed::questions(&overview.cases, home.hubs, *voice));
    blocks.push(controls(home.hubs, overview, home.chosen, voice));
    if let Some(document) = home.on_date {
        blocks.extend(on_date(document, home.chosen.date, voice));
    }
    blocks.push(divider());
    blocks.push(section(format!("*{}*", words.home_by_status())));
    blocks.extend(table(&overview.now, &now, voice));
    blocks.extend(trend(overview, voice));
    for (title, report, hubs, shown, query) in [
        (
            words.home_today(),
            &overview.now,
            &now,
            SHOWN_TODAY,
            words.today_typed(),
        ),
        (
            words.home_week(),
            &overview.week,
            &week,
            SHOWN_WEEK,
            words.week_typed(),
        ),
    ] {
        let lists = voice.changes(report, hubs);
        let lead = Line::strong(title)
            .and(" · ")
            .and(voice.summary(report, hubs).plain());
        blocks.extend(sections(&[lead]));
        blocks.extend(lists_in_short(&lists, shown, query, voice));
    }
    blocks.push(divider());
    blocks.extend(members(home, &now, voice));
    let gaps = voice.gaps(&overview.now, &now);
    blocks.extend(lists_in_short(&gaps, SHOWN_GAPS, "", voice));
    blocks.extend(contexts(&voice.gaps_notes(&overview.now)));
    let hint = Line::text(format!("{} ", words.home_hint())).with(Span::Code(COMMAND.to_owned()));
    blocks.extend(contexts(&[hint]));
    // A struct of strings and numbers: this cannot fail.
    let state = serde_json::to_string(home.chosen).unwrap_or_default();
    SlackView::Home(SlackHomeView::new(blocks).with_private_metadata(state))
}

/// The open cases in the chosen hubs. One that is in no hub belongs to all of them.
fn open(overview: &Overview) -> Vec<&Case> {
    let hubs: BTreeSet<_> = overview.now.hubs.iter().map(|hub| &hub.hub).collect();
    let is_here =
        |case: &&Case| case.hubs.is_empty() || case.hubs.keys().any(|hub| hubs.contains(hub));
    overview.cases.open.iter().filter(is_here).collect()
}

/// The number of open cases. "Nothing is open" needs every list.
fn title(overview: &Overview, open: &[&Case], voice: &Voice) -> String {
    let words = voice.words();
    match open.len() {
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
    let is_known = |hub: &HubReport| hub.is_checked() && hub.is_counted() && hub.damage.is_none();
    report.is_counted() && report.unlisted.is_empty() && report.hubs.iter().all(is_known)
}

/// The first open cases with a menu each, the others in a few lines. `watched` is every hub.
fn open_cases(open: &[&Case], watched: &[HubId], voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let (first, others) = open.split_at(open.len().min(SHOWN_CASES));
    let mut blocks: Vec<_> = first
        .iter()
        .map(|case| {
            let case = voice.case(case, watched);
            cases::section(cases::text(&case.lines), &case, words)
        })
        .collect();
    let lines = voice.open_cases(others, watched);
    let (shown, hidden) = lines.split_at(lines.len().min(SHOWN_LINES));
    blocks.extend(sections(shown));
    if !hidden.is_empty() {
        let more = Line::text(words.more(hidden.len())).and(" ");
        blocks.extend(contexts(&[more.with(voice.typed(""))]));
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
    let checked = voice.checked(report, overview.at);
    let never = || (!report.is_counted()).then(|| words.no_history().to_owned());
    let state = if home.checking {
        Some(words.checking().to_owned())
    } else {
        checked.or_else(never)
    };
    let zone = words.item_times_in(voice.zone_name());
    let state = state.map(|state| Line::text(format!("{state} · {zone}")));
    let state: Vec<_> = state.into_iter().collect();
    blocks.extend(contexts(&state));
    blocks.extend(contexts(voice.not_enabled(hubs).as_slice()));
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
    if pages > 1 {
        let mut buttons = Vec::new();
        if page > 0 {
            buttons.push(button(
                words.label(Label::Previous),
                PREVIOUS,
                Some((page - 1).to_string()),
            ));
        }
        if page + 1 < pages {
            buttons.push(button(
                words.label(Label::Next),
                NEXT,
                Some((page + 1).to_string()),
            ));
        }
        blocks.push(SlackActionsBlock::new(buttons).into());
        blocks.extend(contexts(&[Line::text(words.page(page + 1, pages))]));
    }
    blocks
}
