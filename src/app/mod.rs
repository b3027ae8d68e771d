//! The running service: its loops, health and open problems. It has no texts for Slack.

pub mod channels;
pub mod health;
mod polling;
pub mod problems;
mod rhythm;
pub mod rounds;
pub mod service;
pub mod work;
