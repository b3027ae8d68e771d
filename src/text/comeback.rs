//! Steps that make an account Enabled again: the commands to copy, for its Regions and the way in
//! which it is a member. The bot runs none of them.
//!
//! After the AWS user guide: *disassociate-from-admin*, *disassociate-members*,
//! *delete-member-accounts*.

use std::collections::BTreeMap;

use super::Words;
use super::document::{Line, Span};
use super::voice::Voice;
use crate::domain::cases::{Case, Concern, Condition};
use crate::domain::diff::ChangeKind;
use crate::domain::directory::Directory;
use crate::domain::hub::{HubId, Region};
use crate::domain::member::{AccountId, MemberStatus};

/// The way in which an account is a member of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// It belongs to the organization: the administrator adds it, without an invitation.
    Organization,
    /// It accepted an invitation.
    Invitation,
    /// Unknown.
    Unknown,
}

impl Membership {
    /// Decides from the organization, as far as it is known.
    pub fn of(account: AccountId, directory: &Directory) -> Self {
        let record = directory.get(account);
        let is_in_it = record.is_some_and(|record| record.state.is_some());
        let organization = directory.organization.as_ref();
        let is_known = organization.is_some_and(|known| known.read_at.is_some());
        match (is_in_it, is_known) {
            (true, _) => Self::Organization,
            (false, true) => Self::Invitation,
            (false, false) => Self::Unknown,
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step, with the account in which to take it.
    pub text: Line,
    /// The command.
    pub command: Option<String>,
}

/// The procedure for some Regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Procedure {
    /// It left: the invitation stands.
    Accept,
    /// It left or declined: the invitation may stand.
    AcceptOrInvite,
    /// The administrator removed it.
    Removed,
    /// It is no longer listed.
    Missing,
    /// It was added, and never invited.
    Invite,
    /// It has an invitation that it has not answered.
    Answer,
    /// AWS suspended it.
    Suspended,
    /// The Region is disabled.
    Region,
    /// Its address could not be verified.
    Email,
    /// It is Enabled.
    Enabled,
    /// A status that this program does not know.
    Unknown,
}

impl Procedure {
    fn of(condition: &Condition) -> Self {
        let Some(status) = &condition.status else {
            return Self::Missing;
        };
        match status {
            MemberStatus::Resigned if condition.how == Some(ChangeKind::Left) => Self::Accept,
            MemberStatus::Resigned => Self::AcceptOrInvite,
            MemberStatus::Removed => Self::Removed,
            MemberStatus::Deleted => Self::Missing,
            MemberStatus::AccountSuspended => Self::Suspended,
            MemberStatus::RegionDisabled => Self::Region,
            MemberStatus::Invited => Self::Answer,
            MemberStatus::Created => Self::Invite,
            MemberStatus::EmailVerificationFailed => Self::Email,
            MemberStatus::EmailVerificationInProgress => Self::Answer,
            MemberStatus::Enabled => Self::Enabled,
            MemberStatus::Other(_) => Self::Unknown,
        }
    }
}

impl Voice {
    /// Steps that bring the account of a case back. `watched` is every hub that is watched.
    pub fn comeback(&self, case: &Case, member: Membership, watched: &[HubId]) -> Vec<Step> {
        let mut places = BTreeMap::<(AccountId, Procedure), Vec<&Region>>::new();
        for (hub, condition) in &case.hubs {
            let procedure = Procedure::of(condition);
            places
                .entry((hub.admin, procedure))
                .or_default()
                .push(&hub.region);
        }
        // An account of the organization that no administrator lists.
        if case.concern == Concern::NotMember {
            for hub in watched {
                let key = (hub.admin, Procedure::Missing);
                places.entry(key).or_default().push(&hub.region);
            }
        }
        let member = match case.concern {
            Concern::NotMember => Membership::Organization,
            _ => member,
        };
        let account = Span::Code(case.key.account.to_string());
        let name = match &case.who.name {
            Some(name) => Line::strong(name).and(" ").with(account),
            None => Line(vec![account]),
        };
        let mut steps = vec![Step {
            text: name,
            command: None,
        }];
        for ((admin, procedure), regions) in places {
            let account = AccountInRegions {
                words: self.words(),
                account: case.key.account,
                admin,
                regions,
            };
            steps.extend(account.steps(procedure, member));
        }
        steps
    }

