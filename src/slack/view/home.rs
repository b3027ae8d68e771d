//! The App Home tab: what matters on top, the rest below, under 100 blocks
//! with any number of members.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use slack_morphism::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::layout::{contexts, cut, divider, header, item, section, sections, texts};
use super::mrkdwn;
use crate::domain::hub::{HubFilter, HubId, Region};
use crate::domain::member::{AccountId, Counts, MemberStatus};
use crate::domain::report::{HubReport, Report};
use crate::text::Label;
use crate::text::document::{Document, Line, List, Span};
use crate::text::guidance::COMMAND;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::Overview;

/// Polls now.
pub const CHECK: &str = "home_check";
/// Chooses an administrator.
pub const ADMIN: &str = "home_admin";
/// Chooses a Region.
pub const REGION: &str = "home_region";
/// Chooses a status.
pub const STATUS: &str = "home_status";
/// Chooses a date.
pub const DATE: &str = "home_date";
/// Takes the date back.
pub const CLEAR: &str = "home_clear";
/// Shows the page before.
pub const PREVIOUS: &str = "home_previous";
/// Shows the page after.
pub const NEXT: &str = "home_next";

/// The value of a choice that chooses nothing.
pub const ALL: &str = "*";

const PAGE: usize = 15;
/// Changes shown for today, for the week, and for a chosen date.
const SHOWN_TODAY: usize = 10;
const SHOWN_WEEK: usize = 10;
const SHOWN_DATE: usize = 60;
/// Accounts shown of what the organization says.
const SHOWN_GAPS: usize = 10;
const SPARK: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What somebody has chosen in the tab. It travels to Slack and back in the
/// view's `private_metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// Only this administrator.
    pub admin: Option<AccountId>,
    /// Only this Region.
    pub region: Option<Region>,
    /// The members with this status instead of those that are not protected.
    pub status: Option<MemberStatus>,
    /// The changes of this date.
    pub date: Option<NaiveDate>,
    /// The page of the list of members, from 0.
    pub page: usize,
}

impl Chosen {
    /// Which of these hubs are chosen. What no hub has is not chosen any more.
    pub fn filter(&self, hubs: &[HubId]) -> HubFilter {
        let admin = self
            .admin
            .filter(|admin| hubs.iter().any(|hub| hub.admin == *admin));
        let region = self.region.as_ref();
        HubFilter {
            admin,
            region: region
                .filter(|region| hubs.iter().any(|hub| hub.region == **region))
                .cloned(),
        }
    }
}

/// What the tab shows.
pub struct Home<'a> {
    /// The state of things.
    pub overview: &'a Overview,
    /// The answer for the chosen date.
    pub on_date: Option<&'a Document>,
    /// All watched hubs.
    pub hubs: &'a [HubId],
    /// What is chosen.
    pub chosen: &'a Chosen,
    /// Whether a poll is under way.
    pub checking: bool,
}

