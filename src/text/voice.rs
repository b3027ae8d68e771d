//! Who speaks: a language and a time zone, and what both decide.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::document::is_invisible;
use super::{Locale, Words};
use crate::domain::emails::{EmailAddress, EmailView};
use crate::domain::member::MemberStatus;

/// Who speaks: in which language, in which time zone.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    /// The language.
    pub locale: Locale,
    /// The time zone of everything that is said.
    pub zone: Tz,
    /// Whether the one who reads may see addresses.
    pub emails: EmailView,
}

impl Voice {
    /// For readers who see no addresses.
    pub fn new(locale: Locale, zone: Tz) -> Self {
        Self {
            locale,
            zone,
            emails: EmailView::Hidden,
        }
    }

    /// The same for readers who see addresses, or not.
    #[must_use]
    pub fn showing(self, emails: EmailView) -> Self {
        Self { emails, ..self }
    }

    /// An address, where the reader may see it.
    pub(super) fn email<'a>(&self, email: &'a Option<EmailAddress>) -> Option<&'a str> {
        email.as_ref()?.seen(self.emails)
    }

    /// The words of the language.
    pub fn words(&self) -> Words {
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

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate, NaiveTime};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::query::{Query, parse};

    proptest! {
        /// People copy what they read.
        #[test]
        fn every_date_that_is_printed_is_read_back(
            first in (0..80_000_u64).prop_map(|days| start() + Days::new(days)),
            (length, since) in (0..300_u64, 0..60_u64),
            (hour, minute) in (0..24_u32, 0..60_u32),
        ) {
            let last = first + Days::new(length);
            let today = last + Days::new(since);
            let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
            let later = NaiveTime::from_hms_opt(23, 59, 0).unwrap();
            for words in [Locale::En, Locale::Ja].map(Locale::words) {
                for (text, first, last) in [
                    (words.date(last), last, last),
                    (words.moment(last.and_time(time)), last, last),
                    (words.moment(first.and_time(time)), first, first),
                    (words.window(Some(last.and_time(time)), last.and_time(later)), last, last),
                    (words.window(Some(first.and_time(time)), last.and_time(later)), first, last),
                    (words.compared(&words.moment(first.and_time(time)), &words.moment(last.and_time(time))), first, last),
                ] {
                    let read = parse(&text, today);
                    prop_assert_eq!(read, Ok(Query::period(first, last)), "{} on {}", text, today);
                }
                if first < last {
                    let text = words.period(first, last);
                    let read = parse(&text, today);
                    prop_assert_eq!(read, Ok(Query::period(first, last)), "{} on {}", text, today);
                }
            }
        }
    }

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(1950, 1, 1).unwrap()
    }
}
