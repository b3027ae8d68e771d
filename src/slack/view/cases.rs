//! Buttons and menus of cases: their values and blocks, and updates of a digest whose cases have
//! new owners.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use slack_morphism::prelude::*;

use super::layout::{self, chars, cut};
use super::list_kind::{self, ListKind};
use super::{Content, mrkdwn};
use crate::domain::cases::Case;
use crate::text::comeback::Step;
use crate::text::digest::{CaseText, DigestText};
use crate::text::document::Line;
use crate::text::{Locale, Words};
use crate::watch::CaseId;

/// The menu of one case.
pub const MENU: &str = "case_menu";
/// Takes every case that a digest names.
pub const TAKE: &str = "cases_take";
/// Shows how the accounts of a digest become Enabled again.
pub const RETURN: &str = "cases_return";
/// Gives a case back.
pub const GIVE_BACK: &str = "case_give_back";

/// The most cases that an answer names.
pub const NAMED: usize = 5;

/// Prefixes of block IDs: one case, several cases.
pub(super) const ONE: &str = "case:";
pub(super) const SEVERAL: &str = "cases:";

/// The requested action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Show the account's history.
    History,
    /// Show how the account becomes Enabled again.
    Return,
    /// Work on the case.
    Take,
    /// Stop working on it.
    GiveBack,
    /// Expect it until a date.
    Expect,
    /// Open the console, which Slack does by itself.
    Console,
}

impl Verb {
    const ALL: [Self; 6] = [
        Self::History,
        Self::Return,
        Self::Take,
        Self::GiveBack,
        Self::Expect,
        Self::Console,
    ];

    /// Its name in a value and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Return => "return",
            Self::Take => "take",
            Self::GiveBack => "give_back",
            Self::Expect => "expect",
            Self::Console => "console",
        }
    }
}

/// A press of a button or menu option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePress {
    /// The requested action.
    pub verb: Verb,
    /// Its cases.
    pub cases: Vec<CaseId>,
    /// The digest, if the button is in another message.
    pub digest: Option<String>,
    /// The language of the message, if it differs from the bot's.
    pub locale: Option<Locale>,
}

impl CasePress {
    /// Parses the value of a button or menu option. Slack returns it as it was sent, possibly years
    /// ago.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split(' ');
        let verb = words.next()?;
        let words = || words.clone();
        let verb = Verb::ALL.into_iter().find(|one| one.as_str() == verb)?;
        // The digest's date is not parsed: it is for readers of the request log.
        let cases: Vec<_> = words().filter_map(read_id).collect();
        let digest = words().find(|word| is_ts(word)).map(str::to_owned);
        let locale = words().find_map(|word| word.parse().ok());
        (!cases.is_empty()).then_some(Self {
            verb,
            cases,
            digest,
            locale,
        })
    }
}

/// Slack's ID of a message: `1764000000.123456`.
fn is_ts(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once('.')
        .is_some_and(|(seconds, number)| digits(seconds) && digits(number))
}

/// A case as text: `111122223333#444455556666@1764000000000`.
pub(super) fn write_id(id: &CaseId) -> String {
    format!("{}@{}", id.key, id.opened.timestamp_millis())
}

/// Parses the text of a case.
pub fn read_id(text: &str) -> Option<CaseId> {
    let (key, opened) = text.split_once('@')?;
    Some(CaseId {
        key: key.parse().ok()?,
        opened: DateTime::from_timestamp_millis(opened.parse().ok()?)?,
    })
}

/// A case in a section of its own, with its menu.
pub(super) fn section(text: String, case: &CaseText, words: Words) -> SlackBlock {
    let option = |label: &str, verb: Verb| {
        let value = format!("{} {}", verb.as_str(), write_id(&case.id));
        SlackBlockChoiceItem::new(label.into(), value)
    };
    let owner = if case.taken {
        option(words.give_back(), Verb::GiveBack)
    } else {
        option(words.take(), Verb::Take)
    };
    let mut options = vec![
        option(words.case_history(), Verb::History),
        option(words.how_to_return(), Verb::Return),
        owner,
        option(words.expect(), Verb::Expect),
    ];
    options.extend(case.console.as_deref().and_then(|url| {
        let option = option(words.open_console(), Verb::Console);
        Some(option.with_url(url.parse().ok()?))
    }));
    let menu = SlackBlockOverflowElement::new(options).with_action_id(MENU.into());
    with_id(
        layout::section(text),
        format!("{ONE}{}", write_id(&case.id)),
        Some(menu),
    )
}

/// The cases that a digest names, in order.
pub fn named(blocks: &[Value]) -> Vec<CaseId> {
    let ids = blocks.iter().filter_map(|block| {
        let id = block.get("block_id")?.as_str()?;
        id.strip_prefix(ONE).or_else(|| id.strip_prefix(SEVERAL))
    });
    ids.flat_map(|ids| ids.split(','))
        .filter_map(read_id)
        .collect()
}

/// Several cases in one section.
pub fn together(text: String, cases: &[CaseId]) -> SlackBlock {
    let ids: Vec<_> = cases.iter().map(write_id).collect();
    with_id(
        layout::section(text),
        format!("{SEVERAL}{}", ids.join(",")),
        None,
    )
}

pub(super) fn with_id(
    block: SlackBlock,
    id: String,
    menu: Option<SlackBlockOverflowElement>,
) -> SlackBlock {
    match block {
        SlackBlock::Section(block) => SlackSectionBlock {
            block_id: Some(id.into()),
            accessory: menu.map(Into::into),
            // Stops Slack from folding it behind "see more".
            expand: Some(true),
            ..block
        }
        .into(),
        other => other,
    }
}