/// The tab.
pub fn render(home: &Home<'_>, voice: &Voice) -> SlackView {
    let overview = home.overview;
    let words = voice.words();
    let now = Hubs::new(voice, &overview.now);
    let week = Hubs::new(voice, &overview.week);
    let mut blocks = vec![header(words.home_title())];
    blocks.extend(freshness(home, &now, voice));
    blocks.push(controls(home, voice));
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
            "today",
        ),
        (
            words.home_week(),
            &overview.week,
            &week,
            SHOWN_WEEK,
            "last 7 days",
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

/// The tab for somebody who may not use the bot: why, and nothing to press.
pub fn closed(why: &Line, voice: &Voice) -> SlackView {
    let mut blocks = vec![header(voice.words().home_title())];
    blocks.extend(sections(std::slice::from_ref(why)));
    SlackView::Home(SlackHomeView::new(blocks))
}

/// How old the data is, and what could not be read.
fn freshness(home: &Home<'_>, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
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
    let state: Vec<_> = state.map(Line::text).into_iter().collect();
    blocks.extend(contexts(&state));
    blocks.extend(contexts(voice.not_enabled(hubs).as_slice()));
    blocks
}

fn controls(home: &Home<'_>, voice: &Voice) -> SlackBlock {
    let words = voice.words();
    let chosen = home.chosen;
    let mut elements: Vec<SlackActionBlockElement> = vec![
        SlackBlockButtonElement::new(words.label(Label::CheckNow).into())
            .with_action_id(CHECK.into())
            .with_style(SlackBlockButtonStyle::Primary)
            .into(),
    ];
    let admins = home.hubs.iter().map(|hub| hub.admin.to_string());
    let picked = chosen.admin.map(|admin| admin.to_string());
    elements.extend(choice(ADMIN, words.label(Label::AllAdmins), admins, picked));
    let regions = home.hubs.iter().map(|hub| hub.region.to_string());
    let picked = chosen.region.as_ref().map(Region::to_string);
    elements.extend(choice(
        REGION,
        words.label(Label::AllRegions),
        regions,
        picked,
    ));
    let statuses = statuses(home.overview);
    let options = statuses
        .iter()
        .map(|status| (voice.status(status), status.as_str().to_owned()));
    let picked = chosen.status.as_ref().map(MemberStatus::as_str);
    elements.push(select(
        STATUS,
        words.label(Label::AllStatuses),
        options,
        picked,
    ));
    let mut date = SlackBlockDatePickerElement::new()
        .with_action_id(DATE.into())
        .with_placeholder(words.label(Label::PickDate).into());
    if let Some(picked) = chosen.date {
        date = date.with_initial_date(picked.to_string());
    }
    elements.push(date.into());
    if chosen.date.is_some() {
        elements.push(button(words.label(Label::ClearDate), CLEAR, None));
    }
    // Slack keeps what somebody chose in a field for as long as its block keeps
    // its name, whatever the view says. A new name makes the view right.
    let name = format!(
        "{:?} {:?} {:?} {:?}",
        chosen.admin, chosen.region, chosen.status, chosen.date
    );
    SlackActionsBlock::new(elements)
        .with_block_id(cut(&name, 255).into())
        .into()
}

/// The statuses that somebody has.
fn statuses(overview: &Overview) -> BTreeSet<MemberStatus> {
    let now = overview.now.counts.iter().map(|(status, _)| status.clone());
    let chosen = overview.chosen.iter().map(|chosen| chosen.status.clone());
    // A longer one, or none, could not be the value of a choice.
    let fits = |status: &MemberStatus| (1..=150).contains(&super::layout::chars(status.as_str()));
    now.chain(chosen).filter(fits).take(98).collect()
}

/// A field to choose one of some names; nothing where there is only one.
fn choice(
    action: &str,
    all: &str,
    names: impl Iterator<Item = String>,
    picked: Option<String>,
) -> Option<SlackActionBlockElement> {
    let names: BTreeSet<_> = names.collect();
    let options = names.iter().map(|name| (name.clone(), name.clone()));
    (names.len() > 1).then(|| select(action, all, options, picked.as_deref()))
}

fn select(
    action: &str,
    all: &str,
    options: impl Iterator<Item = (String, String)>,
    picked: Option<&str>,
) -> SlackActionBlockElement {
    type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;
    let choice = |(text, value): (String, String)| -> Choice {
        let text = cut(&mrkdwn::plain(&text), 75);
        SlackBlockChoiceItem::new(text.as_str().into(), value)
    };
    let choices: Vec<Choice> = std::iter::once((all.to_owned(), ALL.to_owned()))
        .chain(options)
        .take(100)
        .map(choice)
        .collect();
    let picked = picked.and_then(|picked| choices.iter().find(|choice| choice.value == picked));
    let picked = picked.or(choices.first()).cloned();
    SlackBlockStaticSelectElement::new()
        .with_action_id(action.into())
        .opt_initial_option(picked)
        .with_options(choices)
        .into()
}

fn button(label: &str, action: &str, value: Option<String>) -> SlackActionBlockElement {
    SlackBlockButtonElement::new(label.into())
        .with_action_id(action.into())
        .opt_value(value)
        .into()
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

/// The first things of some lists, how many more there are, and what to ask for
/// them: accounts that are told in a line together are named only there.
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
        let command = format!("{COMMAND} {query}");
        let command = command.trim_end();
        lines.push(mrkdwn::escape(
            &voice.words().more_by_command(hidden, command),
        ));
    }
    texts(lines).into_iter().map(section).collect()
}

/// A table of Regions and statuses, in letters of one width.
fn table(report: &Report, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let statuses = best_first(&report.counts);
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(statuses.iter().map(|status| cut(&voice.status(status), 20)))
            .collect::<Vec<_>>(),
    ];
    let row = |name: String, counts: &Counts| {
        let numbers = statuses.iter().map(|status| counts.of(status).to_string());
        std::iter::once(name).chain(numbers).collect::<Vec<_>>()
    };
    let total = row(words.members(report.counts.total()), &report.counts);
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

/// Lines in letters of one width.
fn fixed(lines: impl Iterator<Item = String>) -> Vec<SlackBlock> {
    texts(lines)
        .into_iter()
        .map(|text| section(format!("```{text}```")))
        .collect()
}

/// A sparkline for each status.
fn trend(overview: &Overview, voice: &Voice) -> Vec<SlackBlock> {
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
    blocks.extend(fixed(best_first(&seen).into_iter().map(line)));
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

/// The list of members that are not protected, or of those with a status.
fn members(home: &Home<'_>, hubs: &Hubs<'_>, voice: &Voice) -> Vec<SlackBlock> {
    let words = voice.words();
    let overview = home.overview;
    let list = match &overview.chosen {
        Some(group) => Some(voice.group(group, hubs)),
        None => voice.standing(&overview.now, hubs),
    };
    let Some(list) = list else {
        let report = &overview.now;
        let is_known =
            |hub: &HubReport| hub.is_checked() && hub.is_counted() && hub.damage.is_none();
        let line = if !report.is_counted() {
            words.no_history().to_owned()
        } else if !report.unlisted.is_empty() || !report.hubs.iter().all(is_known) {
            // A list that was not read may hide an account.
            return Vec::new();
        } else if report.counts.total() == 0 {
            voice.total(report)
        } else {
            words.everybody_protected().to_owned()
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

/// Statuses are ordered the worst first; here the best comes first.
fn best_first(counts: &Counts) -> Vec<&MemberStatus> {
    let mut statuses: Vec<_> = counts.iter().map(|(status, _)| status).collect();
    statuses.reverse();
    statuses
}
