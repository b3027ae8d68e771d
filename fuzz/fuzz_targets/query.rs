//! Fuzzes the grammar of queries. The property is in `tests/fuzz/checks/query.rs`.
#![no_main]

#[path = "../../tests/fuzz/checks/query.rs"]
mod query;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| query::check(bytes));
