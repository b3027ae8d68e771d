//! The manifest of the Slack app, ready to paste.
//!
//! It requests only the scopes that the program uses. Slack's reference:
//! <https://docs.slack.dev/reference/app-manifest>

mod outline;

use outline::{Entry, Node};
use serde_json::Value;
use url::{Host, Url};

use crate::text::guidance::COMMAND;

/// The bot's public base URL, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The reason that Slack can't use a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPublic {
    /// Not a URL.
    #[error("must be an https URL, such as https://bot.example.com")]
    NotAnAddress,
    /// Not https.
    #[error("must be https: Slack calls only https URLs")]
    NotHttps,
    /// More than scheme, host and port.
    #[error("must be only https:// and a host: this command adds the paths")]
    MoreThanAHost,
    /// This machine, or a private network.
    #[error("Slack cannot reach this host: use --socket-mode, which needs no public address")]
    NotReachable,
}

impl std::str::FromStr for PublicUrl {
    type Err = NotPublic;

    fn from_str(text: &str) -> Result<Self, NotPublic> {
        let url = Url::parse(text).map_err(|_| NotPublic::NotAnAddress)?;
        let host = url.host().ok_or(NotPublic::NotAnAddress)?;
        if url.scheme() != "https" {
            return Err(NotPublic::NotHttps);
        }
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare {
            return Err(NotPublic::MoreThanAHost);
        }
        if is_private(&host) {
            return Err(NotPublic::NotReachable);
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

fn is_private(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            !name.contains('.') || name.ends_with(".localhost") || name.ends_with(".local")
        }
        Host::Ipv4(ip) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Host::Ipv6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

/// The way in which Slack sends requests to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestTarget {
    /// To its public URL.
    Address(PublicUrl),
    /// Over a connection that the bot opens.
    Socket,
}

/// The features of the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The way in which Slack sends requests to the bot.
    pub target: RequestTarget,
    /// The kinds of channels that get digests.
    pub channels: ChannelKinds,
}

/// The kinds of channels in which the bot looks for its own messages. Each needs its own scope,
/// and a channel's ID doesn't say which kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKinds {
    /// Public ones.
    Public,
    /// Private ones.
    Private,
    /// Both, or it is unknown.
    Both,
}

impl ChannelKinds {
    /// The flags of `manifest`. The command without any means public channels.
    fn flags(self) -> &'static str {
        match self {
            Self::Public => "",
            Self::Private => " --private-channel",
            Self::Both => " --public-channel --private-channel",
        }
    }

    /// The scopes, each with a comment.
    fn scopes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Public => &[(
                "channels:history",
                "This one is for a public channel; --private-channel has the other one.",
            )],
            Self::Private => &[("groups:history", "This one is for a private channel.")],
            Self::Both => &[
                ("channels:history", "This one is for public channels."),
                ("groups:history", "The same for private channels."),
            ],
        }
    }
}

impl Manifest {
    /// YAML with comments, for people.
    pub fn yaml(&self) -> String {
        let made = match &self.target {
            RequestTarget::Address(url) => format!("--url {}", url.0),
            RequestTarget::Socket => "--socket-mode".to_owned(),
        };
        let channels = self.channels.flags();
        format!(
            "# Slack app manifest: Slack's app page → Create New App → From a manifest.\n\
             # Made by: securityhub-members manifest {made}{channels}\n{}",
            outline::yaml(&self.entries())
        )
    }

    /// JSON, for Slack's API.
    pub fn json(&self) -> Value {
        outline::json(&self.entries())
    }

    /// The URL of this kind of request; none in Socket Mode.
    fn address(&self, key: &'static str, path: &str) -> Option<Entry> {
        match &self.target {
            RequestTarget::Address(url) => {
                Some(Entry::new(key, format!("{}/slack/{path}", url.0).into()))
            }
            RequestTarget::Socket => None,
        }
    }

    fn entries(&self) -> Vec<Entry> {
        vec![
            Entry::new("display_information", Node::Map(display())),
            Entry::new("features", Node::Map(self.features())),
            Entry::new("oauth_config", Node::Map(self.oauth())),
            Entry::new("settings", Node::Map(self.settings())),
        ]
    }

    fn features(&self) -> Vec<Entry> {
        let bot = vec![
            Entry::new("display_name", "securityhub-members".into()),
            Entry::new("always_online", false.into()),
        ];
        let home = vec![
            Entry::new("home_tab_enabled", true.into()),
            Entry::new("messages_tab_enabled", false.into()).because(&[
                "No one can write to the bot: it listens only to its command and its Home tab.",
            ]),
            Entry::new("messages_tab_read_only_enabled", true.into()),
        ];
        let mut command = vec![Entry::new("command", COMMAND.into())];
        command.extend(self.address("url", "commands"));
        command.extend([
            Entry::new(
                "description",
                "What changed in the member list, now or on a date".into(),
            ),
            Entry::new(
                "usage_hint",
                "[date | from..to | 昨日 | account … | status … | help]".into(),
            ),
            Entry::new("should_escape", false.into()).because(&[
                "The command takes dates and accounts. No names of people or channels to resolve.",
            ]),
        ]);
        vec![
            Entry::new("bot_user", Node::Map(bot)),
            Entry::new("app_home", Node::Map(home)),
            Entry::new(
                "slash_commands",
                Node::List(vec![Entry::item(Node::Map(command))]),
            ),
        ]
    }

