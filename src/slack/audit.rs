//! The audit log: one line with the target `audit` for each request of a person. It contains IDs
//! and the parsed query, but not the typed text and no `response_url`.

use chrono::NaiveDate;

use super::admission::Barred;
use super::ids::{ChannelId, Sender, UserId};
use super::inbound::Action;
use crate::domain::member::AccountId;

/// A request in the audit log.
pub(super) struct AuditEntry<'a> {
    pub(super) user: &'a UserId,
    /// `None` in the Home tab.
    pub(super) channel: Option<&'a ChannelId>,
    pub(super) sender: &'a Sender,
    /// The parsed query in canonical form, or the ID of the action.
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

/// A decision on a case in the audit log. The reason is left out, because it is free text.
pub(super) struct DecidedEntry<'a> {
    /// The command's verb.
    pub(super) what: &'a str,
    pub(super) account: AccountId,
    /// The date on which an acceptance ends.
    pub(super) until: Option<NaiveDate>,
    /// The administrators whose cases of the account changed.
    pub(super) admins: &'a str,
}

/// Logs a change of the cases of an account.
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

/// Logs whether a request was admitted. `kind` is "a command", "a button" or "an opening of the
/// Home tab".
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
