//! The accounts of the simulated organization, and the faults that it can show.

use super::wire::Foreign;

/// An account as the service keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedAccount {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `State`: any text. Empty where only the older `Status` is answered.
    pub state: String,
    /// `Status`, which AWS retires in September 2026.
    pub status: String,
    /// The path of its unit; empty in the root.
    pub unit: String,
}

/// The faults that the organization can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationFault {
    /// `AccessDeniedException` to every operation.
    AccessDenied,
    /// The same to the operations that are about units.
    UnitsDenied,
    /// `TooManyRequestsException`, whatever the rate.
    Throttled,
    /// `ServiceException` on every page but the first.
    ErrorOnLaterPages,
    /// Every page names the same next page, for ever.
    RepeatToken,
    /// Another service's answer to this operation.
    Foreign(&'static str, Foreign),
    /// The same on every page but the first.
    ForeignOnLaterPages(&'static str, Foreign),
}

/// The organization, and how it fails.
#[derive(Debug, Default)]
pub(super) struct Organization {
    pub(super) accounts: Vec<SimulatedAccount>,
    pub(super) fault: Option<OrganizationFault>,
    pub(super) requests: usize,
}

/// The address of an account of this name.
#[must_use]
pub fn email(name: &str) -> String {
    format!("aws+{name}@example.com")
}
