//! The accounts of the simulated organization, and its faults.

use super::wire::Foreign;

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedAccount {
    /// The account ID, twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `State`: any text. If empty, responses only have the older `Status`.
    pub state: String,
    /// `Status`, which AWS retires in September 2026.
    pub status: String,
    /// The OU path; empty for accounts in the root.
    pub unit: String,
}

/// Faults of Organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationFault {
    /// `AccessDeniedException` for every operation.
    AccessDenied,
    /// `AccessDeniedException` for the operations that list OUs.
    UnitsDenied,
    /// `TooManyRequestsException`, regardless of the rate.
    Throttled,
    /// `ServiceException` on every page but the first.
    ErrorOnLaterPages,
    /// Every page has the same `NextToken`, so pagination never ends.
    RepeatToken,
    /// A response from something other than AWS, for this operation.
    Foreign(&'static str, Foreign),
    /// The same, except for the first page.
    ForeignOnLaterPages(&'static str, Foreign),
}

#[derive(Debug, Default)]
pub(super) struct Organization {
    pub(super) accounts: Vec<SimulatedAccount>,
    pub(super) fault: Option<OrganizationFault>,
    pub(super) requests: usize,
}

/// The email address of the account with this name.
#[must_use]
pub fn email(name: &str) -> String {
    format!("aws+{name}@example.com")
}
