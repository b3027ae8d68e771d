//! The buttons of a status that AWS seems to have renamed. Like those of cases they can be pressed
//! twice, by two people, on an old message.

use std::sync::Arc;

use super::case_thread::DigestPlace;
use super::{Bot, JobError, home, is_other};
use crate::domain::cases::PersonId;
use crate::domain::member::MemberStatus;
use crate::domain::query::Query;
use crate::slack::audit;
use crate::slack::client::Response;
use crate::slack::inbound::Action;
use crate::slack::view;
use crate::slack::view::asked::Asked;
use crate::slack::view::renamed::{ACCOUNTS, NO, UNDO, YES};
use crate::text::document::Line;
use crate::text::voice::Voice;

/// The buttons.
pub(super) const ACTIONS: [&str; 4] = [YES, NO, UNDO, ACCOUNTS];

impl Bot {
    pub(super) fn press_status(self: &Arc<Self>, action: Action) {
        let status = action.value.as_deref().map(MemberStatus::parse);
        // The meaning of a known status is not up to people.
        let Some(status) = status.filter(is_other) else {
            tracing::warn!(
                id = action.id,
                "ignoring a button without an unknown status"
            );
            return;
        };
        let what = action.id.clone();
        let changes = what != ACCOUNTS;
        let voice = self.voice_of(&action, None);
        self.press(
            action,
            (&what, voice),
            changes,
            "deciding on a status",
            |bot, action| async move { bot.act_on_status(&action, &status).await },
        );
    }

    async fn act_on_status(&self, action: &Action, status: &MemberStatus) -> Result<(), JobError> {
        let own = self.voice_of(action, None);
        let is_enabled = match action.id.as_str() {
            YES => Some(true),
            NO => Some(false),
            UNDO => None,
            _ => return self.list_status(action, status).await,
        };
        let by = PersonId(action.user.to_string());
        let decided = self
            .watch
            .cases
            .decide_status(status, is_enabled, &by)
            .await;
        let is_new = match decided {
            Ok(is_new) => is_new,
            Err(error) => match &action.response_url {
                Some(url) => return self.respond_beside(url, Err(error), own).await,
                None => return Err(error.into()),
            },
        };
        if is_new {
            audit::note_status(&action.user, status, is_enabled);
        }
        let decided = self.watch.cases.list().await?.meanings.get(status).cloned();
        let line = |voice: Voice| match &decided {
            Some(meaning) => voice.status_decision(status, meaning),
            None => voice.status_undecided(status, &by),
        };
        let reporting = async {
            if is_new {
                self.report_status(action, status, line).await;
            }
        };
        let showing = async {
            match (&action.view, &action.response_url) {
                (Some(view), _) => {
                    let chosen = home::chosen(Some(view));
                    let hash = view.hash.clone();
                    self.show_changed_home(&action.user, chosen, hash).await
                }
                (None, Some(url)) => {
                    let answer = Response::beside(view::one_line(&line(own)));
                    Ok(self.api.respond(url, &answer).await?)
                }
                (None, None) => Ok(()),
            }
        };
        let (shown, ()) = tokio::join!(showing, reporting);
        shown
    }

    async fn report_status(
        &self,
        action: &Action,
        status: &MemberStatus,
        line: impl Fn(Voice) -> Line,
    ) {
        self.report(DigestPlace::pressed(action), |scope, voice| {
            let is_taken = scope.is_none_or(|scope| scope.takes_status(Some(status), None));
            is_taken.then(|| line(voice))
        })
        .await;
    }

    /// The members with the status, for the one who asks.
    async fn list_status(&self, action: &Action, status: &MemberStatus) -> Result<(), JobError> {
        let query = Query::Status {
            statuses: vec![status.clone()],
            regions: Vec::new(),
        };
        let voice = self.voice_of(action, None);
        let answered = async || self.watch.answers.answer_from_store(&query).await;
        if action.view.is_some() {
            let title = voice.words().members_with_status();
            let view = async |_: &str| Ok(self.modal(title, &answered().await?, voice));
            return self.open_modal(action, title, view).await;
        }
        let Some(url) = &action.response_url else {
            return Ok(());
        };
        let asked = Asked::of(query.clone().into(), voice.locale);
        let content = answered().await;
        let content = content.map(|answer| self.content(&answer, &asked, voice));
        self.respond_beside(url, content, voice).await
    }
}
