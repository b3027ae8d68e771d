//! The audit log: one line with the target `audit` for each request of a person. It contains IDs
//! and the parsed query, but not the typed text and no `response_url`.

use std::collections::BTreeMap;

use super::admission::Barred;
use super::ids::{ChannelId, Sender, UserId};
use super::inbound::Action;
use crate::domain::cases::Case;
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;
use crate::watch::{Decision, HubDecision};

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
        Self::about(action, &action.id)
    }

    /// An entry with `what` in place of the action's ID.
    pub(super) fn about(action: &'a Action, what: &'a str) -> Self {
        Self {
            user: &action.user,
            channel: action.channel.as_ref(),
            sender: &action.sender,
            what,
        }
    }
}

/// Notes what a person has changed: a line for each account, with the administrators
/// under whom it had a case. Why a case is accepted is in no log.
pub(super) fn note_decision(user: &UserId, cases: &[&Case], decision: &Decision) {
    let what = decision.verb().as_str();
    let until = match decision {
        Decision::Accept { until, .. } => until.to_string(),
        _ => String::new(),
    };
    let mut accounts = BTreeMap::<_, Vec<String>>::new();
    for case in cases {
        let admins = accounts.entry(case.key.account).or_default();
        admins.extend(case.key.admin.map(|admin| admin.to_string()));
    }
    for (account, admins) in accounts {
        let admins = admins.join(" ");
        tracing::info!(target: "audit", event = "case_changed", %user, what, %account, until, admins, "changed a case");
    }
}

/// Notes that a person took failing hubs or gave them back.
pub(super) fn note_hubs(user: &UserId, hubs: &[&HubId], decision: HubDecision) {
    let what = decision.as_str();
    let hubs: Vec<_> = hubs.iter().map(ToString::to_string).collect();
    let hubs = hubs.join(" ");
    tracing::info!(target: "audit", event = "failing_hubs_changed", %user, what, hubs, "changed who works on failing member lists");
}

/// Notes that a person decided whether a status counts as Enabled; `None` took the decision back.
pub(super) fn note_status(user: &UserId, status: &MemberStatus, is_enabled: Option<bool>) {
    let what = match is_enabled {
        Some(true) => "count as Enabled",
        Some(false) => "do not count as Enabled",
        None => "undo",
    };
    tracing::info!(target: "audit", event = "status_decided", %user, what, %status, "decided on a status");
}

/// Logs whether a request was admitted. `kind` is "a command", "a button", "a form" or "an
/// opening of the Home tab".
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
