//! Slack: verifies and parses requests, renders and sends messages. The use cases don't depend on
//! it.
//!
//! | file | owns |
//! |---|---|
//! | `router.rs` | the HTTP endpoint: limits, verification, status codes |
//! | `signature.rs` | the verification of signatures |
//! | `replays.rs` | replay protection |
//! | `inbound.rs`, `ids.rs` | the parsing of verified requests |
//! | `installation.rs` | the workspace of the app, as confirmed by Slack |
//! | `admission.rs` | who may use the bot |
//! | `audit.rs` | the audit log |
//! | `bot.rs` | the work for each request |
//! | `client.rs` | calls to Slack |
//! | `transport.rs` | HTTP for the client |
//! | `domain.rs` | Slack's domains and hosts |
//! | `route.rs` | which hosts are called through the proxy, for people to read |
//! | `probe.rs` | the read-only calls of `check` |
//! | `channel.rs` | the channel of digests |
//! | `socket.rs` | Socket Mode, an alternative to the endpoint |
//! | `manifest.rs` | the manifest of the app |
//! | `view/` | documents as blocks, within Slack's limits |

pub mod admission;
mod audit;
pub mod bot;
pub mod channel;
pub mod client;
mod domain;
pub mod ids;
pub mod inbound;
pub mod installation;
pub mod manifest;
pub mod probe;
pub mod replays;
pub mod route;
pub mod router;
pub mod signature;
pub mod socket;
mod transport;
pub mod view;
