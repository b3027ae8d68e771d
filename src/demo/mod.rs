//! Mocks of the services that the bot calls, and the demo's page.
//!
//! The `demo` command and the integration tests share them. They use the services' HTTP formats
//! on loopback, reject what the services reject, and can inject faults. The mocks know only the
//! bot's public endpoints and, of this crate, its [`Clock`](crate::clock::Clock) and
//! [`Locale`](crate::text::Locale).

pub mod action;
pub mod aws;
mod channels;
pub mod clock;
pub mod history;
mod past;
pub mod run;
pub mod server;
pub mod slack;
pub mod story;
#[cfg(test)]
mod tests;
mod words;

pub use aws::SimulatedAws;
pub use clock::DemoClock;
pub use server::LoopbackServer;
pub use slack::MockSlack;
