//! The buttons of cases: history, how an account becomes Enabled again, and who works on a case.
//!
//! A button can be pressed twice, by two people, or in an old message: the store decides, and the
//! answer shows the current state.

use std::sync::Arc;

use serde_json::Value;

use super::case_outcome::CaseOutcome;
use super::case_thread::DigestPlace;
use super::{Bot, JobError, home, lists, short};
use crate::domain::query::{Named, Query};
use crate::slack::client::Response;
use crate::slack::inbound::{Action, PostedMessage, ResponseUrl};
use crate::slack::view::asked::Asked;
use crate::slack::view::cases::{self, CasePress, Verb};
use crate::slack::view::{Content, modal};
use crate::text::comeback::Membership;
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::Decision;
use crate::watch::ports::StoreError;

/// The buttons and menus of cases.
pub(super) const ACTIONS: [&str; 4] = [cases::MENU, cases::TAKE, cases::RETURN, cases::GIVE_BACK];

impl Bot {
    pub(super) fn press_case(self: &Arc<Self>, action: Action) {
        let Some(press) = action.value.as_deref().and_then(CasePress::parse) else {
            tracing::warn!(id = action.id, "ignoring a button without a case");
            return;
        };
        let accounts: Vec<_> = press.cases.iter().map(|id| id.key.to_string()).collect();
        let what = format!("{} {}", press.verb.as_str(), accounts.join(" "));
        let changes = match press.verb {
            Verb::History | Verb::Return | Verb::Console => false,
            Verb::Take | Verb::GiveBack | Verb::Expect => true,
        };
        let voice = self.voice_of(&action, press.locale);
        self.press(
            action,
            (&what, voice),
            changes,
            "acting on a case",
            |bot, action| async move { bot.act_on_case(&action, &press, voice).await },
        );
    }

    async fn act_on_case(
        &self,
        action: &Action,
        press: &CasePress,
        voice: Voice,
    ) -> Result<(), JobError> {
        if action.view.is_some() {
            return self.act_at_home(action, press, voice).await;
        }
        let Some(url) = &action.response_url else {
            tracing::warn!(id = action.id, "ignoring a press that is in no message");
            return Ok(());
        };
        match press.verb {
            Verb::History => {
                let history = self.history(press, voice).await;
                self.respond_beside(url, history, voice).await
            }
            Verb::Return => {
                let steps = self.comeback(press, voice).await;
                self.respond_beside(url, steps, voice).await
            }
            Verb::Expect => self.open_form(action, press).await,
            Verb::Console => Ok(()),
            Verb::Take => {
                self.decide(Decision::Take, action, press, (url, voice))
                    .await
            }
            Verb::GiveBack => {
                let decision = Decision::GiveBack;
                self.decide(decision, action, press, (url, voice)).await
            }
        }
    }

    /// Handles a press in the Home tab, which can't show an answer: text opens in a modal, and the
    /// tab itself shows changes.
    async fn act_at_home(
        &self,
        action: &Action,
        press: &CasePress,
        voice: Voice,
    ) -> Result<(), JobError> {
        let words = voice.words();
        match press.verb {
            Verb::Expect => self.open_form(action, press).await,
            Verb::Console => Ok(()),
            Verb::History => {
                let title = words.case_history();
                let history = async |_: &str| self.history_modal(title, press, voice).await;
                self.open_modal(action, title, history).await
            }
            Verb::Return => {
                let title = words.how_to_return();
                let steps = async |_: &str| {
                    let steps = self.comeback(press, voice).await?;
                    Ok(modal::content(title, &steps, words))
                };
                self.open_modal(action, title, steps).await
            }
            Verb::Take => self.decide_at_home(Decision::Take, action, press).await,
            Verb::GiveBack => self.decide_at_home(Decision::GiveBack, action, press).await,
        }
    }

