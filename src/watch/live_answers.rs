//! Answers about now, after a live check or from stored data. Concurrent queries share one
//! answer.

use std::sync::Arc;

use super::answers::{Answer, Answers};
use super::checks::LiveChecks;
use super::ports::StoreError;
use super::shared_task::SharedTask;
use crate::domain::query::Query;
use crate::policies::answers::READ_WITHIN;

/// An answer for several readers.
type SharedAnswer = Result<Arc<Answer>, StoreError>;

/// Answers queries, those about now after a live check.
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

    /// Answers [`Query::Now`] after a live check.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn check(&self) -> SharedAnswer {
        let (answers, checks) = (Arc::clone(&self.answers), Arc::clone(&self.checks));
        let check = async move {
            checks.check_hubs().await;
            stored(&answers).await
        };
        self.checking.join(check).await
    }

    /// The same from stored data, without a check; `None` if no hub was ever read.
    ///
    /// # Errors
    ///
    /// If the store fails.
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

    /// Answers a query. [`Query::Now`] polls every hub first; a failing hub has its stored data.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn answer(&self, query: &Query) -> Result<Answer, StoreError> {
        if *query == Query::Now {
            self.checks.check_hubs().await;
        }
        self.answers.answer_from_store(query).await
    }
}

/// The answer to [`Query::Now`] from stored data, within the deadline.
async fn stored(answers: &Answers) -> SharedAnswer {
    let answer = answers.answer_from_store(&Query::Now);
    let answer = tokio::time::timeout(READ_WITHIN, answer).await;
    answer
        .unwrap_or_else(|_| Err(StoreError::late(READ_WITHIN)))
        .map(Arc::new)
}
