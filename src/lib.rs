//! Monitors the member accounts of AWS Security Hub, and reports changes to a Slack workspace.
//!
//! ```text
//! main ─┬─ settings, terminal    input and output of commands
//!       ├─ app                   the endpoint, polling and delivery
//!       ├─ slack ─┐              requests, blocks, calls
//!       ├─ webhook┤              signed requests to a URL
//!       ├─ aws ───┤              member lists and the table, behind ports
//!       └─ demo   └─ watch ─ domain
//! ```
//!
//! Topics and their places:
//!
//! | topic | place |
//! |---|---|
//! | changes and their meaning | [`domain::diff`] |
//! | the grammar of queries | [`domain::query`] |
//! | comparing and publishing a poll | `watch/poller/hub_poll.rs` |
//! | delivering digests and polling alerts | `watch/delivery.rs` |
//! | the loops of the service, and their errors | [`app::rounds`] |
//! | all texts | [`text`] |
//! | who sees email addresses | [`domain::emails`] |
//! | the order of accounts | [`domain::order`] |
//! | blocks within Slack's limits | [`slack::view`] |
//! | verifying requests | [`slack::signature`] |
//! | Socket Mode | [`slack::socket`] |
//! | signed requests to a URL | [`webhook`] |
//! | DynamoDB and its keys | [`aws::table`], `aws/table/keys.rs` |
//! | timeouts and retries | [`policies`] |
//! | hostnames and consoles of Regions | [`partition`] |
//! | the proxy of the environment | [`proxy`] |
//! | masking of secrets | [`masking`] |
//! | importing another tool's files | [`import`], `watch/import.rs` |
//! | the log, and slow readers of it | [`log`] |
//! | the checks of `check` | [`check`] |
//! | the remedy for each problem | [`remedies`] |
//! | settings, defaults, help | `settings/list.rs` |
//! | the configuration file | `settings/file.rs` |

pub mod app;
pub mod aws;
pub mod backoff;
pub mod check;
pub mod clock;
mod connector;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod files;
pub mod import;
pub mod listener;
pub mod log;
pub mod masking;
pub mod metrics;
pub mod names;
pub mod partition;
pub mod policies;
pub mod problems;
pub mod proxy;
pub mod remedies;
pub mod secrets;
pub mod settings;
pub mod slack;
pub mod terminal;
pub mod text;
pub mod watch;
pub mod webhook;

pub use domain::{emails, schedule};
