//! Slack's ids, read once: short, and of letters and digits only, so that they
//! can stand in a message, a log and a key as they are.

use std::fmt;

/// Longer than any id of Slack's.
const LONGEST: usize = 64;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident: $letters:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The first letters of such ids.
            pub const LETTERS: &[char] = $letters;

            /// `None` when it cannot be an id.
            pub fn parse(text: &str) -> Option<Self> {
                let plausible = (1..=LONGEST).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
                plausible.then(|| Self(text.to_owned()))
            }

            /// The id.
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
    /// An organisation of workspaces.
    EnterpriseId: &['E'];
    /// An app.
    AppId: &['A'];
}

/// From where, and for which app, Slack sends a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The workspace. An organisation-wide installation may have none.
    pub team: Option<TeamId>,
    /// The organisation, if there is one.
    pub enterprise: Option<EnterpriseId>,
    /// The app that is addressed.
    pub app: Option<AppId>,
}

impl Sender {
    /// A text that cannot be an id counts as none.
    pub fn new(team: Option<&str>, enterprise: Option<&str>, app: Option<&str>) -> Self {
        Self {
            team: team.and_then(TeamId::parse),
            enterprise: enterprise.and_then(EnterpriseId::parse),
            app: app.and_then(AppId::parse),
        }
    }
}
