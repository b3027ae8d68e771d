//! Stand-ins for the services the bot talks to, and the page to look at them.
//!
//! The `demo` command and the integration tests share these. They speak the
//! services' wire formats on loopback, refuse what the services refuse, and can
//! be told to fail. They know nothing of the bot beyond its public endpoints,
//! and of this crate only its [`Clock`](crate::clock::Clock).

pub mod aws;
pub mod clock;
pub mod history;
pub mod run;
pub mod server;
pub mod slack;
pub mod story;
#[cfg(test)]
mod tests;

pub use aws::SimulatedAws;
pub use clock::DemoClock;
pub use server::LoopbackServer;
pub use slack::StandInSlack;
