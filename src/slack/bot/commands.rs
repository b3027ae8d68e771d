//! Slash commands: read, admitted, and acknowledged with a text. Most answers follow later.

use std::sync::Arc;

use super::{Bot, Reply, is_other, message, refused, short};
use crate::domain::query::{self, Named, Query, QueryError, Understood};
use crate::metrics::Job;
use crate::slack::admission::RequestSurface;
use crate::slack::audit;
use crate::slack::inbound::{ResponseUrl, SlashCommand};
use crate::slack::view::asked::Asked;
use crate::slack::view::{Content, answer};
use crate::text::voice::Voice;
use crate::watch::Answer;

/// The text that the person sees at once.
pub(super) enum FirstReply {
    /// The whole answer.
    Answer(Content),
    /// A text until the answer follows.
    Working(Content),
}

impl Bot {
    /// A slash command.
    pub fn command(self: &Arc<Self>, command: SlashCommand) -> Reply {
        if !self.admission.is_known() {
            return self.command_early(command);
        }
        match self.answer_command(command) {
            FirstReply::Answer(content) | FirstReply::Working(content) => message(content),
        }
    }

    pub(super) fn answer_command(self: &Arc<Self>, command: SlashCommand) -> FirstReply {
        let locale = self.locale_in(command.channel.as_ref());
        let voice = self.speaking(locale.answering(&command.text));
        if let Some(request) = self.case_request(&command.text) {
            return self.answer_case_command(request, command, voice);
        }
        let (today, zone) = (self.watch.calendar.today(), self.voice.zone);
        let asked = query::understand(&command.text, today, zone);
        let what = asked.as_ref().map_or_else(
            |_| "not understood".to_owned(),
            |understood| match &understood.query {
                Query::Now => "now".to_owned(),
                // A typed name may be an email address.
                Query::Account(Named::Name(_)) => "account by name".to_owned(),
                Query::Status { statuses, .. } if statuses.iter().any(is_other) => {
                    "status of another name".to_owned()
                }
                query @ (Query::On(_)
                | Query::Between { .. }
                | Query::Account(Named::Id(_))
                | Query::Status { .. }
                | Query::Help) => query.to_string(),
            },
        );
        let request = audit::AuditEntry {
            user: &command.user,
            channel: command.channel.as_ref(),
            sender: &command.sender,
            what: &what,
        };
        let place = RequestSurface::Channel(command.channel.as_ref());
        if let Err(barred) = self.admit("a command", &request, place) {
            return FirstReply::Answer(refused(barred, &request, voice));
        }
        match asked {
            Ok(Understood {
                query: Query::Help, ..
            }) => FirstReply::Answer(answer::plain(&voice.answer(&Answer::Help), voice.locale)),
            Ok(question) => self.look_up(question, command.response_url, voice),
            Err(error @ QueryError::Unknown { .. }) if self.watch.directory.knows_names() => {
                self.look_up_name(error, command.response_url, voice)
            }
            Err(error) => {
                let refusal = voice.refusal(&error, today);
                FirstReply::Answer(answer::plain(&refusal, voice.locale))
            }
        }
    }

    /// Sends an acknowledgement with a text, and later the answer.
    fn look_up(
        self: &Arc<Self>,
        question: Understood,
        url: ResponseUrl,
        voice: Voice,
    ) -> FirstReply {
        let words = voice.words();
        let query = question.query.clone();
        let (job, first) = if query == Query::Now {
            (Job::Check, words.checking())
        } else {
            (Job::Answer, words.looking())
        };
        let started = self.start(job, "answering a command", |bot| async move {
            let asked = Asked::of(question, voice.locale);
            if query == Query::Now {
                return bot.check_for(&url, &asked, voice).await;
            }
            let answer = bot.watch.live.answer(&query).await;
            bot.respond_with(&url, answer, &asked, voice).await
        });
        if started {
            FirstReply::Working(short(first))
        } else {
            FirstReply::Answer(short(words.busy()))
        }
    }

    /// Acknowledges text that isn't a query, looks for an account with that name, and sends the
    /// result.
    fn look_up_name(
        self: &Arc<Self>,
        error: QueryError,
        url: ResponseUrl,
        voice: Voice,
    ) -> FirstReply {
        let words = voice.words();
        let started = self.start(Job::Answer, "looking up a name", |bot| async move {
            bot.answer_name(error, &url, voice).await
        });
        if started {
            FirstReply::Working(short(words.looking()))
        } else {
            FirstReply::Answer(short(words.busy()))
        }
    }
}
