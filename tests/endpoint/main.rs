//! The bot as Slack and its users see it: signed requests to the real endpoint with the real SDKs and
//! store, a mock Slack, and a simulated Security Hub over HTTP.
#![cfg(feature = "demo")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what was tried is a result too")]

mod administrators;
mod admission;
mod alerts;
mod bad_days;
mod binary;
mod calls;
mod case_buttons;
mod case_comeback;
mod case_home;
mod case_modal;
mod cases;
mod channels;
mod commands;
mod connections;
mod digest;
mod foreign;
#[path = "../suite/support/hmac.rs"]
mod hmac;
mod home;
mod injection;
mod late;
mod manifest;
mod metrics;
mod names;
mod once;
#[path = "../program/mod.rs"]
mod program;
mod quiet;
mod readme;
mod redirects;
mod region_menu;
mod service;
mod socket;
mod support;
mod tables;
mod tunnel;
mod verification;
