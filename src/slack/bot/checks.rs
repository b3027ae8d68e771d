//! The answer to a query about now: stored data first, replaced by the result of the live check.

use std::pin::pin;
use std::sync::Arc;

use super::{Bot, JobError, short};
use crate::policies::answers::SOON;
use crate::slack::client::Response;
use crate::slack::inbound::ResponseUrl;
use crate::slack::view::answer;
use crate::slack::view::asked::Asked;
use crate::text::document::{Document, Line};
use crate::text::voice::Voice;
use crate::watch::Answer;
use crate::watch::ports::StoreError;

impl Bot {
    /// Slack accepts five replies: one attempt with stored data, and four with the result of the
    /// check.
    pub(super) async fn check_for(
        &self,
        url: &ResponseUrl,
        asked: &Asked,
        voice: Voice,
    ) -> Result<(), JobError> {
        let mut check = pin!(self.watch.live.check());
        let (checked, stored) = match tokio::time::timeout(SOON, &mut check).await {
            Ok(checked) => (checked, None),
            // The check continues. Its result is sent last.
            Err(_) => tokio::join!(check, self.respond_stored(url, asked, voice)),
        };
        let (content, failed) = match (checked, stored) {
            (Ok(answer), _) => {
                let mut content = self.content(&answer, asked, voice);
                self.add_cases(&mut content, &answer, asked, voice).await;
                (content, None)
            }
            (Err(error), Some(stored)) => {
                let answer = Answer::clone(&stored).unchecked(self.watch.calendar.now());
                (self.content(&answer, asked, voice), Some(error))
            }
            (Err(error), None) => (short(voice.words().failed()), Some(error)),
        };
        self.api.respond(url, &Response::replace(content)).await?;
        failed.map_or(Ok(()), |error: StoreError| Err(error.into()))
    }

    /// Sends stored data, in one attempt, because the result of the check follows.
    async fn respond_stored(
        &self,
        url: &ResponseUrl,
        asked: &Asked,
        voice: Voice,
    ) -> Option<Arc<Answer>> {
        let stored = match self.watch.live.last_known().await {
            Ok(stored) => stored?,
            Err(error) => {
                tracing::warn!(%error, "failed to read stored data before the live check");
                return None;
            }
        };
        let mark = |as_of: &str| voice.words().checking_since(as_of);
        let document = self.marked(&stored, voice, mark);
        let content = answer::provisional(&document, asked, voice.locale);
        let response = Response::replace(content);
        if let Err(error) = self.api.respond_once(url, &response).await {
            tracing::warn!(%error, "failed to show stored data before the live check");
        }
        Some(stored)
    }

    /// An answer with its age.
    fn marked(&self, answer: &Answer, voice: Voice, mark: impl Fn(&str) -> String) -> Document {
        let mut document = voice.answer(answer);
        if let Answer::Report(reported) = answer
            && let Some(as_of) = voice.as_of(&reported.report)
        {
            document.lead.insert(0, Line::text(mark(&as_of)));
        }
        document
    }
}
