//! A simulated AWS: the members of every Region of some administrators, how to
//! sign in to them, the organization around them, and the faults it is told to show.

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
