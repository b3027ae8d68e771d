//! The menu and buttons of failing Regions: how they become readable again, and how to leave one
//! out. The bot doesn't change what it monitors.

use std::sync::Arc;

use super::{Bot, JobError, short};
use crate::domain::cases::FailingHubs;
use crate::domain::hub::HubId;
use crate::slack::client::Response;
use crate::slack::inbound::Action;
use crate::slack::view::regions::RegionPress;
use crate::slack::view::{Content, cases, regions};
use crate::text::regions::LeavingOut;
use crate::watch::ports::StoreError;

/// The menu and the buttons.
pub(super) const ACTIONS: [&str; 2] = [regions::MENU, regions::FIX];

impl Bot {
    pub(super) fn press_region(self: &Arc<Self>, action: Action) {
        let Some(press) = action.value.as_deref().and_then(RegionPress::parse) else {
            tracing::warn!(id = action.id, "ignoring a button without a Region");
            return;
        };
        let what = press.value();
        self.press(
            action,
            &what,
            false,
            "explaining what to do about a Region",
            |bot, action| async move { bot.act_on_region(&action, &press).await },
        );
    }

    async fn act_on_region(&self, action: &Action, press: &RegionPress) -> Result<(), JobError> {
        let Some(url) = &action.response_url else {
            return Ok(());
        };
        let answered = match press {
            RegionPress::Fix(failing) => self.fixing(failing).await,
            RegionPress::LeaveOut(hub) => self.leaving_out(hub).await,
        };
        let (content, failure) = match answered {
            Ok(content) => (content, None),
            Err(error) => (short(self.voice.words().failed()), Some(error)),
        };
        self.api.respond(url, &Response::beside(content)).await?;
        failure.map_or(Ok(()), |error| Err(JobError::Reported(error)))
    }

    async fn fixing(&self, asked: &FailingHubs) -> Result<Content, StoreError> {
        let cases = self.watch.cases.list().await?;
        let watched = self.watch.hubs.list();
        let (groups, notes) = self.voice.fixing(asked, &cases.failing, &watched);
        Ok(cases::steps(&groups, &notes))
    }

    async fn leaving_out(&self, hub: &HubId) -> Result<Content, StoreError> {
        let cases = self.watch.cases.list().await?;
        let (step, notes) = self.voice.leaving_out(&LeavingOut {
            hub,
            chosen: &self.watch.hubs.chosen(hub.admin),
            watched: &self.watch.hubs.list(),
            open: &cases.open,
        });
        Ok(cases::steps(&[vec![step]], &notes))
    }
}