/// The buttons below cases; none without a case. `date` is the date of the digest. If `all` cases
/// are more than these, a button lists them.
pub fn buttons(cases: &[CaseId], date: NaiveDate, all: usize, words: Words) -> Option<SlackBlock> {
    buttons_of(cases, &date.to_string(), all, words)
}

/// The same below an answer, which can be in another language than the bot's.
pub fn answer_buttons(
    cases: &[CaseId],
    date: NaiveDate,
    all: usize,
    locale: Locale,
) -> Option<SlackBlock> {
    buttons_of(cases, &format!("{date} {locale}"), all, locale.words())
}

fn buttons_of(cases: &[CaseId], origin: &str, all: usize, words: Words) -> Option<SlackBlock> {
    let ids: Vec<_> = cases.iter().map(write_id).collect();
    if ids.is_empty() {
        return None;
    }
    let button = |label: &str, action: &str, verb: Verb| {
        let value = format!("{} {origin} {}", verb.as_str(), ids.join(" "));
        SlackBlockButtonElement::new(label.into())
            .with_action_id(action.into())
            .with_value(value)
    };
    let take =
        button(words.take_all(), TAKE, Verb::Take).with_style(SlackBlockButtonStyle::Primary);
    let back = button(words.how_to_return_all(ids.len()), RETURN, Verb::Return);
    let mut buttons = vec![take.into(), back.into()];
    if all > cases.len() {
        buttons.push(list_kind::button(ListKind::All, &words.show_all(all)).into());
    }
    Some(SlackActionsBlock::new(buttons).into())
}

/// A button that gives back a case of a digest.
pub fn give_back(case: &Case, digest: &str, words: Words) -> SlackBlock {
    let id = write_id(&case.into());
    let value = format!("{} {digest} {id}", Verb::GiveBack.as_str());
    let button = SlackBlockButtonElement::new(words.give_back().into())
        .with_action_id(GIVE_BACK.into())
        .with_value(value);
    SlackActionsBlock::new(vec![button.into()]).into()
}

/// The first lines that fit into this many characters; *Show all* has the rest.
pub fn short(lines: &[Line], most: usize) -> String {
    let mut texts = lines.iter().map(mrkdwn::line);
    let mut text = cut(&texts.next().unwrap_or_default(), most);
    for line in texts {
        if chars(&text) + 1 + chars(&line) > most {
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    text
}

/// The most characters that menus and buttons add to a message, as Slack counts them.
pub(super) fn room_for(digest: &DigestText) -> usize {
    const MENU_CHARS: usize = 250;
    let buttons = 2 * digest.named.len().min(1) * MENU_CHARS;
    let questions = digest.questions.len() * 4 * MENU_CHARS;
    // A menu and two buttons.
    let failing = 3 * usize::from(digest.failing.is_some());
    let menus = digest.cases.len() + digest.open.len() + failing;
    (menus + digest.known.len().min(1)) * MENU_CHARS + buttons + questions
}

/// The steps for a person, with text to copy. A line separates groups.
pub fn steps(groups: &[Vec<Step>], notes: &[Line]) -> Content {
    let mut blocks = Vec::new();
    let mut title = String::new();
    for (index, steps) in groups.iter().enumerate() {
        if index > 0 {
            blocks.push(layout::divider());
        }
        for step in steps {
            let text = mrkdwn::line(&step.text);
            if title.is_empty() {
                title.clone_from(&text);
            }
            let command = step.command.as_deref().map(code);
            let text = command.map_or_else(|| text.clone(), |code| format!("{text}\n{code}"));
            blocks.push(layout::section(cut(&text, layout::SECTION_CHARS)));
        }
    }
    blocks.extend(layout::contexts(notes));
    Content {
        text: title,
        blocks,
    }
}

/// Text to copy, in a block that keeps its lines.
fn code(command: &str) -> String {
    let marks = chars("```\n\n```");
    let command = mrkdwn::escape_fixed_lines(command);
    format!("```\n{}\n```", cut(&command, layout::SECTION_CHARS - marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_back_and_fits_into_an_option() {
        let longest = "organization#444455556666@1764000000123";
        for id in [longest, "111122223333#444455556666@0"] {
            for verb in Verb::ALL {
                let value = format!("{} {id}", verb.as_str());
                assert!(value.len() <= 150, "{value}");
                let press = CasePress::parse(&value).unwrap();
                assert_eq!(press.verb, verb);
                let [case] = &press.cases[..] else {
                    panic!("{press:?}");
                };
                assert_eq!(write_id(case), id);
            }
        }
        let other = format!("give_back 1764000000.000100 {longest}");
        let digest = CasePress::parse(&other).unwrap().digest;
        assert_eq!(digest.as_deref(), Some("1764000000.000100"));
        let of_a_digest = format!("take 2026-05-01 {longest} {longest}");
        let of_a_digest = CasePress::parse(&of_a_digest).unwrap();
        assert_eq!((of_a_digest.cases.len(), of_a_digest.digest), (2, None));
        let of_an_answer = CasePress::parse(&format!("take 2026-05-01 ja {longest}")).unwrap();
        assert_eq!(of_an_answer.locale, Some(Locale::Ja));
        for value in [
            "",
            "take",
            "take 2026-05-01",
            "steal 111122223333#444455556666@0",
            "take 111122223333#444455556666",
            "take 111122223333#444455556666@x",
            "take 111122223333#444455556666@9999999999999999999",
        ] {
            assert_eq!(CasePress::parse(value), None, "{value}");
        }
    }
}
