//! The rest of a digest, apart from the heading and the cases: other verdicts, and the changes of other
//! accounts.

use std::collections::BTreeSet;

use super::{Event, NAMED, NAMES};
use crate::domain::cases::Case;
use crate::domain::digest::Digest;
use crate::domain::member::AccountId;
use crate::domain::report::ChangeGroup;
use crate::text::document::Line;
use crate::text::voice::Voice;

impl Voice {
    /// Verdicts on accounts that neither the heading nor a case names.
    pub(super) fn other_verdicts(&self, groups: &[Event<'_>], open: &[Case]) -> Vec<Line> {
        let is_named = |case: &&Case| open.iter().take(NAMED).any(|named| named.key == case.key);
        let unnamed = groups.iter().skip(1);
        let unnamed = unnamed.filter(|(_, cases)| !cases.iter().all(is_named));
        let line = |(event, cases): &Event<'_>| {
            let verdict = self.verdict(event, cases);
            let mark = cases.first().map_or("", |case| self.mark(case));
            Line::text(format!("{mark} {verdict}"))
        };
        unnamed.map(line).collect()
    }

    /// The changes that belong to no new open case, a line for each kind.
    pub(super) fn other_changes(&self, digest: &Digest) -> Vec<Line> {
        let news = self.news(digest).into_iter().map(|case| case.key.account);
        let renamed = digest.cases.list.renamed.iter();
        let renamed = renamed.flat_map(|renamed| &renamed.accounts);
        let news: BTreeSet<_> = news.chain(renamed.copied()).collect();
        let groups = digest.report.changes.iter();
        groups
            .filter_map(|group| self.other_change(group, &news))
            .collect()
    }

    fn other_change(&self, group: &ChangeGroup, news: &BTreeSet<AccountId>) -> Option<Line> {
        let is_reported = |account: AccountId| news.contains(&account) && group.kind.is_departure();
        let entries = group
            .entries
            .iter()
            .filter(|entry| !is_reported(entry.account));
        let mut accounts: Vec<_> = entries.map(|entry| (entry.account, &entry.who)).collect();
        accounts.dedup_by_key(|(account, _)| *account);
        if accounts.is_empty() {
            return None;
        }
        let words = self.words();
        let names = accounts.iter().take(NAMES);
        let names = names.map(|(account, who)| who.called(*account));
        let names = words.names(&names.collect::<Vec<_>>(), accounts.len());
        Some(Line::strong(words.kind(group.kind, accounts.len())).and(format!(" · {names}")))
    }
}
