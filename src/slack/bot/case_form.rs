//! The form that accepts cases until a date. It opens at once, is filled in later, and stays open
//! until the decision is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use tokio::time::Instant;

use super::case_outcome::CaseOutcome;
use super::case_thread::DigestPlace;
use super::{Bot, FormReply, JobError, Reply, home, lists, refused};
use crate::domain::cases::Reason;
use crate::metrics::Job;
use crate::slack::admission::{Barred, RequestSurface};
use crate::slack::audit::AuditEntry;
use crate::slack::ids::ChannelId;
use crate::slack::inbound::{Action, Submission, View};
use crate::slack::view::case_form::{self, FormChoices, FormContext, UNTIL, WHO, WHY};
use crate::slack::view::cases::{self, CasePress, Verb};
use crate::slack::view::modal;
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::ports::Once;
use crate::watch::{CaseId, Decision};

/// The proposed length of an acceptance.
const PROPOSED: Days = Days::new(30);

/// The submitted decision.
struct Expected {
    cases: Vec<CaseId>,
    decision: Decision,
}

/// Invalid input, by block.
type Errors = BTreeMap<&'static str, String>;

impl Bot {
    /// Opens the form: from a digest with its cases, from the Home tab with all open ones.
    pub(super) async fn open_form(
        &self,
        action: &Action,
        press: &CasePress,
    ) -> Result<(), JobError> {
        let Some(&chosen) = press.cases.first() else {
            return Ok(());
        };
        let digest = action.channel.as_ref().zip(action.posted.as_ref());
        let context = match (digest, &action.view) {
            (Some((channel, posted)), _) => FormContext::Digest {
                channel: channel.to_string(),
                digest: posted.thread().to_owned(),
            },
            (None, Some(view)) => match lists::listed(Some(view)).zip(view.id.clone()) {
                Some((page, view)) => FormContext::List { page, view },
                None => FormContext::Home(home::chosen(Some(view))),
            },
            (None, None) => {
                tracing::warn!(id = action.id, "ignoring a form that is in no message");
                return Ok(());
            }
        };
        let voice = self.form_voice(Some(&context));
        let words = voice.words();
        let content = async |name: &str| {
            let mut list = self.watch.cases.list().await?;
            if let FormContext::List { page, .. } = &context {
                list = self.cases_of(page.channel.as_deref(), list).await;
            }
            let mut ids = match &action.posted {
                Some(posted) => cases::named(&posted.blocks),
                None => list.open.iter().map(CaseId::from).collect(),
            };
            if !ids.contains(&chosen) {
                ids.insert(0, chosen);
            }
            let open = ids.iter().filter_map(|id| id.find(&list));
            let limits = self.case_limits();
            let choices = FormChoices {
                cases: &open.collect::<Vec<_>>(),
                chosen,
                until: (limits.today + PROPOSED).min(limits.latest()),
            };
            Ok(if choices.cases.is_empty() {
                modal::said(words.form_title(), &[Line::text(words.case_ended())], words)
            } else {
                case_form::form(&choices, &context, name, &voice)
            })
        };
        let (title, not_opened) = (words.form_title(), words.form_not_opened());
        self.open_modal_or(action, title, not_opened, content).await
    }

    /// The language of a form: that of the channel in which it was opened.
    fn form_voice(&self, context: Option<&FormContext>) -> Voice {
        let channel = match context {
            Some(FormContext::Digest { channel, .. }) => Some(channel),
            Some(FormContext::List { page, .. }) => page.channel.as_ref(),
            Some(FormContext::Home(_)) | None => None,
        };
        let locale = channel.map(|id| self.voice_in(id).locale);
        self.speaking(locale.unwrap_or(self.voice.locale))
    }

    fn voice_of_form(&self, submission: &Submission) -> Voice {
        self.form_voice(FormContext::parse(&submission.private_metadata).as_ref())
    }

    /// Handles the submitted form.
    pub(super) fn submit_case_form(self: &Arc<Self>, submission: Submission) -> Reply {
        let voice = self.voice_of_form(&submission);
        let words = voice.words();
        if !self.admission.is_known() {
            return errors([(WHY, words.not_ready().to_owned())].into());
        }
        let context = FormContext::parse(&submission.private_metadata);
        let channel = match &context {
            Some(FormContext::Digest { channel, .. }) => ChannelId::parse(channel),
            Some(FormContext::Home(_) | FormContext::List { .. }) | None => None,
        };
        let place = match context {
            Some(FormContext::Home(_) | FormContext::List { .. }) => RequestSurface::Home,
            _ => RequestSurface::Channel(channel.as_ref()),
        };
        let what = asked(&submission);
        let request = AuditEntry {
            user: &submission.user,
            channel: channel.as_ref(),
            sender: &submission.sender,
            what: &what,
        };
        match self.admit_to_cases("a form", &request, place) {
            Ok(()) => {}
            // Requests from another workspace get no answer.
            Err(Barred::Foreign) => return Reply::Received,
            Err(barred) => {
                let content = refused(barred, &request, voice);
                let view = modal::said(words.form_title(), &[Line::text(content.text)], words);
                return Reply::Form(Box::new(FormReply::Update(view)));
            }
        }
        let expected = match self.read_form(&submission) {
            Ok(expected) => expected,
            Err(wrong) => return errors(wrong),
        };
        let reply = self.answer_case_form(&submission);
        let started = self.start(Job::Button, "accepting cases", |bot| async move {
            bot.expect(&submission, &expected).await
        });
        if started {
            reply
        } else {
            errors([(WHY, words.busy().to_owned())].into())
        }
    }

