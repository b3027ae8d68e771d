//! The commands that take and accept cases, and those that undo it. The reason of an acceptance is
//! never logged.

use std::sync::Arc;

use super::refusals::refused;
use super::{Bot, FirstReply, JobError, short};
use crate::domain::cases::PersonId;
use crate::domain::query::{CaseCommand, CaseLimits, CaseRequest, CaseVerb, Named, case_command};
use crate::metrics::Job;
use crate::slack::admission::RequestSurface;
use crate::slack::audit::AuditEntry;
use crate::slack::client::Response;
use crate::slack::ids::UserId;
use crate::slack::inbound::{Action, ResponseUrl, SlashCommand};
use crate::slack::view::{answer, case_answer, mrkdwn};
use crate::text::document::{Line, Span};
use crate::text::voice::Voice;
use crate::watch::{CaseAnswer, Decision};

impl Bot {
    /// Today, and the longest acceptance.
    pub(super) fn case_limits(&self) -> CaseLimits {
        CaseLimits {
            today: self.watch.calendar.today(),
            longest: self.watch.cases.settings().longest,
        }
    }

    /// A command about cases; `None` for a query.
    pub(super) fn case_request(&self, text: &str) -> Option<CaseRequest> {
        case_command(&mrkdwn::unescape(text), self.case_limits())
    }

    pub(super) fn answer_case_command(
        self: &Arc<Self>,
        request: CaseRequest,
        slash: SlashCommand,
        voice: Voice,
    ) -> FirstReply {
        let what = noted(&request);
        let entry = AuditEntry {
            user: &slash.user,
            channel: slash.channel.as_ref(),
            sender: &slash.sender,
            what: &what,
        };
        let place = RequestSurface::Channel(slash.channel.as_ref());
        let admitted = match request.verb {
            CaseVerb::List => self.admit("a command", &entry, place),
            _ => self.admit_to_cases("a command", &entry, place),
        };
        if let Err(barred) = admitted {
            return FirstReply::Answer(refused(barred, &entry, voice));
        }
        let command = match request.command {
            Ok(command) => command,
            Err(fault) => {
                let document = voice.case_fault(request.verb, &fault, self.case_limits());
                return FirstReply::Answer(answer::plain(&document, voice.locale));
            }
        };
        let words = voice.words();
        let (user, url) = (slash.user, slash.response_url);
        let started = self.start(Job::Answer, "deciding on a case", |bot| async move {
            bot.decide_on_case(&command, &user, &url, voice).await
        });
        if started {
            FirstReply::Working(short(words.looking()))
        } else {
            FirstReply::Answer(short(words.busy()))
        }
    }

    /// A press of a button that is a command about a case: one for each account that may be meant.
    pub(super) fn press_case_command(
        self: &Arc<Self>,
        action: Action,
        request: CaseRequest,
        voice: Voice,
    ) {
        let what = noted(&request);
        let changes = request.verb != CaseVerb::List;
        self.press(
            action,
            (&what, voice),
            changes,
            "deciding on a case",
            |bot, action| async move {
                let Some(url) = &action.response_url else {
                    return Ok(());
                };
                match &request.command {
                    Ok(command) => bot.decide_on_case(command, &action.user, url, voice).await,
                    // The end of an old button may be past.
                    Err(fault) => {
                        let limits = bot.case_limits();
                        let document = voice.case_fault(request.verb, fault, limits);
                        let content = answer::plain(&document, voice.locale);
                        Ok(bot.api.respond(url, &Response::replace(content)).await?)
                    }
                }
            },
        );
    }

    async fn decide_on_case(
        &self,
        command: &CaseCommand,
        user: &UserId,
        url: &ResponseUrl,
        voice: Voice,
    ) -> Result<(), JobError> {
        let by = PersonId(user.as_str().to_owned());
        let decided = match self.watch.cases.carry_out(command, &by).await {
            Ok(decided) => decided,
            Err(error) => {
                let content = short(voice.words().failed());
                self.api.respond(url, &Response::replace(content)).await?;
                return Err(error.into());
            }
        };
        let telling = self.report_command(&decided, command, user);
        let answering = self.answer_case(&decided, command, url, voice);
        let ((), answered) = tokio::join!(telling, answering);
        answered
    }

    async fn report_command(&self, decided: &CaseAnswer, command: &CaseCommand, user: &UserId) {
        let changed = decided.changed();
        let cases: Vec<_> = changed.iter().map(|one| &one.before).collect();
        if let (Some(decision), false) = (Decision::of(command), cases.is_empty()) {
            self.report_decision(None, &cases, &decision, user).await;
        }
    }

    async fn answer_case(
        &self,
        decided: &CaseAnswer,
        command: &CaseCommand,
        url: &ResponseUrl,
        voice: Voice,
    ) -> Result<(), JobError> {
        let mut document = voice.case_answer(decided, command);
        document.choices = voice.case_choices(decided, command);
        let terminal = Span::Code("securityhub-members acks".to_owned());
        let more = Line::text(voice.words().more_in_terminal())
            .and(" ")
            .with(terminal);
        let mut contents = case_answer::messages_of(&document, &more, voice.locale).into_iter();
        if let Some(first) = contents.next() {
            self.api.respond(url, &Response::replace(first)).await?;
        }
        for content in contents {
            self.api.respond(url, &Response::beside(content)).await?;
        }
        Ok(())
    }
}

/// The command for the audit log. Without typed names, which may be email addresses.
fn noted(request: &CaseRequest) -> String {
    let verb = request.verb.as_str();
    let Ok(command) = &request.command else {
        return format!("{verb}, not understood");
    };
    let account = match command.account() {
        None => return verb.to_owned(),
        Some(Named::Id(account)) => account.to_string(),
        Some(Named::Name(_)) => "account by name".to_owned(),
    };
    match command.until() {
        Some(until) => format!("{verb} {account} until {until}"),
        None => format!("{verb} {account}"),
    }
}
