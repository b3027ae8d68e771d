//! Slack's IDs, validated: short, and only letters and digits, so they are safe in messages, logs
//! and keys.

use std::fmt;

/// Slack's IDs are shorter.
const LONGEST: usize = 64;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident: $letters:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The first letters of these IDs.
            pub const LETTERS: &[char] = $letters;

            /// `None` if the text is not such an ID.
            pub fn parse(text: &str) -> Option<Self> {
                let plausible = (1..=LONGEST).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
                plausible.then(|| Self(text.to_owned()))
            }

            /// The ID as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A person.
    UserId: &['U', 'W'];
    /// A channel, a private channel, or a direct message.
    ChannelId: &['C', 'G', 'D'];
    /// A workspace.
    TeamId: &['T'];
    /// An Enterprise Grid organization.
    EnterpriseId: &['E'];
    /// An app.
    AppId: &['A'];
}

/// The source of a request: workspace, organization and app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The workspace. It can be missing for an org-wide installation.
    pub team: Option<TeamId>,
    /// The Enterprise Grid organization, if there is one.
    pub enterprise: Option<EnterpriseId>,
    /// The app that the request is for.
    pub app: Option<AppId>,
    /// The workspace or organization that the person belongs to, if Slack names it. In a channel
    /// that is shared between workspaces, it can be another one.
    pub person: Option<TeamId>,
}

impl Sender {
    /// Parses the IDs. An invalid one counts as missing.
    pub fn new(team: Option<&str>, enterprise: Option<&str>, app: Option<&str>) -> Self {
        Self {
            team: team.and_then(TeamId::parse),
            enterprise: enterprise.and_then(EnterpriseId::parse),
            app: app.and_then(AppId::parse),
            person: None,
        }
    }

    /// The same for a person who belongs to this workspace or organization.
    #[must_use]
    pub fn with_person(self, team: Option<&str>) -> Self {
        Self {
            person: team.and_then(TeamId::parse),
            ..self
        }
    }
}
