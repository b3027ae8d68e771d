//! The running service: its loops and health. It has no texts for Slack.

pub mod channels;
pub mod health;
mod polling;
mod rhythm;
pub mod rounds;
pub mod service;
pub mod work;
