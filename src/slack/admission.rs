//! Admission: only requests for our own installation, from people and channels that the settings
//! allow.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ids::{AppId, ChannelId, Sender, UserId};
use super::installation::Installation;

/// The allowed people and channels. An empty list allows all of them; an empty `case_users`,
/// everyone who may use the bot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The app that requests must be for.
    pub app: Option<AppId>,
    /// The people.
    pub users: BTreeSet<UserId>,
    /// The channels.
    pub channels: BTreeSet<ChannelId>,
    /// The people who may take and accept cases.
    pub case_users: BTreeSet<UserId>,
}

/// The place in which a person uses the bot.
#[derive(Debug, Clone, Copy)]
pub(super) enum RequestSurface<'a> {
    /// A channel; `None` if Slack didn't name it.
    Channel(Option<&'a ChannelId>),
    /// The Home tab, which belongs to no channel.
    Home,
}

/// The reason of a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Barred {
    #[error("Slack has not confirmed the bot's workspace yet")]
    NotReady,
    #[error("from another workspace or app")]
    Foreign,
    #[error("a person of another workspace, in a shared channel")]
    External,
    #[error("not in ALLOWED_USERS")]
    User,
    #[error("not in ALLOWED_CHANNELS")]
    Channel,
    #[error("not in CASE_USERS")]
    Case,
}

/// Decides who is let in.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    allowed: Allowed,
    installation: Installation,
}

impl Admission {
    /// Admits those who are `allowed`, in the workspace of the `installation`.
    pub fn new(allowed: Allowed, installation: Installation) -> Self {
        Self {
            allowed,
            installation,
        }
    }

    /// Reports whether Slack has confirmed the workspace. Before that, no one is admitted.
    pub(super) fn is_known(&self) -> bool {
        self.installation.workspace().is_some()
    }

    /// Waits for Slack's confirmation; `false` if it takes longer than `within`.
    pub(super) async fn is_known_within(&self, within: Duration) -> bool {
        let settled = tokio::time::timeout(within, self.installation.settled());
        settled.await.is_ok_and(|home| home.is_some())
    }

    pub(super) fn admit(
        &self,
        sender: &Sender,
        user: &UserId,
        place: RequestSurface<'_>,
    ) -> Result<(), Barred> {
        let Allowed {
            app,
            users,
            channels,
            case_users: _,
        } = &self.allowed;
        if app.is_some() && *app != sender.app {
            return Err(Barred::Foreign);
        }
        let home = self.installation.workspace().ok_or(Barred::NotReady)?;
        if !home.is_home_of(sender) {
            return Err(Barred::Foreign);
        }
        if !users.is_empty() && !users.contains(user) {
            return Err(Barred::User);
        }
        if home.is_person_foreign(sender) && !users.contains(user) {
            return Err(Barred::External);
        }
        match place {
            RequestSurface::Channel(channel) if !channels.is_empty() => {
                let listed = channel.is_some_and(|channel| channels.contains(channel));
                listed.then_some(()).ok_or(Barred::Channel)
            }
            RequestSurface::Channel(_) | RequestSurface::Home => Ok(()),
        }
    }

    /// The same for a person who wants to change a case.
    pub(super) fn admit_to_cases(
        &self,
        sender: &Sender,
        user: &UserId,
        place: RequestSurface<'_>,
    ) -> Result<(), Barred> {
        self.admit(sender, user, place)?;
        let users = &self.allowed.case_users;
        let listed = users.is_empty() || users.contains(user);
        listed.then_some(()).ok_or(Barred::Case)
    }
}
