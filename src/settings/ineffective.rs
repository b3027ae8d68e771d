//! Keys of a table `[[channel]]` that can't have an effect next to its other keys. They are
//! refused, because the person who wrote them expects one.
//!
//! A key that asks for nothing, such as `loud = false`, has its effect.

use std::collections::BTreeSet;

use super::file::{FileTable, TableItem};
use super::origin::FilePlace;
use super::values;
use crate::domain::diff::ChangeKind;
use crate::domain::mention::{MentionTarget, Mentions};

/// The place and the problem of each. Values that can't be read are not reported here.
pub(super) fn ineffective(table: &FileTable) -> Vec<(FilePlace, String)> {
    let mut found = excluded(table, "alert");
    // A webhook's table can't have the others.
    if table.value("url").is_some() {
        return found;
    }
    let Some(mention) = table.value("mention") else {
        found.extend(without_mention(table));
        return found;
    };
    let mut targets = mention.items.iter();
    let is_loud = |item: &TableItem| {
        let target = item.text.parse();
        target.as_ref().is_ok_and(MentionTarget::is_loud)
    };
    if let Some(loud) = table.value("loud")
        && is_on(table, "loud")
        && !targets.any(is_loud)
    {
        let problem = "has an effect only with here or channel in mention: add one of them, or remove the key";
        found.push((loud.place.clone(), problem.to_owned()));
    }
    let excluded = excluded(table, "mention_kinds");
    if excluded.is_empty() && is_for_nothing(table) {
        let problem = "notifies no one, because no change of this channel is worth a mention: set mention_kinds or mention_failing = true, or remove the key";
        found.push((mention.place.clone(), problem.to_owned()));
    }
    found.extend(excluded);
    found
}

/// The keys about mentions in a table that mentions no one.
fn without_mention(table: &FileTable) -> impl Iterator<Item = (FilePlace, String)> {
    let has_kinds = |key| {
        table
            .value(key)
            .is_some_and(|kinds| !kinds.items.is_empty())
    };
    let keys = [
        ("mention_kinds", has_kinds("mention_kinds")),
        ("mention_failing", is_on(table, "mention_failing")),
        ("loud", is_on(table, "loud")),
    ];
    let keys = keys.into_iter().filter(|(_, asks)| *asks);
    let values = keys.filter_map(|(key, _)| table.value(key));
    values.map(|value| {
        let problem =
            "has no effect without mention: add mention = [\"S0123456789\"], or remove the key";
        (value.place.clone(), problem.to_owned())
    })
}

/// The kinds in a list that the condition `kinds` leaves out.
fn excluded(table: &FileTable, key: &str) -> Vec<(FilePlace, String)> {
    let (Some(value), Some(condition)) = (table.value(key), kinds(table, "kinds")) else {
        return Vec::new();
    };
    let items = value.items.iter();
    let is_excluded = |item: &&TableItem| {
        values::kind(item.text.trim()).is_ok_and(|kind| !condition.contains(&kind))
    };
    let problems = items.filter(is_excluded).map(|item| {
        let kind = item.text.trim();
        let problem = format!(
            "{kind} never happens in this channel: add it to kinds, or remove it from {key}"
        );
        (item.place.clone(), problem)
    });
    problems.collect()
}

/// Reports whether neither a change nor a failing Region leads to a mention.
fn is_for_nothing(table: &FileTable) -> bool {
    let worth = match table.value("mention_kinds") {
        Some(_) => kinds(table, "mention_kinds"),
        None => Some(Mentions::default().kinds),
    };
    let Some(worth) = worth else {
        return false;
    };
    let condition = match table.value("kinds") {
        Some(_) => kinds(table, "kinds"),
        None => Some(ChangeKind::ALL.into()),
    };
    let is_any = condition.is_none_or(|condition| !condition.is_disjoint(&worth));
    !is_any && !is_on(table, "mention_failing")
}

/// The kinds in a list; `None` if there is none or one can't be read.
fn kinds(table: &FileTable, key: &str) -> Option<BTreeSet<ChangeKind>> {
    let items = table.value(key)?.items.iter();
    items
        .map(|item| values::kind(item.text.trim()).ok())
        .collect()
}

fn is_on(table: &FileTable, key: &str) -> bool {
    let value = table.value(key);
    value.is_some_and(|value| value.text().trim() == "true")
}