    fn oauth(&self) -> Vec<Entry> {
        let mut scopes = vec![
            Entry::item("commands".into()).because(&["The slash command."]),
            Entry::item("chat:write".into())
                .because(&["The digest and its thread, in channels that the bot was invited to."]),
        ];
        let mut purpose = vec![
            "After a crash between Slack's acceptance of a digest and the bot's record of it,",
            "the bot looks in its channel for the digest's metadata instead of posting twice.",
            "In the hour after a delivery, it looks for second copies and deletes them.",
            "It reads nothing else.",
        ];
        for (scope, which) in self.channels.scopes() {
            purpose.push(which);
            scopes.push(Entry::item((*scope).into()).because(&purpose));
            purpose.clear();
        }
        let bot = Entry::new("bot", Node::List(scopes))
            .because(&["No users to act for and no redirect: the app is installed by hand."]);
        vec![Entry::new("scopes", Node::Map(vec![bot]))]
    }

    fn settings(&self) -> Vec<Entry> {
        let mut events: Vec<_> = self.address("request_url", "events").into_iter().collect();
        let opened = Entry::item("app_home_opened".into())
            .because(&["A person opened the Home tab: publish it for them. Needs no scope."]);
        events.push(Entry::new("bot_events", Node::List(vec![opened])));
        let mut interactivity = vec![
            Entry::new("is_enabled", true.into())
                .because(&["Buttons, menus, the date picker and forms."]),
        ];
        interactivity.extend(self.address("request_url", "interactions"));
        let socket = match self.target {
            RequestTarget::Address(_) => {
                "Slack calls the three addresses above; no connection is kept open."
            }
            RequestTarget::Socket => {
                "The bot opens the connection: nothing has to reach it from the internet."
            }
        };
        vec![
            Entry::new("event_subscriptions", Node::Map(events)),
            Entry::new("interactivity", Node::Map(interactivity)),
            Entry::new(
                "socket_mode_enabled",
                (self.target == RequestTarget::Socket).into(),
            )
            .because(&[socket]),
            Entry::new("org_deploy_enabled", true.into()).because(&[
                "Without it, Slack creates no app in an Enterprise organization. A single workspace",
                "ignores it.",
            ]),
            Entry::new("token_rotation_enabled", false.into())
                .because(&["The bot has one token, and it does not expire."]),
        ]
    }
}

fn display() -> Vec<Entry> {
    vec![
        Entry::new("name", "Security Hub members".into()),
        Entry::new(
            "description",
            "Reports accounts that join, decline, leave or are removed from AWS Security Hub"
                .into(),
        ),
        Entry::new("background_color", "#1f2a44".into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_slack_can_reach_and_has_no_path() {
        let read = |text: &str| text.parse::<PublicUrl>();
        for good in [
            "https://bot.example.com",
            "https://bot.example.com/",
            "https://Bot.Example.com:443",
        ] {
            assert_eq!(read(good).unwrap().0, "https://bot.example.com", "{good}");
        }
        assert_eq!(
            read("https://bot.example.com:8443").unwrap().0,
            "https://bot.example.com:8443"
        );
        for (bad, why) in [
            ("", NotPublic::NotAnAddress),
            ("bot.example.com", NotPublic::NotAnAddress),
            ("mailto:bot@example.com", NotPublic::NotAnAddress),
            ("http://bot.example.com", NotPublic::NotHttps),
            ("wss://bot.example.com", NotPublic::NotHttps),
            ("https://bot.example.com/slack", NotPublic::MoreThanAHost),
            ("https://bot.example.com?a=b", NotPublic::MoreThanAHost),
            ("https://bot.example.com#a", NotPublic::MoreThanAHost),
            ("https://me:hush@bot.example.com", NotPublic::MoreThanAHost),
            ("https://localhost", NotPublic::NotReachable),
            ("https://bot.localhost.", NotPublic::NotReachable),
            ("https://bot", NotPublic::NotReachable),
            ("https://127.0.0.1:3000", NotPublic::NotReachable),
            ("https://0.0.0.0", NotPublic::NotReachable),
            ("https://192.168.1.2", NotPublic::NotReachable),
            ("https://[::1]", NotPublic::NotReachable),
            ("https://[fd00::1]", NotPublic::NotReachable),
        ] {
            assert_eq!(read(bad), Err(why), "{bad}");
        }
    }
}
