//! The running service: its loops, its health and the problems that it knows of.
//! It puts the parts together, and words nothing for Slack.

pub mod health;
mod polling;
pub mod problems;
mod rhythm;
pub mod rounds;
pub mod service;
pub mod work;
