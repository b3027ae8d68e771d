//! The languages, and every word in them side by side: a missing one doesn't compile.

mod alert;
pub(super) mod answers;
mod audience;
mod case_actions;
mod case_commands;
mod cases;
mod fixing;
mod help;
mod home;
mod regions;
mod report;
mod state;
mod tables;

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate};

/// A language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Locale {
    /// The words of this language.
    pub fn words(self) -> Words {
        Words(self)
    }

    /// The language of the answer to `text`: Japanese if it has Japanese letters,
    /// else this one.
    #[must_use]
    pub fn answering(self, text: &str) -> Self {
        let is_japanese =
            |letter: char| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
        if text.chars().any(is_japanese) {
            Self::Ja
        } else {
            self
        }
    }
}

/// A language without words here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} must be en or ja")]
pub struct UnknownLocale(pub String);

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "ja" => Ok(Self::Ja),
            _ => Err(UnknownLocale(text.to_owned())),
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::En => "en",
            Self::Ja => "ja",
        })
    }
}

/// The words of a language.
///
/// Times are given in the configured time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(Locale);

impl Words {
    /// The text in this language.
    fn pick<T>(self, english: T, japanese: T) -> T {
        match self.0 {
            Locale::En => english,
            Locale::Ja => japanese,
        }
    }
}

/// `format!` in each language.
macro_rules! say {
    ($words:expr, $en:literal, $ja:literal) => {
        match $words.0 {
            $crate::text::words::Locale::En => format!($en),
            $crate::text::words::Locale::Ja => format!($ja),
        }
    };
}

/// Messages that are a text with arguments, and no more. Each is a method of
/// [`Words`]: `name: en "…", ja "…";` returns a `&'static str`, one with arguments a
/// `String`.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident $(($($arg:ident: $type:ty),*))?: en $en:literal, ja $ja:literal;)*) => {
        #[expect(
            missing_docs,
            reason = "the names say what is meant; the English words are the documentation"
        )]
        impl Words {
            $(messages!(@one $(#[$doc])* $name $(($($arg: $type),*))?: $en, $ja);)*
        }
    };
    (@one $(#[$doc:meta])* $name:ident: $en:literal, $ja:literal) => {
        $(#[$doc])*
        pub fn $name(self) -> &'static str {
            self.pick($en, $ja)
        }
    };
    (@one $(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*): $en:literal, $ja:literal) => {
        $(#[$doc])*
        pub fn $name(self, $($arg: $type),*) -> String {
            say!(self, $en, $ja)
        }
    };
}
use {messages, say};

fn plural(count: impl Into<u64>, one: &str, many: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

fn weekday(date: NaiveDate) -> &'static str {
    ["月", "火", "水", "木", "金", "土", "日"][date.weekday().num_days_from_monday() as usize]
}
