//! Views: the Home tab, and forms.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use slack_morphism::prelude::SlackView;

use super::repeat::{Repetition, repeat};
use super::{CallError, SlackApi, ViewName};
use crate::slack::ids::UserId;
use crate::slack::inbound::View;
use crate::slack::view::plain;

impl SlackApi {
    /// Shows a Home tab to a person, in place of the one with `hash` if given.
    ///
    /// # Errors
    ///
    /// [`CallError`], such as `Refused` with `hash_conflict` if the tab has changed since `hash`.
    pub async fn publish_home(
        &self,
        user: &UserId,
        view: &SlackView,
        hash: Option<&str>,
    ) -> Result<Option<String>, CallError> {
        #[derive(Deserialize)]
        struct Published {
            #[serde(default)]
            view: View,
        }
        #[derive(Serialize)]
        struct Request<'a> {
            user_id: &'a str,
            view: &'a SlackView,
            #[serde(skip_serializing_if = "Option::is_none")]
            hash: Option<&'a str>,
        }
        let request = Request {
            user_id: user.as_str(),
            view,
            hash,
        };
        let published: Published = self.send_view("views.publish", &request).await?;
        Ok(published.view.hash)
    }

    /// Opens a view, once: a trigger lives for three seconds, and opens one.
    ///
    /// # Errors
    ///
    /// [`CallError`], such as `Refused` with `expired_trigger_id`.
    pub async fn open_view(&self, trigger: &str, view: &Value) -> Result<(), CallError> {
        self.show_view("views.open", trigger, view).await
    }

    /// Opens a view on top of the modal in which the trigger was pressed, once.
    ///
    /// # Errors
    ///
    /// [`CallError`], as for [`Self::open_view`].
    pub async fn push_view(&self, trigger: &str, view: &Value) -> Result<(), CallError> {
        self.show_view("views.push", trigger, view).await
    }

    async fn show_view(
        &self,
        method: &'static str,
        trigger: &str,
        view: &Value,
    ) -> Result<(), CallError> {
        #[derive(Serialize)]
        struct Open<'a> {
            trigger_id: &'a str,
            view: &'a Value,
        }
        let open = Open {
            trigger_id: trigger,
            view,
        };
        self.post::<_, Value>(method, &open).await.map(drop)
    }

    /// Shows another view in an open one.
    ///
    /// # Errors
    ///
    /// [`CallError`], such as `Refused` with `not_found` if the view was closed.
    pub async fn update_view(&self, of: ViewName<'_>, view: &Value) -> Result<(), CallError> {
        #[derive(Serialize)]
        struct Change<'a> {
            #[serde(flatten)]
            of: ViewName<'a>,
            view: &'a Value,
        }
        let change = Change { of, view };
        let changed = self.send_view::<Value>("views.update", &change);
        changed.await.map(drop)
    }

    /// Sends a request with a `view`; if Slack rejects its blocks, with the view as text.
    async fn send_view<T: DeserializeOwned + Send>(
        &self,
        method: &'static str,
        request: &impl Serialize,
    ) -> Result<T, CallError> {
        // A struct of strings and numbers: this cannot fail.
        let mut request = serde_json::to_value(request).unwrap_or_default();
        match repeat(Repetition::Harmless, || self.post(method, &request)).await {
            Err(CallError::Refused { code, .. }) if plain::is_about_view(&code) => {
                tracing::error!(code, "showing a view as text: Slack rejected its blocks");
                request["view"] = plain::view(&request["view"]);
                repeat(Repetition::Harmless, || self.post(method, &request)).await
            }
            sent => sent,
        }
    }
}
