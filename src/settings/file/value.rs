//! A value of the file as the text that a variable would have.

use toml::Spanned;
use toml::de::{DeArray, DeValue};

use crate::settings::list::TomlForm;

/// A value that a setting cannot have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ValueFault {
    /// The place, in bytes from the start of the file.
    pub(super) at: usize,
    pub(super) problem: String,
}

/// The text of a value.
///
/// # Errors
///
/// A value of another type, or without content. An empty variable counts as not set; in a file,
/// `allowed_users = []` could mean no one as well as everyone.
pub(super) fn text(form: TomlForm, value: &Spanned<DeValue<'_>>) -> Result<String, ValueFault> {
    let fault = |problem: String| {
        let at = value.span().start;
        Err(ValueFault { at, problem })
    };
    match (value.get_ref(), form) {
        (DeValue::String(text), _) if text.trim().is_empty() => fault(empty("the value")),
        (DeValue::String(text), _) => Ok(text.to_string()),
        (DeValue::Integer(number), TomlForm::Number) => Ok(number.to_string()),
        (DeValue::Array(items), TomlForm::List(_)) if items.is_empty() => fault(empty("the array")),
        (DeValue::Array(items), TomlForm::List(separators)) => list(items, separators),
        (other, form) => fault(format!(
            "must be {}, not {}",
            expected(form),
            kind_of(other)
        )),
    }
}

fn empty(subject: &str) -> String {
    format!("{subject} is empty: fill it in, or remove the key")
}

/// The items as one text.
fn list(items: &DeArray<'_>, separators: &[char]) -> Result<String, ValueFault> {
    let mut texts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let fault = |problem: &str| ValueFault {
            at: item.span().start,
            problem: format!("item {}: {problem}", index + 1),
        };
        let DeValue::String(text) = item.get_ref() else {
            let problem = format!("must be a string, not {}", kind_of(item.get_ref()));
            return Err(fault(&problem));
        };
        if text.trim().is_empty() {
            return Err(fault("is empty"));
        }
        if text.contains(separators) {
            return Err(fault("must be one entry: write each one as a string"));
        }
        texts.push(text.trim());
    }
    let separator: String = separators.iter().take(1).collect();
    Ok(texts.join(&separator))
}

fn expected(form: TomlForm) -> &'static str {
    match form {
        TomlForm::Text | TomlForm::Absent => "a string",
        TomlForm::Number => "a whole number",
        TomlForm::List(_) => "an array of strings",
    }
}

/// The name of a value's type.
pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
