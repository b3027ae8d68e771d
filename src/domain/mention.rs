//! Mentions: whom the messages of a channel notify, and for what. The IDs come from the settings
//! alone, never from names or other outside text.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::diff::ChangeKind;
use super::notice::Notice;

/// Whom a message notifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MentionTarget {
    /// A user group, by ID.
    Group(String),
    /// A person, by ID.
    Person(String),
    /// Everyone in the channel who is active.
    Here,
    /// Everyone in the channel.
    Channel,
}

impl MentionTarget {
    /// Reports whether it notifies everyone in a channel.
    pub fn is_loud(&self) -> bool {
        matches!(self, Self::Here | Self::Channel)
    }
}

/// Not the ID of a user group or a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} must be the ID of a user group (S…) or a person (U… or W…), or here or channel; Slack shows an ID in the profile"
)]
pub struct InvalidMention(pub String);

impl FromStr for MentionTarget {
    type Err = InvalidMention;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// The fewest letters and digits of an ID.
        const SHORTEST: usize = 7;
        let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let is_id = text.len() >= SHORTEST && text.bytes().all(is_part);
        match text {
            "here" => Ok(Self::Here),
            "channel" => Ok(Self::Channel),
            id if is_id && id.starts_with('S') => Ok(Self::Group(id.to_owned())),
            id if is_id && id.starts_with(['U', 'W']) => Ok(Self::Person(id.to_owned())),
            other => Err(InvalidMention(other.to_owned())),
        }
    }
}

impl fmt::Display for MentionTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group(id) | Self::Person(id) => id,
            Self::Here => "here",
            Self::Channel => "channel",
        })
    }
}

/// The mentions of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentions {
    /// Whom.
    pub targets: Vec<MentionTarget>,
    /// The kinds of changes that are worth a mention.
    pub kinds: BTreeSet<ChangeKind>,
    /// Whether a polling alert about failing Regions is worth one.
    pub failing: bool,
}

impl Default for Mentions {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            kinds: [
                ChangeKind::Left,
                ChangeKind::Removed,
                ChangeKind::Deleted,
                ChangeKind::Suspended,
                ChangeKind::Unprotected,
            ]
            .into(),
            failing: false,
        }
    }
}

impl Mentions {
    /// Whom a polling alert notifies: only about Regions that fail, if at all.
    pub fn in_notice(&self, notice: &Notice) -> &[MentionTarget] {
        let is_worth_it = self.failing && !notice.unread.is_empty();
        if is_worth_it { &self.targets } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_id_or_everyone_and_nothing_that_could_be_markup() {
        for text in ["S0123ABCD", "U012AB3CD", "W012AB3CD", "here", "channel"] {
            let target: MentionTarget = text.parse().unwrap();
            assert_eq!(target.to_string(), text);
            assert_eq!(target.is_loud(), matches!(text, "here" | "channel"));
        }
        for text in [
            "",
            "S012",
            "@security",
            "security-team",
            "s0123abcd",
            "C0123ABCD",
            "S0123ABCD>",
            "<!subteam^S0123ABCD>",
            "S0123ABCD|x",
            "everyone",
            "S0123 ABCD",
        ] {
            assert!(text.parse::<MentionTarget>().is_err(), "{text}");
        }
    }
}
