//! Fuzzes the parsers of requests. The property is in `tests/fuzz/checks/inbound.rs`.
#![no_main]

#[path = "../../tests/fuzz/checks/inbound.rs"]
mod inbound;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inbound::check(bytes));
