//! Requests that are refused: who may ask, what the others read, and what the audit
//! log says of both.

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

/// How many people may read at a time that their button does nothing, and how long
/// that may take.
pub(super) const TOLD: usize = 16;
const TELL_WITHIN: Duration = Duration::from_secs(10);

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

    /// Says in the Home tab that it is not for this person. For requests from another
    /// workspace, and for early ones, it stays as it was.
    pub(super) fn close_home(self: &Arc<Self>, user: UserId, barred: Barred) {
        if barred == Barred::User {
            let bot = Arc::clone(self);
            self.aside(async move { bot.show_closed_home(&user).await });
        }
    }

    /// Says beside an answer why nothing happens with it.
    pub(super) fn tell(&self, url: Option<ResponseUrl>, content: Content) {
        let Some(url) = url else { return };
        let api = self.api.clone();
        self.aside(async move { Ok(api.respond(&url, &Response::beside(content)).await?) });
    }

    /// Says that nothing happens, beside the jobs and without a place among them. If
    /// too many have to read it, only the log says so.
    fn aside(&self, telling: impl Future<Output = Result<(), JobError>> + Send + 'static) {
        let Ok(permit) = Arc::clone(&self.told).try_acquire_owned() else {
            if let Some(times) = self.untold.happened() {
                let most = TOLD;
                tracing::warn!(
                    most,
                    since_last_line = times,
                    "dropping a reply: too many in progress"
                );
            }
            return;
        };
        self.tasks.spawn(async move {
            match tokio::time::timeout(TELL_WITHIN, telling).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "failed to send a reply"),
                Err(_) => tracing::warn!("timed out sending a reply"),
            }
            drop(permit);
        });
    }
}

/// The reason of a refusal for the person, and whom to ask.
pub(super) fn refused(barred: Barred, request: &audit::AuditEntry<'_>, voice: Voice) -> Content {
    let words = voice.words();
    let with_id = |text: &str, id: &str| {
        view::one_line(&Line::text(format!("{text} ")).with(Span::Code(id.to_owned())))
    };
    match (barred, request.channel.map(ChannelId::as_str)) {
        (Barred::NotReady, _) => short(words.not_ready()),
        (Barred::Foreign, _) => short(words.foreign()),
        (Barred::User, _) => with_id(words.user_not_allowed(), request.user.as_str()),
        (Barred::Channel, Some(id)) => with_id(words.channel_not_allowed(), id),
        (Barred::Channel, None) => short(words.channel_unknown()),
    }
}
