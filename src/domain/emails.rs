//! The members' email addresses: a type that never prints them, and the setting that allows it.
//!
//! An address becomes text only in [`EmailAddress::seen`], which requires a decision. The store
//! keeps addresses, but doesn't show them.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The email address of an account, as the administrator entered it. Only the store and
/// [`seen`](Self::seen) turn it into text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Whether a place shows email addresses. Hidden by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EmailView {
    /// They are left out.
    #[default]
    Hidden,
    /// They are shown.
    Shown,
}

impl EmailAddress {
    /// The address, if `view` allows it.
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

/// Runs `work`, in which reports are serialized with or without addresses.
pub fn serialized<T>(view: EmailView, work: impl FnOnce() -> T) -> T {
    /// Restores the default, also after a panic.
    struct Until(EmailView);
    impl Drop for Until {
        fn drop(&mut self) {
            VIEW.set(self.0);
        }
    }
    let _until = Until(VIEW.replace(view));
    work()
}

/// For the addresses in a report: outside [`serialized`], they are hidden.
pub fn is_hidden(email: &Option<EmailAddress>) -> bool {
    email.is_none() || VIEW.get() == EmailView::Hidden
}

/// The places that show email addresses: the setting `SHOW_EMAILS`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emails {
    /// None.
    #[default]
    Nowhere,
    /// The Home tab, which is private, and the terminal.
    Home,
    /// The Home tab, the terminal, and messages.
    Everywhere,
}

impl Emails {
    /// Reports whether the Home tab and the terminal show them.
    pub fn at_home(self) -> EmailView {
        match self {
            Self::Nowhere => EmailView::Hidden,
            Self::Home | Self::Everywhere => EmailView::Shown,
        }
    }

    /// Reports whether messages show them.
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
    fn an_email_address_is_shown_only_if_a_setting_allows_it() {
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
