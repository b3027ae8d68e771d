//! A digest as messages: the first is a summary, and its thread has every change and every account.
//! An alert is one message.

use serde::Serialize;
use slack_morphism::prelude::{SlackBlock, SlackSectionBlock};

use super::layout::{
    MESSAGE_BLOCKS, MESSAGE_CHARS, chars, contexts, header, list, messages, section, sections,
};
use super::list_kind::{self, ListKind};
use super::renamed::Question;
use super::table::TablePage;
use super::{Content, cases, layout, mrkdwn, regions, table};
use crate::text::Words;
use crate::text::digest::{CaseText, DigestText, QuestionText};
use crate::text::document::{Document, Line};
use crate::text::regions::FailingText;
use crate::text::table::ThreadPart;

/// The most characters of a notification: screens cut off more.
const NOTIFICATION_CHARS: usize = 300;

/// A message, also without its table for workspaces that reject tables.
#[derive(Debug, Clone, Serialize)]
pub struct DigestMessage {
    /// The message.
    #[serde(flatten)]
    pub content: Content,
    /// The blocks instead of those with a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sections: Option<Vec<SlackBlock>>,
}

impl From<Content> for DigestMessage {
    fn from(content: Content) -> Self {
        Self {
            content,
            sections: None,
        }
    }
}

/// A digest: the first message for the channel, the others for its thread.
pub fn render(digest: &DigestText, words: Words) -> Vec<DigestMessage> {
    let (blocks, rest) = first_message(digest, words);
    let text = layout::cut(&mrkdwn::escape(&digest.notification), NOTIFICATION_CHARS);
    let mut rendered = vec![Content { text, blocks }.into()];
    let pages = pages(digest, rest);
    let count = pages.len();
    rendered.extend(pages.into_iter().enumerate().map(|(index, page)| {
        let title = words.full_list(index + 1, count);
        page.message(&title)
    }));
    rendered
}

/// A message of the thread, before it has a number.
enum ThreadPage {
    Texts(Vec<String>),
    Table(TablePage),
}

impl ThreadPage {
    fn message(self, title: &str) -> DigestMessage {
        let titled = |title: &str, blocks: Vec<SlackBlock>| {
            let title = contexts(&[Line::text(title)]);
            title.into_iter().chain(blocks).collect::<Vec<_>>()
        };
        let sections = |texts: Vec<String>| texts.into_iter().map(expanded).collect();
        match self {
            Self::Texts(texts) => Content {
                text: title.to_owned(),
                blocks: titled(title, sections(texts)),
            }
            .into(),
            Self::Table(page) => {
                let title = format!("{title} · {}", page.caption);
                DigestMessage {
                    sections: Some(titled(&title, sections(layout::texts(page.lines)))),
                    content: Content {
                        blocks: titled(&title, vec![page.block.into()]),
                        text: title,
                    },
                }
            }
        }
    }
}

/// The messages of the thread. Text that doesn't fit in the first message comes first.
fn pages(digest: &DigestText, rest: Vec<String>) -> Vec<ThreadPage> {
    // The page number needs one block and its text.
    const ROOM: usize = MESSAGE_CHARS - 200;
    let of_texts = |texts: Vec<String>| {
        let pages = messages(texts, MESSAGE_BLOCKS - 1, ROOM).into_iter();
        pages.map(ThreadPage::Texts)
    };
    let (mut pages, mut texts) = (Vec::new(), rest);
    for part in &digest.thread {
        let tables = match part {
            ThreadPart::Table(table) => table::pages(table, ROOM),
            ThreadPart::List(_) => None,
        };
        match tables {
            Some(tables) => {
                pages.extend(of_texts(std::mem::take(&mut texts)));
                pages.extend(tables.into_iter().map(ThreadPage::Table));
            }
            None => texts.extend(part.lists().iter().flat_map(list)),
        }
    }
    pages.extend(of_texts(texts));
    pages
}

