//! Lists in a modal: opened from the Home tab, a digest or an answer, and turned page by page.

use std::sync::Arc;

use serde_json::Value;

use super::{Bot, JobError, home};
use crate::slack::client::{CallError, ViewName};
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, View};
use crate::slack::view::list_kind::{self, ListKind};
use crate::slack::view::lists::{self, ListPage};
use crate::slack::view::modal;
use crate::watch::ports::StoreError;

/// The buttons of lists.
pub(super) const ACTIONS: [&str; 3] = [list_kind::OPEN, lists::PREVIOUS, lists::NEXT];

impl Bot {
    pub(super) fn press_list(self: &Arc<Self>, action: Action) {
        let value = action.value.as_deref().unwrap_or_default();
        let page = match action.id.as_str() {
            list_kind::OPEN => ListKind::parse(value).map(|list| ListPage {
                list,
                page: 0,
                home: action.view.as_ref().map(|view| home::chosen(Some(view))),
                channel: channel_of(&action),
            }),
            _ => listed(action.view.as_ref()).map(|page| ListPage {
                page: value.parse().unwrap_or_default(),
                ..page
            }),
        };
        let Some(page) = page else {
            tracing::warn!(id = action.id, "ignoring a button without a list");
            return;
        };
        let what = format!("list {}", page.list.as_str());
        let voice = self.voice_of(&action, None);
        self.press(
            action,
            (&what, voice),
            false,
            "showing a list",
            |bot, action| async move {
                match (action.id.as_str(), &action.view) {
                    (list_kind::OPEN, _) | (_, None) => bot.open_list(&action, &page).await,
                    (_, Some(view)) => bot.show_list(view, &page, None).await,
                }
            },
        );
    }

    async fn open_list(&self, action: &Action, page: &ListPage) -> Result<(), JobError> {
        let title = page.list.title(self.voice_of(action, None).words());
        let content = async |_: &str| self.list_view(page, None).await;
        self.open_modal(action, title, content).await
    }

    /// Shows a page in an open modal, below a remark if there is one.
    pub(super) async fn show_list(
        &self,
        view: &View,
        page: &ListPage,
        remark: Option<&str>,
    ) -> Result<(), JobError> {
        let Some(id) = view.id.as_deref() else {
            return Ok(());
        };
        let content = self.list_view(page, remark).await?;
        match self.api.update_view(ViewName::ViewId(id), &content).await {
            // The person has closed it.
            Err(CallError::Refused { code, .. }) if code == "not_found" => Ok(()),
            shown => Ok(shown?),
        }
    }

    /// Shows a page again once cases have changed, and the Home tab if it is below it.
    pub(super) async fn show_list_and_home(
        &self,
        user: &UserId,
        view: &View,
        page: &ListPage,
    ) -> Result<(), JobError> {
        let tab = async {
            match page.home.clone() {
                Some(chosen) => self.show_changed_home(user, chosen, None).await,
                None => Ok(()),
            }
        };
        let (listed, tab) = tokio::join!(self.show_list(view, page, None), tab);
        listed.and(tab)
    }

    async fn list_view(&self, page: &ListPage, remark: Option<&str>) -> Result<Value, StoreError> {
        let hubs = self.watch.hubs.list();
        let chosen = page.home.clone().unwrap_or_default();
        let filter = chosen.filter(&hubs);
        let mut overview = self.watch.overviews.overview(&filter, None).await?;
        let mut voice = self.voice;
        if let Some(channel) = page.channel.as_deref() {
            voice = self.voice_in(channel);
            overview.cases = self.cases_of(Some(channel), overview.cases).await;
        }
        let mut view = lists::view(page, &overview, &hubs, &voice);
        if let Some(remark) = remark {
            modal::say_above(&mut view, remark);
        }
        Ok(view)
    }
}

/// The channel of a message that everyone there sees. An answer for one person has all accounts.
fn channel_of(action: &Action) -> Option<String> {
    let channel = action.channel.as_ref()?;
    action.posted.as_ref().map(|_| channel.to_string())
}

/// The page in a modal with a list.
pub(super) fn listed(view: Option<&View>) -> Option<ListPage> {
    let view = view.filter(|view| view.is_modal())?;
    ListPage::parse(view.private_metadata.as_deref()?)
}
