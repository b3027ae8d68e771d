//! Watches the member accounts of AWS Security Hub and tells a Slack workspace
//! about them.
//!
//! ```text
//! main ─┬─ settings, terminal    settings in, words out
//!       ├─ app                   the endpoint, polling and delivering
//!       ├─ slack ─┐              requests, blocks, calls
//!       ├─ aws ───┤              member lists and the table, behind ports
//!       └─ demo   └─ watch ─ domain
//! ```
//!
//! Where to look for what:
//!
//! | question | place |
//! |---|---|
//! | what is a change, what does it mean | [`domain::diff`] |
//! | what can be asked | [`domain::query`] |
//! | how a poll is compared and published | `watch/poll.rs` |
//! | how a digest or a notice is delivered exactly once | `watch/delivery.rs` |
//! | what happens when, and what is said when it fails | [`app::rounds`] |
//! | how anything is worded | [`text`] |
//! | who sees email addresses | [`domain::emails`] |
//! | how accounts are ordered, everywhere | [`domain::order`] |
//! | how it looks in Slack, within Slack's limits | [`slack::view`] |
//! | how a request is verified | [`slack::signature`] |
//! | how requests come without a public address | [`slack::socket`] |
//! | how it is kept in DynamoDB, under which keys | [`aws::table`], `aws/table/keys.rs` |
//! | how long anything is waited for, how often it is tried | [`policies`] |
//! | which hosts and consoles a Region has | [`partition`] |
//! | how secrets stay out of logs and errors | [`masking`] |
//! | how another tool's files become history | [`import`], `watch/import.rs` |
//! | where log lines go, and what happens if nothing reads them | [`log`] |
//! | what `check` looks at | [`check`] |
//! | what to do about each thing that can be wrong | [`remedies`] |
//! | every setting, its default, its help | `settings/list.rs` |

pub mod app;
pub mod aws;
pub mod backoff;
pub mod check;
pub mod clock;
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
pub mod remedies;
pub mod secrets;
pub mod settings;
pub mod slack;
pub mod terminal;
pub mod text;
pub mod watch;

pub use domain::{emails, schedule};
