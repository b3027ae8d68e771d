//! Slack: what comes in is verified and read, what goes out is made of blocks
//! and sent. The use cases in between know nothing of it.
//!
//! | file | owns |
//! |---|---|
//! | `router.rs` | the HTTP endpoint: limits, verification, status codes |
//! | `signature.rs` | whether bytes come from Slack |
//! | `replays.rs` | whether they came before |
//! | `inbound.rs`, `ids.rs` | what verified bytes say |
//! | `installation.rs` | where the app is installed, as Slack tells it |
//! | `admission.rs` | who is let in |
//! | `audit.rs` | one log line for each thing that a person asks |
//! | `bot.rs` | what is done about it |
//! | `client.rs` | calls to Slack |
//! | `transport.rs` | HTTP below the client |
//! | `probe.rs` | calls to Slack that only look, for `check` |
//! | `channel.rs` | the channel that digests go to |
//! | `socket.rs` | Socket Mode: connections that the bot opens, in the endpoint's place |
//! | `manifest.rs` | what Slack has to know of the app |
//! | `view/` | documents as blocks, within Slack's limits |

pub mod admission;
mod audit;
pub mod bot;
pub mod channel;
pub mod client;
pub mod ids;
pub mod inbound;
pub mod installation;
pub mod manifest;
pub mod probe;
pub mod replays;
pub mod router;
pub mod signature;
pub mod socket;
mod transport;
pub mod view;
