//! The texts of Slack and of `show`: words in English and Japanese, and the documents
//! that consist of them.
//!
//! Pure, and independent of where it is shown: Slack and the terminal decorate
//! the same [`document::Document`]s. `words` has every message in each language.

mod account;
mod bulk;
mod case_choices;
mod case_commands;
pub mod cases;
mod checks;
pub mod comeback;
pub mod digest;
pub mod document;
mod fixing;
mod gaps;
pub mod guidance;
mod headline;
pub(crate) mod home;
pub mod hubs;
mod notice;
pub mod regions;
mod renamed;
mod report;
mod status;
pub mod table;
pub mod voice;
mod warnings;
mod words;

pub use words::{Locale, UnknownLocale, Words};