/// A part of the first message.
#[derive(Clone, Copy)]
enum Part<'a> {
    Text,
    /// The failing Regions, with their menu and buttons.
    Failing(&'a FailingText),
    /// One case, with its menu.
    Case(&'a CaseText),
    /// All open cases that it names.
    Open,
    /// A question, with its buttons.
    Question(&'a QuestionText),
}

/// The blocks of the first message, and the texts that don't fit in it.
fn first_message(digest: &DigestText, words: Words) -> (Vec<SlackBlock>, Vec<String>) {
    let head: Vec<_> = digest.heading.iter().map(|text| header(text)).collect();
    let small = contexts(&digest.small);
    let notes = contexts(&digest.notes);
    let week = week(digest, words);
    let buttons = cases::buttons(&digest.named, digest.date, digest.all, words);
    let around = digest.small.iter().chain(&digest.notes);
    let owners = digest.failing.iter().flat_map(|failing| &failing.owners);
    let around = around
        .chain(&digest.week)
        .chain(&digest.known)
        .chain(digest.cases.iter().flat_map(|case| &case.details))
        .chain(owners);
    let around: usize = around.map(|line| chars(&mrkdwn::line(line))).sum();
    let around = around + digest.heading.as_deref().map_or(0, chars) + cases::room_for(digest);
    let parts = parts(digest);
    // A question has another block for its buttons. Failing Regions have one for their owners too.
    let details = digest
        .cases
        .iter()
        .map(|case| contexts(&case.details).len());
    let details: usize = details.sum();
    let taken = head.len()
        + small.len()
        + notes.len()
        + week.len()
        + usize::from(buttons.is_some())
        + digest.questions.len()
        + details
        + 2 * usize::from(digest.failing.is_some());
    let texts = parts.iter().map(|(text, _)| text.clone()).collect();
    let blocks = MESSAGE_BLOCKS.saturating_sub(taken);
    let room = MESSAGE_CHARS.saturating_sub(around);
    let mut pages = messages(texts, blocks, room).into_iter();
    let count = pages.next().map_or(0, |page| page.len());
    let shown = parts.into_iter().take(count);
    let shown = shown.flat_map(|(text, part)| match part {
        Part::Text => vec![expanded(text)],
        Part::Failing(failing) => regions::blocks(expanded(text), failing, words),
        Part::Case(case) => {
            let details = contexts(&case.details);
            let section = cases::section(text, case, words);
            std::iter::once(section).chain(details).collect()
        }
        Part::Open => vec![cases::together(text, &digest.named)],
        Part::Question(question) => question_of(question).blocks(words),
    });
    let blocks = head.into_iter().chain(small).chain(shown);
    let blocks = blocks.chain(buttons).chain(week).chain(notes);
    (blocks.collect(), pages.flatten().collect())
}

fn parts(digest: &DigestText) -> Vec<(String, Part<'_>)> {
    let texts = |lines: &[Line]| layout::texts(lines.iter().map(mrkdwn::line));
    let plain = |text| (text, Part::Text);
    let mut parts: Vec<_> = texts(&digest.lead).into_iter().map(plain).collect();
    if let (Some((_, part)), Some(failing)) = (parts.first_mut(), &digest.failing) {
        *part = Part::Failing(failing);
    }
    for case in &digest.cases {
        let mut texts = texts(&case.lines).into_iter();
        parts.extend(texts.next().map(|text| (text, Part::Case(case))));
        parts.extend(texts.map(plain));
    }
    let open = texts(&digest.open);
    let part = match open.len() {
        1 => Part::Open,
        // Text in more than one block can't be updated.
        _ => Part::Text,
    };
    parts.extend(open.into_iter().map(|text| (text, part)));
    let questions = digest.questions.iter();
    parts.extend(questions.map(|one| (layout::joined(&one.lines), Part::Question(one))));
    parts.extend(texts(&digest.others).into_iter().map(plain));
    parts
}

/// The week before, and the known gaps with their button.
fn week(digest: &DigestText, words: Words) -> Vec<SlackBlock> {
    let week = (!digest.week.is_empty()).then(|| section(layout::joined(&digest.week)));
    let known = (!digest.known.is_empty())
        .then(|| list_kind::opener(&digest.known, ListKind::Known, words.go_through()));
    week.into_iter().chain(known).map(unfolded).collect()
}

fn question_of(question: &QuestionText) -> Question<'_> {
    Question {
        status: &question.status,
        lines: &question.lines,
        accounts: Some(question.accounts),
    }
}

/// Text that Slack doesn't fold behind "see more".
fn expanded(text: String) -> SlackBlock {
    unfolded(section(text))
}

fn unfolded(block: SlackBlock) -> SlackBlock {
    match block {
        SlackBlock::Section(block) => SlackSectionBlock {
            expand: Some(true),
            ..block
        }
        .into(),
        other => other,
    }
}

/// A polling alert.
pub fn notice(document: &Document) -> Content {
    let mut blocks = vec![header(&document.title)];
    blocks.extend(sections(&document.lead));
    blocks.extend(contexts(&document.notes));
    Content {
        text: summary(document),
        blocks,
    }
}

/// The notification text of a document.
pub fn summary(document: &Document) -> String {
    let first = document.lead.first().map(Line::plain).unwrap_or_default();
    layout::cut(
        &mrkdwn::escape(&format!("{} — {first}", document.title)),
        1_000,
    )
}
