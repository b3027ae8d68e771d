//! The faults of a names file and its lines.
//!
//! A fault names the line and never quotes it: the setting may point to the wrong file, with
//! secrets in it.

use std::fmt;

/// A fault of a file or a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NamesFault {
    /// The file is empty.
    #[error("the file is empty: it needs a heading like id,name,unit at least")]
    Empty,
    /// The bytes are not text.
    #[error("this is not UTF-8 text: save the file as \"CSV UTF-8\"")]
    NotText,
    /// Not a heading, and not an account.
    #[error("this must be a heading like id,name,unit, or an account ID and a name")]
    NoHeading,
    /// A heading with an ID only.
    #[error("the heading has no column for the name: call it \"name\" or \"account name\"")]
    HeadingWithoutName,
    /// A heading with a name only.
    #[error("the heading has no column for the account ID: call it \"id\" or \"account ID\"")]
    HeadingWithoutId,
    /// Two columns could be the ID.
    #[error("the heading has two columns for the account ID")]
    TwoIds,
    /// Two columns could be the name.
    #[error("the heading has two columns for the name")]
    TwoNames,
    /// Two columns could be the OU.
    #[error("the heading has two columns for the organizational unit")]
    TwoUnits,
    /// More columns than two, and no heading.
    #[error("a file with more than two columns needs a heading like id,name,unit")]
    NeedsHeading,
    /// More columns than the heading has.
    #[error("the line has more columns than the heading: quote a name that contains a comma")]
    TooManyColumns,
    /// The quotes are wrong.
    #[error("a quote is not closed, or text follows a closing quote")]
    Quote,
    /// The ID is missing.
    #[error("the account ID is missing")]
    NoId,
    /// A spreadsheet dropped leading zeros.
    #[error(
        "the account ID has fewer than 12 digits: a spreadsheet drops zeros at the start, so format the column as text"
    )]
    ShortId,
    /// A spreadsheet rounded it.
    #[error("a spreadsheet has rounded the account ID: format the column as text")]
    RoundedId,
    /// Not an account ID.
    #[error("the account ID does not have 12 digits")]
    BadId,
    /// There is no name.
    #[error("the name is missing")]
    NoName,
    /// An email address instead of a name.
    #[error("the name or unit contains an email address")]
    Address,
    /// A formula instead of a name.
    #[error("the name or unit is a formula")]
    Formula,
    /// A control character in a name.
    #[error("the name or unit contains a control character")]
    ControlCharacter,
    /// A name that is too long.
    #[error("the name or unit is longer than 200 characters")]
    TooLong,
    /// The account has another name already.
    #[error("an earlier line gives this account another name")]
    Repeated,
}

/// A line that is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamesProblem {
    /// The line number, from 1.
    pub line: usize,
    /// The fault.
    pub fault: NamesFault,
}

impl fmt::Display for NamesProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl std::error::Error for NamesProblem {}
