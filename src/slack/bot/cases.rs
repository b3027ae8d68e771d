//! The buttons of cases: history, how an account becomes Enabled again, and who works on a case.
//!
//! A button can be pressed twice, by two people, or in an old message: the store decides, and the
//! answer shows the current state.

use std::sync::Arc;

use serde_json::Value;

use super::case_thread::DigestPlace;
use super::{Bot, JobError, home, lists, refused, short};
use crate::domain::cases::{Case, CaseState, PersonId};
use crate::domain::directory::Directory;
use crate::domain::query::{Named, Query};
use crate::metrics::Job;
use crate::slack::admission::{Barred, RequestSurface};
use crate::slack::audit;
use crate::slack::client::Response;
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, PostedMessage, ResponseUrl};
use crate::slack::view::asked::Asked;
use crate::slack::view::cases::{self, CasePress, Verb};
use crate::slack::view::{self, Content, modal};
use crate::text::comeback::Membership;
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::ports::StoreError;
use crate::watch::{CaseId, Claimed, DecidedCase, Decision};

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

    /// Does what a button asks for, in a message or in the Home tab, if the person may press it.
    /// `what` is for the audit log; `voice` refuses in the language of the message; `changes` are for
    /// those who may change cases.
    pub(super) fn press<W>(
        self: &Arc<Self>,
        action: Action,
        (what, voice): (&str, Voice),
        changes: bool,
        doing: &'static str,
        work: impl FnOnce(Arc<Self>, Action) -> W,
    ) where
        W: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let request = audit::AuditEntry::about(&action, what);
        let at_home = action.view.is_some();
        let place = match at_home {
            true => RequestSurface::Home,
            false => RequestSurface::Channel(action.channel.as_ref()),
        };
        let admitted = match changes {
            true => self.admit_to_cases("a button", &request, place),
            false => self.admit("a button", &request, place),
        };
        match admitted {
            Ok(()) => {
                let url = action.response_url.clone();
                if !self.start(Job::Button, doing, |bot| work(bot, action)) {
                    self.tell(url, short(voice.words().busy()));
                }
            }
            // Requests from another workspace get no answer.
            Err(Barred::Foreign) => {}
            Err(barred) if at_home && barred != Barred::Case => {
                self.close_home(action.user, barred)
            }
            Err(barred) => {
                let content = refused(barred, &request, voice);
                if at_home {
                    self.aside_modal(action, content);
                } else {
                    self.tell(action.response_url, content);
                }
            }
        }
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
            Verb::History | Verb::Return => self.answer_about(press, url, voice).await,
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
        let (title, decision) = match press.verb {
            Verb::Expect => return self.open_form(action, press).await,
            Verb::Console => return Ok(()),
            Verb::History => (words.case_history(), None),
            Verb::Return => (words.how_to_return(), None),
            Verb::Take => ("", Some(Decision::Take)),
            Verb::GiveBack => ("", Some(Decision::GiveBack)),
        };
        let Some(decision) = decision else {
            let content = async |_: &str| match press.verb {
                Verb::History => self.history_modal(title, press, voice).await,
                _ => Ok(modal::content(
                    title,
                    &self.comeback(press, voice).await?,
                    words,
                )),
            };
            return self.open_modal(action, title, content).await;
        };
        let user = &action.user;
        let outcome = self.decide_on(&press.cases, &decision, user, true).await?;
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

    /// Explains in a modal why a press has no effect.
    fn aside_modal(self: &Arc<Self>, action: Action, content: Content) {
        let bot = Arc::clone(self);
        self.aside(async move {
            let words = bot.voice.words();
            let view = async |_: &str| Ok(modal::content(words.form_title(), &content, words));
            bot.open_modal(&action, words.form_title(), view).await
        });
    }

    async fn answer_about(
        &self,
        press: &CasePress,
        url: &ResponseUrl,
        voice: Voice,
    ) -> Result<(), JobError> {
        let content = self.about(press, voice).await;
        self.respond_beside(url, content, voice).await
    }

    /// The text about the cases of a press.
    async fn about(&self, press: &CasePress, voice: Voice) -> Result<Content, StoreError> {
        match press.verb {
            Verb::History => self.history(press, voice).await,
            _ => self.comeback(press, voice).await,
        }
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

    /// How the accounts become Enabled again, with commands.
    async fn comeback(&self, press: &CasePress, voice: Voice) -> Result<Content, StoreError> {
        let list = self.watch.cases.list().await?;
        let directory = self.watch.directory.get().await;
        let watched = self.watch.hubs.list();
        let open: Vec<_> = press.cases.iter().filter_map(|id| id.find(&list)).collect();
        if open.is_empty() {
            return Ok(short(voice.words().case_ended()));
        }
        let steps = open.iter().map(|case| {
            let member = membership(&directory, case);
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
        let wanted = &press.cases;
        let outcome = self.decide_on(wanted, &decision, &action.user, over_accepted);
        let outcome = match outcome.await {
            Ok(outcome) => outcome,
            Err(error) => return self.respond_beside(url, Err(error), voice).await,
        };
        let answer = Response::beside(press_answer_of(&outcome, &decision, action, voice));
        let answering = self.api.respond(url, &answer);
        let reporting = async {
            let posted = action.posted.as_ref();
            let thread = posted
                .map(PostedMessage::thread)
                .or(press.digest.as_deref());
            let (changed, user) = (outcome.changed(), &action.user);
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

    /// Decides on these cases, one after the other.
    ///
    /// # Errors
    ///
    /// If the store fails before the first decision.
    pub(super) async fn decide_on(
        &self,
        wanted: &[CaseId],
        decision: &Decision,
        user: &UserId,
        over_accepted: bool,
    ) -> Result<PressOutcome, StoreError> {
        let by = PersonId(user.to_string());
        let list = self.watch.cases.list().await?;
        let mut outcome = PressOutcome::default();
        for id in wanted {
            match id.find(&list) {
                None => {
                    outcome.ended += 1;
                    continue;
                }
                Some(case) if !over_accepted && matches!(case.state, CaseState::Accepted(_)) => {
                    outcome.accepted += 1;
                    continue;
                }
                Some(_) => {}
            }
            match self.watch.cases.decide(id, &by, decision).await {
                Ok(Some(case)) => outcome.decided.push(case),
                Ok(None) => outcome.ended += 1,
                Err(error) => {
                    outcome.failure = Some(error);
                    break;
                }
            }
        }
        Ok(outcome)
    }
}

fn press_answer_of(
    outcome: &PressOutcome,
    decision: &Decision,
    action: &Action,
    voice: Voice,
) -> Content {
    let words = voice.words();
    let mut content = view::lines(&outcome.lines(decision, voice));
    // The menu of an old message doesn't show who has the case.
    if let (Decision::Take, [one], Some(posted)) = (decision, &outcome.decided[..], &action.posted)
        && let (Claimed::Done(case), false) = (&one.claimed, one.is_new)
    {
        let button = cases::give_back(case, posted.thread(), words);
        content.blocks.push(button);
    }
    content
}

/// The outcome of a decision on several cases.
#[derive(Debug, Default)]
pub(super) struct PressOutcome {
    /// The cases that were decided.
    decided: Vec<DecidedCase>,
    /// The number of cases that had ended.
    ended: usize,
    /// The number of accepted cases, which stay as they are.
    accepted: usize,
    /// The error because of which the rest is undecided.
    pub(super) failure: Option<StoreError>,
}

impl PressOutcome {
    /// Nothing was decided.
    pub(super) fn failed(error: StoreError) -> Self {
        Self {
            failure: Some(error),
            ..Self::default()
        }
    }

    /// The changed cases, as they were before.
    pub(super) fn changed(&self) -> Vec<&Case> {
        let changed = self.decided.iter().filter(|one| one.is_new);
        changed.map(|one| &one.before).collect()
    }

    /// The answer for the person.
    pub(super) fn lines(&self, decision: &Decision, voice: Voice) -> Vec<Line> {
        let words = voice.words();
        let decided = self.decided.iter();
        let mut lines: Vec<_> = decided
            .flat_map(|one| voice.decided(one, decision, false))
            .collect();
        // Of many cases, some of which others have, the rest was taken.
        if let [one] = &self.decided[..] {
            lines.extend(voice.how_to_free(std::slice::from_ref(one)));
        }
        match (lines.is_empty(), self.ended) {
            (_, 0) => {}
            (true, 1) => lines.push(Line::text(words.case_ended())),
            (_, ended) => lines.push(Line::text(words.cases_ended(ended))),
        }
        if self.accepted > 0 {
            lines.push(Line::text(words.cases_expected(self.accepted)));
        }
        if self.failure.is_some() {
            lines.push(Line::text(words.failed()));
        }
        lines
    }
}

/// Whether the account is a member through the organization or by invitation.
fn membership(directory: &Directory, case: &Case) -> Membership {
    let record = directory.get(case.key.account);
    let is_in_it = record.is_some_and(|record| record.state.is_some());
    let organization = directory.organization.as_ref();
    let is_known = organization.is_some_and(|known| known.read_at.is_some());
    match (is_in_it, is_known) {
        (true, _) => Membership::Organization,
        (false, true) => Membership::Invitation,
        (false, false) => Membership::Unknown,
    }
}
