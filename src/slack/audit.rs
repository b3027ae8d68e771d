//! The audit log: one line, with the target `audit`, for each thing that a
//! person asks of the bot. It holds ids and what was understood, never what was
//! typed and never where an answer goes.

use chrono::NaiveDate;

use super::admission::Barred;
use super::ids::{ChannelId, Sender, UserId};
use super::inbound::Action;
use crate::domain::member::AccountId;

/// A request, as the audit log names it.
pub(super) struct AuditEntry<'a> {
    pub(super) user: &'a UserId,
    /// `None` in the Home tab.
    pub(super) channel: Option<&'a ChannelId>,
    pub(super) sender: &'a Sender,
    /// The question as it was understood, or the id of what was pressed.
    pub(super) what: &'a str,
}

impl<'a> AuditEntry<'a> {
    pub(super) fn of(action: &'a Action) -> Self {
        Self {
            user: &action.user,
            channel: action.channel.as_ref(),
            sender: &action.sender,
            what: &action.id,
        }
    }
}

/// A decision on a case, as the audit log names it: never why.
pub(super) struct DecidedEntry<'a> {
    /// The word of the command for it.
    pub(super) what: &'a str,
    /// The account.
    pub(super) account: AccountId,
    /// On which date an acceptance ends.
    pub(super) until: Option<NaiveDate>,
    /// The administrators under whom the account had a case that changed.
    pub(super) admins: &'a str,
}

/// Notes that somebody has changed the cases of an account.
pub(super) fn note_decision(user: &UserId, decided: &DecidedEntry<'_>) {
    let DecidedEntry {
        what,
        account,
        until,
        admins,
    } = decided;
    let until = until.map(|until| until.to_string()).unwrap_or_default();
    tracing::info!(target: "audit", event = "case_changed", %user, what, %account, until, admins, "changed a case");
}

/// Notes that somebody was let in, or why not. `kind` is "a command", "a
/// button" or "an opening of the Home tab".
pub(super) fn note(kind: &'static str, request: &AuditEntry<'_>, admitted: Result<(), Barred>) {
    let AuditEntry {
        user,
        channel,
        sender,
        what,
    } = request;
    let channel = channel.map_or("", ChannelId::as_str);
    match admitted {
        Ok(()) => {
            tracing::info!(target: "audit", event = "allowed", %user, channel, what, "allowed {kind}");
        }
        Err(why) => {
            let team = sender.team.as_ref().map_or("", |team| team.as_str());
            tracing::warn!(target: "audit", event = "denied", %user, channel, what, team, %why, "denied {kind}");
        }
    }
}
