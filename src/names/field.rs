//! The fields of a line in a names file: account ID, name and OU, and how spreadsheets change
//! them.

use super::fault::NamesFault;
use super::heading::NamesColumns;
use crate::domain::directory::Who;
use crate::domain::member::AccountId;
use crate::domain::naming::{account_id, folded, tidy};

/// The limit for a name or OU. AWS's limit for names is 50 characters.
const LONGEST: usize = 200;

/// The account of a line, with its name.
pub(super) fn account(
    (columns, too_many): (NamesColumns, NamesFault),
    fields: &[String],
) -> Result<(AccountId, Who), NamesFault> {
    let field = |column: usize| fields.get(column).filter(|field| !field.is_empty());
    if fields
        .iter()
        .skip(columns.count)
        .any(|field| !field.is_empty())
    {
        return Err(too_many);
    }
    let account = id(field(columns.id).ok_or(NamesFault::NoId)?)?;
    let name = word(field(columns.name).ok_or(NamesFault::NoName)?)?;
    let unit = columns.unit.and_then(field);
    let unit = unit.map(|unit| word(unit)).transpose()?;
    let name = Some(name);
    Ok((account, Who { name, unit }))
}

fn id(field: &str) -> Result<AccountId, NamesFault> {
    if let Some(account) = account_id(field) {
        return Ok(account);
    }
    let digits = folded(field).replace(['-', ' '], "");
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_rounded = || {
        let mut letters = digits.chars();
        letters.all(|letter| letter.is_ascii_digit() || ".,e+".contains(letter))
            && digits.contains('e')
    };
    Err(if is_digits && digits.len() < 12 {
        NamesFault::ShortId
    } else if is_rounded() {
        NamesFault::RoundedId
    } else {
        NamesFault::BadId
    })
}

/// A valid name or OU.
fn word(field: &str) -> Result<String, NamesFault> {
    if field.chars().any(char::is_control) {
        return Err(NamesFault::ControlCharacter);
    }
    if field.starts_with('=') {
        return Err(NamesFault::Formula);
    }
    if has_address(field) {
        return Err(NamesFault::Address);
    }
    if field.chars().count() > LONGEST {
        return Err(NamesFault::TooLong);
    }
    Ok(field.to_owned())
}

/// Reports whether the text contains an at sign of any width.
pub(super) fn has_address(text: &str) -> bool {
    let words = text.split(|letter: char| letter.is_whitespace() || "<>()[]\"',;".contains(letter));
    let is_at = |letter| matches!(letter, '@' | '＠' | '﹫');
    let is_address = |word: &str| {
        let around = word.split_once(is_at);
        around.is_some_and(|(before, after)| !before.is_empty() && !after.is_empty())
    };
    words.into_iter().any(is_address)
}

/// Removes what spreadsheets add to text that looks like a number: `="012345678901"` and
/// `'012345678901`.
pub(super) fn plain(field: &str) -> String {
    let field = field.trim();
    let formula = field.strip_prefix("=\"");
    let formula = formula.and_then(|field| field.strip_suffix('"'));
    let field = formula.unwrap_or(field);
    let marked = field.strip_prefix('\'');
    let is_marked = |rest: &&str| {
        let marks = |letter: char| letter.is_ascii_digit() || "=+-@".contains(letter);
        rest.starts_with(marks)
    };
    tidy(marked.filter(is_marked).unwrap_or(field))
}

/// Reports whether a field is an account ID, or one that a spreadsheet has changed.
pub(super) fn is_number(field: &str) -> bool {
    let has_digits = field.bytes().any(|byte| byte.is_ascii_digit());
    has_digits
        && matches!(
            id(field),
            Ok(_) | Err(NamesFault::ShortId | NamesFault::RoundedId)
        )
}
