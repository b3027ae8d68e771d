//! The installation of the app as Slack reports it: in one workspace or org-wide. Requests must
//! match it, so it is never learned from a request.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::client::{CallError, Identity, SlackApi};
use super::ids::{EnterpriseId, Sender, TeamId};
use crate::policies::slack as policies;
use crate::problems::Problems;
use crate::remedies;

/// The name in the list of problems when Slack rejects the bot token.
const WORKSPACE: &str = "the workspace";

/// The place where the app is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Workspace {
    /// In one workspace, which can belong to an organization.
    Team(TeamId),
    /// In all workspaces of an Enterprise Grid organization.
    Enterprise(EnterpriseId),
}

impl Workspace {
    /// `None` if the ID is missing in Slack's answer.
    pub fn of(identity: &Identity) -> Option<Self> {
        if identity.is_enterprise_install {
            let enterprise = identity.enterprise_id.as_deref();
            return enterprise
                .and_then(EnterpriseId::parse)
                .map(Self::Enterprise);
        }
        TeamId::parse(&identity.team_id).map(Self::Team)
    }

    /// Reports whether a request comes from this installation.
    pub fn is_home_of(&self, sender: &Sender) -> bool {
        match self {
            Self::Team(team) => sender.team.as_ref() == Some(team),
            Self::Enterprise(enterprise) => sender.enterprise.as_ref() == Some(enterprise),
        }
    }

    /// Reports whether the person belongs to another workspace, and only shares a channel with this
    /// one. Unknown for an organization: Slack doesn't say which workspaces are its own.
    pub fn is_person_foreign(&self, sender: &Sender) -> bool {
        let Self::Team(team) = self else { return false };
        let is_other = |person: &TeamId| {
            let organization = sender.enterprise.as_ref().map(EnterpriseId::as_str);
            person != team && Some(person.as_str()) != organization
        };
        sender.person.as_ref().is_some_and(is_other)
    }
}

impl fmt::Display for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team(team) => team.fmt(f),
            Self::Enterprise(enterprise) => enterprise.fmt(f),
        }
    }
}

/// The installation, once Slack has confirmed it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Installation(Arc<watch::Sender<LearnedWorkspace>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum LearnedWorkspace {
    /// Slack has not answered yet.
    #[default]
    NotYet,
    /// The confirmed installation.
    At(Workspace),
    /// The service stopped before Slack answered.
    Never,
}

impl LearnedWorkspace {
    fn workspace(&self) -> Option<Workspace> {
        match self {
            Self::At(workspace) => Some(workspace.clone()),
            Self::NotYet | Self::Never => None,
        }
    }
}

impl Installation {
    /// A confirmed installation.
    pub fn at(workspace: Workspace) -> Self {
        Self(Arc::new(watch::Sender::new(LearnedWorkspace::At(
            workspace,
        ))))
    }

    /// The installation; `None` if Slack has not confirmed it.
    pub fn workspace(&self) -> Option<Workspace> {
        self.0.borrow().workspace()
    }

    /// Waits until Slack has confirmed the installation.
    pub async fn known(&self) {
        let mut known = self.0.subscribe();
        // Can't fail, because `self` holds the sender.
        let _ = known.wait_for(|known| known.workspace().is_some()).await;
    }

    /// Waits until Slack has confirmed the installation, or the service stops.
    pub async fn settled(&self) -> Option<Workspace> {
        let mut known = self.0.subscribe();
        let settled = known
            .wait_for(|known| *known != LearnedWorkspace::NotYet)
            .await;
        // Can't fail, because `self` holds the sender.
        settled.ok().and_then(|known| known.workspace())
    }

    /// Asks Slack until it answers, or until `stop`. Does nothing if the installation is known.
    pub async fn learn(&self, api: &SlackApi, problems: &Problems, stop: &CancellationToken) {
        if self.workspace().is_some() {
            return;
        }
        let asking = async {
            let mut backoff = policies::WORKSPACE.backoff();
            while let Err(error) = self.ask(api).await {
                match error {
                    CallError::Refused { code, .. } => {
                        let hint = remedies::slack(&code);
                        if problems.raise(WORKSPACE, format!("{code}: {hint}")) {
                            tracing::error!(
                                event = "slack_rejected",
                                code,
                                hint,
                                "failed to authenticate with Slack"
                            );
                        }
                    }
                    error => {
                        tracing::warn!(event = "slack_unavailable", %error, "waiting for Slack to confirm the workspace");
                    }
                }
                tokio::time::sleep(backoff.pause()).await;
            }
            problems.resolve(WORKSPACE);
        };
        if stop.run_until_cancelled(asking).await.is_none() {
            self.0.send_replace(LearnedWorkspace::Never);
        }
    }

    async fn ask(&self, api: &SlackApi) -> Result<(), CallError> {
        let identity = api.auth_test().await?;
        let Some(home) = Workspace::of(&identity) else {
            return Err(CallError::Unknown {
                method: "auth.test",
                problem: "no ID of a workspace or an organization".to_owned(),
            });
        };
        tracing::info!(
            event = "slack_connected",
            team = identity.team,
            bot = identity.user,
            home = %home,
            "authenticated with Slack"
        );
        self.0.send_replace(LearnedWorkspace::At(home));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(team: &str, enterprise: Option<&str>, org_wide: bool) -> Identity {
        Identity {
            team: String::new(),
            team_id: team.to_owned(),
            user: String::new(),
            bot_id: None,
            enterprise_id: enterprise.map(str::to_owned),
            is_enterprise_install: org_wide,
        }
    }

    #[test]
    fn a_workspace_is_compared_by_team_and_an_organisation_by_enterprise() {
        let sender = |team, enterprise| Sender::new(team, enterprise, None);
        let one = Workspace::of(&identity("T1", Some("E1"), false)).unwrap();
        let all = Workspace::of(&identity("T1", Some("E1"), true)).unwrap();
        for (team, enterprise, in_one, in_all) in [
            (Some("T1"), None, true, false),
            (Some("T1"), Some("E1"), true, true),
            (Some("T2"), Some("E1"), false, true),
            (None, Some("E1"), false, true),
            (Some("T2"), Some("E2"), false, false),
            (None, None, false, false),
            (Some(""), Some(""), false, false),
        ] {
            let sender = sender(team, enterprise);
            assert_eq!(one.is_home_of(&sender), in_one, "{sender:?}");
            assert_eq!(all.is_home_of(&sender), in_all, "{sender:?}");
        }
    }

    #[test]
    fn an_answer_without_the_required_id_is_ignored() {
        assert_eq!(Workspace::of(&identity("", None, false)), None);
        assert_eq!(Workspace::of(&identity("T1", None, true)), None);
    }
}
