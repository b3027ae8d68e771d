//! Fuzzes stored data. The property is in `tests/fuzz/checks/codec.rs`.
#![no_main]

#[path = "../../tests/fuzz/checks/codec.rs"]
mod codec;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| codec::check(bytes));
