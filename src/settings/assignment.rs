//! A setting and its value as a line of TOML: for the examples of errors, and for `config`.

use toml_writer::{ToTomlValue as _, TomlStringBuilder};

use super::list::{Setting, TomlForm};

/// `key = value`. `None` for an empty list.
pub(super) fn assignment(setting: &Setting, text: &str) -> Option<String> {
    let value = match setting.toml {
        TomlForm::Text | TomlForm::Absent => string(text),
        TomlForm::Number => match text.parse::<u64>() {
            Ok(number) => number.to_string(),
            Err(_) => string(text),
        },
        TomlForm::Flag => text.to_owned(),
        TomlForm::List(separators) => list(text, separators)?,
    };
    Some(format!("{} = {value}", setting.key()))
}

/// An assignment of the setting's example.
pub(super) fn example(setting: &Setting) -> String {
    let text = setting.example.trim_matches('\'');
    assignment(setting, text).unwrap_or_default()
}

fn list(text: &str, separators: &[char]) -> Option<String> {
    let items = text.split(separators).map(str::trim);
    let items: Vec<_> = items.filter(|item| !item.is_empty()).map(string).collect();
    (!items.is_empty()).then(|| format!("[{}]", items.join(", ")))
}

/// A string on one line.
pub(super) fn string(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

#[cfg(test)]
mod tests {
    use super::super::list::{ADMINISTRATORS, REGIONS, RETENTION_DAYS, TIMEZONE};
    use super::*;

    #[test]
    fn a_value_has_the_form_of_its_setting() {
        for (setting, text, line) in [
            (&TIMEZONE, "Asia/Tokyo", r#"timezone = "Asia/Tokyo""#),
            (
                &TIMEZONE,
                "a\n\"b\"\u{7f}",
                r#"timezone = "a\n\"b\"\u007F""#,
            ),
            (&RETENTION_DAYS, "400", "retention_days = 400"),
            (&RETENTION_DAYS, "soon", r#"retention_days = "soon""#),
            (
                &REGIONS,
                "all, -eu-west-1,",
                r#"regions = ["all", "-eu-west-1"]"#,
            ),
            (&ADMINISTRATORS, "self;\n", r#"administrators = ["self"]"#),
        ] {
            assert_eq!(assignment(setting, text).as_deref(), Some(line));
        }
        assert_eq!(assignment(&REGIONS, " ,"), None);
    }
}
