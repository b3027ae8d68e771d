//! The running service: its loops, its health and the problems that it knows of.
//! It puts the parts together, and words nothing for Slack.

pub mod health;
pub mod problems;
pub mod rounds;
pub mod service;
