//! The guarantees of the product, tested with the real use cases, store, SDK and HTTP, and an
//! embedded DynamoDB.
#![cfg(feature = "embedded-store")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a search says how far it looked")]

mod cases;
mod channels;
mod checks;
mod damage;
mod delivery;
mod doubt;
mod half_year;
mod history;
mod imported;
mod names;
mod owners;
mod questions;
mod quiet;
mod regions;
mod renamed;
mod requests;
mod rhythm;
mod store;
mod support;
mod webhook;
