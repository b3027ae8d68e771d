//! What is done about a command, an event, an interaction.
//!
//! Everything here answers at once; the work happens in tracked tasks after it.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::client::{CallError, Response, SlackApi};
use super::inbound::{Action, Command, Event, Interaction, ResponseUrl, UserId, View};
use super::view::answer::{self, Asked};
use super::view::home::{self, Chosen, Home};
use super::view::{self, Content};
use crate::domain::member::MemberStatus;
use crate::domain::query::{self, Query};
use crate::text::Locale;
use crate::text::document::{Document, Line};
use crate::text::voice::Voice;
use crate::watch::ports::StoreError;
use crate::watch::{Answer, Watch};

/// How many answers are worked on at a time. More are refused, politely.
const JOBS: usize = 64;

/// Where email addresses are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emails {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In the Home tab, which only the one who opens it sees.
    Home,
    /// In the Home tab and in messages.
    Everywhere,
}

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

/// Why the Home tab is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Because {
    /// Somebody opened it.
    Opened,
    /// Somebody chose something in it.
    Chosen,
    /// A check was asked for.
    Checking,
    /// The check is done.
    Checked,
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
                    let chosen = chosen(view.as_ref());
                    bot.show_home(
                        &user,
                        &chosen,
                        view.and_then(|view| view.hash),
                        Because::Opened,
                    )
                    .await?;
                    Ok(())
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
            answer::SHARE | answer::PREVIOUS | answer::NEXT => {
                self.start("acting on an answer", async move {
                    bot.act_on_answer(action).await
                });
            }
            home::CHECK
            | home::REGION
            | home::STATUS
            | home::DATE
            | home::CLEAR
            | home::PREVIOUS
            | home::NEXT => {
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

    fn content(&self, answer: &Answer, asked: &Asked, voice: Voice) -> Content {
        let document = self.document(answer, voice, Emails::Everywhere);
        match answer {
            Answer::Report(_) => answer::private(&document, asked, voice.locale),
            Answer::NoSnapshot(_) | Answer::Help => answer::plain(&document),
        }
    }

    /// An answer as a document, with addresses if they may be shown from `least` on.
    fn document(&self, answer: &Answer, voice: Voice, least: Emails) -> Document {
        let shown = match least {
            Emails::Nowhere => true,
            Emails::Home => self.emails != Emails::Nowhere,
            Emails::Everywhere => self.emails == Emails::Everywhere,
        };
        match answer {
            Answer::Report(reported) if !shown => {
                let mut reported = reported.clone();
                reported.report = reported.report.without_emails();
                voice.answer(&Answer::Report(reported))
            }
            answer => voice.answer(answer),
        }
    }

    async fn respond_with(
        &self,
        url: &ResponseUrl,
        answer: Result<Answer, StoreError>,
        asked: &Asked,
        voice: Voice,
    ) -> Result<(), Failure> {
        match answer {
            Ok(answer) => {
                let content = self.content(&answer, asked, voice);
                Ok(self.api.respond(url, &Response::replace(content)).await?)
            }
            Err(error) => {
                let content = short(voice.words().failed());
                self.api.respond(url, &Response::replace(content)).await?;
                Err(error.into())
            }
        }
    }

    async fn act_on_answer(&self, action: Action) -> Result<(), Failure> {
        let asked = action
            .value
            .as_deref()
            .and_then(|value| serde_json::from_str::<Asked>(value).ok());
        let (Some(asked), Some(url)) = (asked, action.response_url) else {
            tracing::warn!(id = action.id, "a button without its question: ignored");
            return Ok(());
        };
        let voice = self.speaking(asked.locale.parse().unwrap_or(self.voice.locale));
        let Ok(query) = query::parse(&asked.query, self.watch.today()) else {
            tracing::warn!("a button with a question that cannot be read: ignored");
            return Ok(());
        };
        let answer = self.watch.answer_from_store(&query).await;
        if action.id != answer::SHARE {
            return self.respond_with(&url, answer, &asked, voice).await;
        }
        let words = voice.words();
        let say = |text| Response::replace(short(text));
        // The button goes first: it must not be there to be pressed again.
        self.api.respond(&url, &say(words.sharing())).await?;
        let shared = async {
            let document = self.document(&answer?, voice, Emails::Everywhere);
            let user = action.user.as_str();
            let content = answer::shared(&document, &asked, user, voice.locale);
            let response = Response::for_everybody(content);
            Ok::<_, Failure>(self.api.respond(&url, &response).await?)
        };
        let shared = shared.await;
        let outcome = if shared.is_ok() {
            words.shared()
        } else {
            words.failed()
        };
        self.api.respond(&url, &say(outcome)).await?;
        shared
    }

    async fn act_on_home(self: Arc<Self>, action: Action) -> Result<(), Failure> {
        let mut chosen = chosen(action.view.as_ref());
        let value = action.value.filter(|value| value != home::ALL);
        match action.id.as_str() {
            home::REGION => chosen.region = value.and_then(|value| value.parse().ok()),
            home::STATUS => chosen.status = value.map(|value| MemberStatus::parse(&value)),
            home::DATE => chosen.date = value.and_then(|value| value.parse().ok()),
            home::CLEAR => chosen.date = None,
            home::PREVIOUS | home::NEXT => {
                chosen.page = value
                    .and_then(|value| value.parse().ok())
                    .unwrap_or_default();
            }
            _ => {}
        }
        if matches!(action.id.as_str(), home::REGION | home::STATUS) {
            chosen.page = 0;
        }
        let hash = action.view.and_then(|view| view.hash);
        if action.id != home::CHECK {
            self.show_home(&action.user, &chosen, hash, Because::Chosen)
                .await?;
            return Ok(());
        }
        let shown = self
            .show_home(&action.user, &chosen, hash, Because::Checking)
            .await;
        // A check was asked for, whatever became of the view.
        self.watch.poll_all().await;
        self.show_home(&action.user, &chosen, shown?, Because::Checked)
            .await?;
        Ok(())
    }

    /// Publishes the Home tab from what is stored; returns its hash.
    async fn show_home(
        &self,
        user: &UserId,
        chosen: &Chosen,
        hash: Option<String>,
        because: Because,
    ) -> Result<Option<String>, Failure> {
        let region = chosen
            .region
            .as_ref()
            .filter(|wanted| self.regions().contains(wanted));
        let mut overview = self.watch.overview(region, chosen.status.as_ref()).await?;
        if self.emails == Emails::Nowhere {
            overview = overview.without_emails();
        }
        let on_date = match chosen.date {
            None => None,
            Some(date) => {
                let answer = self.watch.answer_in(&Query::On(date), region).await?;
                Some(self.document(&answer, self.voice, Emails::Home))
            }
        };
        let shown = Home {
            overview: &overview,
            on_date: on_date.as_ref(),
            regions: self.regions(),
            chosen,
            checking: because == Because::Checking,
        };
        let view = view::home::render(&shown, &self.voice);
        match self.api.publish_home(user, &view, hash.as_deref()).await {
            // Two clicks, one after the other: the later one is what they want now.
            Err(CallError::Refused { code, .. })
                if code == "hash_conflict" && because == Because::Chosen =>
            {
                Ok(self.api.publish_home(user, &view, None).await?)
            }
            published => Ok(published?),
        }
    }

    fn regions(&self) -> Vec<&crate::domain::hub::Region> {
        let mut regions: Vec<_> = self.watch.hubs().iter().map(|hub| &hub.region).collect();
        regions.sort();
        regions.dedup();
        regions
    }
}

/// What was chosen in a view; nothing when it is not ours or of an older version.
fn chosen(view: Option<&View>) -> Chosen {
    let state = view.and_then(|view| view.private_metadata.as_deref());
    state
        .and_then(|state| serde_json::from_str(state).ok())
        .unwrap_or_default()
}

fn message(content: Content) -> Reply {
    Reply::Message(Box::new(content))
}

/// A message of one sentence.
fn short(text: &str) -> Content {
    view::one_line(&Line::text(text))
}
