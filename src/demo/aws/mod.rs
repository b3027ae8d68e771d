//! A simulated AWS: member lists of several administrators in every Region, role assumption, the
//! organization, and faults that tests can inject.

mod account;
mod organization;
mod organizations;
mod router;
mod security_hub;
mod simulation;
mod state;
mod sts;
mod wire;

pub use organization::{OrganizationFault, SimulatedAccount, email};
pub use simulation::SimulatedAws;
pub use state::{HubFault, OptStatus, SimulatedMember};
pub use wire::Foreign;
