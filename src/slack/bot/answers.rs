//! Answers to commands, and the buttons below them.

use serde_json::Value;

use super::{Bot, JobError, short};
use crate::domain::query::{self, Query, QueryError};
use crate::slack::client::{CallError, Response};
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, ResponseUrl};
use crate::slack::view::answer::{self, Shareable};
use crate::slack::view::asked::Asked;
use crate::slack::view::{Content, cases, choices, modal};
use crate::text::document::Span;
use crate::text::voice::Voice;
use crate::watch::ports::{Once, StoreError};
use crate::watch::{AccountAnswer, AccountMatch, Answer, CaseId};

/// The most characters of open cases above an answer, whose page leaves about so many.
const CASES_CHARS: usize = 1_000;

/// The buttons below an answer.
pub(super) fn is_ours(action: &str) -> bool {
    let others = [
        answer::SHARE,
        answer::PREVIOUS,
        answer::NEXT,
        choices::SELECT,
    ];
    others.contains(&action) || choices::BUTTONS.contains(&action)
}

impl Bot {
    /// The answer as a modal over the Home tab.
    pub(super) fn modal(&self, title: &str, answer: &Answer, voice: Voice) -> Value {
        let voice = voice.showing(self.emails.at_home());
        modal::document(title, &voice.answer(answer), voice.words())
    }

    pub(super) fn content(&self, answer: &Answer, asked: &Asked, voice: Voice) -> Content {
        let document = voice.noted(voice.answer(answer), &asked.notes);
        let shareable = if answer.is_shareable() {
            Shareable::Yes
        } else {
            Shareable::No
        };
        match answer {
            Answer::Report(_) | Answer::Account(_) | Answer::Status(_) => {
                answer::private(&document, asked, shareable, voice.locale)
            }
            Answer::NoSnapshot(_) | Answer::Help => answer::plain(&document, voice.locale),
        }
    }

    pub(super) async fn respond_with(
        &self,
        url: &ResponseUrl,
        answer: Result<Answer, StoreError>,
        asked: &Asked,
        voice: Voice,
    ) -> Result<(), JobError> {
        match answer {
            Ok(answer) => {
                let mut content = self.content(&answer, asked, voice);
                self.add_cases(&mut content, &answer, asked, voice).await;
                Ok(self.api.respond(url, &Response::replace(content)).await?)
            }
            Err(error) => {
                let content = short(voice.words().failed());
                self.api.respond(url, &Response::replace(content)).await?;
                Err(error.into())
            }
        }
    }

    /// Responds next to the message that a person pressed, or says there that the store failed.
    pub(super) async fn respond_beside(
        &self,
        url: &ResponseUrl,
        content: Result<Content, StoreError>,
        voice: Voice,
    ) -> Result<(), JobError> {
        let (content, failure) = match content {
            Ok(content) => (content, None),
            Err(error) => (short(voice.words().failed()), Some(error)),
        };
        self.api.respond(url, &Response::beside(content)).await?;
        failure.map_or(Ok(()), |error| Err(JobError::Reported(error)))
    }

    /// Adds what can be done about the cases of an account that was asked about, and the open cases
    /// to the answer about now.
    pub(super) async fn add_cases(
        &self,
        content: &mut Content,
        answer: &Answer,
        asked: &Asked,
        voice: Voice,
    ) {
        let account = match answer {
            Answer::Account(AccountAnswer {
                known: AccountMatch::History(history),
                ..
            }) => Some(history.account),
            Answer::Report(reported) if reported.query == Query::Now && asked.page == 0 => None,
            _ => return,
        };
        let list = match self.watch.cases.list().await {
            Ok(list) => list,
            Err(error) => {
                tracing::warn!(%error, "answering without the buttons of cases");
                return;
            }
        };
        let open = list.open.iter();
        let open = open.filter(|case| account.is_none_or(|account| case.key.account == account));
        let open: Vec<_> = open.take(cases::NAMED).collect();
        let ids: Vec<_> = open.iter().copied().map(CaseId::from).collect();
        let today = self.watch.calendar.today();
        let mut all = ids.len();
        if account.is_none() && !open.is_empty() {
            let lines = voice.open_cases(&open, &self.watch.hubs.list());
            let after_title = content.blocks.len().min(1);
            let text = cases::short(&lines, CASES_CHARS);
            content
                .blocks
                .insert(after_title, cases::together(text, &ids));
            all = list.iter().count();
        }
        let buttons = cases::answer_buttons(&ids, today, all, voice.locale);
        content.blocks.extend(buttons);
    }

