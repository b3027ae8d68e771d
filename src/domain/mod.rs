//! The rules of the program: members, changes, queries, cases and digests.
//!
//! Pure: no I/O, no clock, no SDK types.

pub mod account;
pub mod administrator;
pub mod alert;
pub mod bulk;
pub mod cases;
pub mod diff;
pub mod digest;
pub mod directory;
pub mod doubt;
pub mod due;
pub mod emails;
pub mod facts;
pub mod gaps;
pub mod gone;
pub mod hub;
pub mod listing;
pub mod member;
pub mod mention;
pub mod naming;
pub mod notice;
pub mod order;
pub mod query;
pub mod quiet;
pub mod readings;
pub mod report;
pub mod schedule;
pub mod scope;
pub mod situation;
pub mod standing;
pub mod status;
pub mod unit;
