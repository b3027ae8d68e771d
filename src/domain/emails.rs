//! The members' email addresses: a type that prints none, and the one setting that
//! says who sees them.
//!
//! An address becomes text in [`EmailAddress::seen`] only, and for that somebody has
//! to have decided. Whoever words a report asks there; what is stored is not shown.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The address that an administrator gave for an account. Only the store and
/// [`seen`](Self::seen) turn it into text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Whether addresses are shown in some place; without a decision they are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EmailView {
    /// They are left out.
    #[default]
    Hidden,
    /// They are shown.
    Shown,
}

impl EmailAddress {
    /// The address, where it may be seen.
    pub fn seen(&self, view: EmailView) -> Option<&str> {
        (view == EmailView::Shown).then_some(self.0.as_str())
    }
}

impl From<String> for EmailAddress {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for EmailAddress {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromIterator<char> for EmailAddress {
    fn from_iter<T: IntoIterator<Item = char>>(letters: T) -> Self {
        Self(letters.into_iter().collect())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(email address)")
    }
}

thread_local! {
    static VIEW: Cell<EmailView> = const { Cell::new(EmailView::Hidden) };
}

/// Serializes reports within `work` with the addresses in them, or without.
pub fn serialized<T>(view: EmailView, work: impl FnOnce() -> T) -> T {
    /// Hides them again, also after a panic.
    struct Until(EmailView);
    impl Drop for Until {
        fn drop(&mut self) {
            VIEW.set(self.0);
        }
    }
    let _until = Until(VIEW.replace(view));
    work()
}

/// For the addresses in a report: outside of [`serialized`] there are none.
pub fn is_hidden(email: &Option<EmailAddress>) -> bool {
    email.is_none() || VIEW.get() == EmailView::Hidden
}

/// Where email addresses are shown: the setting `SHOW_EMAILS`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emails {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In the Home tab, which only the one who opens it sees, and in a terminal.
    Home,
    /// In the Home tab, in a terminal, and in messages.
    Everywhere,
}

impl Emails {
    /// In the Home tab and in a terminal.
    pub fn at_home(self) -> EmailView {
        match self {
            Self::Nowhere => EmailView::Hidden,
            Self::Home | Self::Everywhere => EmailView::Shown,
        }
    }

    /// In messages.
    pub fn in_messages(self) -> EmailView {
        match self {
            Self::Nowhere | Self::Home => EmailView::Hidden,
            Self::Everywhere => EmailView::Shown,
        }
    }
}

impl FromStr for Emails {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::Nowhere),
            "home" => Ok(Self::Home),
            "all" => Ok(Self::Everywhere),
            _ => Err(format!("{text:?} must be none, home or all")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        #[serde(skip_serializing_if = "is_hidden")]
        email: Option<EmailAddress>,
    }

    #[test]
    fn an_address_is_seen_only_where_somebody_decided_so() {
        let email = EmailAddress::from("hush@example.com");
        assert!(!format!("{email} {email:?}").contains("hush"));
        assert_eq!(email.seen(EmailView::default()), None);
        assert_eq!(email.seen(EmailView::Shown), Some("hush@example.com"));
        let row = Row { email: Some(email) };
        let json = || serde_json::to_string(&row).unwrap();
        assert_eq!(json(), "{}");
        let shown = serialized(EmailView::Shown, json);
        assert_eq!(shown, r#"{"email":"hush@example.com"}"#);
        assert_eq!(serialized(EmailView::Hidden, json), "{}");
        assert_eq!(json(), "{}");
    }

    #[test]
    fn messages_show_no_more_than_what_one_person_sees() {
        use EmailView::{Hidden, Shown};
        for (text, at_home, in_messages) in [
            ("none", Hidden, Hidden),
            ("home", Shown, Hidden),
            ("all", Shown, Shown),
        ] {
            let emails: Emails = text.parse().unwrap();
            assert_eq!(
                (emails.at_home(), emails.in_messages()),
                (at_home, in_messages)
            );
        }
    }
}