    /// Notes that apply to all commands.
    pub fn comeback_notes(&self) -> Vec<Line> {
        let words = self.words();
        vec![
            Line::text(words.run_it_yourself()),
            Line::text(words.unprocessed_accounts()),
        ]
    }
}

/// Runs `"$region"`'s commands in each Region.
pub(super) fn in_each(regions: &[&Region], commands: &str) -> String {
    match regions {
        [region] => commands.replace("\"$region\"", region.as_str()),
        regions => {
            let regions: Vec<_> = regions.iter().map(|region| region.as_str()).collect();
            let body: Vec<_> = commands.lines().map(|line| format!("  {line}")).collect();
            format!(
                "for region in {}; do\n{}\ndone",
                regions.join(" "),
                body.join("\n")
            )
        }
    }
}

/// An account, in some Regions of one administrator.
struct AccountInRegions<'a> {
    words: Words,
    account: AccountId,
    admin: AccountId,
    regions: Vec<&'a Region>,
}

impl AccountInRegions<'_> {
    fn steps(&self, procedure: Procedure, member: Membership) -> Vec<Step> {
        let words = self.words;
        let said = |text: &str| Step {
            text: Line::text(text),
            command: None,
        };
        let invited = |first: &str| {
            vec![
                self.step(first, &self.invite()),
                self.step(words.then_accept(), &self.accept()),
            ]
        };
        let added = |text: &str| self.step(text, &self.create());
        let added_and_invited = || {
            let both = format!("{}\n{}", self.create(), self.invite());
            vec![
                self.step(words.add_and_invite(), &both),
                self.step(words.then_accept(), &self.accept()),
            ]
        };
        match (procedure, member) {
            (Procedure::Accept, _) => vec![self.step(words.it_left(), &self.accept())],
            (Procedure::AcceptOrInvite, _) => vec![
                self.step(words.it_declined(), &self.accept()),
                self.step(words.no_invitation(), &self.invite()),
            ],
            (
                Procedure::Removed | Procedure::Missing | Procedure::Invite,
                Membership::Organization,
            ) => {
                vec![added(words.add_to_organization())]
            }
            (Procedure::Removed, Membership::Invitation) | (Procedure::Invite, _) => {
                invited(words.invite_again())
            }
            (Procedure::Removed, Membership::Unknown) => {
                let mut steps = invited(words.invite_if_invited());
                steps.push(added(words.add_if_organization()));
                steps
            }
            (Procedure::Missing, Membership::Invitation) => added_and_invited(),
            (Procedure::Missing, Membership::Unknown) => {
                let mut steps = added_and_invited();
                steps.push(added(words.add_if_organization()));
                steps
            }
            (Procedure::Answer, _) => vec![self.step(words.accept_it(), &self.accept())],
            (Procedure::Suspended, _) => vec![said(words.it_is_suspended())],
            (Procedure::Region, _) => {
                vec![self.step(words.region_is_disabled(), &self.enable_region())]
            }
            (Procedure::Email, _) => vec![self.step(words.email_failed(), &self.invite())],
            (Procedure::Enabled, _) => vec![said(words.it_is_enabled())],
            (Procedure::Unknown, _) => vec![said(words.status_is_unknown())],
        }
    }

    fn step(&self, text: &str, command: &str) -> Step {
        Step {
            text: Line::text(text),
            command: Some(in_each(&self.regions, command)),
        }
    }

    fn accept(&self) -> String {
        let admin = self.admin;
        format!(
            "invitation=$(aws securityhub list-invitations --region \"$region\" --output text \
             --query \"Invitations[?AccountId=='{admin}'].InvitationId | [0]\")\n\
             aws securityhub accept-administrator-invitation --region \"$region\" \
             --administrator-id {admin} --invitation-id \"$invitation\""
        )
    }

    fn invite(&self) -> String {
        let account = self.account;
        format!("aws securityhub invite-members --region \"$region\" --account-ids {account}")
    }

    fn create(&self) -> String {
        let account = self.account;
        format!(
            "aws securityhub create-members --region \"$region\" \
             --account-details AccountId={account}"
        )
    }

    fn enable_region(&self) -> String {
        "aws account enable-region --region-name \"$region\"".to_owned()
    }
}
