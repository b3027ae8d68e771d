//! The properties that `fuzz/` searches counterexamples for, tested with its corpus and with
//! mutations of it. No fuzzer is needed.
//!
//! `FUZZ_SECONDS=600 cargo test --test fuzz -- --nocapture` searches longer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "how much was tried, and on what a check failed"
)]

mod checks {
    pub(crate) mod codec;
    pub(crate) mod inbound;
    pub(crate) mod query;
    pub(crate) mod signature;
}
mod mutation;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::test_runner::{RngAlgorithm, TestRng};

use mutation::Mutator;

/// The defaults for the time and the number of mutations.
const TIME: Duration = Duration::from_secs(4);
const INPUTS: usize = 20_000;

fn bounds() -> (Duration, usize) {
    match std::env::var("FUZZ_SECONDS") {
        Ok(seconds) => (Duration::from_secs(seconds.parse().unwrap()), usize::MAX),
        Err(_) => (TIME, INPUTS),
    }
}

/// The corpus files of a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = std::fs::read_dir(folder.join(target)).unwrap();
    let mut files: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read(file.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Checks every file, then mutations. Every run has the same mutations, as many as fit into the
/// time.
fn check_all(target: &str, check: fn(&[u8])) {
    let corpus = corpus(target);
    assert!(!corpus.is_empty());
    for (name, bytes) in &corpus {
        run(check, bytes, name);
    }
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let seeds = corpus.iter().map(|(_, bytes)| bytes.clone()).collect();
    let mut mutator = Mutator::new(rng, seeds);
    let (time, most) = bounds();
    let began = Instant::now();
    let mut count = 0;
    while count < most && began.elapsed() < time {
        run(check, &mutator.next(), &format!("input {count}"));
        count += 1;
    }
    assert!(count > 0);
    println!("{target}: {} files, {count} inputs", corpus.len());
}

/// Names the input if the check fails.
fn run(check: fn(&[u8]), bytes: &[u8], name: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(bytes))) {
        eprintln!("the check failed on {name}: b\"{}\"", bytes.escape_ascii());
        resume_unwind(panic);
    }
}

#[test]
fn any_input_is_a_query_with_one_meaning_or_none() {
    check_all("query", checks::query::check);
}

#[test]
fn no_request_makes_an_answer_go_anywhere_but_to_slack() {
    check_all("inbound", checks::inbound::check);
}

#[test]
fn with_any_headers_only_requests_signed_by_slack_are_accepted() {
    check_all("signature", checks::signature::check);
}

#[test]
fn any_stored_bytes_are_read_as_they_were_written_or_not_at_all() {
    check_all("codec", checks::codec::check);
}
