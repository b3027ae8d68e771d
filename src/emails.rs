//! Where the members' email addresses are shown: one setting, and what follows
//! from it for each surface.

use std::str::FromStr;

/// Where email addresses are shown.
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
    /// Reports whether the Home tab and a terminal show them.
    pub fn at_home(self) -> bool {
        self != Self::Nowhere
    }

    /// Reports whether messages show them.
    pub fn in_messages(self) -> bool {
        self == Self::Everywhere
    }
}

impl FromStr for Emails {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::Nowhere),
            "home" => Ok(Self::Home),
            "all" => Ok(Self::Everywhere),
            _ => Err("neither none nor home nor all"),
        }
    }
}
