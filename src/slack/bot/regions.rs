//! The menu and buttons of failing Regions: how they become readable again, who works on them, and
//! how to leave one out. The bot doesn't change what it monitors.

use std::sync::Arc;

use super::case_thread::DigestPlace;
use super::{Bot, JobError};
use crate::domain::cases::{Assignment, CaseList, FailingHubs, PersonId};
use crate::domain::hub::HubId;
use crate::slack::audit;
use crate::slack::ids::ChannelId;
use crate::slack::inbound::Action;
use crate::slack::view::regions::RegionPress;
use crate::slack::view::{self, Content, cases, regions};
use crate::text::regions::LeavingOut;
use crate::text::voice::Voice;
use crate::watch::HubDecision;
use crate::watch::ports::{Channel as _, StoreError};

/// The menu and the buttons.
pub(super) const ACTIONS: [&str; 4] = [
    regions::MENU,
    regions::FIX,
    regions::TAKE,
    regions::GIVE_BACK,
];

impl Bot {
    pub(super) fn press_region(self: &Arc<Self>, action: Action) {
        let Some(press) = action.value.as_deref().and_then(RegionPress::parse) else {
            tracing::warn!(id = action.id, "ignoring a button without a Region");
            return;
        };
        let what = press.value();
        let changes = matches!(press, RegionPress::Decide(..));
        let voice = self.voice_of(&action, None);
        self.press(
            action,
            (&what, voice),
            changes,
            "acting on a failing Region",
            |bot, action| async move { bot.act_on_region(&action, &press).await },
        );
    }

    async fn act_on_region(&self, action: &Action, press: &RegionPress) -> Result<(), JobError> {
        let Some(url) = &action.response_url else {
            return Ok(());
        };
        let voice = self.voice_of(action, None);
        let mut news = None;
        let answered = match press {
            RegionPress::Fix(failing) => self.fixing(action, failing, voice).await,
            RegionPress::LeaveOut(hub) => self.leaving_out(action, hub, voice).await,
            RegionPress::Decide(decision, failing) => {
                let decided = self.decide_on_regions(action, *decision, failing).await;
                decided.map(|(content, changed)| {
                    news = Some((*decision, changed));
                    content
                })
            }
        };
        let answering = self.respond_beside(url, answered, voice);
        let reporting = async {
            if let Some((decision, changed)) = &news {
                self.report_regions(action, *decision, changed).await;
            }
        };
        let (answered, ()) = tokio::join!(answering, reporting);
        answered
    }

    async fn fixing(
        &self,
        action: &Action,
        asked: &FailingHubs,
        voice: Voice,
    ) -> Result<Content, StoreError> {
        let cases = self.cases_at(action).await?;
        let watched = self.watch.hubs.list();
        let (groups, notes) = voice.fixing(asked, &cases.failing, &watched);
        Ok(cases::steps(&groups, &notes))
    }

    /// Decides, and returns the answer for the person and the hubs whose owner changed.
    async fn decide_on_regions(
        &self,
        action: &Action,
        decision: HubDecision,
        asked: &FailingHubs,
    ) -> Result<(Content, Vec<HubId>), StoreError> {
        let voice = self.voice_of(action, None);
        let by = PersonId(action.user.to_string());
        // "All of them" are those of the channel.
        let channel = action.channel.as_ref();
        let digests = channel.and_then(|id| self.digests_in(id.as_str()));
        let is_there =
            |hub: &HubId| digests.is_none_or(|digests| digests.audience().scope.takes_hub(hub));
        let cases = &self.watch.cases;
        let decided = cases.decide_hubs(asked, is_there, &by, decision).await?;
        let watched = self.watch.hubs.list();
        let changed = decided.iter().filter(|one| one.is_new);
        let changed: Vec<_> = changed.map(|one| one.failing.hub.clone()).collect();
        if !changed.is_empty() {
            let changed: Vec<_> = changed.iter().collect();
            audit::note_hubs(&action.user, &changed, decision);
        }
        let lines = voice.hubs_decided(asked, &decided, decision, &by, &watched);
        let mut content = view::lines(&lines);
        let is_owner = |owner: &Assignment| owner.by == by;
        let mut owners = decided.iter().filter_map(|one| one.failing.owner.as_ref());
        if decision == HubDecision::Take && owners.any(is_owner) {
            let words = voice.words();
            content.blocks.push(regions::give_back(asked, words));
        }
        Ok((content, changed))
    }

    /// Reports in every channel that takes them whose the Regions are now.
    async fn report_regions(&self, action: &Action, decision: HubDecision, changed: &[HubId]) {
        let by = PersonId(action.user.to_string());
        let watched = self.watch.hubs.list();
        self.report(DigestPlace::pressed(action), |scope, voice| {
            let is_there = |hub: &&HubId| scope.is_none_or(|scope| scope.takes_hub(hub));
            let taken: Vec<_> = changed.iter().filter(is_there).collect();
            (!taken.is_empty()).then(|| voice.hubs_news(&taken, decision, &by, &watched))
        })
        .await;
    }

    async fn leaving_out(
        &self,
        action: &Action,
        hub: &HubId,
        voice: Voice,
    ) -> Result<Content, StoreError> {
        let cases = self.cases_at(action).await?;
        let (step, notes) = voice.leaving_out(&LeavingOut {
            hub,
            chosen: &self.watch.hubs.chosen(hub.admin),
            watched: &self.watch.hubs.list(),
            open: &cases.open,
        });
        Ok(cases::steps(&[vec![step]], &notes))
    }

    /// The cases of the channel in which a person pressed something.
    async fn cases_at(&self, action: &Action) -> Result<CaseList, StoreError> {
        let channel = action.channel.as_ref().map(ChannelId::as_str);
        let list = self.watch.cases.list().await?;
        Ok(self.cases_of(channel, list).await)
    }
}
