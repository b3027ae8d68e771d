//! Slack: what comes in is verified and read, what goes out is made of blocks
//! and sent. The use cases in between know nothing of it.
//!
//! | file | owns |
//! |---|---|
//! | `router.rs` | the HTTP endpoint: limits, verification, status codes |
//! | `signature.rs` | whether bytes come from Slack |
//! | `inbound.rs` | what verified bytes say |
//! | `bot.rs` | what is done about it |
//! | `client.rs` | calls to Slack |
//! | `channel.rs` | the channel that digests go to |
//! | `view/` | documents as blocks, within Slack's limits |

pub mod bot;
pub mod channel;
pub mod client;
pub mod inbound;
pub mod router;
pub mod signature;
pub mod view;
