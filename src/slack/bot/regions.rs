//! The menu of a failing Region: how to leave it out. The bot doesn't change what it monitors.

use std::sync::Arc;

use super::{Bot, JobError, short};
use crate::domain::hub::HubId;
use crate::slack::client::Response;
use crate::slack::inbound::Action;
use crate::slack::view::{Content, cases, regions};
use crate::text::regions::LeavingOut;
use crate::watch::ports::StoreError;

/// The menu.
pub(super) const ACTIONS: [&str; 1] = [regions::MENU];

impl Bot {
    pub(super) fn press_region(self: &Arc<Self>, action: Action) {
        let Some(hub) = action.value.as_deref().and_then(regions::leave_out) else {
            tracing::warn!(id = action.id, "ignoring a menu without a Region");
            return;
        };
        let what = format!("leave_out {hub}");
        self.press(
            action,
            &what,
            false,
            "explaining how to leave a Region out",
            |bot, action| async move {
                let Some(url) = &action.response_url else {
                    return Ok(());
                };
                let (content, failure) = match bot.leaving_out(&hub).await {
                    Ok(content) => (content, None),
                    Err(error) => (short(bot.voice.words().failed()), Some(error)),
                };
                bot.api.respond(url, &Response::beside(content)).await?;
                failure.map_or(Ok(()), |error| Err(JobError::Reported(error)))
            },
        );
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
