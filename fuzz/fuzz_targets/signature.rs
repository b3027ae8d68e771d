//! Fuzzes the signature check. The property is in `tests/fuzz/checks/signature.rs`.
#![no_main]

#[path = "../../tests/fuzz/checks/signature.rs"]
mod signature;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signature::check(bytes));
