//! The work behind a command, an event, an interaction.
//!
//! Everything here acknowledges at once. The work happens after that, in tracked tasks:
//! `commands.rs` reads commands, `answers.rs` has their answers, `checks.rs` those with a live check,
//! `press.rs` admits those who press a button, `cases.rs` has the buttons of cases, `case_form.rs`
//! their form, `case_commands.rs` the commands that change cases, `case_outcome.rs` what the person
//! reads of a decision, `case_thread.rs` what the channel reads of it, `modals.rs` opens modals,
//! `lists.rs` those with long lists, `home.rs` the Home tab, `home_forms.rs` its forms, `waiting.rs`
//! the people who wait there for a live check, `reply.rs` what acknowledges a request, `early.rs` the
//! requests before Slack has confirmed the workspace, `refusals.rs` the rejected ones.

mod answers;
mod case_commands;
mod case_form;
mod case_outcome;
mod case_thread;
mod cases;
mod checks;
mod commands;
mod early;
mod home;
mod home_forms;
mod lists;
mod modals;
mod parts;
mod press;
mod refusals;
mod regions;
mod renamed;
mod reply;
mod waiting;

use std::sync::Arc;

use commands::FirstReply;
use early::Early;
use parts::{ActionPart, Form};
use refusals::{NOTES, refused};
pub use reply::{FormReply, Reply};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use waiting::Waiting;

use super::admission::{Admission, Barred, RequestSurface};
use super::audit;
use super::channel::DigestChannel;
use super::client::{CallError, SlackApi};
use super::ids::ChannelId;
use super::inbound::{Action, Interaction, SlackEvent, Submission};
use super::view::{self, Content};
use crate::domain::emails::Emails;
use crate::domain::member::MemberStatus;
use crate::domain::query::case_command;
use crate::domain::schedule::Schedule;
use crate::log::LogThrottle;
use crate::metrics::{Job, Metrics};
use crate::policies::answers::JOB_WITHIN;
use crate::text::Locale;
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::Watch;
use crate::watch::ports::{Channel as _, StoreError};

/// The number of jobs at a time. Further requests are rejected, with a message.
const JOBS: usize = 64;

/// The reason that a job failed.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The person has read that it failed.
    #[error(transparent)]
    Reported(StoreError),
    #[error(transparent)]
    Slack(#[from] CallError),
}

/// The bot behind the endpoint.
pub struct Bot {
    watch: Arc<Watch>,
    api: SlackApi,
    voice: Voice,
    emails: Emails,
    admission: Admission,
    /// The channels of digests, each with the schedule.
    channels: Vec<(Arc<DigestChannel>, Schedule)>,
    tasks: TaskTracker,
    /// The runtime for answers; `None` is the one that receives requests.
    work: Option<Handle>,
    jobs: Arc<Semaphore>,
    notes: Arc<Semaphore>,
    refused: LogThrottle,
    unsent_notes: LogThrottle,
    waiting: Waiting,
    early: Early,
    metrics: Metrics,
}

impl Bot {
    /// Works in `tasks`, which the program's stop waits for.
    pub fn new(
        watch: Arc<Watch>,
        api: SlackApi,
        voice: Voice,
        emails: Emails,
        admission: Admission,
        tasks: TaskTracker,
        metrics: Metrics,
    ) -> Self {
        Self {
            watch,
            api,
            voice: voice.showing(emails.in_messages()),
            emails,
            admission,
            channels: Vec::new(),
            tasks,
            work: None,
            jobs: Arc::new(Semaphore::new(JOBS)),
            notes: Arc::new(Semaphore::new(NOTES)),
            refused: LogThrottle::default(),
            unsent_notes: LogThrottle::default(),
            waiting: Waiting::default(),
            early: Early::default(),
            metrics,
        }
    }

    /// Runs answers on `work`, so that they can't delay acknowledgements.
    pub fn working_on(mut self, work: Handle) -> Self {
        self.work = Some(work);
        self
    }

    /// Reports decisions in the digests of these channels, and tells when the next one is due.
    pub fn posting_to(mut self, channels: Vec<(Arc<DigestChannel>, Schedule)>) -> Self {
        self.channels = channels;
        self
    }

    /// The channel of digests with this ID.
    fn digests_in(&self, id: &str) -> Option<&DigestChannel> {
        let mut channels = self.channels.iter().map(|(channel, _)| channel.as_ref());
        channels.find(|channel| channel.id() == id)
    }

    /// The language of a channel's digests; the bot's own in other channels.
    fn voice_in(&self, id: &str) -> Voice {
        self.digests_in(id).map_or(self.voice, DigestChannel::voice)
    }

    fn speaking(&self, locale: Locale) -> Voice {
        Voice {
            locale,
            ..self.voice
        }
    }

    /// The language of a channel.
    fn locale_in(&self, channel: Option<&ChannelId>) -> Locale {
        channel
            .map_or(self.voice, |id| self.voice_in(id.as_str()))
            .locale
    }

    /// The answers to a press: in the language of the message if it has one of its own, else in that
    /// of the channel, or of the channel in whose digest a list was opened.
    fn voice_of(&self, action: &Action, locale: Option<Locale>) -> Voice {
        let listed = lists::listed(action.view.as_ref()).and_then(|page| page.channel);
        let channel = action.channel.as_ref().map(ChannelId::as_str);
        let channel = channel.or(listed.as_deref());
        let own = channel.map_or(self.voice, |id| self.voice_in(id));
        self.speaking(locale.unwrap_or(own.locale))
    }

