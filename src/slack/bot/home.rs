//! The Home tab: opened, narrowed, checked.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Bot, Failure};
use crate::domain::member::MemberStatus;
use crate::domain::query::Query;
use crate::slack::client::CallError;
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, View};
use crate::slack::view::home::{self, Chosen, Home};
use crate::text::document::{Line, Span};

/// Why the Home tab is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Because {
    /// Somebody opened it.
    Opened,
    /// Somebody chose something in it.
    Chosen,
    /// The same, while a check that they asked for is under way.
    ChosenMeanwhile,
    /// A check was asked for.
    Checking,
    /// The check is done.
    Checked,
}

/// What somebody sees while a check that they asked for is under way.
#[derive(Debug, Default)]
pub(super) struct Seen {
    chosen: Chosen,
    hash: Option<String>,
}

/// Those who wait for a check; no more than there are jobs.
pub(super) type Waiting = Mutex<HashMap<UserId, Seen>>;

/// What can be pressed and chosen in the tab.
pub(super) const ACTIONS: [&str; 8] = [
    home::CHECK,
    home::ADMIN,
    home::REGION,
    home::STATUS,
    home::DATE,
    home::CLEAR,
    home::PREVIOUS,
    home::NEXT,
];

impl Bot {
    /// Shows the tab to somebody who opened it and saw `view` there before.
    pub(super) async fn open_home(&self, user: &UserId, view: Option<View>) -> Result<(), Failure> {
        let chosen = chosen(view.as_ref());
        let hash = view.and_then(|view| view.hash);
        self.show_home(user, &chosen, hash, Because::Opened).await?;
        Ok(())
    }

    /// Shows that the tab is not for this person.
    pub(super) async fn show_closed_home(&self, user: &UserId) -> Result<(), Failure> {
        let why = Line::text(format!("{} ", self.voice.words().user_not_allowed()));
        let why = why.with(Span::Code(user.to_string()));
        let view = home::closed(&why, &self.voice);
        self.api.publish_home(user, &view, None).await?;
        Ok(())
    }

    pub(super) async fn act_on_home(&self, action: Action) -> Result<(), Failure> {
        let mut chosen = chosen(action.view.as_ref());
        let value = action.value.filter(|value| value != home::ALL);
        match action.id.as_str() {
            home::ADMIN => chosen.admin = value.and_then(|value| value.parse().ok()),
            home::REGION => chosen.region = value.and_then(|value| value.parse().ok()),
            home::STATUS => chosen.status = value.map(|value| MemberStatus::parse(&value)),
            home::DATE => chosen.date = value.and_then(|value| value.parse().ok()),
            home::CLEAR => chosen.date = None,
            home::PREVIOUS | home::NEXT => {
                chosen.page = value
                    .and_then(|value| value.parse().ok())
                    .unwrap_or_default();
            }
            _ => {}
        }
        if matches!(
            action.id.as_str(),
            home::ADMIN | home::REGION | home::STATUS
        ) {
            chosen.page = 0;
        }
        let hash = action.view.and_then(|view| view.hash);
        if action.id == home::CHECK {
            return self.check_at_home(&action.user, chosen, hash).await;
        }
        let waits = self.waiting().contains_key(&action.user);
        let because = if waits {
            Because::ChosenMeanwhile
        } else {
            Because::Chosen
        };
        let hash = self.show_home(&action.user, &chosen, hash, because).await?;
        if let Some(seen) = self.waiting().get_mut(&action.user) {
            *seen = Seen { chosen, hash };
        }
        Ok(())
    }

    /// Checks, and shows what came of it with what the person has chosen
    /// meanwhile.
    async fn check_at_home(
        &self,
        user: &UserId,
        chosen: Chosen,
        hash: Option<String>,
    ) -> Result<(), Failure> {
        let seen = Seen {
            chosen: chosen.clone(),
            hash: None,
        };
        self.waiting().insert(user.clone(), seen);
        // A check was asked for, whatever becomes of this view.
        match self.show_home(user, &chosen, hash, Because::Checking).await {
            Ok(hash) => {
                if let Some(seen) = self
                    .waiting()
                    .get_mut(user)
                    .filter(|seen| seen.hash.is_none())
                {
                    seen.hash = hash;
                }
            }
            Err(error) => tracing::debug!(%error, "that a check is under way was not shown"),
        }
        self.watch.poll_all().await;
        let seen = self.waiting().remove(user);
        let Seen { chosen, hash } = seen.unwrap_or(Seen { chosen, hash: None });
        self.show_home(user, &chosen, hash, Because::Checked)
            .await?;
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<UserId, Seen>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the Home tab from what is stored; returns its hash.
    async fn show_home(
        &self,
        user: &UserId,
        chosen: &Chosen,
        hash: Option<String>,
        because: Because,
    ) -> Result<Option<String>, Failure> {
        let hubs = self.watch.hubs();
        let filter = chosen.filter(&hubs);
        let status = chosen.status.as_ref();
        let mut overview = self.watch.overview(&filter, status).await?;
        if !self.emails.at_home() {
            overview = overview.without_emails();
        }
        let on_date = match chosen.date {
            None => None,
            Some(date) => {
                let answer = self.watch.answer_in(&Query::On(date), &filter).await?;
                Some(self.document(&answer, self.voice, self.emails.at_home()))
            }
        };
        let shown = Home {
            overview: &overview,
            on_date: on_date.as_ref(),
            hubs: &hubs,
            chosen,
            checking: matches!(because, Because::Checking | Because::ChosenMeanwhile),
        };
        let view = home::render(&shown, &self.voice);
        match self.api.publish_home(user, &view, hash.as_deref()).await {
            // Two clicks, one after the other: the later one is what they want now.
            Err(CallError::Refused { code, .. })
                if code == "hash_conflict"
                    && matches!(because, Because::Chosen | Because::ChosenMeanwhile) =>
            {
                Ok(self.api.publish_home(user, &view, None).await?)
            }
            published => Ok(published?),
        }
    }
}

/// What was chosen in a view; nothing when it is not ours or of an older version.
fn chosen(view: Option<&View>) -> Chosen {
    let state = view.and_then(|view| view.private_metadata.as_deref());
    state
        .and_then(|state| serde_json::from_str(state).ok())
        .unwrap_or_default()
}
