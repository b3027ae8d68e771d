//! Reads the values of one table `[[channel]]`, and collects the problems.

use std::fmt;

use super::file::{CHANNEL, FileTable, TableItem};
use super::invalid::{SWAPPED, is_secret};
use super::list::SLACK_CHANNEL;
use super::origin::FilePlace;
use super::reader::SettingsReader;

/// Reads the values of one table, and notes the problems.
pub(super) struct TableReader<'r, 'a> {
    pub(super) reader: &'r mut SettingsReader<'a>,
    pub(super) table: &'r FileTable,
    pub(super) is_valid: bool,
}

impl TableReader<'_, '_> {
    pub(super) fn one<T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.all::<Vec<T>, T, E>(key, parse).pop()
    }

    /// Every item of a list; none if the key is not set.
    pub(super) fn all<C: FromIterator<T>, T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> C {
        let value = self.table.value(key);
        let items = value.map_or(&[][..], |value| &value.items);
        let read = items.iter().filter_map(|item| self.item(item, &parse));
        read.collect()
    }

    /// Every item of a list, which can be empty; `None` if the key is not set.
    pub(super) fn choice<C: FromIterator<T>, T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<C> {
        let is_set = self.table.value(key).is_some();
        is_set.then(|| self.all(key, parse))
    }

    fn item<T, E: fmt::Display>(
        &mut self,
        item: &TableItem,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if is_secret(&item.text) {
            self.wrong(&item.place, SWAPPED);
            return None;
        }
        let parsed = parse(item.text.trim()).map_err(|problem| self.wrong(&item.place, problem));
        parsed.ok()
    }

    pub(super) fn wrong(&mut self, place: &FilePlace, problem: impl fmt::Display) {
        self.is_valid = false;
        self.reader.wrong_at(place, &SLACK_CHANNEL, problem);
    }

    pub(super) fn lacks(&mut self, key: &str, because: &str) {
        let known = CHANNEL.keys.iter().find(|known| known.name == key);
        let place = FilePlace {
            example: known.map_or("", |known| known.example).to_owned(),
            ..self.table.place.clone()
        };
        self.wrong(&place, format!("{key} is missing: {because}"));
    }

    /// Notes a problem if the key is set.
    pub(super) fn refuse(&mut self, key: &str, problem: impl fmt::Display) {
        if let Some(value) = self.table.value(key) {
            self.wrong(&value.place, problem);
        }
    }
}