    /// An event.
    pub fn event(self: &Arc<Self>, event: SlackEvent) -> Reply {
        match event {
            SlackEvent::UrlVerification(challenge) => return Reply::Challenge(challenge),
            SlackEvent::Other(kind) => tracing::info!(kind, "ignoring unhandled event"),
            event @ SlackEvent::HomeOpened { .. } if !self.admission.is_known() => {
                self.event_early(event);
            }
            SlackEvent::HomeOpened { user, sender, view } => {
                let request = audit::AuditEntry {
                    user: &user,
                    channel: None,
                    sender: &sender,
                    what: "home",
                };
                match self.admit("an opening of the Home tab", &request, RequestSurface::Home) {
                    Ok(()) => {
                        self.start(Job::Home, "showing the Home tab", |bot| async move {
                            bot.open_home(&user, view).await
                        });
                    }
                    Err(barred) => self.close_home(user, barred),
                }
            }
        }
        Reply::Received
    }

    /// A button, a choice, a date.
    pub fn interaction(self: &Arc<Self>, interaction: Interaction) -> Reply {
        match interaction {
            Interaction::Action(action) => match ActionPart::of(&action.id) {
                Some(_) if !self.admission.is_known() => self.action_early(action),
                Some(ActionPart::Answers) => self.press_answer(*action),
                Some(ActionPart::Cases) => self.press_case(*action),
                Some(ActionPart::Renamed) => self.press_status(*action),
                Some(ActionPart::Regions) => self.press_region(*action),
                Some(ActionPart::Lists) => self.press_list(*action),
                Some(ActionPart::Home) => self.press_home(*action),
                None => tracing::info!(id = action.id, "ignoring unhandled action"),
            },
            Interaction::Submission(submission) => return self.submit(*submission),
            Interaction::Other(kind) => tracing::info!(kind, "ignoring unhandled interaction"),
        }
        Reply::Received
    }

    /// An interaction that came before. A form gets the same answer, and nothing is done.
    pub fn repeated(&self, interaction: &Interaction) -> Reply {
        match interaction {
            Interaction::Submission(submission) => match Form::of(&submission.form) {
                Some(Form::Case) => self.answer_case_form(submission),
                Some(Form::Home(form)) => self.answer_home_form(form),
                None => Reply::Received,
            },
            Interaction::Action(_) | Interaction::Other(_) => Reply::Received,
        }
    }

    fn submit(self: &Arc<Self>, submission: Submission) -> Reply {
        match Form::of(&submission.form) {
            Some(Form::Case) => self.submit_case_form(submission),
            Some(Form::Home(form)) => self.submit_home_form(form, submission),
            None => {
                tracing::info!(form = submission.form, "ignoring unhandled form");
                Reply::Received
            }
        }
    }

    fn press_answer(self: &Arc<Self>, action: Action) {
        let asked = answers::asked(&action);
        let locale = asked.as_ref().and_then(|asked| asked.locale.parse().ok());
        let voice = self.speaking(locale.unwrap_or(self.voice.locale));
        let command = asked.and_then(|asked| case_command(&asked.query, self.case_limits()));
        if let Some(command) = command {
            return self.press_case_command(action, command, voice);
        }
        let request = audit::AuditEntry::of(&action);
        let place = RequestSurface::Channel(action.channel.as_ref());
        match self.admit("a button", &request, place) {
            Ok(()) => {
                let url = action.response_url.clone();
                let started = self.start(Job::Button, "acting on an answer", |bot| async move {
                    bot.act_on_answer(action).await
                });
                if !started {
                    self.tell(url, short(voice.words().busy()));
                }
            }
            // Requests from another workspace get no answer.
            Err(Barred::Foreign) => {}
            Err(barred) => {
                let content = refused(barred, &request, voice);
                self.tell(action.response_url, content);
            }
        }
    }

    fn press_home(self: &Arc<Self>, action: Action) {
        let request = audit::AuditEntry::of(&action);
        match self.admit("a button", &request, RequestSurface::Home) {
            Ok(()) => {
                // If it can't be started, the tab stays as it is.
                self.start(Job::Home, "acting on the Home tab", |bot| async move {
                    bot.act_on_home(action).await
                });
            }
            Err(barred) => self.close_home(action.user, barred),
        }
    }

    /// Starts a task; `false` when too many are running.
    fn start<W>(
        self: &Arc<Self>,
        job: Job,
        what: &'static str,
        work: impl FnOnce(Arc<Self>) -> W,
    ) -> bool
    where
        W: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let Ok(permit) = Arc::clone(&self.jobs).try_acquire_owned() else {
            if let Some(times) = self.refused.happened() {
                let most = JOBS;
                tracing::warn!(
                    what,
                    most,
                    since_last_line = times,
                    "refusing work: too much in progress"
                );
            }
            self.metrics.job_refused(job);
            return false;
        };
        let working = self.metrics.job_begins(job);
        let work = work(Arc::clone(self));
        let job = async move {
            match tokio::time::timeout(JOB_WITHIN, work).await {
                Ok(Ok(())) => working.done(),
                // The person already has a newer view, which is correct.
                Ok(Err(JobError::Slack(CallError::Refused { code, .. })))
                    if code == "hash_conflict" =>
                {
                    tracing::debug!(what, "skipping an outdated view");
                    working.done();
                }
                Ok(Err(error)) => tracing::error!(what, %error, "job failed"),
                Err(_) => tracing::error!(what, within = ?JOB_WITHIN, "job timed out"),
            }
            drop(permit);
        };
        match &self.work {
            Some(work) => self.tasks.spawn_on(job, work),
            None => self.tasks.spawn(job),
        };
        true
    }
}

fn message(content: Content) -> Reply {
    Reply::Message(Box::new(content))
}

/// A message of one sentence.
fn short(text: &str) -> Content {
    view::one_line(&Line::text(text))
}

/// Reports whether the status is free text.
fn is_other(status: &MemberStatus) -> bool {
    matches!(status, MemberStatus::Other(_))
}
