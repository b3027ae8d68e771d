//! Answers about now: after a live check, or as they are stored. Everybody who
//! asks while one is made gets the one answer.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{Answer, Answers};
use super::checks::LiveChecks;
use super::ports::StoreError;
use super::shared_task::SharedTask;
use crate::domain::query::Query;

/// How long what is stored may take to be read. With the check before it that is
/// half of the time in which Slack takes an answer.
const READ_WITHIN: Duration = Duration::from_secs(300);

/// An answer that many get.
type SharedAnswer = Result<Arc<Answer>, StoreError>;

/// Answers questions, those about now after a check.
pub struct LiveAnswers {
    answers: Arc<Answers>,
    checks: Arc<LiveChecks>,
    checking: SharedTask<SharedAnswer>,
    looking: SharedTask<SharedAnswer>,
}

impl LiveAnswers {
    pub(super) fn new(answers: Arc<Answers>, checks: Arc<LiveChecks>) -> Self {
        Self {
            answers,
            checks,
            checking: SharedTask::default(),
            looking: SharedTask::default(),
        }
    }

    /// Answers [`Query::Now`] after a check.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn check(&self) -> SharedAnswer {
        let (answers, checks) = (Arc::clone(&self.answers), Arc::clone(&self.checks));
        let check = async move {
            checks.check_hubs().await;
            stored(&answers).await
        };
        self.checking.join(check).await
    }

    /// The same from what is stored, without a check; `None` when no hub was ever
    /// read.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn last_known(&self) -> Result<Option<Arc<Answer>>, StoreError> {
        let answers = Arc::clone(&self.answers);
        let look = async move { stored(&answers).await };
        let answer = self.looking.join(look).await?;
        let was_read = match &*answer {
            Answer::Report(reported) => {
                let mut hubs = reported.report.hubs.iter();
                hubs.any(|hub| hub.checked_at.is_some())
            }
            _ => false,
        };
        Ok(Some(answer).filter(|_| was_read))
    }

    /// Answers a question. [`Query::Now`] polls every hub first; a hub that
    /// cannot be read is shown as it was last seen.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn answer(&self, query: &Query) -> Result<Answer, StoreError> {
        if *query == Query::Now {
            self.checks.check_hubs().await;
        }
        self.answers.answer_from_store(query).await
    }
}

/// The answer to [`Query::Now`] as it is stored, in time.
async fn stored(answers: &Answers) -> SharedAnswer {
    let answer = answers.answer_from_store(&Query::Now);
    let answer = tokio::time::timeout(READ_WITHIN, answer).await;
    answer
        .unwrap_or_else(|_| Err(StoreError::late(READ_WITHIN)))
        .map(Arc::new)
}
