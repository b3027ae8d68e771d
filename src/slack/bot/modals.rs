//! Modals: opened at once, filled in later.

use serde_json::Value;
use tokio::time::Instant;

use super::home::HomeOccasion;
use super::{Bot, JobError, home, lists, short};
use crate::policies::answers::ACKNOWLEDGED_WITHIN;
use crate::slack::client::{CallError, ViewName};
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, Submission, View};
use crate::slack::view::modal;
use crate::text::document::Line;
use crate::watch::ports::{Once, StoreError};

impl Bot {
    /// Shows the result of a submitted form in its modal, once its acknowledgement is there. `since`
    /// is when the work began.
    pub(super) async fn show_result(
        &self,
        submission: &Submission,
        view: &Value,
        since: Instant,
    ) -> Result<(), CallError> {
        tokio::time::sleep_until(since + ACKNOWLEDGED_WITHIN).await;
        let name = ViewName::ViewId(&submission.view);
        match self.api.update_view(name, view).await {
            // The person has closed it.
            Err(CallError::Refused { code, .. }) if code == "not_found" => Ok(()),
            shown => shown,
        }
    }

    /// Opens a modal at once, because a trigger expires after three seconds, and fills it in when
    /// its content is ready. From a modal it opens on top of that one. `content` gets the new
    /// modal's external ID.
    pub(super) async fn open_modal(
        &self,
        action: &Action,
        title: &str,
        content: impl AsyncFnOnce(&str) -> Result<Value, StoreError>,
    ) -> Result<(), JobError> {
        let not_opened = self.voice.words().modal_not_opened(title);
        self.open_modal_or(action, title, &not_opened, content)
            .await
    }

    /// The same with the text for the person if Slack doesn't open it. From a view, where no message
    /// can answer, the view itself says so.
    pub(super) async fn open_modal_or(
        &self,
        action: &Action,
        title: &str,
        not_opened: &str,
        content: impl AsyncFnOnce(&str) -> Result<Value, StoreError>,
    ) -> Result<(), JobError> {
        let words = self.voice.words();
        let Some(trigger) = &action.trigger else {
            tracing::warn!(id = action.id, "ignoring a press without a trigger");
            return Ok(());
        };
        let once = Once::of(&["modal", trigger]);
        let name = once.as_str();
        let loading = modal::loading(name, title, words);
        let in_modal = action.view.as_ref().is_some_and(View::is_modal);
        let opened = match in_modal {
            true => self.api.push_view(trigger, &loading).await,
            false => self.api.open_view(trigger, &loading).await,
        };
        match opened {
            // It may be open anyway, and its ID is known.
            Ok(()) | Err(CallError::Unknown { .. }) => {}
            // This press has already opened it.
            Err(CallError::Refused { code, .. }) if code == "exchanged_trigger_id" => return Ok(()),
            Err(error) => {
                match &action.view {
                    Some(view) => self.say_in(view, &action.user, not_opened).await,
                    None => self.tell(action.response_url.clone(), short(not_opened)),
                }
                return Err(error.into());
            }
        }
        let (view, failure) = match content(name).await {
            Ok(view) => (view, None),
            Err(error) => {
                let view = modal::said(title, &[Line::text(words.failed())], words);
                (view, Some(JobError::Reported(error)))
            }
        };
        let name = ViewName::ExternalId(name);
        match self.api.update_view(name, &view).await {
            Ok(()) => failure.map_or(Ok(()), Err),
            // The person has closed it, or Slack never opened it.
            Err(CallError::Refused { code, .. }) if code == "not_found" => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows the Home tab or a list with a remark above it, until it is next shown. A failure is
    /// only logged.
    async fn say_in(&self, view: &View, user: &UserId, remark: &str) {
        let said = match (lists::listed(Some(view)), view.is_modal()) {
            (Some(page), _) => self.show_list(view, &page, Some(remark)).await,
            (None, true) => Ok(()),
            (None, false) => {
                let (chosen, hash) = (home::chosen(Some(view)), view.hash.clone());
                self.show_choice(user, chosen, hash, HomeOccasion::NotOpened(remark))
                    .await
            }
        };
        if let Err(error) = said {
            tracing::warn!(%error, "failed to say that a modal didn't open");
        }
    }
}
