//! The digests that list the accounts that aren't Enabled.

use std::str::FromStr;

/// The digests that list all accounts that aren't Enabled in their thread: the setting
/// `NOT_ENABLED`. Open cases and the counts are in every digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotEnabledListing {
    /// All.
    #[default]
    Daily,
    /// The first one of an ISO week.
    Weekly,
    /// Those since whose predecessor an account has changed.
    Changes,
}

impl FromStr for NotEnabledListing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "daily" => Ok(Self::Daily),
            "weekly" => Ok(Self::Weekly),
            "changes" => Ok(Self::Changes),
            _ => Err(format!("{text:?} must be daily, weekly or changes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_word_is_an_error() {
        let error = "monthly".parse::<NotEnabledListing>().unwrap_err();
        assert_eq!(error, r#""monthly" must be daily, weekly or changes"#);
    }
}
