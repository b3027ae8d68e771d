//! A digest that is drawn again: with the owners of its cases and failing Regions, and the answers
//! to its questions, as they are now.

use serde_json::Value;

use super::{cases, layout, regions, renamed};
use crate::domain::cases::CaseList;
use crate::domain::directory::Directory;
use crate::domain::hub::HubId;
use crate::text::voice::Voice;
use crate::watch::CaseId;

/// The data for updating a digest.
#[derive(Clone, Copy)]
pub struct Redrawing<'a> {
    /// The current cases that the channel takes.
    pub list: &'a CaseList,
    /// All current cases.
    pub all: &'a CaseList,
    /// All monitored hubs.
    pub watched: &'a [HubId],
    /// Names the accounts whose case has ended.
    pub directory: &'a Directory,
    /// The language.
    pub voice: Voice,
}

impl Redrawing<'_> {
    /// The blocks of a digest with the current owners. Everything else stays unchanged.
    pub fn blocks(self, blocks: &[Value]) -> Vec<Value> {
        blocks.iter().flat_map(|block| self.drawn(block)).collect()
    }

    fn drawn(self, block: &Value) -> Vec<Value> {
        let failing = regions::redraw(self.list, self.watched, self.voice, block);
        failing.unwrap_or_else(|| vec![self.block(block).unwrap_or_else(|| block.clone())])
    }

    /// `None` for a block that stays unchanged.
    fn block(self, block: &Value) -> Option<Value> {
        let id = block.get("block_id")?.as_str()?;
        if let Some(drawn) = renamed::redraw(self.list, self.watched, self.voice, id) {
            return Some(drawn);
        }
        let drawn = if let Some(id) = id.strip_prefix(cases::ONE) {
            let id = cases::read_id(id)?;
            let case = id.find(self.list)?;
            let case = self.voice.case(case, self.watched);
            cases::section(layout::joined(&case.lines), &case, self.voice.words())
        } else {
            let ids = id
                .strip_prefix(cases::SEVERAL)?
                .split(',')
                .map(cases::read_id);
            let ids: Vec<_> = ids.collect::<Option<_>>()?;
            // A case that the channel no longer takes has not ended.
            let is_elsewhere =
                |id: &CaseId| id.find(self.list).is_none() && id.find(self.all).is_some();
            if ids.iter().any(is_elsewhere) {
                return None;
            }
            let (cases, ended): (Vec<_>, Vec<_>) =
                ids.iter().partition(|id| id.find(self.list).is_some());
            let cases: Vec<_> = cases
                .iter()
                .filter_map(|id: &&CaseId| id.find(self.list))
                .collect();
            let mut lines = self.voice.open_cases(&cases, self.watched);
            lines.extend(ended.into_iter().map(|id| {
                let who = self.directory.who(id.key.account);
                self.voice.no_longer_open(&who.called(id.key.account))
            }));
            cases::together(layout::joined(&lines), &ids)
        };
        // Can't fail for strings and numbers.
        serde_json::to_value(drawn).ok()
    }
}
