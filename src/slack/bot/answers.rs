//! Answers to commands, and the buttons below them.

use super::{Bot, Failure, short};
use crate::domain::query;
use crate::slack::client::Response;
use crate::slack::inbound::{Action, ResponseUrl};
use crate::slack::view::Content;
use crate::slack::view::answer::{self, Asked};
use crate::text::document::Document;
use crate::text::voice::Voice;
use crate::watch::Answer;
use crate::watch::ports::StoreError;

/// The buttons below an answer.
pub(super) const ACTIONS: [&str; 3] = [answer::SHARE, answer::PREVIOUS, answer::NEXT];

impl Bot {
    fn content(&self, answer: &Answer, asked: &Asked, voice: Voice) -> Content {
        let document = self.document(answer, voice, self.emails.in_messages());
        match answer {
            Answer::Report(_) => answer::private(&document, asked, voice.locale),
            Answer::NoSnapshot(_) | Answer::Help => answer::plain(&document),
        }
    }

    /// An answer as a document, with the members' addresses or without.
    pub(super) fn document(&self, answer: &Answer, voice: Voice, with_emails: bool) -> Document {
        match answer {
            Answer::Report(reported) if !with_emails => {
                let mut reported = reported.clone();
                reported.report = reported.report.without_emails();
                voice.answer(&Answer::Report(reported))
            }
            answer => voice.answer(answer),
        }
    }

    pub(super) async fn respond_with(
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

    pub(super) async fn act_on_answer(&self, action: Action) -> Result<(), Failure> {
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
            let document = self.document(&answer?, voice, self.emails.in_messages());
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
}
