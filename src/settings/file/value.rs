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

/// An item of a list, or the only text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ValueItem {
    /// The place, in bytes from the start of the file.
    pub(super) at: usize,
    pub(super) text: String,
}

/// The text of a value.
///
/// # Errors
///
/// As of [`items`].
pub(super) fn text(form: TomlForm, value: &Spanned<DeValue<'_>>) -> Result<String, ValueFault> {
    let texts: Vec<_> = items(form, value)?
        .into_iter()
        .map(|item| item.text)
        .collect();
    let separators = match form {
        TomlForm::List(separators) => separators,
        TomlForm::Text | TomlForm::Number | TomlForm::Flag | TomlForm::Absent => &[],
    };
    let separator: String = separators.iter().take(1).collect();
    Ok(texts.join(&separator))
}

/// The items of a list; any other value is one.
///
/// # Errors
///
/// A value of another type, or without content. An empty variable counts as not set; in a file,
/// `allowed_users = []` could mean no one as well as everyone.
pub(super) fn items(
    form: TomlForm,
    value: &Spanned<DeValue<'_>>,
) -> Result<Vec<ValueItem>, ValueFault> {
    let at = value.span().start;
    let fault = |problem: String| Err(ValueFault { at, problem });
    let one = |text: String| Ok(vec![ValueItem { at, text }]);
    match (value.get_ref(), form) {
        (DeValue::String(text), _) if text.trim().is_empty() => fault(empty("the value")),
        (DeValue::String(text), TomlForm::List([])) if text.contains(',') => {
            fault("must be an array: write each entry as a string".to_owned())
        }
        (DeValue::String(text), _) => one(text.to_string()),
        (DeValue::Integer(number), TomlForm::Number) => one(number.to_string()),
        (DeValue::Boolean(is_on), TomlForm::Flag) => one(is_on.to_string()),
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

fn list(items: &DeArray<'_>, separators: &[char]) -> Result<Vec<ValueItem>, ValueFault> {
    let mut texts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = item.span().start;
        let fault = |problem: &str| ValueFault {
            at,
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
        let text = text.trim().to_owned();
        texts.push(ValueItem { at, text });
    }
    Ok(texts)
}

fn expected(form: TomlForm) -> &'static str {
    match form {
        TomlForm::Text | TomlForm::Absent => "a string",
        TomlForm::Number => "a whole number",
        TomlForm::Flag => "true or false",
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
