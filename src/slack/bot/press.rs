//! A press of a button: who may press it, and where the person reads why it has no effect.

use std::sync::Arc;

use super::{Bot, JobError, refused, short};
use crate::metrics::Job;
use crate::slack::admission::{Barred, RequestSurface};
use crate::slack::audit;
use crate::slack::inbound::Action;
use crate::slack::view::{Content, modal};
use crate::text::voice::Voice;

impl Bot {
    /// Does what a button asks for, in a message or in the Home tab, if the person may press it.
    /// `what` is for the audit log; `voice` refuses in the language of the message; `changes` are for
    /// those who may change cases.
    pub(super) fn press<W>(
        self: &Arc<Self>,
        action: Action,
        (what, voice): (&str, Voice),
        changes: bool,
        doing: &'static str,
        work: impl FnOnce(Arc<Self>, Action) -> W,
    ) where
        W: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let request = audit::AuditEntry::about(&action, what);
        let at_home = action.view.is_some();
        let place = match at_home {
            true => RequestSurface::Home,
            false => RequestSurface::Channel(action.channel.as_ref()),
        };
        let admitted = match changes {
            true => self.admit_to_cases("a button", &request, place),
            false => self.admit("a button", &request, place),
        };
        match admitted {
            Ok(()) => {
                let url = action.response_url.clone();
                if !self.start(Job::Button, doing, |bot| work(bot, action)) {
                    self.tell(url, short(voice.words().busy()));
                }
            }
            // Requests from another workspace get no answer.
            Err(Barred::Foreign) => {}
            Err(barred) if at_home && barred != Barred::Case => {
                self.close_home(action.user, barred)
            }
            Err(barred) => {
                let content = refused(barred, &request, voice);
                if at_home {
                    self.aside_modal(action, content);
                } else {
                    self.tell(action.response_url, content);
                }
            }
        }
    }

    /// Explains in a modal why a press has no effect.
    fn aside_modal(self: &Arc<Self>, action: Action, content: Content) {
        let bot = Arc::clone(self);
        self.aside(async move {
            let words = bot.voice.words();
            let view = async |_: &str| Ok(modal::content(words.form_title(), &content, words));
            bot.open_modal(&action, words.form_title(), view).await
        });
    }
}