    /// The acknowledgement of an admitted form. It depends only on the form.
    pub(super) fn answer_case_form(&self, submission: &Submission) -> Reply {
        match self.read_form(submission) {
            Ok(_) => {
                let words = self.voice_of_form(submission).words();
                let view = modal::said(
                    words.form_title(),
                    &[Line::text(words.form_saving())],
                    words,
                );
                Reply::Form(Box::new(FormReply::Update(view)))
            }
            Err(wrong) => errors(wrong),
        }
    }

    fn read_form(&self, submission: &Submission) -> Result<Expected, Errors> {
        let words = self.voice_of_form(submission).words();
        let mut wrong = Errors::new();
        let cases = chosen(submission);
        if cases.is_empty() {
            wrong.insert(WHO, words.form_no_accounts().to_owned());
        }
        let today = self.watch.calendar.today();
        let (first, last) = (today + Days::new(1), self.case_limits().latest());
        let until = end(submission).filter(|until| (first..=last).contains(until));
        if until.is_none() {
            let text = words.form_date(&first.to_string(), &last.to_string());
            wrong.insert(UNTIL, text);
        }
        let why = submission.field(WHY).and_then(|field| field.get("value"));
        let why = why.and_then(|text| text.as_str()).unwrap_or_default();
        let why = Reason::parse(why).ok();
        if why.is_none() {
            let text = words.form_reason(Reason::SHORTEST, Reason::LONGEST);
            wrong.insert(WHY, text);
        }
        match (until, why) {
            (Some(until), Some(why)) if wrong.is_empty() => Ok(Expected {
                cases,
                decision: Decision::Accept { until, why },
            }),
            _ => Err(wrong),
        }
    }

    /// Stores the decision of a form once, shows the current state in it, and reports the decision
    /// in the digest's thread.
    async fn expect(&self, submission: &Submission, expected: &Expected) -> Result<(), JobError> {
        let began = Instant::now();
        let once = Once::of(&["case_form", &submission.view, &submission.hash]);
        let claimed = self.watch.once.claim(&once).await;
        // Another replica is handling this submission.
        if let Ok(false) = claimed {
            return Ok(());
        }
        let Expected { cases, decision } = expected;
        let outcome = match claimed {
            Ok(_) => {
                let (stored, user) = (&self.watch.cases, &submission.user);
                CaseOutcome::of_decision(stored, cases, decision, user, true).await
            }
            Err(error) => Err(error),
        };
        let outcome = outcome.unwrap_or_else(CaseOutcome::failed);
        let voice = self.voice_of_form(submission);
        let words = voice.words();
        let mut lines = outcome.lines(decision, voice);
        let changed = outcome.changed();
        if !changed.is_empty() {
            lines.push(Line::text(words.form_until_hint()));
        }
        let view = modal::said(words.form_title(), &lines, words);
        let shown = self.show_result(submission, &view, began).await;
        let user = &submission.user;
        match FormContext::parse(&submission.private_metadata) {
            _ if changed.is_empty() => {}
            Some(FormContext::Digest { channel, digest }) => {
                let place = DigestPlace {
                    channel: &channel,
                    thread: &digest,
                    posted: None,
                };
                self.report_decision(Some(place), &changed, decision, user)
                    .await;
            }
            Some(FormContext::Home(filter)) => {
                let showing = self.show_changed_home(user, filter, None);
                let (shown, ()) = tokio::join!(
                    showing,
                    self.report_decision(None, &changed, decision, user)
                );
                shown?;
            }
            Some(FormContext::List { page, view }) => {
                let view = View {
                    id: Some(view),
                    ..View::default()
                };
                let showing = self.show_list_and_home(user, &view, &page);
                let (shown, ()) = tokio::join!(
                    showing,
                    self.report_decision(None, &changed, decision, user)
                );
                shown?;
            }
            None => self.report_decision(None, &changed, decision, user).await,
        }
        match outcome.failure {
            Some(error) => Err(JobError::Reported(error)),
            None => Ok(shown?),
        }
    }
}

fn errors(errors: Errors) -> Reply {
    Reply::Form(Box::new(FormReply::Errors(errors)))
}

fn chosen(submission: &Submission) -> Vec<CaseId> {
    let options = submission
        .field(WHO)
        .and_then(|field| field.get("selected_options")?.as_array());
    let values = options.into_iter().flatten();
    values
        .filter_map(|option| cases::read_id(option.get("value")?.as_str()?))
        .collect()
}

fn end(submission: &Submission) -> Option<NaiveDate> {
    let field = submission.field(UNTIL)?;
    field.get("selected_date")?.as_str()?.parse().ok()
}

/// The requested decision without its reason.
fn asked(submission: &Submission) -> String {
    let keys: Vec<_> = chosen(submission)
        .iter()
        .map(|id| id.key.to_string())
        .collect();
    let until = end(submission).map_or_else(|| "?".to_owned(), |until| until.to_string());
    format!("{} {} until {until}", Verb::Expect.as_str(), keys.join(" "))
}