    /// Answers text that isn't a query with the account of that name, or with an error if there
    /// is none.
    pub(super) async fn answer_name(
        &self,
        error: QueryError,
        url: &ResponseUrl,
        voice: Voice,
    ) -> Result<(), JobError> {
        match self.watch.answers.account_or(error).await {
            Ok(query) => {
                let asked = Asked::of(query.clone().into(), voice.locale);
                let answer = self.watch.live.answer(&query).await;
                self.respond_with(url, answer, &asked, voice).await
            }
            Err(error) => {
                let refusal = voice.refusal(&error, self.watch.calendar.today());
                let content = answer::plain(&refusal, voice.locale);
                Ok(self.api.respond(url, &Response::replace(content)).await?)
            }
        }
    }

    pub(super) async fn act_on_answer(&self, action: Action) -> Result<(), JobError> {
        let (Some(asked), Some(url)) = (asked(&action), action.response_url.clone()) else {
            tracing::warn!(id = action.id, "ignoring a button without a query");
            return Ok(());
        };
        let voice = self.speaking(asked.locale.parse().unwrap_or(self.voice.locale));
        let Ok(query) = query::parse(&asked.query, self.watch.calendar.today()) else {
            tracing::warn!("ignoring a button with an unreadable query");
            return Ok(());
        };
        if action.id != answer::SHARE {
            return match self.watch.answers.answer_from_store(&query).await {
                Ok(answer) => self.respond_with(&url, Ok(answer), &asked, voice).await,
                // The answer stays visible with its buttons.
                Err(error) => self.respond_beside(&url, Err(error), voice).await,
            };
        }
        let once = sharing(&action, &url);
        let words = voice.words();
        let claimed = self.watch.once.claim(&once).await;
        let shared = match claimed {
            Ok(true) => match self.watch.answers.answer_from_store(&query).await {
                Ok(answer) if !answer.is_shareable() => self.not_now(&once).await,
                answer => {
                    let command = voice.typed(&voice.asking(&query));
                    let posted = self.post(&action.user, &url, answer, (&asked, command), voice);
                    self.settle(&once, posted.await).await
                }
            },
            Ok(false) => Shared::Before,
            Err(error) => Shared::No(error.into()),
        };
        let (response, failure) = match shared {
            Shared::Yes => (Response::replace(short(words.shared())), None),
            Shared::Before => (Response::beside(short(words.shared_before())), None),
            Shared::NotNow => (Response::beside(short(words.not_shareable())), None),
            Shared::No(failure) => (Response::beside(short(words.not_shared())), Some(failure)),
            Shared::Unknown(failure) => {
                let content = short(words.share_unknown());
                (Response::beside(content), Some(failure))
            }
        };
        self.api.respond(&url, &response).await?;
        failure.map_or(Ok(()), Err)
    }

    /// Posts an answer to the channel.
    async fn post(
        &self,
        user: &UserId,
        url: &ResponseUrl,
        answer: Result<Answer, StoreError>,
        (asked, command): (&Asked, Span),
        voice: Voice,
    ) -> Result<(), JobError> {
        let answer = answer?;
        let document = voice.answer(&answer);
        let document = voice.noted(document, &asked.notes);
        let content = answer::shared(&document, command, user.as_str(), voice.locale);
        let response = Response::for_everybody(content);
        Ok(self.api.respond(url, &response).await?)
    }

    /// The outcome of sharing a claimed answer. If it certainly failed, it may be tried
    /// again. If the outcome is unknown, the claim stays: the person can look in the
    /// channel and ask again, but a second copy in the channel would stay.
    async fn settle(&self, once: &Once, posted: Result<(), JobError>) -> Shared {
        let failure = match posted {
            Ok(()) => return Shared::Yes,
            Err(failure @ JobError::Slack(CallError::Unknown { .. })) => {
                return Shared::Unknown(failure);
            }
            Err(failure) => failure,
        };
        self.release(once).await;
        Shared::No(failure)
    }

    /// Releases the claim, because the answer may be shareable later.
    async fn not_now(&self, once: &Once) -> Shared {
        self.release(once).await;
        Shared::NotNow
    }

    async fn release(&self, once: &Once) {
        if let Err(error) = self.watch.once.release(once).await {
            tracing::warn!(%error, "failed to release an answer that was not shared");
        }
    }
}

/// The outcome of sharing an answer.
enum Shared {
    Yes,
    /// Another press did, or is about to.
    Before,
    /// The answer is empty or uncertain now.
    NotNow,
    No(JobError),
    Unknown(JobError),
}

/// Identifies an answer: one ephemeral message of one person. If Slack doesn't name the
/// message, only a repeated press is recognized.
fn sharing(action: &Action, url: &ResponseUrl) -> Once {
    match (&action.channel, &action.message) {
        (Some(channel), Some(message)) => Once::of(&[
            "share",
            channel.as_str(),
            action.user.as_str(),
            message.as_str(),
        ]),
        _ => {
            let url = url.url().map(String::from).unwrap_or_default();
            Once::of(&["share", &url])
        }
    }
}

/// The query behind a button of an answer.
pub(super) fn asked(action: &Action) -> Option<Asked> {
    serde_json::from_str(action.value.as_deref()?).ok()
}
