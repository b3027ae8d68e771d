//! Who speaks: a language and a time zone, and what both decide.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::document::is_invisible;
use super::{Locale, Words};
use crate::domain::member::MemberStatus;

/// Who speaks: in which language, in which time zone.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    /// The language.
    pub locale: Locale,
    /// The time zone of everything that is said.
    pub zone: Tz,
}

impl Voice {
    /// The words of the language.
    pub fn words(&self) -> &'static dyn Words {
        self.locale.words()
    }

    pub(super) fn local(&self, time: DateTime<Utc>) -> NaiveDateTime {
        time.with_timezone(&self.zone).naive_local()
    }

    /// A status. One that nobody knows is AWS's free text: it is kept short.
    pub fn status(&self, status: &MemberStatus) -> String {
        const LONGEST: usize = 60;
        let name = self.words().status(status);
        // Slack refuses a choice without a text, and people one that they cannot see.
        if name
            .chars()
            .all(|letter| is_invisible(letter) || letter.is_whitespace())
        {
            return self.words().nameless().to_owned();
        }
        if name.chars().count() <= LONGEST {
            return name;
        }
        name.chars().take(LONGEST).chain(['…']).collect()
    }

    /// A moment in the language's habit.
    pub fn moment(&self, time: DateTime<Utc>) -> String {
        self.words().moment(self.local(time))
    }
}