    /// Decides on the cases of a press in the Home tab, shows that there, and reports it.
    async fn decide_at_home(
        &self,
        decision: Decision,
        action: &Action,
        press: &CasePress,
    ) -> Result<(), JobError> {
        let user = &action.user;
        let (cases, wanted) = (&self.watch.cases, &press.cases);
        let outcome = CaseOutcome::of_decision(cases, wanted, &decision, user, true).await?;
        let changed = outcome.changed();
        let view = action.view.as_ref();
        let hash = view.and_then(|view| view.hash.clone());
        let showing = async {
            match (view, lists::listed(view)) {
                (Some(view), Some(page)) => self.show_list_and_home(user, view, &page).await,
                _ => self.show_changed_home(user, home::chosen(view), hash).await,
            }
        };
        let reporting = async {
            if !changed.is_empty() {
                self.report_decision(None, &changed, &decision, user).await;
            }
        };
        let (shown, ()) = tokio::join!(showing, reporting);
        shown?;
        outcome.failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The history of a case's account, even if the case has ended.
    async fn history(&self, press: &CasePress, voice: Voice) -> Result<Content, StoreError> {
        let Some(case) = press.cases.first() else {
            return Ok(short(voice.words().case_ended()));
        };
        let query = Query::Account(Named::Id(case.key.account));
        let answer = self.watch.answers.answer_from_store(&query).await?;
        let asked = Asked::of(query.into(), voice.locale);
        Ok(self.content(&answer, &asked, voice))
    }

    async fn history_modal(
        &self,
        title: &str,
        press: &CasePress,
        voice: Voice,
    ) -> Result<Value, StoreError> {
        let words = voice.words();
        let Some(case) = press.cases.first() else {
            return Ok(modal::said(title, &[Line::text(words.case_ended())], words));
        };
        let query = Query::Account(Named::Id(case.key.account));
        let answer = self.watch.answers.answer_from_store(&query).await?;
        Ok(self.modal(title, &answer, voice))
    }

    /// Shows the steps that make the accounts Enabled again, with commands.
    async fn comeback(&self, press: &CasePress, voice: Voice) -> Result<Content, StoreError> {
        let list = self.watch.cases.list().await?;
        let directory = self.watch.directory.get().await;
        let watched = self.watch.hubs.list();
        let open: Vec<_> = press.cases.iter().filter_map(|id| id.find(&list)).collect();
        if open.is_empty() {
            return Ok(short(voice.words().case_ended()));
        }
        let steps = open.iter().map(|case| {
            let member = Membership::of(case.key.account, &directory);
            voice.comeback(case, member, &watched)
        });
        let notes = voice.comeback_notes();
        Ok(cases::steps(&steps.collect::<Vec<_>>(), &notes))
    }

    /// Decides on the cases of a press, answers the person, and updates the digest.
    async fn decide(
        &self,
        decision: Decision,
        action: &Action,
        press: &CasePress,
        (url, voice): (&ResponseUrl, Voice),
    ) -> Result<(), JobError> {
        // The button of a digest leaves accepted cases alone; a menu overrides an acceptance.
        let over_accepted = press.cases.len() == 1;
        let (cases, wanted, user) = (&self.watch.cases, &press.cases, &action.user);
        let outcome = CaseOutcome::of_decision(cases, wanted, &decision, user, over_accepted).await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => return self.respond_beside(url, Err(error), voice).await,
        };
        let posted = action.posted.as_ref();
        let answer = Response::beside(outcome.answer(&decision, posted, voice));
        let answering = self.api.respond(url, &answer);
        let reporting = async {
            let thread = posted
                .map(PostedMessage::thread)
                .or(press.digest.as_deref());
            let changed = outcome.changed();
            // A press in an ephemeral message outside a thread has no place.
            let place = action.channel.as_ref().zip(thread);
            let place = place.map(|(channel, thread)| DigestPlace {
                channel: channel.as_str(),
                thread,
                posted: posted.filter(|posted| posted.ts == thread),
            });
            if !changed.is_empty() {
                self.report_decision(place, &changed, &decision, user).await;
            }
        };
        let (answered, ()) = tokio::join!(answering, reporting);
        answered?;
        outcome
            .failure
            .map_or(Ok(()), |error| Err(JobError::Reported(error)))
    }
}
