//! Rejected requests: the decision about each request, its entry in the audit log, and
//! the note to a person without access.

use std::sync::Arc;
use std::time::Duration;

use super::{Bot, JobError, short};
use crate::slack::admission::{Barred, RequestSurface};
use crate::slack::audit;
use crate::slack::client::Response;
use crate::slack::ids::{ChannelId, UserId};
use crate::slack::inbound::ResponseUrl;
use crate::slack::view::{self, Content};
use crate::text::document::{Line, Span};
use crate::text::voice::Voice;

/// The number of notes at a time that a button does nothing, and the deadline of one.
pub(super) const NOTES: usize = 16;
const NOTE_WITHIN: Duration = Duration::from_secs(10);

impl Bot {
    pub(super) fn admit(
        &self,
        kind: &'static str,
        request: &audit::AuditEntry<'_>,
        place: RequestSurface<'_>,
    ) -> Result<(), Barred> {
        let admitted = self.admission.admit(request.sender, request.user, place);
        audit::note(kind, request, admitted);
        admitted
    }

    /// The same for a person who wants to change a case.
    pub(super) fn admit_to_cases(
        &self,
        kind: &'static str,
        request: &audit::AuditEntry<'_>,
        place: RequestSurface<'_>,
    ) -> Result<(), Barred> {
        let Self { admission, .. } = self;
        let admitted = admission.admit_to_cases(request.sender, request.user, place);
        audit::note(kind, request, admitted);
        admitted
    }

    /// Says in the Home tab that it is not for this person. For requests from another
    /// workspace, and for early ones, it stays as it was.
    pub(super) fn close_home(self: &Arc<Self>, user: UserId, barred: Barred) {
        if barred == Barred::User {
            let bot = Arc::clone(self);
            self.aside(async move { bot.show_closed_home(&user).await });
        }
    }

    /// Sends a note, next to the answer, on why its button does nothing.
    pub(super) fn tell(&self, url: Option<ResponseUrl>, content: Content) {
        let Some(url) = url else { return };
        let api = self.api.clone();
        self.aside(async move { Ok(api.respond(&url, &Response::beside(content)).await?) });
    }

    /// Sends a note without taking a place among the jobs. If there are too many notes,
    /// only the log has a line.
    pub(super) fn aside(&self, note: impl Future<Output = Result<(), JobError>> + Send + 'static) {
        let Ok(permit) = Arc::clone(&self.notes).try_acquire_owned() else {
            if let Some(times) = self.unsent_notes.happened() {
                let most = NOTES;
                tracing::warn!(
                    most,
                    since_last_line = times,
                    "dropping a reply: too many in progress"
                );
            }
            return;
        };
        self.tasks.spawn(async move {
            match tokio::time::timeout(NOTE_WITHIN, note).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "failed to send a reply"),
                Err(_) => tracing::warn!("timed out sending a reply"),
            }
            drop(permit);
        });
    }
}

/// The reason of a rejection, and the team to ask.
pub(super) fn refused(barred: Barred, request: &audit::AuditEntry<'_>, voice: Voice) -> Content {
    let words = voice.words();
    let with_id = |text: &str, id: &str| {
        view::one_line(&Line::text(format!("{text} ")).with(Span::Code(id.to_owned())))
    };
    match (barred, request.channel.map(ChannelId::as_str)) {
        (Barred::NotReady, _) => short(words.not_ready()),
        (Barred::Foreign, _) => short(words.foreign()),
        (Barred::External, _) => short(words.external_not_allowed()),
        (Barred::User, _) => with_id(words.user_not_allowed(), request.user.as_str()),
        (Barred::Case, _) => with_id(words.cases_not_allowed(), request.user.as_str()),
        (Barred::Channel, Some(id)) => with_id(words.channel_not_allowed(), id),
        (Barred::Channel, None) => short(words.channel_unknown()),
    }
}
