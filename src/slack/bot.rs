//! What is done about a command, an event, an interaction.
//!
//! Everything here answers at once; the work happens in tracked tasks after it:
//! `answers.rs` has the answers to commands, `home.rs` the Home tab.

mod answers;
mod home;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::client::{CallError, SlackApi};
use super::inbound::{Command, Event, Interaction};
use super::view::answer::{self, Asked};
use super::view::{self, Content};
use crate::domain::query::{self, Query};
use crate::emails::Emails;
use crate::text::Locale;
use crate::text::document::Line;
use crate::text::voice::Voice;
use crate::watch::ports::StoreError;
use crate::watch::{Answer, Watch};

/// How many answers are worked on at a time. More are refused, politely.
const JOBS: usize = 64;

/// What the request that is being answered gets.
#[derive(Debug)]
pub enum Reply {
    /// That it has arrived.
    Received,
    /// A message that only the sender sees.
    Message(Box<Content>),
    /// Slack's challenge.
    Challenge(String),
}

/// Why a task did not end well.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Slack(#[from] CallError),
}

/// The bot behind the endpoint.
pub struct Bot {
    watch: Arc<Watch>,
    api: SlackApi,
    voice: Voice,
    emails: Emails,
    tasks: TaskTracker,
    jobs: Arc<Semaphore>,
}

impl Bot {
    /// Works in `tasks`, which whoever stops the program waits for.
    pub fn new(
        watch: Arc<Watch>,
        api: SlackApi,
        voice: Voice,
        emails: Emails,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            watch,
            api,
            voice,
            emails,
            tasks,
            jobs: Arc::new(Semaphore::new(JOBS)),
        }
    }

    fn speaking(&self, locale: Locale) -> Voice {
        Voice {
            locale,
            ..self.voice
        }
    }

    /// A slash command.
    pub fn command(self: &Arc<Self>, command: Command) -> Reply {
        let voice = self.speaking(self.voice.locale.answering(&command.text));
        let words = voice.words();
        let query = match query::parse(&command.text, self.watch.today()) {
            Ok(Query::Help) => return message(answer::plain(&voice.answer(&Answer::Help))),
            Err(error) => return message(answer::plain(&voice.refusal(&error))),
            Ok(query) => query,
        };
        tracing::info!(user = command.user.as_str(), query = %query, "a command");
        let first = if query == Query::Now {
            words.checking()
        } else {
            words.looking()
        };
        let asked = Asked {
            query: query.to_string(),
            locale: voice.locale.to_string(),
            page: 0,
        };
        let bot = Arc::clone(self);
        let started = self.start("answering a command", async move {
            let answer = bot.watch.answer(&query).await;
            bot.respond_with(&command.response_url, answer, &asked, voice)
                .await
        });
        message(short(if started { first } else { words.busy() }))
    }

    /// An event.
    pub fn event(self: &Arc<Self>, event: Event) -> Reply {
        match event {
            Event::UrlVerification(challenge) => return Reply::Challenge(challenge),
            Event::Other(kind) => tracing::info!(kind, "an event that is not for us"),
            Event::HomeOpened { user, view } => {
                let bot = Arc::clone(self);
                self.start("showing the Home tab", async move {
                    bot.open_home(&user, view).await
                });
            }
        }
        Reply::Received
    }

    /// A button, a choice, a date.
    pub fn interaction(self: &Arc<Self>, interaction: Interaction) -> Reply {
        let action = match interaction {
            Interaction::Action(action) => *action,
            Interaction::Other(kind) => {
                tracing::info!(kind, "an interaction that is not for us");
                return Reply::Received;
            }
        };
        let bot = Arc::clone(self);
        match action.id.as_str() {
            id if answers::ACTIONS.contains(&id) => {
                self.start("acting on an answer", async move {
                    bot.act_on_answer(action).await
                });
            }
            id if home::ACTIONS.contains(&id) => {
                self.start("acting on the Home tab", async move {
                    bot.act_on_home(action).await
                });
            }
            id => tracing::info!(id, "an action that is not for us"),
        }
        Reply::Received
    }

    /// Starts a task; `false` when too many are running.
    fn start(
        &self,
        what: &'static str,
        work: impl Future<Output = Result<(), Failure>> + Send + 'static,
    ) -> bool {
        let Ok(permit) = Arc::clone(&self.jobs).try_acquire_owned() else {
            tracing::warn!(what, most = JOBS, "too much work at once: refused");
            return false;
        };
        self.tasks.spawn(async move {
            match work.await {
                Ok(()) => {}
                // Somebody saw a newer view meanwhile: theirs is the right one.
                Err(Failure::Slack(CallError::Refused { code, .. })) if code == "hash_conflict" => {
                    tracing::debug!(what, "a newer view was published meanwhile");
                }
                Err(error) => tracing::error!(what, %error, "it failed"),
            }
            drop(permit);
        });
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
