//! Requests that come before Slack has confirmed the workspace. They are acknowledged at
//! once and answered after that, so people don't notice that the program has just started.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Bot, FirstReply, JobError, Reply, message, short};
use crate::log::LogThrottle;
use crate::slack::client::Response;
use crate::slack::inbound::{Action, Interaction, SlackEvent, SlashCommand};

/// The number of requests that wait at most, and the time.
const MOST: usize = 64;
const WITHIN: Duration = Duration::from_secs(30);

/// The requests that wait.
#[derive(Debug)]
pub(super) struct Early {
    places: Arc<Semaphore>,
    refused: LogThrottle,
}

impl Default for Early {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            refused: LogThrottle::default(),
        }
    }
}

impl Bot {
    /// A command, before anyone can be admitted.
    pub(super) fn command_early(self: &Arc<Self>, command: SlashCommand) -> Reply {
        let voice = self.speaking(self.voice.locale.answering(&command.text));
        let words = voice.words();
        let waits = self.once_known("a command", move |bot, is_known| async move {
            let url = command.response_url.clone();
            let said = if is_known {
                bot.answer_command(command)
            } else {
                FirstReply::Answer(short(words.not_ready()))
            };
            match said {
                FirstReply::Answer(content) => {
                    bot.api.respond(&url, &Response::replace(content)).await?;
                }
                // The answer replaces the text that is there already.
                FirstReply::Working(_) => {}
            }
            Ok(())
        });
        message(short(if waits {
            words.looking()
        } else {
            words.not_ready()
        }))
    }

    /// An event.
    pub(super) fn event_early(self: &Arc<Self>, event: SlackEvent) {
        self.once_known("an event", move |bot, is_known| async move {
            // The Home tab stays as it is until it is opened again.
            if is_known {
                bot.event(event);
            }
            Ok(())
        });
    }

    /// A press or a choice.
    pub(super) fn action_early(self: &Arc<Self>, action: Box<Action>) {
        let url = action.response_url.clone();
        let not_ready = self.voice.words().not_ready();
        let waits = self.once_known("a button", move |bot, is_known| async move {
            if is_known {
                bot.interaction(Interaction::Action(action));
            } else {
                bot.tell(action.response_url, short(not_ready));
            }
            Ok(())
        });
        if !waits {
            self.tell(url, short(not_ready));
        }
    }

    /// Does the work when Slack has confirmed the workspace, or has not done so in time;
    /// `false` if too many requests wait.
    fn once_known<W>(
        self: &Arc<Self>,
        kind: &'static str,
        work: impl FnOnce(Arc<Self>, bool) -> W + Send + 'static,
    ) -> bool
    where
        W: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.early.places).try_acquire_owned() else {
            if let Some(times) = self.early.refused.happened() {
                tracing::warn!(
                    kind,
                    most = MOST,
                    since_last_line = times,
                    "refusing a request: too many before Slack confirmed the workspace"
                );
            }
            return false;
        };
        let bot = Arc::clone(self);
        self.tasks.spawn(async move {
            let is_known = bot.admission.is_known_within(WITHIN).await;
            if !is_known {
                tracing::warn!(
                    kind,
                    "dropping a request: Slack has not confirmed the workspace"
                );
            }
            if let Err(error) = work(bot, is_known).await {
                tracing::warn!(kind, %error, "failed to answer an early request");
            }
            drop(place);
        });
        true
    }
}
