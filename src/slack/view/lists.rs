//! Long lists in a modal, page by page.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use super::home::{self, HomeFilter};
use super::layout::{item, section, sections, texts};
use super::list_kind::ListKind;
use super::modal::modal;
use super::paging::PageButtons;
use super::{cases, layout};
use crate::domain::cases::Case;
use crate::domain::hub::HubId;
use crate::text::document::Line;
use crate::text::hubs::Hubs;
use crate::text::voice::Voice;
use crate::watch::Overview;

/// Shows the page before.
pub const PREVIOUS: &str = "list_previous";
/// Shows the page after.
pub const NEXT: &str = "list_next";

const TURNING: PageButtons = PageButtons {
    previous: PREVIOUS,
    next: NEXT,
};

/// Cases on a page: each has a menu.
const CASES: usize = 15;
/// Lines on a page.
const LINES: usize = 60;

/// A page of a list. Slack keeps it with the modal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// The list.
    pub list: ListKind,
    /// The page, from 0.
    #[serde(default)]
    pub page: usize,
    /// The filters of the Home tab below it; `None` if it was opened from a message.
    #[serde(default)]
    pub home: Option<HomeFilter>,
    /// The channel in whose digest it was opened: its conditions hold here too.
    #[serde(default)]
    pub channel: Option<String>,
}

impl ListPage {
    /// Reads it back.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The modal of a page. `watched` is every hub.
pub fn view(page: &ListPage, overview: &Overview, watched: &[HubId], voice: &Voice) -> Value {
    let words = voice.words();
    let hubs = Hubs::new(voice, &overview.now);
    let of = |cases: Vec<&Case>| cases_on(page.page, &cases, watched, voice);
    let (mut blocks, pages) = match page.list {
        ListKind::All => of(home::all_here(overview)),
        ListKind::Known => of(home::here(overview.cases.known_gaps(), overview)),
        ListKind::Expected => of(home::here(&overview.cases.accepted, overview)),
        ListKind::NotMembers => {
            let lists = voice.gaps(&overview.now, &hubs).into_iter();
            let lines = lists.flat_map(|list| {
                let items: Vec<_> = list.items.iter().map(item).collect();
                std::iter::once(super::mrkdwn::line(&list.heading)).chain(items)
            });
            lines_on(page.page, &lines.collect::<Vec<_>>())
        }
        ListKind::Regions => (home::table(overview, &hubs, voice), 1),
    };
    if blocks.is_empty() {
        blocks = sections(&[Line::text(words.no_cases())]);
    }
    let shown = page.page.min(pages.saturating_sub(1));
    blocks.extend(TURNING.blocks(shown, pages, words));
    let mut view = modal(page.list.title(words), words.form_close(), json!(blocks));
    // A struct of strings and numbers: this cannot fail.
    view["private_metadata"] = serde_json::to_string(page).unwrap_or_default().into();
    view
}

/// The cases on a page, and the number of pages.
fn cases_on(
    page: usize,
    all: &[&Case],
    watched: &[HubId],
    voice: &Voice,
) -> (Vec<SlackBlock>, usize) {
    let pages = all.len().div_ceil(CASES);
    let page = page.min(pages.saturating_sub(1));
    let shown = all.iter().skip(page * CASES).take(CASES);
    let section = |case: &&Case| {
        let case = voice.case(case, watched);
        cases::section(layout::joined(&case.lines), &case, voice.words())
    };
    (shown.map(section).collect(), pages)
}

/// The lines on a page, and the number of pages.
fn lines_on(page: usize, all: &[String]) -> (Vec<SlackBlock>, usize) {
    let pages = all.len().div_ceil(LINES);
    let page = page.min(pages.saturating_sub(1));
    let shown = all.iter().skip(page * LINES).take(LINES).cloned();
    (texts(shown).into_iter().map(section).collect(), pages)
}
