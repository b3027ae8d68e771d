//! A language and a time zone, and the texts that depend on both.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::document::{Document, Line, List, is_invisible};
use super::{Locale, Words};
use crate::domain::emails::{EmailAddress, EmailView};
use crate::domain::member::MemberStatus;

/// The language and the time zone of a text, and whether it shows email addresses.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    /// The language.
    pub locale: Locale,
    /// The time zone of every date and time.
    pub zone: Tz,
    /// Whether the reader may see email addresses.
    pub emails: EmailView,
}

impl Voice {
    /// For readers who see no email addresses.
    pub fn new(locale: Locale, zone: Tz) -> Self {
        Self {
            locale,
            zone,
            emails: EmailView::Hidden,
        }
    }

    /// The same for readers who see email addresses, or not.
    #[must_use]
    pub fn showing(self, emails: EmailView) -> Self {
        Self { emails, ..self }
    }

    /// An email address, if the reader may see it.
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

    /// A status. An unknown one is AWS's free text, so it is cut.
    pub fn status(&self, status: &MemberStatus) -> String {
        const LONGEST: usize = 60;
        let name = self.words().status(status);
        // Slack rejects an option without text, and an invisible one is useless.
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

    /// A date with its time, as the language writes them. A message names the time zone
    /// once, see `with_zone`.
    pub fn moment(&self, time: DateTime<Utc>) -> String {
        self.words().moment(self.local(time))
    }

    /// The name of the time zone: for Japanese readers Japan's is JST.
    pub fn zone_name(&self) -> &'static str {
        match (self.locale, self.zone) {
            (Locale::Ja, Tz::Asia__Tokyo | Tz::Japan) => "JST",
            (_, zone) => zone.name(),
        }
    }

    /// The document with a note on the time zone, if it has times and doesn't name the
    /// zone next to one of them.
    pub(super) fn with_zone(&self, mut document: Document) -> Document {
        let zone = self.zone_name();
        let named = format!("({zone}");
        let names_zone = |line: &Line| line.plain().contains(&named);
        let around = || document.lead.iter().chain(&document.notes);
        let listed = |list: &List| {
            let mut lines = std::iter::once(&list.heading).chain(&list.items);
            lines.any(has_time)
        };
        let has_times = || around().any(has_time) || document.all_lists().any(listed);
        if !around().any(names_zone) && has_times() {
            let note = self.words().times_in(zone);
            document.notes.push(Line::text(note));
        }
        document
    }
}

/// Reports whether a line has a time such as 09:00.
fn has_time(line: &Line) -> bool {
    let is_time = |part: &[u8]| match part {
        [a, b, b':', c, d] => [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()),
        _ => false,
    };
    line.plain().as_bytes().windows(5).any(is_time)
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate, NaiveTime};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::query::{Query, understand};

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
            let zone = Tz::Asia__Tokyo;
            for voice in [Locale::En, Locale::Ja].map(|locale| Voice::new(locale, zone)) {
                let words = voice.words();
                let read = |text: &str| understand(text, today, zone).map(|read| read.query);
                for (text, first, last) in [
                    (words.date(last), last, last),
                    (words.moment(last.and_time(time)), last, last),
                    (words.moment(first.and_time(time)), first, first),
                    (words.window(Some(last.and_time(time)), last.and_time(later)), last, last),
                    (words.window(Some(first.and_time(time)), last.and_time(later)), first, last),
                    (words.compared(&words.moment(first.and_time(time)), &words.moment(last.and_time(time)), voice.zone_name()), first, last),
                ] {
                    prop_assert_eq!(read(&text), Ok(Query::period(first, last)), "{} on {}", text, today);
                }
                if first < last {
                    let text = words.period(first, last);
                    prop_assert_eq!(read(&text), Ok(Query::period(first, last)), "{} on {}", text, today);
                }
            }
        }
    }

    #[test]
    fn a_document_with_times_names_the_zone_once() {
        let noted = |locale, lead: &str| {
            let document = Document {
                lead: vec![Line::text(lead)],
                ..Document::default()
            };
            let document = Voice::new(locale, Tz::Asia__Tokyo).with_zone(document);
            let notes: Vec<_> = document.notes.iter().map(Line::plain).collect();
            notes.join("\n")
        };
        for (locale, lead, note) in [
            (Locale::En, "seen Mon 23 Nov 09:00", "Times in Asia/Tokyo"),
            (Locale::Ja, "11月23日(月) 09:00 検知", "時刻: JST"),
            (Locale::En, "Since Mon 23 Nov 09:00 (Asia/Tokyo)", ""),
            (Locale::Ja, "11月20日(金) 09:00 以降(JST、3日間)", ""),
            (Locale::En, "No data for Mon 23 Nov 2026.", ""),
        ] {
            assert_eq!(noted(locale, lead), note, "{lead}");
        }
    }

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(1950, 1, 1).unwrap()
    }
}
