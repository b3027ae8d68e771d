//! The forms of the Home tab: its filters, and the search for an account.

use std::sync::Arc;

use tokio::time::Instant;

use super::home::HomeOccasion;
use super::parts::HomeForm;
use super::{Bot, FormReply, JobError, Reply, refused};
use crate::domain::query::{self, Query, QueryError};
use crate::metrics::Job;
use crate::slack::admission::{Barred, RequestSurface};
use crate::slack::audit::AuditEntry;
use crate::slack::inbound::{Action, Submission};
use crate::slack::view::home::{self, HomeFilter, NAME, chosen_filter, name_field};
use crate::slack::view::modal;
use crate::text::document::Line;

impl Bot {
    pub(super) async fn open_search(&self, action: &Action) -> Result<(), JobError> {
        let title = self.voice.words().find_title();
        let content = async |_: &str| Ok(home::find_form(&self.voice));
        self.open_modal(action, title, content).await
    }

    pub(super) async fn open_filters(
        &self,
        action: &Action,
        chosen: &HomeFilter,
    ) -> Result<(), JobError> {
        let title = self.voice.words().filter_title();
        let content = async |_: &str| {
            let hubs = self.watch.hubs.list();
            let filter = HomeFilter::default().filter(&hubs);
            let status = chosen.status.as_ref();
            let overview = self.watch.overviews.overview(&filter, status).await?;
            Ok(home::filter_form(&hubs, &overview, chosen, &self.voice))
        };
        self.open_modal(action, title, content).await
    }

    /// Handles a submitted form of the tab.
    pub(super) fn submit_home_form(
        self: &Arc<Self>,
        form: HomeForm,
        submission: Submission,
    ) -> Reply {
        let words = self.voice.words();
        let request = AuditEntry {
            user: &submission.user,
            channel: None,
            sender: &submission.sender,
            // The typed text may be an email address.
            what: &submission.form,
        };
        match self.admit("a form", &request, RequestSurface::Home) {
            Ok(()) => {}
            // Requests from another workspace get no answer.
            Err(Barred::Foreign) => return Reply::Received,
            Err(barred) => {
                let content = refused(barred, &request, self.voice);
                return update(words.home_title(), &content.text, self);
            }
        }
        let reply = self.answer_home_form(form);
        let started = match form {
            HomeForm::Filter => self.start(Job::Home, "filtering the Home tab", |bot| async move {
                let before = serde_json::from_str(&submission.private_metadata);
                let before: HomeFilter = before.unwrap_or_default();
                let chosen = chosen_filter(before, |block| submission.field(block));
                let user = &submission.user;
                bot.show_choice(user, chosen, None, HomeOccasion::Chosen)
                    .await
            }),
            HomeForm::Find => self.start(Job::Answer, "finding an account", |bot| async move {
                bot.find(&submission).await
            }),
        };
        match started {
            true => reply,
            false => update(words.home_title(), words.busy(), self),
        }
    }

    /// The acknowledgement of an admitted form: the filters close, the search goes on in its modal.
    pub(super) fn answer_home_form(&self, form: HomeForm) -> Reply {
        let words = self.voice.words();
        match form {
            HomeForm::Find => update(words.find_title(), words.looking(), self),
            HomeForm::Filter => Reply::Received,
        }
    }

    /// Shows the account, or those with similar names, in the modal.
    async fn find(&self, submission: &Submission) -> Result<(), JobError> {
        let began = Instant::now();
        let (words, title) = (self.voice.words(), self.voice.words().find_title());
        let found = match self.find_query(name_field(submission.field(NAME))).await {
            Ok(query) => {
                let answered = self.watch.answers.answer_from_store(&query).await;
                answered.map(|answer| self.modal(title, &answer, self.voice))
            }
            Err(error) => {
                let refusal = self.voice.refusal(&error, self.watch.calendar.today());
                Ok(modal::document(title, &refusal, words))
            }
        };
        let (view, failure) = match found {
            Ok(view) => (view, None),
            Err(error) => {
                let said = [Line::text(words.failed())];
                (modal::said(title, &said, words), Some(error))
            }
        };
        self.show_result(submission, &view, began).await?;
        failure.map_or(Ok(()), |error| Err(JobError::Reported(error)))
    }

    /// The query about an account of this name or ID. A name that reads like another query is still
    /// a name.
    async fn find_query(&self, name: &str) -> Result<Query, QueryError> {
        let (today, zone) = (self.watch.calendar.today(), self.voice.zone);
        let understand = |text: &str| query::understand(text, today, zone);
        match understand(name).map(|asked| asked.query) {
            Ok(query @ Query::Account(_)) => Ok(query),
            Ok(_) => understand(&format!("account {name}")).map(|asked| asked.query),
            Err(error @ QueryError::Unknown { .. }) => self.watch.answers.account_or(error).await,
            Err(error) => Err(error),
        }
    }
}

/// Shows a sentence in place of the form.
fn update(title: &str, text: &str, bot: &Bot) -> Reply {
    let view = modal::said(title, &[Line::text(text)], bot.voice.words());
    Reply::Form(Box::new(FormReply::Update(view)))
}
